// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * Reading netlink attributes that may be cut short, wrong or newer than this library.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace carpnl::detail {

/// Reads a fixed structure off the start of @p bytes; nothing if they are too few.
template <class Fixed> std::optional<Fixed> read_fixed(std::span<const std::byte> bytes) noexcept;

/**
 * The attributes of one level. Points into the bytes that it was made of.
 *
 * A broken attribute ends the reading: those before it count. One that is there but too short for
 * what is asked reads as if it were absent; a longer one reads by its first bytes.
 */
class Attributes {
  public:
    Attributes() = default;
    explicit Attributes(std::span<const std::byte> stream);

    std::optional<std::span<const std::byte>> bytes(std::uint16_t type) const noexcept;
    std::optional<std::uint8_t> u8(std::uint16_t type) const noexcept;
    std::optional<std::uint32_t> u32(std::uint16_t type) const noexcept;
    std::optional<std::uint64_t> u64(std::uint16_t type) const noexcept;
    /// Up to the first NUL.
    std::optional<std::string> text(std::uint16_t type) const;
    /// All of that type, in their order.
    std::vector<std::span<const std::byte>> every(std::uint16_t type) const;
    /// All there are, whatever their type, in their order.
    std::vector<std::span<const std::byte>> all() const;
    /// Types and values, in their order.
    std::span<const std::pair<std::uint16_t, std::span<const std::byte>>> pairs() const noexcept {
        return all_;
    }
    /// Empty if there is none.
    Attributes nested(std::uint16_t type) const;

  private:
    std::vector<std::pair<std::uint16_t, std::span<const std::byte>>> all_;
};

} // namespace carpnl::detail

#include <cstring>
#include <type_traits>

namespace carpnl::detail {

template <class Fixed> std::optional<Fixed> read_fixed(std::span<const std::byte> bytes) noexcept {
    static_assert(std::is_trivially_copyable_v<Fixed>);
    if (bytes.size() < sizeof(Fixed))
        return std::nullopt;
    Fixed value{};
    std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
}

} // namespace carpnl::detail
