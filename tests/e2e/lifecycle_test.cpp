// SPDX-License-Identifier: GPL-2.0-only
// Devices come and go under traffic, and nothing is left behind: no device, no
// warning, no master that is none.
#include "carp_test.hpp"
#include "ping_probe.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;
constexpr unsigned cycles = 200;
constexpr unsigned module_cycles = 10;

class Lifecycle : public CarpTest {
  protected:
    Host &client = add_host("client", {"192.168.1.9/24", "2001:db8:1::9/64"});
    Host &a = add_host("hosta", {"192.168.1.3/24", "2001:db8:1::3/64"});
    Host &b = add_host("hostb", {"192.168.1.4/24", "2001:db8:1::4/64"});

    /// As fast as the protocol goes, so that much happens in little time.
    static CarpConfig config(unsigned advskew) {
        CarpConfig config;
        config.vhid = vhid;
        config.advbase = 0;
        config.advskew = advskew;
        config.addresses = {"192.168.1.50/24", "2001:db8:1::50/64"};
        return config;
    }

    static std::size_t carp_devices(Host &host) {
        const std::string list = host.run({"ip", "-o", "link", "show", "type", "carp"});
        return static_cast<std::size_t>(std::count(list.begin(), list.end(), '\n'));
    }
};

/// While B serves, A is made, wins or loses, is changed and goes, over and over.
TEST_F(Lifecycle, ManyCyclesUnderTraffic) {
    const Carp on_b(b, config(20));
    ASSERT_TRUE(on_b.wait_for(State::Master, 2s));
    b.set_sysctl("net.inet.carp.preempt", "1");
    PingProbe probe4(client, "192.168.1.50", 5ms);
    PingProbe probe6(client, "2001:db8:1::50", 5ms);
    unsigned times_master = 0;
    for (unsigned cycle = 0; cycle < cycles; ++cycle) {
        // Every second one preempts B.
        const Carp on_a(a, config(cycle % 2 == 0 ? 1 : 40));
        if (cycle % 2 == 0) {
            on_a.set({"preempt", "on"});
            EXPECT_TRUE(on_a.wait_for(State::Master, 2s)) << "cycle " << cycle;
        }
        switch (cycle % 5) {
        case 0:
            on_a.down();
            break;
        case 1:
            on_a.set({"pass", "another", "advskew", "60"});
            break;
        case 2:
            a.run({"ip", "addr", "flush", "dev", "carp0"});
            break;
        case 3:
            on_a.set({"state", "backup"});
            break;
        default:
            break;
        }
        times_master += cycle % 2 == 0 ? 1 : 0;
        on_a.destroy();
        ASSERT_FALSE(a.rtnl().link("carp0"));
        ASSERT_TRUE(on_b.wait_for(State::Master, 2s)) << "cycle " << cycle;
    }
    sleep_for(100ms);
    probe4.stop();
    probe6.stop();
    EXPECT_EQ(times_master, cycles / 2);
    EXPECT_EQ(carp_devices(a), 0U);
    EXPECT_TRUE(ping(client, "192.168.1.50"));
    EXPECT_TRUE(ping(client, "2001:db8:1::50"));
    EXPECT_GE(probe4.answered(), cycles);
    EXPECT_GE(probe6.answered(), cycles);
    EXPECT_GE(capture().count(match::all(match::from(a), match::bow_out(vhid))), cycles / 2);
}

/// The parent is deleted from the host itself.
TEST_F(Lifecycle, ParentDeleted) {
    const Carp on_a(a, config(0));
    ASSERT_TRUE(on_a.wait_for(State::Master, 2s));
    const Carp on_b(b, config(20));
    PingProbe probe(client, "192.168.1.50");
    ASSERT_TRUE(probe.wait_answer(3s));
    a.run({"ip", "link", "del", "eth0"});
    EXPECT_FALSE(a.rtnl().link("carp0"));
    EXPECT_TRUE(on_b.wait_for(State::Master, 1s));
    sleep_for(100ms);
    EXPECT_TRUE(ping(client, "192.168.1.50"));
    // The host is none the worse for it.
    wire().attach(a, "eth0", {"192.168.1.3/24"});
    const Carp again(a, config(0));
    EXPECT_TRUE(again.wait_for(State::Backup, 1s));
}

