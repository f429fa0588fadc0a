// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <carpnl/address.hpp>
#include <carpnl/key.hpp>
#include <carpnl/types.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace carpnl::detail {

/// What both Config and Changes hold.
struct Settings {
    std::optional<std::variant<std::string, std::uint32_t>> parent;
    std::optional<std::uint32_t> vhid;
    std::optional<std::uint32_t> advbase;
    std::optional<std::uint32_t> advskew;
    std::optional<Key> key;
    std::optional<Key> key_next;
    std::optional<std::uint32_t> grace; ///< s
    std::optional<Preempt> preempt;
    std::optional<std::uint32_t> preempt_delay; ///< ms
    std::optional<std::uint32_t> start_hold;    ///< ms
    std::optional<std::uint32_t> announce_count;
    std::optional<std::uint32_t> announce_interval; ///< ms
    std::optional<std::uint32_t> announce_refresh;  ///< s
    std::optional<std::vector<Address>> peers4;
    std::optional<std::vector<Address>> peers6;
    std::vector<Address> addresses;
    std::vector<Address> deletions;
    std::optional<bool> up;
    std::optional<State> force;
};

} // namespace carpnl::detail
