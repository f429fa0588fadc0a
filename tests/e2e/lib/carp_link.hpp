// SPDX-License-Identifier: GPL-2.0-only
/// A carp device as the kernel itself describes it, without any tool between.
#pragma once

#include "address.hpp"
#include "rtnl.hpp"
#include "time.hpp"

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

namespace e2e {

/// Values as in the contract.
enum class State { Init = 0, Backup = 1, Master = 2 };

std::string to_text(State state);
std::ostream &operator<<(std::ostream &out, State state);

/// The last advert that was refused.
struct Refused {
    unsigned counter = 0; ///< CARP_XSTATS_*
    std::optional<Address> source;
};

class CarpLink {
  public:
    explicit CarpLink(Link link);

    [[nodiscard]] const Link &link() const { return link_; }
    [[nodiscard]] State state() const;
    [[nodiscard]] unsigned vhid() const;
    [[nodiscard]] unsigned advbase() const;
    [[nodiscard]] unsigned advskew() const;
    [[nodiscard]] unsigned effective_advskew() const;
    [[nodiscard]] unsigned demotion() const;
    [[nodiscard]] unsigned reason() const; ///< enum carp_reason
    [[nodiscard]] bool key_set() const;
    [[nodiscard]] bool next_key_set() const;
    [[nodiscard]] unsigned heard_as() const; ///< enum carp_match
    [[nodiscard]] std::uint64_t transitions() const;
    [[nodiscard]] Duration last_change_age() const;
    [[nodiscard]] std::optional<Refused> refused() const;
    /// One of CARP_XSTATS_*.
    [[nodiscard]] std::uint64_t counter(unsigned number) const;
    /// Whether an attribute is there at all.
    [[nodiscard]] bool has(unsigned type) const;
    /// The number in an attribute that need not be there.
    [[nodiscard]] std::optional<std::uint64_t> find_number(unsigned type) const;

  private:
    [[nodiscard]] std::uint64_t number(unsigned type) const;

    Link link_;
};

} // namespace e2e
