// SPDX-License-Identifier: GPL-2.0-only
// A MASTER tells the segment where its addresses are: when it takes over, when
// somebody else said otherwise, and as often as it is told to.
#include "carp_test.hpp"
#include "neighbours.hpp"
#include "packet_socket.hpp"
#include "ping_probe.hpp"
#include "tcp_server.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/carp.h>
#include <net/if.h>
#include <netinet/icmp6.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;
const Address virtual4{"192.168.1.50"};
const Address virtual6{"2001:db8:1::50"};
/// From the timer to the wire.
const Duration moment = 1ms + 4 * timer_resolution();
/// A worse advert is answered when all that came with it is through.
constexpr Duration answer_delay = 2ms;

constexpr std::uint8_t router_flag = 0x80;
constexpr std::uint8_t solicited_flag = 0x40;
constexpr std::uint8_t override_flag = 0x20;

bool is_garp(const Frame &frame) {
    const auto arp = frame.arp();
    return arp && arp->gratuitous() && frame.source().vhid() == vhid;
}

bool is_unsolicited_na(const Frame &frame) {
    const auto nd = frame.neighbour();
    return nd && nd->advertisement() && !(nd->flags & solicited_flag) &&
           frame.source().vhid() == vhid;
}

class Announce : public CarpTest {
  protected:
    Host &client = add_host("client", {"192.168.1.9/24", "2001:db8:1::9/64"});
    Host &a = add_host("hosta", {"192.168.1.3/24", "2001:db8:1::3/64"});

    static CarpConfig config(unsigned advskew = 0) {
        CarpConfig config;
        config.vhid = vhid;
        config.advskew = advskew;
        config.addresses = {"192.168.1.50/24", "2001:db8:1::50/64"};
        return config;
    }

    /// Times of the announcements of the IPv4 address from `since` on.
    std::vector<Instant> announcements(Instant since = {}) {
        std::vector<Instant> times;
        for (const Frame &frame : capture().select(match::all(is_garp, match::since(since))))
            times.push_back(frame.time());
        // Each comes with the IPv6 address.
        const auto of6 = capture().count(match::all(is_unsolicited_na, match::since(since)));
        EXPECT_EQ(of6, times.size());
        return times;
    }

    std::vector<Instant> adverts(Instant since = {}) {
        std::vector<Instant> times;
        for (const Frame &frame :
             capture().select(match::all(match::from(a), match::advert(vhid), match::since(since))))
            if (frame.ip()->source.is_v4())
                times.push_back(frame.time());
        return times;
    }

    static void expect_at(Instant actual, Instant wanted) {
        EXPECT_GE(actual, wanted - moment) << to_text(actual - wanted);
        EXPECT_LE(actual, wanted + moment) << to_text(actual - wanted);
    }

    /// The bridge port behind which the switch looks for the virtual MAC.
    std::string switch_port() {
        const auto entries = nlohmann::json::parse(
            wire().bridge().run({"bridge", "-j", "fdb", "show", "br", "br0"}));
        for (const auto &entry : entries)
            if (entry["mac"] == Mac::of_vhid(vhid).text())
                return entry["ifname"];
        return {};
    }

    std::string host_behind_switch_port() {
        const std::string port = switch_port();
        return port.empty() ? port
                            : wire().host_behind(wire().bridge().rtnl().link(port).value().index);
    }
};

