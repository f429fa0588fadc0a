// SPDX-License-Identifier: GPL-2.0-only
/// As much rtnetlink as tests need when starting a program would take too much
/// guest time, or when only the kernel's own answer will do.
#pragma once

#include "netlink.hpp"

#include <optional>
#include <string>

namespace e2e {

/// One link as RTM_NEWLINK tells it.
struct Link {
    int index = 0;
    unsigned flags = 0;
    std::string name;
    std::string kind;
    std::string mac;
    unsigned oper_state = 0;
    bool carrier = false;
    std::optional<unsigned> port_state; ///< BR_STATE_* of a bridge port
    Bytes info_data;
    Bytes info_xstats;

    /// From the body of an RTM_NEWLINK, behind the netlink header.
    static Link parse(View body);
};

class Rtnl : public Netlink {
  public:
    /// A socket in the network namespace of the calling thread; groups as
    /// RTMGRP_*.
    explicit Rtnl(std::uint32_t groups = 0);

    void set_up(const std::string &device, bool up);
    /// A bridge that forwards at once, floods groups and knows no spanning tree.
    void add_bridge(const std::string &device);
    /// A cable: `device` here, and `peer` in the namespace behind the descriptor.
    void add_veth(const std::string &device, const std::string &peer, int peer_namespace,
                  View peer_mac);
    void set_master(const std::string &device, const std::string &master);
    /// IPv6 addresses without duplicate address detection, if so wished.
    void add_address(const std::string &device, View address, unsigned prefix, bool nodad);
    void set_port_state(int index, std::uint8_t state);
    /// One number in IFLA_INFO_DATA of an existing device.
    std::optional<Refusal> set_info(const std::string &device, const std::string &kind,
                                    unsigned type, std::uint32_t value);
    void remove_link(const std::string &device);
    [[nodiscard]] std::optional<Link> link(const std::string &device);
};

} // namespace e2e
