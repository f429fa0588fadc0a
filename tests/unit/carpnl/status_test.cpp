// SPDX-License-Identifier: GPL-2.0-or-later
#include "links.hpp"
#include "status_reader.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <linux/carp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <random>

namespace {

using carpnl::Address;
using carpnl::Counter;
using carpnl::State;
using carpnl::detail::Link;
using carpnl::detail::Message;
using carpnl::detail::Request;
using namespace std::chrono_literals;

void put_u64(Request &request, std::uint16_t type, std::uint64_t value) {
    request.put(type, std::as_bytes(std::span(&value, 1)));
}

void put_host(Request &request, std::uint16_t type, const char *host) {
    request.put(type, Address::parse(host, 0).bytes());
}

/// A carp0 of which the kernel tells everything there is to tell.
Message full() {
    Request request(RTM_NEWLINK, 0, 4096);
    ifinfomsg header{};
    header.ifi_index = 7;
    header.ifi_type = 1;
    header.ifi_flags = IFF_UP;
    request.fixed(header);
    request.put_text(IFLA_IFNAME, "carp0").put_u32(IFLA_MTU, 1500).put_u32(IFLA_LINK, 2);
    const std::array<std::byte, 6> mac{std::byte{0},    std::byte{0}, std::byte{0x5e},
                                       std::byte{0x00}, std::byte{1}, std::byte{0x0a}};
    request.put(IFLA_ADDRESS, mac);
    {
        const Request::Nest info(request, IFLA_LINKINFO | NLA_F_NESTED);
        request.put_text(IFLA_INFO_KIND, "carp");
        {
            const Request::Nest data(request, IFLA_INFO_DATA | NLA_F_NESTED);
            const std::byte one{1};
            const std::byte both_keys{CARP_KEY_SET_PRESENT | CARP_KEY_SET_NEXT};
            request.put_u32(IFLA_CARP_PARENT, 2)
                .put_u32(IFLA_CARP_VHID, 10)
                .put_u32(IFLA_CARP_ADVBASE, 1)
                .put_u32(IFLA_CARP_ADVSKEW, 100)
                .put_u32(IFLA_CARP_ADVSKEW_EFFECTIVE, 240)
                .put_u32(IFLA_CARP_DEMOTION, 140)
                .put(IFLA_CARP_KEY_SET, std::span(&both_keys, 1))
                .put_u32(IFLA_CARP_GRACE, 60)
                .put_u32(IFLA_CARP_PREEMPT_DELAY, 1500)
                .put_u32(IFLA_CARP_START_HOLD, 30000)
                .put_u32(IFLA_CARP_HEARD_AS, CARP_MATCH_OLD_KEY)
                .put(IFLA_CARP_DRAINED, std::span(&one, 1))
                .put_u32(IFLA_CARP_PREEMPT, CARP_PREEMPT_ON)
                .put_u32(IFLA_CARP_ANNOUNCE_COUNT, 3)
                .put_u32(IFLA_CARP_ANNOUNCE_INTERVAL, 100)
                .put_u32(IFLA_CARP_ANNOUNCE_REFRESH, 60)
                .put_u32(IFLA_CARP_STATE, CARP_STATE_BACKUP)
                .put_u32(IFLA_CARP_LAST_REASON, CARP_REASON_BETTER_MASTER);
            put_u64(request, IFLA_CARP_LAST_CHANGE_AGE, 125000);
            put_u64(request, IFLA_CARP_MASTER_DOWN_IN, 2913000);
            put_u64(request, IFLA_CARP_TRANSITIONS, 5);
            put_u64(request, IFLA_CARP_PREEMPT_IN, 1234567);
            put_u64(request, IFLA_CARP_HOLD_LEFT, 2500);
            put_u64(request, IFLA_CARP_SEQUENCE, 77);
            put_host(request, IFLA_CARP_MASTER_ADDR4, "192.168.1.3");
            put_host(request, IFLA_CARP_MASTER_ADDR6, "fe80::3");
            {
                const Request::Nest peers(request, IFLA_CARP_PEERS4 | NLA_F_NESTED);
                put_host(request, CARP_PEERS_ADDR4, "192.168.1.3");
                put_host(request, CARP_PEERS_ADDR4, "192.168.1.5");
                put_host(request, CARP_PEERS_ADDR6, "fe80::5"); // not of this family
            }
            {
                const Request::Nest peers(request, IFLA_CARP_PEERS6 | NLA_F_NESTED);
                put_host(request, CARP_PEERS_ADDR6, "fe80::3");
                request.put_u32(CARP_PEERS_ADDR6, 1); // too short
            }
            const Request::Nest refused(request, IFLA_CARP_REFUSED | NLA_F_NESTED);
            request.put_u32(CARP_REFUSED_COUNTER, CARP_XSTATS_BADAUTH);
            put_u64(request, CARP_REFUSED_AGE, 412);
            put_host(request, CARP_REFUSED_ADDR4, "192.168.1.4");
        }
        const Request::Nest stats(request, IFLA_INFO_XSTATS | NLA_F_NESTED);
        for (std::uint16_t i = CARP_XSTATS_RX4; i <= CARP_XSTATS_MAX; ++i)
            put_u64(request, i, std::uint64_t{1000} + i);
    }
    const auto payload = request.bytes().subspan(NLMSG_HDRLEN);
    return {RTM_NEWLINK, std::vector<std::byte>(payload.begin(), payload.end())};
}

TEST(Status, ReadsEverything) {
    const auto link = Link::read(full());
    ASSERT_TRUE(link.has_value());
    const std::vector<carpnl::detail::AddressRecord> addresses{
        {7, Address::parse("192.168.1.50/24"), {}},
        {2, Address::parse("192.168.1.5/24"), {}},
        {7, Address::parse("2001:db8::50/64"), {}},
    };
    const auto status = read_status(*link, nullptr, addresses);
    EXPECT_EQ(status.name(), "carp0");
    EXPECT_EQ(status.index(), 7U);
    EXPECT_TRUE(status.up());
    EXPECT_EQ(status.peers(),
              (std::vector{Address::parse("192.168.1.3/32"), Address::parse("192.168.1.5/32"),
                           Address::parse("fe80::3/128")}));
    EXPECT_EQ(status.mac(), "00:00:5e:00:01:0a");
    EXPECT_EQ(status.mtu(), 1500U);
    EXPECT_EQ(status.parent_index(), 2U);
    EXPECT_EQ(status.parent_name(), std::nullopt);
    EXPECT_EQ(status.vhid(), 10U);
    EXPECT_EQ(status.advbase(), 1U);
    EXPECT_EQ(status.advskew(), 100U);
    EXPECT_EQ(status.advskew_effective(), 240U);
    EXPECT_EQ(status.interval(), 1937500us);
    EXPECT_EQ(status.demotion(), 140U);
    EXPECT_TRUE(status.key_set());
    EXPECT_TRUE(status.next_key_set());
    EXPECT_EQ(status.grace(), 60s);
    EXPECT_EQ(status.preempt_delay(), 1500ms);
    EXPECT_EQ(status.start_hold(), 30s);
    EXPECT_EQ(status.preempt_in(), 1234567us);
    EXPECT_EQ(status.hold_left(), 2500ms);
    EXPECT_EQ(status.heard_as(), carpnl::Match::old_key);
    EXPECT_EQ(status.drained(), true);
    EXPECT_EQ(status.sequence(), 77U);
    EXPECT_EQ(status.preempt(), carpnl::Preempt::on);
    EXPECT_EQ(status.announce_count(), 3U);
    EXPECT_EQ(status.announce_interval(), 100ms);
    EXPECT_EQ(status.announce_refresh(), 60s);
    EXPECT_EQ(status.state(), State::backup);
    EXPECT_EQ(status.reason(), carpnl::Reason::better_master);
    EXPECT_EQ(status.last_change_age(), 125s);
    EXPECT_EQ(status.master_down_in(), 2913ms);
    EXPECT_EQ(status.transitions(), 5U);
    EXPECT_EQ(status.master_address4()->to_string(), "192.168.1.3/32");
    EXPECT_EQ(status.master_address6()->host(), "fe80::3");
    ASSERT_TRUE(status.refused().has_value());
    EXPECT_EQ(status.refused()->why, Counter::badauth);
    EXPECT_EQ(status.refused()->age, 412ms);
    EXPECT_EQ(status.refused()->count, 1000U + CARP_XSTATS_BADAUTH);
    EXPECT_EQ(status.refused()->source->host(), "192.168.1.4");
    ASSERT_EQ(status.addresses().size(), 2U);
    EXPECT_EQ(status.addresses()[1].to_string(), "2001:db8::50/64");
    ASSERT_TRUE(status.counters().has_value());
    for (const Counter counter : carpnl::all_counters())
        EXPECT_EQ(status.counters()->get(counter), 1000U + static_cast<unsigned>(counter));
    EXPECT_EQ(status.counters()->get(static_cast<Counter>(4711)), std::nullopt);
}

Message bare(const std::function<void(Request &)> &data) {
    Request request(RTM_NEWLINK, 0);
    ifinfomsg header{};
    header.ifi_index = 7;
    request.fixed(header);
    request.put_text(IFLA_IFNAME, "carp0");
    {
        const Request::Nest info(request, IFLA_LINKINFO);
        request.put_text(IFLA_INFO_KIND, "carp");
        const Request::Nest nest(request, IFLA_INFO_DATA);
        data(request);
    }
    const auto payload = request.bytes().subspan(NLMSG_HDRLEN);
    return {RTM_NEWLINK, std::vector<std::byte>(payload.begin(), payload.end())};
}

carpnl::Status status_of(const std::function<void(Request &)> &data) {
    return read_status(Link::read(bare(data)).value(), nullptr, {});
}

TEST(Status, WhatIsNotToldIsNotThere) {
    const auto status = status_of([](Request &) {});
    EXPECT_EQ(status.vhid(), std::nullopt);
    EXPECT_EQ(status.parent_index(), std::nullopt);
    EXPECT_EQ(status.parent_up(), std::nullopt);
    EXPECT_EQ(status.state(), State::init);
    EXPECT_EQ(status.last_change_age(), std::nullopt);
    EXPECT_EQ(status.master_down_in(), std::nullopt);
    EXPECT_EQ(status.master_address4(), std::nullopt);
    EXPECT_EQ(status.refused().has_value(), false);
    EXPECT_EQ(status.counters().has_value(), false);
    EXPECT_FALSE(status.next_key_set());
    EXPECT_EQ(status.grace(), std::nullopt);
    EXPECT_EQ(status.preempt_delay(), std::nullopt);
    EXPECT_EQ(status.start_hold(), std::nullopt);
    EXPECT_EQ(status.preempt_in(), std::nullopt);
    EXPECT_EQ(status.hold_left(), std::nullopt);
    EXPECT_EQ(status.heard_as(), std::nullopt);
    EXPECT_EQ(status.drained(), std::nullopt);
    EXPECT_EQ(status.sequence(), std::nullopt);
    EXPECT_EQ(status.mtu(), std::nullopt);
    EXPECT_EQ(status.mac(), "");
    EXPECT_EQ(status.interval(), 1s);
}

TEST(Status, ZeroMeansNotSet) {
    const auto status = status_of([](Request &request) {
        request.put_u32(IFLA_CARP_VHID, 0).put_u32(IFLA_CARP_PARENT, 0);
        put_host(request, IFLA_CARP_MASTER_ADDR4, "0.0.0.0");
        put_host(request, IFLA_CARP_MASTER_ADDR6, "::");
        const Request::Nest refused(request, IFLA_CARP_REFUSED);
        request.put_u32(CARP_REFUSED_COUNTER, 0);
    });
    EXPECT_EQ(status.vhid(), std::nullopt);
    EXPECT_EQ(status.parent_index(), std::nullopt);
    EXPECT_EQ(status.master_address4(), std::nullopt);
    EXPECT_EQ(status.master_address6(), std::nullopt);
    EXPECT_FALSE(status.refused().has_value());
}

TEST(Status, TimesThatAreTooLongStayPositive) {
    const auto status = status_of([](Request &request) {
        request.put_u32(IFLA_CARP_STATE, CARP_STATE_BACKUP);
        put_u64(request, IFLA_CARP_LAST_CHANGE_AGE, UINT64_MAX);
        put_u64(request, IFLA_CARP_MASTER_DOWN_IN, UINT64_MAX);
    });
    EXPECT_GT(status.last_change_age()->count(), 0);
    EXPECT_GT(status.master_down_in()->count(), 0);
}

TEST(Status, TakeoverIsForABackupOnly) {
    const auto status = status_of([](Request &request) {
        request.put_u32(IFLA_CARP_STATE, CARP_STATE_MASTER);
        put_u64(request, IFLA_CARP_MASTER_DOWN_IN, 5);
    });
    EXPECT_EQ(status.master_down_in(), std::nullopt);
}

TEST(Status, AnotherKernelsNumbersAreKept) {
    const auto status = status_of([](Request &request) {
        request.put_u32(IFLA_CARP_STATE, 99).put_u32(IFLA_CARP_LAST_REASON, 0xffffffff);
        const Request::Nest refused(request, IFLA_CARP_REFUSED);
        request.put_u32(CARP_REFUSED_COUNTER, 4711);
    });
    EXPECT_EQ(to_string(status.state()), "unknown");
    EXPECT_EQ(to_string(status.reason()), "unknown");
    ASSERT_TRUE(status.refused().has_value());
    EXPECT_EQ(status.refused()->count, std::nullopt);
    EXPECT_EQ(status.refused()->source, std::nullopt);
    EXPECT_EQ(to_string(status.refused()->why), "unknown");
}

TEST(Status, IntervalWithoutAdvbase) {
    for (const auto &[skew, wanted] :
         {std::pair(0U, 3906us), std::pair(1U, 3906us), std::pair(128U, 500000us)}) {
        const auto status = status_of([advskew = skew](Request &request) {
            request.put_u32(IFLA_CARP_ADVBASE, 0).put_u32(IFLA_CARP_ADVSKEW, advskew);
        });
        EXPECT_EQ(status.interval(), wanted);
    }
    EXPECT_EQ(
        status_of([](Request &request) { request.put_u32(IFLA_CARP_ADVBASE, 255); }).interval(),
        255s);
}

TEST(Status, NeverCrashesOnCutOrGarbledMessages) {
    const Message whole = full();
    for (std::size_t length = 0; length <= whole.payload.size(); ++length) {
        Message cut{
            whole.type,
            {whole.payload.begin(), whole.payload.begin() + static_cast<std::ptrdiff_t>(length)}};
        if (const auto link = Link::read(std::move(cut)))
            (void)read_status(*link, &*link, {});
    }
    std::mt19937 random(240);
    for (int round = 0; round < 20000; ++round) {
        Message garbled = whole;
        for (auto flips = 1 + random() % 8; flips-- > 0;)
            garbled.payload[random() % garbled.payload.size()] = static_cast<std::byte>(random());
        if (const auto link = Link::read(std::move(garbled)))
            (void)read_status(*link, &*link, {});
    }
}

} // namespace