/// The default: with the takeover, and with the second following advert.
TEST_F(Announce, AtTakeoverAndOnceMore) {
    const Carp on_a(a, config());
    ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
    sleep_for(10s);
    const auto sent = adverts();
    const auto told = announcements();
    ASSERT_GE(sent.size(), 9U);
    ASSERT_EQ(told.size(), 2U);
    expect_at(told[0], sent[0]);
    expect_at(told[1], sent[2]);
    EXPECT_EQ(on_a.link().counter(CARP_XSTATS_ANNOUNCES), 4U);

    const Frame garp = capture().first(is_garp).value();
    EXPECT_EQ(garp.destination(), Mac::broadcast());
    EXPECT_EQ(garp.arp()->operation, 1);
    EXPECT_EQ(garp.arp()->sender, virtual4);
    EXPECT_EQ(garp.arp()->sender_mac, Mac::of_vhid(vhid));
    const Frame na = capture().first(is_unsolicited_na).value();
    EXPECT_EQ(na.destination(), Mac::parse("33:33:00:00:00:01"));
    EXPECT_EQ(na.ip()->destination, Address("ff02::1"));
    EXPECT_EQ(na.ip()->ttl, 255);
    EXPECT_EQ(na.neighbour()->target, virtual6);
    EXPECT_EQ(na.neighbour()->flags, override_flag);
    EXPECT_EQ(na.neighbour()->link_address, Mac::of_vhid(vhid));
}

TEST_F(Announce, AsOftenAsToldWithAdverts) {
    CarpConfig down = config();
    down.up = false;
    const Carp on_a(a, down);
    on_a.set({"announce_count", "4"});
    on_a.up();
    sleep_for(14s);
    const auto sent = adverts();
    const auto told = announcements();
    ASSERT_GE(sent.size(), 9U);
    ASSERT_EQ(told.size(), 4U);
    for (std::size_t i = 0; i < told.size(); ++i)
        expect_at(told[i], sent[2 * i]);
}

TEST_F(Announce, AtAnIntervalOfTheirOwn) {
    CarpConfig down = config();
    down.up = false;
    const Carp on_a(a, down);
    on_a.set({"announce_count", "5", "announce_interval", "50"});
    on_a.up();
    sleep_for(10s);
    const auto told = announcements();
    ASSERT_EQ(told.size(), 5U);
    for (std::size_t i = 0; i < told.size(); ++i)
        expect_at(told[i], told[0] + static_cast<int>(i) * 50ms);
}

TEST_F(Announce, OnceIfToldSo) {
    CarpConfig down = config();
    down.up = false;
    const Carp on_a(a, down);
    on_a.set({"announce_count", "1"});
    on_a.up();
    sleep_for(10s);
    EXPECT_GE(adverts().size(), 5U);
    EXPECT_EQ(announcements().size(), 1U);
    // Repeats that are under way end with the mastership.
    on_a.set({"announce_count", "100", "announce_interval", "10"});
    on_a.down();
    on_a.up();
    ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
    sleep_for(100ms);
    on_a.set({"state", "backup"});
    const Instant left = now();
    EXPECT_GE(announcements().size(), 8U);
    sleep_for(2s);
    EXPECT_EQ(announcements(left).size(), 0U);
}

TEST_F(Announce, AgainAndAgainIfToldSo) {
    const Carp on_a(a, config());
    ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
    sleep_for(5s);
    const Instant last = announcements().back();
    on_a.set({"announce_refresh", "10"});
    sleep_until(last + 65s);
    const auto told = announcements(last + 1s);
    ASSERT_EQ(told.size(), 6U);
    for (std::size_t i = 0; i < told.size(); ++i)
        expect_at(told[i], last + static_cast<int>(i + 1) * 10s);
    on_a.set({"announce_refresh", "0"});
    const Instant off = now();
    sleep_for(60s);
    EXPECT_EQ(announcements(off).size(), 0U);
    EXPECT_GE(adverts(off).size(), 59U);
}

TEST_F(Announce, ANewAddressAtOnce) {
    const Carp on_a(a, config());
    ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
    sleep_for(5s);
    const Instant start = now();
    a.run({"ip", "addr", "add", "192.168.1.60/24", "dev", "carp0"});
    a.run({"ip", "addr", "add", "2001:db8:1::60/64", "dev", "carp0"});
    EXPECT_TRUE(capture().wait_for(
        [](const Frame &frame) {
            return is_garp(frame) && frame.arp()->sender == Address("192.168.1.60");
        },
        50ms, start));
    EXPECT_TRUE(capture().wait_for(
        [](const Frame &frame) {
            return is_unsolicited_na(frame) && frame.neighbour()->target == "2001:db8:1::60";
        },
        50ms, start));
}

