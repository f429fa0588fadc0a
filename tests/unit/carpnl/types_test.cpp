// SPDX-License-Identifier: GPL-2.0-or-later
#include <carpnl/counters.hpp>
#include <carpnl/types.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

using namespace carpnl;

TEST(Types, WordsOfStates) {
    EXPECT_EQ(to_string(State::init), "init");
    EXPECT_EQ(to_string(State::backup), "backup");
    EXPECT_EQ(to_string(State::master), "master");
    EXPECT_EQ(to_string(static_cast<State>(7)), "unknown");
    for (const State state : {State::init, State::backup, State::master})
        EXPECT_EQ(state_from_string(to_string(state)), state);
    EXPECT_EQ(state_from_string("MASTER"), std::nullopt);
    EXPECT_EQ(state_from_string(""), std::nullopt);
}

TEST(Types, WordsOfPreempt) {
    for (const Preempt preempt : {Preempt::inherit, Preempt::off, Preempt::on})
        EXPECT_EQ(preempt_from_string(to_string(preempt)), preempt);
    EXPECT_EQ(preempt_from_string("yes"), std::nullopt);
    EXPECT_EQ(to_string(static_cast<Preempt>(3)), "unknown");
}

TEST(Types, EveryReasonHasItsOwnWords) {
    std::set<std::string_view> names;
    std::set<std::string_view> words;
    for (std::uint32_t i = 0; i <= static_cast<std::uint32_t>(Reason::drained); ++i) {
        names.insert(to_string(static_cast<Reason>(i)));
        words.insert(describe(static_cast<Reason>(i)));
    }
    EXPECT_EQ(names.size(), 17U);
    EXPECT_EQ(words.size(), 17U);
    EXPECT_FALSE(names.contains("unknown"));
    EXPECT_EQ(to_string(static_cast<Reason>(17)), "unknown");
    EXPECT_EQ(to_string(static_cast<Reason>(0xffffffff)), "unknown");
    EXPECT_EQ(to_string(Reason::master_timeout), "master_timeout");
}

TEST(Types, EveryMatchHasItsOwnWords) {
    std::set<std::string_view> names;
    std::set<std::string_view> words;
    for (std::uint32_t i = 0; i <= static_cast<std::uint32_t>(Match::addr_more); ++i) {
        names.insert(to_string(static_cast<Match>(i)));
        words.insert(describe(static_cast<Match>(i)));
    }
    EXPECT_EQ(names.size(), 9U);
    EXPECT_EQ(words.size(), 9U);
    EXPECT_FALSE(names.contains("unknown"));
    EXPECT_EQ(to_string(static_cast<Match>(9)), "unknown");
    EXPECT_EQ(to_string(Match::old_key), "old_key");
}

TEST(Types, EveryCounterHasItsOwnWords) {
    std::set<std::string_view> names;
    std::set<std::string_view> words;
    for (const Counter counter : all_counters()) {
        names.insert(to_string(counter));
        words.insert(describe(counter));
    }
    EXPECT_EQ(names.size(), all_counters().size());
    EXPECT_EQ(words.size(), all_counters().size());
    EXPECT_EQ(to_string(static_cast<Counter>(0)), "unknown");
    EXPECT_EQ(to_string(static_cast<Counter>(1000)), "unknown");
}

} // namespace
