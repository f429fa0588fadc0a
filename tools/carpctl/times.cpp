// SPDX-License-Identifier: GPL-2.0-or-later
#include "times.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>

namespace carpctl {
namespace {

std::string formatted(const char *format, const std::tm &time) {
    std::array<char, 64> text{};
    const auto length = std::strftime(text.data(), text.size(), format, &time);
    return {text.data(), length};
}

std::string two_places(std::int64_t high, const char *high_unit, std::int64_t low,
                       const char *low_unit) {
    std::string text = std::to_string(high) + " " + high_unit;
    if (low != 0)
        text += " " + std::to_string(low) + " " + low_unit;
    return text;
}

} // namespace

std::string for_people(std::chrono::microseconds duration) {
    using namespace std::chrono;
    const std::int64_t whole = duration_cast<seconds>(duration).count();
    constexpr std::int64_t minute = 60;
    constexpr std::int64_t hour = 60 * minute;
    constexpr std::int64_t day = 24 * hour;
    if (whole < minute) {
        const auto thousandths = duration_cast<milliseconds>(duration).count();
        const std::string places = std::to_string(1000 + thousandths % 1000);
        return std::to_string(thousandths / 1000) + "." + places.substr(1) + " s";
    }
    if (whole < hour)
        return two_places(whole / minute, "min", whole % minute, "s");
    if (whole < day)
        return two_places(whole / hour, "h", whole % hour / minute, "min");
    return two_places(whole / day, "d", whole % day / hour, "h");
}

std::string rfc3339(std::chrono::system_clock::time_point time) {
    using namespace std::chrono;
    const auto second = floor<seconds>(time);
    const std::time_t clock = system_clock::to_time_t(second);
    std::tm parts{};
    ::gmtime_r(&clock, &parts);
    std::array<char, 16> fraction{};
    std::snprintf(fraction.data(), fraction.size(), ".%03dZ",
                  static_cast<int>(duration_cast<milliseconds>(time - second).count()));
    return formatted("%Y-%m-%dT%H:%M:%S", parts) + fraction.data();
}

std::string local_time(std::chrono::system_clock::time_point time) {
    const std::time_t clock = std::chrono::system_clock::to_time_t(time);
    std::tm parts{};
    ::localtime_r(&clock, &parts);
    return formatted("%Y-%m-%d %H:%M:%S %z", parts);
}

} // namespace carpctl
