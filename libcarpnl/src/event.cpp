// SPDX-License-Identifier: LGPL-2.1-or-later
#include <carpnl/event.hpp>

#include "event_data.hpp"

#include <utility>

namespace carpnl {
namespace {

constexpr std::array<std::string_view, 4> kinds{"transition", "demotion", "refused", "resync"};
constexpr std::array<std::string_view, 6> resyncs{"start",   "asked",    "gap",
                                                  "overrun", "reloaded", "unloaded"};

static_assert(static_cast<std::size_t>(EventKind::resync) == kinds.size() - 1);
static_assert(static_cast<std::size_t>(ResyncReason::unloaded) == resyncs.size() - 1);

template <class Enum, std::size_t N>
std::string_view name_in(const std::array<std::string_view, N> &names, Enum value) noexcept {
    const auto index = static_cast<std::size_t>(value);
    return index < N ? names[index] : std::string_view("unknown");
}

} // namespace

std::string_view to_string(EventKind kind) noexcept { return name_in(kinds, kind); }
std::string_view to_string(ResyncReason reason) noexcept { return name_in(resyncs, reason); }

Transition::Transition(std::shared_ptr<const detail::TransitionData> data) noexcept
    : data_(std::move(data)) {}

std::uint64_t Transition::sequence() const noexcept { return data_->sequence; }
State Transition::old_state() const noexcept { return data_->old_state; }
State Transition::state() const noexcept { return data_->state; }
Reason Transition::reason() const noexcept { return data_->reason; }
std::chrono::milliseconds Transition::age() const noexcept { return data_->age; }
std::optional<Address> Transition::peer() const { return data_->peer; }

Device::Device(std::shared_ptr<const detail::DeviceData> data) noexcept : data_(std::move(data)) {}

const std::string &Device::name() const noexcept { return data_->name; }
std::uint32_t Device::index() const noexcept { return data_->index; }
std::optional<std::uint32_t> Device::vhid() const noexcept { return data_->vhid; }
std::optional<std::uint32_t> Device::parent_index() const noexcept { return data_->parent_index; }
State Device::state() const noexcept { return data_->state; }
Reason Device::reason() const noexcept { return data_->reason; }
std::chrono::milliseconds Device::age() const noexcept { return data_->age; }
std::uint64_t Device::transitions() const noexcept { return data_->transitions; }
const std::vector<Transition> &Device::history() const noexcept { return data_->history; }
std::uint32_t Device::demotion() const noexcept { return data_->demotion; }
std::optional<bool> Device::drained() const noexcept { return data_->drained; }
std::uint64_t Device::sequence() const noexcept { return data_->sequence; }
const BootId &Device::boot_id() const noexcept { return data_->boot_id; }

Event::Event(std::shared_ptr<const detail::EventData> data) noexcept : data_(std::move(data)) {}

EventKind Event::kind() const noexcept { return data_->kind; }
std::uint64_t Event::sequence() const noexcept { return data_->sequence; }
const BootId &Event::boot_id() const noexcept { return data_->boot_id; }
std::optional<std::uint32_t> Event::index() const noexcept { return data_->index; }
const std::string &Event::name() const noexcept { return data_->name; }
std::optional<std::uint32_t> Event::vhid() const noexcept { return data_->vhid; }
std::optional<std::uint32_t> Event::parent_index() const noexcept { return data_->parent_index; }
std::optional<State> Event::old_state() const noexcept { return data_->old_state; }
std::optional<State> Event::state() const noexcept { return data_->state; }
std::optional<Reason> Event::reason() const noexcept { return data_->reason; }
std::optional<std::chrono::milliseconds> Event::age() const noexcept { return data_->age; }
std::uint64_t Event::transitions() const noexcept { return data_->transitions; }
std::optional<Address> Event::peer() const { return data_->peer; }
std::optional<Cause> Event::cause() const { return data_->cause; }
std::optional<Counter> Event::counter() const noexcept { return data_->counter; }
std::uint32_t Event::missed() const noexcept { return data_->missed; }
std::optional<ResyncReason> Event::resync_reason() const noexcept { return data_->resync_reason; }
const std::vector<Device> &Event::devices() const noexcept { return data_->devices; }

} // namespace carpnl
