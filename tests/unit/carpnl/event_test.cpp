// SPDX-License-Identifier: GPL-2.0-or-later
// Messages of the generic netlink family, whole and broken.
#include "event_reader.hpp"

#include "fake_generic.hpp"

#include <gtest/gtest.h>

#include <linux/carp.h>
#include <linux/netlink.h>

#include <random>
#include <set>

namespace {

using carpnl::detail::read_event;

std::span<const std::byte> payload(const carptest::Bytes &message) {
    return std::span(message).subspan(NLMSG_HDRLEN);
}

TEST(Events, NamesOfAll) {
    EXPECT_EQ(to_string(carpnl::EventKind::resync), "resync");
    EXPECT_EQ(to_string(carpnl::ResyncReason::start), "start");
    EXPECT_EQ(to_string(carpnl::ResyncReason::unloaded), "unloaded");
    EXPECT_EQ(to_string(static_cast<carpnl::EventKind>(9)), "unknown");
    EXPECT_EQ(to_string(carpnl::Scope::device), "device");
    EXPECT_EQ(to_string(static_cast<carpnl::Scope>(9)), "unknown");
    EXPECT_EQ(to_string(carpnl::Owner::sysctl), "sysctl");
    EXPECT_EQ(to_string(static_cast<carpnl::Owner>(9)), "unknown");
    std::set<std::string_view> matches;
    for (std::uint32_t i = 0; i <= CARP_MATCH_ADDR_MORE; ++i)
        matches.insert(to_string(static_cast<carpnl::Match>(i)));
    EXPECT_EQ(matches.size(), std::size_t{CARP_MATCH_ADDR_MORE + 1});
}

TEST(Events, CutAnywhereNothingIsMadeUp) {
    carptest::FakeGeneric kernel;
    const auto whole = kernel.transition("carp0", 1, 2);
    ASSERT_TRUE(read_event(payload(whole))->event);
    for (std::size_t length = 0; length < payload(whole).size(); ++length)
        if (const auto heard = read_event(payload(whole).first(length)); heard && heard->event) {
            EXPECT_EQ(heard->sequence, 1U);
            EXPECT_EQ(heard->event->state(), carpnl::State::master);
        }
    EXPECT_FALSE(carpnl::detail::read_device(payload(whole)));
    EXPECT_FALSE(carpnl::detail::read_cause(payload(whole)));
}

TEST(Events, AnyBytesAreReadOrPassedOver) {
    // From a seed, so that a failure can be repeated.
    std::mt19937 random(112);
    carptest::FakeGeneric kernel;
    const std::vector<carptest::Bytes> good{
        kernel.transition("carp0", 1, 2),
        kernel.refused("carp0", CARP_XSTATS_BADAUTH),
        kernel.demotion({.name = "disk",
                         .value = 3,
                         .scope = 2,
                         .owner = 1,
                         .flags = 0,
                         .group = 0,
                         .device = "carp0"}),
    };
    for (int round = 0; round < 20000; ++round) {
        auto bytes = good[random() % good.size()];
        for (auto flips = random() % 6; flips-- > 0;)
            bytes[random() % bytes.size()] = static_cast<std::byte>(random());
        bytes.resize(NLMSG_HDRLEN + random() % (bytes.size() - NLMSG_HDRLEN + 1));
        (void)read_event(payload(bytes));
        (void)carpnl::detail::read_device(payload(bytes));
        (void)carpnl::detail::read_cause(payload(bytes));
    }
}

} // namespace
