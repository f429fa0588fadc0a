// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * From the kernel's messages to a Status.
 */
#pragma once

#include "links.hpp"

#include <carpnl/status.hpp>

#include <optional>
#include <span>

namespace carpnl::detail {

/// @param parent the interface below, as far as it can be seen
/// @param addresses of any interfaces; those of this one are taken
Status read_status(const Link &link, const Link *parent, std::span<const AddressRecord> addresses);

} // namespace carpnl::detail
