// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_kernel.hpp"

#include <carpnl/error.hpp>

#include <gtest/gtest.h>

#include <net/if.h>

#include <cerrno>

namespace {

using carpnl::Address;
using carpnl::Error;
using carptest::FakeKernel;

class SocketTest : public ::testing::Test {
  protected:
    std::string parent_of(const char *address) {
        try {
            const std::vector<Address> addresses{Address::parse(address)};
            return kernel.socket().parent_by_subnet(addresses);
        } catch (const Error &error) {
            return error.text();
        }
    }

    FakeKernel kernel;
};

TEST_F(SocketTest, ListsCarpDevicesWithParentsAndAddresses) {
    kernel.add_ethernet("eth0", {"192.168.1.3/24"});
    for (const char *name : {"carp0", "carp1"}) {
        kernel.add_carp(name);
        kernel.link(name).parent = 2;
        kernel.link(name).addresses = {Address::parse("192.168.1.50/24")};
    }
    kernel.link("eth0").carrier = false;
    kernel.add_carp("carp2");
    const auto all = kernel.socket().list();
    ASSERT_EQ(all.size(), 3U);
    EXPECT_EQ(all[0].name(), "carp0");
    EXPECT_EQ(all[0].parent_name(), "eth0");
    EXPECT_EQ(all[0].parent_up(), true);
    EXPECT_EQ(all[0].parent_carrier(), false);
    EXPECT_EQ(all[1].addresses().size(), 1U);
    EXPECT_EQ(all[2].parent_name(), std::nullopt);
    EXPECT_TRUE(all[2].addresses().empty());
}

TEST_F(SocketTest, ListsNothingWhereThereIsNothing) { EXPECT_TRUE(kernel.socket().list().empty()); }

TEST_F(SocketTest, RepeatsInterruptedDumps) {
    kernel.add_carp("carp0");
    kernel.interruptions = 3;
    EXPECT_EQ(kernel.socket().list().size(), 1U);
    EXPECT_EQ(kernel.interruptions, 0);
}

TEST_F(SocketTest, AParentThatWentAwayIsANumber) {
    kernel.add_carp("carp0");
    kernel.link("carp0").parent = 99;
    const auto status = kernel.socket().status("carp0");
    EXPECT_EQ(status.parent_index(), 99U);
    EXPECT_EQ(status.parent_name(), std::nullopt);
    EXPECT_EQ(status.parent_up(), std::nullopt);
}

TEST_F(SocketTest, UpDownDestroy) {
    kernel.add_carp("carp0");
    auto socket = kernel.socket();
    socket.set_up("carp0", true);
    EXPECT_NE(kernel.link("carp0").flags & IFF_UP, 0U);
    socket.set_up("carp0", false);
    EXPECT_EQ(kernel.link("carp0").flags & IFF_UP, 0U);
    socket.destroy("carp0");
    EXPECT_FALSE(kernel.exists("carp0"));
    EXPECT_THROW(socket.destroy("carp0"), Error);
    EXPECT_THROW(socket.destroy("lo"), Error);
    EXPECT_TRUE(kernel.exists("lo"));
}

TEST_F(SocketTest, Addresses) {
    kernel.add_carp("carp0");
    auto socket = kernel.socket();
    const auto four = Address::parse("192.168.1.50/24");
    const auto six = Address::parse("2001:db8::50/64");
    socket.add_address("carp0", four);
    socket.add_address("carp0", six);
    EXPECT_EQ(socket.addresses("carp0"), (std::vector{four, six}));
    try {
        socket.add_address("carp0", four);
        FAIL();
    } catch (const Error &error) {
        EXPECT_STREQ(error.what(), "carp0: address 192.168.1.50/24: File exists");
    }
    socket.delete_address("carp0", four);
    EXPECT_EQ(socket.addresses("carp0"), std::vector{six});
    EXPECT_THROW(socket.delete_address("carp0", four), Error);
}

TEST_F(SocketTest, ForceStateIsOneAttribute) {
    kernel.add_carp("carp0");
    kernel.socket().force_state("carp0", carpnl::State::backup);
    EXPECT_EQ(kernel.link("carp0").forced, 1U);
}

TEST_F(SocketTest, KeepsTheKernelsRemarks) {
    kernel.remark = "that is unwise";
    auto socket = kernel.socket();
    socket.create("carp0");
    EXPECT_EQ(socket.take_warnings(), std::vector<std::string>{"that is unwise"});
    EXPECT_TRUE(socket.take_warnings().empty());
}

TEST_F(SocketTest, ParentBySubnet) {
    kernel.add_ethernet("eth0", {"192.168.1.3/24", "2001:db8::3/64"});
    kernel.add_ethernet("eth1", {"10.0.0.3/8"});
    EXPECT_EQ(parent_of("192.168.1.50/32"), "eth0");
    EXPECT_EQ(parent_of("10.200.0.1/24"), "eth1");
    EXPECT_EQ(parent_of("2001:db8::50/64"), "eth0");
    EXPECT_EQ(parent_of("172.16.0.1/24"),
              "carp: address 172.16.0.1: no parent, and in no interface's subnet");
    EXPECT_THROW(kernel.socket().parent_by_subnet({}), Error);
}

TEST_F(SocketTest, ParentBySubnetCountsEachInterfaceOnce) {
    kernel.add_ethernet("eth0", {"192.168.1.3/24", "192.168.1.4/24"});
    EXPECT_EQ(parent_of("192.168.1.50/24"), "eth0");
    kernel.add_ethernet("eth1", {"192.168.0.1/16"});
    EXPECT_EQ(parent_of("192.168.1.50/24"),
              "carp: address 192.168.1.50: no parent, and in the subnets of both eth0 and eth1");
}

TEST_F(SocketTest, ParentBySubnetTakesOnlyWhatCanCarryCarp) {
    for (const char *name : {"down", "noarp", "nomulticast", "tunnel", "port", "p2p"})
        kernel.add_ethernet(name, {"192.168.1.3/24"});
    kernel.link("down").flags &= ~static_cast<unsigned>(IFF_UP);
    kernel.link("noarp").flags |= IFF_NOARP;
    kernel.link("nomulticast").flags &= ~static_cast<unsigned>(IFF_MULTICAST);
    kernel.link("tunnel").hardware = 768;
    kernel.link("port").master_kind = "bridge";
    kernel.link("p2p").flags |= IFF_POINTOPOINT;
    kernel.add_carp("carp0");
    kernel.link("carp0").flags |= IFF_UP;
    kernel.link("carp0").addresses = {Address::parse("192.168.1.50/24")};
    kernel.link("lo").addresses = {Address::parse("192.168.1.9/24")};
    EXPECT_EQ(parent_of("192.168.1.50/24"),
              "carp: address 192.168.1.50: no parent, and in no interface's subnet");
    kernel.add_ethernet("eth0", {"192.168.1.3/24"});
    EXPECT_EQ(parent_of("192.168.1.50/24"), "eth0");
}

TEST_F(SocketTest, NamesAreNotEmpty) {
    EXPECT_THROW(kernel.socket().status(""), Error);
    EXPECT_THROW(kernel.socket().create(""), Error);
}

} // namespace