/// Whoever hears a worse advert may have believed it: tell them in a moment, but a
/// peer that never stops is answered once a second.
TEST_F(Announce, OnAWorseAdvertAtMostOnceASecond) {
    invariants().outsider(client);
    const Carp on_a(a, config());
    ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
    sleep_for(5500ms);
    const PacketSocket socket(client);
    AdvertFrame worse = make_advert(vhid, "192.168.1.9", 1, 200, "testpass", {virtual4, virtual6});
    worse.source_mac = Mac::of_vhid(vhid);
    const Instant start = now();
    for (unsigned i = 0; i < 100; ++i) {
        worse.carp.counter[7] = static_cast<std::uint8_t>(i);
        worse.carp.sign("testpass", {virtual4, virtual6});
        socket.send(worse.bytes());
        sleep_until(start + (i + 1) * 70ms);
    }
    // The last one was owed when the adverts ended.
    sleep_for(3s);
    const auto told = announcements(start);
    ASSERT_EQ(told.size(), 8U);
    for (std::size_t i = 0; i < told.size(); ++i)
        expect_at(told[i], told[0] + static_cast<int>(i) * 1s);
    expect_at(told[0], start + answer_delay);
}

/// Two masters, since one cannot hear the other; the better one undoes what
/// each advert of the other does to the switch, and all is well after it heals.
TEST_F(Announce, SplitBrainByADeafPeer) {
    Host &b = add_host("hostb", {"192.168.1.4/24", "2001:db8:1::4/64"});
    const Carp on_a(a, config());
    ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
    const Carp on_b(b, config(100));
    const TcpServer server_a(a);
    const TcpServer server_b(b);
    sleep_for(5s);
    wire().deafen(b);
    ASSERT_TRUE(on_b.wait_for(State::Master, 4s));
    const auto advert_of_b = match::all(match::from(b), match::advert(vhid));
    for (unsigned i = 0; i < 3; ++i) {
        ASSERT_TRUE(capture().wait_for(advert_of_b, 2s));
        sleep_for(answer_delay + moment);
        EXPECT_EQ(host_behind_switch_port(), "hosta");
        EXPECT_EQ(who_answers(client, virtual4), "hosta");
        EXPECT_EQ(who_answers(client, virtual6), "hosta");
    }
    wire().undeafen(b);
    const Instant healed = now();
    EXPECT_TRUE(on_b.wait_for(State::Backup, 1s + moment));
    EXPECT_EQ(host_behind_switch_port(), "hosta");
    EXPECT_NO_FRAME(capture(), match::all(match::from(b), match::claims(vhid), match::since(now())),
                    match::all(match::from(a), match::advert(vhid), match::since(healed)));
}

