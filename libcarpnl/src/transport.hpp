// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * The C boundary: whole netlink messages out, datagrams in. Tests put a kernel of their own here.
 */
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
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

/// One that hears multicast as well, and reads without waiting.
class EventTransport {
  public:
    EventTransport() = default;
    EventTransport(const EventTransport &) = delete;
    EventTransport &operator=(const EventTransport &) = delete;
    virtual ~EventTransport() = default;

    /// Hands one message to the kernel. @throws Error
    virtual void send(std::span<const std::byte> message) = 0;
    /// The next datagram, nothing if none is there.
    /// @throws Error ENOBUFS: some were lost
    virtual std::optional<std::vector<std::byte>> receive() = 0;
    /// Hears that multicast group from now on. @throws Error
    virtual void join(std::uint32_t group) = 0;
    /// Waits until there is something to receive; without @p timeout for as long as it takes. False
    /// if the time is over. @throws Error
    virtual bool wait(std::optional<std::chrono::milliseconds> timeout) = 0;
    /// What an event loop waits for. -1: none
    virtual int fd() const noexcept = 0;
};

/// The real ones: netlink sockets in the caller's network namespace. @throws Error
std::unique_ptr<Transport> open_route_transport();
std::unique_ptr<Transport> open_generic_transport();
std::unique_ptr<EventTransport> open_event_transport();

} // namespace carpnl::detail
