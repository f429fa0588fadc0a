// SPDX-License-Identifier: GPL-2.0-only
// Every way to go down. What is planned announces itself, so that clients lose
// at most two probes; what is not is over after the master-down time, and
// leaves nothing behind.
#include "carp_test.hpp"
#include "neighbours.hpp"
#include "ping_probe.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <iterator>
#include <linux/carp.h>
#include <sstream>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;
constexpr const char *virtual4 = "192.168.1.50";
constexpr const char *virtual6 = "2001:db8:1::50";
const Duration takeover_slack = 2ms + 4 * timer_resolution();

using Words = std::vector<std::string>;

class Exit : public CarpTest {
  protected:
    Host &client = add_host("client");
    Host &a = add_host("hosta");
    Host &b = add_host("hostb");
    std::optional<Carp> on_a;
    std::optional<Carp> on_b;

    /// Addresses for the devices that carry the traffic.
    void address_hosts(const std::string &of_all, const std::string &of_a) {
        give(client, of_all, "9");
        give(a, of_a, "3");
        give(b, of_all, "4");
    }

    static void give(Host &host, const std::string &device, const std::string &number) {
        host.add_address(device, "192.168.1." + number + "/24", true);
        host.add_address(device, "2001:db8:1::" + number + "/64", true);
    }

    /// A is MASTER, B has heard it; `addresses` on both.
    void elect(const std::string &of_all, const std::string &of_a, const Words &addresses) {
        CarpConfig config;
        config.vhid = vhid;
        config.parent = of_a;
        config.addresses = addresses;
        on_a.emplace(a, config);
        ASSERT_TRUE(on_a->wait_for(State::Master, 4s));
        config.parent = of_all;
        config.advskew = 100;
        on_b.emplace(b, config);
        sleep_for(1100ms);
        ASSERT_EQ(on_b->state(), State::Backup);
        client_device = of_all;
    }

    void elect() {
        address_hosts("eth0", "eth0");
        elect("eth0", "eth0", {std::string(virtual4) + "/24", std::string(virtual6) + "/64"});
    }

    void expect_short(const Probe &probe, Instant start) {
        if (lab_slack() != Duration::zero()) {
            expect_one_gap(probe, start);
            return;
        }
        const Outage outage = probe.worst_outage(start - 10ms);
        EXPECT_LE(outage.lost, 2U) << outage.text();
        // One processor does it all: a program that starts delays the next question.
        EXPECT_LE(outage.length(), 10ms + 2 * timer_resolution()) << outage.text();
    }

    /// Where a step takes milliseconds, addresses that are removed one by one are gone from A long
    /// before it resigns. But what was asked before is answered, and once B answers it goes on.
    void expect_one_gap(const Probe &probe, Instant start) {
        const auto taken =
            capture().first(match::all(match::from(b), match::claims(vhid), match::since(start)));
        ASSERT_TRUE(taken);
        EXPECT_EQ(probe.lost_outside(start, taken->time()), 0U)
            << probe.worst_outage(start - 10ms).text();
    }

    /// What A does in `action`, it does so that the client hardly notices.
    void expect_hitless(const std::function<void()> &action) {
        PingProbe probe4(client, virtual4);
        PingProbe probe6(client, virtual6);
        ASSERT_TRUE(probe4.wait_answer(3s));
        ASSERT_TRUE(probe6.wait_answer(3s));
        sleep_for(20ms);
        const FramePredicate from_a = match::from(a);
        const Instant start = now();
        action();
        EXPECT_TRUE(on_b->wait_for(State::Master, 1s));
        sleep_for(100ms);
        probe4.stop();
        probe6.stop();
        expect_short(probe4, start);
        expect_short(probe6, start);
        EXPECT_EQ(neighbour_mac(client, virtual4, client_device), Mac::of_vhid(vhid));
        const auto farewell =
            capture().last(match::all(from_a, match::bow_out(vhid), match::since(start)));
        ASSERT_TRUE(farewell);
        EXPECT_NO_FRAME(
            capture(),
            match::all(from_a, match::claims(vhid), match::since(farewell->time() + 1us)),
            match::all(match::from(b), match::advert(vhid), match::since(farewell->time())));
        EXPECT_EQ(on_b->link().counter(CARP_XSTATS_BADAUTH), 0U);
    }

    [[nodiscard]] bool said_goodbye() {
        return capture().count(match::all(match::from(a), match::bow_out(vhid))) != 0;
    }

  private:
    std::string client_device;
};

