// SPDX-License-Identifier: GPL-2.0-only
// Causes of demotion: their sum, whom they demote, when they end, and what the
// others hear of it.
#include "carp_test.hpp"
#include "causes.hpp"

#include <cerrno>
#include <csignal>
#include <gtest/gtest.h>
#include <linux/carp.h>
#include <sys/wait.h>
#include <unistd.h>

namespace e2e {
namespace {

const Duration at_once = 1ms + 2 * timer_resolution();
/// What ip(8) itself takes.
constexpr Duration start_of_ip = 200ms;

std::string knob(const std::string &name) { return "net.inet.carp." + name; }

class Demotion : public CarpTest {
  protected:
    Host &a = add_host("hosta", {"192.168.1.3/24", "2001:db8:1::3/64"});
    Host &b = add_host("hostb", {"192.168.1.4/24", "2001:db8:1::4/64"});
    std::optional<Carp> first;
    std::optional<Carp> second;
    std::optional<Causes> causes;

    /// Two vhids of host A, both MASTER.
    void SetUp() override {
        CarpConfig config;
        config.addresses = {"192.168.1.50/24"};
        first.emplace(a, config);
        config.device = "carp1";
        config.vhid = 2;
        config.addresses = {"192.168.1.51/24"};
        second.emplace(a, config);
        causes.emplace(a);
        ASSERT_TRUE(first->wait_for(State::Master, 4s));
        ASSERT_TRUE(second->wait_for(State::Master, 1s));
        settle();
    }

    /// A while before the next advert of `vhid` that is due anyway.
    void settle(unsigned vhid = 2) {
        ASSERT_TRUE(capture().wait_for(match::advert(vhid), 3s));
        sleep_for(100ms);
    }

    unsigned sum() const { return static_cast<unsigned>(std::stoul(a.sysctl(knob("demotion")))); }

    FramePredicate says(unsigned vhid, unsigned advskew, Instant since, Duration within) {
        return [=, this](const Frame &frame) {
            const auto advert = frame.advert();
            return advert && advert->vhid == vhid && advert->advskew == advskew &&
                   frame.host() == a.name() && frame.time() >= since &&
                   frame.time() <= since + within;
        };
    }

