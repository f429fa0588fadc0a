// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * What travels under IP protocol 112: adverts of CARP and of VRRP, which share number, group and
 * virtual MACs.
 */
#pragma once

#include <carpnl/address.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carpctl {

enum class Protocol : std::uint8_t {
    carp,
    vrrp2,
    vrrp3,
    other, ///< neither, as far as its bytes tell
};

/// What keeps an advert from being taken, judged in the order of the kernel module.
enum class Flaw : std::uint8_t {
    none,
    fragment, ///< a part of a packet: what is in it cannot be known
    badttl,
    badlen,
    badsum,
};

using MacAddress = std::array<std::uint8_t, 6>;

constexpr std::size_t carp_header_length = 36;

/// One advert as it was seen. What its protocol does not have is zero.
struct Advert {
    Protocol protocol = Protocol::other;
    Flaw flaw = Flaw::none;
    MacAddress source_mac{};
    carpnl::Address source;      ///< prefix length 32 or 128
    carpnl::Address destination; ///< likewise
    std::uint8_t ttl = 0;
    std::uint8_t vhid = 0; ///< of VRRP: the virtual router's number
    std::uint8_t advbase = 0;
    std::uint8_t advskew = 0;
    std::uint8_t demote = 0;   ///< OpenBSD's demotion counter
    std::uint8_t priority = 0; ///< of VRRP
    bool bow_out = false;      ///< the sender resigns
    /// How often its sender means to send one; of VRRP with the interval that it tells.
    std::chrono::microseconds interval{};
    /// Of CARP: its header, for whoever checks the digest.
    std::array<std::byte, carp_header_length> header{};
    /// Of VRRP: the addresses that it is about.
    std::vector<carpnl::Address> addresses = {};
};

/// "carp", "vrrp2", "vrrp3", "other": for programs.
std::string_view to_string(Protocol protocol) noexcept;
/// "CARP", "VRRPv2", "VRRPv3", "other": for people.
std::string_view describe(Protocol protocol) noexcept;
/// "none", "fragment", "badttl", "badlen", "badsum"
std::string_view to_string(Flaw flaw) noexcept;
/// In words, as in "wrong checksum".
std::string_view describe(Flaw flaw) noexcept;
/// "00:00:5e:00:01:07"
std::string to_string(const MacAddress &mac);

/**
 * The advert in an Ethernet frame, which may carry one tag of VLAN 0 (a priority and no VLAN).
 * Nothing if it is a frame of any other kind; whatever else is wrong with it is told.
 */
std::optional<Advert> read_advert(std::span<const std::byte> frame);

/// An address of which somebody says by ARP that it is at a virtual MAC.
struct Claim {
    std::uint8_t vhid;
    carpnl::Address address; ///< prefix length 32
};

/// The claim in an ARP frame, if its sender is a virtual MAC.
std::optional<Claim> read_claim(std::span<const std::byte> frame);

} // namespace carpctl
