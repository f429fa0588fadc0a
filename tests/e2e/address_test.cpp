// SPDX-License-Identifier: GPL-2.0-only
// What an administrator may do to the addresses of a carp device at any time,
// and what the rest of the host makes of them.
#include "carp_test.hpp"
#include "neighbours.hpp"
#include "ping_probe.hpp"
#include "socket.hpp"
#include "tcp_server.hpp"

#include <cerrno>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>
#include <sys/socket.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;
const std::vector<std::string> parent_b{"192.168.1.4/24", "2001:db8:1::4/64"};

class Addresses : public CarpTest {
  protected:
    const Address virtual4{"192.168.1.50"};
    const Address virtual6{"2001:db8:1::50"};
    const Address client4{"192.168.1.9"};
    const Address client6{"2001:db8:1::9"};
    Host &client = add_host("client", {"192.168.1.9/24", "2001:db8:1::9/64"});
    Host &a = add_host("hosta", {"192.168.1.3/24", "2001:db8:1::3/64"});
    Host *b = nullptr;
    std::optional<Carp> on_a;
    std::optional<Carp> on_b;
    std::vector<std::unique_ptr<TcpServer>> servers;

    void elect(const std::vector<std::string> &parent_of_b = parent_b,
               std::vector<std::string> addresses = {"192.168.1.50/24", "2001:db8:1::50/64"}) {
        b = &add_host("hostb", parent_of_b);
        servers.push_back(std::make_unique<TcpServer>(a));
        servers.push_back(std::make_unique<TcpServer>(*b));
        CarpConfig config;
        config.vhid = vhid;
        config.addresses = std::move(addresses);
        on_a.emplace(a, config);
        config.advskew = 100;
        on_b.emplace(*b, config);
        ASSERT_TRUE(on_a->wait_for(State::Master, 4s));
        ASSERT_TRUE(on_b->wait_for(State::Backup, 1s));
        sleep_for(1100ms);
    }

    void TearDown() override {
        servers.clear();
        CarpTest::TearDown();
    }

    void hand_over(const Carp &from, const Carp &to) {
        from.set({"state", "backup"});
        ASSERT_TRUE(to.wait_for(State::Master, 1s));
        ASSERT_EQ(from.state(), State::Backup);
    }

    /// From the client and from both hosts, over TCP; "" means nobody answers.
    void expect_served(const std::vector<Address> &addresses, const std::string &by) {
        for (const Host *from : {&client, &a, b})
            for (const Address &address : addresses) {
                SCOPED_TRACE(address.text() + " from " + from->name());
                EXPECT_EQ(who_answers(*from, address, by.empty() ? 500ms : 3s).value_or(""), by);
            }
    }

    void add(Host &host, const std::vector<std::string> &addresses) {
        for (const std::string &address : addresses)
            host.run({"ip", "address", "add", address, "dev", "carp0"});
    }

    void remove(Host &host, const std::vector<std::string> &addresses) {
        for (const std::string &address : addresses)
            host.run({"ip", "address", "del", address, "dev", "carp0"});
    }

    static std::set<std::string> addresses_of(Host &host) {
        std::set<std::string> found;
        const auto links =
            nlohmann::json::parse(host.run({"ip", "-j", "address", "show", "dev", "carp0"}));
        for (const auto &info : links.at(0).at("addr_info"))
            found.insert(info.at("local").get<std::string>() + "/" +
                         std::to_string(info.at("prefixlen").get<int>()));
        return found;
    }

    static std::string route_to(Host &host, const Address &address) {
        return host.try_run({"ip", "route", "get", address.text()}).out;
    }

    /// The address that the host's own traffic to `destination` is sent from.
    static Address source_for(const Host &host, const Address &destination) {
        const Socket probe(host, destination, SOCK_DGRAM);
        EXPECT_EQ(probe.connect(destination, 9), 0);
        return probe.local();
    }
};

