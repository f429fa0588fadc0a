// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <carpnl/status.hpp>

#include "counters_data.hpp"

namespace carpnl::detail {

/// What Status shows.
struct StatusData {
    std::string name;
    std::uint32_t index = 0;
    bool up = false;
    std::string mac;
    std::optional<std::uint32_t> mtu;

    std::optional<std::uint32_t> parent_index;
    std::optional<std::string> parent_name;
    std::optional<bool> parent_up;
    std::optional<bool> parent_carrier;

    std::optional<std::uint32_t> vhid;
    std::uint32_t advbase = CARP_ADVBASE_DEFAULT;
    std::uint32_t advskew = CARP_ADVSKEW_DEFAULT;
    std::optional<std::uint32_t> advskew_effective;
    std::uint32_t demotion = 0;
    bool key_set = false;
    bool next_key_set = false;
    std::optional<std::uint32_t> grace;
    Preempt preempt = Preempt::inherit;
    std::optional<std::uint32_t> preempt_delay;
    std::optional<std::uint32_t> start_hold;
    std::uint32_t announce_count = CARP_ANNOUNCE_COUNT_DEFAULT;
    std::uint32_t announce_interval = 0;
    std::uint32_t announce_refresh = 0;
    std::vector<Address> peers;

    State state = State::init;
    Reason reason = Reason::none;
    std::optional<std::chrono::milliseconds> last_change_age;
    std::optional<std::chrono::microseconds> master_down_in;
    std::optional<std::chrono::microseconds> preempt_in;
    std::optional<std::chrono::milliseconds> hold_left;
    std::uint64_t transitions = 0;
    std::optional<std::uint64_t> sequence;
    std::optional<Match> heard_as;
    std::optional<bool> drained;
    std::optional<Address> master_address4;
    std::optional<Address> master_address6;
    std::optional<RefusedAdvert> refused;

    std::vector<Address> addresses;
    std::optional<Counters> counters;
};

} // namespace carpnl::detail
