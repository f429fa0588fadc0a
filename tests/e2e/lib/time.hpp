// SPDX-License-Identifier: GPL-2.0-only
/// Guest time. CLOCK_MONOTONIC everywhere, so that a time stamp of the kernel,
/// a sleep and an assertion speak of the same clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

struct timespec;

namespace e2e {

using namespace std::chrono_literals;

using Clock = std::chrono::steady_clock;
using Instant = Clock::time_point;
using Duration = std::chrono::nanoseconds;

inline Instant now() { return Clock::now(); }
void sleep_for(Duration length);
void sleep_until(Instant instant);

/// Asks `condition` every `step` until it holds; false if `timeout` came first.
bool wait_until(const std::function<bool()> &condition, Duration timeout, Duration step = 5ms);

/// How finely the kernel's timers work: a nanosecond, or a whole tick on a
/// kernel without high resolution timers (some debug kernels), or what a lab in
/// real time can keep. Assertions on times add it, so that they are strict
/// wherever they can be.
Duration timer_resolution();
/// What a lab in real time allows beyond the exact times; nothing in virtual time.
Duration lab_slack();

/// A time stamp of the kernel's network stack (CLOCK_REALTIME) on our clock.
Instant from_realtime(const timespec &stamp);

/// 1/256 s, CARP's smallest unit of time.
constexpr Duration skew_unit{3906250};
/// Interval between adverts.
Duration advert_interval(unsigned advbase, unsigned advskew);
/// How long a BACKUP waits for an advert.
Duration master_down_time(unsigned advbase, unsigned advskew);

/// "12.345678 s", for messages.
std::string to_text(Duration length);
std::string to_text(Instant instant);

} // namespace e2e
