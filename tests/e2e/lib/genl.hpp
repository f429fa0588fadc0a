// SPDX-License-Identifier: GPL-2.0-only
/// The generic netlink family of carp, without any library of ours between.
#pragma once

#include "netlink.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace e2e {

/// One message of the family: CARP_CMD_* and its attributes.
struct GenlMessage {
    std::uint8_t command = 0;
    Bytes attributes;

    [[nodiscard]] std::optional<Attribute> find(unsigned type) const {
        return find_attribute(attributes, type);
    }
    /// A number that must be there.
    [[nodiscard]] std::uint64_t number(unsigned type) const;
};

class Genl : public Netlink {
  public:
    using Fill = std::function<void(Message &)>;

    /// A socket in the network namespace of the calling thread.
    Genl();
    /// Its number, for messages made by hand.
    [[nodiscard]] std::uint16_t family() const { return family_; }

    /// From now on events come in. A socket that also asks loses them: use two.
    void subscribe();
    /// What came in since; false if the kernel dropped some.
    bool events(std::vector<GenlMessage> &into);

    /// Sends a request; what the kernel answers, or why not.
    std::optional<Refusal> request(std::uint8_t command, const Fill &fill = {},
                                   std::vector<GenlMessage> *answers = nullptr);
    /// The same, throwing if the kernel refuses.
    std::vector<GenlMessage> get(std::uint8_t command, const Fill &fill = {});
    /// All that there is.
    std::vector<GenlMessage> dump(std::uint8_t command, const Fill &fill = {});

  private:
    [[nodiscard]] Message message(std::uint8_t command, std::uint16_t flags,
                                  const Fill &fill) const;

    std::uint16_t family_ = 0;
    std::uint32_t group_ = 0;
};

} // namespace e2e
