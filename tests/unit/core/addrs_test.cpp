// SPDX-License-Identifier: GPL-2.0-only
#include "support.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <set>

namespace carp::test {
namespace {

AddrList list4(std::initializer_list<const char *> texts) {
    AddrList list;
    for (const char *text : texts)
        list.v4.push_back(addr4(text));
    return list;
}

AddrList list6(std::initializer_list<const char *> texts) {
    AddrList list;
    for (const char *text : texts)
        list.v6.push_back(addr6(text));
    return list;
}

// Few different values, so that duplicates and the special ones turn up often.
AddrList random_list(Chance &chance, size_t most) {
    constexpr std::array<u8, 4> values{0x00, 0xff, 0xfe, 0x80};
    AddrList list;
    list.v4.resize(chance.below(most + 1));
    list.v6.resize(chance.below(most + 1));
    for (auto &a : list.v4) {
        for (u8 &b : a)
            b = values[chance.below(4)];
    }
    for (auto &a : list.v6) {
        a.fill(values[chance.below(2)]);
        for (int i = 0; i < 4; i++)
            a[i] = values[chance.below(4)];
        a[15] = chance.below(2) ? a[15] : chance.byte();
    }
    return list;
}

AddrList expected(const AddrList &list) {
    std::set<Addr4> v4(list.v4.begin(), list.v4.end());
    std::set<Addr6> v6;
    for (Addr6 a : list.v6) {
        if (a[0] == 0xfe && a[1] >= 0x80 && a[1] <= 0xbf)
            a[2] = a[3] = 0;
        v6.insert(a);
    }
    Addr4 special4;
    Addr6 special6;
    for (u8 b : {0x00, 0xff}) {
        special4.fill(b);
        special6.fill(b);
        v4.erase(special4);
        v6.erase(special6);
    }
    return {.v4 = {v4.begin(), v4.end()}, .v6 = {v6.begin(), v6.end()}};
}

TEST(Addrs, SortsByBytesNotByHostOrder) {
    EXPECT_EQ(list4({"192.168.1.10", "10.0.0.2", "172.16.0.1", "10.0.0.1"}).normalise(),
              list4({"10.0.0.1", "10.0.0.2", "172.16.0.1", "192.168.1.10"}));
    EXPECT_EQ(list4({"1.0.0.200", "200.0.0.1", "2.0.0.1"}).normalise(),
              list4({"1.0.0.200", "2.0.0.1", "200.0.0.1"}));
    EXPECT_EQ(list6({"fe80::1", "2001:db8::2", "2001:db8::1", "ff02::12"}).normalise(),
              list6({"2001:db8::1", "2001:db8::2", "fe80::1", "ff02::12"}));
}

TEST(Addrs, DropsDuplicates) {
    EXPECT_EQ(list4({"10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.1"}).normalise(),
              list4({"10.0.0.1", "10.0.0.2"}));
}

TEST(Addrs, DropsAllZeroAndAllOneOnly) {
    EXPECT_EQ(list4({"255.255.255.255", "0.0.0.0", "0.0.0.1", "255.255.255.254"}).normalise(),
              list4({"0.0.0.1", "255.255.255.254"}));
    EXPECT_EQ(list6({"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::", "::1",
                     "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"})
                  .normalise(),
              list6({"::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"}));
}

TEST(Addrs, EmbeddedScopeGoesAndMayMakeDuplicates) {
    EXPECT_EQ(list6({"fe80:3::1", "fe80::1", "febf:7::1"}).normalise(),
              list6({"fe80::1", "febf::1"}));
}

TEST(Addrs, OnlyLinkLocalUnicastHasItsScopeCleared) {
    const AddrList others = list6({"2001:db8::1", "fe40:3::1", "fec0:3::1", "ff02:3::1"});
    EXPECT_EQ(AddrList(others).normalise(), others);
}

TEST(Addrs, EmptyListMayHaveNoMemory) {
    carp_addrs none{};
    carp_addrs_normalise(&none);
    EXPECT_EQ(none.n4, 0u);
    EXPECT_EQ(none.n6, 0u);
}

TEST(Addrs, LinkLocalIsExactlyTenBits) {
    for (unsigned int head = 0; head < 0x10000; head++) {
        Addr6 a{static_cast<u8>(head >> 8), static_cast<u8>(head)};
        ASSERT_EQ(carp_addr6_is_linklocal(a.data()), (head & 0xffc0) == 0xfe80) << head;
    }
}

TEST(Addrs, RandomListsAsByOrderedSets) {
    Chance chance(1);
    for (int round = 0; round < 5000; round++) {
        AddrList list = random_list(chance, 12);
        const AddrList want = expected(list);
        ASSERT_EQ(list.normalise(), want) << "round " << round;
    }
}

TEST(Addrs, NormalisingTwiceChangesNothing) {
    Chance chance(2);
    for (int round = 0; round < 1000; round++) {
        AddrList once = random_list(chance, 40).normalise();
        ASSERT_EQ(AddrList(once).normalise(), once);
    }
}

// A quadratic sort would need some 10^10 steps here and run into the time limit of the suite.
TEST(Addrs, ManyAddressesInAnyStartingOrder) {
    constexpr u32 many = 200000;
    AddrList list;
    for (u32 i = 1; i <= many; i++)
        put_unaligned_be32(i, list.v4.emplace_back().data());
    const AddrList sorted = list;

    EXPECT_EQ(AddrList(sorted).normalise(), sorted);

    std::ranges::reverse(list.v4);
    EXPECT_EQ(list.normalise(), sorted);

    std::mt19937 engine(3);
    std::shuffle(list.v4.begin(), list.v4.end(), engine);
    EXPECT_EQ(list.normalise(), sorted);

    AddrList same;
    same.v4.assign(many, addr4("10.0.0.1"));
    EXPECT_EQ(same.normalise(), list4({"10.0.0.1"}));
}

} // namespace
} // namespace carp::test
