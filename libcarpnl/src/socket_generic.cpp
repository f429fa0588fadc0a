// SPDX-License-Identifier: LGPL-2.1-or-later
// What a Socket asks the generic netlink family.
#include <carpnl/socket.hpp>

#include "datagram.hpp"
#include "event_reader.hpp"
#include "socket_impl.hpp"
#include "tally_reader.hpp"
#include "values.hpp"

#include <linux/carp.h>

#include <algorithm>
#include <string>
#include <utility>

namespace carpnl {
namespace {

using detail::Request;

Request &put_host(Request &request, const Address &address) {
    return request.put(address.family() == Family::inet ? CARP_A_ADDR4 : CARP_A_ADDR6,
                       address.bytes());
}

void put_target(Request &request, const Target &target) {
    request.put_u32(CARP_A_CAUSE_SCOPE, static_cast<std::uint32_t>(target.scope()));
    if (target.scope() == Scope::group)
        request.put_u32(CARP_A_GROUP, target.group());
    if (target.scope() == Scope::device)
        request.put_text(CARP_A_IFNAME, target.device());
}

/// What a refusal is about: the device if there is one, else the cause.
std::string subject_of(std::string_view cause, const Target &target) {
    return target.scope() == Scope::device ? target.device() : std::string(cause);
}

/// What the family tells of one device. @p read as detail::read_device()
template <class Read>
auto ask_one(detail::Generic &generic, std::uint8_t command, std::string_view name, Read read) {
    const auto answer = generic.get(
        command, [&](Request &request) { request.put_text(CARP_A_IFNAME, name); }, name);
    auto told = read(answer.payload);
    if (!told)
        detail::garbled(name);
    return std::move(*told);
}

/// What it tells of all, by interface index.
template <class Read> auto ask_all(detail::Generic &generic, std::uint8_t command, Read read) {
    std::vector<typename decltype(read({}))::value_type> all;
    for (const auto &answer : generic.dump(command, {}))
        if (auto told = read(answer.payload))
            all.push_back(std::move(*told));
    std::sort(all.begin(), all.end(),
              [](const auto &a, const auto &b) { return a.index() < b.index(); });
    return all;
}

} // namespace

Device Socket::device(std::string_view name) {
    return ask_one(impl_->generic, CARP_CMD_DEVICE_GET, name, detail::read_device);
}

std::vector<Device> Socket::devices() {
    return ask_all(impl_->generic, CARP_CMD_DEVICE_GET, detail::read_device);
}

std::vector<Transition> Socket::history(std::string_view name) { return device(name).history(); }

std::vector<Cause> Socket::causes() {
    std::vector<Cause> all;
    for (const auto &answer : impl_->generic.dump(CARP_CMD_CAUSE_GET, {}))
        if (auto cause = detail::read_cause(answer.payload))
            all.push_back(std::move(*cause));
    return all;
}

void Socket::demote(const Demotion &demotion) {
    const std::uint32_t flags = (demotion.is_lease() ? CARP_CAUSE_F_LEASE : 0U) |
                                (demotion.is_drain() ? CARP_CAUSE_F_DRAIN : 0U);
    impl_->generic.perform(
        CARP_CMD_DEMOTE,
        [&](Request &request) {
            request.put_text(CARP_A_CAUSE_NAME, demotion.name())
                .put_u32(CARP_A_CAUSE_VALUE, demotion.value())
                .put_u32(CARP_A_CAUSE_FLAGS, flags);
            put_target(request, demotion.target());
        },
        subject_of(demotion.name(), demotion.target()));
}

void Socket::undemote(std::string_view cause, const Target &target) {
    impl_->generic.perform(
        CARP_CMD_UNDEMOTE,
        [&](Request &request) {
            request.put_text(CARP_A_CAUSE_NAME, cause);
            put_target(request, target);
        },
        subject_of(cause, target));
}

Counters Socket::counters(std::string_view name) { return tally(name).counters(); }

Tally Socket::tally(std::string_view name) {
    return ask_one(impl_->generic, CARP_CMD_COUNTERS_GET, name, detail::read_tally);
}

std::vector<Tally> Socket::tallies() {
    return ask_all(impl_->generic, CARP_CMD_COUNTERS_GET, detail::read_tally);
}

Counters Socket::total_counters() {
    const auto answer = impl_->generic.get(CARP_CMD_COUNTERS_GET, [](Request &) {}, {});
    const auto attributes = detail::generic_attributes(answer.payload, CARP_CMD_COUNTERS_GET);
    auto counters =
        attributes ? detail::read_counters(attributes->nested(CARP_A_COUNTERS)) : std::nullopt;
    if (!counters)
        detail::garbled({});
    return std::move(*counters);
}

void Socket::reset_counters(std::string_view name) {
    impl_->generic.perform(
        CARP_CMD_COUNTERS_RESET, [&](Request &request) { request.put_text(CARP_A_IFNAME, name); },
        name);
}

void Socket::reset_total_counters() {
    impl_->generic.perform(CARP_CMD_COUNTERS_RESET, [](Request &) {}, {});
}

Verification Socket::verify(std::string_view name, std::span<const std::byte> advert,
                            const std::optional<Address> &extra) {
    const auto answer = impl_->generic.get(
        CARP_CMD_VERIFY,
        [&](Request &request) {
            request.put_text(CARP_A_IFNAME, name).put(CARP_A_ADVERT, advert);
            if (extra)
                put_host(request, *extra);
        },
        name);
    const auto attributes = detail::generic_attributes(answer.payload, CARP_CMD_VERIFY);
    const auto match = attributes ? attributes->u32(CARP_A_MATCH) : std::nullopt;
    if (!match)
        detail::garbled(name);
    auto address = detail::host(Family::inet, *attributes, CARP_A_ADDR4);
    if (!address)
        address = detail::host(Family::inet6, *attributes, CARP_A_ADDR6);
    return {.match = static_cast<Match>(*match), .address = address};
}

} // namespace carpnl
