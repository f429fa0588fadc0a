// SPDX-License-Identifier: GPL-2.0-or-later
// What the doctor makes of what is known: each fault, and what is none.
#include "checks.hpp"

#include "fake_wire.hpp"
#include "schema.hpp"
#include "situations.hpp"

#include <gtest/gtest.h>

namespace {

using carpctl::Finding;
using carpctl::LinkFacts;
using carpctl::Patient;
using carpctl::Speaker;
using carpnl::Address;
using carpnl::Match;
using carptest::StatusData;
using Json = nlohmann::json;
using Ids = std::vector<std::string>;

Ids ids(const std::vector<Finding> &findings) {
    Ids all;
    for (const auto &finding : findings) {
        all.emplace_back(finding.id);
        EXPECT_EQ(carptest::violations(carptest::schema("doctor")["items"], Json(to_json(finding))),
                  std::vector<std::string>{});
        EXPECT_FALSE(finding.text.empty() || finding.advice.empty());
    }
    return all;
}

/// Counters of which those have that value and the others 5.
carpnl::Counters counters(const std::vector<std::uint32_t> &which, std::uint64_t value) {
    auto data = std::make_shared<carpnl::detail::CountersData>();
    for (std::size_t i = CARP_XSTATS_RX4; i < data->values.size(); ++i)
        data->values.at(i) = 5;
    for (const auto one : which)
        data->values.at(one) = value;
    return carpnl::Counters(std::move(data));
}

/// A BACKUP of advskew 100 whose adverts arrive, changed by @p change.
Patient patient(const std::function<void(StatusData &)> &change = [](StatusData &) {}) {
    const auto before = carptest::device([&](StatusData &data) {
        change(data);
        if (!data.counters)
            data.counters = counters({}, 5);
    });
    const auto after = carptest::device([&](StatusData &data) {
        change(data);
        if (!data.counters)
            data.counters = counters({CARP_XSTATS_RX4, CARP_XSTATS_RX6}, 9);
    });
    return {.before = before,
            .after = after,
            .link = {.addresses = {Address::parse("192.168.1.4/24"), Address::parse("fe80::4/64"),
                                   Address::parse("2001:db8::4/64")},
                     .bridge = std::nullopt,
                     .neighbours = {}},
            .speakers = {}};
}

/// The one whose advert is that vector, as the kernel calls it.
Speaker speaker(const std::string &protocol, const std::string &name,
                Match match = Match::present) {
    const auto frame = carptest::packet(protocol, name);
    Speaker one{.parent = "eth0", .last = carpctl::read_advert(frame).value(), .count = 1};
    if (one.valid())
        one.verification = {.match = match, .address = std::nullopt};
    return one;
}

Ids of_device(const Patient &who) {
    std::vector<Finding> findings;
    check_device(who, carptest::defaults, findings);
    return ids(findings);
}

std::vector<Finding> of_speakers(Patient who, const std::vector<Speaker> &speakers) {
    who.speakers = speakers;
    std::vector<Finding> findings;
    check_speakers(who, findings);
    return findings;
}

TEST(ChecksTest, Healthy) {
    EXPECT_EQ(of_device(patient()), Ids{});
    EXPECT_EQ(ids(of_speakers(patient(), {speaker("carp", "v4-handbook-hosta")})), Ids{});
    EXPECT_EQ(ids(of_speakers(patient(), {speaker("carp", "v4-bow-out")})), Ids{});
}

TEST(ChecksTest, Init) {
    const auto who = patient([](StatusData &data) {
        data.state = carpnl::State::init;
        data.reason = carpnl::Reason::down;
        data.up = false;
    });
    EXPECT_EQ(of_device(who), Ids{"init"});
}

TEST(ChecksTest, AddressesOfTheParent) {
    auto who = patient();
    who.link.addresses.push_back(Address::parse("192.168.1.50/24"));
    EXPECT_EQ(of_device(who), Ids{"address-on-parent"});

    const auto with = [](const std::string &address) {
        return patient([&](StatusData &data) { data.addresses = {Address::parse(address)}; });
    };
    EXPECT_EQ(of_device(with("192.168.1.50/16")), Ids{"prefix-mismatch"});
    EXPECT_EQ(of_device(with("192.168.1.50/25")), Ids{"prefix-mismatch"});
    EXPECT_EQ(of_device(with("2001:db8::50/48")), Ids{"prefix-mismatch"});
    EXPECT_EQ(of_device(with("192.168.1.50/32")), Ids{}) << "a host's own";
    EXPECT_EQ(of_device(with("10.0.0.1/16")), Ids{}) << "a network of its own";
    EXPECT_EQ(of_device(with("fe80::50/10")), Ids{}) << "the same everywhere";
}

TEST(ChecksTest, Snooping) {
    auto who = patient();
    who.link.bridge = {.name = "br0", .snooping = true, .querier = false};
    EXPECT_EQ(of_device(who), Ids{"igmp-snooping"});
    who.link.bridge->querier = true;
    EXPECT_EQ(of_device(who), Ids{});
    who.link.bridge = {.name = "br0", .snooping = false, .querier = false};
    EXPECT_EQ(of_device(who), Ids{});

    auto unicast = patient([](StatusData &data) {
        data.peers = {Address::parse("192.168.1.3/32"), Address::parse("2001:db8::3/128")};
    });
    unicast.link.bridge = {.name = "br0", .snooping = true, .querier = false};
    EXPECT_EQ(of_device(unicast), Ids{}) << "no multicast is sent";
}

TEST(ChecksTest, WhatDigestsTell) {
    const auto told = [](Match match, const std::optional<Address> &address) {
        auto one = speaker("carp", "v4-handbook-hosta", match);
        one.verification->address = address;
        const auto findings = of_speakers(patient(), {one});
        EXPECT_EQ(findings.size(), 1U);
        return findings.empty() ? Finding() : findings.front();
    };
    EXPECT_EQ(told(Match::none, std::nullopt).id, "other-key");
    EXPECT_EQ(told(Match::key_cut, std::nullopt).id, "key-cut");
    const auto address = Address::parse("192.168.1.51/32");
    EXPECT_EQ(told(Match::addr_less, address).id, "other-list");
    EXPECT_NE(told(Match::addr_less, address).text.find("does not have the address 192.168.1.51"),
              std::string::npos);
    EXPECT_EQ(told(Match::addr_more, address).address, address);
    for (const auto match : {Match::old_key, Match::old_list, Match::key_next, Match::nov6ll})
        EXPECT_EQ(ids(of_speakers(patient(), {speaker("carp", "v4-handbook-hosta", match)})),
                  Ids{});
}

TEST(ChecksTest, WhatWasBeforeCountsForAWhile) {
    auto who = patient();
    const auto refusing = carptest::device([](StatusData &data) {
        data.counters = counters({CARP_XSTATS_RX4, CARP_XSTATS_BADAUTH}, 9);
    });
    who.after = refusing;
    for (const auto &[match, id] :
         {std::pair(Match::old_key, "other-key"), std::pair(Match::old_list, "other-list")})
        EXPECT_EQ(ids(of_speakers(who, {speaker("carp", "v4-handbook-hosta", match)})), Ids{id});
    EXPECT_EQ(ids(of_speakers(who, {speaker("carp", "v4-handbook-hosta")})), Ids{});
}

TEST(ChecksTest, SameSkew) {
    const auto same = speaker("carp", "v4-handbook-hostc-skew100");
    EXPECT_EQ(ids(of_speakers(patient(), {same})), Ids{"same-skew"});
    auto own = same;
    own.own = true;
    EXPECT_EQ(ids(of_speakers(patient(), {own})), Ids{});
    auto far = same;
    far.last.flaw = carpctl::Flaw::badttl;
    EXPECT_EQ(ids(of_speakers(patient(), {far})), Ids{});
}

TEST(ChecksTest, OneFaultOfTwoSpeakersIsOneFinding) {
    auto other = speaker("carp", "v4-handbook-hosta", Match::none);
    other.last.source = Address::parse("192.168.1.9/32");
    const auto findings =
        of_speakers(patient(), {speaker("carp", "v4-handbook-hosta", Match::none), other});
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].speakers, (Ids{"192.168.1.3", "192.168.1.9"}));
    EXPECT_NE(describe(findings[0]).find("(heard from 192.168.1.3, 192.168.1.9) [other-key]\n"),
              std::string::npos);
}

