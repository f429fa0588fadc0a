// SPDX-License-Identifier: GPL-2.0-only
#include "rtnl.hpp"

#include "netlink_view.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>

namespace e2e {

namespace {

View nested(View bytes, unsigned type) {
    const auto found = find_attribute(bytes, type);
    return found ? found->value : View{};
}

Message link_message(std::uint16_t type, const std::string &device, unsigned flags = 0,
                     unsigned change = 0) {
    ifinfomsg header{};
    header.ifi_flags = flags;
    header.ifi_change = change;
    Message message(type, 0, view_of(header));
    message.put_text(IFLA_IFNAME, device);
    return message;
}

} // namespace

Link Link::parse(View body) {
    const auto header = load<ifinfomsg>(body, 0);
    Link link;
    link.index = header.ifi_index;
    link.flags = header.ifi_flags;
    for (const Attribute &attribute : attributes(body.subspan(align4(sizeof header)))) {
        switch (attribute.type) {
        case IFLA_IFNAME:
            link.name = attribute.text();
            break;
        case IFLA_OPERSTATE:
            link.oper_state = static_cast<unsigned>(attribute.number());
            break;
        case IFLA_CARRIER:
            link.carrier = attribute.number() != 0;
            break;
        case IFLA_ADDRESS: {
            std::array<char, 4> byte{};
            for (const std::uint8_t b : attribute.value) {
                std::snprintf(byte.data(), byte.size(), "%02x", b);
                link.mac += (link.mac.empty() ? "" : ":") + std::string{byte.data()};
            }
            break;
        }
        case IFLA_LINKINFO: {
            if (const auto kind = find_attribute(attribute.value, IFLA_INFO_KIND))
                link.kind = kind->text();
            if (const auto state = find_attribute(nested(attribute.value, IFLA_INFO_SLAVE_DATA),
                                                  IFLA_BRPORT_STATE))
                link.port_state = static_cast<unsigned>(state->number());
            const View data = nested(attribute.value, IFLA_INFO_DATA);
            link.info_data.assign(data.begin(), data.end());
            const View xstats = nested(attribute.value, IFLA_INFO_XSTATS);
            link.info_xstats.assign(xstats.begin(), xstats.end());
            break;
        }
        default:
            break;
        }
    }
    return link;
}

Rtnl::Rtnl(std::uint32_t groups) : Netlink(NETLINK_ROUTE, groups) {}

void Rtnl::set_up(const std::string &device, bool up) {
    demand(link_message(RTM_NEWLINK, device, up ? IFF_UP : 0, IFF_UP),
           "set " + device + (up ? " up" : " down"));
}

void Rtnl::add_bridge(const std::string &device) {
    Message message = link_message(RTM_NEWLINK, device);
    message.add_flags(NLM_F_CREATE | NLM_F_EXCL);
    const std::size_t info = message.begin(IFLA_LINKINFO);
    message.put_text(IFLA_INFO_KIND, "bridge");
    const std::size_t data = message.begin(IFLA_INFO_DATA);
    message.put_u32(IFLA_BR_STP_STATE, 0);
    message.put_u32(IFLA_BR_FORWARD_DELAY, 0);
    message.put_u8(IFLA_BR_MCAST_SNOOPING, 0);
    message.end(data);
    message.end(info);
    demand(message, "add bridge " + device);
}

void Rtnl::add_veth(const std::string &device, const std::string &peer, int peer_namespace,
                    View peer_mac) {
    Message message = link_message(RTM_NEWLINK, device);
    message.add_flags(NLM_F_CREATE | NLM_F_EXCL);
    const std::size_t info = message.begin(IFLA_LINKINFO);
    message.put_text(IFLA_INFO_KIND, "veth");
    const std::size_t data = message.begin(IFLA_INFO_DATA);
    const std::size_t other = message.begin(VETH_INFO_PEER);
    message.put_header(view_of(ifinfomsg{}));
    message.put_text(IFLA_IFNAME, peer);
    message.put(IFLA_ADDRESS, peer_mac);
    message.put_u32(IFLA_NET_NS_FD, static_cast<std::uint32_t>(peer_namespace));
    message.end(other);
    message.end(data);
    message.end(info);
    demand(message, "add a cable for " + peer);
}

void Rtnl::set_master(const std::string &device, const std::string &master) {
    Message message = link_message(RTM_NEWLINK, device);
    message.put_u32(IFLA_MASTER, static_cast<std::uint32_t>(link(master).value().index));
    demand(message, "make " + device + " a port of " + master);
}

void Rtnl::add_address(const std::string &device, View address, unsigned prefix, bool nodad) {
    const bool v4 = address.size() == sizeof(in_addr);
    ifaddrmsg header{};
    header.ifa_family = v4 ? AF_INET : AF_INET6;
    header.ifa_prefixlen = static_cast<std::uint8_t>(prefix);
    header.ifa_flags = !v4 && nodad ? IFA_F_NODAD : 0;
    header.ifa_index = static_cast<std::uint32_t>(link(device).value().index);
    Message message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, view_of(header));
    message.put(IFA_LOCAL, address);
    message.put(IFA_ADDRESS, address);
    demand(message, "add an address to " + device);
}

void Rtnl::set_port_state(int index, std::uint8_t state) {
    ifinfomsg header{};
    header.ifi_family = AF_BRIDGE;
    header.ifi_index = index;
    Message message(RTM_SETLINK, 0, view_of(header));
    const std::size_t nest = message.begin(IFLA_PROTINFO);
    message.put_u8(IFLA_BRPORT_STATE, state);
    message.end(nest);
    demand(message, "set the state of bridge port " + std::to_string(index));
}

std::optional<Refusal> Rtnl::set_info(const std::string &device, const std::string &kind,
                                      unsigned type, std::uint32_t value) {
    Message message = link_message(RTM_NEWLINK, device);
    const std::size_t info = message.begin(IFLA_LINKINFO);
    message.put_text(IFLA_INFO_KIND, kind);
    const std::size_t data = message.begin(IFLA_INFO_DATA);
    message.put_u32(type, value);
    message.end(data);
    message.end(info);
    return ask(message);
}

void Rtnl::remove_link(const std::string &device) {
    demand(link_message(RTM_DELLINK, device), "remove " + device);
}

std::optional<Link> Rtnl::link(const std::string &device) {
    std::vector<Answer> answers;
    if (const auto refusal = ask(link_message(RTM_GETLINK, device), &answers)) {
        if (refusal->error == ENODEV)
            return std::nullopt;
        throw std::system_error(refusal->error, std::generic_category(), "read link " + device);
    }
    return Link::parse(answers.at(0).body);
}

} // namespace e2e
