// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * A netlink message to send.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

struct nl_msg;
struct nlmsghdr;

namespace carpnl::detail {

/// Built by appending; wiped when it goes away, since it may hold a key.
class Request {
  public:
    /// @param room for attributes, beyond what any request without a long key needs
    Request(std::uint16_t type, std::uint16_t flags, std::size_t room = 1024);

    /// The fixed part after the netlink header; before any attribute.
    template <class Fixed> Request &fixed(const Fixed &header) {
        static_assert(std::is_trivially_copyable_v<Fixed>);
        append(std::as_bytes(std::span(&header, 1)));
        return *this;
    }
    Request &put(std::uint16_t type, std::span<const std::byte> value);
    Request &put_u32(std::uint16_t type, std::uint32_t value);
    /// With the terminator that the kernel's strings have.
    Request &put_text(std::uint16_t type, std::string_view value);

    /// Attributes put while this lives go into one of type @p type.
    class Nest {
      public:
        Nest(Request &request, std::uint16_t type);
        Nest(const Nest &) = delete;
        Nest &operator=(const Nest &) = delete;
        ~Nest();

      private:
        Request &request_;
        std::size_t start_;
    };

    std::uint16_t type() const noexcept;
    void set_sequence(std::uint32_t sequence) noexcept;
    void add_flags(std::uint16_t flags) noexcept;
    /// The whole message.
    std::span<const std::byte> bytes() const noexcept;

  private:
    struct Free {
        void operator()(nl_msg *message) const noexcept;
    };

    void append(std::span<const std::byte> bytes);
    nlmsghdr *head() const noexcept;

    std::unique_ptr<nl_msg, Free> message_;
};

} // namespace carpnl::detail
