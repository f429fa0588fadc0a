// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * One question, its answers, and what the kernel says when it refuses.
 */
#pragma once

#include "request.hpp"
#include "transport.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace carpnl::detail {

/// An answer without its netlink header.
struct Message {
    std::uint16_t type = 0;
    std::vector<std::byte> payload;
};

/// The name of the setting at @p offset of a request, as in "vhid"; empty if there is none known.
using AttributeNames = std::string (*)(std::span<const std::byte> request, std::uint32_t offset);

/// Of requests to rtnetlink, and to the family "carp" of generic netlink.
std::string attribute_at(std::span<const std::byte> request, std::uint32_t offset);
std::string generic_attribute_at(std::span<const std::byte> request, std::uint32_t offset);

class Exchange {
  public:
    explicit Exchange(std::unique_ptr<Transport> transport,
                      AttributeNames names = attribute_at) noexcept;

    /// Asks for something to be done and waits until it is. @p subject goes into the Error.
    void perform(Request &request, std::string_view subject);
    /// Asks for one thing.
    Message get(Request &request, std::string_view subject);
    /// Asks for all of a kind. @p make makes the request anew for each try: a dump during which the
    /// kernel's list changed is repeated.
    std::vector<Message> dump(const std::function<Request()> &make, std::string_view subject);

    std::vector<std::string> take_warnings();

  private:
    enum class Until { answer, acknowledged, done };
    struct Answers {
        std::vector<Message> messages;
        bool interrupted = false;
    };

    Answers ask(Request &request, Until until, std::string_view subject);

    std::unique_ptr<Transport> transport_;
    AttributeNames names_;
    std::uint32_t sequence_ = 0;
    std::vector<std::string> warnings_;
};

} // namespace carpnl::detail
