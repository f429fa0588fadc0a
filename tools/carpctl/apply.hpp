// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Devices from files and back: carp(5).
 */
#pragma once

#include "arguments.hpp"
#include "carp_file.hpp"
#include "environment.hpp"
#include "show.hpp"

#include <carpnl/status.hpp>

namespace carpctl {

/// `apply [--check] FILE...` or `--system [NAME...]`: makes devices what their files say, or tells
/// how they differ.
/// Returns the exit code.
int apply(Arguments &arguments, Environment &environment, bool json, ShowOptions options);

/// `dump [NAME] [--output DIR]`: writes the files that describe the devices.
void dump(Arguments &arguments, Environment &environment);

/// The file that describes a device, with every setting that has not its default.
CarpFile to_carp_file(const carpnl::Status &status);

} // namespace carpctl