    /// `change` makes the one vhid say `advskew` at once, and the other one nothing.
    template <class Change>
    void expect_said(unsigned vhid, unsigned advskew, Change change, Duration within = at_once) {
        settle(3 - vhid);
        const Instant start = now();
        change();
        sleep_for(50ms);
        EXPECT_EQ(capture().count(says(vhid, advskew, start, within)), 1U) << advskew;
        EXPECT_EQ(capture().count(match::all(match::advert(3 - vhid), match::since(start))), 0U);
    }
};

TEST_F(Demotion, CausesAreSummedByScopeAndShownByName) {
    const auto index = static_cast<unsigned>(first->link().link().index);
    a.run({"ip", "link", "set", "carp0", "group", "7"});
    causes->set({.name = "all of them", .value = 10});
    causes->set({.name = "dmz", .value = 20, .group = 7});
    causes->set({.name = "disk", .value = 30, .ifindex = index});
    causes->set({.name = "disk", .value = 40, .ifname = "carp1"});
    EXPECT_EQ(first->link().demotion(), 60U);
    EXPECT_EQ(first->link().effective_advskew(), 60U);
    EXPECT_EQ(second->link().demotion(), 50U);
    EXPECT_EQ(sum(), 10U);
    EXPECT_EQ(a.sysctl(knob("suppress_preempt")), "0");
    EXPECT_EQ(b.sysctl(knob("demotion")), "0");

    sleep_for(1s);
    const auto rows = causes->list();
    ASSERT_EQ(rows.size(), 4U);
    EXPECT_EQ(rows[0].name, "all of them");
    EXPECT_EQ(rows[0].scope, unsigned{CARP_SCOPE_NET});
    EXPECT_FALSE(rows[0].ifindex || rows[0].group);
    EXPECT_EQ(rows[1].scope, unsigned{CARP_SCOPE_GROUP});
    EXPECT_EQ(rows[1].group, 7U);
    EXPECT_EQ(rows[2].scope, unsigned{CARP_SCOPE_DEVICE});
    EXPECT_EQ(rows[2].ifindex, index);
    EXPECT_EQ(rows[2].ifname, "carp0");
    EXPECT_EQ(rows[3].ifname, "carp1");
    for (const Cause &row : rows) {
        EXPECT_EQ(row.owner, unsigned{CARP_OWNER_USER});
        EXPECT_EQ(row.flags, 0U);
        EXPECT_GE(row.age, 1s);
        EXPECT_LT(row.age, 2s);
    }
    EXPECT_TRUE(Causes(b).list().empty());

    // A second word on the same one changes it.
    causes->set({.name = "disk", .value = 200, .ifindex = index});
    EXPECT_EQ(causes->list().size(), 4U);
    EXPECT_EQ(first->link().demotion(), 230U);
    causes->set({.name = "more", .value = 11});
    EXPECT_EQ(first->link().demotion(), 240U) << "as high as it gets";
    EXPECT_EQ(first->link().effective_advskew(), 240U);
    causes->clear({.name = "disk", .ifindex = index});
    EXPECT_EQ(first->link().demotion(), 41U);
    for (const char *name : {"all of them", "more"})
        causes->clear({.name = name});
    causes->clear({.name = "dmz", .group = 7});
    causes->clear({.name = "disk", .ifname = "carp1"});
    EXPECT_EQ(first->link().demotion(), 0U);
    EXPECT_EQ(second->link().demotion(), 0U);
    EXPECT_TRUE(causes->list().empty());
}

TEST_F(Demotion, IsSaidAtOnceByWhomItConcernsAlone) {
    const Cause one{.name = "one", .value = 100, .ifname = "carp0"};
    expect_said(1, 100, [&] { causes->set(one); });
    expect_said(1, 0, [&] { causes->clear(one); });
    causes->set({.name = "dmz", .value = 30, .group = 9});
    const auto join = [&](const char *group) {
        return [this, group] { a.run({"ip", "link", "set", "carp1", "group", group}); };
    };
    expect_said(2, 30, join("9"), start_of_ip);
    expect_said(2, 0, join("0"), start_of_ip);
    // Whoever is as slow as can be has nothing new to say.
    causes->set({.name = "full", .value = 240, .ifname = "carp0"});
    settle();
    const Instant start = now();
    causes->set(one);
    sleep_for(50ms);
    EXPECT_EQ(capture().count(match::all(match::advert(1), match::since(start))), 0U);
}

TEST_F(Demotion, SysctlAddsAsOnFreeBsd) {
    a.run({"sysctl", "-w", "net.inet.carp.demotion=100"});
    EXPECT_EQ(sum(), 100U);
    a.run({"sysctl", "-w", "net.inet.carp.demotion=20"});
    EXPECT_EQ(sum(), 120U);
    EXPECT_EQ(first->link().demotion(), 120U);
    const auto row = causes->find("sysctl");
    ASSERT_TRUE(row);
    EXPECT_EQ(row->value, 120U);
    EXPECT_EQ(row->owner, unsigned{CARP_OWNER_SYSCTL});
    a.set_sysctl(knob("demotion"), "-50");
    EXPECT_EQ(sum(), 70U);
    a.set_sysctl(knob("demotion"), "2147483647");
    EXPECT_EQ(sum(), 240U);
    for (const char *bad : {"2147483648", "-2147483649", "x"})
        EXPECT_THROW(a.set_sysctl(knob("demotion"), bad), std::system_error) << bad;
    EXPECT_EQ(sum(), 240U);
    a.set_sysctl(knob("demotion"), "-2147483648");
    EXPECT_EQ(sum(), 0U);
    EXPECT_FALSE(causes->find("sysctl"));
    // What users set is in the sum, and not in what a write changes.
    causes->set({.name = "mine", .value = 5});
    EXPECT_EQ(sum(), 5U);
    a.set_sysctl(knob("demotion"), "-100");
    EXPECT_EQ(sum(), 5U);
    EXPECT_EQ(b.sysctl(knob("demotion")), "0");
    settle();
    const Instant start = now();
    a.set_sysctl(knob("demotion"), "50");
    sleep_for(20ms);
    for (const unsigned vhid : {1U, 2U})
        EXPECT_EQ(capture().count(says(vhid, 55, start, at_once)), 1U) << vhid;
}

/// One row for each device whose parent is down; every one counts by the factor.
TEST_F(Demotion, FailedParentsAreCausesOfTheKernel) {
    wire().cut(a);
    ASSERT_TRUE(wait_until([&] { return a.sysctl(knob("suppress_preempt")) == "2"; }, 1s));
    EXPECT_EQ(sum(), 240U);
    auto rows = causes->list();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].ifname, "carp0");
    EXPECT_EQ(rows[1].ifname, "carp1");
    for (const Cause &row : rows) {
        EXPECT_EQ(row.name, "link");
        EXPECT_EQ(row.value, 240U);
        EXPECT_EQ(row.scope, unsigned{CARP_SCOPE_NET});
        EXPECT_EQ(row.owner, unsigned{CARP_OWNER_KERNEL});
    }
    a.set_sysctl(knob("ifdown_demotion_factor"), "50");
    a.set_sysctl(knob("senderr_demotion_factor"), "7");
    EXPECT_EQ(sum(), 100U);
    EXPECT_EQ(causes->list().at(0).value, 50U);
    a.set_sysctl(knob("ifdown_demotion_factor"), "0");
    EXPECT_EQ(sum(), 0U);
    EXPECT_TRUE(causes->list().empty()) << "what counts for nothing is no cause";
    EXPECT_EQ(a.sysctl(knob("suppress_preempt")), "2");
    a.set_sysctl(knob("ifdown_demotion_factor"), "240");
    wire().heal(a);
    EXPECT_TRUE(wait_until([&] { return causes->list().empty(); }, 1s));
    EXPECT_EQ(sum(), 0U);
}

