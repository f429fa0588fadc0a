// SPDX-License-Identifier: GPL-2.0-only
// Election, takeover at protocol time, and planned switches, as a client sees
// them.
#include "carp_test.hpp"
#include "neighbours.hpp"
#include "ping_probe.hpp"
#include "tcp_probe.hpp"
#include "tcp_server.hpp"

#include <gtest/gtest.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;
constexpr const char *virtual4 = "192.168.1.50";
constexpr const char *virtual6 = "2001:db8:1::50";
/// Between the timer and the first answered probe lie the takeover itself and
/// one interval of the probe.
const Duration takeover_slack = 2ms + 4 * timer_resolution();

struct Pace {
    unsigned advbase;
    unsigned advskew;
};

std::ostream &operator<<(std::ostream &out, const Pace &pace) {
    return out << "advbase " << pace.advbase << " advskew " << pace.advskew;
}

class Failover : public CarpTest {
  protected:
    Host &client = add_host("client", {"192.168.1.9/24", "2001:db8:1::9/64"});
    Host &a = add_host("hosta", {"192.168.1.3/24", "2001:db8:1::3/64"});
    Host &b = add_host("hostb", {"192.168.1.4/24", "2001:db8:1::4/64"});
    std::optional<Carp> on_a;
    std::optional<Carp> on_b;

    /// A becomes MASTER first, then B begins to listen.
    void elect(const Pace &master, const Pace &backup) {
        on_a.emplace(a, config(master));
        ASSERT_TRUE(
            on_a->wait_for(State::Master, master_down_time(master.advbase, master.advskew) + 1s));
        const Instant start = now();
        on_b.emplace(b, config(backup));
        // B must have had the time to take over wrongly.
        sleep_until(start + master_down_time(backup.advbase, backup.advskew) + 200ms);
        ASSERT_EQ(on_a->state(), State::Master);
        ASSERT_EQ(on_b->state(), State::Backup);
        EXPECT_NO_FRAME(capture(), match::all(match::from(b), match::claims(vhid)),
                        match::all(match::from(a), match::advert(vhid)));
    }

    static CarpConfig config(const Pace &pace) {
        CarpConfig config;
        config.vhid = vhid;
        config.advbase = pace.advbase;
        config.advskew = pace.advskew;
        config.addresses = {std::string{virtual4} + "/24", std::string{virtual6} + "/64"};
        return config;
    }

    void expect_virtual_mac_at_client(const Address &address) {
        EXPECT_EQ(neighbour_mac(client, address), Mac::of_vhid(vhid));
    }

    /// The last advert of A that was heard, and B's first.
    void expect_takeover_at_protocol_time(Instant death, const Pace &backup) {
        const auto last_of_a = capture().last([&](const Frame &frame) {
            return frame.host() == "hosta" && frame.advert_of(vhid) && frame.time() <= death;
        });
        const auto first_of_b =
            capture().wait_for(match::all(match::from(b), match::advert(vhid)), 1s, death);
        ASSERT_TRUE(last_of_a && first_of_b);
        const Duration wait = first_of_b->time() - last_of_a->time();
        const Duration expected = master_down_time(backup.advbase, backup.advskew);
        EXPECT_GE(wait, expected - 50us);
        EXPECT_LE(wait, expected + 1ms + 4 * timer_resolution());
    }
};

class FailoverAtPace : public Failover, public ::testing::WithParamInterface<Pace> {};

/// The master falls silent without a word, though its cable stays in.
TEST_P(FailoverAtPace, TakesOverAtMasterDownTime) {
    const Pace pace = GetParam();
    elect({pace.advbase, 0}, pace);
    PingProbe probe(client, virtual4);
    ASSERT_TRUE(probe.wait_answer(3s));
    expect_virtual_mac_at_client(virtual4);
    ASSERT_TRUE(capture().wait_for(match::all(match::from(a), match::advert(vhid)),
                                   advert_interval(pace.advbase, 0) + 1s));
    wire().block(a);
    const Instant death = now();

    ASSERT_TRUE(on_b->wait_for(State::Master, master_down_time(pace.advbase, pace.advskew) + 1s));
    ASSERT_TRUE(probe.wait_answer(1s));
    sleep_for(30ms);
    probe.stop();
    expect_takeover_at_protocol_time(death, pace);
    const Outage outage = probe.worst_outage(death - 100ms);
    EXPECT_LE(outage.first_after - death,
              master_down_time(pace.advbase, pace.advskew) + takeover_slack)
        << outage.text();
    EXPECT_GE(outage.first_after, death) << outage.text();
    expect_virtual_mac_at_client(virtual4);

    // Healed: of the two masters one goes at the other's first advert.
    wire().unblock(a);
    const Duration settled = 3 * advert_interval(pace.advbase, pace.advskew) + 100ms;
    sleep_for(settled);
    EXPECT_EQ(on_a->state(), State::Master);
    EXPECT_EQ(on_b->state(), State::Backup);
}

