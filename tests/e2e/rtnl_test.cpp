// SPDX-License-Identifier: GPL-2.0-only
// Somebody holds RTNL for seconds, as loaded hosts do: takeover and step-down
// happen on time nevertheless, and what the addresses lead to follows at once.
#include "carp_test.hpp"
#include "ping_probe.hpp"
#include "rtnl_hold.hpp"
#include "socket.hpp"
#include "tcp_server.hpp"

#include <cerrno>
#include <future>
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;

struct Layout {
    const char *name;
    /// With or without addresses of B's own beside the virtual ones.
    bool addresses;
    /// As routing suites advise: it makes the kernel heed what carriers say.
    bool ignore_linkdown;
};

std::ostream &operator<<(std::ostream &out, const Layout &layout) { return out << layout.name; }

class HeldRtnl : public CarpTest, public ::testing::WithParamInterface<Layout> {
  protected:
    const Address virtual4{"192.168.1.50"};
    const Address virtual6{"2001:db8:1::50"};
    Host &client = add_host("client", {"192.168.1.9/24", "2001:db8:1::9/64"});
    Host &a = add_host("hosta", {"192.168.1.3/24", "2001:db8:1::3/64"});
    Host &b = add_host("hostb", GetParam().addresses
                                    ? std::vector<std::string>{"192.168.1.4/24", "2001:db8:1::4/64"}
                                    : std::vector<std::string>{});
    std::optional<Carp> on_a;
    std::optional<Carp> on_b;

    /// Beyond B, which routes for it.
    Host *distant = nullptr;

    void elect() {
        if (GetParam().ignore_linkdown)
            b.set_sysctl("net.ipv4.conf.all.ignore_routes_with_linkdown", "1");
        if (GetParam().addresses)
            connect_distant();
        CarpConfig config;
        config.vhid = vhid;
        config.addresses = {"192.168.1.50/24", "2001:db8:1::50/64"};
        on_a.emplace(a, config);
        ASSERT_TRUE(on_a->wait_for(State::Master, 4s));
        config.advskew = 100;
        on_b.emplace(b, config);
        sleep_for(1200ms);
        ASSERT_EQ(on_b->state(), State::Backup);
    }

    void connect_distant() {
        Segment &far = add_segment("far");
        distant = &add_lonely_host("distant");
        far.wire.attach(*distant, "eth0", {"10.9.0.9/24", "2001:db8:9::9/64"});
        far.wire.attach(b, "eth1", {"10.9.0.1/24", "2001:db8:9::1/64"});
        distant->run({"ip", "route", "add", "default", "via", "10.9.0.1"});
        distant->run({"ip", "route", "add", "default", "via", "2001:db8:9::1"});
        a.run({"ip", "route", "add", "10.9.0.0/24", "via", "192.168.1.4"});
        a.run({"ip", "route", "add", "2001:db8:9::/64", "via", "2001:db8:1::4"});
        b.set_sysctl("net.ipv4.ip_forward", "1");
        b.set_sysctl("net.ipv6.conf.all.forwarding", "1");
    }

    /// From outside, from the host itself, and through it. Without an own address
    /// a host that is not MASTER has nothing to ask with.
    void expect_served(const std::string &by) {
        for (const Address &address : {virtual4, virtual6}) {
            EXPECT_EQ(who_answers(client, address, 2s), by) << address;
            if (GetParam().addresses || by == "hostb") {
                EXPECT_EQ(who_answers(b, address, 2s), by) << address << " from B itself";
            }
            if (distant != nullptr) {
                EXPECT_EQ(who_answers(*distant, address, 2s), by) << address << " through B";
            }
        }
    }

    static FramePredicate sent_as(const Address &address) {
        return
            [address](const Frame &frame) { return frame.ip() && frame.ip()->source == address; };
    }

    FramePredicate advert_of_b() { return match::all(match::from(b), match::advert(vhid)); }
    FramePredicate advert_of_a() { return match::all(match::from(a), match::advert(vhid)); }
};

/// The lock is held indeed: what needs it has to wait.
TEST_P(HeldRtnl, HoldHolds) {
    std::future<void> configured;
    {
        const RtnlHold hold(client);
        configured = std::async(std::launch::async, [&] { b.rtnl().set_up("lo", true); });
        EXPECT_EQ(configured.wait_for(200ms), std::future_status::timeout);
    }
    EXPECT_EQ(configured.wait_for(5s), std::future_status::ready);
}

