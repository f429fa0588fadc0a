// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * What happened, and what a device remembers of it.
 */
#pragma once

#include <carpnl/address.hpp>
#include <carpnl/counters.hpp>
#include <carpnl/demotion.hpp>
#include <carpnl/export.hpp>
#include <carpnl/types.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carpnl {

namespace detail {
struct DeviceData;
struct EventData;
struct TransitionData;
} // namespace detail

/// New with each boot, and each time that the module is loaded; sequence numbers count from then.
using BootId = std::array<std::uint8_t, 16>;

/// A change of state that a device remembers. A cheap value.
class CARPNL_API Transition {
  public:
    /// The number of its event.
    std::uint64_t sequence() const noexcept;
    State old_state() const noexcept;
    State state() const noexcept;
    Reason reason() const noexcept;
    /// How long ago, time in suspend included.
    std::chrono::milliseconds age() const noexcept;
    /// The host whose advert, or silence, was the reason (prefix length 32 or 128).
    std::optional<Address> peer() const;

    /// @private
    explicit Transition(std::shared_ptr<const detail::TransitionData> data) noexcept;

  private:
    std::shared_ptr<const detail::TransitionData> data_;
};

/// State and history of a device at one moment. A cheap value.
class CARPNL_API Device {
  public:
    const std::string &name() const noexcept;
    std::uint32_t index() const noexcept;
    /// 1..255, nothing if there is none.
    std::optional<std::uint32_t> vhid() const noexcept;
    std::optional<std::uint32_t> parent_index() const noexcept;
    State state() const noexcept;
    Reason reason() const noexcept;
    /// How long ago the state changed last, time in suspend included.
    std::chrono::milliseconds age() const noexcept;
    std::uint64_t transitions() const noexcept;
    /// The last ones, 32 at most, the newest at the end.
    const std::vector<Transition> &history() const noexcept;
    /// 0..240
    std::uint32_t demotion() const noexcept;
    /// Whether a cause drains it; nothing if the kernel does not tell.
    std::optional<bool> drained() const noexcept;
    /// The number of the namespace's last event when this was told.
    std::uint64_t sequence() const noexcept;
    const BootId &boot_id() const noexcept;

    /// @private
    explicit Device(std::shared_ptr<const detail::DeviceData> data) noexcept;

  private:
    std::shared_ptr<const detail::DeviceData> data_;
};

enum class EventKind : std::uint8_t {
    transition, ///< a device changed its state
    demotion,   ///< a cause of demotion was set, changed or taken away
    refused,    ///< an advert was refused; rate-limited
    resync,     ///< events may have been missed: devices() tells what is true now
};

/// Why there was a resync.
enum class ResyncReason : std::uint8_t {
    start,    ///< the Monitor was opened: nothing was missed
    asked,    ///< Monitor::resync() was called
    gap,      ///< a number is missing
    overrun,  ///< events came faster than they were read
    reloaded, ///< the module was loaded anew; numbers start again
    unloaded, ///< the module went away, and all devices with it
};

/// The enumerators' names.
CARPNL_API std::string_view to_string(EventKind kind) noexcept;
CARPNL_API std::string_view to_string(ResyncReason reason) noexcept;

/// Something that happened. A cheap value. What its kind does not have is std::nullopt, 0 or empty.
class CARPNL_API Event {
  public:
    EventKind kind() const noexcept;
    /// One higher with each event of the namespace. Of a resync: the last event that devices()
    /// includes; 0 if there is no device, since then the kernel does not tell.
    std::uint64_t sequence() const noexcept;
    /// All zero: not known, for a resync without devices.
    const BootId &boot_id() const noexcept;

    /// transition, refused; nothing for an advert that was refused before its device was known
    std::optional<std::uint32_t> index() const noexcept;
    const std::string &name() const noexcept;
    std::optional<std::uint32_t> vhid() const noexcept;
    std::optional<std::uint32_t> parent_index() const noexcept;

    /// transition
    std::optional<State> old_state() const noexcept;
    std::optional<State> state() const noexcept;
    std::optional<Reason> reason() const noexcept;
    /// How long ago when the kernel sent it, time in suspend included.
    std::optional<std::chrono::milliseconds> age() const noexcept;
    /// How often the state has changed, this time included.
    std::uint64_t transitions() const noexcept;
    /// transition: whose advert, or silence, was the reason; refused: who sent the advert (prefix
    /// length 32 or 128)
    std::optional<Address> peer() const;

    /// demotion; its value() is 0 if it was taken away
    std::optional<Cause> cause() const;

    /// refused: the counter that the advert raised
    std::optional<Counter> counter() const noexcept;
    /// How many more were refused since the event before, and had no event of their own.
    std::uint32_t missed() const noexcept;

    /// resync
    std::optional<ResyncReason> resync_reason() const noexcept;
    /// All carp devices of the namespace, by interface index.
    const std::vector<Device> &devices() const noexcept;

    /// @private
    explicit Event(std::shared_ptr<const detail::EventData> data) noexcept;

  private:
    std::shared_ptr<const detail::EventData> data_;
};

} // namespace carpnl
