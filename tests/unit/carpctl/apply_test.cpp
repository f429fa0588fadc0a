// SPDX-License-Identifier: GPL-2.0-or-later
#include "schema.hpp"
#include "temporary_directory.hpp"
#include "tool.hpp"

#include <gtest/gtest.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace {

using carpnl::Address;
using Words = std::vector<std::string>;

class Apply : public carptest::Tool {
  protected:
    Apply() {
        kernel.add_ethernet("eth0", {"192.168.1.3/24"});
        world.directories = {directory.path("etc"), directory.path("lib")};
    }

    std::string file(const std::string &text, const std::string &name = "carp0.carp") const {
        return directory.write(name, text);
    }
    void secret(const std::string &name, const std::string &text) const {
        ::chmod(directory.write(name, text).c_str(), 0600);
    }
    std::string usual(const std::string &more = {}) const {
        secret("key", "testpass\n");
        return file("[CARP]\nVHID=1\nPasswordFile=key\nAddress=192.168.1.50/24\n" + more);
    }

    carptest::TemporaryDirectory directory;
};

TEST_F(Apply, CreatesWhatIsNotThere) {
    const auto path =
        usual("AdvSkew=100\nPreempt=yes\nPeer=192.168.1.4\nAnnounceIntervalSec=50ms\n");
    EXPECT_EQ(run({"apply", "--check", path}), 3);
    EXPECT_EQ(out.str(), "carp0: to be created\n");
    EXPECT_FALSE(kernel.exists("carp0"));
    EXPECT_EQ(run({"apply", path}), 0) << err.str();
    EXPECT_EQ(out.str() + err.str(), "");
    const auto &carp0 = kernel.link("carp0");
    EXPECT_EQ(carp0.parent, 2U);
    EXPECT_EQ(carp0.vhid, 1U);
    EXPECT_EQ(carp0.advskew, 100U);
    EXPECT_EQ(carp0.preempt, 2U);
    EXPECT_EQ(carp0.announce_interval, 50U);
    EXPECT_EQ(carp0.key, "testpass");
    EXPECT_EQ(carp0.peers4.size(), 1U);
    EXPECT_NE(carp0.flags & IFF_UP, 0U);
    EXPECT_EQ(run({"apply", "--check", path}), 0);
    EXPECT_EQ(out.str() + err.str(), "");
}

TEST_F(Apply, ChangesWhatDiffersAndNothingElse) {
    ASSERT_EQ(run({"apply", usual("AdvSkew=100\n")}), 0) << err.str();
    kernel.link("carp0").addresses.push_back(Address::parse("192.168.1.51/24"));
    // What the file no longer says goes back to what a new device has.
    const auto path =
        file("[CARP]\nVHID=1\nPreempt=no\nAddress=192.168.1.50/24\nAddress=192.168.1.52/24\n");
    EXPECT_EQ(run({"apply", "--check", path}), 3);
    EXPECT_EQ(out.str(), "carp0: AdvSkew=100 -> 0\ncarp0: Preempt=inherit -> no\n"
                         "carp0: -Address=192.168.1.51/24\ncarp0: +Address=192.168.1.52/24\n");
    kernel.log.clear();
    EXPECT_EQ(run({"apply", path}), 0) << err.str();
    EXPECT_EQ(kernel.link("carp0").advskew, 0U);
    EXPECT_EQ(kernel.link("carp0").key, "testpass");
    const std::vector<Address> wanted{Address::parse("192.168.1.50/24"),
                                      Address::parse("192.168.1.52/24")};
    EXPECT_EQ(kernel.link("carp0").addresses, wanted);
    const auto changes = [this] {
        std::string all;
        for (const auto &word : kernel.log)
            if (word.starts_with("new") || word.starts_with("del") || word == "up" ||
                word == "down")
                all += word + "; ";
        return all;
    };
    EXPECT_EQ(changes(), "newlink advskew preempt; newaddr 192.168.1.52/24; "
                         "deladdr 192.168.1.51/24; ");
    kernel.log.clear();
    EXPECT_EQ(run({"apply", path}), 0);
    EXPECT_EQ(changes(), "");
}

