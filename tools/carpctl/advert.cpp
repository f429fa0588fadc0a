// SPDX-License-Identifier: GPL-2.0-or-later
#include "advert.hpp"

#include "core.hpp"

#include <algorithm>
#include <cstdio>

namespace carpctl {
namespace {

using carpnl::Address;
using carpnl::Family;
using std::chrono::microseconds;
using Bytes = std::span<const std::byte>;

constexpr std::size_t mac_length = 6;
constexpr std::size_t ether_length = 14;
constexpr std::size_t tag_length = 4;
constexpr std::uint16_t ether_ip = 0x0800;
constexpr std::uint16_t ether_arp = 0x0806;
constexpr std::uint16_t ether_vlan = 0x8100;
constexpr std::uint16_t ether_ip6 = 0x86dd;
constexpr std::uint16_t vlan_id = 0x0fff;
constexpr std::size_t ip_length = 20;
constexpr std::size_t ip6_length = 40;
constexpr std::uint8_t any_ttl = 255;

std::uint8_t byte(Bytes bytes, std::size_t at) { return std::to_integer<std::uint8_t>(bytes[at]); }

std::uint16_t word(Bytes bytes, std::size_t at) {
    return static_cast<std::uint16_t>(byte(bytes, at) << 8U | byte(bytes, at + 1));
}

/// For the core, which knows bytes as numbers.
std::vector<std::uint8_t> numbers(Bytes bytes) {
    std::vector<std::uint8_t> all(bytes.size());
    std::transform(bytes.begin(), bytes.end(), all.begin(),
                   [](std::byte one) { return std::to_integer<std::uint8_t>(one); });
    return all;
}

Address address4(Bytes bytes) { return {Family::inet, bytes.first(4), 32}; }
Address address6(Bytes bytes) { return {Family::inet6, bytes.first(16), 128}; }

struct Frame {
    std::uint16_t type;
    Bytes body;
};

std::optional<Frame> open(Bytes frame) {
    if (frame.size() < ether_length)
        return std::nullopt;
    std::size_t at = ether_length - 2;
    if (word(frame, at) == ether_vlan) {
        if (frame.size() < ether_length + tag_length || (word(frame, ether_length) & vlan_id) != 0)
            return std::nullopt;
        at += tag_length;
    }
    return Frame{word(frame, at), frame.subspan(at + 2)};
}

/// What an IP packet of protocol 112 holds, and what is wrong with it up to there.
struct Packet {
    Address source;
    Address destination;
    std::uint8_t ttl;
    Bytes payload;
    Flaw flaw;
};

std::optional<Packet> open4(Bytes ip) {
    if (ip.size() < ip_length || byte(ip, 0) >> 4U != 4 || byte(ip, 9) != CARP_PROTO)
        return std::nullopt;
    Packet packet{address4(ip.subspan(12)), address4(ip.subspan(16)), byte(ip, 8), {}, Flaw::none};
    const std::size_t head = (byte(ip, 0) & 0x0fU) * 4U;
    const std::size_t total = word(ip, 2);
    constexpr unsigned more_or_offset = 0x3fff;
    if ((word(ip, 6) & more_or_offset) != 0)
        packet.flaw = Flaw::fragment;
    else if (head < ip_length || total < head || total > ip.size())
        packet.flaw = Flaw::badlen;
    else
        packet.payload = ip.subspan(head, total - head);
    return packet;
}

std::optional<Packet> open6(Bytes ip) {
    if (ip.size() < ip6_length || byte(ip, 0) >> 4U != 6 || byte(ip, 6) != CARP_PROTO)
        return std::nullopt;
    Packet packet{address6(ip.subspan(8)), address6(ip.subspan(24)), byte(ip, 7), {}, Flaw::none};
    const std::size_t length = word(ip, 4);
    if (length > ip.size() - ip6_length)
        packet.flaw = Flaw::badlen;
    else
        packet.payload = ip.subspan(ip6_length, length);
    return packet;
}

constexpr std::size_t vrrp_length = 8;
constexpr std::size_t vrrp2_secret = 8;

/// Bytes of addresses behind a VRRP header.
std::size_t vrrp_addresses(Bytes payload, std::size_t width) { return byte(payload, 3) * width; }

/**
 * Both begin with version and type 2 and 1. In CARP's fourth byte stands 7, the length of what
 * follows; in VRRP's the number of addresses, which decides its length. A packet of seven addresses
 * without VRRP's secret would be as long as CARP's: everybody sends the secret, though.
 */
Protocol version2(Bytes payload) {
    const bool vrrp = payload.size() >= vrrp_length && byte(payload, 3) != 0 &&
                      (payload.size() == vrrp_length + vrrp_addresses(payload, 4) + vrrp2_secret ||
                       payload.size() == vrrp_length + vrrp_addresses(payload, 4));
    if (payload.size() == carp_header_length && byte(payload, 3) == CARP_AUTHLEN)
        return Protocol::carp;
    if (vrrp)
        return Protocol::vrrp2;
    return Protocol::carp;
}

Protocol protocol_of(Bytes payload) {
    constexpr std::uint8_t two = CARP_VERSION << 4U | CARP_TYPE_ADVERT;
    constexpr std::uint8_t three = 3U << 4U | CARP_TYPE_ADVERT;
    if (payload.empty())
        return Protocol::other;
    if (byte(payload, 0) == three)
        return Protocol::vrrp3;
    return byte(payload, 0) == two ? version2(payload) : Protocol::other;
}

Flaw flaw_of(carp_wire_error error) {
    switch (error) {
    case CARP_WIRE_OK:
        break;
    case CARP_WIRE_BADTTL:
        return Flaw::badttl;
    case CARP_WIRE_BADLEN:
        return Flaw::badlen;
    case CARP_WIRE_BADSUM:
        return Flaw::badsum;
    }
    return Flaw::none;
}

void read_carp(Bytes payload, Advert &advert) {
    const auto bytes = numbers(payload);
    carp_advert fields{};
    // A peer beyond a router sends unicast, and its TTL has become less on the way.
    const bool multicast = (byte(advert.destination.bytes(), 0) & 0xf0U) == 0xe0U ||
                           byte(advert.destination.bytes(), 0) == 0xffU;
    const std::uint8_t ttl = multicast ? advert.ttl : any_ttl;
    advert.flaw = flaw_of(carp_wire_decode(bytes.data(), bytes.size(), ttl, &fields));
    // A wrong number is better than none, as long as it is called wrong.
    if (bytes.size() < carp_header_length)
        return;
    constexpr std::size_t at_vhid = 1;
    constexpr std::size_t at_advskew = 2;
    constexpr std::size_t at_demote = 4;
    constexpr std::size_t at_advbase = 5;
    advert.vhid = bytes[at_vhid];
    advert.advskew = bytes[at_advskew];
    advert.demote = bytes[at_demote];
    advert.advbase = bytes[at_advbase];
    advert.bow_out = advert.advbase == CARP_BOW_OUT && advert.advskew == CARP_BOW_OUT;
    constexpr std::int64_t second = 1000000;
    if (!advert.bow_out)
        advert.interval = microseconds(advert.advbase * second + advert.advskew * second / 256);
    std::copy_n(payload.begin(), carp_header_length, advert.header.begin());
}

/// The sums of VRRP are not looked at: nobody here takes its adverts.
void read_vrrp(Bytes payload, Family family, Advert &advert) {
    if (payload.size() < vrrp_length) {
        advert.flaw = Flaw::badlen;
        return;
    }
    constexpr std::int64_t second = 1000000;
    constexpr std::int64_t hundredth = 10000;
    constexpr std::uint16_t interval_bits = 0x0fff;
    const bool is4 = family == Family::inet;
    const std::size_t width = is4 ? 4 : 16;
    advert.vhid = byte(payload, 1);
    advert.priority = byte(payload, 2);
    advert.bow_out = advert.priority == 0;
    advert.interval = advert.protocol == Protocol::vrrp2
                          ? microseconds(byte(payload, 5) * second)
                          : microseconds((word(payload, 4) & interval_bits) * hundredth);
    if (payload.size() < vrrp_length + vrrp_addresses(payload, width)) {
        advert.flaw = Flaw::badlen;
        return;
    }
    for (std::size_t i = 0; i < byte(payload, 3); ++i) {
        const auto at = payload.subspan(vrrp_length + i * width);
        advert.addresses.push_back(is4 ? address4(at) : address6(at));
    }
}

} // namespace

std::string_view to_string(Protocol protocol) noexcept {
    switch (protocol) {
    case Protocol::carp:
        return "carp";
    case Protocol::vrrp2:
        return "vrrp2";
    case Protocol::vrrp3:
        return "vrrp3";
    case Protocol::other:
        break;
    }
    return "other";
}

std::string_view describe(Protocol protocol) noexcept {
    switch (protocol) {
    case Protocol::carp:
        return "CARP";
    case Protocol::vrrp2:
        return "VRRPv2";
    case Protocol::vrrp3:
        return "VRRPv3";
    case Protocol::other:
        break;
    }
    return "other";
}

std::string_view to_string(Flaw flaw) noexcept {
    switch (flaw) {
    case Flaw::none:
        break;
    case Flaw::fragment:
        return "fragment";
    case Flaw::badttl:
        return "badttl";
    case Flaw::badlen:
        return "badlen";
    case Flaw::badsum:
        return "badsum";
    }
    return "none";
}

std::string_view describe(Flaw flaw) noexcept {
    switch (flaw) {
    case Flaw::none:
        break;
    case Flaw::fragment:
        return "fragmented";
    case Flaw::badttl:
        return "TTL is not 255";
    case Flaw::badlen:
        return "wrong length";
    case Flaw::badsum:
        return "wrong checksum";
    }
    return "nothing wrong";
}

std::string to_string(const MacAddress &mac) {
    std::string text;
    for (const auto part : mac) {
        std::array<char, 3> digits{};
        std::snprintf(digits.data(), digits.size(), "%02x", part);
        text += (text.empty() ? "" : ":") + std::string(digits.data());
    }
    return text;
}

std::optional<Advert> read_advert(Bytes frame) {
    const auto inner = open(frame);
    if (!inner)
        return std::nullopt;
    std::optional<Packet> packet;
    if (inner->type == ether_ip)
        packet = open4(inner->body);
    else if (inner->type == ether_ip6)
        packet = open6(inner->body);
    if (!packet)
        return std::nullopt;

    Advert advert{
        .flaw = packet->flaw,
        .source = packet->source,
        .destination = packet->destination,
        .ttl = packet->ttl,
    };
    for (std::size_t i = 0; i < mac_length; ++i)
        advert.source_mac.at(i) = byte(frame, mac_length + i);
    if (advert.flaw != Flaw::none)
        return advert;
    advert.protocol = protocol_of(packet->payload);
    if (advert.protocol == Protocol::carp)
        read_carp(packet->payload, advert);
    else if (advert.protocol != Protocol::other)
        read_vrrp(packet->payload, packet->source.family(), advert);
    return advert;
}

std::optional<Claim> read_claim(Bytes frame) {
    const auto inner = open(frame);
    constexpr std::size_t arp_length = 28;
    constexpr std::uint32_t ethernet = 1;
    if (!inner || inner->type != ether_arp || inner->body.size() < arp_length)
        return std::nullopt;
    const Bytes arp = inner->body;
    if (word(arp, 0) != ethernet || word(arp, 2) != ether_ip || word(arp, 4) != 0x0604)
        return std::nullopt;
    constexpr std::size_t sender = 8;
    constexpr std::array<std::uint8_t, 5> start{0x00, 0x00, 0x5e, 0x00, 0x01};
    for (std::size_t i = 0; i < start.size(); ++i)
        if (byte(arp, sender + i) != start.at(i))
            return std::nullopt;
    const auto vhid = byte(arp, sender + start.size());
    const auto address = address4(arp.subspan(sender + mac_length));
    // A question of a host that has no address yet claims none.
    if (vhid == 0 || word(arp, sender + mac_length) == 0)
        return std::nullopt;
    return Claim{.vhid = vhid, .address = address};
}

} // namespace carpctl
