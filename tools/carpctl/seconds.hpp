// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Lengths of time on the command line.
 */
#pragma once

#include "arguments.hpp"

#include <chrono>
#include <string_view>

namespace carpctl {

/// The next word, a number of seconds, 0 and fractions included. @p option is what it belongs to.
/// @throws UsageError
std::chrono::milliseconds take_seconds(Arguments &arguments, std::string_view option);

} // namespace carpctl
