// SPDX-License-Identifier: GPL-2.0-only
#include "rtnl.hpp"

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

constexpr std::size_t biggest_answer = 65536;

std::size_t align4(std::size_t n) { return (n + 3) & ~std::size_t{3}; }

template <class T> View view_of(const T &object) {
    return {reinterpret_cast<const std::uint8_t *>(&object), sizeof object};
}

template <class T> T load(View bytes, std::size_t offset) {
    T value{};
    if (offset + sizeof value > bytes.size())
        throw std::runtime_error("short netlink message");
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

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

std::uint64_t Attribute::number() const {
    std::uint64_t result = 0;
    if (value.size() > sizeof result)
        throw std::runtime_error("netlink attribute is no number");
    std::memcpy(&result, value.data(), value.size());
    return result;
}

std::string Attribute::text() const {
    std::string result(value.begin(), value.end());
    while (!result.empty() && result.back() == '\0')
        result.pop_back();
    return result;
}

std::vector<Attribute> attributes(View bytes) {
    std::vector<Attribute> list;
    while (bytes.size() >= sizeof(nlattr)) {
        const auto header = load<nlattr>(bytes, 0);
        if (header.nla_len < sizeof header || header.nla_len > bytes.size())
            throw std::runtime_error("malformed netlink attribute");
        list.push_back({static_cast<unsigned>(header.nla_type & NLA_TYPE_MASK),
                        bytes.subspan(sizeof header, header.nla_len - sizeof header)});
        bytes = bytes.subspan(std::min(bytes.size(), align4(header.nla_len)));
    }
    return list;
}

std::optional<Attribute> find_attribute(View bytes, unsigned type) {
    for (const Attribute &attribute : attributes(bytes))
        if (attribute.type == type)
            return attribute;
    return std::nullopt;
}

Message::Message(std::uint16_t type, std::uint16_t flags, View header) {
    nlmsghdr head{};
    head.nlmsg_type = type;
    head.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    const View head_bytes = view_of(head);
    bytes_.assign(head_bytes.begin(), head_bytes.end());
    bytes_.insert(bytes_.end(), header.begin(), header.end());
    bytes_.resize(align4(bytes_.size()));
}

Message &Message::put(unsigned type, View value) {
    nlattr header{};
    header.nla_type = static_cast<std::uint16_t>(type);
    header.nla_len = static_cast<std::uint16_t>(sizeof header + value.size());
    const View header_bytes = view_of(header);
    bytes_.insert(bytes_.end(), header_bytes.begin(), header_bytes.end());
    bytes_.insert(bytes_.end(), value.begin(), value.end());
    bytes_.resize(align4(bytes_.size()));
    return *this;
}

Message &Message::put_header(View header) {
    bytes_.insert(bytes_.end(), header.begin(), header.end());
    bytes_.resize(align4(bytes_.size()));
    return *this;
}

void Message::add_flags(std::uint16_t flags) {
    std::uint16_t all = 0;
    std::memcpy(&all, bytes_.data() + offsetof(nlmsghdr, nlmsg_flags), sizeof all);
    all |= flags;
    std::memcpy(bytes_.data() + offsetof(nlmsghdr, nlmsg_flags), &all, sizeof all);
}

Message &Message::put_u8(unsigned type, std::uint8_t value) { return put(type, view_of(value)); }

Message &Message::put_u32(unsigned type, std::uint32_t value) { return put(type, view_of(value)); }

Message &Message::put_text(unsigned type, const std::string &value) {
    return put(type, {reinterpret_cast<const std::uint8_t *>(value.c_str()), value.size() + 1});
}

std::size_t Message::begin(unsigned type) {
    const std::size_t start = bytes_.size();
    put(type | NLA_F_NESTED, {});
    return start;
}

void Message::end(std::size_t nest) {
    const auto length = static_cast<std::uint16_t>(bytes_.size() - nest);
    std::memcpy(bytes_.data() + nest + offsetof(nlattr, nla_len), &length, sizeof length);
}

Bytes Message::finish(std::uint32_t sequence) const {
    Bytes bytes = bytes_;
    const auto length = static_cast<std::uint32_t>(bytes.size());
    std::memcpy(bytes.data() + offsetof(nlmsghdr, nlmsg_len), &length, sizeof length);
    std::memcpy(bytes.data() + offsetof(nlmsghdr, nlmsg_seq), &sequence, sizeof sequence);
    return bytes;
}

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

Rtnl::Rtnl(std::uint32_t groups)
    : socket_(check(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), "rtnetlink")) {
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = groups;
    check(bind(socket_.fd(), reinterpret_cast<sockaddr *>(&address), sizeof address),
          "bind rtnetlink");
    const int on = 1;
    setsockopt(socket_.fd(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
    setsockopt(socket_.fd(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
    const int room = 4 << 20;
    setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
}

std::optional<Refusal> Rtnl::exchange(const Message &message, Bytes *answer) {
    const std::scoped_lock lock(mutex_);
    const std::uint32_t sequence = ++sequence_;
    const Bytes request = message.finish(sequence);
    if (send(socket_.fd(), request.data(), request.size(), 0) < 0)
        throw_errno("send to rtnetlink");
    Bytes buffer(biggest_answer);
    for (;;) {
        const ssize_t got = recv(socket_.fd(), buffer.data(), buffer.size(), 0);
        if (got < 0)
            throw_errno("receive from rtnetlink");
        View rest{buffer.data(), static_cast<std::size_t>(got)};
        while (rest.size() >= sizeof(nlmsghdr)) {
            const auto head = load<nlmsghdr>(rest, 0);
            const View body = rest.subspan(sizeof head, head.nlmsg_len - sizeof head);
            rest = rest.subspan(std::min(rest.size(), align4(head.nlmsg_len)));
            if (head.nlmsg_seq != sequence)
                continue;
            if (head.nlmsg_type != NLMSG_ERROR) {
                if (answer != nullptr)
                    answer->assign(body.begin(), body.end());
                continue;
            }
            const int error = load<nlmsgerr>(body, 0).error;
            if (error == 0)
                return std::nullopt;
            Refusal refusal{-error, {}, {}};
            if ((head.nlmsg_flags & NLM_F_ACK_TLVS) != 0) {
                for (const Attribute &note : attributes(body.subspan(sizeof(nlmsgerr)))) {
                    if (note.type == NLMSGERR_ATTR_MSG)
                        refusal.text = note.text();
                    if (note.type == NLMSGERR_ATTR_OFFS)
                        refusal.offset = static_cast<std::uint32_t>(note.number());
                }
            }
            return refusal;
        }
    }
}

std::optional<Refusal> Rtnl::ask(const Message &message) { return exchange(message, nullptr); }

void Rtnl::demand(const Message &message, const std::string &what) {
    if (const auto refusal = ask(message))
        throw std::system_error(refusal->error, std::generic_category(),
                                what + (refusal->text.empty() ? "" : " (" + refusal->text + ")"));
}

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

void Rtnl::remove_link(const std::string &device) {
    demand(link_message(RTM_DELLINK, device), "remove " + device);
}

std::optional<Link> Rtnl::link(const std::string &device) {
    Bytes body;
    if (const auto refusal = exchange(link_message(RTM_GETLINK, device), &body)) {
        if (refusal->error == ENODEV)
            return std::nullopt;
        throw std::system_error(refusal->error, std::generic_category(), "read link " + device);
    }
    return Link::parse(body);
}

bool Rtnl::drain(const std::function<void(std::uint16_t, View)> &take) {
    bool complete = true;
    Bytes buffer(biggest_answer);
    for (;;) {
        const ssize_t got = recv(socket_.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (got < 0 && errno == ENOBUFS) {
            complete = false;
            continue;
        }
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return complete;
        if (got < 0)
            throw_errno("receive from rtnetlink");
        View rest{buffer.data(), static_cast<std::size_t>(got)};
        while (rest.size() >= sizeof(nlmsghdr)) {
            const auto head = load<nlmsghdr>(rest, 0);
            take(head.nlmsg_type, rest.subspan(sizeof head, head.nlmsg_len - sizeof head));
            rest = rest.subspan(std::min(rest.size(), align4(head.nlmsg_len)));
        }
    }
}

} // namespace e2e