TEST_F(Addresses, AddedAndRemovedInBothStates) {
    elect();
    ASSERT_FALSE(HasFatalFailure());
    const std::vector<Address> fresh{"192.168.1.51", "172.16.0.1", "2001:db8:1::51",
                                     "2001:db8:2::1"};
    const std::vector<std::string> text{"192.168.1.51/24", "172.16.0.1/32", "2001:db8:1::51/64",
                                        "2001:db8:2::1/128"};
    for (Host *host : {&client, &a, b}) {
        host->run({"ip", "route", "add", "172.16.0.1", "dev", "eth0"});
        host->run({"ip", "route", "add", "2001:db8:2::1", "dev", "eth0"});
    }

    // Backups first, master last, as the guide says.
    add(*b, text);
    // IPv6 sets an address up in work items; until then a BACKUP may take it for its source.
    sleep_for(20ms);
    expect_served({virtual4, virtual6}, "hosta");
    add(a, text);
    expect_served(fresh, "hosta");
    expect_served({virtual4, virtual6}, "hosta");
    EXPECT_EQ(neighbour_mac(client, fresh[0]), Mac::of_vhid(vhid));
    EXPECT_EQ(neighbour_mac(client, fresh[3]), Mac::of_vhid(vhid));
    sleep_for(3500ms);
    ASSERT_EQ(on_b->state(), State::Backup);
    hand_over(*on_a, *on_b);
    expect_served(fresh, "hostb");
    expect_served({virtual4, virtual6}, "hostb");
    sleep_for(1100ms);

    // The first one goes, those behind it stay: a BACKUP's, then the MASTER's.
    remove(a, {"192.168.1.50/24", "2001:db8:1::50/64"});
    expect_served({fresh[0], fresh[2]}, "hostb");
    remove(*b, {"192.168.1.50/24", "2001:db8:1::50/64"});
    expect_served({virtual4, virtual6}, "");
    expect_served(fresh, "hostb");
    EXPECT_EQ(addresses_of(a), addresses_of(*b));
    sleep_for(3500ms);
    ASSERT_EQ(on_a->state(), State::Backup);
    hand_over(*on_b, *on_a);
    expect_served(fresh, "hosta");
}

TEST_F(Addresses, SurviveDownAndUpInBothStates) {
    elect(parent_b, {"192.168.1.50/24", "192.168.1.51/24", "2001:db8:1::50/64", "fe80::50/64"});
    ASSERT_FALSE(HasFatalFailure());
    const auto all = addresses_of(a);
    ASSERT_EQ(all.size(), 4U);

    on_b->down();
    EXPECT_EQ(who_answers(*b, virtual4), "hosta") << "a device that is down owns nothing";
    EXPECT_EQ(who_answers(*b, virtual6), "hosta");
    add(*b, {"192.168.1.52/24", "2001:db8:1::52/64"});
    EXPECT_FALSE(who_answers(*b, "192.168.1.52", 500ms)) << "not even a new one";
    EXPECT_FALSE(who_answers(*b, "2001:db8:1::52", 500ms));
    remove(*b, {"192.168.1.52/24", "2001:db8:1::52/64"});
    const Instant up = now();
    on_b->up();
    ASSERT_TRUE(on_b->wait_for(State::Backup, 1s));
    EXPECT_EQ(addresses_of(*b), all);
    // IPv6 addresses are set up in the background, and meanwhile may be taken for the source of
    // what goes to them.
    EXPECT_NE(who_answers(*b, virtual6, 20ms).value_or(""), "hostb");
    expect_served({virtual4, "192.168.1.51", virtual6}, "hosta");
    const auto from_virtual6 = [&](const Frame &frame) {
        const auto ip = frame.ip();
        return ip && ip->source == virtual6;
    };
    EXPECT_NO_FRAME(capture(), match::all(match::from(*b), from_virtual6, match::since(up)),
                    match::all(match::from(a), from_virtual6, match::since(up)));
    sleep_for(1100ms);

    on_a->down();
    ASSERT_TRUE(on_b->wait_for(State::Master, 1s));
    expect_served({virtual4, "192.168.1.51", virtual6}, "hostb");
    on_a->up();
    ASSERT_TRUE(on_a->wait_for(State::Backup, 1s));
    EXPECT_EQ(addresses_of(a), all);
    EXPECT_NE(who_answers(a, virtual6, 20ms).value_or(""), "hosta");
    expect_served({virtual4, "192.168.1.51", virtual6}, "hostb");
    sleep_for(1100ms);
    hand_over(*on_b, *on_a);
    expect_served({virtual4, "192.168.1.51", virtual6}, "hosta");
}

