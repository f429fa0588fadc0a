// SPDX-License-Identifier: LGPL-2.1-or-later
#include "links.hpp"

#include <carpnl/error.hpp>

#include <linux/carp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>

#include <array>
#include <cerrno>
#include <utility>

namespace carpnl::detail {
namespace {

constexpr std::size_t header_size = NLMSG_ALIGN(sizeof(ifinfomsg));

Request link_request(std::uint16_t type, std::uint32_t index) {
    Request request(type, 0);
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(index);
    request.fixed(header);
    return request;
}

/// Traffic statistics are most of an answer, and nobody here reads them.
Request link_query(std::uint32_t index) {
    Request request = link_request(RTM_GETLINK, index);
    request.put_u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    return request;
}

std::vector<Link> read_links(std::vector<Message> messages) {
    std::vector<Link> links;
    for (auto &message : messages)
        if (auto link = Link::read(std::move(message)))
            links.push_back(std::move(*link));
    return links;
}

} // namespace

std::optional<Link> Link::read(Message message) {
    const auto header = read_fixed<ifinfomsg>(message.payload);
    if (message.type != RTM_NEWLINK || !header || header->ifi_index <= 0)
        return std::nullopt;
    Link link;
    link.index_ = static_cast<std::uint32_t>(header->ifi_index);
    link.flags_ = header->ifi_flags;
    link.hardware_ = header->ifi_type;
    link.payload_ = std::move(message.payload);
    const std::span<const std::byte> all(link.payload_);
    link.attributes_ = Attributes(all.subspan(std::min(header_size, all.size())));
    link.info_ = link.attributes_.nested(IFLA_LINKINFO);
    link.carp_ = link.info_.text(IFLA_INFO_KIND) == CARP_KIND;
    if (link.carp_)
        link.data_ = link.info_.nested(IFLA_INFO_DATA);
    link.name_ = link.attributes_.text(IFLA_IFNAME).value_or("");
    return link;
}

bool Link::up() const noexcept { return (flags_ & IFF_UP) != 0; }

bool Link::carrier() const noexcept { return (flags_ & IFF_RUNNING) != 0; }

bool Link::can_be_parent() const {
    constexpr unsigned unfit = IFF_LOOPBACK | IFF_NOARP | IFF_POINTOPOINT;
    if (hardware_ != ARPHRD_ETHER || (flags_ & unfit) != 0 || (flags_ & IFF_MULTICAST) == 0)
        return false;
    const auto part_of = info_.text(IFLA_INFO_SLAVE_KIND);
    return !is_carp() && part_of != "bridge" && part_of != "bond" && part_of != "team";
}

std::optional<std::uint32_t> Link::parent() const {
    auto parent = data_.u32(IFLA_CARP_PARENT);
    if (!parent)
        parent = attributes_.u32(IFLA_LINK);
    // No parent may be told by no attribute, by 0, or by the device itself.
    return parent && *parent != 0 && *parent != index_ ? parent : std::nullopt;
}

std::optional<std::uint32_t> Link::mtu() const { return attributes_.u32(IFLA_MTU); }

std::string Link::mac() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    const auto mac = attributes_.bytes(IFLA_ADDRESS);
    if (!mac)
        return text;
    for (const std::byte one : *mac) {
        if (!text.empty())
            text += ':';
        text += digits[std::to_integer<std::size_t>(one >> 4)];
        text += digits[std::to_integer<std::size_t>(one & std::byte{0xf})];
    }
    return text;
}

Attributes Link::carp_counters() const {
    return carp_ ? info_.nested(IFLA_INFO_XSTATS) : Attributes();
}

Link get_link(Exchange &exchange, std::string_view name) {
    if (name.empty())
        throw Error(EINVAL, {}, "the name of a device is empty", "name");
    Request request = link_query(0);
    request.put_text(IFLA_IFNAME, name);
    try {
        if (auto link = Link::read(exchange.get(request, name)))
            return std::move(*link);
    } catch (const Error &error) {
        if (error.code().value() == ENODEV && !error.from_kernel())
            throw Error(ENODEV, std::string(name), "no such device", "name");
        throw;
    }
    throw Error(EBADMSG, std::string(name), "the kernel's answer makes no sense");
}

std::optional<Link> find_link(Exchange &exchange, std::uint32_t index) {
    Request request = link_query(index);
    try {
        return Link::read(exchange.get(request, {}));
    } catch (const Error &error) {
        // It went away since its number was learnt, or it is out of reach in another namespace.
        if (error.code().value() == ENODEV)
            return std::nullopt;
        throw;
    }
}

std::vector<Link> all_links(Exchange &exchange) {
    return read_links(exchange.dump([] { return link_query(0); }, {}));
}

Link get_carp(Exchange &exchange, std::string_view name) {
    Link link = get_link(exchange, name);
    if (!link.is_carp())
        throw Error(ENODEV, std::string(name), "not a carp device", "name");
    return link;
}

std::vector<Link> all_carps(Exchange &exchange) {
    auto links = read_links(exchange.dump(
        [] {
            Request request = link_query(0);
            const Request::Nest info(request, IFLA_LINKINFO);
            request.put_text(IFLA_INFO_KIND, CARP_KIND);
            return request;
        },
        {}));
    // A kernel without the module does not know the kind and sends everything.
    std::erase_if(links, [](const Link &link) { return !link.is_carp(); });
    return links;
}

void set_up(Exchange &exchange, const Link &link, bool up) {
    Request request(RTM_NEWLINK, 0);
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(link.index());
    header.ifi_change = IFF_UP;
    header.ifi_flags = up ? static_cast<unsigned>(IFF_UP) : 0;
    request.fixed(header);
    exchange.perform(request, link.name());
}

} // namespace carpnl::detail
