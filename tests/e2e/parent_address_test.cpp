// SPDX-License-Identifier: GPL-2.0-only
// Which addresses a carp device can share: many, of any prefix length, and in
// subnets of their own; several devices on one parent; parents without any.
#include "pair_test.hpp"
#include "ping_probe.hpp"

#include <gtest/gtest.h>

namespace e2e {
namespace {

class ParentAddresses : public PairTest {
  protected:
    static void remove(Host &host, const std::string &address) {
        host.run({"ip", "addr", "del", address, "dev", "carp0"});
    }
};

/// Each host leads one of two groups, and one host both when it is alone.
TEST_F(ParentAddresses, TwoDevicesOnOneParent) {
    build(cable());
    client.add_address("eth0", "10.5.5.9/24");
    CarpConfig first;
    first.addresses = {"192.168.1.50/24",   "192.168.1.51/32",   "192.168.1.52/24",
                       "10.5.5.1/24",       "2001:db8:1::50/64", "2001:db8:1::51/128",
                       "2001:db8:1::52/64", "fe80::50/64"};
    virtuals = {"192.168.1.50",   "192.168.1.51",   "192.168.1.52",  "10.5.5.1",
                "2001:db8:1::50", "2001:db8:1::51", "2001:db8:1::52"};
    start(first);
    ASSERT_FALSE(HasFatalFailure());
    CarpConfig second;
    second.device = "carp1";
    second.vhid = 2;
    second.addresses = {"192.168.1.60/24", "192.168.1.61/32", "2001:db8:1::60/64",
                        "2001:db8:1::61/128"};
    const std::vector<Address> of_second{"192.168.1.60", "192.168.1.61", "2001:db8:1::60",
                                         "2001:db8:1::61"};
    const Carp second_b(b, second);
    second.advskew = 100;
    const Carp second_a(a, second);
    ASSERT_TRUE(second_b.wait_for(State::Master, 4s));
    ASSERT_TRUE(second_a.wait_for(State::Backup, 1s));

    const auto expect_second = [&](const Host &from, const Host &master) {
        const std::vector<Address> of_first = std::exchange(virtuals, of_second);
        expect_served(from, master);
        virtuals = of_first;
    };
    // No route of B's leads to a subnet where only its carp device is.
    const Address far = virtuals[3];
    expect_served(client, a);
    virtuals.erase(virtuals.begin() + 3);
    expect_served(b, a);
    expect_second(client, b);
    expect_second(a, b);
    expect_second(b, b);
    virtuals.push_back(far);

    wire().block(a);
    ASSERT_TRUE(on_b->wait_for(State::Master, 5s));
    expect_served(client, b);
    expect_second(client, b);
    wire().unblock(a);
    ASSERT_TRUE(on_b->wait_for(State::Backup, 3s));
    ASSERT_TRUE(second_a.wait_for(State::Backup, 3s));
    expect_served(client, a);
    expect_second(client, b);
    expect_second(a, b);
}

/// The first address of a subnet leaves and those that came after it stay, on a
/// BACKUP and on a MASTER. (To other devices they are "secondary", and have routes
/// that depend on the first.)
TEST_F(ParentAddresses, FirstOfASubnetLeaves) {
    build(cable());
    CarpConfig config;
    config.addresses = {"192.168.1.50/24", "192.168.1.51/24", "192.168.1.52/24"};
    virtuals = {"192.168.1.50", "192.168.1.51", "192.168.1.52"};
    start(config);
    ASSERT_FALSE(HasFatalFailure());
    expect_all_served(a);
    remove(b, "192.168.1.50/24");
    remove(a, "192.168.1.50/24");
    virtuals = {"192.168.1.51", "192.168.1.52"};
    expect_all_served(a);
    EXPECT_FALSE(ping(client, "192.168.1.50", 500ms));
    EXPECT_EQ(on_b->state(), State::Backup);
    switch_to_b();
    ASSERT_FALSE(HasFatalFailure());
    expect_all_served(b);
    remove(b, "192.168.1.51/24");
    virtuals = {"192.168.1.52"};
    expect_all_served(b);
    b.add_address("carp0", "192.168.1.50/24");
    virtuals = {"192.168.1.50", "192.168.1.52"};
    expect_all_served(b);
}

/// No parent has an address of its own in either family but the link-local one.
TEST_F(ParentAddresses, ParentsWithoutAny) {
    build(cable(), [this](Host &host, const std::vector<std::string> &) {
        wire().attach(host);
        return std::string{"eth0"};
    });
    start();
    ASSERT_FALSE(HasFatalFailure());
    expect_served(client, a);
    expect_served(a, a);
    switch_to_b();
    ASSERT_FALSE(HasFatalFailure());
    expect_served(client, b);
    switch_back_to_a();
    ASSERT_FALSE(HasFatalFailure());
    expect_served(client, a);
}

/// The address is the only one of its host in its subnet, with or without it.
TEST_F(ParentAddresses, HostAddressesOnly) {
    build(cable());
    CarpConfig config;
    config.addresses = {"192.168.1.50/32", "2001:db8:1::50/128"};
    start(config);
    ASSERT_FALSE(HasFatalFailure());
    expect_all_served(a);
    switch_to_b();
    ASSERT_FALSE(HasFatalFailure());
    expect_all_served(b);
}

} // namespace
} // namespace e2e
