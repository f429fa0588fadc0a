// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * The service manager, by way of systemctl(1).
 */
#pragma once

#include "wanted.hpp"

#include <string>
#include <vector>

namespace carptargets {

/// Those of our targets that are active. @throws std::system_error, std::runtime_error
std::vector<std::string> active_targets();

/// Gives jobs to the service manager, and does not wait for them. False if it refuses.
/// @throws std::system_error
bool give(const Jobs &jobs);

} // namespace carptargets
