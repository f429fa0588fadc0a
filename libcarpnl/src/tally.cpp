// SPDX-License-Identifier: LGPL-2.1-or-later
#include <carpnl/tally.hpp>

#include "tally_data.hpp"

#include <utility>

namespace carpnl {

Tally::Tally(std::shared_ptr<const detail::TallyData> data) noexcept : data_(std::move(data)) {}

const std::string &Tally::name() const noexcept { return data_->name; }
std::uint32_t Tally::index() const noexcept { return data_->index; }
const Counters &Tally::counters() const noexcept { return data_->counters; }
const std::vector<ChangeCount> &Tally::changes() const noexcept { return data_->changes; }
const std::vector<MarginCount> &Tally::margins() const noexcept { return data_->margins; }
std::chrono::microseconds Tally::margin_sum() const noexcept { return data_->margin_sum; }

} // namespace carpnl
