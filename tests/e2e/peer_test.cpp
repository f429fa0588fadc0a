// SPDX-License-Identifier: GPL-2.0-only
// Unicast peers: adverts to a list of hosts, on the wire and through routers.
#include "carp_test.hpp"
#include "neighbours.hpp"
#include "packet_socket.hpp"
#include "ping_probe.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <linux/carp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <nlohmann/json.hpp>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;
constexpr const char *virtual4 = "192.168.1.50";
constexpr const char *virtual6 = "2001:db8:1::50";
const Duration takeover_slack = 2ms + 4 * timer_resolution();

bool to_group(const Frame &frame) { return (frame.destination().bytes[0] & 1U) != 0; }

FramePredicate group_advert() { return match::all(to_group, match::advert(vhid)); }

FramePredicate peer_advert(const Host &host, const Address &to) {
    return match::all(match::from(host), [to](const Frame &frame) {
        return frame.advert_of(vhid) && frame.ip()->destination == to;
    });
}

bool reverse_arp(const Frame &frame) { return frame.type() == 0x8035; }

class Peers : public CarpTest {
  protected:
    Host &client = add_host("client", {"192.168.1.9/24", "2001:db8:1::9/64"});
    Host &a = add_host("hosta", {"192.168.1.3/24", "2001:db8:1::3/64"});
    Host &b = add_host("hostb", {"192.168.1.4/24", "2001:db8:1::4/64"});
    std::optional<Carp> on_a;
    std::optional<Carp> on_b;

    static CarpConfig config(unsigned advskew, bool up = true) {
        CarpConfig config;
        config.vhid = vhid;
        config.advskew = advskew;
        config.addresses = {std::string{virtual4} + "/24", std::string{virtual6} + "/64"};
        config.up = up;
        return config;
    }

    /// The same lists everywhere: a host skips itself.
    static void set_peers(const Carp &carp) {
        carp.set({"peer", "192.168.1.3,192.168.1.4", "peer6", "2001:db8:1::3,2001:db8:1::4"});
    }

    /// A is MASTER, B listens, both to each other alone.
    void elect() {
        on_a.emplace(a, config(0, false));
        set_peers(*on_a);
        on_a->up();
        ASSERT_TRUE(on_a->wait_for(State::Master, 4s));
        on_b.emplace(b, config(100, false));
        set_peers(*on_b);
        on_b->up();
        sleep_for(master_down_time(1, 100) + 200ms);
        ASSERT_EQ(on_a->state(), State::Master);
        ASSERT_EQ(on_b->state(), State::Backup);
    }

    void expect_takeover_at_protocol_time(const Host &from, const Host &to, unsigned advskew,
                                          Instant death, std::optional<Instant> changed) {
        const auto last = capture().last([&](const Frame &frame) {
            return frame.host() == from.name() && frame.advert_of(vhid) && frame.time() <= death;
        });
        ASSERT_TRUE(last && changed);
        (void)to;
        const Duration wait = *changed - last->time();
        EXPECT_GE(wait, master_down_time(1, advskew) - 50us);
        EXPECT_LE(wait, master_down_time(1, advskew) + 1ms + 4 * timer_resolution());
    }

    /// When a host first said by a frame that it is MASTER.
    std::optional<Instant> first_claim(const Host &host, Instant since) {
        const auto frame =
            capture().wait_for(match::all(match::from(host), match::claims(vhid)), 1s, since);
        return frame ? std::optional(frame->time()) : std::nullopt;
    }

    /// The port at which the wire looks for the virtual MAC.
    std::string learnt_port() {
        const auto table = nlohmann::json::parse(
            wire().bridge().run({"bridge", "-j", "fdb", "show", "br", "br0"}));
        for (const auto &entry : table)
            if (entry.value("mac", "") == Mac::of_vhid(vhid).text())
                return wire().host_behind(
                    wire().bridge().rtnl().link(entry.at("ifname")).value().index);
        return "";
    }
};