/// It vanishes from the other end, as a pulled USB adapter does.
TEST_F(Lifecycle, ParentVanishes) {
    const Carp on_a(a, config(0));
    ASSERT_TRUE(on_a.wait_for(State::Master, 2s));
    const Carp on_b(b, config(20));
    CarpConfig second = config(5);
    second.device = "carp1";
    second.vhid = 2;
    second.addresses = {"192.168.1.51/24"};
    const Carp second_on_a(a, second);
    ASSERT_TRUE(second_on_a.wait_for(State::Master, 2s));
    const PingProbe probe(client, "192.168.1.50");
    ASSERT_TRUE(probe.wait_answer(3s));
    wire().detach(a);
    EXPECT_TRUE(on_b.wait_for(State::Master, 1s));
    EXPECT_EQ(carp_devices(a), 0U);
}

TEST_F(Lifecycle, ParentMovesToAnotherNamespace) {
    const Carp on_a(a, config(0));
    ASSERT_TRUE(on_a.wait_for(State::Master, 2s));
    const Carp on_b(b, config(20));
    const PingProbe probe(client, "192.168.1.50");
    ASSERT_TRUE(probe.wait_answer(3s));
    Host &elsewhere = add_lonely_host("elsewhere");
    a.run({"ip", "link", "set", "eth0", "netns", "elsewhere"});
    EXPECT_TRUE(on_b.wait_for(State::Master, 1s));
    EXPECT_EQ(carp_devices(a), 0U);
    // Frames go on arriving there, and nobody of us looks at them any more.
    elsewhere.run({"ip", "link", "set", "eth0", "up"});
    sleep_for(200ms);
    EXPECT_EQ(carp_devices(elsewhere), 0U);
}

TEST_F(Lifecycle, NamespaceDeleted) {
    for (unsigned round = 0; round < 10; ++round) {
        Host &guest = add_lonely_host("guest");
        wire().attach(guest, "eth0", {"192.168.1.7/24", "2001:db8:1::7/64"});
        const Carp carp(guest, config(10));
        ASSERT_TRUE(carp.wait_for(State::Master, 2s)) << "round " << round;
        const PingProbe probe(client, "192.168.1.50");
        ASSERT_TRUE(probe.wait_answer(3s));
        const Instant end = now();
        remove_host(guest);
        EXPECT_TRUE(capture().wait_for(match::bow_out(vhid), 2s, end)) << "round " << round;
        sleep_for(50ms);
    }
}

/// The module goes while everything is in use, and comes back.
TEST_F(Lifecycle, ModuleUnloadedUnderTraffic) {
    const PingProbe probe4(client, "192.168.1.50");
    const PingProbe probe6(client, "2001:db8:1::50", 5ms);
    for (unsigned cycle = 0; cycle < module_cycles; ++cycle) {
        const Carp on_a(a, config(0));
        const Carp on_b(b, config(20));
        ASSERT_TRUE(on_a.wait_for(State::Master, 2s)) << "cycle " << cycle;
        EXPECT_TRUE(probe4.wait_answer(3s)) << "cycle " << cycle;
        module::unload();
        ASSERT_FALSE(module::loaded());
        EXPECT_FALSE(a.rtnl().link("carp0"));
        EXPECT_FALSE(b.rtnl().link("carp0"));
        module::load();
        ASSERT_TRUE(module::loaded());
    }
    // The first use loads it.
    module::unload();
    const Carp on_a(a, config(0));
    EXPECT_TRUE(module::loaded());
}

/// Settings change while the addresses are served.
TEST_F(Lifecycle, ReconfiguredUnderTraffic) {
    const Carp on_a(a, config(0));
    ASSERT_TRUE(on_a.wait_for(State::Master, 2s));
    PingProbe probe(client, "192.168.1.50");
    ASSERT_TRUE(probe.wait_answer(3s));
    const Instant start = now();
    for (unsigned round = 0; round < 20; ++round) {
        on_a.set({"advskew", std::to_string(round % 3), "pass", "key" + std::to_string(round)});
        a.run({"ip", "addr", round % 2 == 0 ? "add" : "del", "192.168.1.51/24", "dev", "carp0"});
    }
    sleep_for(50ms);
    probe.stop();
    EXPECT_EQ(on_a.state(), State::Master);
    EXPECT_LE(probe.worst_outage(start).lost, 1U) << probe.worst_outage(start).text();
}

} // namespace
} // namespace e2e
