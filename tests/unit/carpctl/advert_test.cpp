// SPDX-License-Identifier: GPL-2.0-or-later
// Frames of protocol 112 and of ARP as the tool reads them.
#include "advert.hpp"
#include "fake_wire.hpp"
#include "signature.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace {

using carpctl::Advert;
using carpctl::Flaw;
using carpctl::Protocol;
using carpnl::Address;
using carptest::from_hex;
using carptest::packets;
using Frame = std::vector<std::byte>;

Advert read(const Frame &frame) {
    auto advert = carpctl::read_advert(frame);
    if (!advert)
        throw std::runtime_error("not an advert");
    return *advert;
}

std::vector<std::string> hosts(const std::vector<Address> &addresses) {
    std::vector<std::string> all;
    for (const auto &address : addresses)
        all.push_back(address.host());
    return all;
}

Address host(const std::string &text) {
    return Address::parse(text, Address::family_of(text) == carpnl::Family::inet ? 32 : 128);
}

constexpr std::size_t ethernet = 14;
constexpr std::size_t at_vlan = 12;
constexpr std::size_t at_fragment = ethernet + 6;
constexpr std::size_t at_ttl = ethernet + 8;
constexpr std::size_t at_protocol = ethernet + 9;
constexpr std::size_t at_carp = ethernet + 20;

Frame tagged(Frame frame, unsigned tci) {
    const std::array<std::byte, 4> tag{std::byte{0x81}, std::byte{0x00},
                                       static_cast<std::byte>(tci >> 8U),
                                       static_cast<std::byte>(tci & 0xffU)};
    frame.insert(frame.begin() + at_vlan, tag.begin(), tag.end());
    return frame;
}

TEST(AdvertTest, EveryVectorOfCarp) {
    for (const auto &packet : packets("carp")) {
        SCOPED_TRACE(packet["name"].get<std::string>());
        const auto advert = read(from_hex(packet["frame_hex"]));
        EXPECT_EQ(advert.protocol, Protocol::carp);
        EXPECT_EQ(advert.flaw, Flaw::none);
        EXPECT_EQ(advert.source.host(), packet["src"].get<std::string>());
        EXPECT_EQ(advert.destination.host(), packet["dst"].get<std::string>());
        EXPECT_EQ(advert.ttl, 255);
        EXPECT_EQ(advert.vhid, packet["vhid"]);
        EXPECT_EQ(advert.advbase, packet["advbase"]);
        EXPECT_EQ(advert.advskew, packet["advskew"]);
        EXPECT_EQ(advert.bow_out, packet["advskew"] == 255);
        std::vector<Address> list;
        for (const char *family : {"ipv6", "ipv4"})
            for (const auto &text : packet[family])
                list.push_back(host(text.get<std::string>()));
        const carpnl::Key key(from_hex(packet["key_hex"]));
        EXPECT_TRUE(carpctl::signed_with(advert, key, list));
        EXPECT_FALSE(carpctl::signed_with(advert, carpnl::Key("other"), list));
        list.push_back(host("192.0.2.200"));
        EXPECT_FALSE(carpctl::signed_with(advert, key, list));
    }
}

TEST(AdvertTest, EveryVectorOfVrrp) {
    for (const auto &packet : packets("vrrp")) {
        SCOPED_TRACE(packet["name"].get<std::string>());
        const auto advert = read(from_hex(packet["frame_hex"]));
        EXPECT_EQ(to_string(advert.protocol), packet["protocol"].get<std::string>());
        EXPECT_EQ(advert.flaw, Flaw::none);
        EXPECT_EQ(advert.source.host(), packet["source"].get<std::string>());
        EXPECT_EQ(advert.vhid, packet["vrid"]);
        EXPECT_EQ(advert.priority, packet["priority"]);
        EXPECT_EQ(advert.bow_out, packet["priority"] == 0);
        EXPECT_EQ(advert.interval.count(), packet["interval_us"]);
        EXPECT_EQ(hosts(advert.addresses), packet["addresses"].get<std::vector<std::string>>());
    }
}

