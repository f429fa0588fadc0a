// SPDX-License-Identifier: GPL-2.0-only
/// What a host's kernel tells of carp while it happens.
#pragma once

#include "address.hpp"
#include "carp_link.hpp"
#include "genl.hpp"
#include "host.hpp"
#include "time.hpp"

#include <cstdint>
#include <linux/carp.h>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace e2e {

/// A change of state, from an event or from a device's history.
struct Transition {
    std::uint64_t sequence = 0;
    State old = State::Init;
    State state = State::Init;
    unsigned reason = 0; ///< enum carp_reason
    Duration age{};
    std::optional<Address> peer;

    static Transition parse(View attributes);
    /// The same change at another time.
    [[nodiscard]] bool same(const Transition &other) const {
        return old == other.old && state == other.state && reason == other.reason &&
               peer == other.peer;
    }
};

std::ostream &operator<<(std::ostream &out, const Transition &transition);

/// The address in CARP_A_ADDR4 or CARP_A_ADDR6.
std::optional<Address> address_of(View attributes);

class Journal {
  public:
    /// Listens from now on; `room` in bytes, for a listener that is to lose some.
    explicit Journal(const Host &host, std::optional<int> room = std::nullopt);

    /// All events so far.
    const std::vector<GenlMessage> &events();
    /// Those with this command.
    std::vector<GenlMessage> of(std::uint8_t command);
    std::vector<Transition> transitions();
    /// Waits until there are so many in all.
    bool wait_for(std::size_t count, Duration timeout);
    /// False if the kernel said that some got lost.
    [[nodiscard]] bool complete() const { return complete_; }
    void close() { socket_->close(); }

  private:
    std::unique_ptr<Genl> socket_;
    std::vector<GenlMessage> events_;
    bool complete_ = true;
};

/// What CARP_CMD_DEVICE_GET says of a device.
class DeviceAnswer {
  public:
    explicit DeviceAnswer(GenlMessage message) : message_(std::move(message)) {}
    /// Asks.
    static DeviceAnswer of(const Host &host, const std::string &device);
    /// Asks for all.
    static std::vector<DeviceAnswer> all(const Host &host);

    [[nodiscard]] const GenlMessage &message() const { return message_; }
    [[nodiscard]] std::uint64_t number(unsigned type) const { return message_.number(type); }
    [[nodiscard]] State state() const { return static_cast<State>(number(CARP_A_STATE)); }
    [[nodiscard]] std::string name() const { return message_.find(CARP_A_IFNAME).value().text(); }
    [[nodiscard]] std::vector<Transition> history() const;

  private:
    GenlMessage message_;
};

} // namespace e2e
