// SPDX-License-Identifier: LGPL-2.1-or-later
#include "event_reader.hpp"

#include "event_data.hpp"
#include "generic.hpp"
#include "values.hpp"

#include <linux/carp.h>
#include <linux/genetlink.h>

#include <cstring>
#include <memory>
#include <utility>

namespace carpnl::detail {
namespace {

using std::chrono::milliseconds;

std::optional<BootId> boot_id(const Attributes &attributes) {
    const auto bytes = attributes.bytes(CARP_A_BOOT_ID);
    return bytes ? read_fixed<BootId>(*bytes) : std::nullopt;
}

std::optional<Address> peer(const Attributes &attributes) {
    const auto v4 = host(Family::inet, attributes, CARP_A_ADDR4);
    return v4 ? v4 : host(Family::inet6, attributes, CARP_A_ADDR6);
}

/// 0 says that there is none.
std::optional<std::uint32_t> number(const Attributes &attributes, std::uint16_t type) {
    const auto value = attributes.u32(type);
    return value != 0U ? value : std::nullopt;
}

std::optional<milliseconds> age(const Attributes &attributes) {
    const auto value = attributes.u64(CARP_A_AGE);
    return value ? std::optional(time_of<milliseconds>(*value)) : std::nullopt;
}

std::optional<Transition> transition(const Attributes &attributes) {
    const auto old_state = attributes.u32(CARP_A_OLD_STATE);
    const auto state = attributes.u32(CARP_A_STATE);
    if (!old_state || !state)
        return std::nullopt;
    return Transition(std::make_shared<TransitionData>(TransitionData{
        .sequence = attributes.u64(CARP_A_SEQUENCE).value_or(0),
        .old_state = static_cast<State>(*old_state),
        .state = static_cast<State>(*state),
        .reason = static_cast<Reason>(attributes.u32(CARP_A_REASON).value_or(0)),
        .age = age(attributes).value_or(milliseconds(0)),
        .peer = peer(attributes),
    }));
}

std::optional<Cause> cause(const Attributes &attributes) {
    auto name = attributes.text(CARP_A_CAUSE_NAME);
    const auto value = attributes.u32(CARP_A_CAUSE_VALUE);
    if (!name || !value)
        return std::nullopt;
    return Cause(std::make_shared<CauseData>(CauseData{
        .name = std::move(*name),
        .value = *value,
        .scope = static_cast<Scope>(attributes.u32(CARP_A_CAUSE_SCOPE).value_or(0)),
        .owner = static_cast<Owner>(attributes.u32(CARP_A_CAUSE_OWNER).value_or(CARP_OWNER_USER)),
        .flags = attributes.u32(CARP_A_CAUSE_FLAGS).value_or(0),
        .group = attributes.u32(CARP_A_GROUP),
        .device_index = number(attributes, CARP_A_IFINDEX),
        .device_name = attributes.text(CARP_A_IFNAME).value_or(""),
        .age = age(attributes),
    }));
}

/// What all events and the device they are about have in common. False: that is not there.
bool read_head(const Attributes &attributes, EventData &data) {
    const auto boot = boot_id(attributes);
    const auto sequence = attributes.u64(CARP_A_SEQUENCE);
    if (!boot || !sequence)
        return false;
    data.boot_id = *boot;
    data.sequence = *sequence;
    data.index = number(attributes, CARP_A_IFINDEX);
    data.name = attributes.text(CARP_A_IFNAME).value_or("");
    data.vhid = number(attributes, CARP_A_VHID);
    data.parent_index = number(attributes, CARP_A_PARENT);
    return true;
}

bool read_transition(const Attributes &attributes, EventData &data) {
    const auto change = transition(attributes);
    if (!change || !data.index)
        return false;
    data.kind = EventKind::transition;
    data.old_state = change->old_state();
    data.state = change->state();
    data.reason = change->reason();
    data.age = change->age();
    data.peer = change->peer();
    data.transitions = attributes.u64(CARP_A_TRANSITIONS).value_or(0);
    return true;
}

bool read_demotion(const Attributes &attributes, EventData &data) {
    data.kind = EventKind::demotion;
    data.cause = cause(attributes);
    return data.cause.has_value();
}

bool read_refused(const Attributes &attributes, EventData &data) {
    const auto counter = attributes.u32(CARP_A_COUNTER);
    if (!counter)
        return false;
    data.kind = EventKind::refused;
    data.counter = static_cast<Counter>(*counter);
    data.missed = attributes.u32(CARP_A_MISSED).value_or(0);
    data.peer = peer(attributes);
    return true;
}

} // namespace

std::optional<Device> read_device(std::span<const std::byte> payload) {
    const auto attributes = generic_attributes(payload, CARP_CMD_DEVICE_GET);
    if (!attributes)
        return std::nullopt;
    const auto boot = boot_id(*attributes);
    const auto sequence = attributes->u64(CARP_A_SEQUENCE);
    const auto index = attributes->u32(CARP_A_IFINDEX);
    const auto state = attributes->u32(CARP_A_STATE);
    if (!boot || !sequence || !index || !state)
        return std::nullopt;

    DeviceData data;
    data.name = attributes->text(CARP_A_IFNAME).value_or("");
    data.index = *index;
    data.vhid = number(*attributes, CARP_A_VHID);
    data.parent_index = number(*attributes, CARP_A_PARENT);
    data.state = static_cast<State>(*state);
    data.reason = static_cast<Reason>(attributes->u32(CARP_A_REASON).value_or(0));
    data.age = age(*attributes).value_or(milliseconds(0));
    data.transitions = attributes->u64(CARP_A_TRANSITIONS).value_or(0);
    for (const auto &one : attributes->every(CARP_A_TRANSITION))
        if (auto change = transition(Attributes(one)))
            data.history.push_back(std::move(*change));
    data.demotion = attributes->u32(CARP_A_DEMOTION).value_or(0);
    if (const auto drained = attributes->u8(CARP_A_DRAINED))
        data.drained = *drained != 0;
    data.sequence = *sequence;
    data.boot_id = *boot;
    return Device(std::make_shared<DeviceData>(std::move(data)));
}

std::optional<Cause> read_cause(std::span<const std::byte> payload) {
    const auto attributes = generic_attributes(payload, CARP_CMD_CAUSE_GET);
    return attributes ? cause(*attributes) : std::nullopt;
}

std::optional<HeardEvent> read_event(std::span<const std::byte> payload) {
    const auto head = read_fixed<genlmsghdr>(payload);
    if (!head)
        return std::nullopt;
    const auto attributes = generic_attributes(payload, head->cmd);
    EventData data;
    if (!attributes || !read_head(*attributes, data))
        return std::nullopt;

    HeardEvent heard{.boot_id = data.boot_id, .sequence = data.sequence, .event = std::nullopt};
    bool whole = false;
    switch (head->cmd) {
    case CARP_CMD_TRANSITION_NTF:
        whole = read_transition(*attributes, data);
        break;
    case CARP_CMD_DEMOTION_NTF:
        whole = read_demotion(*attributes, data);
        break;
    case CARP_CMD_REFUSED_NTF:
        whole = read_refused(*attributes, data);
        break;
    default:
        return heard;
    }
    if (!whole)
        return std::nullopt;
    heard.event = Event(std::make_shared<EventData>(std::move(data)));
    return heard;
}

} // namespace carpnl::detail
