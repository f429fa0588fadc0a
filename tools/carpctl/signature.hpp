// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Whether an advert was signed with a key and a list of addresses that this host's kernel does not
 * have.
 */
#pragma once

#include "advert.hpp"

#include <carpnl/key.hpp>

#include <span>

namespace carpctl {

/// With or without link-local addresses of IPv6, as different BSDs have it. Prefix lengths and
/// order do not count.
bool signed_with(const Advert &advert, const carpnl::Key &key,
                 std::span<const carpnl::Address> addresses);

} // namespace carpctl