TEST_F(Peers, AdvertsGoToThePeersAlone) {
    const Instant start = now();
    elect();
    EXPECT_NO_FRAME(capture(), group_advert(), match::advert(vhid));
    // Nor does anybody send to himself.
    EXPECT_NO_FRAME(capture(), peer_advert(a, "192.168.1.3"), peer_advert(a, "192.168.1.4"));
    for (const char *peer : {"192.168.1.4", "2001:db8:1::4"}) {
        const auto frames = capture().select(peer_advert(a, peer));
        ASSERT_GE(frames.size(), 4U) << peer;
        for (const Frame &frame : frames) {
            EXPECT_EQ(frame.source(), wire().mac(a));
            EXPECT_EQ(frame.destination(), wire().mac(b));
            EXPECT_EQ(frame.ip()->ttl, 255);
            EXPECT_EQ(frame.ip()->tos, 0x10);
            EXPECT_EQ(frame.ip()->source,
                      Address{frame.ip()->source.is_v4() ? "192.168.1.3" : "2001:db8:1::3"});
        }
    }
    const CarpLink link = on_b->link();
    EXPECT_GE(link.counter(CARP_XSTATS_RX4), 3U);
    EXPECT_GE(link.counter(CARP_XSTATS_RX6), 3U);
    EXPECT_EQ(link.counter(CARP_XSTATS_NOT_PEER), 0U);
    EXPECT_FALSE(link.refused());
    const auto json =
        nlohmann::json::array({"192.168.1.3", "192.168.1.4", "2001:db8:1::3", "2001:db8:1::4"});
    EXPECT_EQ(carpctl_show(b, "carp0").at("peers"), json);
    EXPECT_EQ(ip_link_show(b, "carp0").at("linkinfo").at("info_data").at("peers"), json);
    b.run({"carpctl", "configure", "carp0", "peer", "192.168.1.3", "mcast6"});
    EXPECT_EQ(carpctl_show(b, "carp0").at("peers"), nlohmann::json::array({"192.168.1.3"}));

    // One frame a second, and no ARP or ND, tells the switch where the virtual MAC is.
    const auto frames = capture().select(match::all(match::from(a), reverse_arp));
    const auto lived = static_cast<double>((now() - start).count()) / 1e9;
    EXPECT_GE(static_cast<double>(frames.size()), lived - 5);
    EXPECT_LE(static_cast<double>(frames.size()), lived);
    for (const Frame &frame : frames) {
        EXPECT_EQ(frame.source(), Mac::of_vhid(vhid));
        EXPECT_EQ(frame.destination(), Mac::broadcast());
    }
}

/// The switch must not flood what is for the virtual MAC, however long nobody sends from it.
TEST_F(Peers, TheVirtualMacIsTaught) {
    wire().bridge().run({"ip", "link", "set", "br0", "type", "bridge", "ageing_time", "300"});
    elect();
    sleep_for(10s);
    EXPECT_EQ(learnt_port(), "hosta");
    PingProbe probe(client, virtual4, 100ms);
    ASSERT_TRUE(probe.wait_answer(3s));
    on_a->down();
    ASSERT_TRUE(on_b->wait_for(State::Master, 100ms));
    sleep_for(20ms);
    EXPECT_EQ(learnt_port(), "hostb");
    sleep_for(10s);
    EXPECT_EQ(learnt_port(), "hostb");
    probe.stop();
    EXPECT_LE(probe.lost(), 1U);
    // Without anybody to say so it is forgotten: the above was not just a long memory.
    on_b->down();
    sleep_for(5s);
    EXPECT_EQ(learnt_port(), "");
}

TEST_F(Peers, Takeover) {
    elect();
    PingProbe probe(client, virtual4);
    ASSERT_TRUE(probe.wait_answer(3s));
    ASSERT_TRUE(capture().wait_for(peer_advert(a, "192.168.1.4"), 2s));
    wire().cut(a);
    const Instant death = now();
    ASSERT_TRUE(on_b->wait_for(State::Master, 5s));
    sleep_for(100ms);
    const Outage outage = probe.worst_outage(death - 100ms);
    EXPECT_LE(outage.first_after - death, master_down_time(1, 100) + takeover_slack)
        << outage.text();
    expect_takeover_at_protocol_time(a, b, 100, death, first_claim(b, death));

    wire().heal(a);
    ASSERT_TRUE(on_a->wait_for(State::Backup, 2s));
    sleep_for(4s);
    EXPECT_EQ(on_a->state(), State::Backup);
    EXPECT_EQ(on_b->state(), State::Master);
}

