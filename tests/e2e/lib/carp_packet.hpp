// SPDX-License-Identifier: GPL-2.0-only
/// CARP on the wire, written from the protocol's description and not from the
/// module's sources, so that a mistake there is not repeated here.
#pragma once

#include "address.hpp"
#include "rtnl.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace e2e {

constexpr std::uint8_t carp_protocol = 112;
constexpr std::size_t carp_length = 36;

using Counter = std::array<std::uint8_t, 8>;
using Digest = std::array<std::uint8_t, 20>;

/// HMAC-SHA1 as CARP computes it over version, type, vhid, the sorted address
/// list and the counter.
Digest carp_digest(const std::string &key, unsigned vhid, std::vector<Address> addresses,
                   const Counter &counter);

/// The ordinary Internet checksum.
std::uint16_t internet_checksum(View bytes);

/// The 36 bytes of a CARP advert.
struct CarpHeader {
    std::uint8_t version = 2;
    std::uint8_t type = 1;
    std::uint8_t vhid = 1;
    std::uint8_t advskew = 0;
    std::uint8_t authlen = 7;
    std::uint8_t demote = 0;
    std::uint8_t advbase = 1;
    std::uint16_t checksum = 0;
    Counter counter{};
    Digest digest{};

    /// Empty if `bytes` are too few or no version 2 advert (VRRPv2 looks alike
    /// up to the length of its authentication data).
    static std::optional<CarpHeader> parse(View bytes);

    [[nodiscard]] bool bow_out() const { return advbase == 255 && advskew == 255; }
    /// Interval between adverts; the smaller one wins an election.
    [[nodiscard]] std::uint32_t priority() const { return advbase * 256U + advskew; }
    [[nodiscard]] std::string text() const;

    /// Fills in the digest, then the checksum.
    void sign(const std::string &key, const std::vector<Address> &addresses);
    void fix_checksum();
    [[nodiscard]] Bytes bytes() const;
};

/// An advert as a whole Ethernet frame; every field can be made wrong.
struct AdvertFrame {
    CarpHeader carp;
    Mac source_mac;
    Address source;
    std::optional<Mac> destination_mac;
    std::optional<Address> destination;
    std::uint8_t ttl = 255;
    std::uint8_t tos = 0x10;
    std::uint16_t id = 0x1234;
    std::uint16_t fragment = 0x4000; ///< flags and offset: do not fragment
    std::uint8_t protocol = carp_protocol;
    std::size_t cut = 0;                      ///< bytes of CARP left out at the end
    std::size_t cut_frame = 0;                ///< bytes missing although the IP length counts them
    std::optional<Bytes> payload = {};        ///< instead of the CARP header
    bool fragment_header = false;             ///< IPv6: a fragment header in front
    std::optional<std::uint16_t> length = {}; ///< IPv4 total or IPv6 payload length

    [[nodiscard]] Bytes bytes() const;
};

/// A correct advert of `vhid` from the host that has `source`.
AdvertFrame make_advert(unsigned vhid, const Address &source, unsigned advbase, unsigned advskew,
                        const std::string &key, const std::vector<Address> &addresses);

} // namespace e2e
