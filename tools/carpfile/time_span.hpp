// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Lengths of time as systemd writes them.
 */
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace carpctl {

/// "500ms", "1s", "2min 30s", "1.5" (seconds); nothing for what is none, or longer than a century.
std::optional<std::chrono::microseconds> parse_time_span(std::string_view text) noexcept;

/// "500ms", "2s": what parse_time_span() reads as the same.
std::string to_time_span(std::chrono::milliseconds span);

} // namespace carpctl
