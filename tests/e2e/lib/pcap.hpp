// SPDX-License-Identifier: GPL-2.0-only
/// Captures as files, for tcpdump and Wireshark.
#pragma once

#include "frame.hpp"

#include <string>
#include <vector>

namespace e2e {

/// Writes `frames` as a classic capture with nanosecond time stamps.
void write_pcap(const std::string &path, const std::vector<Frame> &frames);

} // namespace e2e