TEST(ChecksTest, Vrrp) {
    const auto findings = of_speakers(patient(), {speaker("vrrp", "v2-one")});
    EXPECT_EQ(ids(findings), Ids{"vrrp-vhid"});
    EXPECT_EQ(findings[0].severity, carpctl::Severity::error);
    const auto six = of_speakers(patient(), {speaker("vrrp", "v3-six")});
    ASSERT_EQ(ids(six), Ids{"vrrp-vhid"});
    EXPECT_EQ(six[0].severity, carpctl::Severity::warning) << "another virtual MAC";
}

TEST(ChecksTest, NotHeard) {
    const auto deaf = patient([](StatusData &data) { data.counters = counters({}, 5); });
    EXPECT_EQ(ids(of_speakers(deaf, {speaker("carp", "v4-handbook-hosta")})), Ids{"not-heard"});
    EXPECT_EQ(ids(of_speakers(deaf, {speaker("carp", "v4-handbook-hosta", Match::none)})),
              Ids{"other-key"})
        << "one thing at a time";
}

TEST(ChecksTest, ANeighbourOfNoNetwork) {
    auto one = speaker("carp", "v4-handbook-hosta");
    one.last.source = Address::parse("172.16.0.1/32");
    EXPECT_EQ(ids(of_speakers(patient(), {one})), Ids{"prefix-mismatch"});
    one.last.source = Address::parse("0.0.0.0/32");
    EXPECT_EQ(ids(of_speakers(patient(), {one})), Ids{}) << "a parent without an address";
    one.last.source = Address::parse("172.16.0.1/32");
    auto bare = patient();
    bare.link.addresses.clear();
    EXPECT_EQ(ids(of_speakers(bare, {one})), Ids{});
}

TEST(ChecksTest, Releases) {
    const auto of = [](const std::string &module, const std::string &tool) {
        std::vector<Finding> findings;
        using carpctl::ModuleVersion;
        carpctl::check_module(module.empty() ? std::nullopt
                                             : std::optional(ModuleVersion{module, ""}),
                              tool, findings);
        return ids(findings);
    };
    EXPECT_EQ(of("0.1.0", "0.1.0"), Ids{});
    EXPECT_EQ(of("0.0.9", "0.1.0"), Ids{"module-older"});
    EXPECT_EQ(of("0.9.0", "0.10.0"), Ids{"module-older"});
    EXPECT_EQ(of("0.1", "0.1.1"), Ids{"module-older"});
    EXPECT_EQ(of("1.0.0", "0.9.9"), Ids{});
    EXPECT_EQ(of("", "0.1.0"), Ids{});
}

} // namespace
