// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_generic.hpp"

#include "generic.hpp"
#include "monitor_impl.hpp"

#include <carpnl/error.hpp>

#include <linux/carp.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace carptest {
namespace {

using carpnl::Error;
using carpnl::detail::Attributes;
using carpnl::detail::read_fixed;
using carpnl::detail::Request;

Request payload_of(std::uint8_t command) {
    Request request(0, 0, 16384);
    request.fixed(genlmsghdr{.cmd = command, .version = 1, .reserved = 0});
    return request;
}

void put_u64(Request &request, std::uint16_t type, std::uint64_t value) {
    request.put(type, std::as_bytes(std::span(&value, 1)));
}

std::span<const std::byte> payload(const Request &request) {
    return request.bytes().subspan(NLMSG_HDRLEN);
}

Bytes copy(const Request &request) {
    const auto bytes = payload(request);
    return {bytes.begin(), bytes.end()};
}

std::string target_of(const Attributes &attributes) {
    switch (attributes.u32(CARP_A_CAUSE_SCOPE).value_or(0)) {
    case CARP_SCOPE_GROUP:
        return " group " + std::to_string(attributes.u32(CARP_A_GROUP).value_or(0));
    case CARP_SCOPE_DEVICE:
        return " dev " + attributes.text(CARP_A_IFNAME).value_or("");
    default:
        return {};
    }
}

} // namespace

Bytes netlink_message(std::uint16_t type, std::uint16_t flags, std::uint32_t sequence,
                      std::span<const std::byte> payload) {
    nlmsghdr head{};
    head.nlmsg_len = static_cast<std::uint32_t>(NLMSG_HDRLEN + payload.size());
    head.nlmsg_type = type;
    head.nlmsg_flags = flags;
    head.nlmsg_seq = sequence;
    Bytes bytes(NLMSG_ALIGN(static_cast<std::size_t>(head.nlmsg_len)));
    std::memcpy(bytes.data(), &head, sizeof(head));
    std::copy(payload.begin(), payload.end(), bytes.begin() + NLMSG_HDRLEN);
    return bytes;
}

class FakeGeneric::Wire final : public carpnl::detail::Transport {
  public:
    explicit Wire(FakeGeneric &kernel) : kernel_(kernel) {}

    void send(std::span<const std::byte> message) override {
        kernel_.handle(
            message, [this](Bytes bytes) { kernel_.answers_.push_back(std::move(bytes)); }, false);
    }
    std::vector<std::byte> receive() override {
        if (kernel_.answers_.empty())
            throw std::logic_error("the library waits for an answer that never comes");
        Bytes next = std::move(kernel_.answers_.front());
        kernel_.answers_.pop_front();
        return next;
    }

  private:
    FakeGeneric &kernel_;
};

class FakeGeneric::EventWire final : public carpnl::detail::EventTransport {
  public:
    explicit EventWire(FakeGeneric &kernel) : kernel_(kernel) {}

    void send(std::span<const std::byte> message) override {
        kernel_.handle(message, [this](Bytes bytes) { kernel_.send(std::move(bytes)); }, true);
    }
    std::optional<std::vector<std::byte>> receive() override {
        if (kernel_.events.empty())
            return std::nullopt;
        auto next = std::move(kernel_.events.front());
        kernel_.events.pop_front();
        if (next.error != 0)
            throw Error(next.error, {}, {});
        return std::move(next.bytes);
    }
    void join(std::uint32_t one) override { kernel_.joined.push_back(one); }
    bool wait(std::optional<std::chrono::milliseconds> /*timeout*/) override {
        if (!kernel_.events.empty())
            return true;
        // A copy, since it may replace itself.
        const auto waited_for = kernel_.idle;
        return waited_for && waited_for();
    }
    int fd() const noexcept override { return -1; }

  private:
    FakeGeneric &kernel_;
};

FakeGeneric::FakeGeneric() = default;

std::unique_ptr<carpnl::detail::Transport> FakeGeneric::wire() {
    return std::make_unique<Wire>(*this);
}

std::unique_ptr<carpnl::detail::EventTransport> FakeGeneric::event_wire() {
    return std::make_unique<EventWire>(*this);
}

carpnl::Monitor FakeGeneric::monitor() {
    carpnl::detail::Exchange exchange(wire());
    const auto found = carpnl::detail::find_family(exchange, {});
    return carpnl::Monitor(std::make_unique<carpnl::Monitor::Impl>(event_wire(), found));
}

FakeDevice &FakeGeneric::device(const std::string &name) {
    for (auto &one : devices)
        if (one.name == name)
            return one;
    devices.push_back({.name = name,
                       .index = static_cast<std::uint32_t>(devices.size() + 5),
                       .state = 1,
                       .reason = 0,
                       .vhid = 1,
                       .age = 0,
                       .history = {},
                       .margins = {}});
    return devices.back();
}

