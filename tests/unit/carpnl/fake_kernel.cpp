// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_kernel.hpp"

#include "socket_impl.hpp"

#include <linux/carp.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace carptest {
namespace {

using carpnl::Address;
using carpnl::Family;
using carpnl::detail::Attributes;
using carpnl::detail::read_fixed;
using carpnl::detail::Request;

constexpr std::size_t link_header = NLMSG_ALIGN(sizeof(ifinfomsg));
constexpr std::size_t address_header = NLMSG_ALIGN(sizeof(ifaddrmsg));

std::span<const std::byte> after(std::span<const std::byte> payload, std::size_t header) {
    return payload.subspan(std::min(header, payload.size()));
}

std::uint8_t family_of(const Address &address) {
    return address.family() == Family::inet ? AF_INET : AF_INET6;
}

std::string text_of(std::span<const std::byte> bytes) {
    std::string text;
    for (const std::byte one : bytes)
        text += static_cast<char>(one);
    return text;
}

/// Where the value of a span lies in the message that it is a part of.
std::uint32_t offset_of(std::span<const std::byte> whole, std::span<const std::byte> value) {
    return static_cast<std::uint32_t>(value.data() - whole.data() - NLA_HDRLEN);
}

} // namespace

class FakeKernel::Wire final : public carpnl::detail::Transport {
  public:
    explicit Wire(FakeKernel &kernel) : kernel_(kernel) {}

    void send(std::span<const std::byte> message) override { kernel_.handle(message); }

    std::vector<std::byte> receive() override {
        if (kernel_.answers_.empty())
            throw std::logic_error("the library waits for an answer that never comes");
        Bytes next = std::move(kernel_.answers_.front());
        kernel_.answers_.pop_front();
        return next;
    }

  private:
    FakeKernel &kernel_;
};

FakeKernel::FakeKernel() {
    FakeLink loopback;
    loopback.name = "lo";
    loopback.flags = IFF_UP | IFF_LOOPBACK;
    loopback.hardware = 772;
    links_[next_index_++] = loopback;
}

std::uint32_t FakeKernel::add_ethernet(const std::string &name,
                                       const std::vector<std::string> &addresses) {
    FakeLink link;
    link.name = name;
    link.flags = IFF_UP | IFF_BROADCAST | IFF_MULTICAST;
    for (const auto &address : addresses)
        link.addresses.push_back(Address::parse(address));
    links_[next_index_] = link;
    return next_index_++;
}

std::uint32_t FakeKernel::add_carp(const std::string &name) {
    const auto index = add_ethernet(name, {});
    links_[index].kind = CARP_KIND;
    links_[index].flags &= ~static_cast<unsigned>(IFF_UP);
    return index;
}

FakeLink &FakeKernel::link(const std::string &name) {
    for (auto &[index, link] : links_)
        if (link.name == name)
            return link;
    throw std::out_of_range("no link " + name);
}

bool FakeKernel::exists(const std::string &name) const {
    return std::any_of(links_.begin(), links_.end(),
                       [&](const auto &one) { return one.second.name == name; });
}

carpnl::Socket FakeKernel::socket() {
    return carpnl::Socket(
        std::make_unique<carpnl::Socket::Impl>(std::make_unique<Wire>(*this), generic.wire()));
}

void FakeKernel::answer(std::uint16_t type, std::uint16_t flags, std::uint32_t sequence,
                        std::span<const std::byte> payload) {
    Bytes message(NLMSG_HDRLEN + payload.size());
    nlmsghdr head{};
    head.nlmsg_len = static_cast<std::uint32_t>(message.size());
    head.nlmsg_type = type;
    head.nlmsg_flags = flags;
    head.nlmsg_seq = sequence;
    const auto bytes = std::as_bytes(std::span(&head, 1));
    std::copy(bytes.begin(), bytes.end(), message.begin());
    std::copy(payload.begin(), payload.end(), message.begin() + NLMSG_HDRLEN);
    answers_.push_back(std::move(message));
}

void FakeKernel::acknowledge(const nlmsghdr &head, const std::optional<Refusal> &refusal) {
    nlmsgerr error{};
    error.error = refusal ? -refusal->code : 0;
    error.msg = head;
    Request message(NLMSG_ERROR, 0);
    message.fixed(error);
    const std::string text = refusal ? refusal->text : std::exchange(remark, {});
    if (!text.empty())
        message.put_text(NLMSGERR_ATTR_MSG, text);
    if (refusal && refusal->offset)
        message.put_u32(NLMSGERR_ATTR_OFFS, *refusal->offset);
    answer(NLMSG_ERROR, NLM_F_CAPPED | (text.empty() ? 0 : NLM_F_ACK_TLVS), head.nlmsg_seq,
           message.bytes().subspan(NLMSG_HDRLEN));
}

