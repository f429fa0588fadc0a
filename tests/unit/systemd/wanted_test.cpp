// SPDX-License-Identifier: GPL-2.0-or-later
#include "wanted.hpp"

#include <gtest/gtest.h>

namespace {

using carpnl::State;
using carptargets::Wanted;
using Units = std::vector<std::string>;

const std::string master = "carp-master@carp0.target";
const std::string backup = "carp-backup@carp0.target";

void expect_jobs(const Wanted &wanted, const Units &start, const Units &stop) {
    EXPECT_EQ(wanted.jobs().start, start);
    EXPECT_EQ(wanted.jobs().stop, stop);
}

TEST(Wanted, OneTargetForEachState) {
    Wanted wanted({});
    EXPECT_TRUE(wanted.jobs().empty());
    wanted.set("carp0", State::backup);
    expect_jobs(wanted, {backup}, {});
    wanted.done();
    EXPECT_TRUE(wanted.jobs().empty());
    // The other one goes by itself.
    wanted.set("carp0", State::master);
    expect_jobs(wanted, {master}, {});
    wanted.done();
    wanted.set("carp0", State::init);
    expect_jobs(wanted, {}, {master});
    wanted.done();
    EXPECT_TRUE(wanted.jobs().empty());
}

TEST(Wanted, OnlyTheLastOfManyChangesCounts) {
    Wanted wanted({master});
    for (const auto state : {State::backup, State::init, State::backup, State::master})
        wanted.set("carp0", state);
    EXPECT_TRUE(wanted.jobs().empty());
}

TEST(Wanted, StartsFromWhatIsActive) {
    Wanted wanted({master, "carp-backup@gone.target", "carp-backup@.target", "other.target"});
    wanted.set_all({{"carp0", State::backup}, {"carp1", State::master}, {"carp2", State::init}});
    expect_jobs(wanted, {backup, "carp-master@carp1.target"}, {"carp-backup@gone.target"});
    wanted.done();
    wanted.set_all({});
    expect_jobs(wanted, {}, {backup, "carp-master@carp1.target"});
}

TEST(Wanted, NeverBothAtOnce) {
    Wanted wanted({master, backup});
    wanted.set("carp0", State::master);
    expect_jobs(wanted, {master}, {});
    wanted.set("carp0", State::backup);
    expect_jobs(wanted, {backup}, {});
    wanted.set("carp0", State::init);
    expect_jobs(wanted, {}, {master, backup});
}

} // namespace
