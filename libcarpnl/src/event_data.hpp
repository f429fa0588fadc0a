// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <carpnl/event.hpp>

#include <string>
#include <vector>

namespace carpnl::detail {

/// What Cause shows.
struct CauseData {
    std::string name;
    std::uint32_t value = 0;
    Scope scope = Scope::net;
    Owner owner = Owner::user;
    std::uint32_t flags = 0; ///< CARP_CAUSE_F_*
    std::optional<std::uint32_t> group;
    std::optional<std::uint32_t> device_index;
    std::string device_name;
    std::optional<std::chrono::milliseconds> age;
};

/// What Transition shows.
struct TransitionData {
    std::uint64_t sequence = 0;
    State old_state = State::init;
    State state = State::init;
    Reason reason = Reason::none;
    std::chrono::milliseconds age{};
    std::optional<Address> peer;
};

/// What Device shows.
struct DeviceData {
    std::string name;
    std::uint32_t index = 0;
    std::optional<std::uint32_t> vhid;
    std::optional<std::uint32_t> parent_index;
    State state = State::init;
    Reason reason = Reason::none;
    std::chrono::milliseconds age{};
    std::uint64_t transitions = 0;
    std::vector<Transition> history;
    std::uint32_t demotion = 0;
    std::optional<bool> drained;
    std::uint64_t sequence = 0;
    BootId boot_id{};
};

/// What Event shows.
struct EventData {
    EventKind kind = EventKind::transition;
    std::uint64_t sequence = 0;
    BootId boot_id{};

    std::optional<std::uint32_t> index;
    std::string name;
    std::optional<std::uint32_t> vhid;
    std::optional<std::uint32_t> parent_index;

    std::optional<State> old_state;
    std::optional<State> state;
    std::optional<Reason> reason;
    std::optional<std::chrono::milliseconds> age;
    std::uint64_t transitions = 0;
    std::optional<Address> peer;

    std::optional<Cause> cause;

    std::optional<Counter> counter;
    std::uint32_t missed = 0;

    std::optional<ResyncReason> resync_reason;
    std::vector<Device> devices;
};

} // namespace carpnl::detail