std::map<std::uint32_t, FakeLink>::iterator FakeKernel::find(std::span<const std::byte> payload) {
    const auto header = read_fixed<ifinfomsg>(payload);
    if (header && header->ifi_index != 0)
        return links_.find(static_cast<std::uint32_t>(header->ifi_index));
    const auto name = Attributes(after(payload, link_header)).text(IFLA_IFNAME);
    return std::find_if(links_.begin(), links_.end(),
                        [&](const auto &one) { return one.second.name == name; });
}

Bytes FakeKernel::describe_link(std::uint32_t index, const FakeLink &link) const {
    Request message(RTM_NEWLINK, 0, 16384);
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(index);
    header.ifi_type = link.hardware;
    header.ifi_flags = link.flags;
    const bool running = (link.flags & IFF_UP) != 0 && link.carrier;
    if (running)
        header.ifi_flags |= IFF_RUNNING;
    message.fixed(header);
    message.put_text(IFLA_IFNAME, link.name);
    message.put_u32(IFLA_MTU, 1500);
    if (link.parent != 0)
        message.put_u32(IFLA_LINK, link.parent);
    if (!link.kind.empty() || !link.master_kind.empty()) {
        const Request::Nest info(message, IFLA_LINKINFO);
        if (!link.kind.empty())
            message.put_text(IFLA_INFO_KIND, link.kind);
        if (!link.master_kind.empty())
            message.put_text(IFLA_INFO_SLAVE_KIND, link.master_kind);
        if (link.kind == CARP_KIND) {
            const Request::Nest data(message, IFLA_INFO_DATA);
            const std::byte set{
                static_cast<std::uint8_t>((link.key.empty() ? 0 : CARP_KEY_SET_PRESENT) |
                                          (link.key_next.empty() ? 0 : CARP_KEY_SET_NEXT))};
            message.put_u32(IFLA_CARP_PARENT, link.parent)
                .put_u32(IFLA_CARP_VHID, link.vhid)
                .put_u32(IFLA_CARP_ADVBASE, link.advbase)
                .put_u32(IFLA_CARP_ADVSKEW, link.advskew)
                .put_u32(IFLA_CARP_PREEMPT, link.preempt)
                .put_u32(IFLA_CARP_GRACE, link.grace)
                .put_u32(IFLA_CARP_PREEMPT_DELAY, link.preempt_delay)
                .put_u32(IFLA_CARP_START_HOLD, link.start_hold)
                .put_u32(IFLA_CARP_ANNOUNCE_COUNT, link.announce_count)
                .put_u32(IFLA_CARP_ANNOUNCE_INTERVAL, link.announce_interval)
                .put_u32(IFLA_CARP_ANNOUNCE_REFRESH, link.announce_refresh)
                .put_u32(IFLA_CARP_STATE, link.state)
                .put(IFLA_CARP_KEY_SET, std::span(&set, 1));
            const auto put_peers = [&](std::uint16_t type, std::uint16_t entry,
                                       const std::vector<Address> &hosts) {
                const Request::Nest list(message, type);
                for (const auto &host : hosts)
                    message.put(entry, host.bytes());
            };
            put_peers(IFLA_CARP_PEERS4, CARP_PEERS_ADDR4, link.peers4);
            put_peers(IFLA_CARP_PEERS6, CARP_PEERS_ADDR6, link.peers6);
        }
    }
    const auto bytes = message.bytes().subspan(NLMSG_HDRLEN);
    return {bytes.begin(), bytes.end()};
}

Bytes FakeKernel::describe_address(std::uint32_t index, const FakeLink &link,
                                   const Address &address) const {
    Request message(RTM_NEWADDR, 0);
    ifaddrmsg header{};
    header.ifa_family = family_of(address);
    header.ifa_prefixlen = static_cast<std::uint8_t>(address.prefix());
    header.ifa_index = index;
    message.fixed(header);
    message.put(IFA_ADDRESS, address.bytes());
    if (address.family() == Family::inet)
        message.put(IFA_LOCAL, address.bytes()).put_text(IFA_LABEL, link.name);
    const auto bytes = message.bytes().subspan(NLMSG_HDRLEN);
    return {bytes.begin(), bytes.end()};
}