TEST_F(Peers, BowOut) {
    elect();
    PingProbe probe(client, virtual4);
    ASSERT_TRUE(probe.wait_answer(3s));
    const Instant start = now();
    a.rtnl().set_up("eth0", false);
    EXPECT_TRUE(on_b->wait_for(State::Master, 100ms));
    sleep_for(50ms);
    probe.stop();
    EXPECT_LE(probe.worst_outage(start - 10ms).lost, 2U) << probe.worst_outage().text();
    EXPECT_FRAME(capture(), match::all(peer_advert(a, "192.168.1.4"), match::bow_out(vhid)));
    EXPECT_FRAME(capture(), match::all(peer_advert(a, "2001:db8:1::4"), match::bow_out(vhid)));
    EXPECT_EQ(on_b->link().reason(), static_cast<unsigned>(CARP_REASON_BOW_OUT));
}

/// Three hosts: of two that listen one takes over, and the third hears it.
TEST_F(Peers, ThreeHosts) {
    Host &c = add_host("hostc", {"192.168.1.5/24", "2001:db8:1::5/64"});
    elect();
    CarpConfig slow = config(200, false);
    const Carp on_c(c, slow);
    for (const Carp *carp : std::initializer_list<const Carp *>{&*on_a, &*on_b, &on_c})
        carp->set({"peer", "192.168.1.3,192.168.1.4,192.168.1.5", "peer6",
                   "2001:db8:1::3,2001:db8:1::4,2001:db8:1::5"});
    on_c.up();
    sleep_for(5s);
    EXPECT_EQ(on_c.state(), State::Backup);
    wire().cut(a);
    ASSERT_TRUE(on_b->wait_for(State::Master, 5s));
    sleep_for(5s);
    EXPECT_EQ(on_b->state(), State::Master);
    EXPECT_EQ(on_c.state(), State::Backup);
    EXPECT_NO_FRAME(capture(), match::all(match::from(c), match::claims(vhid)),
                    peer_advert(b, "192.168.1.5"));
    // Nobody there any more: the MASTER's adverts to A wait for an answer that never comes, and
    // that is no fault of its own.
    EXPECT_EQ(on_b->link().demotion(), 0U);
}

/// A group that multicast does not reach is one by unicast.
TEST_F(Peers, WhereMulticastIsFiltered) {
    invariants().split(vhid);
    Host &bridge = wire().bridge();
    bridge.run({"nft", "add table netdev f"});
    for (const std::string port : {"p1", "p2", "p3"}) {
        bridge.run({"nft", "add chain netdev f " + port + " { type filter hook ingress device " +
                               port + " priority 0; }"});
        bridge.run({"nft", "add rule netdev f " + port + " ip daddr 224.0.0.18 drop"});
        bridge.run({"nft", "add rule netdev f " + port + " ip6 daddr ff02::12 drop"});
    }
    on_a.emplace(a, config(0));
    on_b.emplace(b, config(100));
    ASSERT_TRUE(on_a->wait_for(State::Master, 5s));
    ASSERT_TRUE(on_b->wait_for(State::Master, 5s)) << "the filter does not filter";
    set_peers(*on_b);
    set_peers(*on_a);
    // At once, since new peers are told at once.
    EXPECT_TRUE(on_b->wait_for(State::Backup, 50ms));
    sleep_for(5s);
    EXPECT_EQ(on_a->state(), State::Master);
    EXPECT_EQ(on_b->state(), State::Backup);
}

