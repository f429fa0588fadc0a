// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * The module that runs makes room for the one that is installed.
 */
#pragma once

#include "arguments.hpp"
#include "environment.hpp"

namespace carpctl {

/// `reload-module [--check] [passfile FILE] [FILE...]`
/// Returns the exit code.
int reload_module(Arguments &arguments, Environment &environment);

} // namespace carpctl
