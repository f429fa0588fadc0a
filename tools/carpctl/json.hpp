// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Devices as programs read them: Documentation/schema/carpctl-show.schema.json.
 */
#pragma once

#include "show.hpp"

#include <carpnl/status.hpp>

#include <nlohmann/json.hpp>

#include <span>

namespace carpctl {

/// Every member is always there, null where it is not set, not known or not so in this state.
/// "counters" alone is there only if asked for.
nlohmann::ordered_json to_json(const carpnl::Status &status, const Sysctls &sysctls,
                               std::chrono::system_clock::time_point now, ShowOptions options);

/// Every counter that the kernel has; null for one that it has not.
nlohmann::ordered_json to_json(const carpnl::Counters &counters);

/// The device's name and its counters.
nlohmann::ordered_json counters_to_json(const carpnl::Status &status);

void print_json(std::ostream &out, const nlohmann::ordered_json &json, ShowOptions options);

} // namespace carpctl
