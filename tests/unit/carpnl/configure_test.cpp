// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_kernel.hpp"

#include <carpnl/error.hpp>

#include <gtest/gtest.h>

#include <linux/rtnetlink.h>
#include <net/if.h>

#include <cerrno>

namespace {

using carpnl::Address;
using carpnl::Changes;
using carpnl::Config;
using carpnl::Error;
using carpnl::Family;
using carpnl::Key;
using carpnl::Preempt;
using carpnl::State;
using carptest::FakeKernel;
using carptest::FakeLink;
using carptest::Refusal;
using Words = std::vector<std::string>;

class Configure : public ::testing::Test {
  protected:
    Configure() {
        kernel.add_ethernet("eth0", {"192.168.1.3/24"});
        kernel.add_carp("carp0");
    }

    FakeLink &carp0() { return kernel.link("carp0"); }

    /// A device that takes part already.
    void set_up_carp0() {
        carp0().parent = 2;
        carp0().vhid = 1;
        carp0().key = "old";
        carp0().advskew = 7;
        carp0().flags |= IFF_UP;
        carp0().addresses = {Address::parse("192.168.1.50/24")};
    }

    std::optional<Error> failure(const Changes &changes) {
        auto socket = kernel.socket();
        try {
            socket.configure("carp0", changes);
        } catch (const Error &error) {
            return error;
        }
        return std::nullopt;
    }

    void refuse_address(const std::string &text) {
        kernel.refuse = [text](const nlmsghdr &head, auto) -> std::optional<Refusal> {
            if (head.nlmsg_type == RTM_NEWADDR)
                return Refusal{EADDRINUSE, text, {}};
            return std::nullopt;
        };
    }

