// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * The messages of one datagram.
 */
#pragma once

#include "attributes.hpp"

#include <linux/netlink.h>

#include <optional>
#include <span>
#include <string_view>
#include <utility>

namespace carpnl::detail {

/// @throws Error EBADMSG, always
[[noreturn]] void garbled(std::string_view subject);

/// Walks over the messages of one datagram.
class Datagram {
  public:
    explicit Datagram(std::span<const std::byte> bytes) noexcept : rest_(bytes) {}

    /// Header and payload of the next message; nothing at the end. @throws Error if it is broken
    std::optional<std::pair<nlmsghdr, std::span<const std::byte>>> next(std::string_view subject);

  private:
    std::span<const std::byte> rest_;
};

} // namespace carpnl::detail