TEST_F(Apply, GraceAndDelays) {
    const auto path = usual("GraceSec=1min\nPreemptDelaySec=1500ms\nStartHoldSec=30s\n");
    ASSERT_EQ(run({"apply", path}), 0) << err.str();
    EXPECT_EQ(kernel.link("carp0").grace, 60U);
    EXPECT_EQ(kernel.link("carp0").preempt_delay, 1500U);
    EXPECT_EQ(kernel.link("carp0").start_hold, 30000U);
    EXPECT_EQ(run({"dump"}), 0);
    EXPECT_NE(out.str().find("GraceSec=60s\nPreemptDelaySec=1500ms\nStartHoldSec=30s\n"),
              std::string::npos);
    EXPECT_EQ(run({"apply", "--check", usual()}), 3);
    EXPECT_EQ(out.str(), "carp0: GraceSec=60s -> 300s\ncarp0: PreemptDelaySec=1500ms -> 0s\n"
                         "carp0: StartHoldSec=30s -> 0s\n");
    EXPECT_EQ(run({"apply", usual()}), 0);
    EXPECT_EQ(kernel.link("carp0").grace, 300U);
    EXPECT_EQ(kernel.link("carp0").start_hold, 0U);
}

TEST_F(Apply, AFileWithoutAddressesLeavesThemAlone) {
    ASSERT_EQ(run({"apply", usual()}), 0);
    EXPECT_EQ(run({"apply", "--check", file("[CARP]\nVHID=1\n")}), 0) << out.str();
    kernel.link("carp0").flags &= ~static_cast<unsigned>(IFF_UP);
    EXPECT_EQ(run({"apply", "--check", file("[CARP]\n")}), 3);
    EXPECT_EQ(out.str(), "carp0: down -> up\n");
    EXPECT_EQ(run({"apply", file("[CARP]\n")}), 0);
    EXPECT_NE(kernel.link("carp0").flags & IFF_UP, 0U);
    EXPECT_EQ(kernel.link("carp0").addresses.size(), 1U);
}

TEST_F(Apply, AnotherVhidNeedsTheDeviceDown) {
    ASSERT_EQ(run({"apply", usual()}), 0);
    kernel.log.clear();
    EXPECT_EQ(run({"apply", file("[CARP]\nVHID=2\n")}), 0) << err.str();
    EXPECT_EQ(kernel.link("carp0").vhid, 2U);
    EXPECT_NE(kernel.link("carp0").flags & IFF_UP, 0U);
    const auto down = std::find(kernel.log.begin(), kernel.log.end(), "down");
    const auto vhid = std::find(kernel.log.begin(), kernel.log.end(), "newlink vhid");
    EXPECT_LT(down, vhid);
    EXPECT_LT(vhid, std::find(kernel.log.begin(), kernel.log.end(), "up"));
}

TEST_F(Apply, NothingIsDoneIfAnyFileIsWrong) {
    const auto good = usual();
    const auto bad = file("[CARP]\nVHID=0\nColour=red\n", "carp1.carp");
    EXPECT_EQ(run({"apply", good, bad, directory.path("carp2.carp")}), 2);
    EXPECT_EQ(err.str(), "carpctl: " + directory.path("carp2.carp") +
                             ": No such file or directory\ncarpctl: " + bad +
                             ":2:6: VHID: '0': not in 1..255\ncarpctl: " + bad +
                             ":3:1: 'Colour': unknown key\ncarpctl: nothing was changed\n");
    EXPECT_TRUE(kernel.log.empty());
    directory.make("other");
    EXPECT_EQ(run({"apply", good, file("[CARP]\n", "other/carp0.carp")}), 2);
    EXPECT_TRUE(kernel.log.empty());
    EXPECT_EQ(run({"apply", file("[CARP]\nPasswordFile=none\n", "carp3.carp")}), 2);
    secret("long", std::string(21, 'x') + "\n");
    EXPECT_EQ(run({"apply", file("[CARP]\nPasswordFile=long\n", "carp3.carp")}), 2);
    EXPECT_EQ(err.str(), "carpctl: passfile " + directory.path("long") +
                             ": a key of 21 bytes: out of range 1..20 bytes\n");
    EXPECT_FALSE(kernel.exists("carp0"));
    EXPECT_FALSE(kernel.exists("carp3"));
    EXPECT_EQ(run({"apply"}), 1);
}