    FakeKernel kernel;
};

TEST_F(Configure, ABareDeviceFindsItsParentAndComesUp) {
    Changes changes;
    changes.vhid(1).key(Key("testpass")).address(Address::parse("192.168.1.50/24")).up(true);
    EXPECT_FALSE(failure(changes));
    EXPECT_EQ(carp0().parent, 2U);
    EXPECT_EQ(carp0().vhid, 1U);
    EXPECT_EQ(carp0().key, "testpass");
    EXPECT_NE(carp0().flags & IFF_UP, 0U);
    EXPECT_EQ(carp0().addresses, std::vector{Address::parse("192.168.1.50/24")});
    // The key before the device goes up: no advert without it.
    EXPECT_EQ(kernel.log,
              (Words{"newlink parent vhid", "newaddr 192.168.1.50/24", "newlink key", "up"}));
}

TEST_F(Configure, OnlyWhatIsSetIsTouched) {
    set_up_carp0();
    auto before = carp0();
    Changes changes;
    changes.advskew(100);
    EXPECT_FALSE(failure(changes));
    before.advskew = 100;
    EXPECT_EQ(carp0(), before);
    EXPECT_EQ(kernel.log, Words{"newlink advskew"});
}

TEST_F(Configure, NothingToAddIsOneRequest) {
    set_up_carp0();
    Changes changes;
    changes.advskew(1).key(Key("new")).address(Address::parse("192.168.1.50/24")).up(true);
    EXPECT_FALSE(failure(changes));
    EXPECT_EQ(kernel.log, Words{"newlink advskew key"});
    EXPECT_EQ(carp0().key, "new");
}

TEST_F(Configure, AnEnsuredAddressLeavesTheOthers) {
    set_up_carp0();
    Changes changes;
    changes.address(Address::parse("192.168.1.51/24")).address(Address::parse("192.168.1.51/24"));
    EXPECT_FALSE(failure(changes));
    EXPECT_EQ(carp0().addresses.size(), 2U);
}

TEST_F(Configure, DeletingTheFirstOfASubnetKeepsTheOthers) {
    set_up_carp0();
    carp0().addresses.push_back(Address::parse("192.168.1.51/24"));
    carp0().addresses.push_back(Address::parse("192.168.1.52/24"));
    Changes changes;
    changes.delete_address(Address::parse("192.168.1.50/24"))
        .address(Address::parse("192.168.1.53/24"));
    EXPECT_FALSE(failure(changes));
    EXPECT_EQ(carp0().addresses,
              (std::vector{Address::parse("192.168.1.51/24"), Address::parse("192.168.1.52/24"),
                           Address::parse("192.168.1.53/24")}));
}

TEST_F(Configure, NewAddressesComeBeforeOldOnesGo) {
    set_up_carp0();
    Changes changes;
    changes.delete_address(Address::parse("192.168.1.50/24")).address(Address::parse("10.0.0.1/8"));
    EXPECT_FALSE(failure(changes));
    EXPECT_EQ(kernel.log, (Words{"newaddr 10.0.0.1/8", "deladdr 192.168.1.50/24"}));
}

TEST_F(Configure, PeersReplaceTheList) {
    set_up_carp0();
    carp0().peers6 = {Address::parse("fe80::4/128")};
    Changes changes;
    changes.peers(Family::inet, {Address::parse("10.0.0.1/8"), Address::parse("10.0.0.2/8")});
    EXPECT_FALSE(changes.empty());
    EXPECT_FALSE(failure(changes));
    EXPECT_EQ(carp0().peers4,
              (std::vector{Address::parse("10.0.0.1/32"), Address::parse("10.0.0.2/32")}));
    EXPECT_EQ(carp0().peers6, (std::vector{Address::parse("fe80::4/128")}));
    EXPECT_EQ(kernel.log, Words{"newlink peers4"});

    Changes group;
    group.peers(Family::inet, {}).peers(Family::inet6, {});
    EXPECT_FALSE(failure(group));
    EXPECT_TRUE(carp0().peers4.empty());
    EXPECT_TRUE(carp0().peers6.empty());
}

TEST_F(Configure, MorePeersThanTheKernelTakesAreForItToRefuse) {
    set_up_carp0();
    const std::vector<Address> many(300, Address::parse("2001:db8::4/128"));
    Changes changes;
    changes.peers(Family::inet6, many);
    EXPECT_FALSE(failure(changes));
    EXPECT_EQ(carp0().peers6, many);
}

TEST_F(Configure, ARefusedAddressPutsThePeersBack) {
    set_up_carp0();
    carp0().peers4 = {Address::parse("10.0.0.1/32")};
    const auto before = carp0();
    refuse_address("carp: address 192.168.1.51: a peer");
    Changes changes;
    changes.peers(Family::inet, {Address::parse("10.0.0.9/32")})
        .peers(Family::inet6, {Address::parse("fe80::9/128")})
        .address(Address::parse("192.168.1.51/24"));
    EXPECT_TRUE(failure(changes));
    EXPECT_EQ(carp0(), before);
}

TEST_F(Configure, ForceComesLast) {
    set_up_carp0();
    Changes changes;
    changes.advskew(3).force_state(State::master).address(Address::parse("192.168.1.51/24"));
    EXPECT_FALSE(failure(changes));
    EXPECT_EQ(carp0().forced, 2U);
    EXPECT_EQ(kernel.log, (Words{"newlink advskew", "newaddr 192.168.1.51/24", "newlink state"}));
}

TEST_F(Configure, ARefusedSettingChangesNothing) {
    const auto before = carp0();
    Changes changes;
    changes.vhid(256).key(Key("testpass")).address(Address::parse("192.168.1.50/24")).up(true);
    const auto error = failure(changes);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->text(), "carp: vhid 256: out of range 1..255");
    EXPECT_EQ(error->attribute(), "vhid");
    EXPECT_TRUE(error->from_kernel());
    EXPECT_EQ(carp0(), before);
}