Bytes FakeGeneric::event(std::uint8_t command, const std::function<void(Request &)> &fill) {
    auto request = payload_of(command);
    const std::vector<std::byte> id(CARP_BOOT_ID_LEN, std::byte{boot});
    request.put(CARP_A_BOOT_ID, id);
    put_u64(request, CARP_A_SEQUENCE, ++sequence);
    fill(request);
    return netlink_message(family, 0, 0, payload(request));
}

Bytes FakeGeneric::transition(const std::string &name, std::uint32_t from, std::uint32_t to,
                              std::uint32_t reason) {
    auto &changed = device(name);
    auto bytes = event(CARP_CMD_TRANSITION_NTF, [&](Request &request) {
        constexpr std::array<std::uint8_t, 4> peer{192, 168, 1, 3};
        request.put_u32(CARP_A_IFINDEX, changed.index)
            .put_text(CARP_A_IFNAME, name)
            .put_u32(CARP_A_VHID, changed.vhid)
            .put_u32(CARP_A_OLD_STATE, from)
            .put_u32(CARP_A_STATE, to)
            .put_u32(CARP_A_REASON, reason)
            .put(CARP_A_ADDR4, std::as_bytes(std::span(peer)));
        put_u64(request, CARP_A_AGE, 250);
        put_u64(request, CARP_A_TRANSITIONS, changed.history.size() + 1);
    });
    changed.state = to;
    changed.reason = reason;
    changed.history.push_back({sequence, from, to});
    return bytes;
}

Bytes FakeGeneric::demotion(const FakeCause &cause) {
    return event(CARP_CMD_DEMOTION_NTF, [&](Request &request) {
        const auto attributes = describe(cause);
        for (const auto type :
             {CARP_A_CAUSE_NAME, CARP_A_CAUSE_VALUE, CARP_A_CAUSE_SCOPE, CARP_A_CAUSE_OWNER,
              CARP_A_CAUSE_FLAGS, CARP_A_GROUP, CARP_A_IFINDEX, CARP_A_IFNAME}) {
            const auto value = Attributes(std::span(attributes).subspan(GENL_HDRLEN))
                                   .bytes(static_cast<std::uint16_t>(type));
            if (value)
                request.put(static_cast<std::uint16_t>(type), *value);
        }
    });
}

Bytes FakeGeneric::refused(const std::string &name, std::uint32_t counter, std::uint32_t missed) {
    return event(CARP_CMD_REFUSED_NTF, [&](Request &request) {
        constexpr std::array<std::uint8_t, 4> peer{192, 168, 1, 4};
        request.put_u32(CARP_A_IFINDEX, device(name).index)
            .put_text(CARP_A_IFNAME, name)
            .put_u32(CARP_A_VHID, device(name).vhid)
            .put_u32(CARP_A_PARENT, 2)
            .put_u32(CARP_A_COUNTER, counter)
            .put_u32(CARP_A_MISSED, missed)
            .put(CARP_A_ADDR4, std::as_bytes(std::span(peer)));
    });
}

void FakeGeneric::unload() {
    loaded = false;
    tell_family(CTRL_CMD_DELFAMILY, 0, 0, [this](Bytes bytes) { send(std::move(bytes)); });
    devices.clear();
    sequence = 0;
}

void FakeGeneric::load() {
    loaded = true;
    ++boot;
    ++family;
    ++group;
    tell_family(CTRL_CMD_NEWFAMILY, 0, 0, [this](Bytes bytes) { send(std::move(bytes)); });
}

void FakeGeneric::tell_family(std::uint8_t command, std::uint16_t flags, std::uint32_t number,
                              const Answer &answer) const {
    auto request = payload_of(command);
    request.put_text(CTRL_ATTR_FAMILY_NAME, CARP_GENL_NAME);
    request.put(CTRL_ATTR_FAMILY_ID, std::as_bytes(std::span(&family, 1)));
    {
        const Request::Nest groups(request, CTRL_ATTR_MCAST_GROUPS);
        {
            const Request::Nest other(request, 1);
            request.put_text(CTRL_ATTR_MCAST_GRP_NAME, "other").put_u32(CTRL_ATTR_MCAST_GRP_ID, 99);
        }
        const Request::Nest one(request, 2);
        request.put_u32(CTRL_ATTR_MCAST_GRP_ID, group)
            .put_text(CTRL_ATTR_MCAST_GRP_NAME, CARP_GENL_MCGRP_EVENTS);
    }
    answer(netlink_message(GENL_ID_CTRL, flags, number, payload(request)));
}

