// SPDX-License-Identifier: GPL-2.0-or-later
// Commands about events and causes, on a kernel of our own.
#include "schema.hpp"
#include "tool.hpp"

#include <carpnl/error.hpp>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <linux/carp.h>

#include <cerrno>
#include <sstream>

namespace {

using carptest::schema;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

constexpr std::uint32_t backup = CARP_STATE_BACKUP;
constexpr std::uint32_t master = CARP_STATE_MASTER;

class EventCommands : public carptest::Tool {
  protected:
    EventCommands() {
        kernel.add_carp("carp0");
        generic.device("carp0");
        world.now = [] { return std::chrono::system_clock::time_point(std::chrono::seconds(100)); };
        world.open_monitor = [this] { return generic.monitor(); };
        world.enter = [this](const std::string &path) {
            if (path == "/run/netns/none")
                throw carpnl::Error(ENOENT, path, {});
            entered = path;
        };
    }

    void expect_usage(const Words &words, const std::string &message) {
        Tool::expect_usage(words, message);
        EXPECT_TRUE(generic.log.empty());
    }

    /// Happens while `carpctl monitor` listens; it ends when nothing more comes.
    void later(const std::function<void()> &work) {
        generic.idle = [this, work] {
            generic.idle = nullptr;
            work();
            return true;
        };
    }

    std::vector<Json> lines() const {
        std::vector<Json> all;
        std::istringstream text(out.str());
        for (std::string line; std::getline(text, line);)
            all.push_back(Json::parse(line));
        return all;
    }

