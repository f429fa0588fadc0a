// SPDX-License-Identifier: GPL-2.0-only
/// What each host's kernel says about the state of its carp devices, from
/// RTM_NEWLINK notifications.
#pragma once

#include "carp_link.hpp"
#include "host.hpp"
#include "time.hpp"

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace e2e {

struct StateChange {
    std::string host;
    std::string device;
    unsigned vhid = 0;
    State state = State::Init;
    /// It happened at this time or before: the kernel tells the age, and the
    /// report itself takes a moment.
    Instant latest;
};

class StateMonitor {
  public:
    StateMonitor();
    StateMonitor(const StateMonitor &) = delete;
    StateMonitor &operator=(const StateMonitor &) = delete;
    ~StateMonitor();

    /// Watches the carp devices of `host` from now on.
    void watch(const Host &host);
    /// No longer; an open watch keeps the host's namespace alive.
    void forget(const Host &host);
    /// All changes so far, in the order of their reports.
    [[nodiscard]] std::vector<StateChange> changes() const;
    /// Whether no report got lost.
    [[nodiscard]] bool complete() const;

  private:
    struct Watched;

    void run();
    void take(Watched &watched);

    File wake_;
    mutable std::mutex mutex_;
    std::vector<std::unique_ptr<Watched>> watched_;
    std::vector<StateChange> changes_;
    bool complete_ = true;
    bool stop_ = false;
    std::thread thread_;
};

} // namespace e2e
