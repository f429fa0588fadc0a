// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Listening on interfaces: adverts of CARP and VRRP, and ARP that speaks of virtual MACs.
 */
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carpctl {

/// A frame as it passed an interface.
struct Heard {
    std::span<const std::byte> frame; ///< valid during the call
    std::string_view interface;       ///< its name, likewise
    std::chrono::system_clock::time_point time;
    bool own = false; ///< this host sent it
};

class Wire {
  public:
    /// Returns whether to go on.
    using Callback = std::function<bool(const Heard &)>;

    Wire() = default;
    Wire(const Wire &) = delete;
    Wire &operator=(const Wire &) = delete;
    virtual ~Wire() = default;

    /// Hands over what passes, for that long or without end, or until told not to go on.
    virtual void listen(std::optional<std::chrono::milliseconds> time,
                        const Callback &callback) = 0;
};

/**
 * Listens on those interfaces from now on: before the packet filter, and without promiscuous mode.
 * Needs CAP_NET_RAW.
 * @throws carpnl::Error ENODEV: one of them is not there; EPERM
 */
std::unique_ptr<Wire> open_wire(const std::vector<std::string> &interfaces);

} // namespace carpctl