TEST_F(Configure, AHopelessKeyIsRefusedBeforeAnythingElse) {
    set_up_carp0();
    const auto before = carp0();
    for (const std::size_t size : {0U, 21U, 255U}) {
        kernel.log.clear();
        Changes changes;
        changes.advskew(9)
            .key(Key(std::string(size, 'x')))
            .address(Address::parse("192.168.1.51/24"))
            .delete_address(Address::parse("192.168.1.50/24"));
        const auto error = failure(changes);
        ASSERT_TRUE(error);
        EXPECT_EQ(error->text(),
                  "carp: key of " + std::to_string(size) + " bytes: out of range 1..20 bytes");
        EXPECT_EQ(error->attribute(), "key");
        EXPECT_EQ(carp0(), before);
        EXPECT_EQ(kernel.log, Words{"newlink advskew key"});
    }
}

TEST_F(Configure, ARefusedAddressUndoesTheSettings) {
    set_up_carp0();
    const auto before = carp0();
    refuse_address("carp: address 192.168.1.51: already on parent eth0");
    Changes changes;
    changes.advskew(9)
        .advbase(2)
        .preempt(Preempt::on)
        .announce_count(5)
        .announce_interval(std::chrono::milliseconds(50))
        .announce_refresh(std::chrono::seconds(60))
        .grace(std::chrono::seconds(10))
        .preempt_delay(std::chrono::milliseconds(20))
        .start_hold(std::chrono::milliseconds(30))
        .key(Key("new"))
        .key_next(Key("newer"))
        .address(Address::parse("192.168.1.51/24"));
    const auto error = failure(changes);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->text(), "carp: address 192.168.1.51: already on parent eth0");
    EXPECT_EQ(error->code().value(), EADDRINUSE);
    EXPECT_EQ(carp0(), before);
}

TEST_F(Configure, KeysAndTheirTimes) {
    set_up_carp0();
    kernel.log.clear();
    Changes changes;
    EXPECT_TRUE(changes.empty());
    changes.key_next(Key("next")).grace(std::chrono::seconds(10));
    EXPECT_FALSE(changes.empty());
    EXPECT_FALSE(failure(changes));
    EXPECT_EQ(carp0().key_next, "next");
    EXPECT_EQ(carp0().grace, 10U);
    Changes back;
    back.key_next(Key(""));
    EXPECT_FALSE(back.empty());
    EXPECT_FALSE(failure(back));
    EXPECT_EQ(carp0().key_next, "");
    EXPECT_EQ(kernel.log, (Words{"newlink grace key_next", "newlink key_next"}));
    Changes holds;
    holds.preempt_delay(std::chrono::seconds(2)).start_hold(std::chrono::seconds(3));
    EXPECT_FALSE(failure(holds));
    EXPECT_EQ(carp0().preempt_delay, 2000U);
    EXPECT_EQ(carp0().start_hold, 3000U);
}

TEST_F(Configure, ARefusedAddressLeavesABareDeviceBare) {
    const auto before = carp0();
    refuse_address("no");
    Changes changes;
    changes.vhid(1).key(Key("testpass")).address(Address::parse("192.168.1.50/24")).up(true);
    const auto error = failure(changes);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->text(), "no");
    EXPECT_EQ(carp0(), before);
}

TEST_F(Configure, AKernelThatKeepsTheVhidIsTold) {
    kernel.vhid_can_go = false;
    refuse_address("no");
    Changes changes;
    changes.vhid(1).address(Address::parse("192.168.1.50/24"));
    const auto error = failure(changes);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->text(), "no; this stays: the vhid");
    EXPECT_EQ(carp0().parent, 0U);
}

TEST_F(Configure, TheSecondAddressUndoesTheFirst) {
    set_up_carp0();
    const auto before = carp0();
    int left = 1;
    kernel.refuse = [&left](const nlmsghdr &head, auto) -> std::optional<Refusal> {
        if (head.nlmsg_type == RTM_NEWADDR && left-- == 0)
            return Refusal{ENOBUFS, {}, {}};
        return std::nullopt;
    };
    Changes changes;
    changes.address(Address::parse("192.168.1.51/24")).address(Address::parse("192.168.1.52/24"));
    const auto error = failure(changes);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->text(), "address 192.168.1.52/24: No buffer space available");
    EXPECT_EQ(error->attribute(), "address");
    EXPECT_EQ(carp0(), before);
}

