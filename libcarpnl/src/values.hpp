// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * Values that messages of both families hold.
 */
#pragma once

#include "attributes.hpp"

#include <carpnl/address.hpp>
#include <carpnl/counters.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

namespace carpnl::detail {

/// Times are unsigned in the kernel's messages and signed in C++.
template <class Duration> Duration time_of(std::uint64_t count) {
    constexpr auto most =
        static_cast<std::uint64_t>(std::numeric_limits<typename Duration::rep>::max());
    return Duration(static_cast<typename Duration::rep>(std::min(count, most)));
}

/// The address in an attribute; nothing if there is none, or it is all zero.
std::optional<Address> host(Family family, const Attributes &attributes, std::uint16_t type);

/// By CARP_XSTATS_*; nothing if there is not one.
std::optional<Counters> read_counters(const Attributes &attributes);

} // namespace carpnl::detail
