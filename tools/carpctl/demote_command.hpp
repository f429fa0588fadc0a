// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Commands about causes of demotion.
 */
#pragma once

#include "arguments.hpp"
#include "environment.hpp"
#include "show.hpp"

namespace carpctl {

/// `demote CAUSE VALUE [group N | dev NAME]`
void demote(Arguments &arguments, Environment &environment);
/// `undemote CAUSE [group N | dev NAME]`
void undemote(Arguments &arguments, Environment &environment);
/// `drain [group N | dev NAME]`
void drain(Arguments &arguments, Environment &environment);
/// `undrain [group N | dev NAME]`
void undrain(Arguments &arguments, Environment &environment);
/// `causes`
void causes(Arguments &arguments, Environment &environment, bool json, ShowOptions options);

} // namespace carpctl
