// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Who speaks on a network.
 */
#pragma once

#include "arguments.hpp"
#include "environment.hpp"
#include "show.hpp"

namespace carpctl {

/// `scan PARENT [vhid N] [--time S] [passfile FILE ADDRESS...]`
void scan(Arguments &arguments, Environment &environment, bool json, ShowOptions options);
/// `monitor --wire [NAME]`: a line an advert, until it is interrupted or nobody reads.
void monitor_wire(Arguments &arguments, Environment &environment, bool json);

} // namespace carpctl
