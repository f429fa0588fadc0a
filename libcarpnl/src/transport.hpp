// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * The C boundary: whole netlink messages out, datagrams in. Tests put a kernel of their own here.
 */
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace carpnl::detail {

class Transport {
  public:
    Transport() = default;
    Transport(const Transport &) = delete;
    Transport &operator=(const Transport &) = delete;
    virtual ~Transport() = default;

    /// Hands one message to the kernel. @throws Error
    virtual void send(std::span<const std::byte> message) = 0;
    /// Waits for the next datagram, which holds one or more messages. @throws Error
    virtual std::vector<std::byte> receive() = 0;
};

/// The real one: a route netlink socket in the caller's network namespace.
std::unique_ptr<Transport> open_route_transport();

} // namespace carpnl::detail
