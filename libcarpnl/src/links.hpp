// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * Network interfaces and their addresses, as the kernel tells them.
 */
#pragma once

#include "attributes.hpp"
#include "exchange.hpp"

#include <carpnl/address.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carpnl::detail {

/// One interface. Keeps the message that it was read from, and reads it once.
class Link {
  public:
    /// Nothing if the message is no RTM_NEWLINK or is cut short.
    static std::optional<Link> read(Message message);
    // What points into the message still does when that is moved, not when it is copied.
    Link(const Link &) = delete;
    Link &operator=(const Link &) = delete;
    Link(Link &&) noexcept = default;
    Link &operator=(Link &&) noexcept = default;
    ~Link() = default;

    std::uint32_t index() const noexcept { return index_; }
    const std::string &name() const noexcept { return name_; }
    bool up() const noexcept;
    bool carrier() const noexcept;
    /// Ethernet, able to multicast, no carp device, no part of a bridge or bond.
    bool can_be_parent() const;
    bool is_carp() const noexcept { return carp_; }
    std::optional<std::uint32_t> parent() const;
    std::optional<std::uint32_t> mtu() const;
    std::string mac() const;
    /// IFLA_INFO_DATA and IFLA_INFO_XSTATS; empty for other kinds.
    const Attributes &carp_data() const noexcept { return data_; }
    Attributes carp_counters() const;

  private:
    Link() = default;

    std::vector<std::byte> payload_;
    Attributes attributes_;
    Attributes info_;
    Attributes data_;
    bool carp_ = false;
    std::uint32_t index_ = 0;
    std::uint32_t flags_ = 0;
    std::uint16_t hardware_ = 0;
    std::string name_;
};

/// An address of an interface. Keeps what it was read from, to put it back as it was.
struct AddressRecord {
    std::uint32_t link = 0;
    Address address;
    std::vector<std::byte> payload;
};

/// @throws Error ENODEV
Link get_link(Exchange &exchange, std::string_view name);
std::optional<Link> find_link(Exchange &exchange, std::uint32_t index);
std::vector<Link> all_links(Exchange &exchange);
/// @throws Error ENODEV if there is none of that name, or it is no carp device
Link get_carp(Exchange &exchange, std::string_view name);
std::vector<Link> all_carps(Exchange &exchange);

/// Of one interface, or of all with @p link 0, in the kernel's order.
std::vector<AddressRecord> get_addresses(Exchange &exchange, std::uint32_t link,
                                         std::string_view subject);
void add_address(Exchange &exchange, const Link &link, const Address &address);
void delete_address(Exchange &exchange, const Link &link, const Address &address);
/// Puts a deleted address back with its label, broadcast address, scope and metric.
void restore_address(Exchange &exchange, const Link &link, const AddressRecord &record);
void set_up(Exchange &exchange, const Link &link, bool up);

/// The rule of Socket::parent_by_subnet().
Link parent_by_subnet(Exchange &exchange, const Address &address);

} // namespace carpnl::detail
