// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <linux/carp.h>

#include <array>
#include <cstdint>
#include <optional>

namespace carpnl::detail {

/// By CARP_XSTATS_*.
struct CountersData {
    std::array<std::optional<std::uint64_t>, CARP_XSTATS_MAX + 1> values;
};

} // namespace carpnl::detail
