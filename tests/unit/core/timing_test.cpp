// SPDX-License-Identifier: GPL-2.0-only
#include "support.hpp"

#include <gtest/gtest.h>

namespace carp::test {
namespace {

// The vectors have truncated microseconds.
u64 us(u64 ns) { return ns / 1000; }

class TimingVector : public testing::TestWithParam<Json> {};

// advbase 0 is OpenBSD's invention and as there; else what all others do. OpenBSD 1.370 with an
// advbase waits 3 * (advbase + advskew/256): longer than we, which harms nobody.
TEST_P(TimingVector, AsListed) {
    const Json &row = GetParam();
    const u8 base = row.at("advbase");
    const u8 skew = row.at("advskew");
    const char *interval = base ? "advert_interval_us" : "openbsd_1.370_interval_us";
    const char *down = base ? "master_down_us_classic" : "openbsd_1.370_master_down_us";

    EXPECT_EQ(us(carp_timing_interval(base, skew)), row.at(interval));
    EXPECT_EQ(us(carp_timing_master_down(base, skew)), row.at(down));
}

INSTANTIATE_TEST_SUITE_P(Json, TimingVector, testing::ValuesIn(vectors().at("timing")),
                         [](const auto &info) {
                             return case_name(info.param.at("advbase").dump() + "_" +
                                              info.param.at("advskew").dump());
                         });

TEST(Timing, OneSkewIsExact) {
    EXPECT_EQ(256 * CARP_NS_PER_SKEW, CARP_NS_PER_SEC);
    EXPECT_EQ(carp_timing_interval(1, 1), 1003906250u);
    EXPECT_EQ(carp_timing_master_down(1, 1), 3003906250u);
}

TEST(Timing, SmallestAndLargest) {
    EXPECT_EQ(carp_timing_interval(0, 0), 3906250u);
    EXPECT_EQ(carp_timing_interval(0, 1), 3906250u);
    EXPECT_EQ(carp_timing_master_down(0, 0), 11718750u);
    EXPECT_EQ(carp_timing_master_down(0, 1), 11718750u);
    EXPECT_EQ(carp_timing_interval(255, 255), 255996093750u);
    EXPECT_EQ(carp_timing_master_down(255, 255), 765996093750u);
}

TEST(Timing, MoreSkewIsNeverFaster) {
    for (int base = 0; base <= 255; base++) {
        for (int skew = 1; skew <= 255; skew++) {
            const u8 b = static_cast<u8>(base);
            const u8 s = static_cast<u8>(skew);
            const u8 less = static_cast<u8>(skew - 1);
            ASSERT_GE(carp_timing_interval(b, s), carp_timing_interval(b, less));
            ASSERT_GE(carp_timing_master_down(b, s), carp_timing_master_down(b, less));
        }
    }
}

TEST(Timing, MoreBaseIsNeverFaster) {
    for (int base = 1; base <= 255; base++) {
        const u8 b = static_cast<u8>(base);
        const u8 less = static_cast<u8>(base - 1);
        ASSERT_GT(carp_timing_interval(b, 0), carp_timing_interval(less, 255));
        ASSERT_GT(carp_timing_master_down(b, 0), carp_timing_master_down(less, 255));
    }
}

// One lost advert is never a reason to take over, whatever the skew.
TEST(Timing, MasterDownIsMoreThanTwoIntervals) {
    for (int base = 0; base <= 255; base++) {
        for (int skew = 0; skew <= 254; skew++) {
            const u8 b = static_cast<u8>(base);
            const u8 s = static_cast<u8>(skew);
            ASSERT_GT(carp_timing_master_down(b, s), 2 * carp_timing_interval(b, s));
        }
    }
}

TEST(Timing, LateBackupListensOnceMore) {
    const u64 interval = carp_timing_interval(1, 100);
    EXPECT_EQ(carp_timing_late(false, 0, 1, 100), CARP_LATE_NO);
    EXPECT_EQ(carp_timing_late(false, interval / 8, 1, 100), CARP_LATE_NO);
    EXPECT_EQ(carp_timing_late(false, interval / 8 + 1, 1, 100), CARP_LATE_GRACE);
    EXPECT_EQ(carp_timing_late(false, interval, 1, 100), CARP_LATE_GRACE);
    EXPECT_EQ(carp_timing_late(false, interval + 1, 1, 100), CARP_LATE_REARM);
    EXPECT_EQ(carp_timing_late(false, UINT64_MAX, 1, 100), CARP_LATE_REARM);
}

TEST(Timing, LateMasterListensAfterMasterDownTimeOnly) {
    const u64 down = carp_timing_master_down(1, 100);
    EXPECT_EQ(carp_timing_late(true, carp_timing_interval(1, 100) + 1, 1, 100), CARP_LATE_NO);
    EXPECT_EQ(carp_timing_late(true, down, 1, 100), CARP_LATE_NO);
    EXPECT_EQ(carp_timing_late(true, down + 1, 1, 100), CARP_LATE_LISTEN);
    EXPECT_EQ(carp_timing_late(true, UINT64_MAX, 1, 100), CARP_LATE_LISTEN);
}

TEST(Timing, GraceIsHalfAnInterval) {
    EXPECT_EQ(carp_timing_grace(0, 0), 1953125U);
    EXPECT_EQ(carp_timing_grace(1, 0), 500000000U);
    EXPECT_EQ(carp_timing_grace(1, 128), 750000000U);
}

TEST(Timing, LateIsMeasuredByTheOwnTimesAlsoAtAdvbaseZero) {
    EXPECT_EQ(carp_timing_late(false, 488281, 0, 0), CARP_LATE_NO);
    EXPECT_EQ(carp_timing_late(false, 488282, 0, 0), CARP_LATE_GRACE);
    EXPECT_EQ(carp_timing_late(false, 3906250, 0, 0), CARP_LATE_GRACE);
    EXPECT_EQ(carp_timing_late(false, 3906251, 0, 0), CARP_LATE_REARM);
    EXPECT_EQ(carp_timing_late(true, 11718750, 0, 0), CARP_LATE_NO);
    EXPECT_EQ(carp_timing_late(true, 11718751, 0, 0), CARP_LATE_LISTEN);
}

TEST(Timing, TakeoverIsExpectedInTheLastHalfOrSecond) {
    EXPECT_EQ(carp_timing_soon(0, 0), 5859375U);
    EXPECT_EQ(carp_timing_soon(0, 128), 750000000U);
    EXPECT_EQ(carp_timing_soon(1, 0), 1000000000U);
    EXPECT_EQ(carp_timing_soon(255, 254), 1000000000U);
}

// A master that lives, and is as fast as we are, never lets it come to that.
TEST(Timing, NoTakeoverIsExpectedAfterAnInterval) {
    for (int base = 0; base <= 255; base++) {
        for (int skew = 0; skew <= 254; skew++) {
            const u8 b = static_cast<u8>(base);
            const u8 s = static_cast<u8>(skew);
            ASSERT_GT(carp_timing_master_down(b, s) - carp_timing_interval(b, s),
                      carp_timing_soon(b, s));
        }
    }
}

TEST(Timing, Waits) {
    EXPECT_EQ(carp_timing_until(1000, 0), 0u);
    EXPECT_EQ(carp_timing_until(1000, 1), 1001000u);
    EXPECT_EQ(carp_timing_until(0, CARP_START_HOLD_MAX), 3600000000000u);
}

} // namespace
} // namespace carp::test
