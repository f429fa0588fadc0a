// SPDX-License-Identifier: GPL-2.0-or-later
#include "wanted.hpp"

#include <iterator>

namespace carptargets {
namespace {

using carpnl::State;

std::string target(std::string_view prefix, const std::string &device) {
    return std::string(prefix) + device + std::string(target_suffix);
}

/// The device of a target that has this prefix; empty if it has another.
std::string device_of(std::string_view unit, std::string_view prefix) {
    if (!unit.starts_with(prefix) || !unit.ends_with(target_suffix))
        return {};
    unit.remove_prefix(prefix.size());
    unit.remove_suffix(target_suffix.size());
    return std::string(unit);
}

} // namespace

Wanted::Wanted(const std::vector<std::string> &active) {
    for (const auto &unit : active) {
        if (const auto device = device_of(unit, master_prefix); !device.empty())
            devices_[device].master = true;
        else if (const auto other = device_of(unit, backup_prefix); !other.empty())
            devices_[other].backup = true;
    }
}

void Wanted::take(const carpnl::Event &event) {
    const auto state = event.state();
    if (event.kind() == carpnl::EventKind::transition && state) {
        set(event.name(), *state);
    } else if (event.kind() == carpnl::EventKind::resync) {
        std::map<std::string, State> states;
        for (const auto &device : event.devices())
            states.emplace(device.name(), device.state());
        set_all(states);
    }
}

void Wanted::set(const std::string &device, State state) { devices_[device].wanted = state; }

void Wanted::set_all(const std::map<std::string, State> &states) {
    for (auto &[device, targets] : devices_)
        targets.wanted = State::init;
    for (const auto &[device, state] : states)
        set(device, state);
}

Jobs Wanted::jobs() const {
    Jobs jobs;
    for (const auto &[device, now] : devices_) {
        const auto master = target(master_prefix, device);
        const auto backup = target(backup_prefix, device);
        if (now.wanted == State::master && (!now.master || now.backup))
            jobs.start.push_back(master);
        else if (now.wanted == State::backup && (!now.backup || now.master))
            jobs.start.push_back(backup);
        else if (now.wanted == State::init) {
            if (now.master)
                jobs.stop.push_back(master);
            if (now.backup)
                jobs.stop.push_back(backup);
        }
    }
    return jobs;
}

void Wanted::done() {
    for (auto device = devices_.begin(); device != devices_.end();) {
        auto &now = device->second;
        now.master = now.wanted == State::master;
        now.backup = now.wanted == State::backup;
        // Those that are gone are not to be remembered for ever.
        device = now.wanted == State::init ? devices_.erase(device) : std::next(device);
    }
}

} // namespace carptargets