TEST_F(Configure, DeletedAddressesComeBack) {
    set_up_carp0();
    carp0().addresses.push_back(Address::parse("192.168.1.51/24"));
    kernel.refuse = [](const nlmsghdr &head,
                       std::span<const std::byte> whole) -> std::optional<Refusal> {
        // The step that sets the key.
        if (head.nlmsg_type == RTM_NEWLINK && whole.size() < 80)
            return Refusal{ENOMEM, "no memory", {}};
        return std::nullopt;
    };
    Changes changes;
    changes.delete_address(Address::parse("192.168.1.50/24")).key(Key("new"));
    const auto error = failure(changes);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->text(), "no memory");
    ASSERT_EQ(carp0().addresses.size(), 2U);
    EXPECT_EQ(carp0().key, "old");
}

TEST_F(Configure, ANewKeyThatStaysIsNamed) {
    set_up_carp0();
    carp0().flags &= ~static_cast<unsigned>(IFF_UP);
    const auto before = carp0();
    int links = 0;
    kernel.refuse = [&links](const nlmsghdr &head, auto) -> std::optional<Refusal> {
        // settings, key, up
        if (head.nlmsg_type == RTM_NEWLINK && ++links == 3)
            return Refusal{ENETDOWN, "the parent is down", {}};
        return std::nullopt;
    };
    Changes changes;
    changes.advskew(9).key(Key("new")).up(true);
    const auto error = failure(changes);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->text(), "the parent is down; this stays: the new key");
    EXPECT_EQ(carp0().advskew, before.advskew);
    EXPECT_EQ(carp0().key, "new");
}

TEST_F(Configure, AFailedForceUndoesAll) {
    set_up_carp0();
    const auto before = carp0();
    int links = 0;
    kernel.refuse = [&links](const nlmsghdr &head, auto) -> std::optional<Refusal> {
        if (head.nlmsg_type == RTM_NEWLINK && ++links == 2)
            return Refusal{EINVAL, "carp: state: the device is in INIT", {}};
        return std::nullopt;
    };
    Changes changes;
    changes.advskew(9).force_state(State::master);
    const auto error = failure(changes);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->text(), "carp: state: the device is in INIT");
    EXPECT_EQ(carp0(), before);
}

TEST_F(Configure, WhatCannotBeUndoneIsSaid) {
    set_up_carp0();
    bool broken = false;
    kernel.refuse = [&broken](const nlmsghdr &head, auto) -> std::optional<Refusal> {
        if (head.nlmsg_type == RTM_NEWADDR)
            broken = true;
        if (broken && head.nlmsg_type != RTM_GETLINK && head.nlmsg_type != RTM_GETADDR)
            return Refusal{ENOMEM, "no memory", {}};
        return std::nullopt;
    };
    Changes changes;
    changes.advskew(9).address(Address::parse("192.168.1.51/24"));
    const auto error = failure(changes);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->text(), "no memory; this stays: the new settings");
}

TEST_F(Configure, AddressesNeedAVhid) {
    const auto before = carp0();
    Changes changes;
    changes.address(Address::parse("192.168.1.50/24"));
    const auto error = failure(changes);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->text(), "carp: vhid: not set (range 1..255)");
    EXPECT_EQ(error->attribute(), "vhid");
    EXPECT_EQ(carp0(), before);
    EXPECT_TRUE(kernel.log.empty());
}

