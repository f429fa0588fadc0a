// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Devices as people read them.
 */
#pragma once

#include "environment.hpp"

#include <carpnl/status.hpp>

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace carpctl {

struct ShowOptions {
    /// Counters as well.
    bool statistics = false;
    /// JSON on several lines.
    bool pretty = false;
};

/// A heading, then one line a fact, then why it is so.
void show(std::ostream &out, const carpnl::Status &status, const Sysctls &sysctls,
          std::chrono::system_clock::time_point now, ShowOptions options, bool colour);

/// A heading, then one line a counter: its value and what it counts.
void show_counters(std::ostream &out, std::string_view name,
                   const std::optional<carpnl::Counters> &counters);

/// "MASTER", in colour if wanted.
std::string state_word(carpnl::State state, bool colour);

} // namespace carpctl
