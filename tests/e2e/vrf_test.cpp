// SPDX-License-Identifier: GPL-2.0-only
// Parents in a VRF: with their carp device in it as well, which is what one
// wants, and without.
#include "neighbours.hpp"
#include "pair_test.hpp"
#include "ping_probe.hpp"

#include <gtest/gtest.h>

namespace e2e {
namespace {

class Vrf : public PairTest {
  protected:
    /// Behind both hosts, in their VRF.
    Segment &lan = add_segment("lan");
    Host &guest = add_lonely_host("guest");

    static void make_vrf(Host &host) {
        host.run({"ip", "link", "add", "blue", "type", "vrf", "table", "100"});
        host.rtnl().set_up("blue", true);
        host.set_sysctl("net.ipv4.tcp_l3mdev_accept", "1");
        host.set_sysctl("net.ipv4.ip_forward", "1");
        host.set_sysctl("net.ipv6.conf.all.forwarding", "1");
    }

    Build vrf_end() {
        return [this](Host &host, const std::vector<std::string> &addresses) {
            make_vrf(host);
            wire().attach(host);
            host.rtnl().set_master("eth0", "blue");
            for (const std::string &address : addresses)
                host.add_address("eth0", address, true);
            return std::string{"eth0"};
        };
    }

    void attach_lan(Host &host, const std::string &v4, const std::string &v6) {
        lan.wire.attach(host, "eth1");
        if (host.rtnl().link("blue"))
            host.rtnl().set_master("eth1", "blue");
        host.add_address("eth1", v4);
        host.add_address("eth1", v6, true);
    }

    /// Carp devices in the VRF from the start.
    void start_in_vrf() {
        for (Host *host : {&a, &b}) {
            host->run({"ip", "link", "add", "carp0", "link", "eth0", "type", "carp", "vhid", "1",
                       "pass", "testpass", "advskew", host == &a ? "0" : "100"});
            host->rtnl().set_master("carp0", "blue");
            host->add_address("carp0", "192.168.1.50/24");
            host->add_address("carp0", "2001:db8:1::50/64");
            host->rtnl().set_up("carp0", true);
        }
        on_a.emplace(a, "carp0", vhid);
        on_b.emplace(b, "carp0", vhid);
        serve();
        ASSERT_TRUE(on_a->wait_for(State::Master, 5s));
        ASSERT_TRUE(on_b->wait_for(State::Backup, 1s));
    }

    /// The hosts' own programs, in the VRF, reach the MASTER.
    void expect_served_in_vrf(Host &from, const Host &master) {
        for (const Address &address : virtuals) {
            SCOPED_TRACE(address.text() + " from " + from.name() + " in its VRF");
            const std::uint64_t before = echoes_answered(master);
            const Output output =
                from.try_run({"ping", "-c", "1", "-W", "2", "-I", "blue", address.text()});
            EXPECT_EQ(output.status, 0) << output.out << output.err;
            EXPECT_GT(echoes_answered(master), before);
        }
    }

