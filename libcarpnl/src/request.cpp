// SPDX-License-Identifier: LGPL-2.1-or-later
#include "request.hpp"

#include "wipe.hpp"

#include <carpnl/error.hpp>

#include <netlink/attr.h>
#include <netlink/msg.h>

#include <array>
#include <cerrno>
#include <limits>
#include <string>

namespace carpnl::detail {
namespace {

[[noreturn]] void too_long() { throw Error(EMSGSIZE, {}, "too long for a netlink message"); }

} // namespace

void Request::Free::operator()(nl_msg *message) const noexcept {
    auto *const head = nlmsg_hdr(message);
    wipe(std::span(reinterpret_cast<std::byte *>(head), head->nlmsg_len));
    nlmsg_free(message);
}

Request::Request(std::uint16_t type, std::uint16_t flags, std::size_t room)
    : message_(nlmsg_alloc_size(room)) {
    if (!message_)
        throw Error(ENOMEM, {}, {});
    if (nlmsg_put(message_.get(), 0, 0, type, 0, NLM_F_REQUEST | flags) == nullptr)
        too_long();
}

nlmsghdr *Request::head() const noexcept { return nlmsg_hdr(message_.get()); }

std::uint16_t Request::type() const noexcept { return head()->nlmsg_type; }

void Request::set_sequence(std::uint32_t sequence) noexcept { head()->nlmsg_seq = sequence; }

void Request::add_flags(std::uint16_t flags) noexcept {
    head()->nlmsg_flags = static_cast<std::uint16_t>(head()->nlmsg_flags | flags);
}

std::span<const std::byte> Request::bytes() const noexcept {
    return {reinterpret_cast<const std::byte *>(head()), head()->nlmsg_len};
}

void Request::append(std::span<const std::byte> bytes) {
    auto *const place = nlmsg_reserve(message_.get(), bytes.size(), NLMSG_ALIGNTO);
    if (place == nullptr)
        too_long();
    std::copy(bytes.begin(), bytes.end(), static_cast<std::byte *>(place));
}

Request &Request::put(std::uint16_t type, std::span<const std::byte> value) {
    if (value.size() > std::numeric_limits<std::uint16_t>::max() - NLA_HDRLEN ||
        nla_put(message_.get(), type, static_cast<int>(value.size()), value.data()) < 0)
        too_long();
    return *this;
}

Request &Request::put_u32(std::uint16_t type, std::uint32_t value) {
    return put(type, std::as_bytes(std::span(&value, 1)));
}

Request &Request::put_text(std::uint16_t type, std::string_view value) {
    const std::string terminated(value);
    return put(type, std::as_bytes(std::span(terminated.c_str(), terminated.size() + 1)));
}

Request::Nest::Nest(Request &request, std::uint16_t type)
    : request_(request), start_(request.bytes().size()) {
    request.put(type, {});
}

Request::Nest::~Nest() {
    // An offset and no pointer: nothing is known about where libnl keeps its buffer. An empty nest
    // stays, since it has a meaning of its own.
    auto *const message = reinterpret_cast<std::byte *>(request_.head());
    auto *const attribute = reinterpret_cast<nlattr *>(message + start_);
    attribute->nla_len = static_cast<std::uint16_t>(request_.bytes().size() - start_);
}

} // namespace carpnl::detail