TEST_F(Exit, ForcedToBackup) {
    elect();
    expect_hitless([&] { a.run({"carpctl", "state", "carp0", "backup"}); });
    EXPECT_EQ(on_a->state(), State::Backup);
    sleep_for(4s);
    EXPECT_EQ(on_a->state(), State::Backup);
    EXPECT_EQ(on_b->state(), State::Master);
}

/// ip removes them one by one: the farewell must be one that B understands.
TEST_F(Exit, AllAddressesFlushed) {
    address_hosts("eth0", "eth0");
    elect("eth0", "eth0",
          {"192.168.1.50/24", "192.168.1.51/24", "192.168.1.52/24", "2001:db8:1::50/64",
           "2001:db8:1::51/64"});
    expect_hitless([&] { a.run({"ip", "addr", "flush", "dev", "carp0"}); });
    EXPECT_EQ(on_a->state(), State::Init);
}

/// Adverts with the shorter list go out in between, which B does not accept;
/// before it gives A up, A resigns.
TEST_F(Exit, AddressesRemovedSlowly) {
    address_hosts("eth0", "eth0");
    elect("eth0", "eth0", {"192.168.1.51/24", "192.168.1.52/24", "192.168.1.50/24"});
    PingProbe probe(client, virtual4);
    ASSERT_TRUE(probe.wait_answer(3s));
    for (const char *address : {"192.168.1.51/24", "192.168.1.52/24"}) {
        a.run({"ip", "addr", "del", address, "dev", "carp0"});
        sleep_for(1100ms);
    }
    ASSERT_EQ(on_b->state(), State::Backup);
    EXPECT_GE(on_b->link().counter(CARP_XSTATS_BADAUTH), 2U);
    const Instant start = now();
    a.run({"ip", "addr", "del", "192.168.1.50/24", "dev", "carp0"});
    EXPECT_TRUE(on_b->wait_for(State::Master, 100ms));
    sleep_for(50ms);
    probe.stop();
    expect_short(probe, start);
}

/// A list that changed and was not advertised yet is known to nobody.
TEST_F(Exit, ListChangedJustBefore) {
    elect();
    ASSERT_TRUE(capture().wait_for(match::all(match::from(a), match::advert(vhid)), 2s));
    expect_hitless([&] {
        a.run({"ip", "addr", "add", "192.168.1.60/24", "dev", "carp0"});
        on_a->down();
    });
}

TEST_F(Exit, KeyChangedJustBefore) {
    elect();
    ASSERT_TRUE(capture().wait_for(match::all(match::from(a), match::advert(vhid)), 2s));
    expect_hitless([&] {
        on_a->set({"pass", "another"});
        on_a->down();
    });
}

/// The parent's queue is full, and is thrown away when the parent goes down.
class Queued : public Exit, public ::testing::WithParamInterface<Words> {};

TEST_P(Queued, FarewellGoesAroundTheQueue) {
    elect();
    Words command{"tc", "qdisc", "replace", "dev", "eth0", "root"};
    command.insert(command.end(), GetParam().begin(), GetParam().end());
    a.run(command);
    // Answers to these fill it.
    {
        PingProbe flood(client, virtual4, 100us);
        sleep_for(300ms);
    }
    const Instant start = now();
    a.rtnl().set_up("eth0", false);
    const auto farewell =
        capture().wait_for(match::all(match::from(a), match::bow_out(vhid)), 10ms, start);
    ASSERT_TRUE(farewell);
    EXPECT_TRUE(on_b->wait_for(State::Master, 10ms));
    EXPECT_EQ(on_b->link().reason(), static_cast<unsigned>(CARP_REASON_BOW_OUT));
    EXPECT_TRUE(ping(client, virtual4));
    EXPECT_NO_FRAME(
        capture(),
        match::all(match::from(a), match::claims(vhid), match::since(farewell->time() + 1ms)),
        match::all(match::from(b), match::advert(vhid), match::since(start)));
}

INSTANTIATE_TEST_SUITE_P(Qdiscs, Queued,
                         ::testing::Values(Words{"tbf", "rate", "64kbit", "burst", "1600",
                                                 "latency", "60s"},
                                           Words{"netem", "delay", "200ms"}),
                         [](const auto &info) { return info.param.front(); });

/// A parent that stands on other devices, and the last of them goes down.
struct Stack {
    const char *name;
    const char *of_all; ///< the device that has the addresses, on client and B
    const char *parent; ///< on A
    std::vector<Words> build_all;
    std::vector<Words> build_a;
    std::vector<Words> harmless; ///< after each of these A is still MASTER
    Words last;
};

