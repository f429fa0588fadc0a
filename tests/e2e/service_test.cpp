// SPDX-License-Identifier: GPL-2.0-only
// Services that are bound to a virtual address: what they can do on a BACKUP,
// and what becomes of them when the address goes and comes back.
#include "carp_test.hpp"
#include "ping_probe.hpp"
#include "socket.hpp"
#include "tcp_server.hpp"

#include <cerrno>
#include <gtest/gtest.h>
#include <linux/carp.h>
#include <sys/socket.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;
constexpr std::uint16_t port = 8080;
/// Where a client lives that reaches the segment through a host with carp.
constexpr std::uint16_t far_port = 9090;

class Service : public CarpTest, public ::testing::WithParamInterface<bool> {
  protected:
    const bool v4 = GetParam();
    const Address virtual_address{v4 ? "192.168.1.50" : "2001:db8:1::50"};
    const Address client_address{v4 ? "192.168.1.9" : "2001:db8:1::9"};
    Host &client = add_host("client", {"192.168.1.9/24", "2001:db8:1::9/64"});
    Host &a = add_host("hosta", {"192.168.1.3/24", "2001:db8:1::3/64"});
    Host &b = add_host("hostb", {"192.168.1.4/24", "2001:db8:1::4/64"});
    std::optional<Carp> on_a;
    std::optional<Carp> on_b;

    void elect() {
        CarpConfig config;
        config.vhid = vhid;
        config.addresses = {"192.168.1.50/24", "2001:db8:1::50/64"};
        on_a.emplace(a, config);
        config.advskew = 100;
        on_b.emplace(b, config);
        ASSERT_TRUE(on_a->wait_for(State::Master, 4s));
        ASSERT_TRUE(on_b->wait_for(State::Backup, 1s));
    }

    /// The MASTER resigns, the other one takes over.
    void hand_over(const Carp &from, const Carp &to) {
        from.set({"state", "backup"});
        ASSERT_TRUE(to.wait_for(State::Master, 1s));
        ASSERT_EQ(from.state(), State::Backup);
    }

    FramePredicate from_virtual() const {
        return [this](const Frame &frame) {
            const auto ip = frame.ip();
            return ip && ip->source == virtual_address && ip->protocol != carp_protocol &&
                   !frame.neighbour();
        };
    }

    std::uint64_t withheld(const Carp &carp) {
        return carp.link().counter(CARP_XSTATS_WRONG_STATE_TX);
    }
};

TEST_P(Service, BindingOnABackupNeedsFreedom) {
    elect();
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_EQ(Socket(a, virtual_address, SOCK_STREAM).bind(virtual_address, port), 0);
    EXPECT_EQ(Socket(b, virtual_address, SOCK_STREAM).bind(virtual_address, port), EADDRNOTAVAIL);

    const Socket free(b, virtual_address, SOCK_STREAM);
    free.freebind();
    ASSERT_EQ(free.bind(virtual_address, port), 0);
    free.listen();
    b.set_sysctl(v4 ? "net.ipv4.ip_nonlocal_bind" : "net.ipv6.ip_nonlocal_bind", "1");
    const Socket nonlocal(b, virtual_address, SOCK_STREAM);
    ASSERT_EQ(nonlocal.bind(virtual_address, port + 1), 0);
    nonlocal.listen();
    const Socket datagram(b, virtual_address, SOCK_DGRAM);
    ASSERT_EQ(datagram.bind(virtual_address, port), 0);

    // They wait in silence.
    const std::uint64_t before = withheld(*on_b);
    const Instant start = now();
    EXPECT_EQ(datagram.send_to(client_address, port, "early"), EADDRNOTAVAIL);
    EXPECT_EQ(withheld(*on_b), before + 1);
    EXPECT_EQ(Socket(client, virtual_address, SOCK_STREAM).connect(virtual_address, port),
              ECONNREFUSED);
    EXPECT_NO_FRAME(capture(), match::all(from_virtual(), match::from(b), match::since(start)),
                    match::all(from_virtual(), match::from(a), match::since(start)));

    // And serve as soon as the address is theirs.
    hand_over(*on_a, *on_b);
    for (const Socket *listener : {&free, &nonlocal}) {
        const Socket visitor(client, virtual_address, SOCK_STREAM);
        ASSERT_EQ(visitor.connect(virtual_address, listener == &free ? port : port + 1), 0);
        EXPECT_TRUE(listener->accept());
    }
    const Socket ear(client, virtual_address, SOCK_DGRAM);
    ASSERT_EQ(ear.bind(client_address, port), 0);
    EXPECT_EQ(datagram.send_to(client_address, port, "now"), 0);
    EXPECT_EQ(ear.receive(), "now");
}

TEST_P(Service, WildcardListenersFollowTheAddress) {
    elect();
    ASSERT_FALSE(HasFatalFailure());
    const TcpServer server_a(a);
    const TcpServer server_b(b);
    EXPECT_EQ(who_answers(client, virtual_address), "hosta");
    hand_over(*on_a, *on_b);
    EXPECT_EQ(who_answers(client, virtual_address), "hostb");
    hand_over(*on_b, *on_a);
    EXPECT_EQ(who_answers(client, virtual_address), "hosta");
}

