// SPDX-License-Identifier: GPL-2.0-only
// Parents that change under a carp device: their MTU, MAC, name and namespace;
// and neighbours that share them.
#include "neighbours.hpp"
#include "pair_test.hpp"
#include "ping_probe.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace e2e {
namespace {

class ParentChange : public PairTest {
  protected:
    void SetUp() override {
        build_and_start(cable());
        if (!HasFatalFailure())
            expect_all_served(a);
    }

    static unsigned mtu(Host &host, const std::string &device) {
        return nlohmann::json::parse(
            host.run({"ip", "-j", "link", "show", "dev", device}))[0]["mtu"];
    }

    static bool exists(Host &host, const std::string &device) {
        return host.rtnl().link(device).has_value();
    }
};

TEST_F(ParentChange, MtuMacAndName) {
    for (Host *host : {&a, &b}) {
        host->run({"ip", "link", "set", "eth0", "mtu", "1400"});
        EXPECT_EQ(mtu(*host, "carp0"), 1400U);
        EXPECT_EQ(host->try_run({"ip", "link", "set", "carp0", "mtu", "1500"}).status, 2);
        host->run({"ip", "link", "set", "carp0", "mtu", "1300"});
        host->run({"ip", "link", "set", "eth0", "mtu", "9000"});
        EXPECT_EQ(mtu(*host, "carp0"), 9000U);
        host->run({"ip", "link", "set", "eth0", "mtu", "1500"});
        EXPECT_EQ(mtu(*host, "carp0"), 1500U);
    }
    expect_all_served(a);

    a.run({"ip", "link", "set", "eth0", "address", "02:00:00:00:77:01"});
    b.run({"ip", "link", "set", "eth0", "address", "02:00:00:00:77:02"});
    forget_neighbours(client);
    expect_all_served(a);
    EXPECT_EQ(neighbour_mac(client, virtual4()), Mac::of_vhid(vhid));
    EXPECT_EQ(on_a->link().link().mac, Mac::of_vhid(vhid).text());

    // Other names are allowed to devices that are up since 6.2 or so.
    for (Host *host : {&a, &b}) {
        host->rtnl().set_up("eth0", false);
        host->run({"ip", "link", "set", "eth0", "name", "lan"});
        host->rtnl().set_up("lan", true);
        host->add_address("lan", host == &a ? "2001:db8:1::3/64" : "2001:db8:1::4/64", true);
        EXPECT_NE(host->run({"ip", "link", "show", "carp0"}).find("carp0@lan"), std::string::npos);
    }
    ASSERT_TRUE(on_a->wait_for(State::Master, 8s) || on_b->wait_for(State::Master, 4s));
    Host &master = on_a->state() == State::Master ? a : b;
    expect_served(client, master);
}

/// IPv6 leaves a device whose MTU is too small for it. What comes back is a
/// device with fresh settings, which would listen to routers.
TEST_F(ParentChange, MtuTooSmallForIpv6AndBack) {
    const auto settings = [](Host &host) {
        std::string all;
        for (const char *name : {"accept_ra", "autoconf", "addr_gen_mode", "keep_addr_on_down"})
            all += host.sysctl("net/ipv6/conf/carp0/" + std::string{name}) + " ";
        return all;
    };
    for (Host *host : {&a, &b}) {
        const std::string before = settings(*host);
        host->run({"ip", "link", "set", "eth0", "mtu", "1200"});
        EXPECT_EQ(mtu(*host, "carp0"), 1200U);
        host->run({"ip", "link", "set", "eth0", "mtu", "1500"});
        EXPECT_EQ(mtu(*host, "carp0"), 1500U);
        EXPECT_EQ(settings(*host), before);
        host->add_address("eth0", host == &a ? "2001:db8:1::3/64" : "2001:db8:1::4/64", true);
        host->add_address("carp0", "2001:db8:1::50/64");
    }
    // Time for an address that the kernel would make.
    sleep_for(5s);
    for (Host *host : {&a, &b}) {
        EXPECT_EQ(host->run({"ip", "-6", "addr", "show", "dev", "carp0", "scope", "link"}), "");
        EXPECT_NE(host->run({"ip", "-6", "maddr", "show", "dev", "eth0"}).find("ff02::12"),
                  std::string::npos);
    }
    EXPECT_EQ(on_a->state(), State::Master);
    EXPECT_EQ(on_b->state(), State::Backup);
    expect_all_served(a);
}

/// Whatever offloads a parent loses, its carp device goes on.
TEST_F(ParentChange, Offloads) {
    a.run({"ethtool", "-K", "eth0", "tx", "off", "sg", "off", "tso", "off", "gso", "off"});
    expect_all_served(a);
    EXPECT_TRUE(ping(client, virtual4()));
    a.run({"ping", "-c", "1", "-W", "1", "-s", "4000", "-I", "192.168.1.50", "192.168.1.9"});
    a.run({"ping", "-c", "1", "-W", "1", "-s", "4000", "-I", "2001:db8:1::50", "2001:db8:1::9"});
    a.run({"ethtool", "-K", "eth0", "tx", "on", "sg", "on", "tso", "on", "gso", "on"});
    expect_all_served(a);
}

/// A device that leaves for another namespace leaves its carp devices behind,
/// and these end with it, like any others on a device that is gone.
TEST_F(ParentChange, MovedToAnotherNamespace) {
    Host &elsewhere = add_lonely_host("elsewhere");
    CarpConfig second;
    second.device = "carp1";
    second.vhid = 2;
    second.addresses = {"192.168.1.60/24"};
    const Carp also(a, second);
    ASSERT_TRUE(also.wait_for(State::Master, 4s));

    const Instant before = now();
    a.run({"ip", "link", "set", "eth0", "netns", "elsewhere"});
    EXPECT_TRUE(on_b->wait_for(State::Master, 1s));
    EXPECT_TRUE(
        capture().first(match::all(match::since(before), match::bow_out(vhid), match::from(a))));
    EXPECT_FALSE(exists(a, "carp0"));
    EXPECT_FALSE(exists(a, "carp1"));
    EXPECT_FALSE(exists(a, "eth0"));

    // Its new host uses it, and nothing of the old one sees its frames.
    elsewhere.set_sysctl("net/ipv6/conf/eth0/accept_dad", "0");
    elsewhere.add_address("eth0", "192.168.1.5/24");
    elsewhere.add_address("eth0", "2001:db8:1::5/64", true);
    elsewhere.rtnl().set_up("eth0", true);
    ASSERT_TRUE(wait_until([&] { return ping(client, "192.168.1.5", 100ms); }, 5s));
    expect_served(client, b);
    expect_served(elsewhere, b);

    // As a parent in its new namespace, then back again, then for good.
    CarpConfig there;
    there.parent = "eth0";
    there.vhid = 3;
    there.addresses = {"192.168.1.70/24"};
    const Carp new_one(elsewhere, there);
    EXPECT_TRUE(new_one.wait_for(State::Master, 4s));
    EXPECT_TRUE(ping(client, "192.168.1.70"));
    elsewhere.run({"ip", "link", "set", "eth0", "netns", "hosta"});
    EXPECT_FALSE(exists(elsewhere, "carp0"));
    EXPECT_TRUE(exists(a, "eth0"));
    a.add_address("eth0", "192.168.1.3/24");
    a.add_address("eth0", "2001:db8:1::3/64", true);
    a.rtnl().set_up("eth0", true);
    CarpConfig again;
    again.vhid = vhid;
    again.addresses = {"192.168.1.50/24", "2001:db8:1::50/64"};
    again.advskew = 200;
    const Carp back(a, again);
    EXPECT_TRUE(back.wait_for(State::Backup, 4s));
    expect_all_served(b);
}

/// A VLAN stays when the device below it moves; so does what stands on it.
TEST_F(ParentChange, DeviceBelowTheParentMoves) {
    Host &elsewhere = add_lonely_host("elsewhere");
    for (Host *host : {&client, &a, &b}) {
        host->run({"ip", "link", "add", "vlan7", "link", "eth0", "type", "vlan", "id", "7"});
        host->set_sysctl("net/ipv6/conf/vlan7/accept_dad", "0");
        host->rtnl().set_up("vlan7", true);
    }
    client.add_address("vlan7", "192.168.7.9/24");
    CarpConfig config;
    config.device = "carp7";
    config.parent = "vlan7";
    config.vhid = 7;
    config.addresses = {"192.168.7.50/24"};
    const Carp carp7(a, config);
    config.advskew = 100;
    const Carp other(b, config);
    ASSERT_TRUE(carp7.wait_for(State::Master, 4s));
    ASSERT_TRUE(ping(client, "192.168.7.50"));

    a.run({"ip", "link", "set", "eth0", "netns", "elsewhere"});
    EXPECT_FALSE(exists(a, "carp0"));
    EXPECT_TRUE(exists(a, "carp7"));
    EXPECT_TRUE(other.wait_for(State::Master, 4s));
    elsewhere.rtnl().set_up("eth0", true);
    a.rtnl().set_up("vlan7", true);
    carp7.set({"preempt", "on"});
    EXPECT_TRUE(carp7.wait_for(State::Master, 5s));
    EXPECT_TRUE(other.wait_for(State::Backup, 1s));
    EXPECT_EQ(who_answers(client, "192.168.7.50"), "hosta");
}

/// A macvlan on the same parent has its own life.
TEST_F(ParentChange, MacvlanBeside) {
    for (Host *host : {&a, &b}) {
        host->run(
            {"ip", "link", "add", "mv0", "link", "eth0", "type", "macvlan", "mode", "bridge"});
        host->set_sysctl("net/ipv6/conf/mv0/accept_dad", "0");
        host->add_address("mv0", host == &a ? "192.168.1.33/24" : "192.168.1.44/24");
        host->add_address("mv0", host == &a ? "2001:db8:1::33/64" : "2001:db8:1::44/64", true);
        host->rtnl().set_up("mv0", true);
    }
    const auto expect_macvlans = [&] {
        for (const char *address : {"192.168.1.33", "2001:db8:1::33"})
            EXPECT_EQ(who_answers(client, address), "hosta");
        for (const char *address : {"192.168.1.44", "2001:db8:1::44"})
            EXPECT_EQ(who_answers(client, address), "hostb");
    };
    expect_macvlans();
    expect_all_served(a);
    switch_to_b();
    ASSERT_FALSE(HasFatalFailure());
    expect_macvlans();
    expect_all_served(b);
    b.rtnl().remove_link("mv0");
    expect_all_served(b);
}

/// A device is a parent or a port, not both, in whichever order.
TEST_F(ParentChange, NotPutUnderAMaster) {
    struct Master {
        const char *device;
        std::vector<std::string> type;
    };
    for (const Master &master : {Master{"br9", {"bridge"}},
                                 {"bond9", {"bond", "mode", "active-backup"}},
                                 {"team9", {"team"}}}) {
        std::vector<std::string> create{"ip", "link", "add", master.device, "type"};
        create.insert(create.end(), master.type.begin(), master.type.end());
        a.run(create);
        const Output refused = a.try_run({"ip", "link", "set", "eth0", "master", master.device});
        EXPECT_EQ(refused.status, 2) << master.device;
        if (std::string{master.device} == "br9") {
            EXPECT_NE(refused.err.find("eth0 is the parent of carp devices; move them to br9"),
                      std::string::npos)
                << refused.err;
        }
        const Output carp = a.try_run({"ip", "link", "set", "carp0", "master", master.device});
        EXPECT_EQ(carp.status, 2) << master.device;
        a.rtnl().remove_link(master.device);
    }
    expect_all_served(a);

    // Without the carp device nothing is in the way.
    on_a->destroy();
    a.rtnl().add_bridge("br9");
    a.rtnl().set_master("eth0", "br9");
    const Output refused =
        a.try_run({"ip", "link", "add", "carp0", "link", "eth0", "type", "carp", "vhid", "1"});
    EXPECT_EQ(refused.status, 2);
    EXPECT_NE(refused.err.find("use the bridge"), std::string::npos) << refused.err;
}

} // namespace
} // namespace e2e
