// SPDX-License-Identifier: GPL-2.0-only
// The start hold: nobody takes over while the switch may still block the port.
#include "carp_test.hpp"

#include <gtest/gtest.h>
#include <linux/carp.h>
#include <linux/if_bridge.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;
constexpr std::uint32_t hold_ms = 20000;
constexpr Duration hold{20s};
const Duration exact = 2ms + 2 * timer_resolution();

class Hold : public CarpTest {
  protected:
    Host &a = add_host("hosta", {"192.168.1.3/24"});
    Host &b = add_host("hostb", {"192.168.1.4/24"});
    std::optional<Carp> on_a; ///< advskew 0, has the hold
    std::optional<Carp> on_b; ///< advskew 100

    void make_a(const std::string &preempt = "off") {
        CarpConfig config;
        config.addresses = {"192.168.1.50/24"};
        config.up = false;
        on_a.emplace(a, config);
        on_a->set({"preempt", preempt});
        on_a->set(IFLA_CARP_START_HOLD, hold_ms);
    }

    void make_b() {
        CarpConfig config;
        config.addresses = {"192.168.1.50/24"};
        config.advskew = 100;
        on_b.emplace(b, config);
        ASSERT_TRUE(on_b->wait_for(State::Master, 4s));
    }

    /// A's parent becomes ready now.
    Instant plug_in() {
        a.rtnl().set_up("eth0", false);
        sleep_for(100ms);
        const Instant ready = now();
        a.rtnl().set_up("eth0", true);
        EXPECT_TRUE(on_a->wait_for(State::Backup, 1s));
        return ready;
    }

    /// The switch does not forward yet. Plugging in would undo it.
    void block_port() {
        sleep_for(20ms);
        wire().block(a);
    }

    std::optional<Frame> first_of_a(Instant since, Duration timeout) {
        return capture().wait_for(match::all(match::from(a), match::advert(vhid)), timeout, since);
    }
};

TEST_F(Hold, TakesOverWhenItEndsToTheMillisecond) {
    make_a();
    on_a->up();
    const Instant ready = plug_in();
    sleep_until(ready + 5s);
    EXPECT_EQ(on_a->state(), State::Backup);
    const auto left = on_a->link().find_number(IFLA_CARP_HOLD_LEFT);
    ASSERT_TRUE(left);
    EXPECT_GE(*left, 14900U);
    EXPECT_LE(*left, 15100U);
    // Setting the carp device down and up is nothing to the switch.
    on_a->down();
    on_a->up();
    const auto first = first_of_a(ready, 16s);
    ASSERT_TRUE(first);
    // Carrier is there a little later than the word to go up.
    EXPECT_GE(first->time() - ready, hold - exact);
    EXPECT_LE(first->time() - ready, hold + 50ms);
    EXPECT_EQ(on_a->link().reason(), unsigned{CARP_REASON_MASTER_TIMEOUT});
    EXPECT_FALSE(on_a->link().find_number(IFLA_CARP_HOLD_LEFT));
}

/// A switch port that forwards only after 15 s, as with a spanning tree.
TEST_F(Hold, OutlastsASpanningTree) {
    make_b();
    ASSERT_FALSE(HasFatalFailure());
    make_a();
    on_a->up();
    const Instant ready = plug_in();
    block_port();
    sleep_until(ready + 15s);
    EXPECT_EQ(on_a->state(), State::Backup) << "15 s of silence";
    wire().unblock(a);
    sleep_until(ready + 30s);
    EXPECT_EQ(on_a->state(), State::Backup);
    EXPECT_EQ(on_b->state(), State::Master);
    EXPECT_NO_FRAME(capture(), match::all(match::from(a), match::claims(vhid)),
                    match::all(match::from(b), match::advert(vhid)));
}

/// What the hold is for: without it there are two masters.
TEST_F(Hold, IsWhatKeepsItOut) {
    invariants().split(vhid);
    make_b();
    ASSERT_FALSE(HasFatalFailure());
    make_a();
    on_a->set(IFLA_CARP_START_HOLD, 0);
    on_a->up();
    const Instant ready = plug_in();
    block_port();
    sleep_until(ready + 5s);
    EXPECT_EQ(on_a->state(), State::Master);
    EXPECT_EQ(on_b->state(), State::Master);
}

TEST_F(Hold, BlocksEveryTakeoverButAForcedOne) {
    invariants().forced(vhid);
    make_b();
    ASSERT_FALSE(HasFatalFailure());
    make_a("on");
    on_a->up();
    const Instant ready = plug_in();
    sleep_for(3s);
    EXPECT_EQ(on_a->state(), State::Backup) << "a slower master";
    b.run({"ip", "link", "set", "carp0", "type", "carp", "advbase", "4"});
    sleep_for(1s);
    EXPECT_EQ(on_a->state(), State::Backup) << "a slow master";
    on_b->down();
    sleep_for(5s);
    EXPECT_EQ(on_a->state(), State::Backup) << "one that resigned and is gone";
    EXPECT_LT(now() - ready, hold);
    on_a->set({"state", "master"});
    EXPECT_EQ(on_a->state(), State::Master);
    EXPECT_EQ(on_a->link().reason(), unsigned{CARP_REASON_FORCED});
}

TEST_F(Hold, GoesOnAsUsualAfterwards) {
    make_b();
    ASSERT_FALSE(HasFatalFailure());
    make_a("on");
    on_a->up();
    const Instant ready = plug_in();
    const auto first = first_of_a(ready, 25s);
    ASSERT_TRUE(first);
    EXPECT_GE(first->time() - ready, hold - exact);
    EXPECT_LE(first->time() - ready, hold + advert_interval(1, 100) + 50ms);
    EXPECT_EQ(on_a->link().reason(), unsigned{CARP_REASON_PREEMPT});
}

TEST_F(Hold, ShortenedOneEndsAtOnceIfItIsOver) {
    make_a();
    on_a->up();
    const Instant ready = plug_in();
    sleep_until(ready + 5s);
    const Instant set = now();
    on_a->set(IFLA_CARP_START_HOLD, 4000);
    const auto first = first_of_a(ready, 1s);
    ASSERT_TRUE(first);
    EXPECT_LE(first->time() - set, 5ms);
}

} // namespace
} // namespace e2e
