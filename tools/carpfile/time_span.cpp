// SPDX-License-Identifier: GPL-2.0-or-later
#include "time_span.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace carpctl {
namespace {

struct Unit {
    std::string_view word;
    std::int64_t microseconds;
};

constexpr std::int64_t ms = 1000;
constexpr std::int64_t s = 1000 * ms;
constexpr std::int64_t minute = 60 * s;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;
constexpr std::int64_t longest = 36525 * day;

constexpr std::array<Unit, 20> units{{
    {"us", 1},       {"usec", 1},        {"ms", ms},          {"msec", ms},   {"", s},
    {"s", s},        {"sec", s},         {"second", s},       {"seconds", s}, {"m", minute},
    {"min", minute}, {"minute", minute}, {"minutes", minute}, {"h", hour},    {"hr", hour},
    {"hour", hour},  {"hours", hour},    {"d", day},          {"day", day},   {"days", day},
}};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return c >= 'a' && c <= 'z'; }

/// Takes what @p wanted is true for from the front of @p text.
template <class Wanted> std::string_view take(std::string_view &text, Wanted wanted) noexcept {
    const auto end = std::find_if_not(text.begin(), text.end(), wanted);
    const auto taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(taken.size());
    return taken;
}

void skip_blanks(std::string_view &text) noexcept {
    take(text, [](char c) { return c == ' ' || c == '\t'; });
}

std::optional<std::int64_t> term(std::string_view whole, std::string_view fraction,
                                 std::int64_t unit) noexcept {
    std::int64_t value = 0;
    for (const char digit : whole) {
        value = value * 10 + (digit - '0');
        if (value > longest)
            return std::nullopt;
    }
    if (value > longest / unit)
        return std::nullopt;
    value *= unit;
    for (const char digit : fraction) {
        // Nothing is rounded.
        if (digit != '0' && (unit == 0 || unit % 10 != 0))
            return std::nullopt;
        unit /= 10;
        value += (digit - '0') * unit;
    }
    return value;
}

} // namespace

std::optional<std::chrono::microseconds> parse_time_span(std::string_view text) noexcept {
    std::int64_t sum = 0;
    skip_blanks(text);
    if (text.empty())
        return std::nullopt;
    while (!text.empty()) {
        const auto whole = take(text, is_digit);
        std::string_view fraction;
        if (text.starts_with('.')) {
            text.remove_prefix(1);
            fraction = take(text, is_digit);
            if (fraction.empty())
                return std::nullopt;
        }
        if (whole.empty())
            return std::nullopt;
        skip_blanks(text);
        const auto word = take(text, is_letter);
        const auto *const unit = std::find_if(units.begin(), units.end(),
                                              [&](const Unit &one) { return one.word == word; });
        if (unit == units.end())
            return std::nullopt;
        const auto value = term(whole, fraction, unit->microseconds);
        if (!value)
            return std::nullopt;
        sum += *value;
        if (sum > longest)
            return std::nullopt;
        skip_blanks(text);
    }
    return std::chrono::microseconds(sum);
}

std::string to_time_span(std::chrono::milliseconds span) {
    const auto count = span.count();
    return count % 1000 == 0 ? std::to_string(count / 1000) + "s" : std::to_string(count) + "ms";
}

} // namespace carpctl
