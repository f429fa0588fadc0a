// SPDX-License-Identifier: GPL-2.0-only
/// MAC and IP addresses as values that compare and print.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include <sys/socket.h>

namespace e2e {

struct Mac {
    std::array<std::uint8_t, 6> bytes{};

    /// "02:00:00:00:01:02"; throws on anything else.
    static Mac parse(std::string_view text);
    /// The virtual MAC of a vhid, 00:00:5e:00:01:VHID.
    static Mac of_vhid(unsigned vhid);
    static Mac broadcast();

    [[nodiscard]] std::string text() const;
    /// 1..255 if this is a virtual MAC, else 0.
    [[nodiscard]] unsigned vhid() const;
    auto operator<=>(const Mac &) const = default;
};

/// An IPv4 or IPv6 address.
class Address {
  public:
    Address() = default;
    /// "192.0.2.1" or "2001:db8::1"; a prefix length behind it is left out.
    Address(std::string_view text);
    Address(const char *text) : Address(std::string_view{text}) {}
    Address(const std::string &text) : Address(std::string_view{text}) {}
    /// From 4 or 16 bytes as on the wire.
    explicit Address(std::span<const std::uint8_t> bytes);

    [[nodiscard]] bool is_v4() const { return length_ == 4; }
    [[nodiscard]] bool is_v6() const { return length_ == 16; }
    [[nodiscard]] std::span<const std::uint8_t> bytes() const { return {bytes_.data(), length_}; }
    [[nodiscard]] std::string text() const;

    /// For the socket calls; `scope` is an interface index, for link-local ones.
    socklen_t to_sockaddr(sockaddr_storage &storage, std::uint16_t port, unsigned scope = 0) const;

    auto operator<=>(const Address &) const = default;

  private:
    std::size_t length_ = 0;
    std::array<std::uint8_t, 16> bytes_{};
};

std::ostream &operator<<(std::ostream &out, const Mac &mac);
std::ostream &operator<<(std::ostream &out, const Address &address);

} // namespace e2e
