// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * What follows `carpctl configure NAME`.
 */
#pragma once

#include "arguments.hpp"
#include "key_source.hpp"

#include <carpnl/address.hpp>
#include <carpnl/types.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carpctl {

/// An address to delete may be written without its prefix length.
struct Deletion {
    std::string text;
    std::optional<carpnl::Address> address;
};

/// As written; nothing is read from files or checked for ranges, that is for the kernel.
struct ConfigureWords {
    std::optional<std::uint32_t> vhid;
    std::optional<std::uint32_t> advbase;
    std::optional<std::uint32_t> advskew;
    std::optional<KeySource> key;
    /// Of KeySource::Kind::none: no next key any more.
    std::optional<KeySource> next_key;
    std::optional<std::uint32_t> grace;
    std::optional<std::string> parent;
    std::optional<carpnl::Preempt> preempt;
    std::optional<std::uint32_t> preempt_delay;
    std::optional<std::uint32_t> start_hold;
    std::optional<std::uint32_t> announce_count;
    std::optional<std::uint32_t> announce_interval;
    std::optional<std::uint32_t> announce_refresh;
    /// Empty: the multicast group.
    std::optional<std::vector<carpnl::Address>> peers4;
    std::optional<std::vector<carpnl::Address>> peers6;
    std::vector<carpnl::Address> addresses;
    std::vector<Deletion> deletions;
};

/// Takes all the words that are left. @throws UsageError
ConfigureWords parse_configure(Arguments &arguments);

/// The word of every setting but ADDRESS, for those who offer them.
std::vector<std::string_view> setting_words();

/// 24 for "255.255.255.0" and for "0xffffff00"; nothing for what is no mask.
std::optional<unsigned> prefix_of_netmask(std::string_view mask);

} // namespace carpctl
