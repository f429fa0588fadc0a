// SPDX-License-Identifier: GPL-2.0-only
// In which ways a device's state changed, and how near it came to taking over.
#include "genl.hpp"
#include "pair_test.hpp"

#include <gtest/gtest.h>
#include <linux/carp.h>
#include <map>
#include <tuple>

namespace e2e {
namespace {

/// Old state, state, reason.
using Way = std::tuple<unsigned, unsigned, unsigned>;

struct Census {
    std::map<Way, std::uint64_t> changes;
    /// By upper bound in microseconds, 0: none; only classes that have one.
    std::map<std::uint64_t, std::uint64_t> margins;
    std::uint64_t sum = 0;
};

Census read_census(View answer) {
    Census census;
    for (const Attribute &one : attributes(answer)) {
        const auto number = [&](unsigned type) {
            const auto found = find_attribute(one.value, type);
            return found ? found->number() : 0;
        };
        if (one.type == CARP_A_CHANGE)
            census
                .changes[{number(CARP_A_OLD_STATE), number(CARP_A_STATE), number(CARP_A_REASON)}] =
                number(CARP_A_COUNT);
        if (one.type == CARP_A_MARGIN && number(CARP_A_COUNT) > 0)
            census.margins[number(CARP_A_BOUND)] = number(CARP_A_COUNT);
        if (one.type == CARP_A_MARGIN_SUM)
            census.sum = one.number();
    }
    return census;
}

class CensusOfAPair : public PairTest {
  protected:
    void SetUp() override { build_and_start(cable()); }

    static std::vector<GenlMessage> ask(Host &host, std::uint8_t command) {
        return host.in([&] {
            return Genl().get(command, [](Message &m) { m.put_text(CARP_A_IFNAME, "carp0"); });
        });
    }
    static Census of(Host &host) {
        return read_census(ask(host, CARP_CMD_COUNTERS_GET).at(0).attributes);
    }
    static void reset(Host &host) { ask(host, CARP_CMD_COUNTERS_RESET); }

    /// What the history says, if it is all there is.
    static std::map<Way, std::uint64_t> of_history(Host &host) {
        std::map<Way, std::uint64_t> all;
        const auto answer = ask(host, CARP_CMD_DEVICE_GET);
        for (const Attribute &one : attributes(answer.at(0).attributes))
            if (one.type == CARP_A_TRANSITION)
                ++all[{find_attribute(one.value, CARP_A_OLD_STATE).value().number(),
                       find_attribute(one.value, CARP_A_STATE).value().number(),
                       find_attribute(one.value, CARP_A_REASON).value().number()}];
        return all;
    }

    /// Of A's adverts, which come each second, so many do not reach B.
    void lose(unsigned adverts) {
        const auto sent = [this] { return on_a->link().counter(CARP_XSTATS_TX4); };
        const auto next = [&](unsigned count) {
            const auto before = sent();
            return wait_until([&] { return sent() >= before + count; }, 5s);
        };
        ASSERT_TRUE(next(1));
        sleep_for(300ms);
        wire().deafen(b);
        ASSERT_TRUE(next(adverts));
        sleep_for(300ms);
        wire().undeafen(b);
        ASSERT_TRUE(next(1));
        sleep_for(100ms);
    }
};

/// Master-down time 3 + 100/256 s, an advert of each family each second: one
/// margin of 2.39 s in each round.
TEST_F(CensusOfAPair, AnAdvertEachSecondLeavesTheSameTime) {
    reset(b);
    sleep_for(10s);
    const Census census = of(b);
    ASSERT_EQ(census.margins.size(), 1U);
    EXPECT_EQ(census.margins.begin()->first, 2500000U);
    const auto rounds = census.margins.begin()->second;
    EXPECT_NEAR(static_cast<double>(rounds), 10, 1);
    EXPECT_NEAR(static_cast<double>(census.sum) / static_cast<double>(rounds), 2390625, 1000);
    EXPECT_TRUE(of(a).margins.empty());
}

TEST_F(CensusOfAPair, LostAdvertsTell) {
    reset(b);
    lose(1);
    auto margins = of(b).margins;
    EXPECT_EQ(margins[1500000], 1U);
    EXPECT_EQ(margins[500000], 0U);
    lose(2);
    margins = of(b).margins;
    EXPECT_EQ(margins[1500000], 1U);
    EXPECT_EQ(margins[500000], 1U);
    EXPECT_TRUE(of(b).changes.empty());
}

TEST_F(CensusOfAPair, ChangesAreThoseOfTheHistory) {
    switch_to_b();
    switch_back_to_a();
    for (Host *host : {&a, &b}) {
        const auto changes = of(*host).changes;
        EXPECT_EQ(changes, of_history(*host)) << host->name();
        EXPECT_GE(changes.size(), 3U);
        // What the others ask for all devices is the same.
        const auto all = host->in([] { return Genl().dump(CARP_CMD_COUNTERS_GET); });
        ASSERT_EQ(all.size(), 1U);
        EXPECT_EQ(read_census(all[0].attributes).changes, changes);
        reset(*host);
        const Census census = of(*host);
        EXPECT_TRUE(census.changes.empty());
        EXPECT_EQ(census.sum, 0U);
        EXPECT_GT(ask(*host, CARP_CMD_DEVICE_GET).at(0).number(CARP_A_TRANSITIONS), 0U);
    }
}

} // namespace
} // namespace e2e
