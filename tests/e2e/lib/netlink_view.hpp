// SPDX-License-Identifier: GPL-2.0-only
/// Fixed structures in netlink messages, between the files that read and write
/// them.
#pragma once

#include "netlink.hpp"

#include <cstring>
#include <stdexcept>

namespace e2e {

inline std::size_t align4(std::size_t n) { return (n + 3) & ~std::size_t{3}; }

template <class T> View view_of(const T &object) {
    return {reinterpret_cast<const std::uint8_t *>(&object), sizeof object};
}

template <class T> T load(View bytes, std::size_t offset) {
    T value{};
    if (offset + sizeof value > bytes.size())
        throw std::runtime_error("short netlink message");
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

} // namespace e2e
