// SPDX-License-Identifier: GPL-2.0-only
/// A frame that was seen on a wire: when, from which host, and what it says.
#pragma once

#include "address.hpp"
#include "carp_packet.hpp"
#include "time.hpp"

#include <functional>
#include <optional>
#include <string>

namespace e2e {

struct Arp {
    std::uint16_t operation = 0; ///< 1 request, 2 reply
    Mac sender_mac;
    Address sender;
    Mac target_mac;
    Address target;

    /// Announces itself instead of asking.
    [[nodiscard]] bool gratuitous() const { return sender == target; }
};

struct Ip {
    Address source;
    Address destination;
    std::uint8_t protocol = 0;
    std::uint8_t ttl = 0;
    std::uint8_t tos = 0;
    std::uint16_t id = 0;
    std::uint16_t fragment = 0; ///< IPv4: flags and offset
    View payload;               ///< as much of it as was captured
};

/// A neighbour solicitation or advertisement.
struct Neighbour {
    std::uint8_t type = 0; ///< 135 solicitation, 136 advertisement
    std::uint8_t flags = 0;
    Address source;
    Address target;
    std::optional<Mac> link_address;

    [[nodiscard]] bool advertisement() const { return type == 136; }
};

class Frame {
  public:
    Frame(Instant time, std::string host, Bytes bytes, std::size_t length);

    [[nodiscard]] Instant time() const { return time_; }
    /// The host that sent it.
    [[nodiscard]] const std::string &host() const { return host_; }
    /// As much of it as was captured.
    [[nodiscard]] const Bytes &bytes() const { return bytes_; }
    /// Its length on the wire.
    [[nodiscard]] std::size_t length() const { return length_; }

    [[nodiscard]] Mac source() const;
    [[nodiscard]] Mac destination() const;
    /// Of the packet, behind any VLAN tag that the frame itself still has.
    [[nodiscard]] std::uint16_t type() const;
    [[nodiscard]] std::optional<Arp> arp() const;
    [[nodiscard]] std::optional<Ip> ip() const;
    [[nodiscard]] std::optional<Neighbour> neighbour() const;
    [[nodiscard]] std::optional<CarpHeader> advert() const;
    [[nodiscard]] bool advert_of(unsigned vhid) const;
    /// The type of an ICMP (8 request, 0 reply) or ICMPv6 (128, 129) message.
    [[nodiscard]] std::optional<std::uint8_t> icmp_type() const;

    /// The vhid whose virtual MAC this frame claims to come from, as Ethernet
    /// source or as the sender in ARP or neighbour discovery; 0 if none.
    [[nodiscard]] unsigned claims_vhid() const;

    /// One line for a human.
    [[nodiscard]] std::string text() const;

  private:
    [[nodiscard]] View after(std::size_t offset) const;
    [[nodiscard]] View body() const;
    [[nodiscard]] std::size_t type_offset() const;

    Instant time_;
    std::string host_;
    Bytes bytes_;
    std::size_t length_;
};

using FramePredicate = std::function<bool(const Frame &)>;

} // namespace e2e
