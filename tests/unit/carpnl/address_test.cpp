// SPDX-License-Identifier: GPL-2.0-or-later
#include <carpnl/address.hpp>
#include <carpnl/error.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace {

using carpnl::Address;
using carpnl::Error;
using carpnl::Family;

std::string refusal(std::string_view text) {
    try {
        Address::parse(text);
    } catch (const Error &error) {
        EXPECT_EQ(error.code().value(), EINVAL);
        EXPECT_EQ(error.attribute(), "address");
        return error.text();
    }
    return "accepted";
}

TEST(Address, ReadsBothFamilies) {
    const auto four = Address::parse("192.168.1.50/24");
    EXPECT_EQ(four.family(), Family::inet);
    EXPECT_EQ(four.prefix(), 24U);
    EXPECT_EQ(four.host(), "192.168.1.50");
    EXPECT_EQ(four.to_string(), "192.168.1.50/24");
    EXPECT_EQ(four.bytes().size(), 4U);

    const auto six = Address::parse("2001:DB8:0::50/64");
    EXPECT_EQ(six.family(), Family::inet6);
    EXPECT_EQ(six.to_string(), "2001:db8::50/64");
    EXPECT_EQ(six.bytes().size(), 16U);
    EXPECT_EQ(Address::parse("::/0").to_string(), "::/0");
    EXPECT_EQ(Address::parse("0.0.0.0/0").prefix(), 0U);
    EXPECT_EQ(Address::parse("10.0.0.1", 32).to_string(), "10.0.0.1/32");
}

TEST(Address, SaysWhatIsWrong) {
    EXPECT_EQ(refusal("192.168.1.50"),
              "'192.168.1.50': the prefix length is missing, as in 192.168.1.50/24");
    EXPECT_EQ(refusal("192.168.1.50/33"), "'192.168.1.50/33': the prefix length is not in 0..32");
    EXPECT_EQ(refusal("2001:db8::1/129"), "'2001:db8::1/129': the prefix length is not in 0..128");
    EXPECT_EQ(refusal("192.168.1.50/"), "'192.168.1.50/': the prefix length is not a number");
    EXPECT_EQ(refusal("192.168.1.50/2x"), "'192.168.1.50/2x': the prefix length is not a number");
    EXPECT_EQ(refusal("192.168.1.50/-1"), "'192.168.1.50/-1': the prefix length is not a number");
    EXPECT_EQ(refusal("192.168.1.50/99999999999"),
              "'192.168.1.50/99999999999': the prefix length is not a number");
    EXPECT_EQ(refusal("192.168.1/24"), "'192.168.1': not an IPv4 or IPv6 address");
    EXPECT_EQ(refusal("carp0"),
              "'carp0': not an address with prefix length, as in 192.168.1.50/24");
    EXPECT_EQ(refusal("/24"), "'': not an IPv4 or IPv6 address");
    EXPECT_EQ(refusal(std::string(1000, '1') + "/24").substr(0, 5), "'1111");
}

TEST(Address, NeedsTheRightNumberOfBytes) {
    const std::vector<std::byte> bytes(16);
    EXPECT_THROW(Address(Family::inet, bytes, 24), Error);
    EXPECT_THROW(Address(Family::inet6, std::span(bytes).first(4), 24), Error);
    EXPECT_THROW(Address(Family::inet6, bytes, 129), Error);
    EXPECT_NO_THROW(Address(Family::inet6, bytes, 128));
}

TEST(Address, SubnetCountsOwnPrefixAlone) {
    const auto in = [](const char *own, const char *other) {
        return Address::parse(own).subnet_contains(Address::parse(other));
    };
    EXPECT_TRUE(in("192.168.1.3/24", "192.168.1.50/32"));
    EXPECT_FALSE(in("192.168.1.3/24", "192.168.2.50/16"));
    EXPECT_TRUE(in("10.0.0.1/9", "10.127.0.1/24"));
    EXPECT_FALSE(in("10.0.0.1/9", "10.128.0.1/24"));
    EXPECT_TRUE(in("0.0.0.0/0", "255.255.255.255/32"));
    EXPECT_FALSE(in("10.0.0.1/32", "10.0.0.2/32"));
    EXPECT_TRUE(in("10.0.0.1/32", "10.0.0.1/24"));
    EXPECT_TRUE(in("2001:db8::1/63", "2001:db8:0:1::1/64"));
    EXPECT_FALSE(in("2001:db8::1/64", "2001:db8:0:1::1/64"));
    EXPECT_FALSE(in("0.0.0.0/0", "::/0"));
}

TEST(Address, SameHostWhateverThePrefix) {
    EXPECT_TRUE(Address::parse("10.0.0.1/8").same_host(Address::parse("10.0.0.1/24")));
    EXPECT_FALSE(Address::parse("10.0.0.1/8") == Address::parse("10.0.0.1/24"));
    EXPECT_FALSE(Address::parse("10.0.0.1/8").same_host(Address::parse("10.0.0.2/8")));
    EXPECT_FALSE(Address::parse("0.0.0.0/0").same_host(Address::parse("::/0")));
}

TEST(Address, KnowsAFamily) {
    EXPECT_EQ(Address::family_of("10.0.0.1"), Family::inet);
    EXPECT_EQ(Address::family_of("::1"), Family::inet6);
    EXPECT_EQ(Address::family_of("eth0"), std::nullopt);
    EXPECT_EQ(Address::family_of(""), std::nullopt);
}

} // namespace
