// SPDX-License-Identifier: GPL-2.0-or-later
#include "link_facts.hpp"

#include <carpnl/error.hpp>

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <span>

namespace carpctl {
namespace {

using carpnl::Address;
using carpnl::Error;
using carpnl::Family;
using Bytes = std::span<const std::byte>;
using Attributes = std::map<unsigned, Bytes>;

template <class Value> Value read(Bytes bytes) {
    Value value{};
    std::memcpy(&value, bytes.data(), std::min(sizeof(value), bytes.size()));
    return value;
}

/// Whatever does not fit ends the list.
Attributes attributes(Bytes bytes) {
    Attributes all;
    while (bytes.size() >= sizeof(rtattr)) {
        const auto head = read<rtattr>(bytes);
        if (head.rta_len < sizeof(rtattr) || head.rta_len > bytes.size())
            break;
        all[head.rta_type & NLA_TYPE_MASK] =
            bytes.subspan(sizeof(rtattr), head.rta_len - sizeof(rtattr));
        bytes = bytes.subspan(std::min<std::size_t>(RTA_ALIGN(head.rta_len), bytes.size()));
    }
    return all;
}

std::string text(Bytes bytes) {
    std::string value(bytes.size(), '\0');
    std::memcpy(value.data(), bytes.data(), bytes.size());
    return value.substr(0, value.find('\0'));
}

class RouteSocket {
  public:
    RouteSocket() : fd_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {
        if (fd_ < 0)
            throw Error(errno, {}, {});
    }
    RouteSocket(const RouteSocket &) = delete;
    RouteSocket &operator=(const RouteSocket &) = delete;
    ~RouteSocket() { ::close(fd_); }

    /// Hands over what is behind the header of each answer.
    template <class Body, class Callback>
    void ask(std::uint16_t type, bool dump, const Body &body, const Callback &callback) {
        struct {
            nlmsghdr head;
            Body body;
        } request{.head = {.nlmsg_len = sizeof(request),
                           .nlmsg_type = type,
                           .nlmsg_flags = static_cast<std::uint16_t>(
                               NLM_F_REQUEST | (dump ? NLM_F_DUMP : NLM_F_ACK)),
                           .nlmsg_seq = ++sequence_,
                           .nlmsg_pid = 0},
                  .body = body};
        if (::send(fd_, &request, sizeof(request), 0) < 0)
            throw Error(errno, {}, {});
        while (receive(callback)) {
        }
    }

  private:
    /// Returns whether there is more to come.
    template <class Callback> bool receive(const Callback &callback) {
        const auto length = ::recv(fd_, buffer_.data(), buffer_.size(), 0);
        if (length < 0 && errno == EINTR)
            return true;
        if (length < 0)
            throw Error(errno, {}, {});
        auto left = Bytes(buffer_).first(static_cast<std::size_t>(length));
        while (left.size() >= sizeof(nlmsghdr)) {
            const auto head = read<nlmsghdr>(left);
            if (head.nlmsg_len < sizeof(nlmsghdr) || head.nlmsg_len > left.size())
                throw Error(EBADMSG, {}, {});
            const auto payload = left.subspan(sizeof(nlmsghdr), head.nlmsg_len - sizeof(nlmsghdr));
            if (head.nlmsg_seq == sequence_) {
                if (head.nlmsg_type == NLMSG_DONE)
                    return false;
                if (head.nlmsg_type == NLMSG_ERROR) {
                    if (const int error = read<std::int32_t>(payload); error != 0)
                        throw Error(-error, {}, {});
                    return false;
                }
                callback(payload);
            }
            left = left.subspan(std::min<std::size_t>(NLMSG_ALIGN(head.nlmsg_len), left.size()));
        }
        return true;
    }