/// Nobody hears the better one: clients and switch follow the other, and are
/// right again with the first advert that gets through.
TEST_F(Announce, SplitBrainByAMutePeer) {
    Host &b = add_host("hostb", {"192.168.1.4/24", "2001:db8:1::4/64"});
    const Carp on_a(a, config());
    ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
    const Carp on_b(b, config(100));
    const TcpServer server_a(a);
    const TcpServer server_b(b);
    sleep_for(5s);
    wire().mute(a);
    ASSERT_TRUE(on_b.wait_for(State::Master, 4s));
    sleep_for(5s);
    ASSERT_EQ(on_a.state(), State::Master);
    EXPECT_EQ(host_behind_switch_port(), "hostb");
    EXPECT_EQ(who_answers(client, virtual4), "hostb");
    PingProbe probe(client, virtual4, 5ms);
    ASSERT_TRUE(probe.wait_answer(1s));
    wire().unmute(a);
    const Instant healed = now();
    ASSERT_TRUE(on_b.wait_for(State::Backup, 1s + moment));
    const auto advert =
        capture().first(match::all(match::from(a), match::advert(vhid), match::since(healed)));
    ASSERT_TRUE(advert);
    sleep_until(advert->time() + 20ms);
    EXPECT_EQ(host_behind_switch_port(), "hosta");
    EXPECT_EQ(neighbour_mac(client, virtual4), Mac::of_vhid(vhid));
    EXPECT_EQ(who_answers(client, virtual4), "hosta");
    EXPECT_EQ(who_answers(client, virtual6), "hosta");
    probe.stop();
    EXPECT_LE(probe.worst_outage(healed).lost, 1U) << probe.worst_outage(healed).text();
    EXPECT_NO_FRAME(
        capture(),
        match::all(match::from(b), match::claims(vhid), match::since(advert->time() + 1ms)),
        match::all(match::from(a), match::advert(vhid), match::since(advert->time())));
}

/// The parent says that it now sends by another cable.
TEST_F(Announce, WhenTheParentMoves) {
    wire().attach(a, "eth1");
    a.run({"ip", "addr", "flush", "dev", "eth0"});
    a.run({"ip", "link", "add", "bond0", "type", "bond", "mode", "active-backup", "miimon", "10"});
    for (const char *slave : {"eth0", "eth1"}) {
        a.rtnl().set_up(slave, false);
        a.run({"ip", "link", "set", slave, "master", "bond0"});
    }
    a.run({"ip", "link", "set", "bond0", "type", "bond", "active_slave", "eth0"});
    a.rtnl().set_up("bond0", true);
    a.add_address("bond0", "192.168.1.3/24");
    CarpConfig on_bond = config();
    on_bond.parent = "bond0";
    const Carp on_a(a, on_bond);
    ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
    sleep_for(5500ms);
    PingProbe probe(client, virtual4);
    ASSERT_TRUE(probe.wait_answer(1s));
    const std::string before = switch_port();
    const Instant start = now();
    a.run({"ip", "link", "set", "bond0", "type", "bond", "active_slave", "eth1"});
    sleep_for(50ms);
    EXPECT_NE(switch_port(), before);
    probe.stop();
    EXPECT_GE(announcements(start).size(), 1U);
    EXPECT_LE(probe.worst_outage(start).lost, 2U) << probe.worst_outage(start).text();
}

/// carp0's own `forwarding` says whether hosts may take it for a router, as
/// with any other device; `all` sets it.
TEST_F(Announce, RouterFlagFollowsForwardingOfTheDevice) {
    const Carp on_a(a, config());
    ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
    on_a.set({"announce_refresh", "1"});
    const auto flags_now = [&] {
        const Instant start = now();
        forget_neighbours(client);
        EXPECT_TRUE(ping(client, virtual6));
        const auto answer = capture().first([&](const Frame &frame) {
            return frame.time() >= start && frame.host() == "hosta" && frame.neighbour() &&
                   frame.neighbour()->advertisement() && frame.neighbour()->target == virtual6 &&
                   frame.neighbour()->flags & solicited_flag;
        });
        const auto told = capture().wait_for(is_unsolicited_na, 1500ms, start);
        if (!answer || !told)
            return -1;
        EXPECT_EQ(answer->neighbour()->flags & ~solicited_flag, told->neighbour()->flags);
        return static_cast<int>(told->neighbour()->flags);
    };
    EXPECT_EQ(flags_now(), override_flag);
    a.set_sysctl("net.ipv6.conf.eth0.forwarding", "1");
    EXPECT_EQ(flags_now(), override_flag);
    a.set_sysctl("net.ipv6.conf.carp0.forwarding", "1");
    EXPECT_EQ(flags_now(), router_flag | override_flag);
    a.set_sysctl("net.ipv6.conf.carp0.forwarding", "0");
    EXPECT_EQ(flags_now(), override_flag);
    a.set_sysctl("net.ipv6.conf.all.forwarding", "1");
    EXPECT_EQ(flags_now(), router_flag | override_flag);
    // A device made on a router.
    on_a.destroy();
    const Carp again(a, config());
    ASSERT_TRUE(again.wait_for(State::Master, 4s));
    const auto told = capture().last(is_unsolicited_na);
    ASSERT_TRUE(told);
    EXPECT_EQ(told->neighbour()->flags, router_flag | override_flag);
}

