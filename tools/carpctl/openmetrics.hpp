// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Devices as a monitoring system reads them: the OpenMetrics text format.
 */
#pragma once

#include <carpnl/demotion.hpp>
#include <carpnl/status.hpp>

#include <chrono>
#include <iosfwd>
#include <span>

namespace carpctl {

/**
 * Everything from the first HELP to the EOF. Types are gauge and counter alone: node_exporter's
 * reader of text files knows no other type of OpenMetrics, and drops a file that names one.
 */
void write_openmetrics(std::ostream &out, std::span<const carpnl::Status> devices,
                       std::span<const carpnl::Cause> causes,
                       std::chrono::system_clock::time_point now);

} // namespace carpctl
