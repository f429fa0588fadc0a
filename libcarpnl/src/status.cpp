// SPDX-License-Identifier: LGPL-2.1-or-later
#include <carpnl/status.hpp>

#include "status_data.hpp"

#include <algorithm>
#include <utility>

namespace carpnl {
namespace {

template <class Duration>
std::optional<Duration> duration(const std::optional<std::uint32_t> &count) noexcept {
    return count ? std::optional(Duration(*count)) : std::nullopt;
}

} // namespace

Status::Status(std::shared_ptr<const detail::StatusData> data) noexcept : data_(std::move(data)) {}

const std::string &Status::name() const noexcept { return data_->name; }
std::uint32_t Status::index() const noexcept { return data_->index; }
bool Status::up() const noexcept { return data_->up; }
const std::string &Status::mac() const noexcept { return data_->mac; }
std::optional<std::uint32_t> Status::mtu() const noexcept { return data_->mtu; }

std::optional<std::uint32_t> Status::parent_index() const noexcept { return data_->parent_index; }
std::optional<std::string> Status::parent_name() const { return data_->parent_name; }
std::optional<bool> Status::parent_up() const noexcept { return data_->parent_up; }
std::optional<bool> Status::parent_carrier() const noexcept { return data_->parent_carrier; }

std::optional<std::uint32_t> Status::vhid() const noexcept { return data_->vhid; }
std::uint32_t Status::advbase() const noexcept { return data_->advbase; }
std::uint32_t Status::advskew() const noexcept { return data_->advskew; }
std::uint32_t Status::advskew_effective() const noexcept {
    return data_->advskew_effective.value_or(data_->advskew);
}
std::uint32_t Status::demotion() const noexcept { return data_->demotion; }

std::chrono::microseconds Status::interval() const noexcept {
    // advbase 0 leaves advskew alone to set the pace, and a pace of 0 is none: 1/256 s at least.
    const std::uint64_t skew =
        advbase() == 0 ? std::max(advskew_effective(), std::uint32_t{1}) : advskew_effective();
    return std::chrono::microseconds(std::uint64_t{advbase()} * 1000000 + skew * 1000000 / 256);
}

bool Status::key_set() const noexcept { return data_->key_set; }
bool Status::next_key_set() const noexcept { return data_->next_key_set; }
std::optional<std::chrono::seconds> Status::grace() const noexcept {
    return duration<std::chrono::seconds>(data_->grace);
}
Preempt Status::preempt() const noexcept { return data_->preempt; }
std::optional<std::chrono::milliseconds> Status::preempt_delay() const noexcept {
    return duration<std::chrono::milliseconds>(data_->preempt_delay);
}
std::optional<std::chrono::milliseconds> Status::start_hold() const noexcept {
    return duration<std::chrono::milliseconds>(data_->start_hold);
}
std::uint32_t Status::announce_count() const noexcept { return data_->announce_count; }
std::chrono::milliseconds Status::announce_interval() const noexcept {
    return std::chrono::milliseconds(data_->announce_interval);
}
std::chrono::seconds Status::announce_refresh() const noexcept {
    return std::chrono::seconds(data_->announce_refresh);
}
const std::vector<Address> &Status::peers() const noexcept { return data_->peers; }

State Status::state() const noexcept { return data_->state; }
Reason Status::reason() const noexcept { return data_->reason; }
std::optional<std::chrono::milliseconds> Status::last_change_age() const noexcept {
    return data_->last_change_age;
}
std::optional<std::chrono::microseconds> Status::master_down_in() const noexcept {
    return data_->master_down_in;
}
std::optional<std::chrono::microseconds> Status::preempt_in() const noexcept {
    return data_->preempt_in;
}
std::optional<std::chrono::milliseconds> Status::hold_left() const noexcept {
    return data_->hold_left;
}
std::uint64_t Status::transitions() const noexcept { return data_->transitions; }
std::optional<std::uint64_t> Status::sequence() const noexcept { return data_->sequence; }
std::optional<Match> Status::heard_as() const noexcept { return data_->heard_as; }
std::optional<bool> Status::drained() const noexcept { return data_->drained; }
std::optional<Address> Status::master_address4() const { return data_->master_address4; }
std::optional<Address> Status::master_address6() const { return data_->master_address6; }
std::optional<RefusedAdvert> Status::refused() const { return data_->refused; }

const std::vector<Address> &Status::addresses() const noexcept { return data_->addresses; }
std::optional<Counters> Status::counters() const { return data_->counters; }

} // namespace carpnl
