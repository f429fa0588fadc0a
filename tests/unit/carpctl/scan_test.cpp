// SPDX-License-Identifier: GPL-2.0-or-later
// scan and monitor --wire, on a kernel and a wire of our own.
#include "fake_wire.hpp"
#include "schema.hpp"
#include "temporary_directory.hpp"
#include "tool.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <linux/carp.h>

#include <cerrno>
#include <sstream>

namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

class Scan : public carptest::Tool {
  protected:
    Scan() {
        world.open_wire = wire.opener();
        kernel.add_ethernet("eth0", {"192.168.1.3/24"});
        kernel.add_ethernet("eth1", {"10.0.0.3/24"});
    }

    void expect_usage(const Words &words, const std::string &message) {
        Tool::expect_usage(words, message);
        EXPECT_TRUE(wire.listened.empty());
    }

    void hear(const std::string &protocol, const std::string &name, std::chrono::milliseconds time,
              bool own = false) {
        wire.frames.push_back({"eth0", carptest::packet(protocol, name), time, own});
    }

    /// carp0 with vhid 1 on eth0.
    void configure() {
        ASSERT_EQ(run({"create", "carp0"}), 0) << err.str();
        ASSERT_EQ(run({"configure", "carp0", "carpdev", "eth0", "vhid", "1"}), 0) << err.str();
        kernel.generic.device("carp0");
    }

    Json json() const { return Json::parse(out.str()); }

    static void expect_schema(const std::string &name, const Json &value) {
        EXPECT_EQ(carptest::violations(carptest::schema(name), value), std::vector<std::string>{});
    }

    carptest::FakeWire wire;
};

TEST_F(Scan, UsageErrors) {
    expect_usage({"scan"}, "PARENT is missing");
    expect_usage({"scan", ""}, "PARENT is empty");
    expect_usage({"scan", "eth0", "eth1"}, "'eth1' is not an address");
    expect_usage({"scan", "eth0", "--time"}, "--time: the seconds is missing");
    expect_usage({"scan", "eth0", "-t", "soon"}, "--time: 'soon' is not a number of seconds");
    expect_usage({"scan", "eth0", "-t", "1", "--time", "1"}, "--time: given twice");
    for (const char *number : {"0", "256", "one", "1x", "-1"})
        expect_usage({"scan", "eth0", "vhid", number},
                     "vhid: '" + std::string(number) + "' is not a number of 1..255");
    expect_usage({"scan", "eth0", "vhid", "1", "vhid", "1"}, "vhid: given twice");
    expect_usage({"scan", "eth0", "passfile"}, "passfile: FILE is missing");
    expect_usage({"scan", "eth0", "passfile", "a", "passfile", "a"}, "passfile: given twice");
    expect_usage({"scan", "eth0", "192.168.1.50"},
                 "addresses are checked together with a key: 'passfile FILE' is missing");
    expect_usage({"monitor", "--wire", ""}, "NAME is empty");
    expect_usage({"monitor", "--wire", "eth0", "eth1"}, "'eth1' is too much");
    expect_usage({"monitor", "--wire"}, "no carp device has a parent: name an interface");
}

TEST_F(Scan, Failures) {
    wire.error = ENODEV;
    EXPECT_EQ(run({"scan", "eth9"}), 2);
    EXPECT_EQ(err.str(), "carpctl: eth9: No such device\n");
    EXPECT_EQ(run({"monitor", "--wire", "eth9"}), 2);
    EXPECT_EQ(run({"scan", "eth0", "passfile", "/nowhere/file"}), 2);
    EXPECT_EQ(out.str(), "");
}

TEST_F(Scan, Silence) {
    EXPECT_EQ(run({"scan", "eth0"}), 0);
    EXPECT_EQ(out.str(), "nobody was heard\n");
    EXPECT_EQ(wire.time, 4000ms);
    EXPECT_EQ(run({"-j", "scan", "eth0", "-t", "1.5"}), 0);
    EXPECT_EQ(json(), Json::array());
    EXPECT_EQ(wire.time, 1500ms);
    EXPECT_EQ(wire.listened, Words{"eth0"});
}

