// SPDX-License-Identifier: GPL-2.0-or-later
// What a Socket asks the generic netlink family.
#include <carpnl/socket.hpp>

#include "fake_kernel.hpp"
#include "generic.hpp"

#include <carpnl/error.hpp>

#include <gtest/gtest.h>

#include <linux/carp.h>

#include <cerrno>

namespace {

using carpnl::Demotion;
using carpnl::Error;
using carpnl::State;
using carpnl::Target;
using namespace std::chrono_literals;

class GenericTest : public ::testing::Test {
  protected:
    GenericTest() : socket(kernel.socket()) { kernel.generic.device("carp0"); }

    template <class Work> Error failure(Work work) {
        try {
            work();
        } catch (const Error &error) {
            return error;
        }
        ADD_FAILURE() << "no failure";
        return {0, {}, {}};
    }

    carptest::FakeKernel kernel;
    carptest::FakeGeneric &generic = kernel.generic;
    carpnl::Socket socket;
};

TEST_F(GenericTest, History) {
    EXPECT_TRUE(socket.history("carp0").empty());
    generic.device("carp0").history = {{3, 0, 1}, {7, 1, 2}};
    generic.device("carp0").reason = CARP_REASON_MASTER_TIMEOUT;
    generic.device("carp0").age = 250;
    const auto history = socket.history("carp0");
    ASSERT_EQ(history.size(), 2U);
    EXPECT_EQ(history[0].sequence(), 3U);
    EXPECT_EQ(history[0].old_state(), State::init);
    EXPECT_EQ(history[0].state(), State::backup);
    EXPECT_EQ(history[0].age(), 1250ms);
    EXPECT_EQ(history[1].state(), State::master);
    EXPECT_EQ(history[1].reason(), carpnl::Reason::master_timeout);
    EXPECT_EQ(history[1].age(), 250ms);
    EXPECT_FALSE(history[1].peer());
}

TEST_F(GenericTest, StateOfOneAndAll) {
    generic.device("carp0").state = 2;
    generic.device("carp1").vhid = 9;
    std::swap(generic.devices[0], generic.devices[1]);
    generic.sequence = 42;
    const auto carp1 = socket.device("carp1");
    EXPECT_EQ(carp1.name(), "carp1");
    EXPECT_EQ(carp1.vhid(), 9U);
    EXPECT_EQ(carp1.sequence(), 42U);

    generic.interruptions = 2;
    const auto all = socket.devices();
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0].name(), "carp0");
    EXPECT_EQ(all[0].state(), State::master);
    EXPECT_LT(all[0].index(), all[1].index());
    EXPECT_EQ(generic.interruptions, 0);
    EXPECT_EQ(failure([&] { (void)socket.device("carp9"); }).code().value(), ENODEV);
}

TEST_F(GenericTest, TheKernelsWordsAndWhatTheyAreAbout) {
    const auto error = failure([&] { socket.history("carp9"); });
    EXPECT_EQ(error.code().value(), ENODEV);
    EXPECT_EQ(error.text(), "carp: ifname carp9: no carp device");
    EXPECT_EQ(error.subject(), "carp9");
    EXPECT_EQ(error.attribute(), "device");
    EXPECT_TRUE(error.from_kernel());
}

TEST_F(GenericTest, AttributeNames) {
    const carpnl::detail::GenericFamily family{.id = 20, .events = {}};
    auto request = carpnl::detail::generic_request(family, CARP_CMD_DEMOTE);
    request.put_text(CARP_A_CAUSE_NAME, "abc").put_u32(CARP_A_CAUSE_VALUE, 1);
    // The number of the family is that of RTM_NEWADDR; nobody must be misled by it.
    EXPECT_EQ(carpnl::detail::generic_attribute_at(request.bytes(), 20), "cause");
    EXPECT_EQ(carpnl::detail::generic_attribute_at(request.bytes(), 28), "value");
    EXPECT_EQ(carpnl::detail::generic_attribute_at(request.bytes(), 0), "");
    EXPECT_EQ(carpnl::detail::generic_attribute_at(request.bytes(), 4000), "");
    for (std::size_t length = 0; length < request.bytes().size(); ++length)
        carpnl::detail::generic_attribute_at(request.bytes().first(length), 28);
}

TEST_F(GenericTest, Causes) {
    EXPECT_TRUE(socket.causes().empty());
    generic.causes = {
        {.name = "link",
         .value = 240,
         .scope = 0,
         .owner = 0,
         .flags = 0,
         .group = 0,
         .device = "carp0"},
        {.name = "mine", .value = 5, .scope = 1, .owner = 2, .flags = 1, .group = 3, .device = {}}};
    generic.interruptions = 2;
    const auto causes = socket.causes();
    ASSERT_EQ(causes.size(), 2U);
    EXPECT_EQ(causes[0].name(), "link");
    EXPECT_EQ(causes[0].owner(), carpnl::Owner::kernel);
    EXPECT_EQ(causes[0].device_name(), "carp0");
    EXPECT_EQ(causes[0].age(), 5s);
    EXPECT_EQ(causes[1].value(), 5U);
    EXPECT_EQ(causes[1].group(), 3U);
    EXPECT_EQ(causes[1].owner(), carpnl::Owner::socket);
    EXPECT_TRUE(causes[1].is_lease());
}

