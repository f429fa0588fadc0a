// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Commands about what happens and happened.
 */
#pragma once

#include "arguments.hpp"
#include "environment.hpp"
#include "show.hpp"

namespace carpctl {

/// `monitor [NAME]`: a line an event, until it is interrupted or nobody reads.
void monitor(Arguments &arguments, Environment &environment, bool json);
/// `wait NAME STATE [--timeout S]`. Returns the exit code.
int wait(Arguments &arguments, Environment &environment);
/// `is-master NAME`. Returns the exit code.
int is_master(Arguments &arguments, Environment &environment);
/// `history NAME`
void history(Arguments &arguments, Environment &environment, bool json, ShowOptions options);

} // namespace carpctl