/// Others may write settings of every device, carp0 too.
TEST_F(Addresses, SurviveDownAndUpWhateverWasWritten) {
    elect(parent_b, {"192.168.1.50/24", "2001:db8:1::50/64", "fe80::50/64"});
    ASSERT_FALSE(HasFatalFailure());
    const auto all = addresses_of(*b);
    b->set_sysctl("net.ipv6.conf.carp0.keep_addr_on_down", "0");
    b->set_sysctl("net.ipv6.conf.all.addr_gen_mode", "0");
    b->set_sysctl("net.ipv4.conf.carp0.promote_secondaries", "0");
    on_b->down();
    on_b->up();
    ASSERT_TRUE(on_b->wait_for(State::Backup, 1s));
    EXPECT_EQ(addresses_of(*b), all);
    sleep_for(3500ms);
    ASSERT_EQ(on_b->state(), State::Backup) << "the list is as it was";
    hand_over(*on_a, *on_b);
    expect_served({virtual4, virtual6}, "hostb");
}

TEST_F(Addresses, RoutesTellTheTruth) {
    elect();
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_TRUE(route_to(a, virtual4).starts_with("local 192.168.1.50"));
    EXPECT_TRUE(route_to(a, virtual6).starts_with("local 2001:db8:1::50"));
    EXPECT_NE(route_to(*b, virtual4).find("192.168.1.50 dev eth0 src 192.168.1.4"),
              std::string::npos)
        << route_to(*b, virtual4);
    EXPECT_NE(route_to(*b, virtual6).find("2001:db8:1::50"), std::string::npos);
    EXPECT_NE(route_to(*b, virtual6).find("dev eth0"), std::string::npos) << route_to(*b, virtual6);

    // The parent's own route to the subnet goes first, with or without ours.
    for (Host *host : {&a, b})
        for (const Address &address : {client4, client6})
            EXPECT_NE(route_to(*host, address).find("dev eth0"), std::string::npos)
                << host->name() << ": " << route_to(*host, address);

    // The routes are there to be seen, and say whether they are in use.
    for (const char *family : {"-4", "-6"}) {
        const std::string what = family == std::string{"-4"} ? "192.168.1.50" : "2001:db8:1::50";
        const std::string master =
            a.run({"ip", family, "route", "show", "table", "local", "dev", "carp0", what});
        const std::string backup =
            b->run({"ip", family, "route", "show", "table", "local", "dev", "carp0", what});
        EXPECT_TRUE(master.starts_with("local " + what)) << master;
        EXPECT_EQ(master.find("dead"), std::string::npos) << master;
        EXPECT_TRUE(backup.starts_with("local " + what)) << backup;
        EXPECT_NE(backup.find("dead"), std::string::npos) << backup;
    }
}

/// A parent without addresses: what leads to the segment is the carp device's
/// route, for as long as it is MASTER.
TEST_F(Addresses, ConnectedRouteOfAMasterAlone) {
    elect({});
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_NE(b->try_run({"ip", "route", "get", "192.168.1.9"}).status, 0);
    EXPECT_NE(b->try_run({"ip", "-6", "route", "get", "2001:db8:1::9"}).status, 0);
    hand_over(*on_a, *on_b);
    EXPECT_NE(route_to(*b, client4).find("dev carp0"), std::string::npos);
    EXPECT_NE(route_to(*b, client6).find("dev carp0"), std::string::npos);
    // The only addresses that the host has are used.
    EXPECT_EQ(source_for(*b, client4), virtual4);
    EXPECT_EQ(source_for(*b, client6), virtual6);
    EXPECT_TRUE(ping(*b, client4));
    EXPECT_TRUE(ping(*b, client6));
    hand_over(*on_b, *on_a);
    EXPECT_NE(b->try_run({"ip", "route", "get", "192.168.1.9"}).status, 0);
    // This route the core takes away itself, when it hears of the carrier.
    EXPECT_TRUE(wait_until(
        [&] { return b->try_run({"ip", "-6", "route", "get", "2001:db8:1::9"}).status != 0; },
        200ms));
}

