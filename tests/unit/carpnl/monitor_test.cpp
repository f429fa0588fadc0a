// SPDX-License-Identifier: GPL-2.0-or-later
#include <carpnl/monitor.hpp>

#include "fake_generic.hpp"

#include <gtest/gtest.h>

#include <linux/carp.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <cerrno>
#include <stdexcept>

namespace {

using carpnl::Error;
using carpnl::Event;
using carpnl::EventKind;
using carpnl::Monitor;
using carpnl::ResyncReason;
using carpnl::State;
using namespace std::chrono_literals;

constexpr std::uint32_t init = CARP_STATE_INIT;
constexpr std::uint32_t backup = CARP_STATE_BACKUP;
constexpr std::uint32_t master = CARP_STATE_MASTER;

/// "resync start: carp0 backup", "carp0 backup>master #3", "refused #4": what matters of an event.
std::string words(const Event &event) {
    const std::string number = " #" + std::to_string(event.sequence());
    switch (event.kind()) {
    case EventKind::transition:
        return event.name() + " " + std::string(to_string(event.old_state().value())) + ">" +
               std::string(to_string(event.state().value())) + number;
    case EventKind::resync: {
        std::string text = "resync " + std::string(to_string(event.resync_reason().value())) + ":";
        for (const auto &device : event.devices())
            text += " " + device.name() + " " + std::string(to_string(device.state()));
        return text;
    }
    default:
        return std::string(to_string(event.kind())) + number;
    }
}

using Words = std::vector<std::string>;

class MonitorTest : public ::testing::Test {
  protected:
    MonitorTest() {
        kernel.device("carp0");
        kernel.sequence = 10;
    }

    static Words heard(Monitor &monitor) {
        Words all;
        for (const auto &event : monitor.process())
            all.push_back(words(event));
        return all;
    }