/// The other way round: on its way in and out a unicast advert is the packet filter's business.
TEST_F(Peers, BehindThePacketFilter) {
    elect();
    invariants().split(vhid);
    b.run({"nft", "add table ip f"});
    b.run({"nft", "add chain ip f in { type filter hook input priority 0; policy drop; }"});
    b.run({"nft", "add table ip6 f"});
    b.run({"nft", "add chain ip6 f in { type filter hook input priority 0; }"});
    b.run({"nft", "add rule ip6 f in meta l4proto 112 drop"});
    ASSERT_TRUE(on_b->wait_for(State::Master, 5s));
    b.run({"nft", "add rule ip f in ip protocol 112 ip saddr 192.168.1.3 accept"});
    EXPECT_TRUE(on_b->wait_for(State::Backup, 2s));
}

/// A firewall's translation to the virtual address is for its clients, not for adverts.
TEST_F(Peers, SourceTranslationLeavesAdvertsAlone) {
    a.run({"nft", "add table ip n"});
    a.run({"nft", "add chain ip n out { type nat hook postrouting priority 100; }"});
    a.run({"nft", "add rule ip n out oifname eth0 counter snat to 192.168.1.50"});
    elect();
    EXPECT_NO_FRAME(
        capture(),
        match::all(match::advert(vhid),
                   [](const Frame &frame) { return frame.ip()->source == Address{virtual4}; }),
        peer_advert(a, "192.168.1.4"));
    // It does translate.
    EXPECT_TRUE(ping(a, "192.168.1.9"));
    EXPECT_FRAME(capture(), [](const Frame &frame) {
        return frame.icmp_type() == 8 && frame.ip()->source == Address{virtual4};
    });
}

/// BACKUP first, then MASTER, in both directions.
TEST_F(Peers, ChangingOverTakesNoSecondMaster) {
    on_a.emplace(a, config(0));
    ASSERT_TRUE(on_a->wait_for(State::Master, 4s));
    on_b.emplace(b, config(100));
    const std::uint64_t changes_a = on_a->link().transitions();
    const std::uint64_t changes_b = on_b->link().transitions();
    const auto expect_quiet = [&] {
        sleep_for(5s);
        EXPECT_EQ(on_a->link().transitions(), changes_a);
        EXPECT_EQ(on_b->link().transitions(), changes_b);
    };
    expect_quiet();
    set_peers(*on_b);
    expect_quiet();
    set_peers(*on_a);
    const Instant unicast = now();
    expect_quiet();
    EXPECT_NO_FRAME(capture(), match::all(group_advert(), match::since(unicast)),
                    peer_advert(a, "192.168.1.4"));
    on_a->set({"peer", "mcast", "peer6", "mcast"});
    expect_quiet();
    EXPECT_FRAME(capture(), match::all(group_advert(), match::since(unicast)));
    on_b->set({"peer", "mcast", "peer6", "mcast"});
    expect_quiet();
    EXPECT_EQ(carpctl_show(b, "carp0").at("peers"), nlohmann::json::array());
}

class StrangePeers : public Peers {
  protected:
    Host &stranger = add_host("stranger", {"192.168.1.66/24", "2001:db8:1::66/64"});
    const PacketSocket socket{stranger};

    void SetUp() override {
        invariants().outsider(stranger);
        on_a.emplace(a, config(50, false));
        on_a->set({"peer", "192.168.1.4", "peer6", "2001:db8:1::4"});
        on_a->up();
        ASSERT_TRUE(on_a->wait_for(State::Master, 5s));
    }

    /// Better than A's, from `source`, to A alone.
    void send(const char *source, std::uint8_t ttl) {
        const bool v4 = Address{source}.is_v4();
        AdvertFrame frame = make_advert(vhid, source, 0, 1, "testpass", {virtual4, virtual6});
        frame.source_mac = wire().mac(stranger);
        frame.destination_mac = wire().mac(a);
        frame.destination = Address{v4 ? "192.168.1.3" : "2001:db8:1::3"};
        frame.ttl = ttl;
        socket.send(frame.bytes());
        sleep_for(20ms);
    }
};

