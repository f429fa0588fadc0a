// SPDX-License-Identifier: LGPL-2.1-or-later
#include "exchange.hpp"

#include "attributes.hpp"

#include <linux/carp.h>
#include <linux/genetlink.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <array>

namespace carpnl::detail {
namespace {

struct Name {
    std::uint16_t type;
    std::string_view name;
};

constexpr std::array<Name, 3> of_link{{
    {IFLA_IFNAME, "name"},
    {IFLA_LINK, "parent"},
    {IFLA_LINKINFO, "kind"},
}};

constexpr std::array<Name, 16> of_carp{{
    {IFLA_CARP_PARENT, "parent"},
    {IFLA_CARP_VHID, "vhid"},
    {IFLA_CARP_ADVBASE, "advbase"},
    {IFLA_CARP_ADVSKEW, "advskew"},
    {IFLA_CARP_KEY, "key"},
    {IFLA_CARP_PREEMPT, "preempt"},
    {IFLA_CARP_FORCE_STATE, "state"},
    {IFLA_CARP_ANNOUNCE_COUNT, "announce_count"},
    {IFLA_CARP_ANNOUNCE_INTERVAL, "announce_interval"},
    {IFLA_CARP_ANNOUNCE_REFRESH, "announce_refresh"},
    {IFLA_CARP_PEERS4, "peers4"},
    {IFLA_CARP_PEERS6, "peers6"},
    {IFLA_CARP_KEY_NEXT, "key_next"},
    {IFLA_CARP_GRACE, "grace"},
    {IFLA_CARP_PREEMPT_DELAY, "preempt_delay"},
    {IFLA_CARP_START_HOLD, "start_hold"},
}};

constexpr std::array<Name, 10> of_generic{{
    {CARP_A_IFINDEX, "device"},
    {CARP_A_IFNAME, "device"},
    {CARP_A_CAUSE_NAME, "cause"},
    {CARP_A_CAUSE_VALUE, "value"},
    {CARP_A_CAUSE_SCOPE, "scope"},
    {CARP_A_CAUSE_FLAGS, "flags"},
    {CARP_A_GROUP, "group"},
    {CARP_A_ADVERT, "advert"},
    {CARP_A_ADDR4, "address"},
    {CARP_A_ADDR6, "address"},
}};

template <std::size_t N> std::string find(const std::array<Name, N> &names, std::uint16_t type) {
    for (const auto &one : names)
        if (one.type == type)
            return std::string(one.name);
    return {};
}

/// The attribute of a level that the offset points at or into.
struct Hit {
    std::uint16_t type;
    std::size_t start;
    std::size_t length;
};

std::optional<Hit> hit(std::span<const std::byte> request, std::size_t from, std::size_t end,
                       std::size_t offset) {
    while (from < end) {
        const auto head = read_fixed<nlattr>(request.subspan(from, end - from));
        if (!head || head->nla_len < NLA_HDRLEN || head->nla_len > end - from)
            return std::nullopt;
        if (offset >= from && offset < from + head->nla_len)
            return Hit{static_cast<std::uint16_t>(head->nla_type & NLA_TYPE_MASK), from,
                       head->nla_len};
        from += NLA_ALIGN(static_cast<std::size_t>(head->nla_len));
    }
    return std::nullopt;
}

} // namespace

std::string attribute_at(std::span<const std::byte> request, std::uint32_t offset) {
    const auto head = read_fixed<nlmsghdr>(request);
    if (!head)
        return {};
    if (head->nlmsg_type == RTM_NEWADDR || head->nlmsg_type == RTM_DELADDR)
        return "address";
    if (head->nlmsg_type != RTM_NEWLINK)
        return {};

    auto at = hit(request, NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(ifinfomsg)), request.size(), offset);
    if (!at)
        return {};
    std::string name = find(of_link, at->type);
    // linkinfo, the carp part in it, the setting in that
    for (const auto outer : std::array<std::uint16_t, 2>{IFLA_LINKINFO, IFLA_INFO_DATA}) {
        if (at->type != outer)
            return name;
        at = hit(request, at->start + NLA_HDRLEN, at->start + at->length, offset);
        if (!at)
            return name;
        if (outer == IFLA_INFO_DATA)
            name = find(of_carp, at->type);
    }
    return name;
}

std::string generic_attribute_at(std::span<const std::byte> request, std::uint32_t offset) {
    const auto at = hit(request, NLMSG_HDRLEN + GENL_HDRLEN, request.size(), offset);
    return at ? find(of_generic, at->type) : std::string();
}

} // namespace carpnl::detail
