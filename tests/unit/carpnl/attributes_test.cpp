// SPDX-License-Identifier: GPL-2.0-or-later
#include "attributes.hpp"
#include "request.hpp"

#include <carpnl/error.hpp>

#include <gtest/gtest.h>

#include <linux/netlink.h>

#include <vector>

namespace {

using carpnl::detail::Attributes;
using carpnl::detail::Request;

std::span<const std::byte> body(const Request &request) {
    return request.bytes().subspan(NLMSG_HDRLEN);
}

TEST(Attributes, ReadWhatWasPut) {
    Request request(16, 0);
    request.put_u32(1, 0x01020304).put_text(2, "eth0");
    {
        const Request::Nest nest(request, 3 | NLA_F_NESTED);
        request.put_u32(4, 5);
        const Request::Nest inner(request, 6);
        request.put_u32(7, 8);
    }
    request.put_u32(9, 10);
    const Attributes attributes(body(request));
    EXPECT_EQ(attributes.u32(1), 0x01020304U);
    EXPECT_EQ(attributes.text(2), "eth0");
    EXPECT_EQ(attributes.nested(3).u32(4), 5U);
    EXPECT_EQ(attributes.nested(3).nested(6).u32(7), 8U);
    EXPECT_EQ(attributes.u32(9), 10U);
    EXPECT_EQ(attributes.u32(11), std::nullopt);
    EXPECT_EQ(attributes.nested(11).u32(1), std::nullopt);
    EXPECT_EQ(request.bytes().size() % NLMSG_ALIGNTO, 0U);
}

TEST(Attributes, TooShortCountsAsAbsent) {
    Request request(16, 0);
    const std::vector<std::byte> two(2);
    request.put(1, two).put(2, {});
    const Attributes attributes(body(request));
    EXPECT_EQ(attributes.u8(1), std::uint8_t{0});
    EXPECT_EQ(attributes.u32(1), std::nullopt);
    EXPECT_EQ(attributes.u64(1), std::nullopt);
    EXPECT_EQ(attributes.u8(2), std::nullopt);
    EXPECT_EQ(attributes.text(2), "");
    EXPECT_TRUE(attributes.bytes(2).has_value());
}

TEST(Attributes, TheLastOfTwoCounts) {
    Request request(16, 0);
    request.put_u32(1, 1).put_u32(1, 2);
    EXPECT_EQ(Attributes(body(request)).u32(1), 2U);
}

TEST(Attributes, ABrokenOneEndsTheReading) {
    Request request(16, 0);
    request.put_u32(1, 1).put_u32(2, 2);
    const auto whole = body(request);
    for (std::size_t length = 0; length <= whole.size(); ++length) {
        const Attributes attributes(whole.first(length));
        EXPECT_EQ(attributes.u32(1).has_value(), length >= 8) << length;
        EXPECT_EQ(attributes.u32(2).has_value(), length >= 16) << length;
    }
    std::vector<std::byte> bytes(whole.begin(), whole.end());
    for (const std::byte length : {std::byte{0}, std::byte{3}, std::byte{200}}) {
        bytes[8] = length;
        const Attributes attributes{std::span<const std::byte>(bytes)};
        EXPECT_EQ(attributes.u32(1), 1U);
        EXPECT_EQ(attributes.u32(2), std::nullopt);
    }
}

TEST(Attributes, TextEndsAtItsTerminatorOrEnd) {
    Request request(16, 0);
    const std::array<std::byte, 3> open{std::byte{'a'}, std::byte{'b'}, std::byte{'c'}};
    const std::array<std::byte, 3> cut{std::byte{'a'}, std::byte{0}, std::byte{'c'}};
    request.put(1, open).put(2, cut);
    const Attributes attributes(body(request));
    EXPECT_EQ(attributes.text(1), "abc");
    EXPECT_EQ(attributes.text(2), "a");
}

TEST(Request, RefusesWhatDoesNotFit) {
    Request request(16, 0, 64);
    const std::vector<std::byte> much(65536);
    EXPECT_THROW(request.put(1, std::span(much).first(64)), carpnl::Error);
    EXPECT_THROW(request.put(1, much), carpnl::Error);
    EXPECT_NO_THROW(request.put_u32(1, 1));
}

TEST(Request, KeepsAnEmptyNest) {
    Request request(16, 0);
    {
        const Request::Nest nest(request, 5);
    }
    const auto value = Attributes(body(request)).bytes(5);
    ASSERT_TRUE(value.has_value());
    EXPECT_TRUE(value->empty());
}

} // namespace
