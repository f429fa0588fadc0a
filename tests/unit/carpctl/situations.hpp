// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Devices in the situations that the tool has to explain.
 */
#pragma once

#include "environment.hpp"
#include "status_data.hpp"

#include <carpnl/status.hpp>

#include <functional>
#include <memory>

namespace carptest {

using carpnl::Status;
using carpnl::detail::StatusData;

/// 2026-01-01T00:05:00Z, whatever the day is.
inline constexpr std::chrono::system_clock::time_point now{std::chrono::seconds(1767225900)};
inline constexpr carpctl::Sysctls defaults{.allow = true, .preempt = false};

/// vhid 1 on eth0, key set, one address, up, BACKUP to 192.168.1.3; then changed by @p change.
inline Status device(const std::function<void(StatusData &)> &change) {
    using namespace std::chrono_literals;
    auto data = std::make_shared<StatusData>();
    data->name = "carp0";
    data->index = 7;
    data->up = true;
    data->mac = "00:00:5e:00:01:01";
    data->mtu = 1500;
    data->parent_index = 2;
    data->parent_name = "eth0";
    data->parent_up = true;
    data->parent_carrier = true;
    data->vhid = 1;
    data->advskew = 100;
    data->key_set = true;
    data->state = carpnl::State::backup;
    data->reason = carpnl::Reason::better_master;
    data->last_change_age = 125s;
    data->master_down_in = 2913ms;
    data->transitions = 3;
    data->master_address4 = carpnl::Address::parse("192.168.1.3/32");
    data->addresses = {carpnl::Address::parse("192.168.1.50/24"),
                       carpnl::Address::parse("2001:db8::50/64")};
    change(*data);
    return Status(data);
}

inline Status backup() {
    return device([](StatusData &) {});
}

inline Status master() {
    return device([](StatusData &data) {
        data.state = carpnl::State::master;
        data.reason = carpnl::Reason::master_timeout;
        data.advskew = 0;
        data.master_down_in.reset();
        data.master_address4.reset();
    });
}

/// As `carpctl create carp0` leaves it.
inline Status bare() {
    return device([](StatusData &data) {
        data = StatusData();
        data.name = "carp0";
        data.index = 7;
        data.mac = "00:00:5e:00:01:00";
        data.reason = carpnl::Reason::down;
        data.last_change_age = std::chrono::seconds(9);
    });
}

inline Status with_refused(carpnl::State state, std::chrono::milliseconds age) {
    return device([=](StatusData &data) {
        data.state = state;
        if (state == carpnl::State::master) {
            data.master_down_in.reset();
            data.master_address4.reset();
            data.reason = carpnl::Reason::master_timeout;
        }
        auto counters = std::make_shared<carpnl::detail::CountersData>();
        for (std::size_t i = CARP_XSTATS_RX4; i < counters->values.size(); ++i)
            counters->values.at(i) = i;
        data.counters = carpnl::Counters(std::move(counters));
        data.refused = carpnl::RefusedAdvert{
            .why = carpnl::Counter::badauth,
            .count = 17,
            .age = age,
            .source = carpnl::Address::parse("192.168.1.4/32"),
        };
    });
}

} // namespace carptest
