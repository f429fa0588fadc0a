// SPDX-License-Identifier: LGPL-2.1-or-later
#include <carpnl/key.hpp>

#include "wipe.hpp"

#include <algorithm>
#include <utility>

namespace carpnl {

Key::Key(std::string_view text) : Key(std::as_bytes(std::span(text.data(), text.size()))) {}

Key::Key(std::span<const std::byte> bytes)
    : bytes_(std::make_unique<std::byte[]>(bytes.size())), // NOLINT(modernize-avoid-c-arrays)
      size_(bytes.size()) {
    std::copy(bytes.begin(), bytes.end(), bytes_.get());
}

Key::Key(Key &&other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

Key &Key::operator=(Key &&other) noexcept {
    if (this != &other) {
        wipe();
        bytes_ = std::move(other.bytes_);
        size_ = std::exchange(other.size_, 0);
    }
    return *this;
}

Key::~Key() { wipe(); }

void Key::wipe() noexcept {
    if (bytes_)
        detail::wipe(std::span(bytes_.get(), size_));
}

Key Key::copy() const { return Key(bytes()); }
std::size_t Key::size() const noexcept { return size_; }
std::span<const std::byte> Key::bytes() const noexcept { return {bytes_.get(), size_}; }

} // namespace carpnl
