// SPDX-License-Identifier: LGPL-2.1-or-later
#include "links.hpp"

#include <carpnl/error.hpp>

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace carpnl::detail {
namespace {

constexpr std::size_t header_size = NLMSG_ALIGN(sizeof(ifaddrmsg));

std::uint8_t system_family(const Address &address) {
    return address.family() == Family::inet ? AF_INET : AF_INET6;
}

std::optional<AddressRecord> read_address(Message message) {
    const auto header = read_fixed<ifaddrmsg>(message.payload);
    if (message.type != RTM_NEWADDR || !header ||
        (header->ifa_family != AF_INET && header->ifa_family != AF_INET6))
        return std::nullopt;
    const std::span<const std::byte> payload(message.payload);
    const Attributes attributes(payload.subspan(std::min(header_size, payload.size())));
    // IPv6 has IFA_ADDRESS alone; with IPv4 that is the other end of a point-to-point link.
    auto bytes = attributes.bytes(IFA_LOCAL);
    if (!bytes)
        bytes = attributes.bytes(IFA_ADDRESS);
    const Family family = header->ifa_family == AF_INET ? Family::inet : Family::inet6;
    const std::size_t size = family == Family::inet ? 4 : 16;
    if (!bytes || bytes->size() != size || header->ifa_prefixlen > size * 8)
        return std::nullopt;
    const Address address(family, *bytes, header->ifa_prefixlen);
    return AddressRecord{header->ifa_index, address, std::move(message.payload)};
}

Request address_request(std::uint16_t type, std::uint16_t flags, const Link &link,
                        const Address &address, std::uint8_t scope = RT_SCOPE_UNIVERSE) {
    Request request(type, flags);
    ifaddrmsg header{};
    header.ifa_family = system_family(address);
    header.ifa_prefixlen = static_cast<std::uint8_t>(address.prefix());
    header.ifa_scope = scope;
    header.ifa_index = link.index();
    request.fixed(header);
    request.put(IFA_LOCAL, address.bytes());
    return request;
}

/// The kernel's words as they are; without any, those of the system say at least which address.
void perform(Exchange &exchange, Request &request, const Link &link, const Address &address) {
    try {
        exchange.perform(request, link.name());
    } catch (const Error &error) {
        if (error.from_kernel())
            throw;
        throw Error(error.code().value(), link.name(),
                    "address " + address.to_string() + ": " + error.text(), "address");
    }
}

} // namespace

std::vector<AddressRecord> get_addresses(Exchange &exchange, std::uint32_t link,
                                         std::string_view subject) {
    auto messages = exchange.dump(
        [link] {
            Request request(RTM_GETADDR, 0);
            ifaddrmsg header{};
            header.ifa_family = AF_UNSPEC;
            header.ifa_index = link;
            request.fixed(header);
            return request;
        },
        subject);
    std::vector<AddressRecord> records;
    for (auto &message : messages)
        if (auto record = read_address(std::move(message)))
            if (link == 0 || record->link == link)
                records.push_back(std::move(*record));
    return records;
}

void add_address(Exchange &exchange, const Link &link, const Address &address) {
    Request request = address_request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, link, address);
    request.put(IFA_ADDRESS, address.bytes());
    perform(exchange, request, link, address);
}

void delete_address(Exchange &exchange, const Link &link, const Address &address) {
    Request request = address_request(RTM_DELADDR, 0, link, address);
    perform(exchange, request, link, address);
}

void restore_address(Exchange &exchange, const Link &link, const AddressRecord &record) {
    // What the kernel tells beyond these is its own bookkeeping.
    constexpr std::array<std::uint16_t, 5> kept{IFA_ADDRESS, IFA_BROADCAST, IFA_LABEL, IFA_FLAGS,
                                                IFA_RT_PRIORITY};
    const auto header = read_fixed<ifaddrmsg>(record.payload);
    const std::span<const std::byte> payload(record.payload);
    const Attributes attributes(payload.subspan(std::min(header_size, payload.size())));
    Request request = address_request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, link, record.address,
                                      header ? header->ifa_scope : 0);
    for (const std::uint16_t type : kept)
        if (const auto value = attributes.bytes(type))
            request.put(type, *value);
    perform(exchange, request, link, record.address);
}

Link parent_by_subnet(Exchange &exchange, const Address &address) {
    const auto records = get_addresses(exchange, 0, {});
    std::vector<Link> found;
    for (auto &link : all_links(exchange)) {
        if (!link.up() || !link.can_be_parent())
            continue;
        for (const auto &record : records)
            if (record.link == link.index() && record.address.subnet_contains(address)) {
                found.push_back(std::move(link));
                break;
            }
    }
    // The first in the kernel's words, for it refuses such an address likewise.
    if (found.empty())
        throw Error(EADDRNOTAVAIL, {},
                    "carp: address " + address.host() + ": no parent, and in no interface's subnet",
                    "parent");
    if (found.size() > 1)
        throw Error(ENOTUNIQ, {},
                    "carp: address " + address.host() + ": no parent, and in the subnets of both " +
                        found[0].name() + " and " + found[1].name(),
                    "parent");
    return std::move(found.front());
}

} // namespace carpnl::detail
