// SPDX-License-Identifier: GPL-2.0-only
/// A LAN segment: a bridge in a namespace of its own, with a cable to each host.
#pragma once

#include "address.hpp"
#include "faults.hpp"
#include "host.hpp"

#include <mutex>
#include <string>
#include <vector>

namespace e2e {

class Wire {
  public:
    explicit Wire(const std::string &name = "wire");
    Wire(const Wire &) = delete;
    Wire &operator=(const Wire &) = delete;

    /// Plugs `host` in: makes its `device`, up, with these addresses
    /// ("192.0.2.1/24"; IPv6 ones are usable at once, without duplicate
    /// address detection).
    void attach(Host &host, const std::string &device = "eth0",
                const std::vector<std::string> &addresses = {});
    /// Takes the cable and the host's device away.
    void detach(const Host &host, const std::string &device = "eth0");

    /// Pulls the cable: the host loses its carrier.
    void cut(const Host &host, const std::string &device = "eth0");
    /// Plugs it in again and waits until the wire takes frames.
    void heal(Host &host, const std::string &device = "eth0");
    /// Frames vanish in both directions, but the carrier stays.
    void block(const Host &host, const std::string &device = "eth0");
    void unblock(const Host &host, const std::string &device = "eth0");
    /// Only what the host sends vanishes.
    void mute(const Host &host, const std::string &device = "eth0");
    void unmute(const Host &host, const std::string &device = "eth0");
    /// Only what the host should receive vanishes.
    void deafen(const Host &host, const std::string &device = "eth0");
    void undeafen(const Host &host, const std::string &device = "eth0");
    /// tc-netem on the way to the host: {"delay", "5ms"}, {"loss", "20%"}...
    void netem(const Host &host, const std::vector<std::string> &arguments,
               const std::string &device = "eth0");

    [[nodiscard]] Host &bridge() { return bridge_; }
    [[nodiscard]] const Faults &faults() const { return faults_; }
    [[nodiscard]] std::vector<std::string> hosts() const;
    /// The host behind a port, or an empty name if the interface is no port.
    [[nodiscard]] std::string host_behind(int ifindex) const;
    [[nodiscard]] Mac mac(const Host &host, const std::string &device = "eth0") const;

  private:
    struct Port {
        std::string host;
        std::string device;
        std::string name;
        int index = 0;
        Mac mac;
    };

    [[nodiscard]] Port port(const Host &host, const std::string &device) const;
    void wait_ready(Host &host, const Port &port);

    Host bridge_;
    unsigned number_;
    Faults faults_;
    mutable std::mutex mutex_;
    std::vector<Port> ports_;
    unsigned next_port_ = 1;
};

} // namespace e2e
