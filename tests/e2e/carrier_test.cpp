// SPDX-License-Identifier: GPL-2.0-only
// When the rest of the kernel hears of a takeover: the carrier is there at once,
// but link watch is told when no other takeover is due soon.
#include "carp_test.hpp"

#include <gtest/gtest.h>
#include <linux/if.h>
#include <vector>

namespace e2e {
namespace {

/// What changes together is told together; then there is the way of link watch.
constexpr Duration soon = 60ms;
constexpr Duration patience = 2s;

class Carrier : public CarpTest {
  protected:
    Host &host = add_host("hosta", {"192.168.1.3/24"});

    Carp make(unsigned vhid) {
        CarpConfig config;
        config.device = "carp" + std::to_string(vhid);
        config.vhid = vhid;
        config.addresses = {"192.168.1." + std::to_string(50 + vhid) + "/24"};
        return {host, config};
    }

    /// One after the other.
    std::vector<Carp> make_several(unsigned number, Duration apart) {
        std::vector<Carp> made;
        const Instant start = now();
        for (unsigned i = 0; i < number; ++i) {
            sleep_until(start + i * apart);
            made.push_back(make(i + 1));
        }
        return made;
    }

    static bool is_up(const Carp &carp) { return carp.link().link().oper_state == IF_OPER_UP; }

    static Instant taken_over(const Carp &carp) {
        EXPECT_TRUE(carp.wait_for(State::Master, 5s));
        const Instant before = now();
        return before - carp.link().last_change_age();
    }
};

TEST_F(Carrier, IsThereAtOnceAndTheLinkStateSoon) {
    const Carp carp = make(1);
    EXPECT_FALSE(carp.link().link().carrier);
    EXPECT_FALSE(is_up(carp));
    for (const State state : {State::Master, State::Backup, State::Master}) {
        carp.force(state);
        EXPECT_EQ(carp.link().link().carrier, state == State::Master);
        sleep_for(soon + 2 * timer_resolution());
        EXPECT_EQ(is_up(carp), state == State::Master);
    }
}

TEST_F(Carrier, LinkStateWaitsForTheOtherTakeovers) {
    const std::vector<Carp> carps = make_several(3, 400ms);
    const Instant first = taken_over(carps.at(0));
    EXPECT_TRUE(carps.at(0).link().link().carrier);
    sleep_until(first + 700ms);
    EXPECT_EQ(carps.at(2).state(), State::Backup);
    EXPECT_FALSE(is_up(carps.at(0)));
    EXPECT_FALSE(is_up(carps.at(1)));
    const Instant last = taken_over(carps.at(2));
    sleep_until(last + soon + 2 * timer_resolution());
    for (const Carp &carp : carps)
        EXPECT_TRUE(is_up(carp)) << carp.device();
}

TEST_F(Carrier, LinkStateDoesNotWaitForEver) {
    const std::vector<Carp> carps = make_several(5, 700ms);
    const Instant first = taken_over(carps.at(0));
    sleep_until(first + patience - soon);
    EXPECT_FALSE(is_up(carps.at(0)));
    sleep_until(first + patience + 2 * soon);
    EXPECT_EQ(carps.at(4).state(), State::Backup);
    EXPECT_TRUE(is_up(carps.at(0)));
}

} // namespace
} // namespace e2e
