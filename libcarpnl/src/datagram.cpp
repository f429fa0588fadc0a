// SPDX-License-Identifier: LGPL-2.1-or-later
#include "datagram.hpp"

#include <carpnl/error.hpp>

#include <algorithm>
#include <cerrno>
#include <string>

namespace carpnl::detail {

void garbled(std::string_view subject) {
    throw Error(EBADMSG, std::string(subject), "the kernel's answer makes no sense");
}

std::optional<std::pair<nlmsghdr, std::span<const std::byte>>>
Datagram::next(std::string_view subject) {
    if (rest_.empty())
        return std::nullopt;
    const auto head = read_fixed<nlmsghdr>(rest_);
    if (!head || head->nlmsg_len < NLMSG_HDRLEN || head->nlmsg_len > rest_.size())
        garbled(subject);
    const auto payload = rest_.subspan(NLMSG_HDRLEN, head->nlmsg_len - NLMSG_HDRLEN);
    const std::size_t step = NLMSG_ALIGN(static_cast<std::size_t>(head->nlmsg_len));
    rest_ = rest_.subspan(std::min(step, rest_.size()));
    return std::pair(*head, payload);
}

} // namespace carpnl::detail
