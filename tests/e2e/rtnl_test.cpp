// SPDX-License-Identifier: GPL-2.0-only
// Somebody holds RTNL for seconds, as loaded hosts do: takeover and step-down
// happen on time nevertheless, and what the addresses lead to follows at once.
#include "carp_test.hpp"
#include "ping_probe.hpp"
#include "rtnl_hold.hpp"
#include "tcp_server.hpp"

#include <future>
#include <gtest/gtest.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;

class HeldRtnl : public CarpTest, public ::testing::WithParamInterface<bool> {
  protected:
    const Address virtual4{"192.168.1.50"};
    const Address virtual6{"2001:db8:1::50"};
    Host &client = add_host("client", {"192.168.1.9/24", "2001:db8:1::9/64"});
    Host &a = add_host("hosta", {"192.168.1.3/24", "2001:db8:1::3/64"});
    /// With or without addresses of its own beside the virtual ones.
    Host &b = add_host("hostb", GetParam()
                                    ? std::vector<std::string>{"192.168.1.4/24", "2001:db8:1::4/64"}
                                    : std::vector<std::string>{});
    std::optional<Carp> on_a;
    std::optional<Carp> on_b;

    void elect() {
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
        EXPECT_EQ(who_answers(client, virtual4, 2s), "hostb");
        EXPECT_EQ(who_answers(client, virtual6, 2s), "hostb");
        // From the host itself as well.
        EXPECT_EQ(who_answers(b, virtual4, 2s), "hostb");
        EXPECT_EQ(who_answers(b, virtual6, 2s), "hostb");
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
    // Right behind an advert of A, so that the lock is held when the next comes.
    ASSERT_TRUE(capture().wait_for(advert_of_a(), 2s));
    wire().unblock(a);
    const Instant healed = now();
    {
        const RtnlHold hold(client);
        const auto advert = capture().wait_for(advert_of_a(), 2s, healed);
        ASSERT_TRUE(advert);
        sleep_for(200ms);
        EXPECT_EQ(who_answers(client, virtual4, 2s), "hosta");
        EXPECT_EQ(who_answers(client, virtual6, 2s), "hosta");
        if (GetParam()) { // without an own address B has nothing to ask with
            EXPECT_EQ(who_answers(b, virtual4, 2s), "hosta");
            EXPECT_EQ(who_answers(b, virtual6, 2s), "hosta");
        }
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

INSTANTIATE_TEST_SUITE_P(Parents, HeldRtnl, ::testing::Values(true, false), [](const auto &info) {
    return info.param ? "WithAddresses" : "WithoutAddresses";
});

} // namespace
} // namespace e2e
