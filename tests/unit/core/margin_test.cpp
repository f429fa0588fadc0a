// SPDX-License-Identifier: GPL-2.0-only
#include "core.hpp"

#include <gtest/gtest.h>

namespace {

constexpr unsigned last = CARP_MARGIN_CLASSES - 1;

TEST(Margin, EveryTimeIsInTheFirstClassWhoseBoundItKeeps) {
    for (unsigned i = 0; i < last; i++) {
        EXPECT_EQ(carp_margin_class(carp_margin_bound(i)), i);
        EXPECT_EQ(carp_margin_class(carp_margin_bound(i) + 1), i + 1);
    }
    EXPECT_EQ(carp_margin_class(0), 0U);
    EXPECT_EQ(carp_margin_class(UINT64_MAX), last);
}

TEST(Margin, BoundsGrowAndTheLastClassHasNone) {
    for (unsigned i = 1; i < last; i++)
        EXPECT_GT(carp_margin_bound(i), carp_margin_bound(i - 1));
    EXPECT_EQ(carp_margin_bound(last), 0U);
    EXPECT_EQ(carp_margin_bound(last + 1), 0U);
}

// What is left after so many missing adverts, each in a class of its own.
TEST(Margin, MissingAdvertsTell) {
    for (const std::uint8_t advbase : {0, 1}) {
        const auto down = carp_timing_master_down(advbase, advbase ? 100 : 0);
        const auto interval = carp_timing_interval(advbase, 0);
        const auto left = [&](unsigned adverts) { return (down - adverts * interval) / 1000; };

        EXPECT_GT(carp_margin_class(left(1)), carp_margin_class(left(2)));
        EXPECT_GT(carp_margin_class(left(2)), carp_margin_class(left(3)));
    }
}

TEST(Margin, TheOtherFamilyIsTheSameRound) {
    const auto interval = carp_timing_interval(1, 0);

    EXPECT_FALSE(carp_margin_is_round(0, interval));
    EXPECT_FALSE(carp_margin_is_round(interval / 4 - 1, interval));
    EXPECT_TRUE(carp_margin_is_round(interval / 4, interval));
    EXPECT_TRUE(carp_margin_is_round(interval, interval));
}

} // namespace
