// SPDX-License-Identifier: GPL-2.0-only
#include "journal.hpp"

#include <sys/socket.h>

namespace e2e {

namespace {

std::uint64_t number_in(View attributes, unsigned type) {
    return find_attribute(attributes, type).value().number();
}

} // namespace

std::optional<Address> address_of(View attributes) {
    for (const unsigned type : {CARP_A_ADDR4, CARP_A_ADDR6})
        if (const auto found = find_attribute(attributes, type))
            return Address{found->value};
    return std::nullopt;
}

Transition Transition::parse(View attributes) {
    Transition transition;
    transition.sequence = number_in(attributes, CARP_A_SEQUENCE);
    transition.old = static_cast<State>(number_in(attributes, CARP_A_OLD_STATE));
    transition.state = static_cast<State>(number_in(attributes, CARP_A_STATE));
    transition.reason = static_cast<unsigned>(number_in(attributes, CARP_A_REASON));
    transition.age = std::chrono::milliseconds{number_in(attributes, CARP_A_AGE)};
    transition.peer = address_of(attributes);
    return transition;
}

std::ostream &operator<<(std::ostream &out, const Transition &transition) {
    out << transition.old << " -> " << transition.state << ", reason " << transition.reason;
    if (transition.peer)
        out << ", by " << *transition.peer;
    return out << ", number " << transition.sequence;
}

Journal::Journal(const Host &host, std::optional<int> room)
    : socket_(host.in([] { return std::make_unique<Genl>(); })) {
    if (room)
        check(setsockopt(socket_->fd(), SOL_SOCKET, SO_RCVBUF, &*room, sizeof *room),
              "make a socket's buffer small");
    socket_->subscribe();
}

const std::vector<GenlMessage> &Journal::events() {
    complete_ &= socket_->events(events_);
    return events_;
}

std::vector<GenlMessage> Journal::of(std::uint8_t command) {
    std::vector<GenlMessage> found;
    for (const GenlMessage &event : events())
        if (event.command == command)
            found.push_back(event);
    return found;
}

std::vector<Transition> Journal::transitions() {
    std::vector<Transition> found;
    for (const GenlMessage &event : of(CARP_CMD_TRANSITION_NTF))
        found.push_back(Transition::parse(event.attributes));
    return found;
}

bool Journal::wait_for(std::size_t count, Duration timeout) {
    return wait_until([&] { return events().size() >= count; }, timeout, 1ms);
}

DeviceAnswer DeviceAnswer::of(const Host &host, const std::string &device) {
    return host.in([&] {
        Genl socket;
        return DeviceAnswer{
            socket.get(CARP_CMD_DEVICE_GET, [&](Message &m) { m.put_text(CARP_A_IFNAME, device); })
                .at(0)};
    });
}

std::vector<DeviceAnswer> DeviceAnswer::all(const Host &host) {
    return host.in([&] {
        Genl socket;
        std::vector<DeviceAnswer> answers;
        for (GenlMessage &message : socket.dump(CARP_CMD_DEVICE_GET))
            answers.emplace_back(std::move(message));
        return answers;
    });
}

std::vector<Transition> DeviceAnswer::history() const {
    std::vector<Transition> found;
    for (const Attribute &attribute : attributes(message_.attributes))
        if (attribute.type == CARP_A_TRANSITION)
            found.push_back(Transition::parse(attribute.value));
    return found;
}

} // namespace e2e