TEST_F(StrangePeers, AreRefused) {
    std::uint64_t expected = 0;
    for (const char *source : {"192.168.1.66", "2001:db8:1::66"}) {
        send(source, 255);
        EXPECT_EQ(on_a->link().counter(CARP_XSTATS_NOT_PEER), ++expected);
        const auto refused = on_a->link().refused();
        ASSERT_TRUE(refused);
        EXPECT_EQ(refused->counter, static_cast<unsigned>(CARP_XSTATS_NOT_PEER));
        EXPECT_EQ(refused->source, Address{source});
    }
    EXPECT_EQ(carpctl_show(a, "carp0", true).at("counters").at("not_peer"), 2);
    EXPECT_EQ(on_a->state(), State::Master);

    // A peer that lives on this wire must speak on this wire.
    for (const char *source : {"192.168.1.4", "2001:db8:1::4"})
        send(source, 254);
    EXPECT_EQ(on_a->link().counter(CARP_XSTATS_PARENT_BADTTL), 2U);
    EXPECT_EQ(on_a->state(), State::Master);

    // The same packet from where it should come from is believed.
    send("192.168.1.4", 255);
    EXPECT_EQ(on_a->state(), State::Backup);
    ASSERT_TRUE(on_a->wait_for(State::Master, 5s));
    send("2001:db8:1::4", 255);
    EXPECT_EQ(on_a->state(), State::Backup);
    EXPECT_EQ(on_a->link().reason(), static_cast<unsigned>(CARP_REASON_BETTER_MASTER));
}

/// Who has no peers listens to the group alone.
TEST_F(StrangePeers, UnicastIsForThoseWithPeers) {
    on_a->set({"peer", "mcast"});
    send("192.168.1.4", 255);
    EXPECT_EQ(on_a->link().counter(CARP_XSTATS_NOT_PEER), 1U);
    EXPECT_EQ(on_a->state(), State::Master);
    // That the frame arrives and is good, its IPv6 twin tells.
    send("2001:db8:1::4", 255);
    EXPECT_EQ(on_a->state(), State::Backup);
}

class PeerRefusals : public Peers {
  protected:
    void SetUp() override {
        on_a.emplace(a, config(0));
        on_a->set({"peer", "192.168.1.4", "peer6", "2001:db8:1::4"});
    }

    void expect_refused(const std::vector<std::string> &words, const std::string &text) {
        std::vector<std::string> command{"ip",   "link", "set",     "dev", "carp0",
                                         "type", "carp", "advskew", "99"};
        command.insert(command.end(), words.begin(), words.end());
        const Output output = a.try_run(command);
        EXPECT_NE(output.status, 0);
        EXPECT_NE(output.err.find(text), std::string::npos) << output.err;
        EXPECT_EQ(on_a->link().advskew(), 0U);
        EXPECT_EQ(carpctl_show(a, "carp0").at("peers"),
                  nlohmann::json::array({"192.168.1.4", "2001:db8:1::4"}));
    }

    /// One list entry as it may come from any program.
    std::optional<Refusal> ask(unsigned list, unsigned entry, std::size_t length) {
        ifinfomsg header{};
        header.ifi_index = a.rtnl().link("carp0").value().index;
        const auto *const head = reinterpret_cast<const std::uint8_t *>(&header);
        Message message(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, View{head, sizeof(header)});
        const std::size_t info = message.begin(IFLA_LINKINFO);
        message.put_text(IFLA_INFO_KIND, "carp");
        const std::size_t data = message.begin(IFLA_INFO_DATA);
        const std::size_t nest = message.begin(list);
        const Bytes value(length, 0x20);
        message.put(entry, value);
        message.end(nest);
        message.end(data);
        message.end(info);
        return a.rtnl().ask(message);
    }
};