void FakeKernel::handle(std::span<const std::byte> message) {
    const auto head = read_fixed<nlmsghdr>(message).value();
    const auto payload = message.subspan(NLMSG_HDRLEN);
    if ((head.nlmsg_flags & NLM_F_REQUEST) == 0 || head.nlmsg_len != message.size())
        throw std::logic_error("not a request");

    const bool get = head.nlmsg_type == RTM_GETLINK || head.nlmsg_type == RTM_GETADDR;
    if (!get || refuse) {
        if (const auto refusal = refuse ? refuse(head, message) : std::nullopt)
            return acknowledge(head, refusal);
    }
    if (!get)
        return acknowledge(head, perform(head, message, payload));

    if ((head.nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP) {
        const auto found = find(payload);
        if (found == links_.end())
            return acknowledge(head, Refusal{ENODEV, {}, {}});
        return answer(RTM_NEWLINK, 0, head.nlmsg_seq, describe_link(found->first, found->second));
    }

    std::uint16_t flags = NLM_F_MULTI;
    if (interruptions > 0) {
        --interruptions;
        flags |= NLM_F_DUMP_INTR;
    }
    for (const auto &[index, link] : links_) {
        if (head.nlmsg_type == RTM_GETLINK)
            answer(RTM_NEWLINK, flags, head.nlmsg_seq, describe_link(index, link));
        else
            for (const auto &address : link.addresses)
                answer(RTM_NEWADDR, flags, head.nlmsg_seq, describe_address(index, link, address));
    }
    const std::int32_t done = 0;
    answer(NLMSG_DONE, flags, head.nlmsg_seq, std::as_bytes(std::span(&done, 1)));
}

std::optional<Refusal> FakeKernel::perform(const nlmsghdr &head, std::span<const std::byte> whole,
                                           std::span<const std::byte> payload) {
    switch (head.nlmsg_type) {
    case RTM_NEWLINK:
        return newlink(head, whole, payload);
    case RTM_DELLINK: {
        const auto found = find(payload);
        if (found == links_.end())
            return Refusal{ENODEV, {}, {}};
        log.push_back("dellink " + found->second.name);
        links_.erase(found);
        return std::nullopt;
    }
    case RTM_NEWADDR:
    case RTM_DELADDR:
        return address_request(head, payload);
    default:
        return Refusal{EOPNOTSUPP, {}, {}};
    }
}

std::optional<Refusal> FakeKernel::newlink(const nlmsghdr &head, std::span<const std::byte> whole,
                                           std::span<const std::byte> payload) {
    const auto header = read_fixed<ifinfomsg>(payload).value();
    const Attributes attributes(after(payload, link_header));
    const Attributes info = attributes.nested(IFLA_LINKINFO);
    auto found = find(payload);
    if (found != links_.end() && (head.nlmsg_flags & NLM_F_EXCL) != 0)
        return Refusal{EEXIST, {}, {}};
    if (found == links_.end() && (head.nlmsg_flags & NLM_F_CREATE) == 0)
        return Refusal{ENODEV, {}, {}};

    if (found == links_.end()) {
        FakeLink link;
        link.name = attributes.text(IFLA_IFNAME).value_or("");
        link.kind = info.text(IFLA_INFO_KIND).value_or("");
        link.flags = IFF_BROADCAST | IFF_MULTICAST;
        log.push_back("create " + link.name);
        if (auto refusal = change_carp(link, info.nested(IFLA_INFO_DATA), whole))
            return refusal;
        links_[next_index_++] = link;
        return std::nullopt;
    }
    if (info.text(IFLA_INFO_KIND))
        if (auto refusal = change_carp(found->second, info.nested(IFLA_INFO_DATA), whole))
            return refusal;
    if ((header.ifi_change & IFF_UP) != 0) {
        found->second.flags = (found->second.flags & ~static_cast<unsigned>(IFF_UP)) |
                              (header.ifi_flags & static_cast<unsigned>(IFF_UP));
        log.emplace_back((header.ifi_flags & IFF_UP) != 0 ? "up" : "down");
    }
    return std::nullopt;
}

std::optional<Refusal> FakeKernel::change_carp(FakeLink &link, const Attributes &data,
                                               std::span<const std::byte> whole) {
    FakeLink changed = link;
    std::string words;
    const auto take = [&](std::uint16_t type, const char *word, std::uint32_t &into) {
        if (const auto value = data.u32(type)) {
            into = *value;
            words.append(" ").append(word);
        }
    };
    take(IFLA_CARP_PARENT, "parent", changed.parent);
    take(IFLA_CARP_VHID, "vhid", changed.vhid);
    take(IFLA_CARP_ADVBASE, "advbase", changed.advbase);
    take(IFLA_CARP_ADVSKEW, "advskew", changed.advskew);
    take(IFLA_CARP_PREEMPT, "preempt", changed.preempt);
    take(IFLA_CARP_GRACE, "grace", changed.grace);
    take(IFLA_CARP_PREEMPT_DELAY, "preempt_delay", changed.preempt_delay);
    take(IFLA_CARP_START_HOLD, "start_hold", changed.start_hold);
    take(IFLA_CARP_ANNOUNCE_COUNT, "announce_count", changed.announce_count);
    take(IFLA_CARP_ANNOUNCE_INTERVAL, "announce_interval", changed.announce_interval);
    take(IFLA_CARP_ANNOUNCE_REFRESH, "announce_refresh", changed.announce_refresh);
    const auto take_peers = [&](std::uint16_t type, const char *word, carpnl::Family family,
                                std::vector<Address> &into) {
        if (!data.bytes(type))
            return;
        words.append(" ").append(word);
        into.clear();
        const bool v4 = family == carpnl::Family::inet;
        for (const auto &one : data.nested(type).every(v4 ? CARP_PEERS_ADDR4 : CARP_PEERS_ADDR6))
            into.emplace_back(family, one, v4 ? 32U : 128U);
    };
    take_peers(IFLA_CARP_PEERS4, "peers4", carpnl::Family::inet, changed.peers4);
    take_peers(IFLA_CARP_PEERS6, "peers6", carpnl::Family::inet6, changed.peers6);
    if (const auto key = data.bytes(IFLA_CARP_KEY)) {
        changed.key = text_of(*key);
        words += " key";
    }
    if (const auto next = data.bytes(IFLA_CARP_KEY_NEXT)) {
        changed.key_next = text_of(*next);
        words += " key_next";
    }
    if (const auto state = data.u32(IFLA_CARP_FORCE_STATE)) {
        changed.forced = state;
        words += " state";
    }
    if (!words.empty())
        log.push_back("newlink" + words);

    const auto vhid = data.bytes(IFLA_CARP_VHID);
    const bool vhid_goes = vhid_can_go && data.u32(IFLA_CARP_PARENT) == 0U && changed.vhid == 0;
    if (vhid && (changed.vhid < CARP_VHID_MIN || changed.vhid > CARP_VHID_MAX) && !vhid_goes)
        return Refusal{ERANGE,
                       "carp: vhid " + std::to_string(changed.vhid) + ": out of range 1..255",
                       offset_of(whole, *vhid)};
    const auto key = data.bytes(IFLA_CARP_KEY);
    if (key && (key->empty() || key->size() > CARP_KEY_MAX))
        return Refusal{ERANGE,
                       "carp: key of " + std::to_string(key->size()) +
                           " bytes: out of range 1..20 bytes",
                       offset_of(whole, *key)};
    link = changed;
    return std::nullopt;
}

std::optional<Refusal> FakeKernel::address_request(const nlmsghdr &head,
                                                   std::span<const std::byte> payload) {
    const auto header = read_fixed<ifaddrmsg>(payload).value();
    const Attributes attributes(after(payload, address_header));
    const auto bytes = attributes.bytes(IFA_LOCAL).value();
    const Family family = header.ifa_family == AF_INET ? Family::inet : Family::inet6;
    const Address address(family, bytes, header.ifa_prefixlen);
    auto &list = links_.at(header.ifa_index).addresses;
    const auto present = std::find(list.begin(), list.end(), address);
    if (head.nlmsg_type == RTM_NEWADDR) {
        log.push_back("newaddr " + address.to_string());
        if (present != list.end())
            return Refusal{EEXIST, {}, {}};
        list.push_back(address);
        return std::nullopt;
    }
    log.push_back("deladdr " + address.to_string());
    if (present == list.end())
        return Refusal{EADDRNOTAVAIL, {}, {}};
    const bool first = std::find_if(list.begin(), list.end(), [&](const Address &one) {
                           return one.prefix() == address.prefix() && one.subnet_contains(address);
                       }) == present;
    if (first && family == Family::inet)
        std::erase_if(list, [address](const Address &one) {
            return one.prefix() == address.prefix() && one.subnet_contains(address);
        });
    else
        list.erase(present);
    return std::nullopt;
}

} // namespace carptest
