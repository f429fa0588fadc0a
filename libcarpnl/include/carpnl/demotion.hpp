// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * Causes of demotion: why this host's adverts are slower than its settings say, so that peers which
 * preempt take over.
 */
#pragma once

#include <carpnl/export.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace carpnl {

namespace detail {
struct CauseData;
}

/// What a cause demotes. The values are those of enum carp_scope in linux/carp.h.
enum class Scope : std::uint32_t {
    net = 0,    ///< every device of the network namespace
    group = 1,  ///< the devices of an interface group (ip link set group)
    device = 2, ///< one device
};

/// Who set a cause. The values are those of enum carp_owner in linux/carp.h.
enum class Owner : std::uint32_t {
    kernel = 0, ///< the kernel module; cannot be set or taken away
    user = 1,   ///< a user, until somebody takes it away
    socket = 2, ///< a user; it ends with the Socket that set it
    sysctl = 3, ///< whoever wrote net.inet.carp.demotion
};

/// The enumerators' names, "unknown" for a newer kernel's.
CARPNL_API std::string_view to_string(Scope scope) noexcept;
CARPNL_API std::string_view to_string(Owner owner) noexcept;

/// What a cause that is set or taken away is about.
class CARPNL_API Target {
  public:
    /// Every device of the network namespace.
    Target() noexcept = default;
    /// The devices of an interface group, those to come included.
    static Target group(std::uint32_t group);
    static Target device(std::string name);

    Scope scope() const noexcept { return scope_; }
    /// Of Scope::group.
    std::uint32_t group() const noexcept { return group_; }
    /// Of Scope::device.
    const std::string &device() const noexcept { return device_; }

  private:
    Scope scope_ = Scope::net;
    std::uint32_t group_ = 0;
    std::string device_;
};

/// A cause to be set by Socket::demote().
class CARPNL_API Demotion {
  public:
    /**
     * @param name 1..31 bytes; the same name, target and kind of owner again changes the cause
     * @param value 1..240, added to advskew; the sum of all causes counts as 240 at most
     */
    Demotion(std::string name, std::uint32_t value, Target target = Target());
    Demotion(const Demotion &);
    Demotion(Demotion &&) noexcept;
    Demotion &operator=(const Demotion &);
    Demotion &operator=(Demotion &&) noexcept;
    ~Demotion();

    /// The cause ends with the Socket that sets it, however its process ends.
    Demotion &lease(bool on = true);
    /// A MASTER resigns, whether its peers preempt or not, and while the cause stands takes over
    /// from a dead MASTER alone.
    Demotion &drain(bool on = true);

    const std::string &name() const noexcept;
    std::uint32_t value() const noexcept;
    const Target &target() const noexcept;
    bool is_lease() const noexcept;
    bool is_drain() const noexcept;

  private:
    struct Data;
    std::unique_ptr<Data> data_;
};

/// Something that demotes, as the kernel tells it. A cheap value.
class CARPNL_API Cause {
  public:
    const std::string &name() const noexcept;
    /// 1..240; 0 in an Event: it was taken away.
    std::uint32_t value() const noexcept;
    Scope scope() const noexcept;
    Owner owner() const noexcept;
    /// It ends with the socket that set it.
    bool is_lease() const noexcept;
    /// It makes MASTERs resign.
    bool is_drain() const noexcept;
    /// The interface group, of Scope::group.
    std::optional<std::uint32_t> group() const noexcept;
    /// The device that it counts for, or of a cause of the kernel's the one that has the problem.
    std::optional<std::uint32_t> device_index() const noexcept;
    /// Likewise; empty if the kernel tells none.
    const std::string &device_name() const noexcept;
    /// For how long it stands; not in an Event.
    std::optional<std::chrono::milliseconds> age() const noexcept;

    /// @private
    explicit Cause(std::shared_ptr<const detail::CauseData> data) noexcept;

  private:
    std::shared_ptr<const detail::CauseData> data_;
};

} // namespace carpnl
