// SPDX-License-Identifier: GPL-2.0-only
// Frames for a virtual MAC take a short way into their device. Whoever looks at
// that device must see them all the same, and a receiver cannot tell.
#include "carp_test.hpp"
#include "neighbours.hpp"
#include "ping_probe.hpp"

#include <cstring>
#include <gtest/gtest.h>
#include <linux/carp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/socket.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;
constexpr std::uint16_t port = 5353;

class Datapath : public CarpTest {
  protected:
    Host &client = add_host("client", {"192.168.1.9/24", "2001:db8:1::9/64"});
    Host &a = add_host("hosta", {"192.168.1.3/24", "2001:db8:1::3/64"});
    const Address virtual4{"192.168.1.50"};
    const Address virtual6{"2001:db8:1::50"};
    std::optional<Carp> on_a;

    void SetUp() override {
        CarpConfig config;
        config.vhid = vhid;
        config.addresses = {"192.168.1.50/24", "2001:db8:1::50/64"};
        on_a.emplace(a, config);
        ASSERT_TRUE(on_a->wait_for(State::Master, 4s));
        expect_served();
    }

    void expect_served() {
        EXPECT_TRUE(ping(client, virtual4));
        EXPECT_TRUE(ping(client, virtual6));
    }

    [[nodiscard]] int index_of(const std::string &device) {
        return a.rtnl().link(device).value().index;
    }

    /// Sees every frame of carp0, as tcpdump does.
    [[nodiscard]] File tap() {
        const int index = index_of("carp0");
        return a.in([&] {
            File file{check(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "tap")};
            sockaddr_ll where{};
            where.sll_family = AF_PACKET;
            where.sll_protocol = htons(ETH_P_ALL);
            where.sll_ifindex = index;
            check(bind(file.fd(), reinterpret_cast<sockaddr *>(&where), sizeof(where)), "bind");
            return file;
        });
    }

    /// How many frames that came in wait at a tap.
    static unsigned arrived(const File &tap) {
        unsigned count = 0;
        std::array<char, 2048> frame{};
        sockaddr_ll where{};
        socklen_t length = sizeof(where);
        while (recvfrom(tap.fd(), frame.data(), frame.size(), 0,
                        reinterpret_cast<sockaddr *>(&where), &length) > 0)
            count += where.sll_pkttype == PACKET_HOST ? 1 : 0;
        return count;
    }

    /// By which interface a datagram of the client came, as its receiver is told.
    [[nodiscard]] int arrival_interface() {
        const File receiver = a.in([] {
            File file{check(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "UDP socket")};
            const int on = 1;
            check(setsockopt(file.fd(), IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)), "IP_PKTINFO");
            sockaddr_storage any{};
            const socklen_t length = Address("0.0.0.0").to_sockaddr(any, port);
            check(bind(file.fd(), reinterpret_cast<sockaddr *>(&any), length), "bind");
            return file;
        });
        client.in([&] {
            const File sender{check(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "UDP socket")};
            sockaddr_storage to{};
            const socklen_t length = virtual4.to_sockaddr(to, port);
            check(static_cast<int>(
                      sendto(sender.fd(), "x", 1, 0, reinterpret_cast<sockaddr *>(&to), length)),
                  "sendto");
        });
        pollfd wait{.fd = receiver.fd(), .events = POLLIN, .revents = 0};
        char byte = 0;
        iovec data{.iov_base = &byte, .iov_len = 1};
        alignas(cmsghdr) std::array<char, 128> control{};
        msghdr message{};
        message.msg_iov = &data;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        if (poll(&wait, 1, 1000) != 1 || recvmsg(receiver.fd(), &message, 0) != 1)
            return 0;
        in_pktinfo info{};
        const cmsghdr *part = CMSG_FIRSTHDR(&message);
        if (part != nullptr && part->cmsg_type == IP_PKTINFO)
            std::memcpy(&info, CMSG_DATA(part), sizeof(info));
        return info.ipi_ifindex;
    }
};

TEST_F(Datapath, FramesArriveOnTheDeviceWatchedOrNot) {
    EXPECT_EQ(arrival_interface(), index_of("carp0"));
    const File capture = tap();
    EXPECT_EQ(arrival_interface(), index_of("carp0"));
    EXPECT_EQ(arrived(capture), 1U);
    EXPECT_TRUE(ping(client, virtual4));
    EXPECT_EQ(arrived(capture), 1U) << "a capture sees each frame, and once";
    EXPECT_TRUE(ping(client, virtual6));
    EXPECT_EQ(arrived(capture), 1U);
}

TEST_F(Datapath, IngressFiltersOfTheDeviceAreHeeded) {
    a.run({"nft", "add table netdev t; add chain netdev t c { type filter hook ingress device "
                  "\"carp0\" priority 0; }; add rule netdev t c ip protocol icmp drop"});
    EXPECT_FALSE(ping(client, virtual4, 200ms));
    EXPECT_TRUE(ping(client, virtual6));
    a.run({"nft", "delete table netdev t"});
    expect_served();

    a.run({"tc", "qdisc", "add", "dev", "carp0", "clsact"});
    a.run({"tc", "filter", "add", "dev", "carp0", "ingress", "protocol", "ipv6", "matchall",
           "action", "drop"});
    EXPECT_TRUE(ping(client, virtual4));
    EXPECT_FALSE(ping(client, virtual6, 200ms));
    a.run({"tc", "qdisc", "del", "dev", "carp0", "clsact"});
    expect_served();
}

