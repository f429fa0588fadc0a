// SPDX-License-Identifier: GPL-2.0-or-later
#include "seconds.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

namespace carpctl {
namespace {

/// About a year; what is meant to be longer is meant to have no end.
constexpr double longest = 32e6;

} // namespace

std::chrono::milliseconds take_seconds(Arguments &arguments, std::string_view option) {
    const auto word = arguments.take(std::string(option) + ": the seconds");
    double seconds = 0;
    const auto [end, failure] =
        std::from_chars(word.data(), word.data() + word.size(), seconds, std::chars_format::fixed);
    if (failure != std::errc() || end != word.data() + word.size() || !std::isfinite(seconds) ||
        seconds < 0)
        throw UsageError(std::string(option) + ": '" + std::string(word) +
                         "' is not a number of seconds");
    constexpr double per_second = 1000;
    return std::chrono::milliseconds(std::llround(std::min(seconds, longest) * per_second));
}

} // namespace carpctl
