// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * What rtnetlink says of an interface that carries CARP.
 */
#pragma once

#include "advert.hpp"

#include <optional>
#include <string>
#include <vector>

namespace carpctl {

/// A bridge of this host that the adverts pass.
struct Bridge {
    std::string name;
    bool snooping = false; ///< it sends multicast only where somebody asked for it
    bool querier = false;  ///< it, or another host that it hears, asks who wants what
};

struct LinkFacts {
    /// Those of the interface itself.
    std::vector<carpnl::Address> addresses;
    /// The interface, or the one that it is a VLAN of.
    std::optional<Bridge> bridge;
    /// Addresses that this host has seen at virtual MACs.
    std::vector<Claim> neighbours;
};

/// @throws carpnl::Error
LinkFacts look_at(const std::string &interface);

} // namespace carpctl