    int fd_;
    std::uint32_t sequence_ = 0;
    std::array<std::byte, 65536> buffer_{};
};

template <class Body> Bytes behind(Bytes payload) {
    return payload.subspan(std::min<std::size_t>(NLMSG_ALIGN(sizeof(Body)), payload.size()));
}

std::optional<Address> address(unsigned family, Bytes bytes, unsigned prefix) {
    if (family == AF_INET && bytes.size() == 4 && prefix <= 32)
        return Address(Family::inet, bytes, prefix);
    if (family == AF_INET6 && bytes.size() == 16 && prefix <= 128)
        return Address(Family::inet6, bytes, prefix);
    return std::nullopt;
}

std::vector<Address> addresses_of(RouteSocket &socket, unsigned index) {
    std::vector<Address> all;
    socket.ask(RTM_GETADDR, true, ifaddrmsg{}, [&](Bytes payload) {
        const auto head = read<ifaddrmsg>(payload);
        if (head.ifa_index != index)
            return;
        const auto parts = attributes(behind<ifaddrmsg>(payload));
        // With a peer the one is ours and the other the peer's.
        auto part = parts.find(IFA_LOCAL);
        if (part == parts.end())
            part = parts.find(IFA_ADDRESS);
        if (part != parts.end())
            if (const auto one = address(head.ifa_family, part->second, head.ifa_prefixlen))
                all.push_back(*one);
    });
    return all;
}

std::vector<Claim> neighbours_of(RouteSocket &socket, unsigned index) {
    std::vector<Claim> all;
    socket.ask(RTM_GETNEIGH, true, ndmsg{}, [&](Bytes payload) {
        const auto head = read<ndmsg>(payload);
        const auto parts = attributes(behind<ndmsg>(payload));
        const auto mac = parts.find(NDA_LLADDR);
        const auto host = parts.find(NDA_DST);
        if (head.ndm_ifindex != static_cast<int>(index) || mac == parts.end() ||
            host == parts.end() || mac->second.size() != MacAddress().size())
            return;
        const auto bytes = read<MacAddress>(mac->second);
        constexpr MacAddress start{0x00, 0x00, 0x5e, 0x00, 0x01, 0x00};
        const unsigned prefix = head.ndm_family == AF_INET ? 32 : 128;
        const auto one = address(head.ndm_family, host->second, prefix);
        if (one && std::equal(bytes.begin(), bytes.end() - 1, start.begin()))
            all.push_back({.vhid = bytes.back(), .address = *one});
    });
    return all;
}

bool flag(const Attributes &parts, unsigned type) {
    const auto part = parts.find(type);
    return part != parts.end() && read<std::uint8_t>(part->second) != 0;
}

/// An address of a querier is there only if there is one.
bool querier_heard(const Attributes &data) {
    const auto state = data.find(IFLA_BR_MCAST_QUERIER_STATE);
    if (state == data.end())
        return false;
    const auto parts = attributes(state->second);
    return parts.contains(BRIDGE_QUERIER_IP_ADDRESS) || parts.contains(BRIDGE_QUERIER_IPV6_ADDRESS);
}

struct Link {
    std::string name;
    std::string kind;
    unsigned lower = 0; ///< of this namespace; 0: none
    std::optional<Bridge> bridge;
};

Link link_of(RouteSocket &socket, unsigned index) {
    Link link;
    ifinfomsg body{};
    body.ifi_index = static_cast<int>(index);
    socket.ask(RTM_GETLINK, false, body, [&](Bytes payload) {
        const auto parts = attributes(behind<ifinfomsg>(payload));
        if (const auto name = parts.find(IFLA_IFNAME); name != parts.end())
            link.name = text(name->second);
        if (const auto lower = parts.find(IFLA_LINK);
            lower != parts.end() && !parts.contains(IFLA_LINK_NETNSID))
            link.lower = read<std::uint32_t>(lower->second);
        const auto info = parts.find(IFLA_LINKINFO);
        if (info == parts.end())
            return;
        const auto details = attributes(info->second);
        if (const auto kind = details.find(IFLA_INFO_KIND); kind != details.end())
            link.kind = text(kind->second);
        const auto data = details.find(IFLA_INFO_DATA);
        if (link.kind != "bridge" || data == details.end())
            return;
        const auto settings = attributes(data->second);
        link.bridge = {.name = link.name,
                       .snooping = flag(settings, IFLA_BR_MCAST_SNOOPING),
                       .querier = flag(settings, IFLA_BR_MCAST_QUERIER) || querier_heard(settings)};
    });
    return link;
}

} // namespace

LinkFacts look_at(const std::string &interface) {
    const auto index = ::if_nametoindex(interface.c_str());
    if (index == 0)
        throw Error(ENODEV, interface, "no such device");
    RouteSocket socket;
    LinkFacts facts{.addresses = addresses_of(socket, index),
                    .bridge = std::nullopt,
                    .neighbours = neighbours_of(socket, index)};
    auto link = link_of(socket, index);
    // QinQ is two VLANs; there is no more below them.
    for (int depth = 0; depth < 2 && link.kind == "vlan" && link.lower != 0; ++depth)
        link = link_of(socket, link.lower);
    facts.bridge = link.bridge;
    return facts;
}

} // namespace carpctl
