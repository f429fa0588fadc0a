// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * IPv4 and IPv6 addresses with their prefix length.
 */
#pragma once

#include <carpnl/export.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace carpnl {

enum class Family : std::uint8_t { inet, inet6 };

/// An address and the length of its network prefix: 192.168.1.50/24, 2001:db8::50/64.
class CARPNL_API Address {
  public:
    /**
     * @param bytes in network order, 4 for Family::inet, 16 for Family::inet6
     * @param prefix 0..32 or 0..128
     * @throws Error EINVAL if the sizes do not fit
     */
    Address(Family family, std::span<const std::byte> bytes, unsigned prefix);

    /// "192.168.1.50/24" or "2001:db8::50/64".
    /// @throws Error EINVAL for anything else, an address without a prefix length included
    static Address parse(std::string_view text);
    /// "192.168.1.50" or "2001:db8::50" with a prefix length given apart.
    /// @throws Error EINVAL
    static Address parse(std::string_view host, unsigned prefix);
    /// The family of "192.168.1.50" or "2001:db8::50", nothing for any other text.
    static std::optional<Family> family_of(std::string_view host) noexcept;

    Family family() const noexcept { return family_; }
    /// In network order: 4 or 16 bytes.
    std::span<const std::byte> bytes() const noexcept;
    unsigned prefix() const noexcept { return prefix_; }
    /// The address alone: "192.168.1.50".
    std::string host() const;
    /// Address and prefix length: "192.168.1.50/24".
    std::string to_string() const;
    /// Whether @p other lies in this address's subnet; only this prefix length counts.
    bool subnet_contains(const Address &other) const noexcept;
    /// Whether both are the same address, whatever their prefix lengths.
    bool same_host(const Address &other) const noexcept;

    bool operator==(const Address &) const noexcept = default;

  private:
    Family family_;
    std::uint8_t prefix_;
    std::array<std::byte, 16> bytes_{};
};

} // namespace carpnl