/// What a host begins itself it begins from an address of its own.
TEST_F(Addresses, VirtualOnesAreNoSources) {
    elect(parent_b, {"192.168.1.50/24", "2001:db8:1::50/64", "2001:db8:9::50/128"});
    ASSERT_FALSE(HasFatalFailure());
    // A way out that has no address, to where a virtual one looks like the best.
    Segment &other = add_segment("other");
    other.wire.attach(a, "eth1");
    a.run({"ip", "route", "add", "2001:db8:9::/64", "dev", "eth1"});
    a.run({"ip", "route", "add", "10.9.0.0/24", "dev", "eth1"});
    a.run({"ip", "route", "add", "default", "via", "192.168.1.9"});
    a.run({"ip", "route", "add", "default", "via", "2001:db8:1::9"});
    const Address own4{"192.168.1.3"};
    const Address own6{"2001:db8:1::3"};
    for (const char *round : {"MASTER", "BACKUP"}) {
        SCOPED_TRACE(round);
        for (const char *far : {"192.168.1.9", "203.0.113.1", "10.9.0.9"})
            EXPECT_EQ(source_for(a, far), own4) << far;
        for (const char *far : {"2001:db8:1::9", "2001:db8:ffff::1", "2001:db8:9::99"})
            EXPECT_EQ(source_for(a, far), own6) << far;
        if (on_a->state() == State::Master) {
            for (const Address &address : {virtual4, virtual6}) {
                const Socket bound(a, address, SOCK_DGRAM);
                ASSERT_EQ(bound.bind(address), 0);
                const Address &far = address.is_v4() ? client4 : client6;
                ASSERT_EQ(bound.connect(far, 9), 0);
                EXPECT_EQ(bound.local(), address);
            }
            // "change" writes the flags anew.
            a.run({"ip", "address", "change", "2001:db8:9::50/128", "dev", "carp0"});
            hand_over(*on_a, *on_b);
        }
    }
}

TEST_F(Addresses, ForwardingThroughABackup) {
    elect();
    ASSERT_FALSE(HasFatalFailure());
    Segment &far = add_segment("far");
    Host &distant = add_lonely_host("distant");
    far.wire.attach(distant, "eth0", {"10.9.0.9/24", "2001:db8:9::9/64"});
    far.wire.attach(*b, "eth1", {"10.9.0.1/24", "2001:db8:9::1/64"});
    distant.run({"ip", "route", "add", "default", "via", "10.9.0.1"});
    distant.run({"ip", "route", "add", "default", "via", "2001:db8:9::1"});
    a.run({"ip", "route", "add", "10.9.0.0/24", "via", "192.168.1.4"});
    a.run({"ip", "route", "add", "2001:db8:9::/64", "via", "2001:db8:1::4"});
    b->set_sysctl("net.ipv4.ip_forward", "1");
    b->set_sysctl("net.ipv6.conf.all.forwarding", "1");
    for (const char *round : {"BACKUP", "MASTER", "BACKUP again"}) {
        SCOPED_TRACE(round);
        const std::string master = on_b->state() == State::Master ? "hostb" : "hosta";
        EXPECT_EQ(who_answers(distant, virtual4), master);
        EXPECT_EQ(who_answers(distant, virtual6), master);
        if (on_a->state() == State::Master)
            hand_over(*on_a, *on_b);
        else
            hand_over(*on_b, *on_a);
    }
}

/// Next hop objects need a carrier: the kernel flushes them without one, and
/// takes no new ones. The manual page says so.
TEST_F(Addresses, NextHopObjectsEndWithTheMaster) {
    elect();
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_NE(b->try_run({"ip", "nexthop", "add", "id", "4", "via", "192.168.1.9", "dev", "carp0"})
                  .status,
              0);
    ASSERT_TRUE(wait_until([&] { return on_a->link().link().carrier; }, 1s));
    a.run({"ip", "nexthop", "add", "id", "4", "via", "192.168.1.9", "dev", "carp0"});
    a.run({"ip", "nexthop", "add", "id", "6", "via", "2001:db8:1::9", "dev", "carp0"});
    a.run({"ip", "route", "add", "203.0.113.0/24", "nhid", "4"});
    a.run({"ip", "route", "add", "2001:db8:ff::/48", "nhid", "6"});
    EXPECT_NE(route_to(a, "203.0.113.1").find("dev carp0"), std::string::npos);
    EXPECT_NE(route_to(a, "2001:db8:ff::1").find("dev carp0"), std::string::npos);
    hand_over(*on_a, *on_b);
    EXPECT_TRUE(wait_until([&] { return a.run({"ip", "nexthop"}).empty(); }, 1s));
    EXPECT_EQ(route_to(a, "203.0.113.1").find("dev carp0"), std::string::npos);
    hand_over(*on_b, *on_a);
    expect_served({virtual4, virtual6}, "hosta");
}

} // namespace
} // namespace e2e
