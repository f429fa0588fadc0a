// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Why a device is what it is, and what would change that.
 */
#pragma once

#include "environment.hpp"

#include <carpnl/status.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carpctl {

/// Whether the device preempts, the namespace's default applied; nothing if that is not known.
std::optional<bool> effective_preempt(const carpnl::Status &status, const Sysctls &sysctls);

/// Sentences for people, the most important one first; at least one.
std::vector<std::string> explain(const carpnl::Status &status, const Sysctls &sysctls);

/// Why an advert was refused, as in "digest does not match: wrong pass or address list".
std::string_view why_refused(carpnl::Counter counter);
/// "from 192.168.1.4: digest does not match: ..., last 0.412 s ago, 17 in all"
std::string describe_refused(const carpnl::RefusedAdvert &advert);

/// The addresses from which a master's adverts came, IPv4 first: at most two.
std::vector<std::string> master_addresses(const carpnl::Status &status);

} // namespace carpctl
