// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Devices as a monitoring system reads them: the OpenMetrics text format.
 */
#pragma once

#include <carpnl/demotion.hpp>
#include <carpnl/status.hpp>
#include <carpnl/tally.hpp>

#include <chrono>
#include <iosfwd>
#include <span>

namespace carpctl {

/**
 * Everything from the first HELP to the EOF. Types are gauge, counter and histogram alone:
 * node_exporter's reader of text files does not know OpenMetrics' other ones, and drops a file that
 * names one. Ways of transitions and margins are of the devices that have a tally with them.
 * @param tallies by interface index
 */
void write_openmetrics(std::ostream &out, std::span<const carpnl::Status> devices,
                       std::span<const carpnl::Tally> tallies,
                       std::span<const carpnl::Cause> causes,
                       std::chrono::system_clock::time_point now);

} // namespace carpctl