    carptest::FakeGeneric kernel;
};

TEST_F(MonitorTest, BeginsWithWhatIsTrue) {
    kernel.device("carp1").state = master;
    auto monitor = kernel.monitor();
    EXPECT_EQ(kernel.joined, (std::vector<std::uint32_t>{GENL_ID_CTRL, 7}));
    EXPECT_TRUE(monitor.wait(0ms));
    const auto events = monitor.process();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(words(events[0]), "resync start: carp0 backup carp1 master");
    EXPECT_EQ(events[0].sequence(), 10U);
    EXPECT_EQ(events[0].boot_id()[15], 1U);
    EXPECT_FALSE(monitor.wait(0ms));
    EXPECT_TRUE(monitor.process().empty());
}

TEST_F(MonitorTest, EventsInOrder) {
    auto monitor = kernel.monitor();
    monitor.process();
    kernel.send(kernel.transition("carp0", backup, master));
    kernel.send(kernel.refused("carp0", CARP_XSTATS_BADAUTH, 16));
    kernel.send(kernel.demotion({.name = "maintenance",
                                 .value = 240,
                                 .scope = 1,
                                 .owner = 1,
                                 .flags = 2,
                                 .group = 5,
                                 .device = {}}));
    const auto events = monitor.process();
    ASSERT_EQ(events.size(), 3U);

    EXPECT_EQ(words(events[0]), "carp0 backup>master #11");
    EXPECT_EQ(events[0].index(), 5U);
    EXPECT_EQ(events[0].vhid(), 1U);
    EXPECT_EQ(events[0].reason(), carpnl::Reason::master_timeout);
    EXPECT_EQ(events[0].age(), 250ms);
    EXPECT_EQ(events[0].transitions(), 1U);
    EXPECT_EQ(events[0].peer().value().to_string(), "192.168.1.3/32");
    EXPECT_FALSE(events[0].cause());
    EXPECT_FALSE(events[0].counter());

    EXPECT_EQ(words(events[1]), "refused #12");
    EXPECT_EQ(events[1].counter(), carpnl::Counter::badauth);
    EXPECT_EQ(events[1].missed(), 16U);
    EXPECT_EQ(events[1].name(), "carp0");
    EXPECT_EQ(events[1].parent_index(), 2U);
    EXPECT_EQ(events[1].peer().value().host(), "192.168.1.4");
    EXPECT_FALSE(events[1].state());

    EXPECT_EQ(words(events[2]), "demotion #13");
    const auto cause = events[2].cause().value();
    EXPECT_EQ(cause.name(), "maintenance");
    EXPECT_EQ(cause.value(), 240U);
    EXPECT_EQ(cause.scope(), carpnl::Scope::group);
    EXPECT_EQ(cause.group(), 5U);
    EXPECT_TRUE(cause.is_drain());
    EXPECT_FALSE(cause.is_lease());
    EXPECT_FALSE(cause.age());
}

TEST_F(MonitorTest, AMissingNumberIsAGap) {
    auto monitor = kernel.monitor();
    monitor.process();
    (void)kernel.transition("carp0", backup, master); // lost
    kernel.send(kernel.refused("carp0", CARP_XSTATS_BADAUTH));
    EXPECT_EQ(heard(monitor), (Words{"resync gap: carp0 master"}));
    kernel.send(kernel.transition("carp0", master, backup));
    EXPECT_EQ(heard(monitor), (Words{"carp0 master>backup #13"}));
}

TEST_F(MonitorTest, WhatADumpIncludesIsNotToldAgain) {
    auto monitor = kernel.monitor();
    monitor.process();
    (void)kernel.transition("carp0", backup, master);
    kernel.send(kernel.transition("carp0", master, backup));
    kernel.send(kernel.transition("carp0", backup, master));
    // The device changes while the dump goes on, after it was told.
    kernel.during_dump = [this] { kernel.send(kernel.transition("carp0", master, init)); };
    EXPECT_EQ(heard(monitor), (Words{"resync gap: carp0 master", "carp0 master>init #14"}));
}

TEST_F(MonitorTest, ATransitionThatADeviceToldAlreadyIsSkipped) {
    // The dump took its number first, then the device changed, then it was told.
    kernel.device("carp0").history = {{11, backup, master}};
    kernel.device("carp0").state = master;
    auto monitor = kernel.monitor();
    kernel.send(kernel.transition("carp0", backup, master));
    kernel.send(kernel.transition("carp0", master, backup));
    EXPECT_EQ(heard(monitor), (Words{"resync start: carp0 master", "carp0 master>backup #12"}));
}

TEST_F(MonitorTest, AnOverrunIsAResync) {
    auto monitor = kernel.monitor();
    monitor.process();
    kernel.send(kernel.transition("carp0", backup, master));
    kernel.fail(ENOBUFS);
    EXPECT_EQ(heard(monitor), (Words{"carp0 backup>master #11", "resync overrun: carp0 master"}));
    kernel.fail(ENOBUFS);
    kernel.fail(ENOBUFS);
    EXPECT_EQ(heard(monitor), (Words{"resync overrun: carp0 master"}));
}

TEST_F(MonitorTest, AnOverrunDuringADumpRepeatsIt) {
    auto monitor = kernel.monitor();
    monitor.process();
    kernel.during_dump = [this] {
        kernel.during_dump = nullptr;
        (void)kernel.transition("carp0", backup, master); // lost, and nothing comes after it
        kernel.fail(ENOBUFS);
    };
    monitor.resync();
    EXPECT_EQ(heard(monitor), (Words{"resync overrun: carp0 master"}));
}

TEST_F(MonitorTest, AnInterruptedDumpIsRepeated) {
    kernel.interruptions = 3;
    auto monitor = kernel.monitor();
    EXPECT_EQ(heard(monitor), (Words{"resync start: carp0 backup"}));
    EXPECT_EQ(kernel.interruptions, 0);
    kernel.dump_error = EINTR;
    monitor.resync();
    EXPECT_EQ(heard(monitor), (Words{"resync asked: carp0 backup"}));
}

TEST_F(MonitorTest, EndlessInterruptionsDoNotHoldItUp) {
    kernel.interruptions = 1000000;
    auto monitor = kernel.monitor();
    EXPECT_TRUE(heard(monitor).empty());
    EXPECT_TRUE(monitor.wait(0ms));
    kernel.interruptions = 0;
    EXPECT_EQ(heard(monitor), (Words{"resync start: carp0 backup"}));
}

TEST_F(MonitorTest, AFailedDumpIsTriedAgain) {
    kernel.dump_error = ENOMEM;
    auto monitor = kernel.monitor();
    try {
        monitor.process();
        FAIL();
    } catch (const Error &error) {
        EXPECT_EQ(error.code().value(), ENOMEM);
    }
    EXPECT_TRUE(monitor.wait(0ms));
    EXPECT_EQ(heard(monitor), (Words{"resync start: carp0 backup"}));
}

TEST_F(MonitorTest, WithoutDevicesAnyNumberIsRight) {
    kernel.devices.clear();
    auto monitor = kernel.monitor();
    EXPECT_EQ(heard(monitor), (Words{"resync start:"}));
    kernel.sequence = 70;
    kernel.send(kernel.transition("carp9", init, backup));
    kernel.send(kernel.transition("carp9", backup, master));
    EXPECT_EQ(heard(monitor), (Words{"carp9 init>backup #71", "carp9 backup>master #72"}));
    ++kernel.sequence;
    kernel.send(kernel.transition("carp9", master, backup));
    EXPECT_EQ(heard(monitor), (Words{"resync gap: carp9 backup"}));
}

TEST_F(MonitorTest, AnotherBootIsAnotherCount) {
    auto monitor = kernel.monitor();
    monitor.process();
    kernel.boot = 9;
    kernel.sequence = 10;
    kernel.send(kernel.transition("carp0", backup, master));
    EXPECT_EQ(heard(monitor), (Words{"resync reloaded: carp0 master"}));
    kernel.send(kernel.transition("carp0", master, backup));
    EXPECT_EQ(heard(monitor), (Words{"carp0 master>backup #12"}));
}

TEST_F(MonitorTest, TheModuleGoesAndComesBack) {
    auto monitor = kernel.monitor();
    monitor.process();
    kernel.unload();
    EXPECT_EQ(heard(monitor), (Words{"resync unloaded:"}));
    EXPECT_TRUE(heard(monitor).empty());
    // While it is away an overrun loads nothing.
    kernel.fail(ENOBUFS);
    EXPECT_EQ(heard(monitor), (Words{"resync unloaded:"}));
    kernel.load();
    kernel.device("carp0").state = init;
    EXPECT_EQ(heard(monitor), (Words{"resync reloaded: carp0 init"}));
    EXPECT_EQ(kernel.joined.back(), 8U);
    kernel.send(kernel.transition("carp0", init, backup));
    EXPECT_EQ(heard(monitor), (Words{"carp0 init>backup #1"}));
}

TEST_F(MonitorTest, AReloadThatNobodyToldOf) {
    auto monitor = kernel.monitor();
    monitor.process();
    kernel.unload();
    kernel.load();
    kernel.events.clear();
    kernel.device("carp0").state = init;
    kernel.fail(ENOBUFS);
    EXPECT_EQ(heard(monitor), (Words{"resync reloaded: carp0 init"}));
}

TEST_F(MonitorTest, ForeignFamiliesAreNotOurs) {
    auto monitor = kernel.monitor();
    monitor.process();
    carpnl::detail::Request request(0, 0);
    request.fixed(genlmsghdr{.cmd = CTRL_CMD_DELFAMILY, .version = 2, .reserved = 0})
        .put_text(CTRL_ATTR_FAMILY_NAME, "carpet");
    const std::uint16_t id = 30;
    request.put(CTRL_ATTR_FAMILY_ID, std::as_bytes(std::span(&id, 1)));
    kernel.send(
        carptest::netlink_message(GENL_ID_CTRL, 0, 0, request.bytes().subspan(NLMSG_HDRLEN)));
    kernel.send(carptest::netlink_message(55, 0, 0, carptest::Bytes(64)));
    EXPECT_TRUE(heard(monitor).empty());
}

TEST_F(MonitorTest, CommandsAndAttributesOfANewerKernelArePassedOver) {
    auto monitor = kernel.monitor();
    monitor.process();
    kernel.send(
        kernel.event(200, [](carpnl::detail::Request &request) { request.put_u32(300, 1); }));
    kernel.send(kernel.event(CARP_CMD_TRANSITION_NTF, [](carpnl::detail::Request &request) {
        request.put_u32(999, 7)
            .put_u32(CARP_A_IFINDEX, 5)
            .put_u32(CARP_A_OLD_STATE, 1)
            .put_u32(CARP_A_STATE, 77)
            .put_u32(CARP_A_REASON, 78);
    }));
    const auto events = monitor.process();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(words(events[0]), " backup>unknown #12");
    EXPECT_EQ(to_string(events[0].reason().value()), "unknown");
}

TEST_F(MonitorTest, AnEventThatLacksSomethingIsMissed) {
    auto monitor = kernel.monitor();
    monitor.process();
    kernel.send(kernel.event(CARP_CMD_TRANSITION_NTF, [](carpnl::detail::Request &) {}));
    EXPECT_TRUE(heard(monitor).empty());
    kernel.send(kernel.transition("carp0", backup, master));
    EXPECT_EQ(heard(monitor), (Words{"resync gap: carp0 master"}));
}

TEST_F(MonitorTest, NonsenseIsAnErrorAndNotTheEnd) {
    auto monitor = kernel.monitor();
    monitor.process();
    kernel.send(carptest::Bytes(3));
    EXPECT_THROW(monitor.process(), Error);
    EXPECT_EQ(heard(monitor), (Words{"resync gap: carp0 backup"}));

    auto cut = kernel.transition("carp0", backup, master);
    cut.resize(cut.size() - 8);
    kernel.send(cut);
    EXPECT_THROW(monitor.process(), Error);
    EXPECT_EQ(heard(monitor), (Words{"resync gap: carp0 master"}));
}

TEST_F(MonitorTest, ACallbackMayThrow) {
    auto monitor = kernel.monitor();
    kernel.send(kernel.transition("carp0", backup, master));
    kernel.send(kernel.transition("carp0", master, backup));
    Words seen;
    const auto take_one = [&](const Event &event) {
        seen.push_back(words(event));
        throw std::runtime_error("no more");
    };
    for (int i = 0; i < 3; ++i)
        EXPECT_THROW(monitor.process(take_one), std::runtime_error);
    EXPECT_EQ(monitor.process(take_one), 0U);
    EXPECT_EQ(seen, (Words{"resync start: carp0 backup", "carp0 backup>master #11",
                           "carp0 master>backup #12"}));
}

TEST_F(MonitorTest, WaitForLooksFirst) {
    kernel.device("carp0").state = master;
    auto monitor = kernel.monitor();
    EXPECT_TRUE(monitor.wait_for("carp0", State::master, 0ms));
    EXPECT_FALSE(monitor.wait_for("carp0", State::backup, 0ms));
}

TEST_F(MonitorTest, WaitForIsWokenByEvents) {
    auto monitor = kernel.monitor();
    int waits = 0;
    kernel.idle = [&] {
        if (++waits == 1)
            kernel.send(kernel.transition("carp1", backup, master));
        else
            kernel.send(kernel.transition("carp0", backup, master));
        return true;
    };
    EXPECT_TRUE(monitor.wait_for("carp0", State::master));
    EXPECT_EQ(waits, 2);
    EXPECT_TRUE(monitor.process().empty());
}

TEST_F(MonitorTest, WaitForSurvivesAGap) {
    auto monitor = kernel.monitor();
    kernel.idle = [&] {
        (void)kernel.transition("carp0", backup, master);
        kernel.fail(ENOBUFS);
        return true;
    };
    EXPECT_TRUE(monitor.wait_for("carp0", State::master, 1h));
}

TEST_F(MonitorTest, WaitForIsNotMisledByWhatWasBefore) {
    auto monitor = kernel.monitor();
    monitor.process();
    kernel.send(kernel.transition("carp0", backup, master));
    kernel.send(kernel.transition("carp0", master, backup));
    EXPECT_FALSE(monitor.wait_for("carp0", State::master, 0ms));
}

TEST_F(MonitorTest, WaitForNeedsADevice) {
    auto monitor = kernel.monitor();
    try {
        monitor.wait_for("carp9", State::master, 1s);
        FAIL();
    } catch (const Error &error) {
        EXPECT_EQ(error.code().value(), ENODEV);
        EXPECT_STREQ(error.what(), "carp9: no such carp device");
    }
    EXPECT_TRUE(monitor.wait_for("carp0", State::backup, 0ms));
}

TEST_F(MonitorTest, NoModule) {
    kernel.loaded = false;
    try {
        kernel.monitor();
        FAIL();
    } catch (const Error &error) {
        EXPECT_EQ(error.code().value(), EOPNOTSUPP);
        EXPECT_EQ(error.text(), "the kernel has no carp module");
    }
}

TEST_F(MonitorTest, Moves) {
    auto monitor = kernel.monitor();
    Monitor other(std::move(monitor));
    monitor = std::move(other);
    EXPECT_EQ(heard(monitor), (Words{"resync start: carp0 backup"}));
    static_assert(!std::is_copy_constructible_v<Monitor>);
}

} // namespace
