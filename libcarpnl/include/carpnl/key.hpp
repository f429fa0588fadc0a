// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * The shared secret of a group.
 */
#pragma once

#include <carpnl/export.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace carpnl {

/**
 * The key that signs a group's adverts ("pass" of ifconfig).
 *
 * The kernel takes 1 to 20 bytes, of any value. A Key holds any length, so that the refusal comes
 * from the kernel with its own text. The BSD tools cut a pass at 19 bytes without a word: a key
 * that is shared with BSD hosts should not be longer.
 *
 * A Key is wiped from memory when it goes away, is never copied without copy(), and cannot be
 * printed. The kernel never gives a key back: Status says only that one is set.
 */
class CARPNL_API Key {
  public:
    /// The bytes of @p text, without any terminator.
    explicit Key(std::string_view text);
    explicit Key(std::span<const std::byte> bytes);
    Key(const Key &) = delete;
    Key &operator=(const Key &) = delete;
    /// The other one is empty afterwards.
    Key(Key &&other) noexcept;
    Key &operator=(Key &&other) noexcept;
    ~Key();

    /// A second Key of the same bytes.
    Key copy() const;
    std::size_t size() const noexcept;
    /// Valid as long as this Key lives and is not moved from.
    std::span<const std::byte> bytes() const noexcept;

    /// A key is not for printing.
    template <class Stream> friend Stream &operator<<(Stream &, const Key &) = delete;

  private:
    void wipe() noexcept;

    std::unique_ptr<std::byte[]> bytes_; // NOLINT(modernize-avoid-c-arrays): fixed, never grows
    std::size_t size_ = 0;
};

} // namespace carpnl
