// SPDX-License-Identifier: GPL-2.0-only
// What a carp device can stand on: each kind of parent serves clients, and hands
// over to another host.
#include "neighbours.hpp"
#include "pair_test.hpp"
#include "ping_probe.hpp"

#include <gtest/gtest.h>

namespace e2e {
namespace {

using Addresses = std::vector<std::string>;

void dress(Host &host, const std::string &device, const Addresses &addresses) {
    host.set_sysctl("net/ipv6/conf/" + device + "/accept_dad", "0");
    for (const std::string &address : addresses)
        host.add_address(device, address, true);
    host.rtnl().set_up(device, true);
}

std::string vlan(Host &host, const std::string &on, const Addresses &addresses) {
    host.run({"ip", "link", "add", "vlan7", "link", on, "type", "vlan", "id", "7"});
    dress(host, "vlan7", addresses);
    return "vlan7";
}

std::string bridge(Host &host, const std::string &port, const Addresses &addresses) {
    host.rtnl().add_bridge("br0");
    host.rtnl().set_master(port, "br0");
    dress(host, "br0", addresses);
    return "br0";
}

struct Kind {
    const char *name;
    /// Both ends may need tags.
    std::string (*client_end)(Wire &wire, Host &host, const Addresses &addresses);
    std::string (*host_end)(Wire &wire, Host &host, const Addresses &addresses);
};

std::ostream &operator<<(std::ostream &out, const Kind &kind) { return out << kind.name; }

std::string veth_end(Wire &wire, Host &host, const Addresses &addresses) {
    wire.attach(host, "eth0", addresses);
    return "eth0";
}

std::string vlan_end(Wire &wire, Host &host, const Addresses &addresses) {
    wire.attach(host);
    return vlan(host, "eth0", addresses);
}

std::string qinq_end(Wire &wire, Host &host, const Addresses &addresses) {
    wire.attach(host);
    host.run({"ip", "link", "add", "outer", "link", "eth0", "type", "vlan", "proto", "802.1ad",
              "id", "100"});
    dress(host, "outer", {});
    return vlan(host, "outer", addresses);
}

std::string bridge_end(Wire &wire, Host &host, const Addresses &addresses) {
    wire.attach(host);
    return bridge(host, "eth0", addresses);
}

std::string bond_end(Wire &wire, Host &host, const Addresses &addresses) {
    host.run(
        {"ip", "link", "add", "bond0", "type", "bond", "mode", "active-backup", "miimon", "10"});
    for (const std::string cable : {"eth0", "eth1"}) {
        wire.attach(host, cable);
        host.rtnl().set_up(cable, false);
        host.rtnl().set_master(cable, "bond0");
    }
    host.run({"ip", "link", "set", "bond0", "type", "bond", "active_slave", "eth0"});
    dress(host, "bond0", addresses);
    return "bond0";
}

std::string bridge_on_bond_end(Wire &wire, Host &host, const Addresses &addresses) {
    bond_end(wire, host, {});
    return bridge(host, "bond0", addresses);
}

/// The usual stack of a virtualization host.
std::string vlan_on_bridge_end(Wire &wire, Host &host, const Addresses &addresses) {
    bridge_end(wire, host, {});
    return vlan(host, "br0", addresses);
}

constexpr Kind veth{"Veth", veth_end, veth_end};
constexpr Kind tagged{"Vlan", vlan_end, vlan_end};
constexpr Kind qinq{"QinQ", qinq_end, qinq_end};
constexpr Kind bridged{"Bridge", veth_end, bridge_end};
constexpr Kind bonded{"Bond", veth_end, bond_end};
constexpr Kind bridged_bond{"BridgeOnBond", veth_end, bridge_on_bond_end};
constexpr Kind bridged_vlan{"VlanOnBridge", vlan_end, vlan_on_bridge_end};

class Parents : public PairTest {
  protected:
    void build_kind(const Kind &kind) {
        build(
            [&](Host &host, const Addresses &list) { return kind.client_end(wire(), host, list); },
            [&](Host &host, const Addresses &list) { return kind.host_end(wire(), host, list); });
    }
};

class ParentKinds : public Parents, public ::testing::WithParamInterface<Kind> {};

TEST_P(ParentKinds, ServesAndHandsOver) {
    build_kind(GetParam());
    start();
    ASSERT_FALSE(HasFatalFailure());
    expect_all_served(a);
    EXPECT_EQ(neighbour_mac(client, virtual4(), of_client), Mac::of_vhid(vhid));
    EXPECT_EQ(neighbour_mac(client, virtual6(), of_client), Mac::of_vhid(vhid));
    switch_to_b();
    ASSERT_FALSE(HasFatalFailure());
    expect_all_served(b);
    switch_back_to_a();
    ASSERT_FALSE(HasFatalFailure());
    expect_all_served(a);
}

INSTANTIATE_TEST_SUITE_P(All, ParentKinds,
                         ::testing::Values(veth, tagged, qinq, bridged, bonded, bridged_bond,
                                           bridged_vlan),
                         [](const auto &info) { return info.param.name; });

class ParentBonds : public Parents, public ::testing::WithParamInterface<Kind> {};

/// The bond of a MASTER changes its cable. The wire believes the virtual MAC
/// behind the other one, so only an announcement brings the clients back before
/// the next advert.
TEST_P(ParentBonds, FailoverOfTheBondOfAMaster) {
    build_kind(GetParam());
    start();
    ASSERT_FALSE(HasFatalFailure());
    expect_all_served(a);
    const std::uint64_t transitions = on_a->link().transitions();

    // Right behind an advert, so that the next one is far.
    ASSERT_TRUE(capture().wait_for(match::advert(vhid), 2s));
    PingProbe probe4(client, virtual4());
    PingProbe probe6(client, virtual6());
    sleep_for(100ms);
    const Instant before = now();
    a.run({"ip", "link", "set", "bond0", "type", "bond", "active_slave", "eth1"});
    sleep_for(400ms);
    probe4.stop();
    probe6.stop();
    EXPECT_NO_FRAME(capture(), match::all(match::since(before), match::advert(vhid)),
                    match::all(match::since(before), match::claims(vhid)))
        << "too slow to prove anything";
    EXPECT_LE(probe4.worst_outage(before).length(), 30ms) << probe4.worst_outage(before).text();
    EXPECT_LE(probe6.worst_outage(before).length(), 30ms) << probe6.worst_outage(before).text();

    // A dead cable, back to the first one.
    a.rtnl().set_up("eth1", false);
    sleep_for(1s);
    expect_all_served(a);
    EXPECT_EQ(on_a->link().transitions(), transitions);
    EXPECT_EQ(on_b->state(), State::Backup);
}

INSTANTIATE_TEST_SUITE_P(All, ParentBonds, ::testing::Values(bonded, bridged_bond),
                         [](const auto &info) { return info.param.name; });

} // namespace
} // namespace e2e