std::ostream &operator<<(std::ostream &out, const Stack &stack) { return out << stack.name; }

class Below : public Exit, public ::testing::WithParamInterface<Stack> {
  protected:
    void build() {
        const Stack &stack = GetParam();
        for (Host *host : {&client, &a, &b})
            for (const Words &command : stack.build_all)
                host->run(command);
        for (const Words &command : stack.build_a)
            a.run(command);
        address_hosts(stack.of_all, stack.parent);
        elect(stack.of_all, stack.parent,
              {std::string(virtual4) + "/24", std::string(virtual6) + "/64"});
    }
};

TEST_P(Below, LastWayDownIsHitless) {
    build();
    for (const Words &command : GetParam().harmless) {
        a.run(command);
        sleep_for(1500ms);
        ASSERT_EQ(on_a->state(), State::Master);
        ASSERT_FALSE(said_goodbye());
    }
    ASSERT_TRUE(ping(client, virtual4));
    expect_hitless([&] { a.run(GetParam().last); });
    EXPECT_EQ(on_a->state(), State::Init);
    EXPECT_EQ(on_a->link().reason(), static_cast<unsigned>(CARP_REASON_PARENT_DOWN));
    // And back again, as a BACKUP.
    Words up = GetParam().last;
    up.back() = "up";
    a.run(up);
    EXPECT_TRUE(on_a->wait_for(State::Backup, 3s));
    sleep_for(4s);
    EXPECT_EQ(on_a->state(), State::Backup);
    EXPECT_EQ(on_b->state(), State::Master);
}

Words ip_words(const std::string &text) {
    std::istringstream stream("ip " + text);
    return {std::istream_iterator<std::string>(stream), {}};
}

std::vector<Words> ip_commands(const std::vector<std::string> &texts) {
    std::vector<Words> all;
    all.reserve(texts.size());
    for (const std::string &text : texts)
        all.push_back(ip_words(text));
    return all;
}

const std::vector<std::string> bond{"link add bond0 type bond mode active-backup miimon 10",
                                    "link add dum0 type dummy",
                                    "link set eth0 down",
                                    "link set eth0 master bond0",
                                    "link set dum0 master bond0",
                                    "link set bond0 type bond active_slave eth0",
                                    "link set bond0 up"};

std::vector<std::string> and_then(std::vector<std::string> all, const std::string &more) {
    all.push_back(more);
    return all;
}

INSTANTIATE_TEST_SUITE_P(
    Parents, Below,
    ::testing::Values(
        Stack{"Plain", "eth0", "eth0", {}, {}, {}, ip_words("link set eth0 down")},
        Stack{"Vlan",
              "eth0.5",
              "eth0.5",
              ip_commands({"link add link eth0 name eth0.5 type vlan id 5", "link set eth0.5 up"}),
              {},
              {},
              ip_words("link set eth0 down")},
        Stack{"VlanLoose",
              "eth0.5",
              "eth0.5",
              ip_commands({"link add link eth0 name eth0.5 type vlan id 5 loose_binding on",
                           "link set eth0.5 up"}),
              {},
              {},
              ip_words("link set eth0 down")},
        Stack{"Bridge",
              "eth0",
              "br0",
              {},
              ip_commands({"link add br0 type bridge", "link add dum0 type dummy",
                           "link set dum0 master br0", "link set dum0 up",
                           "link set eth0 master br0", "link set br0 up"}),
              ip_commands({"link set dum0 down"}),
              ip_words("link set eth0 down")},
        Stack{"Bond",
              "eth0",
              "bond0",
              {},
              ip_commands(bond),
              ip_commands({"link set dum0 down"}),
              ip_words("link set eth0 down")}),
    [](const auto &info) { return info.param.name; });

/// A VLAN on a bond whose last slave goes: two floors down.
TEST_F(Exit, TwoFloorsDown) {
    for (Host *host : {&client, &b}) {
        host->run(ip_words("link add link eth0 name low.5 type vlan id 5"));
        host->run(ip_words("link set low.5 up"));
    }
    for (const Words &command :
         ip_commands(and_then(and_then(bond, "link add link bond0 name bond0.5 type vlan id 5"),
                              "link set bond0.5 up")))
        a.run(command);
    address_hosts("low.5", "bond0.5");
    elect("low.5", "bond0.5", {"192.168.1.50/24", "2001:db8:1::50/64"});
    a.run(ip_words("link set dum0 down"));
    sleep_for(100ms);
    ASSERT_FALSE(said_goodbye());
    expect_hitless([&] { a.run(ip_words("link set eth0 down")); });
    EXPECT_EQ(on_a->state(), State::Init);
}