/// Changing a factor is a change of demotion.
TEST_F(Demotion, FactorsAreSaidAtOnce) {
    Segment &inner = add_segment("inner");
    inner.wire.attach(a, "eth1");
    CarpConfig config;
    config.device = "carp2";
    config.parent = "eth1";
    config.vhid = 3;
    config.addresses = {"10.0.0.50/24"};
    const Carp third(a, config);
    ASSERT_TRUE(third.wait_for(State::Master, 4s));
    inner.wire.cut(a, "eth1");
    ASSERT_TRUE(wait_until([&] { return sum() == 240; }, 1s));
    settle();
    const Instant start = now();
    a.set_sysctl(knob("ifdown_demotion_factor"), "60");
    sleep_for(20ms);
    for (const unsigned vhid : {1U, 2U})
        EXPECT_EQ(capture().count(says(vhid, 60, start, at_once)), 1U) << vhid;
}

TEST_F(Demotion, LeaseEndsWithItsSocket) {
    const Cause lease{.name = "lease", .value = 100, .flags = CARP_CAUSE_F_LEASE};
    std::optional<Causes> holder(a);
    holder->set(lease);
    const auto row = causes->find("lease");
    ASSERT_TRUE(row);
    EXPECT_EQ(row->owner, unsigned{CARP_OWNER_SOCKET});
    EXPECT_EQ(row->flags, unsigned{CARP_CAUSE_F_LEASE});
    const auto refusal = causes->try_clear(lease);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->error, EPERM);
    EXPECT_NE(refusal->text.find("cause name lease"), std::string::npos) << refusal->text;
    // The same name by others is another cause.
    causes->set({.name = "lease", .value = 1});
    EXPECT_EQ(sum(), 101U);
    causes->clear({.name = "lease"});
    settle();
    const Instant start = now();
    holder.reset();
    sleep_for(20ms);
    EXPECT_EQ(sum(), 0U);
    EXPECT_EQ(capture().count(says(1, 0, start, at_once)), 1U);
    EXPECT_TRUE(causes->list().empty());
}

/// However its process ends.
TEST_F(Demotion, LeaseEndsWithItsProcess) {
    Causes holder(a);
    holder.set({.name = "lease", .value = 100, .flags = CARP_CAUSE_F_LEASE});
    const pid_t child = fork();
    if (child == 0)
        for (;;)
            pause();
    ASSERT_GT(child, 0);
    holder.close();
    EXPECT_EQ(sum(), 100U) << "the other process holds the socket";
    kill(child, SIGKILL);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    EXPECT_EQ(sum(), 0U);
}

TEST_F(Demotion, CausesOfADeviceEndWithIt) {
    causes->set({.name = "disk", .value = 30, .ifname = "carp1"});
    causes->set({.name = "net", .value = 5});
    second->down();
    EXPECT_EQ(causes->list().size(), 2U) << "down is not gone";
    second->destroy();
    const auto rows = causes->list();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].name, "net");
}

