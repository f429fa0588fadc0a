// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * What a carp device is at this moment.
 */
#pragma once

#include <carpnl/address.hpp>
#include <carpnl/counters.hpp>
#include <carpnl/export.hpp>
#include <carpnl/types.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carpnl {

namespace detail {
struct StatusData;
}

/// The last advert that a device did not accept.
struct RefusedAdvert {
    Counter why;                        ///< the counter that it raised
    std::optional<std::uint64_t> count; ///< how many were refused for that reason so far
    std::chrono::milliseconds age;      ///< how long ago
    std::optional<Address> source;      ///< who sent it (prefix length 32 or 128)
};

/**
 * A snapshot of one device: its settings and what the kernel makes of them. A cheap value.
 *
 * std::nullopt means: not set, not known, or not so in this state.
 */
class CARPNL_API Status {
  public:
    const std::string &name() const noexcept;
    std::uint32_t index() const noexcept;
    /// Set up by the administrator.
    bool up() const noexcept;
    /// The virtual MAC, 00:00:5e:00:01:VHID; empty if the kernel tells none.
    const std::string &mac() const noexcept;
    std::optional<std::uint32_t> mtu() const noexcept;

    std::optional<std::uint32_t> parent_index() const noexcept;
    std::optional<std::string> parent_name() const;
    /// Whether the parent is set up.
    std::optional<bool> parent_up() const noexcept;
    /// Whether the parent has carrier.
    std::optional<bool> parent_carrier() const noexcept;

    std::optional<std::uint32_t> vhid() const noexcept;
    std::uint32_t advbase() const noexcept;
    std::uint32_t advskew() const noexcept;
    /// What is advertised: advskew plus demotion, at most 254.
    std::uint32_t advskew_effective() const noexcept;
    /// 0..240
    std::uint32_t demotion() const noexcept;
    /// The time between two adverts of this host as MASTER, demotion included.
    std::chrono::microseconds interval() const noexcept;
    bool key_set() const noexcept;
    /// Whether a second key is accepted, see Config::key_next().
    bool next_key_set() const noexcept;
    /// How long a key that is replaced from now on is still accepted; 0: not at all.
    std::optional<std::chrono::seconds> grace() const noexcept;
    Preempt preempt() const noexcept;
    /// How long a BACKUP waits before it preempts.
    std::optional<std::chrono::milliseconds> preempt_delay() const noexcept;
    /// How long nothing is taken over after the parent's link came up.
    std::optional<std::chrono::milliseconds> start_hold() const noexcept;
    /// How often a new MASTER announces its addresses, the first time included.
    std::uint32_t announce_count() const noexcept;
    /// The time between these; 0: with every second advert.
    std::chrono::milliseconds announce_interval() const noexcept;
    /// The time after which a MASTER announces them again; 0: never.
    std::chrono::seconds announce_refresh() const noexcept;
    /// Where adverts go instead of to the multicast group, IPv4 first (prefix lengths 32 and 128).
    const std::vector<Address> &peers() const noexcept;

    State state() const noexcept;
    Reason reason() const noexcept;
    /// How long ago the state changed last, time in suspend included.
    std::optional<std::chrono::milliseconds> last_change_age() const noexcept;
    /// BACKUP: the time left until this host takes over, unless an advert comes.
    std::optional<std::chrono::microseconds> master_down_in() const noexcept;
    /// BACKUP: the time left until a delayed preemption.
    std::optional<std::chrono::microseconds> preempt_in() const noexcept;
    /// The time left of the start hold.
    std::optional<std::chrono::milliseconds> hold_left() const noexcept;
    std::uint64_t transitions() const noexcept;
    /// The number of the event that reported the last of them.
    std::optional<std::uint64_t> sequence() const noexcept;
    /// What the last accepted advert was made with; nothing if none was heard, as a MASTER.
    std::optional<Match> heard_as() const noexcept;
    /// Whether this host is drained: it takes over from a dead MASTER alone.
    std::optional<bool> drained() const noexcept;
    /// Source of the last accepted advert (prefix length 32).
    std::optional<Address> master_address4() const;
    /// Likewise over IPv6 (prefix length 128).
    std::optional<Address> master_address6() const;
    std::optional<RefusedAdvert> refused() const;

    /// Those of the device, in the kernel's order.
    const std::vector<Address> &addresses() const noexcept;
    std::optional<Counters> counters() const;

    /// @private
    explicit Status(std::shared_ptr<const detail::StatusData> data) noexcept;

  private:
    std::shared_ptr<const detail::StatusData> data_;
};

} // namespace carpnl