TEST_F(Apply, ANextKeyFromAFile) {
    secret("next", "later\n");
    const auto path = usual("NextPasswordFile=next\n");
    ASSERT_EQ(run({"apply", path}), 0) << err.str();
    EXPECT_EQ(kernel.link("carp0").key_next, "later");
    EXPECT_EQ(run({"apply", "--check", path}), 0) << out.str();
    ASSERT_EQ(run({"dump"}), 0);
    EXPECT_NE(out.str().find("# key set, not shown\n# next key set, not shown\n"),
              std::string::npos);

    // A file that says nothing of it leaves it alone; what is gone comes back.
    ASSERT_EQ(run({"apply", usual()}), 0);
    EXPECT_EQ(kernel.link("carp0").key_next, "later");
    kernel.link("carp0").key_next.clear();
    EXPECT_EQ(run({"apply", "--check", usual("NextPasswordFile=next\n")}), 3);
    EXPECT_EQ(out.str(), "carp0: no next key -> the one of NextPasswordFile=\n");
    secret("next", "");
    EXPECT_EQ(run({"apply", usual("NextPasswordFile=next\n")}), 2);
    EXPECT_EQ(err.str(), "carpctl: passfile " + directory.path("next") +
                             ": a key of 0 bytes: out of range 1..20 bytes\n");
}

TEST_F(Apply, TellsDifferencesToPrograms) {
    const auto schema = carptest::schema("check");
    const auto path = usual();
    const auto check = [&](int status) {
        EXPECT_EQ(run({"-j", "apply", "--check", path}), status);
        auto json = nlohmann::json::parse(out.str());
        EXPECT_EQ(carptest::violations(schema, json), Words());
        EXPECT_EQ(json.size(), 1U);
        return json.at(0);
    };
    EXPECT_EQ(check(3), nlohmann::json::parse(R"({"name": "carp0", "exists": false, "same": false,
                                                  "differences": ["to be created"]})"));
    ASSERT_EQ(run({"apply", path}), 0);
    EXPECT_EQ(check(0),
              nlohmann::json::parse(
                  R"({"name": "carp0", "exists": true, "same": true, "differences": []})"));
    usual("AdvSkew=9\n");
    EXPECT_EQ(check(3)["differences"], nlohmann::json({"AdvSkew=0 -> 9"}));
}

TEST_F(Apply, OneThatFailsDoesNotStopTheOthers) {
    kernel.refuse = [](const nlmsghdr &head, std::span<const std::byte> whole) {
        const std::string_view text(reinterpret_cast<const char *>(whole.data()), whole.size());
        return head.nlmsg_type == RTM_NEWLINK && text.find("carp1") != std::string_view::npos
                   ? std::optional(carptest::Refusal{EPERM, "", std::nullopt})
                   : std::nullopt;
    };
    EXPECT_EQ(run({"apply", file("[CARP]\n", "carp1.carp"), usual()}), 2);
    EXPECT_TRUE(kernel.exists("carp0"));
    EXPECT_FALSE(kernel.exists("carp1"));
}

TEST_F(Apply, DumpAndApplyIsNoChange) {
    ASSERT_EQ(run({"apply", usual("AdvSkew=9\nPeer=192.168.1.4\nPreempt=no\n")}), 0);
    kernel.add_carp("carp1");
    ASSERT_EQ(run({"up", "carp1"}), 0);
    ASSERT_EQ(run({"dump"}), 0);
    EXPECT_EQ(out.str(), "[CARP]\nName=carp0\nParent=eth0\nVHID=1\nAdvSkew=9\nPreempt=no\n"
                         "# key set, not shown\nAddress=192.168.1.50/24\nPeer=192.168.1.4\n"
                         "\n[CARP]\nName=carp1\n");
    const auto dumped = out.str();
    const auto before = kernel.link("carp0");
    EXPECT_EQ(run({"apply", "--check", "-"}, dumped), 0) << out.str() << err.str();
    EXPECT_EQ(run({"apply", "-"}, dumped), 0);
    EXPECT_EQ(kernel.link("carp0"), before);

    EXPECT_EQ(run({"dump", "carp0", "--output", directory.path("")}), 2); // carp0.carp is there
    directory.make("new");
    EXPECT_EQ(run({"dump", "--output", directory.path("new")}), 0) << err.str();
    EXPECT_EQ(run({"apply", "--check", directory.path("new/carp0.carp"),
                   directory.path("new/carp1.carp")}),
              0);

    // The key is nowhere, so the device cannot be made from this.
    ASSERT_EQ(run({"destroy", "carp0"}), 0);
    EXPECT_EQ(run({"apply", "-"}, dumped), 2);
    EXPECT_FALSE(kernel.exists("carp0"));
    EXPECT_NE(err.str().find("needs a key"), std::string::npos);
    EXPECT_EQ(run({"dump", "carp9"}), 2);
}

