// SPDX-License-Identifier: GPL-2.0-or-later
// The doctor as a command: what it listens to, what it asks, what it says. See checks_test for what
// it knows.
#include "fake_wire.hpp"
#include "tool.hpp"

#include <gtest/gtest.h>

#include <linux/carp.h>

#include <cerrno>

namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

class DoctorCommand : public carptest::Tool {
  protected:
    DoctorCommand() {
        world.open_wire = wire.opener();
        world.look_at = [this](const std::string &) { return link; };
        world.module_versions = [this] { return modules; };
        kernel.add_ethernet("eth0", {"192.168.1.4/24"});
        run({"create", "carp0"});
        run({"configure", "carp0", "carpdev", "eth0", "vhid", "1", "192.168.1.50/24"});
        kernel.generic.device("carp0");
        kernel.link("carp0").state = CARP_STATE_BACKUP;
    }

    void expect_usage(const Words &words, const std::string &message) {
        Tool::expect_usage(words, message);
        EXPECT_TRUE(wire.listened.empty());
    }

    std::vector<std::string> ids() {
        std::vector<std::string> all;
        for (const auto &finding : Json::parse(out.str()))
            all.push_back(finding["id"]);
        return all;
    }

    carptest::FakeWire wire;
    carpctl::LinkFacts link;
    carpctl::ModuleVersions modules;
};

TEST_F(DoctorCommand, UsageErrors) {
    expect_usage({"doctor", ""}, "'' is not a NAME");
    expect_usage({"doctor", "--fix"}, "'--fix' is not a NAME");
    expect_usage({"doctor", "carp0", "--time"}, "--time: the seconds is missing");
    expect_usage({"doctor", "-t", "1", "-t", "1"}, "--time: given twice");
}

TEST_F(DoctorCommand, NothingFound) {
    EXPECT_EQ(run({"doctor"}), 0) << err.str();
    EXPECT_EQ(out.str(), "nothing found\n");
    EXPECT_EQ(wire.listened, Words{"eth0"});
    EXPECT_EQ(wire.time, 4000ms);
    EXPECT_EQ(run({"-j", "doctor", "carp0", "--time", "0.5"}), 0);
    EXPECT_EQ(out.str(), "[]\n");
    EXPECT_EQ(wire.time, 500ms);
}

TEST_F(DoctorCommand, Failures) {
    EXPECT_EQ(run({"doctor", "carp9"}), 2);
    EXPECT_EQ(out.str(), "");
    wire.error = EPERM;
    EXPECT_EQ(run({"doctor"}), 2);
    EXPECT_EQ(out.str(), "");
    wire.error = 0;
    kernel.generic.refuse = [](std::uint8_t command) {
        return command == CARP_CMD_VERIFY ? std::optional(std::pair(EPERM, std::string()))
                                          : std::nullopt;
    };
    wire.frames = {{"eth0", carptest::packet("carp", "v4-handbook-hosta"), 1ms, false}};
    EXPECT_EQ(run({"doctor"}), 2);
    EXPECT_EQ(err.str(),
              "carpctl: carp0: asking what adverts were made with needs CAP_NET_ADMIN\n");
}

TEST_F(DoctorCommand, WhatItFindsIsNamedAndExplained) {
    modules.loaded = {"0.0.1", ""};
    kernel.generic.causes.push_back(
        {.name = "disk", .value = 5, .scope = CARP_SCOPE_NET, .owner = CARP_OWNER_USER});
    kernel.generic.causes.push_back(
        {.name = "held", .value = 5, .scope = CARP_SCOPE_NET, .owner = CARP_OWNER_SOCKET});
    link.addresses = {carpnl::Address::parse("192.168.1.50/24")};
    EXPECT_EQ(run({"-j", "doctor"}), 3) << err.str();
    EXPECT_EQ(ids(), (Words{"address-on-parent", "demoted", "module-older"}));
    EXPECT_EQ(run({"doctor"}), 3);
    EXPECT_EQ(
        out.str().find("carp0: error: its address 192.168.1.50 is an address of eth0 as well"), 0U)
        << out.str();
    EXPECT_NE(out.str().find("    If the reason is over: carpctl undemote 'disk'.\n"),
              std::string::npos)
        << out.str();
}

TEST_F(DoctorCommand, WhoTakesNoPartHearsNothing) {
    kernel.link("carp0").state = CARP_STATE_INIT;
    EXPECT_EQ(run({"-j", "doctor"}), 3);
    EXPECT_EQ(ids(), Words{"init"});
    EXPECT_TRUE(wire.listened.empty());
}

TEST_F(DoctorCommand, TriesWhatItHeard) {
    const auto advert = carptest::packet("carp", "v4-handbook-hosta");
    const auto arp = carptest::from_hex("ffffffffffff00005e00010108060001080006040001"
                                        "00005e000101c0a80133000000000000c0a80133");
    wire.frames = {{"eth0", advert, 1ms, false}, {"eth0", arp, 2ms, false}};
    kernel.generic.match = CARP_MATCH_NONE;
    EXPECT_EQ(run({"-j", "doctor"}), 3) << err.str();
    EXPECT_EQ(ids(), Words{"other-list"});
    EXPECT_EQ(Json::parse(out.str())[0]["address"], "192.168.1.51");
}

} // namespace
