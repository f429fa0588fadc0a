// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * From words to deeds.
 */
#pragma once

#include "arguments.hpp"
#include "environment.hpp"

#include <iosfwd>
#include <string_view>
#include <vector>

namespace carpctl {

enum ExitCode : int {
    exit_ok = 0,
    exit_usage = 1,     ///< what was written is no command
    exit_failure = 2,   ///< the kernel refused, or a file cannot be used
    exit_condition = 3, ///< a condition that was asked for is not met
};

/// What the kernel said, and a hint if its module is missing.
void print_failure(std::ostream &err, const carpnl::Error &error);

/// Every command's word, for those who offer them.
std::vector<std::string_view> command_words();

/// Does what the words say. Never throws.
int run(Arguments &arguments, Environment &environment);

} // namespace carpctl
