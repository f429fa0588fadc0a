// SPDX-License-Identifier: GPL-2.0-only
// Bridges on the way: as parents with hosts behind them, and as switches that
// forward groups to members only.
#include "file.hpp"
#include "neighbours.hpp"
#include "pair_test.hpp"
#include "ping_probe.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

namespace e2e {
namespace {

/// Counts the IPv6 adverts that arrive at a device.
class Ear {
  public:
    Ear(const Host &host, const std::string &device) {
        host.in([&] {
            socket_ = File{check(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                                 "packet socket")};
            sockaddr_ll address{};
            address.sll_family = AF_PACKET;
            address.sll_protocol = htons(ETH_P_IPV6);
            address.sll_ifindex = static_cast<int>(if_nametoindex(device.c_str()));
            check(bind(socket_.fd(), reinterpret_cast<sockaddr *>(&address), sizeof address),
                  "listen on " + device);
        });
    }

    [[nodiscard]] unsigned adverts() const {
        unsigned count = 0;
        Bytes buffer(256);
        for (;;) {
            const ssize_t got = recv(socket_.fd(), buffer.data(), buffer.size(), 0);
            if (got < 0)
                return count;
            const Frame frame(now(), {}, Bytes(buffer.begin(), buffer.begin() + got), 0);
            count += frame.advert() ? 1 : 0;
        }
    }

  private:
    File socket_;
};

class Bridges : public PairTest {
  protected:
    Host &inner = add_lonely_host("inner");

    static std::string bridge(Host &host, const std::vector<std::string> &addresses) {
        host.rtnl().add_bridge("br0");
        host.rtnl().set_master("eth0", "br0");
        host.set_sysctl("net/ipv6/conf/br0/accept_dad", "0");
        for (const std::string &address : addresses)
            host.add_address("br0", address, true);
        host.rtnl().set_up("br0", true);
        return "br0";
    }

    Build bridge_end() {
        return [this](Host &host, const std::vector<std::string> &addresses) {
            wire().attach(host);
            return bridge(host, addresses);
        };
    }

    /// A guest of `host`, behind its bridge.
    void attach_inner(Host &host) {
        host.rtnl().add_veth("tap0", "eth0", inner.namespace_fd(),
                             Mac::parse("02:00:00:00:99:01").bytes);
        host.rtnl().set_master("tap0", "br0");
        host.rtnl().set_up("tap0", true);
        inner.set_sysctl("net/ipv6/conf/eth0/accept_dad", "0");
        inner.add_address("eth0", "192.168.1.99/24");
        inner.add_address("eth0", "2001:db8:1::99/64", true);
        inner.rtnl().set_up("eth0", true);
        ASSERT_TRUE(wait_until([&] { return inner.rtnl().link("eth0")->carrier; }, 5s));
    }
};

/// The bridge of B learned the virtual MAC on the cable, from the adverts of A.
/// When B takes over, a guest of B must find it inside, and when A comes back
/// outside again, with no more lost than by clients on the wire.
TEST_F(Bridges, GuestBehindTheParent) {
    build(cable(), bridge_end());
    start();
    attach_inner(b);
    ASSERT_FALSE(HasFatalFailure());
    for (const Host *from : {&client, &inner, &a, &b})
        expect_served(*from, a);

    PingProbe probe4(inner, virtual4());
    PingProbe probe6(inner, virtual6());
    sleep_for(50ms);
    const Instant to_b = now();
    on_a->down();
    ASSERT_TRUE(on_b->wait_for(State::Master, 1s));
    sleep_for(50ms);
    EXPECT_LE(probe4.worst_outage(to_b).lost, 2U) << probe4.worst_outage(to_b).text();
    EXPECT_LE(probe6.worst_outage(to_b).lost, 2U) << probe6.worst_outage(to_b).text();
    for (const Host *from : {&client, &inner, &a, &b})
        expect_served(*from, b);

    on_a->set({"preempt", "on"});
    const Instant to_a = now();
    on_a->up();
    ASSERT_TRUE(on_a->wait_for(State::Master, 4s));
    sleep_for(50ms);
    probe4.stop();
    probe6.stop();
    EXPECT_LE(probe4.worst_outage(to_a).lost, 2U) << probe4.worst_outage(to_a).text();
    EXPECT_LE(probe6.worst_outage(to_a).lost, 2U) << probe6.worst_outage(to_a).text();
    for (const Host *from : {&client, &inner, &a, &b})
        expect_served(*from, a);
}

class GuestTraffic : public Bridges, public ::testing::WithParamInterface<const char *> {};

/// Frames of a guest to the virtual MAC that its own host has stay inside; those
/// to the virtual MAC of another host do not.
TEST_P(GuestTraffic, LeavesForTheMasterOnly) {
    build(cable(), bridge_end());
    start();
    attach_inner(b);
    ASSERT_FALSE(HasFatalFailure());
    b.run({"ip", "link", "set", "br0", "type", "bridge", "vlan_filtering", GetParam()});
    expect_served(inner, a);
    switch_to_b();
    ASSERT_FALSE(HasFatalFailure());
    sleep_for(100ms);
    const Instant start = now();
    expect_served(inner, b);
    const auto to_virtual = [](const Frame &frame) {
        return frame.destination() == Mac::of_vhid(vhid);
    };
    expect_served(client, b);
    EXPECT_NO_FRAME(capture(), match::all(match::since(start), to_virtual, match::from(b)),
                    match::all(match::since(start), to_virtual, match::from(client)));
    switch_back_to_a();
    ASSERT_FALSE(HasFatalFailure());
    expect_served(inner, a);
}

INSTANTIATE_TEST_SUITE_P(VlanFiltering, GuestTraffic, ::testing::Values("0", "1"),
                         [](const auto &info) {
                             return std::string{info.param} == "0" ? "Off" : "On";
                         });

/// The same virtual MAC in another VLAN is another host's.
TEST_F(Bridges, OtherVlansAreLeftAlone) {
    build(cable(), bridge_end());
    start();
    attach_inner(b);
    ASSERT_FALSE(HasFatalFailure());
    const auto tagged = [](Host &host, const std::string &on, const std::string &address) {
        host.run({"ip", "link", "add", "vlan7", "link", on, "type", "vlan", "id", "7"});
        host.set_sysctl("net/ipv6/conf/vlan7/disable_ipv6", "1");
        if (!address.empty())
            host.add_address("vlan7", address);
        host.rtnl().set_up("vlan7", true);
    };
    Host &other = add_host("other");
    invariants().outsider(other);
    tagged(other, "eth0", "");
    tagged(inner, "eth0", "192.168.7.99/24");
    CarpConfig config;
    config.device = "carp7";
    config.parent = "vlan7";
    config.vhid = vhid; // on purpose
    config.addresses = {"192.168.7.50/24"};
    const Carp carp7(other, config);
    ASSERT_TRUE(carp7.wait_for(State::Master, 4s));
    const TcpServer server(other);
    switch_to_b();
    ASSERT_FALSE(HasFatalFailure());
    for (const char *filtering : {"0", "1"}) {
        SCOPED_TRACE(filtering);
        b.run({"ip", "link", "set", "br0", "type", "bridge", "vlan_filtering", filtering});
        for (const char *port : {"eth0", "tap0"})
            b.run({"bridge", "vlan", "add", "dev", port, "vid", "7"});
        EXPECT_EQ(who_answers(inner, "192.168.7.50"), "other");
        expect_served(inner, b);
    }
}

class Snooping : public PairTest {
  protected:
    /// The wire becomes a switch that asks for members of groups.
    void snoop() {
        Host &wires = wire().bridge();
        wires.set_sysctl("net.ipv6.conf.br0.disable_ipv6", "0");
        // In hundredths of a second: how long it waits for reports at first. Is
        // looked at when it begins to ask, so it comes first.
        wires.run(
            {"ip", "link", "set", "br0", "type", "bridge", "mcast_query_response_interval", "100"});
        wires.run({"ip", "link", "set", "br0", "type", "bridge", "mcast_snooping", "1",
                   "mcast_querier", "1"});
    }