TEST(AdvertTest, PaceAndMac) {
    const auto advert = read(carptest::packet("carp", "v4-handbook-hostc-skew100"));
    EXPECT_EQ(advert.interval.count(), 1390625);
    EXPECT_EQ(carpctl::to_string(advert.source_mac), "00:00:5e:00:01:01");
}

TEST(AdvertTest, APriorityTagIsNoVlan) {
    const auto frame = carptest::packet("carp", "v4-handbook-hosta");
    EXPECT_EQ(read(tagged(frame, 0xe000)).vhid, 1);
    EXPECT_FALSE(carpctl::read_advert(tagged(frame, 5)));
    EXPECT_FALSE(carpctl::read_advert(tagged(frame, 0xe001)));
}

TEST(AdvertTest, WhatIsWrongIsTold) {
    const auto good = carptest::packet("carp", "v4-handbook-hosta");
    const auto changed = [&](std::size_t at, unsigned value) {
        auto frame = good;
        frame.at(at) = static_cast<std::byte>(value);
        return frame;
    };
    EXPECT_EQ(read(changed(at_ttl, 254)).flaw, Flaw::badttl);
    EXPECT_EQ(read(changed(at_carp + 2, 1)).flaw, Flaw::badsum);
    EXPECT_EQ(read(changed(at_carp + 2, 1)).vhid, 1);
    EXPECT_EQ(read(changed(at_fragment, 0x20)).flaw, Flaw::fragment);
    EXPECT_EQ(read(changed(at_fragment + 1, 0x01)).flaw, Flaw::fragment);
    EXPECT_EQ(read(changed(ethernet + 3, 60)).flaw, Flaw::badlen) << "longer than the frame";
    EXPECT_EQ(read(changed(ethernet + 3, 50)).flaw, Flaw::badlen) << "too short for CARP";
    EXPECT_EQ(read(changed(ethernet, 0x44)).flaw, Flaw::badlen) << "no IP header";
    EXPECT_EQ(read(changed(at_carp, 0x41)).protocol, Protocol::other);
    EXPECT_EQ(read(changed(at_carp, 0x22)).protocol, Protocol::other);
    EXPECT_FALSE(carpctl::read_advert(changed(at_protocol, 17)));
    EXPECT_FALSE(carpctl::read_advert(changed(ethernet, 0x65)));
}

TEST(AdvertTest, UnicastMayHaveCrossedRouters) {
    auto frame = carptest::packet("carp", "v4-unicast-peer");
    frame.at(at_ttl) = std::byte{60};
    EXPECT_EQ(read(frame).flaw, Flaw::none);
}

TEST(AdvertTest, NoPartOfAFrameIsReadBeyondItsEnd) {
    for (const char *protocol : {"carp", "vrrp"})
        for (const auto &packet : packets(protocol)) {
            const auto frame = from_hex(packet["frame_hex"]);
            for (std::size_t length = 0; length < frame.size(); ++length) {
                // on the heap, so that the sanitizers know where it ends
                const Frame cut(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length));
                const auto advert = carpctl::read_advert(cut);
                EXPECT_TRUE(!advert || advert->flaw == Flaw::badlen)
                    << packet["name"] << ' ' << length;
                EXPECT_FALSE(carpctl::read_claim(cut));
            }
        }
}

TEST(ClaimTest, ArpFromAVirtualMac) {
    auto frame = from_hex("ffffffffffff00005e000107" // to all
                          "08060001080006040001"     // a request
                          "00005e000107c0a80132"     // from 192.168.1.50
                          "000000000000c0a80132");
    const auto claim = carpctl::read_claim(frame);
    ASSERT_TRUE(claim);
    EXPECT_EQ(claim->vhid, 7);
    EXPECT_EQ(claim->address.host(), "192.168.1.50");

    auto other = frame;
    other.at(ethernet + 8 + 4) = std::byte{2};
    EXPECT_FALSE(carpctl::read_claim(other)) << "not a MAC of CARP";
    other = frame;
    std::fill_n(other.begin() + ethernet + 14, 4, std::byte{});
    EXPECT_FALSE(carpctl::read_claim(other)) << "no address";
    frame.pop_back();
    EXPECT_FALSE(carpctl::read_claim(frame)) << "cut";
}

} // namespace