Bytes FakeGeneric::describe(const FakeDevice &device) const {
    auto request = payload_of(CARP_CMD_DEVICE_GET);
    const std::vector<std::byte> id(CARP_BOOT_ID_LEN, std::byte{boot});
    request.put(CARP_A_BOOT_ID, id);
    put_u64(request, CARP_A_SEQUENCE, sequence);
    request.put_u32(CARP_A_IFINDEX, device.index)
        .put_text(CARP_A_IFNAME, device.name)
        .put_u32(CARP_A_VHID, device.vhid)
        .put_u32(CARP_A_PARENT, 2)
        .put_u32(CARP_A_STATE, device.state)
        .put_u32(CARP_A_REASON, device.reason)
        .put_u32(CARP_A_DEMOTION, 0);
    put_u64(request, CARP_A_AGE, device.age);
    put_u64(request, CARP_A_TRANSITIONS, device.history.size());
    std::uint64_t age = device.history.size();
    for (const auto &change : device.history) {
        const Request::Nest nest(request, CARP_A_TRANSITION);
        put_u64(request, CARP_A_SEQUENCE, change.sequence);
        request.put_u32(CARP_A_OLD_STATE, change.old_state)
            .put_u32(CARP_A_STATE, change.state)
            .put_u32(CARP_A_REASON, device.reason);
        put_u64(request, CARP_A_AGE, device.age + 1000 * --age);
    }
    return copy(request);
}

Bytes FakeGeneric::describe(const FakeCause &cause) const {
    auto request = payload_of(CARP_CMD_CAUSE_GET);
    request.put_text(CARP_A_CAUSE_NAME, cause.name)
        .put_u32(CARP_A_CAUSE_VALUE, cause.value)
        .put_u32(CARP_A_CAUSE_SCOPE, cause.scope)
        .put_u32(CARP_A_CAUSE_OWNER, cause.owner)
        .put_u32(CARP_A_CAUSE_FLAGS, cause.flags);
    if (cause.scope == CARP_SCOPE_GROUP)
        request.put_u32(CARP_A_GROUP, cause.group);
    if (!cause.device.empty())
        request.put_u32(CARP_A_IFINDEX, 7).put_text(CARP_A_IFNAME, cause.device);
    put_u64(request, CARP_A_AGE, 5000);
    return copy(request);
}

Bytes FakeGeneric::counters(const FakeDevice *device) const {
    auto request = payload_of(CARP_CMD_COUNTERS_GET);
    if (device != nullptr)
        request.put_u32(CARP_A_IFINDEX, device->index).put_text(CARP_A_IFNAME, device->name);
    {
        const Request::Nest nest(request, CARP_A_COUNTERS);
        for (std::uint16_t type = CARP_XSTATS_RX4; type <= CARP_XSTATS_MAX; ++type)
            put_u64(request, type, device == nullptr ? 100U + type : type);
    }
    if (device == nullptr || device->margins.empty())
        return copy(request);
    for (const auto &change : device->history) {
        const Request::Nest nest(request, CARP_A_CHANGE);
        request.put_u32(CARP_A_OLD_STATE, change.old_state)
            .put_u32(CARP_A_STATE, change.state)
            .put_u32(CARP_A_REASON, device->reason);
        put_u64(request, CARP_A_COUNT, change.sequence);
    }
    std::uint64_t sum = 0;
    for (const auto &[upto, count] : device->margins) {
        const Request::Nest nest(request, CARP_A_MARGIN);
        if (upto != 0)
            put_u64(request, CARP_A_BOUND, upto);
        put_u64(request, CARP_A_COUNT, count);
        sum += upto * count;
    }
    put_u64(request, CARP_A_MARGIN_SUM, sum);
    return copy(request);
}

int FakeGeneric::command(std::uint8_t command, const Attributes &attributes, std::string &text) {
    const auto name = attributes.text(CARP_A_IFNAME);
    const bool known = name && std::any_of(devices.begin(), devices.end(),
                                           [&](const auto &one) { return one.name == *name; });
    if (name && !known) {
        text = "carp: ifname " + *name + ": no carp device";
        return ENODEV;
    }
    const auto cause = attributes.text(CARP_A_CAUSE_NAME).value_or("");
    const auto target = target_of(attributes);
    if (command == CARP_CMD_DEMOTE) {
        const auto flags = attributes.u32(CARP_A_CAUSE_FLAGS).value_or(0);
        const auto value = attributes.u32(CARP_A_CAUSE_VALUE).value_or(0);
        log.push_back("demote " + cause + " " + std::to_string(value) + target +
                      ((flags & CARP_CAUSE_F_LEASE) != 0 ? " lease" : "") +
                      ((flags & CARP_CAUSE_F_DRAIN) != 0 ? " drain" : ""));
    } else if (command == CARP_CMD_UNDEMOTE) {
        log.push_back("undemote " + cause + target);
    } else if (command == CARP_CMD_COUNTERS_RESET) {
        log.push_back("reset " + name.value_or("all"));
    } else {
        return EOPNOTSUPP;
    }
    return 0;
}

