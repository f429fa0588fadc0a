// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * `carpctl stats`: what devices counted, for people and for programs.
 */
#pragma once

#include "arguments.hpp"
#include "environment.hpp"
#include "show.hpp"

namespace carpctl {

void stats(Arguments &arguments, Environment &environment, bool json, ShowOptions options);

} // namespace carpctl
