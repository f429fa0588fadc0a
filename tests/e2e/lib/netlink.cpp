// SPDX-License-Identifier: GPL-2.0-only
#include "netlink.hpp"

#include "netlink_view.hpp"

#include <cerrno>
#include <cstring>
#include <linux/netlink.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>

namespace e2e {

namespace {

constexpr std::size_t biggest_answer = 65536;

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

Netlink::Netlink(int protocol, std::uint32_t groups)
    : socket_(check(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), "netlink")) {
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = groups;
    check(bind(socket_.fd(), reinterpret_cast<sockaddr *>(&address), sizeof address),
          "bind netlink");
    const int on = 1;
    setsockopt(socket_.fd(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
    setsockopt(socket_.fd(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
    const int room = 64 << 20;
    setsockopt(socket_.fd(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
}

std::optional<Refusal> Netlink::ask(const Message &message, std::vector<Answer> *answers) {
    const std::scoped_lock lock(mutex_);
    const std::uint32_t sequence = ++sequence_;
    const Bytes request = message.finish(sequence);
    if (send(socket_.fd(), request.data(), request.size(), 0) < 0)
        throw_errno("send to netlink");
    Bytes buffer(biggest_answer);
    for (;;) {
        const ssize_t got = recv(socket_.fd(), buffer.data(), buffer.size(), 0);
        if (got < 0)
            throw_errno("receive from netlink");
        View rest{buffer.data(), static_cast<std::size_t>(got)};
        while (rest.size() >= sizeof(nlmsghdr)) {
            const auto head = load<nlmsghdr>(rest, 0);
            const View body = rest.subspan(sizeof head, head.nlmsg_len - sizeof head);
            rest = rest.subspan(std::min(rest.size(), align4(head.nlmsg_len)));
            if (head.nlmsg_seq != sequence)
                continue;
            if (head.nlmsg_type != NLMSG_ERROR && head.nlmsg_type != NLMSG_DONE) {
                if (answers != nullptr)
                    answers->push_back({head.nlmsg_type, {body.begin(), body.end()}});
                continue;
            }
            // The end of a dump starts with an error, as an acknowledgement does.
            const int error = load<int>(body, 0);
            if (error == 0)
                return std::nullopt;
            Refusal refusal{-error, {}, {}};
            if ((head.nlmsg_flags & NLM_F_ACK_TLVS) != 0) {
                for (const Attribute &note : attributes(body.subspan(
                         head.nlmsg_type == NLMSG_DONE ? sizeof(int) : sizeof(nlmsgerr)))) {
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

std::vector<Answer> Netlink::demand(const Message &message, const std::string &what) {
    std::vector<Answer> answers;
    if (const auto refusal = ask(message, &answers))
        throw std::system_error(refusal->error, std::generic_category(),
                                what + (refusal->text.empty() ? "" : " (" + refusal->text + ")"));
    return answers;
}

bool Netlink::drain(const std::function<void(std::uint16_t, View)> &take) {
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
            throw_errno("receive from netlink");
        View rest{buffer.data(), static_cast<std::size_t>(got)};
        while (rest.size() >= sizeof(nlmsghdr)) {
            const auto head = load<nlmsghdr>(rest, 0);
            take(head.nlmsg_type, rest.subspan(sizeof head, head.nlmsg_len - sizeof head));
            rest = rest.subspan(std::min(rest.size(), align4(head.nlmsg_len)));
        }
    }
}

} // namespace e2e