TEST_F(Configure, NoSubnetNoParent) {
    Changes changes;
    changes.vhid(1).address(Address::parse("10.9.9.9/24"));
    const auto error = failure(changes);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->text(), "carp: address 10.9.9.9: no parent, and in no interface's subnet");
    EXPECT_EQ(error->attribute(), "parent");
    EXPECT_TRUE(kernel.log.empty());
}

TEST_F(Configure, AGivenParentNeedsNoSubnet) {
    kernel.add_ethernet("eth1", {});
    Changes changes;
    changes.vhid(1).parent("eth1").address(Address::parse("10.9.9.9/24"));
    EXPECT_FALSE(failure(changes));
    EXPECT_EQ(carp0().parent, 4U);

    Changes gone;
    gone.parent("eth7");
    const auto error = failure(gone);
    ASSERT_TRUE(error);
    EXPECT_STREQ(error->what(), "carp0: parent: Cannot find device \"eth7\"");
}

TEST_F(Configure, DeletionsMustBeThere) {
    set_up_carp0();
    Changes changes;
    changes.advskew(3).delete_address(Address::parse("192.168.1.50/32"));
    const auto error = failure(changes);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->text(), "address 192.168.1.50/32: not set");
    EXPECT_TRUE(kernel.log.empty());

    Changes both;
    both.address(Address::parse("10.0.0.1/8")).delete_address(Address::parse("10.0.0.1/8"));
    EXPECT_EQ(failure(both)->text(), "address 10.0.0.1/8: both set and deleted");
}

TEST_F(Configure, OtherKindsAreLeftAlone) {
    auto socket = kernel.socket();
    for (const auto &[name, text] :
         {std::pair("eth0", "not a carp device"), std::pair("nope", "no such device")})
        try {
            socket.configure(name, Changes());
            FAIL();
        } catch (const Error &error) {
            EXPECT_EQ(error.text(), text);
            EXPECT_EQ(error.code().value(), ENODEV);
        }
}

TEST_F(Configure, AnEmptyChangeAsksNothing) {
    EXPECT_TRUE(Changes().empty());
    EXPECT_FALSE(failure(Changes()));
    EXPECT_TRUE(kernel.log.empty());
}

class Create : public Configure {
  protected:
    std::optional<Error> failure(const std::string &name, const Config &config) {
        auto socket = kernel.socket();
        try {
            socket.create(name, config);
        } catch (const Error &error) {
            return error;
        }
        return std::nullopt;
    }
};

TEST_F(Create, ABareDevice) {
    EXPECT_FALSE(failure("carp1", Config()));
    EXPECT_TRUE(kernel.exists("carp1"));
    EXPECT_EQ(kernel.log, Words{"create carp1"});
}

TEST_F(Create, AWholeDevice) {
    Config config;
    config.vhid(3).key(Key("k")).address(Address::parse("192.168.1.50/24")).up(true);
    EXPECT_FALSE(failure("carp1", config));
    EXPECT_EQ(kernel.link("carp1").parent, 2U);
    EXPECT_EQ(kernel.log,
              (Words{"create carp1", "newlink parent vhid key", "newaddr 192.168.1.50/24", "up"}));
}

TEST_F(Create, WhatFailsLeavesNothing) {
    refuse_address("carp: address 192.168.1.3: already on parent eth0");
    Config config;
    config.vhid(3).address(Address::parse("192.168.1.3/24"));
    const auto error = failure("carp1", config);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->text(), "carp: address 192.168.1.3: already on parent eth0");
    EXPECT_FALSE(kernel.exists("carp1"));

    Config range;
    range.parent("eth0").vhid(0);
    EXPECT_EQ(failure("carp1", range)->text(), "carp: vhid 0: out of range 1..255");
    EXPECT_FALSE(kernel.exists("carp1"));
}

TEST_F(Create, ATakenName) {
    const auto error = failure("eth0", Config());
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code().value(), EEXIST);
    EXPECT_STREQ(error->what(), "eth0: a device of this name exists already");
    EXPECT_EQ(failure("", Config())->attribute(), "name");
}

} // namespace
