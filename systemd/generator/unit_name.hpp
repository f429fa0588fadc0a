// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Names of units.
 */
#pragma once

#include <string>
#include <string_view>

namespace carpgen {

/// The unit of a network interface, escaped as systemd-escape(1) does.
std::string device_unit(std::string_view interface);

/// Whether the word can stand behind the @ of a unit as it is.
bool is_instance(std::string_view word) noexcept;

} // namespace carpgen
