// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * What a carp device has counted since it was made.
 */
#pragma once

#include <carpnl/export.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace carpnl {

namespace detail {
struct CountersData;
}

/// Which counter. The values are those of CARP_XSTATS_* in linux/carp.h. The kernel also names with
/// them why an advert was refused. The parent_ ones are shared by all devices of a parent: those
/// adverts were refused before it was known whose they are.
enum class Counter : std::uint32_t {
    rx4 = 2,                 ///< valid IPv4 adverts
    rx6 = 3,                 ///< valid IPv6 adverts
    tx4 = 4,                 ///< IPv4 adverts sent
    tx6 = 5,                 ///< IPv6 adverts sent
    tx_errors = 6,           ///< adverts that the parent did not take
    badver = 7,              ///< advert: wrong version
    badauth = 8,             ///< advert: wrong digest
    loop = 9,                ///< advert: our own echo
    init = 10,               ///< advert: valid vhid, but the device was in INIT
    wrong_state_rx = 11,     ///< frame to the virtual MAC while not MASTER
    wrong_state_tx = 12,     ///< frame to send while not MASTER
    arp_replies = 13,        ///< ARP requests answered
    nd_replies = 14,         ///< neighbour solicitations answered
    announces = 15,          ///< gratuitous ARP and unsolicited neighbour adverts sent
    conflicts = 16,          ///< another MAC claimed one of the addresses
    parent_badttl = 17,      ///< advert: TTL or hop limit is not 255
    parent_badlen = 18,      ///< advert: wrong length
    parent_badsum = 19,      ///< advert: wrong checksum
    parent_badvhid = 20,     ///< advert: no device of this vhid
    parent_fragment = 21,    ///< advert: fragmented
    parent_not_allowed = 22, ///< advert: net.inet.carp.allow was 0
    not_peer = 23,           ///< unicast advert: its source is not a peer
    reply_errors = 24,       ///< answers and announcements that the parent did not take
    nomem = 25,              ///< received frames dropped for want of memory
};

/// Every counter that this library knows, in the order of their values.
CARPNL_API std::span<const Counter> all_counters() noexcept;
/// The enumerator's name, as in "parent_badttl"; "unknown" for a newer kernel's.
CARPNL_API std::string_view to_string(Counter counter) noexcept;
/// What it counts, as in "adverts with a wrong digest".
CARPNL_API std::string_view describe(Counter counter) noexcept;

/// A snapshot of all counters of one device. A cheap value.
class CARPNL_API Counters {
  public:
    /// Nothing if the kernel does not count it.
    std::optional<std::uint64_t> get(Counter counter) const noexcept;

    /// @private
    explicit Counters(std::shared_ptr<const detail::CountersData> data) noexcept;

  private:
    std::shared_ptr<const detail::CountersData> data_;
};

} // namespace carpnl