TEST_F(Scan, ListsWhoSpeaks) {
    configure();
    hear("vrrp", "v3-one", 100ms);
    hear("carp", "v4-handbook-hostc-skew100", 1000ms);
    hear("carp", "v4-handbook-hosta", 1500ms, true);
    hear("carp", "v4-handbook-hostc-skew100", 2400ms);
    hear("carp", "v4-handbook-hostc-skew100", 3800ms);
    EXPECT_EQ(run({"-j", "scan", "carp0"}), 0) << err.str();
    EXPECT_EQ(wire.listened, Words{"eth0"});
    const Json all = json();
    expect_schema("scan", all);
    ASSERT_EQ(all.size(), 3U);

    EXPECT_EQ(all[0]["source"], "192.168.1.3");
    EXPECT_EQ(all[0]["own"], true);
    EXPECT_EQ(all[0]["seen_interval_us"], nullptr);

    EXPECT_EQ(all[1]["source"], "192.168.1.5");
    EXPECT_EQ(all[1]["source_mac"], "00:00:5e:00:01:01");
    EXPECT_EQ(all[1]["device"], "carp0");
    EXPECT_EQ(all[1]["vhid"], 1);
    EXPECT_EQ(all[1]["advskew"], 100);
    EXPECT_EQ(all[1]["count"], 3);
    EXPECT_EQ(all[1]["seen_interval_us"], 1400000);
    EXPECT_EQ(all[1]["interval_us"], 1390625);
    EXPECT_EQ(all[1]["verified_by"], "kernel");
    EXPECT_EQ(all[1]["match"], "old_key");

    EXPECT_EQ(all[2]["protocol"], "vrrp3");
    EXPECT_EQ(all[2]["priority"], 100);
    EXPECT_EQ(all[2]["advskew"], nullptr);
    EXPECT_EQ(all[2]["addresses"], Json::array({"192.168.1.51"}));
    EXPECT_EQ(all[2]["match"], nullptr);

    EXPECT_EQ(run({"scan", "eth0", "vhid", "51"}), 0);
    EXPECT_EQ(out.str(), "VHID  PROTOCOL  SPEAKER      MAC                PACE          EVERY  "
                         "COUNT  KEY AND LIST\n"
                         "51    VRRPv3    192.168.1.7  00:00:5e:00:01:33  priority 100  -      "
                         "1      -\n");
}

TEST_F(Scan, AGivenKeyIsTriedOnOtherGroups) {
    const carptest::TemporaryDirectory directory;
    const auto file = directory.write("key", "testpass\n");
    hear("carp", "v4-handbook-hosta", 100ms);
    EXPECT_EQ(run({"-j", "scan", "eth0"}), 0);
    EXPECT_EQ(json()[0]["match"], nullptr);
    EXPECT_EQ(run({"-j", "scan", "eth0", "passfile", file, "192.168.1.50/24"}), 0) << err.str();
    expect_schema("scan", json());
    EXPECT_EQ(json()[0]["match"], "present");
    EXPECT_EQ(json()[0]["verified_by"], "given");
    EXPECT_EQ(run({"-j", "scan", "eth0", "pass-file", file, "192.168.1.51", "2001:db8::1"}), 0);
    EXPECT_EQ(json()[0]["match"], "none");
}

TEST_F(Scan, WithoutPrivilegeNothingIsKnownOfKeys) {
    configure();
    hear("carp", "v4-handbook-hostc-skew100", 1000ms);
    kernel.generic.refuse = [](std::uint8_t command) {
        return command == CARP_CMD_VERIFY ? std::optional(std::pair(EPERM, std::string()))
                                          : std::nullopt;
    };
    EXPECT_EQ(run({"-j", "scan", "eth0"}), 0) << err.str();
    EXPECT_EQ(json()[0]["device"], "carp0");
    EXPECT_EQ(json()[0]["match"], nullptr);
    EXPECT_EQ(run({"scan", "eth0"}), 0);
    EXPECT_NE(out.str().find("not known (needs CAP_NET_ADMIN)"), std::string::npos) << out.str();
}

TEST_F(Scan, MonitorsTheWire) {
    configure();
    hear("carp", "v4-handbook-hosta", 1500ms, true);
    hear("vrrp", "v2-one", 2000ms);
    hear("carp", "v4-bow-out", 2500ms);
    EXPECT_EQ(run({"monitor", "--wire"}), 0) << err.str();
    EXPECT_EQ(wire.listened, Words{"eth0"});
    EXPECT_EQ(wire.time, std::nullopt);
    EXPECT_EQ(out.str(),
              "1970-01-01T00:00:01.500Z eth0: CARP vhid 1 from this host, 192.168.1.3 at "
              "00:00:5e:00:01:01: advbase 1, advskew 0, one every 1.000 s\n"
              "1970-01-01T00:00:02.000Z eth0: VRRPv2 vrid 51 from 192.168.1.7 at "
              "00:00:5e:00:01:33: priority 100, one every 1.000 s\n"
              "1970-01-01T00:00:02.500Z eth0: CARP vhid 1 from 192.168.1.3 at "
              "00:00:5e:00:01:01: advbase 255, advskew 255, resigns\n");

    EXPECT_EQ(run({"-j", "monitor", "--wire", "carp0"}), 0);
    std::vector<Json> lines;
    std::istringstream text(out.str());
    for (std::string line; std::getline(text, line);) {
        lines.push_back(Json::parse(line));
        expect_schema("wire", lines.back());
    }
    ASSERT_EQ(lines.size(), 2U) << "vhid 1 alone";
    EXPECT_EQ(lines[0]["own"], true);
    EXPECT_EQ(lines[1]["bow_out"], true);
    EXPECT_EQ(lines[1]["parent"], "eth0");
}

} // namespace
