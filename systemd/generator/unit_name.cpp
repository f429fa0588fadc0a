// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit_name.hpp"

#include <algorithm>

namespace carpgen {
namespace {

bool is_alphanumeric(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

} // namespace

std::string device_unit(std::string_view interface) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string name = "sys-subsystem-net-devices-";
    for (const char c : interface) {
        if (is_alphanumeric(c) || c == ':' || c == '_' || c == '.') {
            name += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        name += "\\x";
        name += digits[byte / 16];
        name += digits[byte % 16];
    }
    return name + ".device";
}

bool is_instance(std::string_view word) noexcept {
    constexpr std::string_view marks = ":-_.\\@";
    return std::all_of(word.begin(), word.end(), [&](char c) {
        return is_alphanumeric(c) || marks.find(c) != std::string_view::npos;
    });
}

} // namespace carpgen