    carptest::FakeGeneric &generic = kernel.generic;
    std::string entered;
};

TEST_F(EventCommands, UsageErrors) {
    expect_usage({"monitor", ""}, "NAME is empty");
    expect_usage({"monitor", "carp0", "carp1"}, "'carp1' is too much");
    expect_usage({"wait"}, "NAME is missing");
    expect_usage({"wait", "carp0"}, "the state is missing");
    expect_usage({"wait", "carp0", "MASTER"}, "'MASTER' is not master, backup or init");
    expect_usage({"wait", "carp0", "master", "5"}, "'5' is too much");
    expect_usage({"wait", "carp0", "master", "--timeout"}, "--timeout: the seconds is missing");
    for (const char *word : {"x", "-1", "1s", "", "inf", "nan", "1e3"})
        expect_usage({"wait", "carp0", "master", "--timeout", word},
                     "--timeout: '" + std::string(word) + "' is not a number of seconds");
    expect_usage({"is-master"}, "NAME is missing");
    expect_usage({"is-master", "carp0", "now"}, "'now' is too much");
    expect_usage({"history"}, "NAME is missing");
    expect_usage({"demote"}, "CAUSE is missing");
    expect_usage({"demote", ""}, "CAUSE is empty");
    expect_usage({"demote", "disk"}, "VALUE: the number is missing");
    expect_usage({"demote", "disk", "much"}, "VALUE: 'much' is not a number");
    expect_usage({"demote", "disk", "5", "carp0"}, "'carp0' is too much");
    expect_usage({"demote", "disk", "5", "group"}, "group: the number is missing");
    expect_usage({"demote", "disk", "5", "group", "all"}, "group: 'all' is not a number");
    expect_usage({"demote", "disk", "5", "dev"}, "dev: NAME is missing");
    expect_usage({"demote", "disk", "5", "dev", ""}, "dev: NAME is empty");
    expect_usage({"demote", "disk", "5", "dev", "carp0", "group", "1"}, "'group' is too much");
    expect_usage({"undemote"}, "CAUSE is missing");
    expect_usage({"undemote", "disk", "5"}, "'5' is too much");
    expect_usage({"drain", "carp0"}, "'carp0' is too much");
    expect_usage({"undrain", "carp0"}, "'carp0' is too much");
    expect_usage({"causes", "carp0"}, "'carp0' is too much");
    expect_usage({"-n"}, "--netns: NETNS is missing");
    expect_usage({"-n", ""}, "--netns: NETNS is empty");
    expect_usage({"-n", "blue"}, "COMMAND is missing");
}

TEST_F(EventCommands, Monitor) {
    later([this] {
        generic.send(generic.transition("carp0", backup, master));
        generic.send(generic.refused("carp0", CARP_XSTATS_BADAUTH, 16));
        generic.send(generic.demotion({.name = "maintenance", .value = 240, .flags = 2}));
        generic.send(generic.demotion({.name = "disk", .value = 0, .scope = 1, .group = 3}));
        generic.fail(ENOBUFS);
    });
    EXPECT_EQ(run({"monitor"}), 0);
    EXPECT_EQ(out.str(),
              "1970-01-01T00:01:40.000Z resync: carp0 BACKUP\n"
              "1970-01-01T00:01:39.750Z carp0: BACKUP -> MASTER: no advert for the master-down "
              "time, 192.168.1.3\n"
              "1970-01-01T00:01:40.000Z carp0: advert from 192.168.1.4 refused: digest does not "
              "match: wrong pass or address list (16 more before it)\n"
              "1970-01-01T00:01:40.000Z demotion: maintenance: 240 for every device, drains, set "
              "by a user\n"
              "1970-01-01T00:01:40.000Z demotion: disk: no more for group 3\n"
              "1970-01-01T00:01:40.000Z resync: events came faster than they were read; carp0 "
              "MASTER\n");
    EXPECT_EQ(err.str(), "");
}

TEST_F(EventCommands, MonitorOfOneDevice) {
    generic.device("carp1");
    later([this] {
        generic.send(generic.transition("carp1", backup, master));
        generic.send(generic.refused("carp1", CARP_XSTATS_BADAUTH));
        generic.send(generic.demotion({.name = "a", .value = 1, .scope = 2, .device = "carp1"}));
        generic.send(generic.demotion({.name = "b", .value = 2, .scope = 2, .device = "carp0"}));
        generic.send(generic.demotion({.name = "c", .value = 3, .scope = 0, .device = {}}));
        (void)generic.transition("carp0", backup, master); // lost
        generic.send(generic.refused("carp1", CARP_XSTATS_BADAUTH));
        generic.unload();
    });
    EXPECT_EQ(run({"monitor", "carp0"}), 0);
    EXPECT_EQ(out.str(), "1970-01-01T00:01:40.000Z resync: carp0 BACKUP\n"
                         "1970-01-01T00:01:40.000Z demotion: b: 2 for carp0, set by a user\n"
                         "1970-01-01T00:01:40.000Z demotion: c: 3 for every device, set by a user\n"
                         "1970-01-01T00:01:40.000Z resync: the module was unloaded; no device\n");
}

TEST_F(EventCommands, MonitorInJsonKeepsToItsSchema) {
    later([this] {
        generic.send(generic.transition("carp0", backup, master));
        generic.send(generic.transition("carp0", 99, 98, 97));
        generic.send(generic.refused("carp0", CARP_XSTATS_BADAUTH, 16));
        generic.send(generic.demotion({.name = "disk", .value = 0, .scope = 1, .group = 3}));
        generic.unload();
    });
    EXPECT_EQ(run({"-j", "monitor"}), 0);
    const auto all = lines();
    ASSERT_EQ(all.size(), 6U);
    const auto rules = schema("monitor");
    for (const auto &line : all) {
        EXPECT_EQ(carptest::violations(rules, line), Words());
        for (const auto &[key, ignored] : rules["properties"].items())
            EXPECT_TRUE(line.contains(key)) << key;
    }
    EXPECT_EQ(all[0]["event"], "resync");
    EXPECT_EQ(all[0]["resync_reason"], "start");
    EXPECT_EQ(all[0]["devices"][0]["state"], "backup");
    EXPECT_EQ(all[1]["state"], "master");
    EXPECT_EQ(all[1]["reason"], "master_timeout");
    EXPECT_EQ(all[1]["sequence"], 1);
    EXPECT_EQ(all[1]["boot_id"], "01010101010101010101010101010101");
    EXPECT_EQ(all[1]["time"], "1970-01-01T00:01:39.750Z");
    EXPECT_EQ(all[1]["peer"], "192.168.1.3");
    EXPECT_TRUE(all[1]["devices"].is_null());
    EXPECT_EQ(all[2]["state"], "unknown");
    EXPECT_EQ(all[3]["counter"], "badauth");
    EXPECT_EQ(all[3]["missed"], 16);
    EXPECT_EQ(all[4]["cause"]["value"], 0);
    EXPECT_EQ(all[5]["resync_reason"], "unloaded");
    EXPECT_EQ(all[5]["devices"], Json::array());
}

TEST_F(EventCommands, MonitorEndsWhenNobodyReads) {
    out.setstate(std::ios::badbit);
    generic.idle = [] { return true; };
    EXPECT_EQ(run({"monitor"}), 2);
    EXPECT_EQ(err.str(), "carpctl: standard output cannot be written\n");
}

TEST_F(EventCommands, Wait) {
    EXPECT_EQ(run({"wait", "carp0", "backup"}), 0);
    EXPECT_EQ(run({"wait", "carp0", "master", "--timeout", "0"}), 3);
    EXPECT_EQ(run({"wait", "carp0", "master", "--timeout", "2.5"}), 3);
    later([this] { generic.send(generic.transition("carp0", backup, master)); });
    EXPECT_EQ(run({"wait", "carp0", "master"}), 0);
    EXPECT_EQ(out.str() + err.str(), "");
    EXPECT_EQ(run({"wait", "carp9", "master"}), 2);
    EXPECT_EQ(err.str(), "carpctl: carp9: no such carp device\n");
}

TEST_F(EventCommands, IsMaster) {
    EXPECT_EQ(run({"is-master", "carp0"}), 3);
    kernel.link("carp0").state = master;
    EXPECT_EQ(run({"is-master", "carp0"}), 0);
    EXPECT_EQ(out.str() + err.str(), "");
    EXPECT_EQ(run({"is-master", "carp9"}), 2);
}

TEST_F(EventCommands, History) {
    EXPECT_EQ(run({"history", "carp0"}), 0);
    EXPECT_EQ(out.str(), "");
    generic.device("carp0").history = {{3, 0, 1}, {7, 1, 2}};
    generic.device("carp0").reason = CARP_REASON_FORCED;
    EXPECT_EQ(run({"history", "carp0"}), 0);
    EXPECT_EQ(out.str(),
              "1970-01-01T00:01:39.000Z INIT -> BACKUP: asked for by the administrator\n"
              "1970-01-01T00:01:40.000Z BACKUP -> MASTER: asked for by the administrator\n");
    EXPECT_EQ(run({"-j", "history", "carp0"}), 0);
    const auto json = Json::parse(out.str());
    EXPECT_EQ(carptest::violations(schema("history"), json), Words());
    EXPECT_EQ(json[1]["sequence"], 7);
    EXPECT_EQ(json[1]["reason"], "forced");
    EXPECT_TRUE(json[1]["peer"].is_null());
    EXPECT_EQ(run({"history", "carp9"}), 2);
    EXPECT_EQ(err.str(), "carpctl: carp9: carp: ifname carp9: no carp device\n");
}

TEST_F(EventCommands, DemoteAndDrain) {
    for (const Words &words : {Words{"demote", "disk", "5"},
                               {"demote", "disk", "6", "group", "3"},
                               {"undemote", "disk", "dev", "carp0"},
                               {"drain"},
                               {"drain", "dev", "carp0"},
                               {"undrain", "group", "0"}})
        EXPECT_EQ(run(words), 0);
    EXPECT_EQ(generic.log,
              (Words{"demote disk 5", "demote disk 6 group 3", "undemote disk dev carp0",
                     "demote maintenance 240 drain", "demote maintenance 240 dev carp0 drain",
                     "undemote maintenance group 0"}));
    EXPECT_EQ(out.str() + err.str(), "");
    EXPECT_EQ(run({"drain", "dev", "carp9"}), 2);
    EXPECT_EQ(err.str(), "carpctl: carp9: carp: ifname carp9: no carp device\n");
    generic.refuse = [](std::uint8_t) {
        return std::optional(
            std::pair(ERANGE, std::string("carp: value 999: out of range 1..240")));
    };
    EXPECT_EQ(run({"demote", "disk", "999"}), 2);
    EXPECT_EQ(err.str(), "carpctl: disk: carp: value 999: out of range 1..240\n");
}

TEST_F(EventCommands, Causes) {
    EXPECT_EQ(run({"-j", "causes"}), 0);
    EXPECT_EQ(out.str(), "[]\n");
    generic.causes = {{.name = "link", .value = 240, .owner = 0, .device = "carp0"},
                      {.name = "x", .value = 5, .scope = 1, .owner = 2, .flags = 1, .group = 3},
                      {.name = "y", .value = 6, .scope = 2, .flags = 2, .device = "carp0"}};
    EXPECT_EQ(run({"causes"}), 0);
    EXPECT_EQ(out.str(), "link: 240 for every device, found by the kernel at carp0, for 5.000 s\n"
                         "x: 5 for group 3, held by a running program, for 5.000 s\n"
                         "y: 6 for carp0, drains, set by a user, for 5.000 s\n");
    EXPECT_EQ(run({"-j", "causes"}), 0);
    const auto json = Json::parse(out.str());
    EXPECT_EQ(carptest::violations(schema("causes"), json), Words());
    EXPECT_EQ(json[1]["group"], 3);
    EXPECT_EQ(json[1]["lease"], true);
    EXPECT_EQ(json[2]["device"], "carp0");
}

TEST_F(EventCommands, AnotherNamespace) {
    EXPECT_EQ(run({"-n", "blue", "causes"}), 0);
    EXPECT_EQ(entered, "/run/netns/blue");
    EXPECT_EQ(run({"-jn", "/proc/1/ns/net", "show"}), 0);
    EXPECT_EQ(entered, "/proc/1/ns/net");
    EXPECT_EQ(run({"--netns", "none", "causes"}), 2);
    EXPECT_EQ(err.str(), "carpctl: /run/netns/none: No such file or directory\n");
}

TEST_F(EventCommands, WithoutTheModule) {
    generic.loaded = false;
    EXPECT_EQ(run({"monitor"}), 2);
    EXPECT_EQ(err.str(), "carpctl: the kernel has no carp module\n"
                         "carpctl: is the kernel module there? 'modprobe carp' loads it\n");
}

} // namespace
