// SPDX-License-Identifier: LGPL-2.1-or-later
#include "attributes.hpp"

#include <linux/netlink.h>

#include <algorithm>

namespace carpnl::detail {
namespace {

template <class Number>
std::optional<Number> number(const std::optional<std::span<const std::byte>> &value) noexcept {
    return value ? read_fixed<Number>(*value) : std::nullopt;
}

} // namespace

Attributes::Attributes(std::span<const std::byte> stream) {
    // Most have four or eight bytes. A link has fifty.
    constexpr std::size_t usual = 64;
    all_.reserve(std::min(stream.size() / NLA_HDRLEN / 2, usual));
    while (const auto head = read_fixed<nlattr>(stream)) {
        if (head->nla_len < NLA_HDRLEN || head->nla_len > stream.size())
            return;
        all_.emplace_back(head->nla_type & NLA_TYPE_MASK,
                          stream.subspan(NLA_HDRLEN, head->nla_len - NLA_HDRLEN));
        stream = stream.subspan(std::min<std::size_t>(NLA_ALIGN(head->nla_len), stream.size()));
    }
}

std::optional<std::span<const std::byte>> Attributes::bytes(std::uint16_t type) const noexcept {
    // Given twice, the last one counts, as in the kernel.
    const auto found = std::find_if(all_.rbegin(), all_.rend(),
                                    [type](const auto &one) { return one.first == type; });
    return found != all_.rend() ? std::optional(found->second) : std::nullopt;
}

std::optional<std::uint8_t> Attributes::u8(std::uint16_t type) const noexcept {
    return number<std::uint8_t>(bytes(type));
}

std::optional<std::uint32_t> Attributes::u32(std::uint16_t type) const noexcept {
    return number<std::uint32_t>(bytes(type));
}

std::optional<std::uint64_t> Attributes::u64(std::uint16_t type) const noexcept {
    return number<std::uint64_t>(bytes(type));
}

std::optional<std::string> Attributes::text(std::uint16_t type) const {
    const auto value = bytes(type);
    if (!value)
        return std::nullopt;
    const auto end = std::find(value->begin(), value->end(), std::byte{0});
    std::string text;
    for (auto one = value->begin(); one != end; ++one)
        text += static_cast<char>(*one);
    return text;
}

std::vector<std::span<const std::byte>> Attributes::every(std::uint16_t type) const {
    std::vector<std::span<const std::byte>> values;
    for (const auto &[one, value] : all_)
        if (one == type)
            values.push_back(value);
    return values;
}

std::vector<std::span<const std::byte>> Attributes::all() const {
    std::vector<std::span<const std::byte>> values;
    values.reserve(all_.size());
    for (const auto &[type, value] : all_)
        values.push_back(value);
    return values;
}

Attributes Attributes::nested(std::uint16_t type) const {
    const auto value = bytes(type);
    return value ? Attributes(*value) : Attributes();
}

} // namespace carpnl::detail
