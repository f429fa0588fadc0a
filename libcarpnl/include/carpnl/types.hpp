// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * The small words of CARP: states, reasons, preemption.
 *
 * The values are those of the kernel's contract, linux/carp.h, and never change. A newer kernel may
 * know more of them; to_string() calls those "unknown".
 */
#pragma once

#include <carpnl/export.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace carpnl {

/// What a carp device is in its group.
enum class State : std::uint32_t {
    init = 0,   ///< takes no part: down, or something that it needs is missing
    backup = 1, ///< listens; its addresses are not local to this host
    master = 2, ///< owns the addresses and advertises
};

/// Whether a BACKUP takes over from a MASTER that advertises less often.
enum class Preempt : std::uint32_t {
    inherit = 0, ///< as the sysctl net.inet.carp.preempt of the network namespace says
    off = 1,
    on = 2,
};

/// Why the last change of state happened.
enum class Reason : std::uint32_t {
    none = 0,           ///< no change yet
    ready = 1,          ///< everything needed to take part is there
    master_timeout = 2, ///< no advert for the master-down time
    preempt = 3,        ///< preempting a slower master
    slow_master = 4,    ///< the master's interval exceeds our master-down time
    bow_out = 5,        ///< the master resigned
    better_master = 6,  ///< a more frequent advert was received
    tie = 7,            ///< an equal advert was received and this host yields
    forced = 8,         ///< asked for by the administrator
    down = 9,           ///< the device was set down or is going away
    parent_down = 10,   ///< the parent is down or has no carrier
    no_parent = 11,
    no_vhid = 12,
    no_address = 13,  ///< no address that counts
    not_allowed = 14, ///< net.inet.carp.allow is 0
    stopped = 15,     ///< this host itself was stopped (suspend, pause of a virtual machine)
    drained = 16,     ///< the administrator drains this host
};

/// What the digest of an advert was made with.
enum class Match : std::uint32_t {
    none = 0,      ///< nothing that this host knows
    present = 1,   ///< its key and its address list
    nov6ll = 2,    ///< the same, without link-local IPv6 addresses
    key_next = 3,  ///< its next key
    old_list = 4,  ///< an address list that it had before
    old_key = 5,   ///< a key that it had before
    key_cut = 6,   ///< the first 19 bytes of its key; never accepted
    addr_less = 7, ///< its list without one address; never accepted
    addr_more = 8, ///< its list and one more address; never accepted
};

/// "init", "backup", "master"
CARPNL_API std::string_view to_string(State state) noexcept;
/// "inherit", "off", "on"
CARPNL_API std::string_view to_string(Preempt preempt) noexcept;
/// The enumerator's name, as in "master_timeout": for programs.
CARPNL_API std::string_view to_string(Reason reason) noexcept;
/// The same in words, as in "no advert for the master-down time": for people.
CARPNL_API std::string_view describe(Reason reason) noexcept;

/// The enumerator's name, as in "old_key": for programs.
CARPNL_API std::string_view to_string(Match match) noexcept;
/// The same in words, as in "a key that this host had before": for people.
CARPNL_API std::string_view describe(Match match) noexcept;

/// The State of that name, nothing for any other word.
CARPNL_API std::optional<State> state_from_string(std::string_view word) noexcept;
/// The Preempt of that name, nothing for any other word.
CARPNL_API std::optional<Preempt> preempt_from_string(std::string_view word) noexcept;

} // namespace carpnl
