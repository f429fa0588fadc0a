// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Times for people and for programs.
 */
#pragma once

#include <chrono>
#include <string>

namespace carpctl {

/// "2.913 s", "2 min 5 s", "3 h 20 min", "12 d 4 h": two places, no more.
std::string for_people(std::chrono::microseconds duration);
/// RFC 3339 in UTC with milliseconds: "2026-01-01T00:00:03.250Z".
std::string rfc3339(std::chrono::system_clock::time_point time);
/// The local time with its offset: "2026-01-01 00:00:03 +0000".
std::string local_time(std::chrono::system_clock::time_point time);

} // namespace carpctl
