// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace carpnl::detail {

/// What has to be done to undo what was done so far.
class Rollback {
  public:
    /// @param what names it if it cannot be undone, as in "address 192.168.1.50/24"
    void add(std::string what, std::function<void()> undo);
    /// Something that stays as it is now, whatever comes: said when it comes to an undoing.
    void add_lasting(std::string what);
    /// Undoes everything, the latest first. Returns what could not be undone.
    std::vector<std::string> run() noexcept;

  private:
    struct Step {
        std::string what;
        std::function<void()> undo;
    };
    std::vector<Step> steps_;
};

} // namespace carpnl::detail
