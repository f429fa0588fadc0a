// SPDX-License-Identifier: GPL-2.0-only
#include "wire.hpp"

#include <algorithm>
#include <atomic>
#include <linux/if_bridge.h>
#include <stdexcept>

namespace e2e {

namespace {

std::atomic<unsigned> wires_made{0};

} // namespace

Wire::Wire(const std::string &name) : bridge_(name), number_(++wires_made) {
    // The segment itself is silent: no IPv6, no group queries, no spanning tree.
    bridge_.set_sysctl("net.ipv6.conf.default.disable_ipv6", "1");
    bridge_.set_sysctl("net.ipv6.conf.all.disable_ipv6", "1");
    bridge_.rtnl().add_bridge("br0");
    bridge_.rtnl().set_up("br0", true);
}

void Wire::attach(Host &host, const std::string &device,
                  const std::vector<std::string> &addresses) {
    Port added;
    {
        const std::scoped_lock lock(mutex_);
        added = {host.name(), device, "p" + std::to_string(next_port_), 0, {}};
        added.mac.bytes = {0x02,
                           0,
                           0,
                           0,
                           static_cast<std::uint8_t>(number_),
                           static_cast<std::uint8_t>(next_port_)};
        ++next_port_;
    }
    bridge_.rtnl().add_veth(added.name, device, host.namespace_fd(), added.mac.bytes);
    bridge_.rtnl().set_master(added.name, "br0");
    bridge_.rtnl().set_up(added.name, true);
    added.index = bridge_.rtnl().link(added.name).value().index;
    {
        const std::scoped_lock lock(mutex_);
        ports_.push_back(added);
    }
    host.set_sysctl("net/ipv6/conf/" + device + "/accept_dad", "0");
    host.set_sysctl("net/ipv6/conf/" + device + "/accept_ra", "0");
    for (const std::string &address : addresses)
        host.add_address(device, address, true);
    host.rtnl().set_up(device, true);
    wait_ready(host, added);
}

/// The kernel notices a carrier some time after it is there, at both ends.
void Wire::wait_ready(Host &host, const Port &port) {
    const auto ready = [&] {
        const auto link = bridge_.rtnl().link(port.name);
        return link && link->port_state == BR_STATE_FORWARDING &&
               host.rtnl().link(port.device).value().carrier;
    };
    if (!wait_until(ready, 5s, 1ms))
        throw std::runtime_error(host.name() + ": " + port.device + " gets no carrier");
}

Wire::Port Wire::port(const Host &host, const std::string &device) const {
    const std::scoped_lock lock(mutex_);
    // The newest, since a cable may have been replaced.
    const auto found = std::find_if(ports_.rbegin(), ports_.rend(), [&](const Port &port) {
        return port.host == host.name() && port.device == device;
    });
    if (found == ports_.rend())
        throw std::out_of_range(host.name() + " has no cable at " + device);
    return *found;
}

void Wire::detach(const Host &host, const std::string &device) {
    faults_.begin(host.name(), Fault::Cut);
    bridge_.rtnl().remove_link(port(host, device).name);
}

void Wire::cut(const Host &host, const std::string &device) {
    bridge_.rtnl().set_up(port(host, device).name, false);
    faults_.begin(host.name(), Fault::Cut);
}

void Wire::heal(Host &host, const std::string &device) {
    faults_.end(host.name(), Fault::Cut);
    bridge_.rtnl().set_up(port(host, device).name, true);
    wait_ready(host, port(host, device));
}

void Wire::block(const Host &host, const std::string &device) {
    // "Disabled" is the one state that a bridge without spanning tree keeps.
    bridge_.rtnl().set_port_state(port(host, device).index, BR_STATE_DISABLED);
    faults_.begin(host.name(), Fault::Mute);
    faults_.begin(host.name(), Fault::Deaf);
}

void Wire::unblock(const Host &host, const std::string &device) {
    faults_.end(host.name(), Fault::Mute);
    faults_.end(host.name(), Fault::Deaf);
    bridge_.rtnl().set_port_state(port(host, device).index, BR_STATE_FORWARDING);
}

void Wire::mute(const Host &host, const std::string &device) {
    // A locked port takes frames from known addresses only, and without
    // learning none is known. Needs no packet filter in the kernel.
    const std::string name = port(host, device).name;
    bridge_.run({"bridge", "link", "set", "dev", name, "locked", "on", "learning", "off"});
    bridge_.run({"ip", "link", "set", name, "type", "bridge_slave", "fdb_flush"});
    faults_.begin(host.name(), Fault::Mute);
}

void Wire::unmute(const Host &host, const std::string &device) {
    faults_.end(host.name(), Fault::Mute);
    bridge_.run({"bridge", "link", "set", "dev", port(host, device).name, "locked", "off",
                 "learning", "on"});
}

void Wire::deafen(const Host &host, const std::string &device) {
    bridge_.run({"tc", "qdisc", "replace", "dev", port(host, device).name, "root", "blackhole"});
    faults_.begin(host.name(), Fault::Deaf);
}

void Wire::undeafen(const Host &host, const std::string &device) {
    faults_.end(host.name(), Fault::Deaf);
    bridge_.run({"tc", "qdisc", "del", "dev", port(host, device).name, "root"});
}

void Wire::netem(const Host &host, const std::vector<std::string> &arguments,
                 const std::string &device) {
    std::vector<std::string> command{"tc",   "qdisc", "replace", "dev", port(host, device).name,
                                     "root", "netem"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    bridge_.run(command);
}

std::vector<std::string> Wire::hosts() const {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> names;
    names.reserve(ports_.size());
    for (const Port &port : ports_)
        names.push_back(port.host);
    return names;
}

std::string Wire::host_behind(int ifindex) const {
    const std::scoped_lock lock(mutex_);
    for (const Port &port : ports_)
        if (port.index == ifindex)
            return port.host;
    return {};
}

Mac Wire::mac(const Host &host, const std::string &device) const { return port(host, device).mac; }

} // namespace e2e
