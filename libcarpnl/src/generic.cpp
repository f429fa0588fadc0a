// SPDX-License-Identifier: LGPL-2.1-or-later
#include "generic.hpp"

#include "datagram.hpp"

#include <carpnl/error.hpp>

#include <linux/carp.h>
#include <linux/genetlink.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

namespace carpnl::detail {
namespace {

constexpr std::uint8_t ctrl_version = 2;

std::span<const std::byte> after_header(std::span<const std::byte> payload) {
    return payload.subspan(std::min<std::size_t>(GENL_HDRLEN, payload.size()));
}

} // namespace

Request families_request() {
    Request request(GENL_ID_CTRL, 0);
    request.fixed(genlmsghdr{.cmd = CTRL_CMD_GETFAMILY, .version = ctrl_version, .reserved = 0});
    return request;
}

Request family_request() {
    auto request = families_request();
    request.put_text(CTRL_ATTR_FAMILY_NAME, CARP_GENL_NAME);
    return request;
}

std::optional<FamilyNews> read_family(std::span<const std::byte> payload) {
    const auto head = read_fixed<genlmsghdr>(payload);
    if (!head || (head->cmd != CTRL_CMD_NEWFAMILY && head->cmd != CTRL_CMD_DELFAMILY))
        return std::nullopt;
    const Attributes attributes(after_header(payload));
    if (attributes.text(CTRL_ATTR_FAMILY_NAME) != CARP_GENL_NAME)
        return std::nullopt;

    FamilyNews news;
    news.gone = head->cmd == CTRL_CMD_DELFAMILY;
    if (const auto id = attributes.bytes(CTRL_ATTR_FAMILY_ID))
        news.family.id = read_fixed<std::uint16_t>(*id).value_or(0);
    // A list without types: each entry is a nest of its own.
    if (const auto groups = attributes.bytes(CTRL_ATTR_MCAST_GROUPS))
        for (const auto &entry : Attributes(*groups).all()) {
            const Attributes group(entry);
            if (group.text(CTRL_ATTR_MCAST_GRP_NAME) == CARP_GENL_MCGRP_EVENTS)
                news.family.events = group.u32(CTRL_ATTR_MCAST_GRP_ID);
        }
    if (news.family.id < NLMSG_MIN_TYPE)
        return std::nullopt;
    return news;
}

GenericFamily find_family(Exchange &exchange, std::string_view subject) {
    auto request = family_request();
    try {
        if (const auto news = read_family(exchange.get(request, subject).payload))
            return news->family;
    } catch (const Error &error) {
        if (error.code().value() != ENOENT)
            throw;
        throw Error(EOPNOTSUPP, std::string(subject), "the kernel has no carp module");
    }
    garbled(subject);
}

Request generic_request(const GenericFamily &family, std::uint8_t command, std::uint16_t flags) {
    Request request(family.id, flags);
    request.fixed(genlmsghdr{.cmd = command, .version = CARP_GENL_VERSION, .reserved = 0});
    return request;
}

std::optional<Attributes> generic_attributes(std::span<const std::byte> payload,
                                             std::uint8_t command) {
    const auto head = read_fixed<genlmsghdr>(payload);
    if (!head || head->cmd != command)
        return std::nullopt;
    return Attributes(after_header(payload));
}

Generic::Generic(std::unique_ptr<Transport> transport) noexcept
    : exchange_(std::move(transport), generic_attribute_at) {}

const GenericFamily &Generic::family(std::string_view subject) {
    if (!family_)
        family_ = find_family(exchange_, subject);
    return *family_;
}

template <class Ask> auto Generic::ask(Ask ask, std::string_view subject) {
    if (family_)
        try {
            return ask(*family_);
        } catch (const Error &error) {
            // What the module itself does not find it says in words.
            if (error.code().value() != ENOENT || error.from_kernel())
                throw;
            family_.reset();
        }
    return ask(family(subject));
}

void Generic::perform(std::uint8_t command, const Fill &fill, std::string_view subject) {
    ask(
        [&](const GenericFamily &family) {
            auto request = generic_request(family, command);
            fill(request);
            exchange_.perform(request, subject);
        },
        subject);
}

Message Generic::get(std::uint8_t command, const Fill &fill, std::string_view subject) {
    return ask(
        [&](const GenericFamily &family) {
            auto request = generic_request(family, command);
            fill(request);
            return exchange_.get(request, subject);
        },
        subject);
}

std::vector<Message> Generic::dump(std::uint8_t command, std::string_view subject) {
    return ask(
        [&](const GenericFamily &family) {
            return exchange_.dump([&] { return generic_request(family, command); }, subject);
        },
        subject);
}

std::vector<std::string> Generic::take_warnings() { return exchange_.take_warnings(); }

} // namespace carpnl::detail
