// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Events, histories and causes as people and programs read them.
 */
#pragma once

#include <carpnl/event.hpp>

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace carpctl {

using TimePoint = std::chrono::system_clock::time_point;

/// One line without its end. Of a resync's devices only that of name @p only is told; empty: all.
std::string describe(const carpnl::Event &event, TimePoint now, std::string_view only);
/// "2026-01-01T00:00:03.250Z BACKUP -> MASTER: no advert for the master-down time, 192.168.1.3"
std::string describe(const carpnl::Transition &transition, TimePoint now);
/// "maintenance: 240 for every device, drains, set by a user, for 5.000 s"
std::string describe(const carpnl::Cause &cause);

/// Documentation/schema/carpctl-monitor.schema.json, -history and -causes. Every member is always
/// there, null where it is not so.
nlohmann::ordered_json to_json(const carpnl::Event &event, TimePoint now, std::string_view only);
nlohmann::ordered_json to_json(const carpnl::Transition &transition, TimePoint now);
nlohmann::ordered_json to_json(const carpnl::Cause &cause);

} // namespace carpctl
