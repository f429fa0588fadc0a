// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * sd_notify(3), without its library.
 */
#pragma once

#include <string_view>

namespace carptargets {

/// Tells the service manager, if there is one that wants to know. False if it could not be told.
bool notify(std::string_view text);

} // namespace carptargets
