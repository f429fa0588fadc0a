// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * From messages of the generic netlink family to values. What is cut short or lacks something that
 * it cannot do without reads as nothing; what is newer than this library is passed over.
 */
#pragma once

#include <carpnl/event.hpp>
#include <carpnl/types.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace carpnl::detail {

/// An answer to CARP_CMD_DEVICE_GET.
std::optional<Device> read_device(std::span<const std::byte> payload);
/// An answer to CARP_CMD_CAUSE_GET.
std::optional<Cause> read_cause(std::span<const std::byte> payload);

/// An event, or the numbers of one that only a newer kernel has.
struct HeardEvent {
    BootId boot_id{};
    std::uint64_t sequence = 0;
    std::optional<Event> event;
};

/// CARP_CMD_TRANSITION_NTF and so on.
std::optional<HeardEvent> read_event(std::span<const std::byte> payload);

} // namespace carpnl::detail
