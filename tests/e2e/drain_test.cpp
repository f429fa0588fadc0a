// SPDX-License-Identifier: GPL-2.0-only
// Drain: the addresses leave at once, whatever the peers preempt, and come back
// only if nobody else is left.
#include "causes.hpp"
#include "pair_test.hpp"
#include "ping_probe.hpp"

#include <gtest/gtest.h>
#include <linux/carp.h>

namespace e2e {
namespace {

const Cause maintenance{.name = "maintenance", .value = 240, .flags = CARP_CAUSE_F_DRAIN};

class Drain : public PairTest {
  protected:
    std::optional<Causes> causes;

    void SetUp() override {
        build_and_start(cable());
        causes.emplace(a);
    }

    static unsigned drained(const Carp &carp) {
        return static_cast<unsigned>(carp.link().find_number(IFLA_CARP_DRAINED).value());
    }

    void drain() {
        causes->set(maintenance);
        ASSERT_TRUE(on_b->wait_for(State::Master, 50ms));
        ASSERT_EQ(on_a->state(), State::Backup);
    }
};

TEST_F(Drain, MovesTheAddressesWithoutPreemption) {
    EXPECT_EQ(drained(*on_a), 0U);
    sleep_for(300ms);
    PingProbe probe4(client, virtual4());
    PingProbe probe6(client, virtual6());
    sleep_for(50ms);
    const Instant start = now();
    drain();
    ASSERT_FALSE(HasFatalFailure());
    sleep_for(100ms);
    probe4.stop();
    probe6.stop();
    EXPECT_LE(probe4.worst_outage(start).lost, 2U) << probe4.worst_outage(start).text();
    EXPECT_LE(probe6.worst_outage(start).lost, 2U) << probe6.worst_outage(start).text();
    EXPECT_EQ(on_a->link().reason(), unsigned{CARP_REASON_DRAINED});
    EXPECT_EQ(on_b->link().reason(), unsigned{CARP_REASON_BOW_OUT});
    EXPECT_EQ(drained(*on_a), 1U);
    // A farewell is all it says.
    EXPECT_NO_FRAME(
        capture(),
        [&](const Frame &frame) {
            return frame.host() == "hosta" && frame.advert_of(vhid) && !frame.advert()->bow_out() &&
                   frame.time() >= start;
        },
        match::all(match::from(a), match::bow_out(vhid), match::since(start)));
    expect_all_served(b);
}

TEST_F(Drain, TakesOverFromADeadMasterOnly) {
    on_a->set({"preempt", "on"});
    drain();
    ASSERT_FALSE(HasFatalFailure());
    // Neither a slower master nor one that resigns is a reason.
    b.run({"ip", "link", "set", "carp0", "type", "carp", "advskew", "254"});
    sleep_for(3s);
    EXPECT_EQ(on_a->state(), State::Backup);
    b.run({"ip", "link", "set", "carp0", "type", "carp", "advbase", "10"});
    sleep_for(25s);
    EXPECT_EQ(on_a->state(), State::Backup) << "a slow master is not a dead one";
    b.run({"ip", "link", "set", "carp0", "type", "carp", "advbase", "1", "advskew", "100"});
    const Instant left = now();
    on_b->down();
    sleep_for(2500ms);
    EXPECT_EQ(on_a->state(), State::Backup);
    EXPECT_TRUE(on_a->wait_for(State::Master, 1s));
    EXPECT_LE(now() - left, master_down_time(1, 0) + 50ms);
    EXPECT_EQ(on_a->link().reason(), unsigned{CARP_REASON_MASTER_TIMEOUT});
    expect_served(client, a);

    // It had to, so another cause does not send it away; the next drain does.
    on_b->up();
    sleep_for(1500ms);
    causes->set({.name = "other", .value = 1});
    EXPECT_EQ(on_a->state(), State::Master);
    drain();
}

TEST_F(Drain, IsOverWhenItsLastCauseIs) {
    on_a->set({"preempt", "on"});
    drain();
    ASSERT_FALSE(HasFatalFailure());
    causes->set({.name = "second", .value = 1, .flags = CARP_CAUSE_F_DRAIN});
    causes->clear(maintenance);
    sleep_for(1500ms);
    EXPECT_EQ(on_a->state(), State::Backup) << "one of two is left";
    causes->clear({.name = "second"});
    EXPECT_EQ(drained(*on_a), 0U);
    EXPECT_TRUE(on_a->wait_for(State::Master, advert_interval(1, 100) + 50ms));
}

TEST_F(Drain, OfADeviceOrGroupLeavesOthersAlone) {
    causes->set({.name = "dmz", .value = 240, .flags = CARP_CAUSE_F_DRAIN, .group = 5});
    causes->set({.name = "none", .value = 240, .flags = CARP_CAUSE_F_DRAIN, .group = 6});
    sleep_for(1s);
    EXPECT_EQ(on_a->state(), State::Master);
    EXPECT_EQ(drained(*on_a), 0U);
    a.run({"ip", "link", "set", "carp0", "group", "5"});
    EXPECT_TRUE(on_b->wait_for(State::Master, 50ms));
    EXPECT_EQ(on_a->link().reason(), unsigned{CARP_REASON_DRAINED});
}

TEST_F(Drain, ForcedTakeoverWorksAllTheSame) {
    invariants().forced(vhid);
    drain();
    ASSERT_FALSE(HasFatalFailure());
    sleep_for(100ms);
    on_a->set({"state", "master"});
    EXPECT_EQ(on_a->state(), State::Master);
    EXPECT_EQ(on_a->link().reason(), unsigned{CARP_REASON_FORCED});
}

} // namespace
} // namespace e2e
