// SPDX-License-Identifier: GPL-2.0-only
#include "time.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <thread>

namespace e2e {

namespace {

Duration to_duration(const timespec &t) {
    return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

Duration read_clock(clockid_t id) {
    timespec t{};
    clock_gettime(id, &t);
    return to_duration(t);
}

/// Distance between the wall clock and ours, which nobody changes in a guest.
/// The wall clock is read between two readings of ours, and of some tries the
/// quickest counts: frames must not seem to come before what they answer.
Duration realtime_offset() {
    Duration quickest = Duration::max();
    Duration offset{};
    for (int i = 0; i < 5; ++i) {
        const Duration before = read_clock(CLOCK_MONOTONIC);
        const Duration wall = read_clock(CLOCK_REALTIME);
        const Duration took = read_clock(CLOCK_MONOTONIC) - before;
        if (took < quickest) {
            quickest = took;
            offset = wall - (before + took / 2);
        }
    }
    return offset;
}

} // namespace

void sleep_for(Duration length) { std::this_thread::sleep_for(length); }

void sleep_until(Instant instant) { std::this_thread::sleep_until(instant); }

bool wait_until(const std::function<bool()> &condition, Duration timeout, Duration step) {
    const Instant end = now() + timeout;
    while (!condition()) {
        if (now() >= end)
            return condition();
        sleep_for(step);
    }
    return true;
}

Duration lab_slack() {
    std::ifstream command_line("/proc/cmdline");
    const std::string wanted = "lab.slack=";
    for (std::string word; command_line >> word;) {
        if (word.starts_with(wanted))
            return std::chrono::milliseconds{std::stol(word.substr(wanted.size()))};
    }
    return Duration::zero();
}

Duration timer_resolution() {
    static const Duration slack = lab_slack();
    timespec t{};
    clock_getres(CLOCK_MONOTONIC, &t);
    return std::max(to_duration(t), slack);
}

Instant from_realtime(const timespec &stamp) {
    static const Duration offset = realtime_offset();
    return Instant{to_duration(stamp) - offset};
}

Duration advert_interval(unsigned advbase, unsigned advskew) {
    if (advbase == 0)
        return std::max(advskew, 1U) * skew_unit;
    return std::chrono::seconds{advbase} + advskew * skew_unit;
}

Duration master_down_time(unsigned advbase, unsigned advskew) {
    if (advbase == 0)
        return 3 * std::max(advskew, 1U) * skew_unit;
    return 3 * std::chrono::seconds{advbase} + advskew * skew_unit;
}

std::string to_text(Duration length) {
    std::array<char, 48> text{};
    std::snprintf(text.data(), text.size(), "%.6f s",
                  std::chrono::duration<double>(length).count());
    return text.data();
}

std::string to_text(Instant instant) { return to_text(Duration{instant.time_since_epoch()}); }

} // namespace e2e
