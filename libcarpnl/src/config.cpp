// SPDX-License-Identifier: LGPL-2.1-or-later
#include <carpnl/config.hpp>

#include "settings.hpp"

#include <limits>
#include <utility>

namespace carpnl {
namespace {

/// What does not fit becomes what the kernel refuses.
template <class Duration> std::uint32_t number(Duration duration) {
    constexpr auto most = std::numeric_limits<std::uint32_t>::max();
    const auto count = duration.count();
    return count < 0 || count > most ? most : static_cast<std::uint32_t>(count);
}

} // namespace

Config::Config() : settings_(std::make_unique<detail::Settings>()) {}
Config::Config(Config &&) noexcept = default;
Config &Config::operator=(Config &&) noexcept = default;
Config::~Config() = default;

Config &Config::parent(std::string name) {
    settings_->parent = std::move(name);
    return *this;
}
Config &Config::parent(std::uint32_t index) {
    settings_->parent = index;
    return *this;
}
Config &Config::vhid(std::uint32_t vhid) {
    settings_->vhid = vhid;
    return *this;
}
Config &Config::advbase(std::uint32_t seconds) {
    settings_->advbase = seconds;
    return *this;
}
Config &Config::advskew(std::uint32_t skew) {
    settings_->advskew = skew;
    return *this;
}
Config &Config::key(Key key) {
    settings_->key = std::move(key);
    return *this;
}
Config &Config::key_next(Key key) {
    settings_->key_next = std::move(key);
    return *this;
}
Config &Config::grace(std::chrono::seconds time) {
    settings_->grace = number(time);
    return *this;
}
Config &Config::preempt(Preempt preempt) {
    settings_->preempt = preempt;
    return *this;
}
Config &Config::preempt_delay(std::chrono::milliseconds time) {
    settings_->preempt_delay = number(time);
    return *this;
}
Config &Config::start_hold(std::chrono::milliseconds time) {
    settings_->start_hold = number(time);
    return *this;
}
Config &Config::announce_count(std::uint32_t count) {
    settings_->announce_count = count;
    return *this;
}
Config &Config::announce_interval(std::chrono::milliseconds interval) {
    settings_->announce_interval = number(interval);
    return *this;
}
Config &Config::announce_refresh(std::chrono::seconds refresh) {
    settings_->announce_refresh = number(refresh);
    return *this;
}
Config &Config::peers(Family family, std::vector<Address> hosts) {
    (family == Family::inet ? settings_->peers4 : settings_->peers6) = std::move(hosts);
    return *this;
}
Config &Config::address(const Address &address) {
    settings_->addresses.push_back(address);
    return *this;
}
Config &Config::up(bool up) {
    settings_->up = up;
    return *this;
}

Changes::Changes() : settings_(std::make_unique<detail::Settings>()) {}
Changes::Changes(Changes &&) noexcept = default;
Changes &Changes::operator=(Changes &&) noexcept = default;
Changes::~Changes() = default;

Changes &Changes::parent(std::string name) {
    settings_->parent = std::move(name);
    return *this;
}
Changes &Changes::parent(std::uint32_t index) {
    settings_->parent = index;
    return *this;
}
Changes &Changes::vhid(std::uint32_t vhid) {
    settings_->vhid = vhid;
    return *this;
}
Changes &Changes::advbase(std::uint32_t seconds) {
    settings_->advbase = seconds;
    return *this;
}
Changes &Changes::advskew(std::uint32_t skew) {
    settings_->advskew = skew;
    return *this;
}
Changes &Changes::key(Key key) {
    settings_->key = std::move(key);
    return *this;
}
Changes &Changes::key_next(Key key) {
    settings_->key_next = std::move(key);
    return *this;
}
Changes &Changes::grace(std::chrono::seconds time) {
    settings_->grace = number(time);
    return *this;
}
Changes &Changes::preempt(Preempt preempt) {
    settings_->preempt = preempt;
    return *this;
}
Changes &Changes::preempt_delay(std::chrono::milliseconds time) {
    settings_->preempt_delay = number(time);
    return *this;
}
Changes &Changes::start_hold(std::chrono::milliseconds time) {
    settings_->start_hold = number(time);
    return *this;
}
Changes &Changes::announce_count(std::uint32_t count) {
    settings_->announce_count = count;
    return *this;
}
Changes &Changes::announce_interval(std::chrono::milliseconds interval) {
    settings_->announce_interval = number(interval);
    return *this;
}
Changes &Changes::announce_refresh(std::chrono::seconds refresh) {
    settings_->announce_refresh = number(refresh);
    return *this;
}
Changes &Changes::peers(Family family, std::vector<Address> hosts) {
    (family == Family::inet ? settings_->peers4 : settings_->peers6) = std::move(hosts);
    return *this;
}
Changes &Changes::address(const Address &address) {
    settings_->addresses.push_back(address);
    return *this;
}
Changes &Changes::delete_address(const Address &address) {
    settings_->deletions.push_back(address);
    return *this;
}
Changes &Changes::up(bool up) {
    settings_->up = up;
    return *this;
}
Changes &Changes::force_state(State state) {
    settings_->force = state;
    return *this;
}

bool Changes::empty() const noexcept {
    const auto &s = *settings_;
    return !s.parent && !s.vhid && !s.advbase && !s.advskew && !s.key && !s.key_next && !s.grace &&
           !s.preempt && !s.preempt_delay && !s.start_hold && !s.announce_count &&
           !s.announce_interval && !s.announce_refresh && !s.peers4 && !s.peers6 &&
           s.addresses.empty() && s.deletions.empty() && !s.up && !s.force;
}

} // namespace carpnl