TEST_P(HeldRtnl, TakeoverIsOnTimeAndServesClients) {
    elect();
    const TcpServer server_a(a);
    const TcpServer server_b(b);
    PingProbe probe4(client, virtual4);
    PingProbe probe6(client, virtual6);
    ASSERT_TRUE(probe4.wait_answer(3s));
    ASSERT_TRUE(probe6.wait_answer(3s));
    ASSERT_TRUE(capture().wait_for(advert_of_a(), 2s));
    wire().block(a);
    const Instant death = now();
    const Duration in_time = master_down_time(1, 100) + 2ms + 4 * timer_resolution();
    {
        const RtnlHold hold(client);
        ASSERT_TRUE(capture().wait_for(advert_of_b(), 5s, death));
        EXPECT_TRUE(probe4.wait_answer(500ms)) << "not served before RTNL is free";
        EXPECT_TRUE(probe6.wait_answer(500ms)) << "not served before RTNL is free";
        expect_served("hostb");
    }
    probe4.stop();
    probe6.stop();
    EXPECT_LE(probe4.worst_outage(death - 100ms).first_after - death, in_time)
        << probe4.worst_outage(death - 100ms).text();
    EXPECT_LE(probe6.worst_outage(death - 100ms).first_after - death, in_time)
        << probe6.worst_outage(death - 100ms).text();
    EXPECT_TRUE(on_b->wait_for(State::Master, 1s));
    EXPECT_EQ(who_answers(client, virtual4), "hostb");
    EXPECT_EQ(who_answers(client, virtual6), "hostb");
}

TEST_P(HeldRtnl, StepDownIsAtOnceAndComplete) {
    elect();
    const TcpServer server_a(a);
    const TcpServer server_b(b);
    wire().block(a);
    ASSERT_TRUE(on_b->wait_for(State::Master, 5s));
    sleep_for(500ms);
    ASSERT_EQ(who_answers(client, virtual4), "hostb");
    ASSERT_EQ(who_answers(client, virtual6), "hostb");
    const Socket speaker4(b, virtual4, SOCK_DGRAM);
    const Socket speaker6(b, virtual6, SOCK_DGRAM);
    ASSERT_EQ(speaker4.bind(virtual4), 0);
    ASSERT_EQ(speaker6.bind(virtual6), 0);
    ASSERT_EQ(speaker4.send_to("192.168.1.9", 9, "mine"), 0);
    ASSERT_EQ(speaker6.send_to("2001:db8:1::9", 9, "mine"), 0);
    // Right behind an advert of A, so that the lock is held when the next comes.
    ASSERT_TRUE(capture().wait_for(advert_of_a(), 2s));
    wire().unblock(a);
    const Instant healed = now();
    {
        const RtnlHold hold(client);
        const auto advert = capture().wait_for(advert_of_a(), 2s, healed);
        ASSERT_TRUE(advert);
        sleep_until(advert->time() + 1ms);
        // No route, or a route but not with that source.
        EXPECT_NE(speaker4.send_to("192.168.1.9", 9, "still"), 0);
        EXPECT_NE(speaker6.send_to("2001:db8:1::9", 9, "still"), 0);
        sleep_for(200ms);
        expect_served("hosta");
        for (const Address &address : {virtual4, virtual6})
            EXPECT_NO_FRAME(
                capture(),
                match::all(match::from(b), sent_as(address), match::since(advert->time() + 1ms)),
                match::all(match::from(b), sent_as(address)));
        EXPECT_NO_FRAME(
            capture(),
            match::all(match::from(b), match::claims(vhid), match::since(advert->time() + 1ms)),
            match::all(advert_of_a(), match::since(healed)));
    }
    EXPECT_TRUE(on_b->wait_for(State::Backup, 1s));
    sleep_for(100ms);
    EXPECT_EQ(who_answers(client, virtual4), "hosta");
    EXPECT_EQ(who_answers(client, virtual6), "hosta");
}

INSTANTIATE_TEST_SUITE_P(Parents, HeldRtnl,
                         ::testing::Values(Layout{"WithAddresses", true, false},
                                           Layout{"WithoutAddresses", false, false},
                                           Layout{"IgnoringLinkDown", false, true}),
                         [](const auto &info) { return info.param.name; });

} // namespace
} // namespace e2e