INSTANTIATE_TEST_SUITE_P(Paces, FailoverAtPace,
                         ::testing::Values(Pace{0, 0}, Pace{0, 100}, Pace{0, 240}, Pace{1, 0},
                                           Pace{1, 100}, Pace{1, 240}, Pace{3, 0}, Pace{3, 100},
                                           Pace{3, 240}),
                         [](const auto &info) {
                             return "Advbase" + std::to_string(info.param.advbase) + "Advskew" +
                                    std::to_string(info.param.advskew);
                         });

/// The same by a pulled cable, for both families and TCP at once; and back.
TEST_F(Failover, PulledCable) {
    const TcpServer server_a(a);
    const TcpServer server_b(b);
    elect({1, 0}, {1, 100});
    EXPECT_EQ(who_answers(client, virtual4), "hosta");
    PingProbe probe(client, virtual6);
    TcpProbe tcp(client, virtual4);
    ASSERT_TRUE(probe.wait_answer(3s));
    ASSERT_TRUE(tcp.wait_answer(3s));
    expect_virtual_mac_at_client(virtual6);
    ASSERT_TRUE(capture().wait_for(match::all(match::from(a), match::advert(vhid)), 2s));
    wire().cut(a);
    const Instant death = now();
    ASSERT_TRUE(on_b->wait_for(State::Master, 5s));
    EXPECT_EQ(on_a->state(), State::Init);
    sleep_for(100ms);
    const Outage outage = probe.worst_outage(death - 100ms);
    EXPECT_LE(outage.first_after - death, master_down_time(1, 100) + takeover_slack)
        << outage.text();
    expect_takeover_at_protocol_time(death, {1, 100});
    EXPECT_EQ(tcp.shots().front().by, "hosta");
    ASSERT_TRUE(tcp.wait_answer(3s));
    EXPECT_EQ(who_answers(client, virtual4), "hostb");
    EXPECT_EQ(who_answers(client, virtual6), "hostb");
    expect_virtual_mac_at_client(virtual4);
    expect_virtual_mac_at_client(virtual6);

    // A comes back; without preempt B keeps the addresses, and nobody notices.
    const Instant back = now();
    wire().heal(a);
    ASSERT_TRUE(on_a->wait_for(State::Backup, 2s));
    sleep_for(4s);
    EXPECT_EQ(on_a->state(), State::Backup);
    EXPECT_EQ(on_b->state(), State::Master);
    probe.stop();
    EXPECT_EQ(probe.worst_outage(back).lost, 0U) << probe.worst_outage(back).text();
    EXPECT_NO_FRAME(capture(), match::all(match::from(a), match::claims(vhid), match::since(back)),
                    match::all(match::from(b), match::advert(vhid), match::since(back)));
}

TEST_F(Failover, PreemptTakesBackWithoutLoss) {
    a.set_sysctl("net.inet.carp.preempt", "1");
    elect({1, 0}, {1, 100});
    wire().cut(a);
    ASSERT_TRUE(on_b->wait_for(State::Master, 5s));
    PingProbe probe(client, virtual4);
    ASSERT_TRUE(probe.wait_answer(3s));
    const Instant back = now();
    wire().heal(a);
    ASSERT_TRUE(on_a->wait_for(State::Master, 3s));
    // B hears A's first advert and goes.
    EXPECT_TRUE(on_b->wait_for(State::Backup, 100ms));
    sleep_for(100ms);
    probe.stop();
    EXPECT_LE(probe.worst_outage(back).lost, 2U) << probe.worst_outage(back).text();
    expect_virtual_mac_at_client(virtual4);
}

/// A planned switch announces itself, so that nobody has to wait.
class PlannedSwitch : public Failover {
  protected:
    void expect_switch_in_a_moment(const std::function<void()> &action) {
        elect({1, 0}, {1, 100});
        PingProbe probe4(client, virtual4);
        PingProbe probe6(client, virtual6, 5ms);
        ASSERT_TRUE(probe4.wait_answer(3s));
        ASSERT_TRUE(probe6.wait_answer(3s));
        sleep_for(20ms);
        const FramePredicate from_a = match::from(a); // A may be gone afterwards
        const Instant start = now();
        action();
        EXPECT_TRUE(on_b->wait_for(State::Master, 1s));
        sleep_for(100ms);
        probe4.stop();
        probe6.stop();
        const Outage outage = probe4.worst_outage(start - 10ms);
        if (lab_slack() == Duration::zero()) {
            EXPECT_LE(outage.lost, 2U) << outage.text();
            EXPECT_LE(probe6.worst_outage(start - 10ms).lost, 1U);
        }
        // Without a loss it is the probe that had to wait, as for the end of a namespace.
        if (outage.lost > 0) {
            EXPECT_LE(outage.length(), 5ms + 2 * timer_resolution()) << outage.text();
        }
        const auto taken =
            capture().first(match::all(match::from(b), match::claims(vhid), match::since(start)));
        ASSERT_TRUE(taken);
        for (const PingProbe *probe : {&probe4, &probe6})
            EXPECT_EQ(probe->lost_outside(start - 10ms, taken->time()), 0U);
        expect_virtual_mac_at_client(virtual4);
        const auto farewell = capture().last(match::all(from_a, match::bow_out(vhid)));
        ASSERT_TRUE(farewell);
        EXPECT_NO_FRAME(
            capture(),
            match::all(from_a, match::claims(vhid), match::since(farewell->time() + 1us)),
            match::all(match::from(b), match::advert(vhid), match::since(farewell->time())));
    }
};

