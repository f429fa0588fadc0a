// SPDX-License-Identifier: GPL-2.0-only
/// What demotes a host: causes, as the kernel itself takes and shows them.
#pragma once

#include "genl.hpp"
#include "host.hpp"
#include "time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace e2e {

struct Cause {
    std::string name = {};
    unsigned value = 0;
    unsigned scope = 0; ///< CARP_SCOPE_*
    unsigned owner = 0; ///< CARP_OWNER_*
    unsigned flags = 0; ///< CARP_CAUSE_F_*
    std::optional<unsigned> group = {};
    std::optional<unsigned> ifindex = {};
    std::string ifname = {};
    Duration age{};
};

/// A socket of its own, which leases belong to.
class Causes {
  public:
    explicit Causes(const Host &host) : genl_(host.in([] { return std::make_unique<Genl>(); })) {}

    std::optional<Refusal> request(std::uint8_t command, const Genl::Fill &fill) {
        return genl_->request(command, fill);
    }
    /// What is in `cause`: a name, a value, flags if any, a group or a device.
    std::optional<Refusal> try_set(const Cause &cause);
    std::optional<Refusal> try_clear(const Cause &cause);
    /// The same, throwing if the kernel refuses.
    void set(const Cause &cause);
    void clear(const Cause &cause);

    [[nodiscard]] std::vector<Cause> list();
    [[nodiscard]] std::optional<Cause> find(const std::string &name);

    void close() { genl_->close(); }

  private:
    std::unique_ptr<Genl> genl_;
};

} // namespace e2e