void FakeGeneric::dump(const nlmsghdr &head, std::uint8_t command, const Answer &answer) {
    std::uint16_t flags = NLM_F_MULTI;
    if (interruptions > 0) {
        --interruptions;
        flags |= NLM_F_DUMP_INTR;
    }
    const auto number = head.nlmsg_seq;
    if (head.nlmsg_type == GENL_ID_CTRL) {
        if (loaded)
            tell_family(CTRL_CMD_NEWFAMILY, flags, number, answer);
    } else if (command == CARP_CMD_DEVICE_GET) {
        std::vector<Bytes> told;
        for (const auto &device : devices)
            told.push_back(netlink_message(family, flags, number, describe(device)));
        for (std::size_t i = 0; i < told.size(); ++i) {
            answer(told[i]);
            const auto hook = during_dump;
            if (i == 0 && hook)
                hook();
        }
    } else if (command == CARP_CMD_COUNTERS_GET) {
        for (const auto &device : devices)
            answer(netlink_message(family, flags, number, counters(&device)));
    } else {
        for (const auto &cause : causes)
            answer(netlink_message(family, flags, number, describe(cause)));
    }
    const std::int32_t done = -std::exchange(dump_error, 0);
    answer(netlink_message(NLMSG_DONE, flags, number, std::as_bytes(std::span(&done, 1))));
}

void FakeGeneric::handle(std::span<const std::byte> message, const Answer &answer,
                         bool on_event_wire) {
    const auto head = read_fixed<nlmsghdr>(message).value();
    const auto generic = read_fixed<genlmsghdr>(message.subspan(NLMSG_HDRLEN)).value();
    const Attributes attributes(message.subspan(NLMSG_HDRLEN + GENL_HDRLEN));
    const auto verdict = [&](int error, const std::string &text) {
        nlmsgerr refusal{};
        refusal.error = -error;
        refusal.msg = head;
        Request tail(0, 0, 4096);
        tail.fixed(refusal);
        if (!text.empty())
            tail.put_text(NLMSGERR_ATTR_MSG, text);
        if (error != 0)
            tail.put_u32(NLMSGERR_ATTR_OFFS, NLMSG_HDRLEN + GENL_HDRLEN);
        answer(netlink_message(NLMSG_ERROR, NLM_F_CAPPED | NLM_F_ACK_TLVS, head.nlmsg_seq,
                               payload(tail)));
    };

    const bool ctrl = head.nlmsg_type == GENL_ID_CTRL;
    const bool all = (head.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
    if ((!loaded && !(ctrl && all)) || (!ctrl && head.nlmsg_type != family))
        return verdict(ENOENT, {});
    if (!ctrl && refuse)
        if (const auto refusal = refuse(generic.cmd))
            return verdict(refusal->first, refusal->second);
    if (all) {
        if (!on_event_wire || !silent)
            dump(head, generic.cmd, answer);
        return;
    }
    if (ctrl)
        return tell_family(CTRL_CMD_NEWFAMILY, 0, head.nlmsg_seq, answer);

    const auto name = attributes.text(CARP_A_IFNAME).value_or("");
    const auto found = std::find_if(devices.begin(), devices.end(),
                                    [&](const auto &one) { return one.name == name; });
    if (generic.cmd == CARP_CMD_DEVICE_GET && found != devices.end())
        return answer(netlink_message(family, 0, head.nlmsg_seq, describe(*found)));
    if (generic.cmd == CARP_CMD_COUNTERS_GET && (name.empty() || found != devices.end()))
        return answer(
            netlink_message(family, 0, head.nlmsg_seq, counters(name.empty() ? nullptr : &*found)));
    if (generic.cmd == CARP_CMD_VERIFY && found != devices.end()) {
        auto request = payload_of(CARP_CMD_VERIFY);
        const auto extra = attributes.bytes(CARP_A_ADDR4);
        request.put_u32(CARP_A_MATCH, extra ? std::uint32_t{CARP_MATCH_ADDR_MORE} : match);
        if (extra)
            request.put(CARP_A_ADDR4, *extra);
        log.push_back("verify " + name + " " +
                      std::to_string(attributes.bytes(CARP_A_ADVERT).value().size()));
        return answer(netlink_message(family, 0, head.nlmsg_seq, payload(request)));
    }
    std::string text;
    const int error = command(generic.cmd, attributes, text);
    verdict(error, text);
}

} // namespace carptest
