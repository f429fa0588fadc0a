// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * Hearing what happens.
 */
#pragma once

#include <carpnl/error.hpp>
#include <carpnl/event.hpp>
#include <carpnl/export.hpp>
#include <carpnl/types.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carpnl {

/**
 * The events of a network namespace, in order and without a gap that is not told.
 *
 * The first event is a resync with the state of every device; so is the next one wherever events
 * were missed (the kernel ran out of memory, this process was too slow, the module was reloaded).
 * Transitions that a resync's devices include are not told again. Whoever takes states from
 * resyncs and transitions is never wrong for long.
 *
 *     auto monitor = carpnl::Monitor::open();
 *     while (monitor.wait())
 *         monitor.process([](const carpnl::Event &event) { ... });
 *
 * For one thread at a time. Everything throws Error, and the Monitor is valid afterwards: what was
 * not handed over is, with the next call. No call needs a privilege.
 */
class CARPNL_API Monitor {
  public:
    using Callback = std::function<void(const Event &)>;

    /// In the caller's network namespace.
    /// @throws Error EOPNOTSUPP: no carp module
    static Monitor open();
    /// In another one.
    /// @param path as in "/run/netns/NAME" or "/proc/PID/ns/net"
    /// @throws Error ENOENT, EINVAL: no such namespace; EPERM: needs CAP_SYS_ADMIN; as open()
    static Monitor open_in(const std::string &path);
    Monitor(Monitor &&) noexcept;
    Monitor &operator=(Monitor &&) noexcept;
    ~Monitor();

    /// For an event loop: readable (POLLIN) when process() has something to do. Only after an
    /// exception process() may have more without that.
    int fd() const noexcept;

    /// Hands over what happened, and never waits. Returns how many events that were.
    /// @throws Error EBADMSG: the kernel's message makes no sense; ENOMEM, EAGAIN: no resync now,
    ///         the next call tries again
    std::size_t process(const Callback &callback);
    /// The same as a list.
    std::vector<Event> process();

    /// Waits for something to process: for as long as it takes, or for @p timeout, 0 included.
    /// False if the time is over.
    bool wait(std::optional<std::chrono::milliseconds> timeout = std::nullopt);
    /// Asks the kernel for all devices; the answer comes as an event.
    void resync();

    /**
     * Waits until a device has a state, or has had it since the call. It is asked for its state
     * first, so that nothing is missed. Events that were not handed over yet, and those that come
     * meanwhile, are not handed over any more.
     * @param timeout nothing: for as long as it takes
     * @returns false if the time is over
     * @throws Error ENODEV: there is no carp device of that name
     */
    bool wait_for(std::string_view device, State state,
                  std::optional<std::chrono::milliseconds> timeout = std::nullopt);

    class Impl;
    /// @private
    explicit Monitor(std::unique_ptr<Impl> impl) noexcept;

  private:
    std::unique_ptr<Impl> impl_;
};

} // namespace carpnl
