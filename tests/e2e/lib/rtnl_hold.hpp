// SPDX-License-Identifier: GPL-2.0-only
/// Holds the kernel's RTNL lock, as a slow driver or a long dump would.
#pragma once

#include "file.hpp"
#include "host.hpp"

#include <thread>

namespace e2e {

/// While this lives, nothing that needs RTNL makes progress: no configuration,
/// no state query, no notification. Packets and timers must not mind.
///
/// A thread asks for something that the kernel copies out under the lock, into a
/// page that is not there and is delivered when the hold ends (userfaultfd).
class RtnlHold {
  public:
    /// Returns when the lock is held.
    explicit RtnlHold(const Host &host);
    RtnlHold(const RtnlHold &) = delete;
    RtnlHold &operator=(const RtnlHold &) = delete;
    ~RtnlHold();

  private:
    class Pages;

    void ask() const;

    const Host &host_;
    std::unique_ptr<Pages> pages_;
    std::thread asker_;
};

} // namespace e2e
