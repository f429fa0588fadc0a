// SPDX-License-Identifier: GPL-2.0-only
// carpctl's commands about what happens: monitor, wait, is-master, history, drain, causes.
#include "pair_test.hpp"

#include <nlohmann/json.hpp>

#include <sstream>

namespace e2e {
namespace {

using Json = nlohmann::json;

class ToolMonitor : public PairTest {
  protected:
    void SetUp() override { build_and_start(cable()); }

    static std::vector<Json> lines(const std::string &text) {
        std::vector<Json> all;
        std::istringstream stream(text);
        for (std::string line; std::getline(stream, line);)
            all.push_back(Json::parse(line));
        return all;
    }

    /// Waits until the monitor has printed that many lines.
    static std::vector<Json> wait_for_lines(Process &monitor, std::size_t count) {
        const Instant end = now() + 3s;
        for (;;) {
            auto all = lines(monitor.printed().out);
            if (all.size() >= count || now() >= end)
                return all;
            sleep_until(now() + 5ms);
        }
    }

    static int status(Host &host, const std::vector<std::string> &words) {
        std::vector<std::string> arguments{"carpctl"};
        arguments.insert(arguments.end(), words.begin(), words.end());
        const auto output = host.try_run(arguments);
        EXPECT_EQ(output.out, "");
        return output.status;
    }
};

TEST_F(ToolMonitor, TellsATakeoverAtOnce) {
    Process monitor = b.spawn({"carpctl", "-j", "monitor", "carp0"});
    auto told = wait_for_lines(monitor, 1);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0]["event"], "resync");
    EXPECT_EQ(told[0]["devices"][0]["state"], "backup");

    on_a->down();
    told = wait_for_lines(monitor, 2);
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[1]["event"], "transition");
    EXPECT_EQ(told[1]["name"], "carp0");
    EXPECT_EQ(told[1]["old_state"], "backup");
    EXPECT_EQ(told[1]["state"], "master");
    EXPECT_EQ(told[1]["reason"], "bow_out");
    EXPECT_EQ(told[1]["vhid"], vhid);
    EXPECT_GT(told[1]["sequence"], told[0]["sequence"]);
    EXPECT_EQ(told[1]["boot_id"], told[0]["boot_id"]);
    EXPECT_TRUE(monitor.running());

    const auto history = Json::parse(b.run({"carpctl", "-j", "history", "carp0"}));
    ASSERT_FALSE(history.empty());
    EXPECT_EQ(history.back()["sequence"], told[1]["sequence"]);
    EXPECT_EQ(history.back()["reason"], "bow_out");
    EXPECT_EQ(history.back()["peer"], told[1]["peer"]);
}

TEST_F(ToolMonitor, WaitsForAState) {
    EXPECT_EQ(status(a, {"is-master", "carp0"}), 0);
    EXPECT_EQ(status(b, {"is-master", "carp0"}), 3);
    EXPECT_EQ(status(a, {"wait", "carp0", "master"}), 0);

    const Instant start = now();
    EXPECT_EQ(status(b, {"wait", "carp0", "master", "--timeout", "0.5"}), 3);
    EXPECT_GE(now() - start, 500ms);
    EXPECT_LT(now() - start, 700ms);

    Process waiting = b.spawn({"carpctl", "wait", "carp0", "master", "--timeout", "10"});
    sleep_until(now() + 300ms);
    EXPECT_TRUE(waiting.running());
    on_a->down();
    const auto end = waiting.wait(1s);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->status, 0);
    EXPECT_EQ(status(b, {"wait", "carp9", "master"}), 2);
}

TEST_F(ToolMonitor, LooksIntoAnotherNamespace) {
    EXPECT_EQ(a.run({"carpctl", "-n", "hostb", "state", "carp0"}), "backup\n");
    EXPECT_EQ(status(a, {"-n", "hostb", "is-master", "carp0"}), 3);
    EXPECT_EQ(status(a, {"-n", "nowhere", "is-master", "carp0"}), 2);
    Process waiting = a.spawn({"carpctl", "-n", "hostb", "wait", "carp0", "master"});
    on_a->down();
    const auto end = waiting.wait(1s);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->status, 0);
}

TEST_F(ToolMonitor, DrainsAndTakesBack) {
    Process monitor = a.spawn({"carpctl", "-j", "monitor"});
    wait_for_lines(monitor, 1);
    a.run({"carpctl", "drain"});
    ASSERT_TRUE(on_b->wait_for(State::Master, 1s));
    EXPECT_EQ(status(a, {"wait", "carp0", "backup", "--timeout", "1"}), 0);

    const auto causes = Json::parse(a.run({"carpctl", "-j", "causes"}));
    ASSERT_EQ(causes.size(), 1U);
    EXPECT_EQ(causes[0]["name"], "maintenance");
    EXPECT_EQ(causes[0]["value"], 240);
    EXPECT_EQ(causes[0]["drain"], true);
    EXPECT_EQ(causes[0]["owner"], "user");

    a.run({"carpctl", "undrain"});
    EXPECT_EQ(a.run({"carpctl", "causes"}), "");
    EXPECT_EQ(status(a, {"undrain"}), 2);

    std::vector<unsigned> values;
    for (const auto &line : wait_for_lines(monitor, 4))
        if (line["event"] == "demotion")
            values.push_back(line["cause"]["value"]);
    EXPECT_EQ(values, (std::vector<unsigned>{240, 0}));
}

TEST_F(ToolMonitor, DemotesByName) {
    a.run({"carpctl", "demote", "disk", "5"});
    a.run({"carpctl", "demote", "disk", "7", "dev", "carp0"});
    EXPECT_EQ(on_a->link().demotion(), 12U);
    a.run({"carpctl", "undemote", "disk"});
    EXPECT_EQ(on_a->link().demotion(), 7U);
    const auto refused = a.try_run({"carpctl", "demote", "disk", "241"});
    EXPECT_EQ(refused.status, 2);
    EXPECT_NE(refused.err.find("out of range 1..240"), std::string::npos) << refused.err;
    a.run({"carpctl", "undemote", "disk", "dev", "carp0"});
    EXPECT_EQ(on_a->link().demotion(), 0U);
}

} // namespace
} // namespace e2e