TEST_F(GenericTest, DemoteAndUndemote) {
    socket.demote(Demotion("backup job", 100));
    socket.demote(Demotion("disk", 5, Target::group(3)).lease());
    socket.demote(Demotion("maintenance", 240, Target::device("carp0")).drain());
    socket.undemote("backup job");
    socket.undemote("disk", Target::group(3));
    socket.undemote("maintenance", Target::device("carp0"));
    EXPECT_EQ(generic.log, (std::vector<std::string>{
                               "demote backup job 100", "demote disk 5 group 3 lease",
                               "demote maintenance 240 dev carp0 drain", "undemote backup job",
                               "undemote disk group 3", "undemote maintenance dev carp0"}));
    const auto error = failure([&] { socket.demote(Demotion("x", 1, Target::device("carp9"))); });
    EXPECT_STREQ(error.what(), "carp9: carp: ifname carp9: no carp device");
}

TEST_F(GenericTest, ADemotionIsAValue) {
    const Demotion one("a", 1, Target::group(2));
    Demotion two(one);
    two.lease().drain();
    EXPECT_FALSE(one.is_lease());
    EXPECT_TRUE(two.is_drain());
    Demotion three("b", 3);
    three = two;
    EXPECT_EQ(three.name(), "a");
    EXPECT_EQ(three.target().group(), 2U);
    three = Demotion("c", 4);
    EXPECT_EQ(three.target().scope(), carpnl::Scope::net);
}

TEST_F(GenericTest, Counters) {
    EXPECT_EQ(socket.counters("carp0").get(carpnl::Counter::rx4), 2U);
    EXPECT_EQ(socket.total_counters().get(carpnl::Counter::rx4), 102U);
    socket.reset_counters("carp0");
    socket.reset_total_counters();
    EXPECT_EQ(generic.log, (std::vector<std::string>{"reset carp0", "reset all"}));
    EXPECT_EQ(failure([&] { socket.counters("carp9"); }).code().value(), ENODEV);
}

TEST_F(GenericTest, Tallies) {
    auto &device = generic.device("carp0");
    device.history = {{.sequence = 3, .old_state = 1, .state = 2}};
    device.reason = 2;
    device.margins = {{1000, 4}, {0, 1}};
    const auto tally = socket.tally("carp0");
    EXPECT_EQ(tally.name(), "carp0");
    EXPECT_EQ(tally.counters().get(carpnl::Counter::rx4), 2U);
    ASSERT_EQ(tally.changes().size(), 1U);
    EXPECT_EQ(tally.changes()[0].old_state, carpnl::State::backup);
    EXPECT_EQ(tally.changes()[0].state, carpnl::State::master);
    EXPECT_EQ(tally.changes()[0].reason, carpnl::Reason::master_timeout);
    EXPECT_EQ(tally.changes()[0].count, 3U);
    ASSERT_EQ(tally.margins().size(), 2U);
    EXPECT_EQ(tally.margins()[0].upto, std::chrono::milliseconds(1));
    EXPECT_EQ(tally.margins()[0].count, 4U);
    EXPECT_EQ(tally.margins()[1].upto, std::nullopt);
    EXPECT_EQ(tally.margin_sum(), std::chrono::milliseconds(4));
    const auto all = socket.tallies();
    ASSERT_EQ(all.size(), generic.devices.size());
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end(),
                               [](const auto &a, const auto &b) { return a.index() < b.index(); }));
    EXPECT_EQ(failure([&] { socket.tally("carp9"); }).code().value(), ENODEV);
}

TEST_F(GenericTest, AnOlderKernelHasCountersAlone) {
    const auto tally = socket.tally("carp0");
    EXPECT_TRUE(tally.changes().empty() && tally.margins().empty());
    EXPECT_EQ(tally.counters().get(carpnl::Counter::rx4), 2U);
}

TEST_F(GenericTest, Verify) {
    const std::vector<std::byte> advert(36);
    EXPECT_EQ(socket.verify("carp0", advert).match, carpnl::Match::old_key);
    const auto extra = carpnl::Address::parse("192.168.1.51/24");
    const auto more = socket.verify("carp0", advert, extra);
    EXPECT_EQ(more.match, carpnl::Match::addr_more);
    EXPECT_EQ(more.address.value().to_string(), "192.168.1.51/32");
    EXPECT_EQ(generic.log, (std::vector<std::string>{"verify carp0 36", "verify carp0 36"}));
}

TEST_F(GenericTest, NoModule) {
    generic.loaded = false;
    const auto error = failure([&] { socket.causes(); });
    EXPECT_EQ(error.code().value(), EOPNOTSUPP);
    EXPECT_EQ(error.text(), "the kernel has no carp module");
}

TEST_F(GenericTest, AReloadedModuleIsFoundAgain) {
    socket.reset_total_counters();
    generic.unload();
    EXPECT_EQ(failure([&] { socket.reset_total_counters(); }).code().value(), EOPNOTSUPP);
    generic.load();
    socket.reset_total_counters();
    ++generic.family;
    socket.reset_total_counters();
    EXPECT_EQ(generic.log.size(), 3U);
}

TEST_F(GenericTest, WhatTheModuleDoesNotFindIsNotAskedTwice) {
    int asked = 0;
    generic.refuse = [&](std::uint8_t) {
        ++asked;
        return std::optional(std::pair(ENOENT, std::string("carp: name x: no such cause")));
    };
    EXPECT_EQ(failure([&] { socket.reset_total_counters(); }).code().value(), ENOENT);
    const auto error = failure([&] { socket.undemote("x"); });
    EXPECT_STREQ(error.what(), "x: carp: name x: no such cause");
    EXPECT_EQ(asked, 2);
}

} // namespace