    static bool joined(Host &host, const std::string &device, const std::string &group) {
        return host.run({"ip", "-6", "maddr", "show", "dev", device}).find(group) !=
               std::string::npos;
    }
};

TEST_F(Snooping, AdvertsAndSolicitationsReachMembers) {
    snoop();
    build(cable());
    CarpConfig config;
    config.addresses = {"2001:db8:1::50/64"};
    virtuals.erase(virtuals.begin());
    start(config);
    ASSERT_FALSE(HasFatalFailure());
    const std::uint64_t of_a = on_a->link().transitions();
    const std::uint64_t of_b = on_b->link().transitions();
    const Ear stranger(client, "eth0");
    const auto filters = [&] {
        sleep_for(2500ms);
        return stranger.adverts() == 0;
    };
    EXPECT_TRUE(wait_until(filters, 40s));
    const Ear member(b, "eth0");
    sleep_for(10s);
    EXPECT_EQ(stranger.adverts(), 0U) << "the switch does not filter: this proves nothing";
    EXPECT_GE(member.adverts(), 9U);
    EXPECT_EQ(on_a->state(), State::Master);
    EXPECT_EQ(on_a->link().transitions(), of_a);
    EXPECT_EQ(on_b->link().transitions(), of_b);

    forget_neighbours(client);
    expect_served(client, a);
    switch_to_b();
    ASSERT_FALSE(HasFatalFailure());
    forget_neighbours(client);
    expect_served(client, b);

    // An address that comes later, and goes.
    b.add_address("carp0", "2001:db8:1::51/64");
    EXPECT_TRUE(wait_until([&] { return joined(b, "eth0", "ff02::1:ff00:51"); }, 1s));
    b.run({"ip", "addr", "del", "2001:db8:1::51/64", "dev", "carp0"});
    EXPECT_TRUE(wait_until([&] { return !joined(b, "eth0", "ff02::1:ff00:51"); }, 1s));
    // A device that is down wants nothing.
    EXPECT_TRUE(joined(b, "eth0", "ff02::12"));
    EXPECT_FALSE(joined(a, "eth0", "ff02::12"));
    on_b->destroy();
    EXPECT_FALSE(joined(b, "eth0", "ff02::12"));
    EXPECT_FALSE(joined(b, "eth0", "ff02::1:ff00:50"));
}

/// 224.0.0.18 is no group that switches filter.
TEST_F(Snooping, AdvertsOverIpv4NeedNoMembership) {
    snoop();
    build(cable());
    CarpConfig config;
    config.addresses = {"192.168.1.50/24"};
    virtuals.pop_back();
    start(config);
    ASSERT_FALSE(HasFatalFailure());
    sleep_for(10s);
    EXPECT_EQ(on_a->state(), State::Master);
    EXPECT_EQ(on_b->state(), State::Backup);
    EXPECT_EQ(on_b->link().transitions(), 1U);
    expect_served(client, a);
}

} // namespace
} // namespace e2e
