// SPDX-License-Identifier: GPL-2.0-only
/// What a host believes about its neighbours.
#pragma once

#include "address.hpp"
#include "host.hpp"

#include <optional>
#include <string>

namespace e2e {

/// The MAC address that `host` has for `address`, if it knows one.
std::optional<Mac> neighbour_mac(Host &host, const Address &address,
                                 const std::string &device = "eth0");

/// Forgets them all, so that the next packet has to ask.
void forget_neighbours(Host &host);

} // namespace e2e
