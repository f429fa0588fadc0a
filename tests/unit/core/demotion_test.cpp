// SPDX-License-Identifier: GPL-2.0-only
#include "support.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <limits>

namespace carp::test {
namespace {

constexpr u32 u32_max = std::numeric_limits<u32>::max();

u8 sum(std::initializer_list<u32> values) {
    return carp_demotion_sum(values.begin(), values.size());
}

TEST(Demotion, SumsUp) {
    EXPECT_EQ(carp_demotion_sum(nullptr, 0), 0);
    EXPECT_EQ(sum({0}), 0);
    EXPECT_EQ(sum({1, 2, 3}), 6);
    EXPECT_EQ(sum({239}), 239);
    EXPECT_EQ(sum({200, 39}), 239);
}

TEST(Demotion, Saturates) {
    EXPECT_EQ(sum({240}), 240);
    EXPECT_EQ(sum({200, 40}), 240);
    EXPECT_EQ(sum({200, 41}), 240);
    EXPECT_EQ(sum({240, 240}), 240);
    EXPECT_EQ(sum({256}), 240);
    EXPECT_EQ(sum({u32_max}), 240);
}

TEST(Demotion, NoWrapMakesAHostHealthy) {
    EXPECT_EQ(sum({u32_max, 1}), 240);
    EXPECT_EQ(sum({1, u32_max}), 240);
    EXPECT_EQ(sum({u32_max / 2 + 1, u32_max / 2 + 1}), 240);
    EXPECT_EQ(sum({239, u32_max - 238}), 240);
}

TEST(Demotion, SumDoesNotDependOnOrder) {
    Chance chance(1);
    for (int round = 0; round < 2000; round++) {
        std::vector<u32> values(chance.below(6));
        for (u32 &v : values)
            v = static_cast<u32>(chance.below(round % 2 ? 300 : 80));
        u64 plain = 0;
        for (u32 v : values)
            plain += v;
        const u8 want = static_cast<u8>(std::min<u64>(plain, CARP_DEMOTION_MAX));
        ASSERT_EQ(carp_demotion_sum(values.data(), values.size()), want);
        std::ranges::reverse(values);
        ASSERT_EQ(carp_demotion_sum(values.data(), values.size()), want);
    }
}

TEST(Demotion, SkewForEveryPair) {
    for (int skew = 0; skew <= 255; skew++) {
        for (int demotion = 0; demotion <= 255; demotion++) {
            const u8 got = carp_demotion_skew(static_cast<u8>(skew), static_cast<u8>(demotion));
            const int want = skew > 240 ? skew : std::min(skew + demotion, 240);
            ASSERT_EQ(got, want) << skew << " + " << demotion;
            ASSERT_GE(got, skew) << "better than configured";
        }
    }
}

TEST(Demotion, AdjustStaysInRange) {
    EXPECT_EQ(carp_demotion_adjust(0, 240), 240);
    EXPECT_EQ(carp_demotion_adjust(0, 241), 240);
    EXPECT_EQ(carp_demotion_adjust(240, 1), 240);
    EXPECT_EQ(carp_demotion_adjust(100, 20), 120);
    EXPECT_EQ(carp_demotion_adjust(100, -20), 80);
    EXPECT_EQ(carp_demotion_adjust(100, -100), 0);
    EXPECT_EQ(carp_demotion_adjust(100, -101), 0);
    for (const s64 by : {std::numeric_limits<s64>::min() + 1, s64{INT32_MIN}})
        EXPECT_EQ(carp_demotion_adjust(240, by), 0);
    for (const s64 by : {std::numeric_limits<s64>::max(), s64{INT32_MAX}})
        EXPECT_EQ(carp_demotion_adjust(240, by), 240);
}

TEST(Demotion, ScopeDecidesWhom) {
    EXPECT_TRUE(carp_demotion_fits(CARP_SCOPE_NET, 0, 7, 3));
    EXPECT_TRUE(carp_demotion_fits(CARP_SCOPE_GROUP, 3, 7, 3));
    EXPECT_FALSE(carp_demotion_fits(CARP_SCOPE_GROUP, 7, 7, 3));
    EXPECT_TRUE(carp_demotion_fits(CARP_SCOPE_GROUP, 0, 7, 0));
    EXPECT_TRUE(carp_demotion_fits(CARP_SCOPE_DEVICE, 7, 7, 3));
    EXPECT_FALSE(carp_demotion_fits(CARP_SCOPE_DEVICE, 3, 7, 3));
    EXPECT_FALSE(carp_demotion_fits(static_cast<carp_scope>(3), 7, 7, 7));
}

// So that a demoted advert can never be taken for a bow-out.
TEST(Demotion, ConfigurableSkewsNeverReachTheBowOut) {
    for (int skew = 0; skew <= CARP_ADVSKEW_MAX; skew++)
        EXPECT_LT(carp_demotion_skew(static_cast<u8>(skew), 255), CARP_BOW_OUT);
}

} // namespace
} // namespace carp::test
