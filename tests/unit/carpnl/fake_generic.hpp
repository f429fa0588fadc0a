// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * The family "carp" of a kernel small enough to read: what it answers, and the events it sends.
 */
#pragma once

#include "attributes.hpp"
#include "request.hpp"
#include "transport.hpp"

#include <carpnl/event.hpp>
#include <carpnl/monitor.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

struct nlmsghdr;

namespace carptest {

using Bytes = std::vector<std::byte>;

/// A device as the family tells it.
struct FakeDevice {
    std::string name;
    std::uint32_t index = 0;
    std::uint32_t state = 1;
    std::uint32_t reason = 0;
    std::uint32_t vhid = 1;
    std::uint64_t age = 0;
    /// The history: number, old state, state; the reason is this device's.
    struct Change {
        std::uint64_t sequence;
        std::uint32_t old_state;
        std::uint32_t state;
    };
    std::vector<Change> history;
    /// Upper bound of each class, 0: none, and how often. Without any the kernel is an older one,
    /// else a change's number is also how often there was one like it.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> margins;
};

struct FakeCause {
    std::string name = {};
    std::uint32_t value = 0;
    std::uint32_t scope = 0;
    std::uint32_t owner = 1;
    std::uint32_t flags = 0;
    std::uint32_t group = 0;
    std::string device = {};

    bool operator==(const FakeCause &) const = default;
};

/// One message, header included. @p sequence of netlink: 0 for events
Bytes netlink_message(std::uint16_t type, std::uint16_t flags, std::uint32_t sequence,
                      std::span<const std::byte> payload);

class FakeGeneric {
  public:
    FakeGeneric();

    /// Both talk to this kernel, which must outlive them.
    std::unique_ptr<carpnl::detail::Transport> wire();
    std::unique_ptr<carpnl::detail::EventTransport> event_wire();
    /// A Monitor on such a wire.
    carpnl::Monitor monitor();

    /// Events, to be sent with send(). Each takes the next number.
    Bytes transition(const std::string &device, std::uint32_t from, std::uint32_t to,
                     std::uint32_t reason = 2);
    Bytes demotion(const FakeCause &cause);
    Bytes refused(const std::string &device, std::uint32_t counter, std::uint32_t missed = 0);
    /// Any command, with its numbers and what @p fill adds.
    Bytes event(std::uint8_t command, const std::function<void(carpnl::detail::Request &)> &fill);
    /// One datagram for the event wire.
    void send(Bytes datagram) { events.push_back({std::move(datagram), 0}); }
    /// The next receive() of the event wire fails with that.
    void fail(int error) { events.push_back({{}, error}); }
    /// The module goes, or comes back with another number.
    void unload();
    void load();

    FakeDevice &device(const std::string &name);

    bool loaded = true;
    std::uint16_t family = 30;
    std::uint32_t group = 7;
    std::uint8_t boot = 1;           ///< every byte of the boot id
    std::uint64_t sequence = 0;      ///< of the last event
    std::vector<FakeDevice> devices; ///< by name
    std::vector<FakeCause> causes;
    int interruptions = 0;   ///< so many dumps are marked as interrupted
    std::uint32_t match = 5; ///< the answer to a question about an advert alone
    int dump_error = 0;      ///< the next dump ends with that, once
    bool silent = false;     ///< dumps on the event wire get no answer
    /// Called in the middle of each dump on the event wire.
    std::function<void()> during_dump;
    /// Asked before each command is done: an error and its text.
    std::function<std::optional<std::pair<int, std::string>>(std::uint8_t command)> refuse;
    /// One word for each command, as in "demote maintenance 240 drain".
    std::vector<std::string> log;

    struct Datagram {
        Bytes bytes;
        int error = 0;
    };
    std::deque<Datagram> events;
    std::vector<std::uint32_t> joined;
    /// Called when the event wire has nothing and is waited for; false: the time is over.
    std::function<bool()> idle;

  private:
    class Wire;
    class EventWire;
    using Answer = std::function<void(Bytes)>;

    void handle(std::span<const std::byte> message, const Answer &answer, bool on_event_wire);
    void dump(const nlmsghdr &head, std::uint8_t command, const Answer &answer);
    void tell_family(std::uint8_t command, std::uint16_t flags, std::uint32_t number,
                     const Answer &answer) const;
    int command(std::uint8_t command, const carpnl::detail::Attributes &attributes,
                std::string &text);
    Bytes describe(const FakeDevice &device) const;
    Bytes describe(const FakeCause &cause) const;
    /// nullptr: those of all
    Bytes counters(const FakeDevice *device) const;

    std::deque<Bytes> answers_;
};

} // namespace carptest
