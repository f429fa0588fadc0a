// SPDX-License-Identifier: GPL-2.0-only
#include "support.hpp"

#include <gtest/gtest.h>

namespace carp::test {
namespace {

// The vectors also tell what others do. We do not, so nothing of it is checked:
//  - freebsd6_index_little_endian_host: the raw word modulo count, which makes hosts of different
//    byte order disagree;
//  - openbsd_balancing_ip: every host takes a share of the packets sent to a multicast MAC.
class BalanceVector : public testing::TestWithParam<Json> {};

TEST_P(BalanceVector, IndexAsFreeBsd9) {
    const Json &row = GetParam();
    const Addr4 sender = addr4(row.at("sender_ip"));
    EXPECT_EQ(carp_balance_index(sender.data(), row.at("count")), row.at("freebsd9_index"));
}

INSTANTIATE_TEST_SUITE_P(Json, BalanceVector,
                         testing::ValuesIn(vectors().at("balancing").at("freebsd_arpbalance")),
                         [](const auto &info) {
                             const Json &row = info.param;
                             return case_name(row.at("sender_ip").template get<std::string>() +
                                              " of " + row.at("count").dump());
                         });

TEST(Balance, TheOtherSchemesOfTheVectorsAreTheKnownOnes) {
    EXPECT_EQ(vectors().at("balancing").size(), 2u);
    EXPECT_EQ(vectors().at("balancing").at("freebsd_arpbalance").size(), 8u);
    EXPECT_EQ(vectors().at("balancing").at("openbsd_balancing_ip").size(), 3u);
}

TEST(Balance, NeverBeyondTheLast) {
    Chance chance(1);
    for (int round = 0; round < 10000; round++) {
        const auto sender = chance.bytes<4>();
        const u32 count = static_cast<u32>(chance.below(300)) + 1;
        ASSERT_LT(carp_balance_index(sender.data(), count), count);
    }
}

TEST(Balance, NeighboursSpreadEvenly) {
    std::array<int, 4> hits{};
    for (u32 host = 0; host < 256; host++) {
        Addr4 sender;
        put_unaligned_be32(0xc0a80100 + host, sender.data());
        hits[carp_balance_index(sender.data(), hits.size())]++;
    }
    for (int n : hits)
        EXPECT_EQ(n, 64);
}

TEST(Balance, NobodyToChooseFromIsNoDivisionByZero) {
    EXPECT_EQ(carp_balance_index(addr4("192.0.2.1").data(), 0), 0u);
}

} // namespace
} // namespace carp::test