/// Sockets of a host that is no longer MASTER say nothing, by whichever way out,
/// and are as they were when it is MASTER again.
TEST_P(Service, SocketsSleepThroughTwoSwitches) {
    elect();
    ASSERT_FALSE(HasFatalFailure());
    const Socket listener(a, virtual_address, SOCK_STREAM);
    ASSERT_EQ(listener.bind(virtual_address, port), 0);
    listener.listen();
    const Socket visitor(client, virtual_address, SOCK_STREAM);
    ASSERT_EQ(visitor.connect(virtual_address, port), 0);
    const auto served = listener.accept();
    ASSERT_TRUE(served);
    const Socket datagram(a, virtual_address, SOCK_DGRAM);
    ASSERT_EQ(datagram.bind(virtual_address, port), 0);
    ASSERT_EQ(served->send("one"), 0);
    ASSERT_EQ(visitor.receive(), "one");
    ASSERT_EQ(datagram.send_to(client_address, port, "one"), 0);

    hand_over(*on_a, *on_b);
    const Instant retired = now();
    const std::uint64_t before = withheld(*on_a);
    EXPECT_EQ(served->send("two"), 0) << "goes into the socket's buffer";
    EXPECT_EQ(datagram.send_to(client_address, port, "two"), EADDRNOTAVAIL);
    EXPECT_FALSE(visitor.readable(2s)) << "TCP has sent it again meanwhile";
    EXPECT_GE(withheld(*on_a), before + 3);
    EXPECT_EQ(Socket(client, virtual_address, SOCK_STREAM).connect(virtual_address, port),
              ECONNREFUSED);
    EXPECT_NO_FRAME(capture(), match::all(from_virtual(), match::from(a), match::since(retired)),
                    match::all(from_virtual(), match::from(b), match::since(retired)));

    hand_over(*on_b, *on_a);
    EXPECT_EQ(visitor.receive(10s), "two");
    EXPECT_EQ(visitor.send("three"), 0);
    EXPECT_EQ(served->receive(), "three");
    EXPECT_EQ(datagram.send_to(client_address, port, "three"), 0);
    EXPECT_EQ(Socket(client, virtual_address, SOCK_STREAM).connect(virtual_address, port), 0);
}

/// A client elsewhere reaches the segment through the host that was MASTER. Its
/// packets to the address are for the new MASTER, although the old one still
/// has the sockets that they once were for.
TEST_P(Service, OldConnectionsAreForwardedThroughTheFormerMaster) {
    elect();
    ASSERT_FALSE(HasFatalFailure());
    Segment &far_segment = add_segment("far");
    Host &distant = add_lonely_host("distant");
    far_segment.wire.attach(distant, "eth0", {"10.9.0.9/24", "2001:db8:9::9/64"});
    far_segment.wire.attach(a, "eth1", {"10.9.0.1/24", "2001:db8:9::1/64"});
    const Address distant_address{v4 ? "10.9.0.9" : "2001:db8:9::9"};
    distant.run({"ip", "route", "add", "default", "via", "10.9.0.1"});
    distant.run({"ip", "-6", "route", "add", "default", "via", "2001:db8:9::1"});
    b.run({"ip", "route", "add", "10.9.0.0/24", "via", "192.168.1.3"});
    b.run({"ip", "-6", "route", "add", "2001:db8:9::/64", "via", "2001:db8:1::3"});
    a.set_sysctl("net.ipv4.ip_forward", "1");
    a.set_sysctl("net.ipv6.conf.all.forwarding", "1");

    const Socket listener(a, virtual_address, SOCK_STREAM);
    ASSERT_EQ(listener.bind(virtual_address, port), 0);
    listener.listen();
    const Socket visitor(distant, virtual_address, SOCK_STREAM);
    ASSERT_EQ(visitor.connect(virtual_address, port), 0);
    const auto served = listener.accept();
    ASSERT_TRUE(served);
    ASSERT_EQ(visitor.send("one"), 0);
    ASSERT_EQ(served->receive(), "one");
    const Socket old_datagram(a, virtual_address, SOCK_DGRAM);
    ASSERT_EQ(old_datagram.bind(virtual_address, port), 0);
    ASSERT_EQ(old_datagram.connect(distant_address, far_port), 0);
    const Socket speaker(distant, virtual_address, SOCK_DGRAM);
    ASSERT_EQ(speaker.bind(distant_address, far_port), 0);
    ASSERT_EQ(speaker.send_to(virtual_address, port, "one"), 0);
    ASSERT_EQ(old_datagram.receive(), "one");

    hand_over(*on_a, *on_b);
    sleep_for(20ms);
    const Socket new_datagram(b, virtual_address, SOCK_DGRAM);
    ASSERT_EQ(new_datagram.bind(virtual_address, port), 0);
    ASSERT_EQ(speaker.send_to(virtual_address, port, "two"), 0);
    EXPECT_EQ(new_datagram.receive(), "two");
    EXPECT_EQ(new_datagram.send_to(distant_address, far_port, "back"), 0);
    EXPECT_EQ(speaker.receive(), "back");
    // The new MASTER knows nothing of the connection and says so.
    ASSERT_EQ(visitor.send("two"), 0);
    EXPECT_EQ(visitor.receive(1s), "!" + std::to_string(ECONNRESET));
    EXPECT_FALSE(served->readable(0s));
}

INSTANTIATE_TEST_SUITE_P(Families, Service, ::testing::Values(true, false),
                         [](const auto &info) { return info.param ? "IPv4" : "IPv6"; });

} // namespace
} // namespace e2e