TEST_F(PeerRefusals, NameWhatIsWrong) {
    expect_refused({"peer", "224.0.0.18"}, "carp: peer 224.0.0.18: a multicast address");
    expect_refused({"peer6", "ff02::12"}, "carp: peer6 ff02::12: a multicast address");
    expect_refused({"peer", "192.168.1.5,192.168.1.50"},
                   "carp: peer 192.168.1.50: a virtual address of this host");
    expect_refused({"peer6", virtual6}, "carp: peer6 2001:db8:1::50: a virtual address");
    expect_refused({"peer", "0.0.0.0"}, "carp: peer 0.0.0.0: no address of a host");
    expect_refused({"peer", "127.0.0.1"}, "carp: peer 127.0.0.1: no address of a host");
    expect_refused({"peer", "255.255.255.255"}, "carp: peer 255.255.255.255: no address of a");
    expect_refused({"peer6", "::"}, "carp: peer6 ::: no address of a host");
    expect_refused({"peer6", "::1"}, "carp: peer6 ::1: no address of a host");
    expect_refused({"peer", "10.0.0.1,10.0.0.1"}, "carp: peer 10.0.0.1: given twice");
    std::string many = "10.0.0.1";
    std::string many6 = "fe80::1";
    for (int i = 2; i <= 17; ++i) {
        many += ",10.0.0." + std::to_string(i);
        many6 += ",fe80::" + std::to_string(i);
    }
    expect_refused({"peer", many}, "carp: peer 10.0.0.17: out of range 0..16 peers");
    expect_refused({"peer6", many6}, "carp: peer6 fe80::17: out of range 0..16 peers");
    // One less is fine, and both families are told whole.
    on_a->set(
        {"peer", many.substr(0, many.rfind(',')), "peer6", many6.substr(0, many6.rfind(','))});
    EXPECT_EQ(carpctl_show(a, "carp0").at("peers").size(), 32U);
    EXPECT_EQ(ip_link_show(a, "carp0").at("linkinfo").at("info_data").at("peers").size(), 32U);
}

TEST_F(PeerRefusals, WrongLengthAndFamily) {
    const auto expect_text = [](const std::optional<Refusal> &refusal, const char *text) {
        ASSERT_TRUE(refusal);
        EXPECT_EQ(refusal->error, EINVAL);
        EXPECT_EQ(refusal->text, text);
        EXPECT_TRUE(refusal->offset);
    };
    expect_text(ask(IFLA_CARP_PEERS4, CARP_PEERS_ADDR4, 3),
                "carp: peers4: type 1 of 3 bytes: no IPv4 address");
    expect_text(ask(IFLA_CARP_PEERS4, CARP_PEERS_ADDR4, 16),
                "carp: peers4: type 1 of 16 bytes: no IPv4 address");
    expect_text(ask(IFLA_CARP_PEERS4, CARP_PEERS_ADDR6, 16),
                "carp: peers4: type 2 of 16 bytes: no IPv4 address");
    expect_text(ask(IFLA_CARP_PEERS6, CARP_PEERS_ADDR6, 4),
                "carp: peers6: type 2 of 4 bytes: no IPv6 address");
    expect_text(ask(IFLA_CARP_PEERS6, CARP_PEERS_ADDR4, 4),
                "carp: peers6: type 1 of 4 bytes: no IPv6 address");
    EXPECT_EQ(carpctl_show(a, "carp0").at("peers"),
              nlohmann::json::array({"192.168.1.4", "2001:db8:1::4"}));
    EXPECT_FALSE(ask(IFLA_CARP_PEERS4, CARP_PEERS_ADDR4, 4));
    EXPECT_EQ(carpctl_show(a, "carp0").at("peers"),
              nlohmann::json::array({"32.32.32.32", "2001:db8:1::4"}));
}

TEST_F(PeerRefusals, AnAddressThatIsAPeer) {
    const Output output = a.try_run({"ip", "addr", "add", "192.168.1.4/24", "dev", "carp0"});
    EXPECT_NE(output.status, 0);
    EXPECT_NE(output.err.find("address 192.168.1.4: a peer"), std::string::npos) << output.err;
    EXPECT_NE(a.try_run({"ip", "addr", "add", "2001:db8:1::4/64", "dev", "carp0"}).status, 0);
}

/// Each host in a subnet of its own, a router between.
class RoutedPeers : public CarpTest {
  protected:
    Segment &far = add_segment("far");
    Host &router = add_host("router", {"10.0.1.1/24", "2001:db8:a::1/64"});
    Host &a = add_host("hosta", {"10.0.1.3/24", "2001:db8:a::3/64"});
    Host &b = add_lonely_host("hostb");
    std::optional<Carp> on_a;
    std::optional<Carp> on_b;