    void expect_all_served_in_vrf(const Host &master) {
        expect_served(client, master);
        expect_served(guest, master);
        expect_served_in_vrf(a, master);
        expect_served_in_vrf(b, master);
    }
};

TEST_F(Vrf, LocalAndForwarded) {
    build(cable(), vrf_end());
    attach_lan(a, "192.168.2.3/24", "2001:db8:2::3/64");
    attach_lan(b, "192.168.2.4/24", "2001:db8:2::4/64");
    attach_lan(guest, "192.168.2.9/24", "2001:db8:2::9/64");
    start_in_vrf();
    ASSERT_FALSE(HasFatalFailure());
    // The guest's way leads through B, whatever B is.
    guest.run({"ip", "route", "add", "192.168.1.0/24", "via", "192.168.2.4"});
    guest.run({"ip", "route", "add", "2001:db8:1::/64", "via", "2001:db8:2::4"});
    expect_all_served_in_vrf(a);
    EXPECT_EQ(neighbour_mac(client, virtual4()), Mac::of_vhid(vhid));
    EXPECT_NE(b.run({"ip", "route", "show", "table", "100", "type", "local"}).find("192.168.1.50"),
              std::string::npos);

    switch_to_b();
    ASSERT_FALSE(HasFatalFailure());
    expect_all_served_in_vrf(b);
    switch_back_to_a();
    ASSERT_FALSE(HasFatalFailure());
    expect_all_served_in_vrf(a);

    // By silence, and back at an advert.
    wire().block(a);
    ASSERT_TRUE(on_b->wait_for(State::Master, 5s));
    expect_served(client, b);
    wire().unblock(a);
    ASSERT_TRUE(on_b->wait_for(State::Backup, 3s));
    expect_all_served_in_vrf(a);
}

/// Devices bounce when they enter or leave a VRF, and their addresses get other
/// routes: the MASTER resigns for that moment.
TEST_F(Vrf, EnteredAndLeftByAMaster) {
    build(cable());
    make_vrf(a);
    start();
    ASSERT_FALSE(HasFatalFailure());
    a.set_sysctl("net.ipv6.conf.eth0.keep_addr_on_down", "1");
    on_a->set({"preempt", "on"});
    expect_all_served(a);

    const auto expect_back = [&](const std::string &what) {
        SCOPED_TRACE(what);
        EXPECT_TRUE(on_a->wait_for(State::Master, 5s));
        EXPECT_TRUE(on_b->wait_for(State::Backup, 1s));
    };
    const auto expect_hitless = [&](const std::vector<std::string> &command) {
        PingProbe probe(client, virtual4());
        sleep_for(20ms);
        const Instant start = now();
        a.run(command);
        sleep_for(50ms);
        probe.stop();
        EXPECT_LE(probe.worst_outage(start).lost, 2U) << command.back();
        EXPECT_TRUE(
            capture().first(match::all(match::since(start), match::bow_out(vhid), match::from(a))));
    };
    expect_hitless({"ip", "link", "set", "eth0", "master", "blue"});
    expect_back("the parent entered");
    expect_hitless({"ip", "link", "set", "carp0", "master", "blue"});
    expect_back("the device entered");
    expect_served(client, a);
    expect_served(b, a);
    expect_served_in_vrf(a, a);

    expect_hitless({"ip", "link", "set", "carp0", "nomaster"});
    expect_back("the device left");
    expect_hitless({"ip", "link", "set", "eth0", "nomaster"});
    expect_back("the parent left");
    expect_all_served(a);
    switch_to_b();
    ASSERT_FALSE(HasFatalFailure());
    expect_all_served(b);
}

/// The parent is in a VRF and its carp device is not: the shared addresses are
/// in the default VRF then, like those of any other device beside.
TEST_F(Vrf, OnlyTheParentIsIn) {
    build(cable(), vrf_end());
    start();
    ASSERT_FALSE(HasFatalFailure());
    expect_served(client, a);
    switch_to_b();
    ASSERT_FALSE(HasFatalFailure());
    expect_served(client, b);
}

/// The VRF goes away under a MASTER.
TEST_F(Vrf, Removed) {
    build(cable(), vrf_end());
    start_in_vrf();
    ASSERT_FALSE(HasFatalFailure());
    expect_served(client, a);
    on_a->set({"preempt", "on"});
    a.set_sysctl("net.ipv6.conf.eth0.keep_addr_on_down", "1");
    a.rtnl().remove_link("blue");
    ASSERT_TRUE(on_a->wait_for(State::Master, 5s));
    expect_served(client, a);
    expect_served(a, a);
    on_a->destroy();
    EXPECT_TRUE(on_b->wait_for(State::Master, 1s));
    expect_served(client, b);
}

} // namespace
} // namespace e2e
