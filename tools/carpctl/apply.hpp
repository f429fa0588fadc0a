// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Devices from files and back: carp(5).
 */
#pragma once

#include "arguments.hpp"
#include "carp_file.hpp"
#include "environment.hpp"
#include "show.hpp"

#include <carpnl/config.hpp>
#include <carpnl/key.hpp>
#include <carpnl/status.hpp>

#include <string>
#include <vector>

namespace carpctl {

/// `apply [--check] FILE...` or `--system [NAME...]`: makes devices what their files say, or tells
/// how they differ.
/// Returns the exit code.
int apply(Arguments &arguments, Environment &environment, bool json, ShowOptions options);

/// `dump [NAME] [--output DIR]`: writes the files that describe the devices.
void dump(Arguments &arguments, Environment &environment);

/// A new device as the file says, without its keys; not set up.
carpnl::Config to_config(const CarpFile &file);

/// In words, what apply would change on a device that is there, keys aside.
std::vector<std::string> differences(const CarpFile &file, const carpnl::Status &status);

/// A key that the kernel will take, from a file or with the name "-" from standard input.
/// @throws FileError
carpnl::Key read_key_file(const std::string &path, Environment &environment);

/// The file that describes a device, with every setting that has not its default.
CarpFile to_carp_file(const carpnl::Status &status);

} // namespace carpctl
