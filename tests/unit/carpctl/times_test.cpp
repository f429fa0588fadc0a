// SPDX-License-Identifier: GPL-2.0-or-later
#include "times.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace {

using namespace std::chrono_literals;
using carpctl::for_people;
using carpctl::rfc3339;
using std::chrono::system_clock;

TEST(Times, TwoPlacesForPeople) {
    EXPECT_EQ(for_people(0us), "0.000 s");
    EXPECT_EQ(for_people(3906us), "0.003 s");
    EXPECT_EQ(for_people(2913ms), "2.913 s");
    EXPECT_EQ(for_people(59999ms), "59.999 s");
    EXPECT_EQ(for_people(60s), "1 min");
    EXPECT_EQ(for_people(125s), "2 min 5 s");
    EXPECT_EQ(for_people(3600s), "1 h");
    EXPECT_EQ(for_people(12059s), "3 h 20 min");
    EXPECT_EQ(for_people(86399s), "23 h 59 min");
    EXPECT_EQ(for_people(24h * 12 + 4h + 59min), "12 d 4 h");
}

TEST(Times, Rfc3339) {
    EXPECT_EQ(rfc3339(system_clock::time_point(0s)), "1970-01-01T00:00:00.000Z");
    EXPECT_EQ(rfc3339(system_clock::time_point(1767225603250ms)), "2026-01-01T00:00:03.250Z");
    EXPECT_EQ(rfc3339(system_clock::time_point(-1ms)), "1969-12-31T23:59:59.999Z");
}

TEST(Times, LocalTimeSaysItsOffset) {
    ::setenv("TZ", "CET-1", 1);
    ::tzset();
    EXPECT_EQ(carpctl::local_time(system_clock::time_point(1767225603250ms)),
              "2026-01-01 01:00:03 +0100");
    ::unsetenv("TZ");
    ::tzset();
}

} // namespace
