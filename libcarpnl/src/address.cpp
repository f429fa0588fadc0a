// SPDX-License-Identifier: LGPL-2.1-or-later
#include <carpnl/address.hpp>
#include <carpnl/error.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace carpnl {
namespace {

constexpr std::size_t size_of(Family family) noexcept { return family == Family::inet ? 4 : 16; }
constexpr unsigned longest_prefix(Family family) noexcept {
    return static_cast<unsigned>(size_of(family) * 8);
}
constexpr int system_family(Family family) noexcept {
    return family == Family::inet ? AF_INET : AF_INET6;
}

bool read_host(Family family, std::string_view host, std::array<std::byte, 16> &into) noexcept {
    // inet_pton() wants a terminator; nothing longer than this is an address.
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (host.size() >= text.size())
        return false;
    std::copy(host.begin(), host.end(), text.begin());
    return ::inet_pton(system_family(family), text.data(), into.data()) == 1;
}

[[noreturn]] void refuse(std::string_view what, std::string_view why) {
    std::string text = "'";
    text.append(what).append("': ").append(why);
    throw Error(EINVAL, {}, std::move(text), "address");
}

} // namespace

Address::Address(Family family, std::span<const std::byte> bytes, unsigned prefix)
    : family_(family), prefix_(static_cast<std::uint8_t>(prefix)) {
    if (bytes.size() != size_of(family))
        throw Error(EINVAL, {}, "an address of " + std::to_string(bytes.size()) + " bytes",
                    "address");
    if (prefix > longest_prefix(family))
        throw Error(EINVAL, {},
                    "prefix length " + std::to_string(prefix) + ": not in 0.." +
                        std::to_string(longest_prefix(family)),
                    "address");
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

std::optional<Family> Address::family_of(std::string_view host) noexcept {
    std::array<std::byte, 16> ignored{};
    for (const Family family : {Family::inet, Family::inet6})
        if (read_host(family, host, ignored))
            return family;
    return std::nullopt;
}

Address Address::parse(std::string_view host, unsigned prefix) {
    const auto family = family_of(host);
    if (!family)
        refuse(host, "not an IPv4 or IPv6 address");
    std::array<std::byte, 16> bytes{};
    read_host(*family, host, bytes);
    if (prefix > longest_prefix(*family))
        refuse(std::string(host) + "/" + std::to_string(prefix),
               "the prefix length is not in 0.." + std::to_string(longest_prefix(*family)));
    return {*family, std::span(bytes).first(size_of(*family)), prefix};
}

Address Address::parse(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) {
        if (family_of(text))
            refuse(text, "the prefix length is missing, as in 192.168.1.50/24");
        refuse(text, "not an address with prefix length, as in 192.168.1.50/24");
    }
    const auto digits = text.substr(slash + 1);
    unsigned prefix = 0;
    const auto [end, failure] =
        std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (failure != std::errc() || end != digits.data() + digits.size())
        refuse(text, "the prefix length is not a number");
    return parse(text.substr(0, slash), prefix);
}

std::span<const std::byte> Address::bytes() const noexcept {
    return std::span(bytes_).first(size_of(family_));
}

std::string Address::host() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(system_family(family_), bytes_.data(), text.data(), text.size());
    return text.data();
}

std::string Address::to_string() const { return host() + "/" + std::to_string(prefix_); }

bool Address::subnet_contains(const Address &other) const noexcept {
    if (family_ != other.family_)
        return false;
    const std::size_t whole = prefix_ / 8;
    if (!std::equal(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(whole),
                    other.bytes_.begin()))
        return false;
    const unsigned rest = prefix_ % 8;
    if (rest == 0)
        return true;
    const auto mask = static_cast<std::byte>(0xff00U >> rest);
    return (bytes_.at(whole) & mask) == (other.bytes_.at(whole) & mask);
}

bool Address::same_host(const Address &other) const noexcept {
    return family_ == other.family_ && bytes_ == other.bytes_;
}

} // namespace carpnl