/// Whoever makes source validation strict later, for all devices or for this
/// one, does not cut the clients off.
TEST_F(Datapath, StrictSourceValidationIsUndoneAtOnce) {
    for (const char *name : {"net.ipv4.conf.all.rp_filter", "net.ipv4.conf.carp0.rp_filter"}) {
        SCOPED_TRACE(name);
        const std::string before = a.sysctl(name);
        a.set_sysctl(name, "1");
        EXPECT_TRUE(ping(client, virtual4));
        EXPECT_EQ(a.sysctl("net.ipv4.conf.carp0.rp_filter"), "2");
        a.set_sysctl(name, before);
        a.set_sysctl("net.ipv4.conf.carp0.rp_filter", "0");
    }
    // What is strict elsewhere stays so.
    a.set_sysctl("net.ipv4.conf.all.rp_filter", "1");
    EXPECT_TRUE(ping(client, virtual4));
    EXPECT_EQ(a.sysctl("net.ipv4.conf.all.rp_filter"), "1");
    EXPECT_EQ(a.sysctl("net.ipv4.conf.eth0.rp_filter"), "0");
}

/// The stack below would answer too, from the parent and with the parent's MAC,
/// as soon as a question reached it.
TEST_F(Datapath, QuestionsAreAnsweredOnceAndByTheVirtualMac) {
    for (int i = 0; i < 2; ++i) {
        forget_neighbours(client);
        expect_served();
        sleep_for(100ms);
    }
    const auto answer4 = [&](const Frame &frame) {
        return frame.arp() && frame.arp()->operation == 2 && frame.arp()->sender == virtual4;
    };
    const auto answer6 = [&](const Frame &frame) {
        return frame.neighbour() && frame.neighbour()->advertisement() &&
               frame.neighbour()->target == virtual6;
    };
    const auto otherwise = [](const Frame &frame) {
        const auto arp = frame.arp();
        const auto neighbour = frame.neighbour();
        const auto claimed = arp ? arp->sender_mac : neighbour->link_address.value_or(Mac{});
        return frame.source() != Mac::of_vhid(vhid) || claimed != Mac::of_vhid(vhid);
    };
    // Nobody asked for an address of the parent.
    const auto any_answer4 = [](const Frame &frame) {
        return frame.arp() && frame.arp()->operation == 2;
    };
    EXPECT_NO_FRAME(capture(), match::all(match::from(a), any_answer4, otherwise), answer4);
    EXPECT_NO_FRAME(capture(), match::all(answer6, otherwise), answer6);
}

/// A hub, or a switch that has forgotten, brings the frames for the MASTER to
/// everybody; a BACKUP that routes must not route them.
TEST_F(Datapath, BackupDropsWhatAHubBringsIt) {
    Host &b = add_host("hostb", {"192.168.1.4/24", "2001:db8:1::4/64"});
    b.set_sysctl("net.ipv4.ip_forward", "1");
    b.set_sysctl("net.ipv6.conf.all.forwarding", "1");
    CarpConfig config;
    config.vhid = vhid;
    config.advskew = 100;
    config.addresses = {"192.168.1.50/24", "2001:db8:1::50/64"};
    const Carp on_b(b, config);
    ASSERT_TRUE(on_b.wait_for(State::Backup, 2s));
    wire().bridge().run({"ip", "link", "set", "br0", "type", "bridge", "ageing_time", "0"});
    const Instant start = now();
    expect_served();
    EXPECT_EQ(on_b.link().counter(CARP_XSTATS_WRONG_STATE_RX), 2U);
    EXPECT_EQ(ip_link_show(b, "carp0", true).at("stats64").at("rx").at("dropped"), 2);
    const auto routed = [](const Frame &frame) {
        const auto type = frame.icmp_type();
        return type == 8 || type == 128;
    };
    EXPECT_NO_FRAME(capture(), match::all(match::from(b), routed, match::since(start)),
                    match::all(match::from(client), routed, match::since(start)));
}

/// An answer that the parent does not take is lost, but not unnoticed.
TEST_F(Datapath, AnswersThatAreNotTakenAreCounted) {
    EXPECT_EQ(on_a->link().counter(CARP_XSTATS_REPLY_ERRORS), 0U);
    const std::uint64_t answers = on_a->link().counter(CARP_XSTATS_ARP_REPLIES);
    a.run({"tc", "qdisc", "add", "dev", "eth0", "root", "pfifo", "limit", "0"});
    client.run({"ip", "neigh", "flush", "all"});
    EXPECT_FALSE(ping(client, virtual4));
    EXPECT_GE(on_a->link().counter(CARP_XSTATS_ARP_REPLIES), answers + 1);
    EXPECT_GE(on_a->link().counter(CARP_XSTATS_REPLY_ERRORS), 1U);
    a.run({"tc", "qdisc", "del", "dev", "eth0", "root"});
    client.run({"ip", "neigh", "flush", "all"});
    EXPECT_TRUE(ping(client, virtual4));
}

} // namespace
} // namespace e2e
