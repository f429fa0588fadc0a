// SPDX-License-Identifier: GPL-2.0-only
/// A carp device on a host, made the way an administrator makes it.
#pragma once

#include "carp_link.hpp"
#include "host.hpp"

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace e2e {

struct CarpConfig {
    std::string device = "carp0";
    std::string parent = "eth0";
    unsigned vhid = 1;
    unsigned advbase = 1;
    unsigned advskew = 0;
    std::string pass = "testpass";
    std::vector<std::string> addresses = {};
    bool up = true;
};

/// A handle; the device lives as long as its host unless destroyed.
class Carp {
  public:
    /// Creates it with ip(8), then gives it its addresses.
    Carp(Host &host, const CarpConfig &config);
    /// One that exists.
    Carp(Host &host, std::string device, unsigned vhid)
        : host_(&host), device_(std::move(device)), vhid_(vhid) {}

    [[nodiscard]] Host &host() const { return *host_; }
    [[nodiscard]] const std::string &device() const { return device_; }
    [[nodiscard]] unsigned vhid() const { return vhid_; }

    void up() const;
    void down() const;
    void destroy() const;
    /// ip link set dev DEVICE type carp ARGUMENTS...
    void set(const std::vector<std::string> &arguments) const;
    /// One attribute of the kernel's, whether any tool has a word for it or not.
    [[nodiscard]] std::optional<Refusal> try_set(unsigned type, std::uint32_t value) const;
    void set(unsigned type, std::uint32_t value) const;
    /// The same as set({"state", ...}), without a program's time to start.
    void force(State state) const;

    [[nodiscard]] CarpLink link() const;
    [[nodiscard]] State state() const { return link().state(); }
    /// False if it is not in `state` after `timeout`.
    [[nodiscard]] bool wait_for(State state, Duration timeout = 10s) const;

  private:
    Host *host_;
    std::string device_;
    unsigned vhid_;
};

/// What `carpctl -j [-s] show DEVICE` says, the one object of its array.
nlohmann::json carpctl_show(Host &host, const std::string &device, bool statistics = false);
/// What `ip -d -j [-s] link show dev DEVICE` says.
nlohmann::json ip_link_show(Host &host, const std::string &device, bool statistics = false);

/// Loads and unloads the module of the running kernel.
namespace module {
void load();
void unload();
[[nodiscard]] bool loaded();
} // namespace module

} // namespace e2e