TEST_F(Demotion, TableIsFullSometime) {
    for (unsigned i = 0; i < CARP_CAUSES_MAX; i++)
        causes->set({.name = "cause " + std::to_string(i), .value = 1});
    EXPECT_EQ(sum(), unsigned{CARP_CAUSES_MAX});
    const auto refusal = causes->try_set({.name = "drop", .value = 1});
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->error, ENOSPC);
    EXPECT_NE(refusal->text.find("cause name drop"), std::string::npos) << refusal->text;
    EXPECT_NE(refusal->text.find("64"), std::string::npos) << refusal->text;
    EXPECT_EQ(causes->list().size(), std::size_t{CARP_CAUSES_MAX});
    // What is there can be changed, and what ends makes room.
    causes->set({.name = "cause 0", .value = 2});
    causes->clear({.name = "cause 1"});
    causes->set({.name = "drop", .value = 1});
}

TEST_F(Demotion, RefusalsNameWhatIsWrong) {
    struct Wrong {
        Cause cause;
        int error;
        std::vector<std::string> words;
    };
    const auto index = static_cast<unsigned>(first->link().link().index);
    const std::vector<Wrong> table{
        {{.name = "", .value = 1}, ERANGE, {"cause name of 0 bytes", "1..31"}},
        {{.name = std::string(32, 'x'), .value = 1}, ERANGE, {"cause name", "32", "1..31"}},
        {{.name = "a\nb", .value = 1}, EINVAL, {"cause name", "printable"}},
        {{.name = "\xc3\xa4", .value = 1}, EINVAL, {"cause name", "printable"}},
        {{.name = "x", .value = 0}, ERANGE, {"cause value 0", "1..240"}},
        {{.name = "x", .value = 241}, ERANGE, {"cause value 241", "1..240"}},
        {{.name = "x", .value = 1, .flags = 4}, ERANGE, {"cause flags 0x4", "0x3"}},
        {{.name = "x", .value = 1, .group = 1, .ifindex = index}, EINVAL, {"group and device"}},
        {{.name = "x", .value = 1, .ifindex = 999999}, ENODEV, {"ifindex 999999"}},
        {{.name = "x", .value = 1, .ifname = "eth0"}, ENODEV, {"ifname eth0"}},
        {{.name = "x", .value = 1, .ifindex = index, .ifname = "carp0"}, EINVAL, {"one of them"}},
        {{.name = "link", .value = 1}, EPERM, {"cause name link", "reserved"}},
        {{.name = "senderr", .value = 1}, EPERM, {"cause name senderr", "reserved"}},
        {{.name = "sysctl", .value = 1}, EPERM, {"cause name sysctl", "reserved"}},
    };
    for (const auto &[cause, error, words] : table) {
        const auto refusal = causes->try_set(cause);
        ASSERT_TRUE(refusal) << cause.name << " " << cause.value;
        EXPECT_EQ(refusal->error, error) << refusal->text;
        for (const std::string &word : words)
            EXPECT_NE(refusal->text.find(word), std::string::npos) << refusal->text;
    }
    for (const unsigned scope : {1U, 2U, 3U}) {
        const auto refusal = causes->request(CARP_CMD_DEMOTE, [&](Message &message) {
            message.put_text(CARP_A_CAUSE_NAME, "x");
            message.put_u32(CARP_A_CAUSE_VALUE, 1);
            message.put_u32(CARP_A_CAUSE_SCOPE, scope);
        });
        ASSERT_TRUE(refusal);
        EXPECT_EQ(refusal->error, scope > 2 ? ERANGE : EINVAL);
        EXPECT_NE(refusal->text.find("cause scope"), std::string::npos) << refusal->text;
    }
    const auto no_value = causes->request(
        CARP_CMD_DEMOTE, [&](Message &message) { message.put_text(CARP_A_CAUSE_NAME, "x"); });
    ASSERT_TRUE(no_value);
    EXPECT_EQ(no_value->error, EINVAL);
    EXPECT_NE(no_value->text.find("cause value: missing"), std::string::npos) << no_value->text;
    const auto nothing = causes->try_clear({.name = "x"});
    ASSERT_TRUE(nothing);
    EXPECT_EQ(nothing->error, ENOENT);
    EXPECT_NE(nothing->text.find("cause name x"), std::string::npos) << nothing->text;
    EXPECT_TRUE(causes->list().empty());
    EXPECT_EQ(first->link().demotion(), 0U);
}

} // namespace
} // namespace e2e
