// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Finding out what is wrong.
 */
#pragma once

#include "arguments.hpp"
#include "environment.hpp"
#include "show.hpp"

namespace carpctl {

/// `doctor [NAME...] [--time S]`. Returns the exit code: 3 if something was found.
int doctor(Arguments &arguments, Environment &environment, bool json, ShowOptions options);

} // namespace carpctl