TEST_F(Apply, TheFilesOfTheHost) {
    directory.make("etc");
    directory.make("lib");
    directory.make("lib/carp0.carp.d");
    file("[CARP]\nParent=eth0\nVHID=1\n", "lib/carp0.carp");
    file("[CARP]\nAdvSkew=5\n", "lib/carp0.carp.d/skew.conf");
    file("[CARP]\nParent=eth0\nVHID=2\n", "lib/carp1.carp");
    file("[CARP]\nVHID=300\n", "etc/carp2.carp");
    EXPECT_EQ(run({"apply", "--system", "carp0"}), 0) << err.str();
    EXPECT_EQ(kernel.link("carp0").advskew, 5U);
    EXPECT_FALSE(kernel.exists("carp1"));
    EXPECT_EQ(run({"apply", "--system", "carp9"}), 2);
    EXPECT_EQ(err.str(), "carpctl: carp9: no carp9.carp in " + directory.path("etc") +
                             " or its like\ncarpctl: nothing was changed\n");
    // All of them, and one is wrong.
    EXPECT_EQ(run({"apply", "--check", "--system"}), 2);
    file("", "etc/carp2.carp");
    EXPECT_EQ(run({"apply", "--system", "--check"}), 3);
    EXPECT_EQ(out.str(), "carp1: to be created\n");
    file("[CARP]\nAddress=192.168.1.50/24\n", "lib/carp0.carp.d/address.conf");
    file("[Match]\nName=carp0\n", "lib/carp.network");
    EXPECT_EQ(run({"apply", "--system", "carp0"}), 2);
    EXPECT_NE(err.str().find("gives carp0 to systemd-networkd"), std::string::npos) << err.str();
}

TEST_F(Apply, AKeyFromTheServiceManager) {
    const auto path = file("[CARP]\nParent=eth0\nVHID=1\nPasswordCredential=pass\n");
    EXPECT_EQ(run({"apply", path}), 2);
    EXPECT_EQ(err.str(), "carpctl: " + path +
                             ": PasswordCredential=: only carp@carp0.service has it: systemctl "
                             "start carp@carp0\n");
    EXPECT_FALSE(kernel.exists("carp0"));
    secret("pass", "testpass\n");
    world.credentials = directory.path("");
    EXPECT_EQ(run({"apply", path}), 0) << err.str();
    world.credentials.reset();
    EXPECT_EQ(run({"apply", path}), 0) << err.str();
    EXPECT_EQ(run({"apply", file("[CARP]\nPasswordCredential=pass\nPasswordFile=pass\n")}), 2);
    EXPECT_NE(err.str().find("both PasswordFile= and PasswordCredential="), std::string::npos);
    EXPECT_EQ(run({"apply", file("[CARP]\nPasswordCredential=../pass\n")}), 2);
}

TEST_F(Apply, AHoldUntilAUnitIsUp) {
    const auto path = file("[CARP]\nParent=eth0\nVHID=1\nStartHoldUntil=nginx.service\n");
    EXPECT_EQ(run({"apply", path}), 0) << err.str();
    EXPECT_EQ(kernel.link("carp0").start_hold, 3600000U);
    // Whoever ends it need not fear the next reload.
    EXPECT_EQ(run({"configure", "carp0", "start_hold", "0"}), 0);
    EXPECT_EQ(run({"apply", "--check", path}), 0) << out.str();
    EXPECT_EQ(run({"apply", path}), 0);
    EXPECT_EQ(kernel.link("carp0").start_hold, 0U);
    for (const char *bad : {"nginx", "nginx.", ".service", "a b.service", "../a.service"})
        EXPECT_EQ(run({"apply", file(std::string("[CARP]\nStartHoldUntil=") + bad + "\n")}), 2)
            << bad;
}

} // namespace