TEST_F(PlannedSwitch, DeviceDown) {
    expect_switch_in_a_moment([&] { on_a->down(); });
    EXPECT_EQ(on_a->state(), State::Init);
}

TEST_F(PlannedSwitch, DeviceDeleted) {
    expect_switch_in_a_moment([&] { on_a->destroy(); });
    EXPECT_FALSE(a.rtnl().link("carp0"));
}

TEST_F(PlannedSwitch, ParentSetDown) {
    expect_switch_in_a_moment([&] { a.rtnl().set_up("eth0", false); });
    EXPECT_EQ(on_a->state(), State::Init);
}

TEST_F(PlannedSwitch, NamespaceEnds) {
    expect_switch_in_a_moment([&] { remove_host(a); });
}

/// Who has no address left says so, signed with the list that the others know.
TEST_F(Failover, LastAddressRemoved) {
    CarpConfig single = config({1, 0});
    single.addresses = {"192.168.1.50/24"};
    on_a.emplace(a, single);
    ASSERT_TRUE(on_a->wait_for(State::Master, 4s));
    single.advskew = 100;
    on_b.emplace(b, single);
    PingProbe probe(client, virtual4);
    ASSERT_TRUE(probe.wait_answer(3s));
    sleep_for(20ms);
    const Instant start = now();
    a.run({"ip", "addr", "del", "192.168.1.50/24", "dev", "carp0"});
    EXPECT_TRUE(on_b->wait_for(State::Master, 500ms));
    EXPECT_EQ(on_a->state(), State::Init);
    sleep_for(50ms);
    probe.stop();
    EXPECT_LE(probe.worst_outage(start - 10ms).lost, 2U) << probe.worst_outage().text();
    EXPECT_FRAME(capture(), match::all(match::from(a), match::bow_out(vhid)));
}

/// `carpctl down` and `up` on the failover host gives the addresses back.
TEST_F(Failover, NudgeGivesTheAddressesBack) {
    elect({1, 0}, {1, 100});
    wire().cut(a);
    ASSERT_TRUE(on_b->wait_for(State::Master, 5s));
    wire().heal(a);
    ASSERT_TRUE(on_a->wait_for(State::Backup, 2s));
    sleep_for(1500ms); // A has heard B
    b.run({"carpctl", "down", "carp0"});
    EXPECT_TRUE(on_a->wait_for(State::Master, 100ms));
    b.run({"carpctl", "up", "carp0"});
    sleep_for(4s);
    EXPECT_EQ(on_a->state(), State::Master);
    EXPECT_EQ(on_b->state(), State::Backup);
}

/// All hosts here share one kernel, so that with the module all of them resign.
TEST_F(Failover, ModuleUnloadBowsOut) {
    elect({1, 0}, {1, 100});
    const Instant start = now();
    module::unload();
    EXPECT_FALSE(module::loaded());
    EXPECT_FALSE(a.rtnl().link("carp0"));
    const auto farewell =
        capture().wait_for(match::all(match::from(a), match::bow_out(vhid)), 1s, start);
    ASSERT_TRUE(farewell);
    sleep_for(4s);
    EXPECT_NO_FRAME(
        capture(),
        match::all(match::claims(vhid), match::since(farewell->time() + 50ms + timer_resolution())),
        match::bow_out(vhid));
    module::load();
    EXPECT_TRUE(module::loaded());
}

/// Two hosts that start at the same moment: one election, one winner.
TEST_F(Failover, FasterHostWinsTheFirstElection) {
    on_a.emplace(a, config({1, 100}));
    on_b.emplace(b, config({1, 0}));
    EXPECT_TRUE(on_b->wait_for(State::Master, 4s));
    sleep_for(4s);
    EXPECT_EQ(on_b->state(), State::Master);
    EXPECT_EQ(on_a->state(), State::Backup);
    EXPECT_NO_FRAME(capture(), match::all(match::from(a), match::claims(vhid)),
                    match::all(match::from(b), match::advert(vhid)));
}

} // namespace
} // namespace e2e
