// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <carpnl/tally.hpp>

namespace carpnl::detail {

/// What Tally shows.
struct TallyData {
    std::string name;
    std::uint32_t index = 0;
    Counters counters;
    std::vector<ChangeCount> changes;
    std::vector<MarginCount> margins;
    std::chrono::microseconds margin_sum{};
};

} // namespace carpnl::detail
