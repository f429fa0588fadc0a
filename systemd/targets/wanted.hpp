// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Which targets are to be active, and which are.
 */
#pragma once

#include <carpnl/event.hpp>
#include <carpnl/types.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace carptargets {

inline constexpr std::string_view master_prefix = "carp-master@";
inline constexpr std::string_view backup_prefix = "carp-backup@";
inline constexpr std::string_view target_suffix = ".target";

/// Names of units.
struct Jobs {
    std::vector<std::string> start;
    std::vector<std::string> stop;

    bool empty() const noexcept { return start.empty() && stop.empty(); }
};

/// How often a state changed does not matter here, only which one it is now.
class Wanted {
  public:
    /// @param active the targets that are active now
    explicit Wanted(const std::vector<std::string> &active);

    void take(const carpnl::Event &event);
    void set(const std::string &device, carpnl::State state);
    /// These are all devices that there are.
    void set_all(const std::map<std::string, carpnl::State> &states);

    /// What makes systemd's state that of the devices. Of two targets of a device that are both
    /// active the start of one stops the other.
    Jobs jobs() const;
    /// They have been given to systemd.
    void done();

  private:
    struct Targets {
        carpnl::State wanted = carpnl::State::init;
        bool master = false;
        bool backup = false;
    };
    std::map<std::string, Targets> devices_;
};

} // namespace carptargets
