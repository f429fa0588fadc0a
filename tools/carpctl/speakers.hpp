// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Who speaks on the wire, and what is known of each.
 */
#pragma once

#include "advert.hpp"
#include "wire.hpp"

#include <carpnl/socket.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace carpctl {

/// One host that sends adverts of one group, over IPv4 or IPv6.
struct Speaker {
    std::string parent; ///< where it is heard
    bool own = false;   ///< this host
    Advert last;        ///< its last advert, one without a flaw if there was any
    std::uint64_t count = 0;
    std::chrono::system_clock::time_point first_time{};
    std::chrono::system_clock::time_point last_time{};
    /// The carp device of this host that is in the group.
    std::optional<std::string> device = {};
    /// What the digest of its last advert was made with, if somebody could tell.
    std::optional<carpnl::Verification> verification = {};
    /// It was not the kernel but a key of the command line that told.
    bool given = false;

    /// The mean time between two adverts; nothing if there was but one.
    std::optional<std::chrono::microseconds> seen_interval() const;
    /// Its adverts are CARP's and could be taken by somebody.
    bool valid() const { return last.protocol == Protocol::carp && last.flaw == Flaw::none; }
};

class Speakers {
  public:
    /// Takes a frame in; others than adverts do not matter.
    void hear(const Heard &heard);

    /// By parent, number, protocol and address.
    std::vector<Speaker> all() const;

  private:
    std::vector<Speaker> speakers_;
};

/// The carp devices of this host to which speakers belong, and what their kernel says to them.
/// Who may not ask the kernel learns the devices alone. Returns whether this one may.
bool verify(std::vector<Speaker> &speakers, const std::vector<carpnl::Status> &devices,
            carpnl::Socket &socket);

/// "signed as here", "signed with the old key": what a verification means, for a table.
std::string describe(const carpnl::Verification &verification);

} // namespace carpctl