    void SetUp() override {
        far.wire.attach(router, "eth1", {"10.0.2.1/24", "2001:db8:b::1/64"});
        far.wire.attach(b, "eth0", {"10.0.2.4/24", "2001:db8:b::4/64"});
        router.set_sysctl("net.ipv4.ip_forward", "1");
        router.set_sysctl("net.ipv6.conf.all.forwarding", "1");
        for (Host *host : {&a, &b}) {
            host->run(
                {"ip", "route", "add", "default", "via", host == &a ? "10.0.1.1" : "10.0.2.1"});
            host->run({"ip", "-6", "route", "add", "default", "via",
                       host == &a ? "2001:db8:a::1" : "2001:db8:b::1"});
        }
        // What it passes on is not its own.
        invariants().outsider(router);
        far.invariants.outsider(router);
        on_a.emplace(a, config(0));
        on_a->set({"peer", "10.0.2.4", "peer6", "2001:db8:b::4"});
        on_a->up();
        ASSERT_TRUE(on_a->wait_for(State::Master, 5s));
        on_b.emplace(b, config(100));
        on_b->set({"peer", "10.0.1.3", "peer6", "2001:db8:a::3"});
        on_b->up();
        sleep_for(5s);
        ASSERT_EQ(on_a->state(), State::Master);
        ASSERT_EQ(on_b->state(), State::Backup);
    }

    static CarpConfig config(unsigned advskew) {
        CarpConfig config;
        config.vhid = vhid;
        config.advskew = advskew;
        config.addresses = {"10.9.9.9/32", "2001:db8:9::9/128"};
        config.up = false;
        return config;
    }

    std::optional<Frame> last_arrival() {
        return far.capture.last(
            [](const Frame &frame) { return frame.host() == "router" && frame.advert_of(vhid); });
    }
};

TEST_F(RoutedPeers, TakeoverAndBack) {
    const auto seen = last_arrival();
    ASSERT_TRUE(seen);
    EXPECT_EQ(seen->ip()->ttl, 254);
    EXPECT_GE(on_b->link().counter(CARP_XSTATS_RX4), 4U);
    EXPECT_GE(on_b->link().counter(CARP_XSTATS_RX6), 4U);
    EXPECT_FALSE(on_b->link().refused());

    wire().cut(a);
    ASSERT_TRUE(on_b->wait_for(State::Master, 5s));
    const auto first = far.capture.wait_for(
        [](const Frame &frame) { return frame.host() == "hostb" && frame.advert_of(vhid); }, 1s,
        seen->time());
    const auto last = last_arrival();
    ASSERT_TRUE(first && last);
    EXPECT_GE(first->time() - last->time(), master_down_time(1, 100) - 50us);
    EXPECT_LE(first->time() - last->time(), master_down_time(1, 100) + takeover_slack);

    // A comes back, hears B through the router, and stays where it is.
    wire().heal(a);
    ASSERT_TRUE(on_a->wait_for(State::Backup, 2s));
    sleep_for(5s);
    EXPECT_EQ(on_a->state(), State::Backup);
    EXPECT_EQ(on_b->state(), State::Master);
    // And gets the addresses by a farewell that crosses the router.
    on_b->down();
    EXPECT_TRUE(on_a->wait_for(State::Master, 50ms));
    EXPECT_EQ(on_a->link().reason(), static_cast<unsigned>(CARP_REASON_BOW_OUT));
}

/// No route to any peer is a send error like any other, and heals like one. (Without a route IPv4
/// takes a destination for a neighbour on the interface that it must leave by.)
TEST_F(RoutedPeers, NoRoute) {
    a.run({"ip", "-6", "route", "del", "default"});
    on_b->down();
    sleep_for(4s);
    EXPECT_GE(on_a->link().counter(CARP_XSTATS_TX_ERRORS), 3U);
    EXPECT_EQ(on_a->link().demotion(), 240U);
    a.run({"ip", "-6", "route", "add", "default", "via", "2001:db8:a::1"});
    sleep_for(5s);
    EXPECT_EQ(on_a->link().demotion(), 0U);
}

} // namespace
} // namespace e2e
