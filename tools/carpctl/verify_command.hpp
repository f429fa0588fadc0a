// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * `carpctl verify`: what was an advert's digest made with?
 */
#pragma once

#include "arguments.hpp"
#include "environment.hpp"
#include "show.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace carpctl {

/// The bytes that @p text writes in hexadecimal, between them blanks or colons. If lines of it
/// begin as those of `tcpdump -x` do ("0x0010:"), they alone count. Nothing for what is no such
/// text.
std::optional<std::vector<std::byte>> read_hex(std::string_view text);

/// The CARP header in @p packet, which begins with it or with an IP header that leads to it; empty
/// if there is none.
std::vector<std::byte> find_advert(const std::vector<std::byte> &packet);

/// Exit code 0 if such an advert is accepted, 3 if not.
int verify(Arguments &arguments, Environment &environment, bool json, ShowOptions options);

} // namespace carpctl
