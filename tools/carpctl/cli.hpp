// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * From words to deeds.
 */
#pragma once

#include "arguments.hpp"
#include "environment.hpp"

namespace carpctl {

enum ExitCode : int {
    exit_ok = 0,
    exit_usage = 1,     ///< what was written is no command
    exit_failure = 2,   ///< the kernel refused, or a file cannot be used
    exit_condition = 3, ///< a condition that was asked for is not met
};

/// Does what the words say. Never throws.
int run(Arguments &arguments, Environment &environment);

} // namespace carpctl
