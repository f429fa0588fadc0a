// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * The family "carp" of generic netlink: where it is, and questions to it.
 */
#pragma once

#include "attributes.hpp"
#include "exchange.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace carpnl::detail {

/// What the kernel gave the family when the module was loaded.
struct GenericFamily {
    std::uint16_t id = 0;
    std::optional<std::uint32_t> events; ///< the multicast group
};

/// Asks nlctrl for the family. The kernel loads the module if it must and may.
Request family_request();
/// For a dump of all families; loads nothing.
Request families_request();
/// An answer, or what it tells of families that come and go; nothing for any other family.
struct FamilyNews {
    GenericFamily family;
    bool gone = false;
};
std::optional<FamilyNews> read_family(std::span<const std::byte> payload);
/// @throws Error EOPNOTSUPP: there is no such family
GenericFamily find_family(Exchange &exchange, std::string_view subject);

/// A request of that command, without attributes.
Request generic_request(const GenericFamily &family, std::uint8_t command, std::uint16_t flags = 0);
/// The attributes of a message of the family; nothing if it is not of that command or cut short.
std::optional<Attributes> generic_attributes(std::span<const std::byte> payload,
                                             std::uint8_t command);

/// Questions to the family. It is looked for with the first one, and again if the module was
/// reloaded.
class Generic {
  public:
    using Fill = std::function<void(Request &)>;

    explicit Generic(std::unique_ptr<Transport> transport) noexcept;

    /// As those of Exchange. @p fill puts the attributes.
    void perform(std::uint8_t command, const Fill &fill, std::string_view subject);
    Message get(std::uint8_t command, const Fill &fill, std::string_view subject);
    std::vector<Message> dump(std::uint8_t command, std::string_view subject);
    std::vector<std::string> take_warnings();

  private:
    const GenericFamily &family(std::string_view subject);
    template <class Ask> auto ask(Ask ask, std::string_view subject);

    Exchange exchange_;
    std::optional<GenericFamily> family_;
};

} // namespace carpnl::detail
