// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * What adverts are signed with: keys and lists of addresses that this host's kernel does not have,
 * or that it may have.
 */
#pragma once

#include "advert.hpp"

#include <carpnl/key.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace carpctl {

/// With or without link-local addresses of IPv6, as different BSDs have it. Prefix lengths and
/// order do not count.
bool signed_with(const Advert &advert, const carpnl::Key &key,
                 std::span<const carpnl::Address> addresses);

/// The header of an advert that nobody sends, to ask a kernel whether it knows that key.
std::array<std::byte, carp_header_length> make_advert(std::uint32_t vhid, const carpnl::Key &key,
                                                      std::span<const carpnl::Address> addresses);

} // namespace carpctl
