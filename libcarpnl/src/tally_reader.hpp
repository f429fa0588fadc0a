// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <carpnl/tally.hpp>

#include <cstddef>
#include <optional>
#include <span>

namespace carpnl::detail {

/// An answer to CARP_CMD_COUNTERS_GET of a device. Nothing if it is cut short or has no counters.
std::optional<Tally> read_tally(std::span<const std::byte> payload);

} // namespace carpnl::detail
