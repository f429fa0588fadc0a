// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * From the kernel's messages to a Status.
 */
#pragma once

#include "links.hpp"

#include <carpnl/status.hpp>

#include <optional>
#include <span>
#include <vector>

namespace carpnl::detail {

/// @param parent the interface below, as far as it can be seen
/// @param addresses of any interfaces; those of this one are taken
Status read_status(const Link &link, const Link *parent, std::span<const AddressRecord> addresses);

/// The peers of one family among a device's attributes.
std::vector<Address> read_peers(const Attributes &carp, Family family);

} // namespace carpnl::detail
