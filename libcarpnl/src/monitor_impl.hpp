// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "event_reader.hpp"
#include "generic.hpp"
#include "transport.hpp"

#include <carpnl/monitor.hpp>

#include <linux/netlink.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace carpnl {

/**
 * What a Monitor holds: one netlink socket for events and for the dumps of a resync, so that both
 * come in the order in which the kernel sent them, and nothing is ever waited for.
 *
 * Events that arrive during a dump are held until it ends; those that it includes are dropped.
 * Tests make one on an EventTransport of their own.
 */
class Monitor::Impl {
  public:
    Impl(std::unique_ptr<detail::EventTransport> transport, const detail::GenericFamily &family);

    int fd() const noexcept { return transport_->fd(); }
    bool wait(std::optional<std::chrono::milliseconds> timeout);
    /// Reads what is there, and asks for what is missing. @throws Error
    void fill();
    /// The next one to hand over.
    std::optional<Event> next();
    void forget() noexcept { ready_.clear(); }
    /// With the next fill(). Until the answer is there, the first reason counts.
    void resync(ResyncReason reason);

  private:
    /// The last event that was handed over, or is included in a resync.
    struct Position {
        BootId boot_id{};
        std::uint64_t sequence = 0;
    };

    void join(const detail::GenericFamily &family);
    void ask();
    void read(std::span<const std::byte> datagram);
    void read_answer(const nlmsghdr &head, std::span<const std::byte> payload);
    void read_event(std::span<const std::byte> payload);
    void read_family(std::span<const std::byte> payload);
    void finish(int error);
    void complete();
    void unloaded();
    void hear(const detail::HeardEvent &heard);

    std::unique_ptr<detail::EventTransport> transport_;
    std::optional<detail::GenericFamily> family_;
    std::uint32_t request_ = 0;

    /// Nothing: whatever comes first is right.
    std::optional<Position> position_;
    /// By interface index: the last transition that a resync included.
    std::map<std::uint32_t, std::uint64_t> included_;

    std::optional<ResyncReason> wanted_; ///< a resync is to be had, or under way
    bool asked_ = false;                 ///< the dump is under way, as request_
    bool for_families_ = false;          ///< it is one of families, not of devices
    bool again_ = false;                 ///< it must be repeated
    std::vector<Device> answer_;
    std::vector<detail::HeardEvent> held_;

    std::deque<Event> ready_;
};

} // namespace carpnl
