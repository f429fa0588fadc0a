// SPDX-License-Identifier: GPL-2.0-or-later
#include "tool.hpp"

#include <carpnl/error.hpp>
#include <carpnl/version.hpp>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <cerrno>

namespace {

using carpnl::Address;
using carptest::Refusal;
using Words = std::vector<std::string>;

class Cli : public carptest::Tool {
  protected:
    Cli() {
        kernel.add_ethernet("eth0", {"192.168.1.3/24"});
        world.module_versions = [this] { return modules; };
    }

    /// Fails with 1 and that message, and asks the kernel nothing.
    void expect_usage(const Words &words, const std::string &message) {
        Tool::expect_usage(words, message);
        EXPECT_EQ(out.str(), "");
        EXPECT_TRUE(kernel.log.empty());
    }

    void expect_failure(const Words &words, const std::string &message) {
        EXPECT_EQ(run(words), 2) << message;
        EXPECT_EQ(err.str(), "carpctl: " + message + "\n");
        EXPECT_EQ(out.str(), "");
    }

    carpctl::ModuleVersions modules;
};

TEST_F(Cli, UsageErrors) {
    expect_usage({}, "COMMAND is missing");
    expect_usage({"-j"}, "COMMAND is missing");
    expect_usage({"sho"}, "unknown command 'sho'");
    expect_usage({"-x", "show"}, "unknown option '-x'");
    expect_usage({"-jx", "show"}, "unknown option '-x'");
    expect_usage({"--jso", "show"}, "unknown option '--jso'");
    expect_usage({"-", "show"}, "unknown option '-'");
    expect_usage({"show", "carp0", "carp1"}, "'carp1' is too much");
    for (const char *command : {"create", "configure", "up", "down", "destroy", "state"}) {
        expect_usage({command}, "NAME is missing");
        expect_usage({command, ""}, "NAME is empty");
    }
    for (const char *command : {"create", "up", "down", "destroy"})
        expect_usage({command, "carp0", "more"}, "'more' is too much");
    expect_usage({"state", "carp0", "init"}, "'init' is not backup or master");
    expect_usage({"state", "carp0", "MASTER"}, "'MASTER' is not backup or master");
    expect_usage({"state", "carp0", "master", "now"}, "'now' is too much");
    expect_usage({"version", "1"}, "'1' is too much");
    expect_usage({"-n"}, "--netns: NETNS is missing");
    expect_usage({"-n", "", "show"}, "--netns: NETNS is empty");
    expect_usage({"-n", "a", "-n", "b", "show"}, "--netns: given twice");
    expect_usage({"dump", "--output"}, "--output: the directory is missing");
    expect_usage({"dump", "--output", ""}, "--output: the directory is empty");
    expect_usage({"dump", "--output", "a", "--output", "b"}, "--output: given twice");
    expect_usage({"dump", "carp0", "carp1"}, "'carp1' is too much");
    expect_usage({"apply"}, "FILE is missing");
    expect_usage({"import", "linux", "x"}, "'linux' is not freebsd-rc or openbsd-hostname");
    expect_usage({"import", "freebsd-rc"}, "FILE is missing");
    expect_usage({"import", "freebsd-rc", "x", "--output", "a", "--output", "b"},
                 "--output: given twice");
    expect_usage({"import", "freebsd-rc", "x", "--parent", "a=b", "--parent", "a=c"},
                 "--parent: a is given twice");
    expect_usage({"import", "freebsd-rc", "x", "y"}, "'y' is too much");
    expect_usage({"configure", "carp0"}, "nothing to configure");
    expect_usage({"configure", "carp0", "vhid", "one"}, "vhid: 'one' is not a number");
}

TEST_F(Cli, HelpAndVersion) {
    for (const char *word : {"help", "--help"}) {
        EXPECT_EQ(run({word}), 0);
        EXPECT_EQ(out.str().substr(0, 14), "Usage: carpctl");
        EXPECT_EQ(err.str(), "");
    }
    for (const char *word : {"create",
                             "configure",
                             "show",
                             "up",
                             "down",
                             "destroy",
                             "state",
                             "apply",
                             "dump",
                             "import",
                             "version",
                             "vhid",
                             "advbase",
                             "advskew",
                             "passfile",
                             "carpdev",
                             "preempt",
                             "delete",
                             "netmask",
                             "prefixlen",
                             "announce_count",
                             "announce_interval",
                             "announce_refresh",
                             "next_pass",
                             "next_passfile",
                             "no_next_pass",
                             "grace",
                             "preempt_delay",
                             "start_hold"})
        EXPECT_NE(out.str().find(word), std::string::npos) << word;
    EXPECT_EQ(run({"version"}), 0);
    EXPECT_EQ(out.str().substr(0, 8), "carpctl ");
    EXPECT_EQ(run({"-j", "version"}), 0);
    EXPECT_TRUE(nlohmann::json::parse(out.str())[0].contains("libcarpnl"));
}

TEST_F(Cli, VersionsOfTheModule) {
    EXPECT_EQ(run({"version"}), 0);
    EXPECT_NE(out.str().find("module loaded none\nmodule installed none for this kernel\n"),
              std::string::npos);
    EXPECT_EQ(out.str().find("different"), std::string::npos);

    const std::string own(carpnl::header_version);
    modules = {.loaded = {{own, "A"}}, .installed = {{own, "A"}}, .file = "/lib/carp.ko"};
    EXPECT_EQ(run({"version"}), 0);
    EXPECT_NE(out.str().find("module installed " + own + " (/lib/carp.ko)\n"), std::string::npos);
    EXPECT_EQ(out.str().find("not the one that runs"), std::string::npos);

    // The same number is not the same sources.
    modules.installed->sources = "B";
    EXPECT_EQ(run({"version"}), 0);
    EXPECT_NE(out.str().find("not the one that runs"), std::string::npos);
    EXPECT_EQ(out.str().find("different releases"), std::string::npos);

    modules.loaded->version = "0.0.9";
    EXPECT_EQ(run({"version"}), 0);
    EXPECT_NE(out.str().find("module loaded 0.0.9\n"), std::string::npos);
    EXPECT_NE(out.str().find("different releases"), std::string::npos);
    EXPECT_EQ(run({"-j", "version"}), 0);
    const auto json = nlohmann::json::parse(out.str())[0];
    EXPECT_EQ(json["module_loaded"]["version"], "0.0.9");
    EXPECT_EQ(json["module_installed"]["srcversion"], "B");
}

TEST_F(Cli, TheTwoCommands) {
    EXPECT_EQ(run({"create", "carp0"}), 0);
    EXPECT_EQ(run({"configure", "carp0", "vhid", "1", "pass", "testpass", "192.168.1.50/24"}), 0);
    EXPECT_EQ(out.str() + err.str(), "");
    const auto &carp0 = kernel.link("carp0");
    EXPECT_EQ(carp0.parent, 2U);
    EXPECT_EQ(carp0.vhid, 1U);
    EXPECT_EQ(carp0.key, "testpass");
    EXPECT_EQ(carp0.addresses, std::vector{Address::parse("192.168.1.50/24")});
    EXPECT_NE(carp0.flags & IFF_UP, 0U);
}

TEST_F(Cli, ADeviceStaysDownWithoutAnAddress) {
    run({"create", "carp0"});
    EXPECT_EQ(run({"configure", "carp0", "vhid", "1", "carpdev", "eth0", "preempt", "on"}), 0);
    EXPECT_EQ(kernel.link("carp0").flags & IFF_UP, 0U);
    EXPECT_EQ(kernel.link("carp0").preempt, 2U);
    EXPECT_EQ(run({"configure", "carp0", "announce_count", "3", "announce_interval", "100",
                   "announce_refresh", "60"}),
              0);
    EXPECT_EQ(kernel.link("carp0").announce_count, 3U);
    EXPECT_EQ(kernel.link("carp0").announce_interval, 100U);
    EXPECT_EQ(kernel.link("carp0").announce_refresh, 60U);
    EXPECT_EQ(run({"configure", "carp0", "next_pass", "later", "grace", "0", "preempt-delay", "5",
                   "start_hold", "6"}),
              0);
    EXPECT_EQ(kernel.link("carp0").key_next, "later");
    EXPECT_EQ(kernel.link("carp0").grace, 0U);
    EXPECT_EQ(kernel.link("carp0").preempt_delay, 5U);
    EXPECT_EQ(kernel.link("carp0").start_hold, 6U);
    EXPECT_EQ(run({"configure", "carp0", "no_next_pass"}), 0);
    EXPECT_EQ(kernel.link("carp0").key_next, "");
    EXPECT_EQ(run({"up", "carp0"}), 0);
    EXPECT_NE(kernel.link("carp0").flags & IFF_UP, 0U);
    EXPECT_EQ(run({"down", "carp0"}), 0);
    EXPECT_EQ(kernel.link("carp0").flags & IFF_UP, 0U);
    EXPECT_EQ(run({"destroy", "carp0"}), 0);
    EXPECT_FALSE(kernel.exists("carp0"));
}

TEST_F(Cli, TheKernelsWordsReachTheUser) {
    run({"create", "carp0"});
    expect_failure({"configure", "carp0", "vhid", "256"},
                   "carp0: carp: vhid 256: out of range 1..255");
    expect_failure({"configure", "carp0", "vhid", "0", "carpdev", "eth0"},
                   "carp0: carp: vhid 0: out of range 1..255");
    expect_failure({"configure", "carp0", "pass", std::string(21, 'x')},
                   "carp0: carp: key of 21 bytes: out of range 1..20 bytes");
    expect_failure({"configure", "carp0", "pass", ""},
                   "carp0: carp: key of 0 bytes: out of range 1..20 bytes");
    expect_failure({"configure", "carp0", "192.168.1.50/24"},
                   "carp0: carp: vhid: not set (range 1..255)");
    expect_failure({"configure", "carp0", "vhid", "1", "10.9.9.9/24"},
                   "carp0: carp: address 10.9.9.9: no parent, and in no interface's subnet");
    expect_failure({"configure", "carp0", "vhid", "1", "carpdev", "eth9"},
                   "carp0: parent: Cannot find device \"eth9\"");
    expect_failure({"up", "eth0"}, "eth0: not a carp device");
    expect_failure({"show", "carp9"}, "carp9: no such device");
    expect_failure({"create", "carp0"}, "carp0: a device of this name exists already");
    EXPECT_EQ(kernel.link("carp0").vhid, 0U);
}

TEST_F(Cli, AMissingModuleIsExplained) {
    kernel.refuse = [](const nlmsghdr &, auto) -> std::optional<Refusal> {
        return Refusal{EOPNOTSUPP, "Unknown device type", {}};
    };
    EXPECT_EQ(run({"create", "carp0"}), 2);
    EXPECT_EQ(err.str(), "carpctl: carp0: Unknown device type\n"
                         "carpctl: is the kernel module there? 'modprobe carp' loads it\n");
}

TEST_F(Cli, TheKernelsRemarksReachTheUser) {
    kernel.remark = "that is unwise";
    EXPECT_EQ(run({"create", "carp0"}), 0);
    EXPECT_EQ(err.str(), "carpctl: carp0: warning: that is unwise\n");
}

TEST_F(Cli, KeysOfTwentyBytesAreWarnedAbout) {
    run({"create", "carp0"});
    EXPECT_EQ(run({"configure", "carp0", "pass", std::string(20, 'x')}), 0);
    EXPECT_EQ(err.str(), "carpctl: warning: the key has 20 bytes; the ifconfig of the BSDs keeps "
                         "only the first 19, so such a host will not match\n");
    EXPECT_EQ(kernel.link("carp0").key.size(), 20U);
    EXPECT_EQ(run({"configure", "carp0", "pass", std::string(19, 'x')}), 0);
    EXPECT_EQ(err.str(), "");
}

TEST_F(Cli, KeysFromStandardInput) {
    run({"create", "carp0"});
    in.str("from input\n");
    EXPECT_EQ(run({"configure", "carp0", "passfile", "-"}), 0);
    EXPECT_EQ(kernel.link("carp0").key, "from input");
    expect_failure({"configure", "carp0", "passfile", "/nonexistent"},
                   "passfile /nonexistent: No such file or directory");
}

TEST_F(Cli, DeletesWithAndWithoutPrefix) {
    run({"create", "carp0"});
    run({"configure", "carp0", "vhid", "1", "192.168.1.50/24", "192.168.1.51/24", "10.0.0.1/8"});
    EXPECT_EQ(run({"configure", "carp0", "192.168.1.50", "delete", "10.0.0.1/8", "delete"}), 0);
    EXPECT_EQ(kernel.link("carp0").addresses, std::vector{Address::parse("192.168.1.51/24")});
    expect_failure({"configure", "carp0", "192.168.1.50", "delete"},
                   "carp0: address 192.168.1.50: not set");
    expect_failure({"configure", "carp0", "192.168.1.51/32", "delete"},
                   "carp0: address 192.168.1.51/32: not set");
}

TEST_F(Cli, StatePrintsAndForces) {
    run({"create", "carp0"});
    EXPECT_EQ(run({"state", "carp0"}), 0);
    EXPECT_EQ(out.str(), "init\n");
    kernel.link("carp0").state = 2;
    run({"state", "carp0"});
    EXPECT_EQ(out.str(), "master\n");
    run({"-j", "state", "carp0"});
    EXPECT_EQ(out.str(), "[{\"name\":\"carp0\",\"state\":\"master\"}]\n");
    EXPECT_EQ(run({"state", "carp0", "backup"}), 0);
    EXPECT_EQ(kernel.link("carp0").forced, 1U);
    EXPECT_EQ(out.str(), "");
}

TEST_F(Cli, ShowsOneOrAll) {
    EXPECT_EQ(run({"show"}), 0);
    EXPECT_EQ(out.str(), "");
    EXPECT_EQ(run({"-j", "show"}), 0);
    EXPECT_EQ(out.str(), "[]\n");
    run({"create", "carp0"});
    run({"create", "carp1"});
    EXPECT_EQ(run({"show"}), 0);
    EXPECT_NE(out.str().find("carp0: INIT\n"), std::string::npos);
    EXPECT_NE(out.str().find("carp1: INIT\n"), std::string::npos);
    EXPECT_EQ(run({"show", "carp1"}), 0);
    EXPECT_EQ(out.str().find("carp0"), std::string::npos);
    for (const Words &options :
         {Words{"-j", "-p", "-s"}, Words{"-jps"}, Words{"--json", "--pretty", "--stats"}}) {
        Words words = options;
        words.insert(words.end(), {"show", "carp1"});
        EXPECT_EQ(run(words), 0);
        const auto json = nlohmann::json::parse(out.str());
        ASSERT_EQ(json.size(), 1U);
        EXPECT_EQ(json[0]["name"], "carp1");
        EXPECT_TRUE(json[0].contains("counters"));
    }
}

TEST_F(Cli, CountsForOneOrAll) {
    EXPECT_EQ(run({"stats"}), 0);
    EXPECT_EQ(out.str(), "");
    run({"create", "carp0"});
    run({"create", "carp1"});
    EXPECT_EQ(run({"stats"}), 0);
    EXPECT_EQ(out.str(), "carp0:\ncarp1:\n");
    EXPECT_EQ(run({"-j", "stats", "carp1"}), 0);
    const auto json = nlohmann::json::parse(out.str());
    ASSERT_EQ(json.size(), 1U);
    EXPECT_EQ(json[0]["name"], "carp1");
    EXPECT_TRUE(json[0].contains("counters"));
    EXPECT_EQ(run({"stats", "carp9"}), 2);
    EXPECT_EQ(run({"stats", "carp1", "carp0"}), 1);
}

TEST_F(Cli, DumpsThatAreInterruptedAreRepeated) {
    run({"create", "carp0"});
    kernel.interruptions = 3;
    EXPECT_EQ(run({"-j", "show"}), 0) << err.str();
    EXPECT_EQ(nlohmann::json::parse(out.str()).size(), 1U);
    EXPECT_EQ(kernel.interruptions, 0);
    // Something changes all the time: no answer is better than half of one.
    kernel.interruptions = 1000000;
    for (const Words &words : {Words{"show"}, Words{"stats"}, Words{"dump"}}) {
        EXPECT_EQ(run(words), 2) << words[0];
        EXPECT_EQ(out.str(), "");
        EXPECT_EQ(err.str(), "carpctl: the list kept changing while it was read\n");
    }
}

TEST_F(Cli, OutputThatCannotBeWrittenIsAFailure) {
    out.setstate(std::ios::badbit);
    EXPECT_EQ(run({"help"}), 2);
    EXPECT_EQ(err.str(), "carpctl: standard output cannot be written\n");
}

} // namespace