/// As any host sends it that has just come up.
void solicit_routers() {
    const File socket(::socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6));
    const int hops = 255;
    check(::setsockopt(socket.fd(), IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)),
          "hop limit");
    nd_router_solicit question{};
    question.nd_rs_type = ND_ROUTER_SOLICIT;
    sockaddr_in6 routers{};
    routers.sin6_family = AF_INET6;
    ::inet_pton(AF_INET6, "ff02::2", &routers.sin6_addr);
    routers.sin6_scope_id = ::if_nametoindex("eth0");
    check(static_cast<int>(::sendto(socket.fd(), &question, sizeof(question), 0,
                                    reinterpret_cast<const sockaddr *>(&routers), sizeof(routers))),
          "router solicitation");
}

/// A daemon on carp0 that advertises a router answers clients that have just
/// come up, but only where it may speak.
TEST_F(Announce, RoutersHearSolicitationsAsMasterOnly) {
    a.set_sysctl("net.ipv6.conf.all.forwarding", "1");
    const Carp on_a(a, config());
    ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
    const auto heard = [&] {
        client.in(solicit_routers);
        sleep_for(50ms);
        const auto all = a.run({"cat", "/proc/net/dev_snmp6/carp0"});
        const std::string name = "Icmp6InRouterSolicits";
        return std::stoul(all.substr(all.find(name) + name.size()));
    };
    const auto before = heard();
    EXPECT_EQ(heard(), before + 1);
    on_a.force(State::Backup);
    EXPECT_EQ(heard(), before + 1);
    ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
    EXPECT_EQ(heard(), before + 2);
}

/// What is read can be set again, by either tool, and changes nothing.
TEST_F(Announce, SettingsComeBackAsTheyWereSet) {
    const Carp on_a(a, config());
    const auto expect = [&](unsigned count, unsigned interval, unsigned refresh) {
        const auto by_ip = ip_link_show(a, "carp0")["linkinfo"]["info_data"];
        EXPECT_EQ(by_ip["announce_count"], count);
        EXPECT_EQ(by_ip["announce_interval"], interval);
        EXPECT_EQ(by_ip["announce_refresh"], refresh);
        const auto by_carpctl = carpctl_show(a, "carp0");
        EXPECT_EQ(by_carpctl["announce_count"], count);
        EXPECT_EQ(by_carpctl["announce_interval_ms"], interval);
        EXPECT_EQ(by_carpctl["announce_refresh_s"], refresh);
    };
    expect(2, 0, 0);
    on_a.set({"announce_count", "100", "announce_interval", "60000", "announce_refresh", "86400"});
    expect(100, 60000, 86400);
    const auto data = ip_link_show(a, "carp0")["linkinfo"]["info_data"];
    a.run({"carpctl", "configure", "carp0", "announce_count", data["announce_count"].dump(),
           "announce_interval", data["announce_interval"].dump(), "announce_refresh",
           data["announce_refresh"].dump()});
    expect(100, 60000, 86400);
    a.run({"carpctl", "configure", "carp0", "announce_count", "1"});
    expect(1, 60000, 86400);
    a.run({"carpctl", "configure", "carp0", "announce_interval", "0", "announce_refresh", "0"});
    expect(1, 0, 0);
    on_a.set({"advskew", "3"});
    expect(1, 0, 0);
}

} // namespace
} // namespace e2e
