// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * Making and changing a device, all or nothing.
 */
#pragma once

#include "exchange.hpp"
#include "settings.hpp"

#include <string_view>

namespace carpnl::detail {

void create(Exchange &exchange, std::string_view name, const Settings &settings);
void configure(Exchange &exchange, std::string_view name, const Settings &settings);

} // namespace carpnl::detail
