// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * All that a device has counted: its counters, in which ways its state changed, and how near it
 * came to taking over.
 */
#pragma once

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
struct TallyData;
}

/// How often the state changed in one way.
struct ChangeCount {
    State old_state = State::init;
    State state = State::init;
    Reason reason = Reason::none;
    std::uint64_t count = 0;
};

/// How often a BACKUP heard its master when so much time was left until it would have taken over.
struct MarginCount {
    /// At most so much, and more than the class before; nothing: any time above that.
    std::optional<std::chrono::microseconds> upto;
    std::uint64_t count = 0;
};

/// Counted since the device was made or its counters were reset. A cheap value.
class CARPNL_API Tally {
  public:
    const std::string &name() const noexcept;
    std::uint32_t index() const noexcept;
    const Counters &counters() const noexcept;
    /// Without ways in which it never changed. Empty if the kernel does not count them.
    const std::vector<ChangeCount> &changes() const noexcept;
    /// All classes, the shortest times first. Of adverts of two families in one round, one counts.
    /// Empty if the kernel does not count them.
    const std::vector<MarginCount> &margins() const noexcept;
    /// The sum of those times.
    std::chrono::microseconds margin_sum() const noexcept;

    /// @private
    explicit Tally(std::shared_ptr<const detail::TallyData> data) noexcept;

  private:
    std::shared_ptr<const detail::TallyData> data_;
};

} // namespace carpnl