/// Nobody planned these. The client waits for the master-down time of B.
class Unplanned : public Exit {
  protected:
    void expect_outage_of_master_down_time(const std::function<void()> &action) {
        elect();
        PingProbe probe(client, virtual4);
        ASSERT_TRUE(probe.wait_answer(3s));
        ASSERT_TRUE(capture().wait_for(match::all(match::from(a), match::advert(vhid)), 2s));
        const auto last =
            capture().last(match::all(match::from(a), match::advert(vhid))).value().time();
        const FramePredicate from_a = match::from(a);
        const Instant start = now();
        action();
        ASSERT_TRUE(on_b->wait_for(State::Master, 5s));
        EXPECT_EQ(on_b->link().reason(), static_cast<unsigned>(CARP_REASON_MASTER_TIMEOUT));
        sleep_for(100ms);
        probe.stop();
        const Outage outage = probe.worst_outage(start - 10ms);
        EXPECT_LE(outage.first_after - last, master_down_time(1, 100) + takeover_slack)
            << outage.text();
        EXPECT_GE(outage.first_after - last, master_down_time(1, 100)) << outage.text();
        EXPECT_NO_FRAME(capture(), match::all(from_a, match::claims(vhid), match::since(start)),
                        match::all(match::from(b), match::advert(vhid), match::since(start)));
    }

    /// It is not what it was, neither to itself nor to the others.
    void expect_back_as_backup() {
        const Instant back = now();
        EXPECT_TRUE(on_a->wait_for(State::Backup, 2s));
        PingProbe probe(client, virtual4);
        sleep_for(4s);
        probe.stop();
        EXPECT_EQ(on_a->state(), State::Backup);
        EXPECT_EQ(on_b->state(), State::Master);
        EXPECT_EQ(probe.lost(), 0U);
        EXPECT_NO_FRAME(capture(),
                        match::all(match::from(a), match::claims(vhid), match::since(back)),
                        match::all(match::from(b), match::advert(vhid), match::since(back)));
        // From A itself the address leads to B.
        EXPECT_TRUE(ping(a, virtual4));
        EXPECT_GE(capture().count([&](const Frame &frame) {
            return frame.host() == "hosta" && frame.time() >= back && frame.icmp_type() == 8 &&
                   frame.destination() == Mac::of_vhid(vhid);
        }),
                  1U);
    }
};

TEST_F(Unplanned, CarrierLost) {
    expect_outage_of_master_down_time([&] { wire().cut(a); });
    EXPECT_EQ(on_a->state(), State::Init);
    EXPECT_EQ(on_a->link().reason(), static_cast<unsigned>(CARP_REASON_PARENT_DOWN));
    wire().heal(a);
    expect_back_as_backup();
}

/// With one end of a veth pair the other goes too, and nothing is carried from
/// that moment on, whichever end it was.
TEST_F(Unplanned, ParentUnplugged) {
    expect_outage_of_master_down_time([&] { wire().detach(a); });
    EXPECT_FALSE(a.rtnl().link("carp0"));
}

TEST_F(Unplanned, ParentDeleted) {
    expect_outage_of_master_down_time([&] { a.run({"ip", "link", "del", "eth0"}); });
    EXPECT_FALSE(a.rtnl().link("carp0"));
    // The host is none the worse for it.
    wire().attach(a, "eth0");
    give(a, "eth0", "3");
    CarpConfig config;
    config.vhid = vhid;
    config.addresses = {std::string(virtual4) + "/24", std::string(virtual6) + "/64"};
    on_a.emplace(a, config);
    expect_back_as_backup();
}

/// A parent that can still send when it is deleted says goodbye.
TEST_F(Exit, VlanDeleted) {
    for (Host *host : {&client, &a, &b}) {
        host->run(ip_words("link add link eth0 name eth0.5 type vlan id 5"));
        host->run(ip_words("link set eth0.5 up"));
    }
    address_hosts("eth0.5", "eth0.5");
    elect("eth0.5", "eth0.5", {"192.168.1.50/24", "2001:db8:1::50/64"});
    expect_hitless([&] { a.run(ip_words("link del eth0.5")); });
    EXPECT_FALSE(a.rtnl().link("carp0"));
}

} // namespace
} // namespace e2e
