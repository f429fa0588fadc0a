// SPDX-License-Identifier: GPL-2.0-only
#include "support.hpp"

#include <gtest/gtest.h>
#include <map>
#include <ostream>
#include <set>

static bool operator==(const carp_decision &a, const carp_decision &b) {
    return a.action == b.action && a.reason == b.reason;
}

static std::ostream &operator<<(std::ostream &out, const carp_decision &d) {
    return out << "action " << d.action << " reason " << d.reason;
}

namespace carp::test {
namespace {

constexpr carp_decision ignore{CARP_ACT_IGNORE, CARP_REASON_NONE};
constexpr carp_decision listen{CARP_ACT_LISTEN, CARP_REASON_NONE};
constexpr carp_decision wait_for_it{CARP_ACT_WAIT, CARP_REASON_NONE};
constexpr carp_decision stay{CARP_ACT_STAY, CARP_REASON_NONE};
constexpr carp_decision hold{CARP_ACT_HOLD, CARP_REASON_NONE};
constexpr carp_decision preempt{CARP_ACT_MASTER, CARP_REASON_PREEMPT};
constexpr carp_decision slow_master{CARP_ACT_MASTER, CARP_REASON_SLOW_MASTER};
constexpr carp_decision bow_out{CARP_ACT_MASTER, CARP_REASON_BOW_OUT};
constexpr carp_decision better_master{CARP_ACT_BACKUP, CARP_REASON_BETTER_MASTER};
constexpr carp_decision yield{CARP_ACT_BACKUP_PATIENT, CARP_REASON_TIE};

carp_self self_of(carp_state state, u8 advbase, u8 advskew, bool preempts = false,
                  u8 demotion = 0) {
    return {.state = state,
            .advbase = advbase,
            .advskew = advskew,
            .advskew_eff = carp_demotion_skew(advskew, demotion),
            .preempt = preempts};
}

carp_decision decide(const carp_self &self, const carp_peer &peer, carp_tie tie = CARP_TIE_BLIND) {
    return carp_election_advert(&self, &peer, tie);
}

// ---- the truth tables of others -------------------------------------------------------------

// One row, seen with one answer to the question of the tie, which others do not ask.
struct Case {
    Json row;
    carp_tie tie;

    std::string key() const {
        std::string out = row.at("state").get<std::string>() + " p" + row.at("preempt").dump();
        for (const char *field : {"suppressed", "own_demote", "peer_demote"}) {
            if (row.contains(field))
                out += std::string(" ") + field + row.at(field).dump();
        }
        return out + " " + row.at("own").dump() + row.at("peer").dump();
    }

    carp_peer peer() const {
        return {row.at("peer")[0], row.at("peer")[1], row.value("peer_demote", u8{0})};
    }

    // The old suppress counter is a demotion of 240. OpenBSD's counter of demotions travels in a
    // byte of its own and leaves the skew alone.
    carp_self self() const {
        static const std::map<std::string, carp_state> states{{"INIT", CARP_STATE_INIT},
                                                              {"BACKUP", CARP_STATE_BACKUP},
                                                              {"MASTER", CARP_STATE_MASTER}};
        carp_self self = self_of(states.at(row.at("state")), row.at("own")[0], row.at("own")[1],
                                 row.at("preempt") == 1, row.value("suppressed", 0) ? 240 : 0);
        self.demoted = row.value("suppressed", 0) || row.value("own_demote", 0);
        return self;
    }

    bool equal() const {
        return self().advbase == peer().advbase && self().advskew_eff == peer().advskew;
    }

    // What the row says, in our words.
    carp_decision theirs() const {
        const std::string action = row.at("action");
        if (action == "ignore")
            return ignore;
        if (action == "restart-master-down-timer")
            return listen;
        if (action == "stay-master")
            return stay;
        if (action == "become-backup")
            return equal() ? yield : better_master;
        if (!action.starts_with("become-master"))
            throw std::invalid_argument(action);
        // a farewell is known by its name here, others come to the same end by comparing times
        if (peer().advbase == 255 && peer().advskew == 255)
            return bow_out;
        if (action == "become-master (preempt)")
            return preempt;
        if (action == "become-master (will time out)")
            return slow_master;
        return preempt; // "(peer demoted)": we have no reason of that name
    }

    // To come back later by a random part is our way to step down where no address decides.
    carp_decision ours() const {
        carp_decision d = decide(self(), peer(), tie);
        return d;
    }
};

struct Deviation {
    const char *key;
    carp_decision ours;
    const char *why;
};

using Deviations = std::vector<Deviation>;

const char *const obeyed = "a bow-out is obeyed whatever our advbase";
const char *const real_down =
    "compared with the real master-down time, which has no demotion in it";
const char *const other_byte = "OpenBSD's demotion counter in byte 4 is never sent";

const Deviations freebsd_deviations{
    {"BACKUP p0 suppressed0 [86,0][255,255]", bow_out, obeyed},
    {"BACKUP p0 suppressed1 [86,0][255,255]", bow_out, obeyed},
    {"BACKUP p0 suppressed1 [1,0][3,1]", slow_master, real_down},
};

// These only when our address is the lower one; else we step down like the others.
const char *const lower = "of two equal masters the one with the lower address stays";

const Deviations freebsd_tie_deviations{
    {"MASTER p0 suppressed0 [1,0][1,0]", hold, lower},
    {"MASTER p1 suppressed0 [1,0][1,0]", hold, lower},
    {"MASTER p0 suppressed1 [1,0][1,240]", hold, lower},
    {"MASTER p1 suppressed1 [1,0][1,240]", hold, lower},
};

const Deviations openbsd_deviations{
    {"BACKUP p0 own_demote0 peer_demote0 [0,10][255,255]", bow_out, obeyed},
    {"BACKUP p0 own_demote1 peer_demote0 [0,10][255,255]", bow_out, obeyed},
    {"BACKUP p1 own_demote1 peer_demote0 [0,10][255,255]", bow_out, other_byte},
    {"MASTER p0 own_demote1 peer_demote0 [0,10][255,255]", stay, other_byte},
    {"MASTER p1 own_demote1 peer_demote0 [0,10][255,255]", stay, other_byte},
};

const Deviations openbsd_tie_deviations{
    {"MASTER p0 own_demote0 peer_demote0 [1,0][1,0]", hold, lower},
    {"MASTER p1 own_demote0 peer_demote0 [1,0][1,0]", hold, lower},
    {"MASTER p0 own_demote1 peer_demote0 [1,0][1,0]", hold, lower},
    {"MASTER p1 own_demote1 peer_demote0 [1,0][1,0]", hold, lower},
};

const Deviation *find(const Deviations &list, const std::string &key) {
    for (const Deviation &d : list) {
        if (d.key == key)
            return &d;
    }
    return nullptr;
}

// A listed deviation must be one: a row on which we agree does not belong on the list.
void expect_as_row(const Case &c, const Deviations &always, const Deviations &when_staying) {
    const Deviation *known = find(always, c.key());
    if (!known && c.tie == CARP_TIE_STAY)
        known = find(when_staying, c.key());
    if (!known) {
        EXPECT_EQ(c.ours(), c.theirs()) << c.key() << " tie " << c.tie;
        return;
    }
    EXPECT_EQ(c.ours(), known->ours) << c.key() << ": " << known->why;
    EXPECT_FALSE(c.ours() == c.theirs()) << c.key() << " is no deviation";
}

void expect_listed_rows_exist(const Json &rows, std::initializer_list<Deviations> lists) {
    std::set<std::string> keys;
    for (const auto &row : rows)
        EXPECT_TRUE(keys.insert(Case{row, CARP_TIE_STAY}.key()).second) << "two rows of one key";
    for (const Deviations &list : lists) {
        for (const Deviation &d : list)
            EXPECT_TRUE(keys.contains(d.key)) << d.key;
    }
}

const Json &freebsd() { return vectors().at("election").at("freebsd9_netbsd"); }
const Json &openbsd() { return vectors().at("election").at("openbsd"); }

const auto ties = testing::Values(CARP_TIE_STAY, CARP_TIE_YIELD, CARP_TIE_BLIND);

const auto name_of = [](const auto &info) {
    static const std::array<const char *, 3> tie_names{"stay", "yield", "blind"};
    const auto &[row, tie] = info.param;
    return case_name(Case{row, tie}.key() + " tie " + tie_names.at(tie));
};

using RowParam = std::tuple<Json, carp_tie>;

class FreeBsdRow : public testing::TestWithParam<RowParam> {};

TEST_P(FreeBsdRow, SameButForTheListedOnes) {
    const auto &[row, tie] = GetParam();
    expect_as_row({row, tie}, freebsd_deviations, freebsd_tie_deviations);
}

INSTANTIATE_TEST_SUITE_P(Json, FreeBsdRow, testing::Combine(testing::ValuesIn(freebsd()), ties),
                         name_of);

class OpenBsdRow : public testing::TestWithParam<RowParam> {};

TEST_P(OpenBsdRow, SameButForTheListedOnes) {
    const auto &[row, tie] = GetParam();
    expect_as_row({row, tie}, openbsd_deviations, openbsd_tie_deviations);
}

INSTANTIATE_TEST_SUITE_P(Json, OpenBsdRow, testing::Combine(testing::ValuesIn(openbsd()), ties),
                         name_of);

TEST(ElectionVectors, AllRowsAreThereAndEveryDeviationIsOneOfThem) {
    EXPECT_EQ(freebsd().size(), 84u);
    EXPECT_EQ(openbsd().size(), 40u);
    expect_listed_rows_exist(freebsd(), {freebsd_deviations, freebsd_tie_deviations});
    expect_listed_rows_exist(openbsd(), {openbsd_deviations, openbsd_tie_deviations});
}

TEST(ElectionVectors, NumberOfRowsOnWhichWeDiffer) {
    const auto count = [](const Json &rows, carp_tie tie) {
        size_t n = 0;
        for (const auto &row : rows) {
            const Case c{row, tie};
            n += !(c.ours() == c.theirs());
        }
        return n;
    };
    EXPECT_EQ(count(freebsd(), CARP_TIE_YIELD), 3u);
    EXPECT_EQ(count(freebsd(), CARP_TIE_BLIND), 3u);
    EXPECT_EQ(count(freebsd(), CARP_TIE_STAY), 7u);
    EXPECT_EQ(count(openbsd(), CARP_TIE_YIELD), 5u);
    EXPECT_EQ(count(openbsd(), CARP_TIE_BLIND), 5u);
    EXPECT_EQ(count(openbsd(), CARP_TIE_STAY), 9u);
}

// ---- single decisions -----------------------------------------------------------------------

TEST(Election, InitIgnoresEverything) {
    for (const carp_peer peer : {carp_peer{0, 0}, carp_peer{1, 0}, carp_peer{255, 255}})
        EXPECT_EQ(decide(self_of(CARP_STATE_INIT, 1, 0, true), peer), ignore);
}

TEST(Election, UnknownStateIgnoresEverything) {
    EXPECT_EQ(decide(self_of(static_cast<carp_state>(3), 1, 0), {255, 255}), ignore);
}

TEST(Election, MasterAndWorseBetterEqual) {
    const carp_self master = self_of(CARP_STATE_MASTER, 1, 100);
    EXPECT_EQ(decide(master, {1, 101}), stay);
    EXPECT_EQ(decide(master, {2, 0}), stay);
    EXPECT_EQ(decide(master, {1, 99}), better_master);
    EXPECT_EQ(decide(master, {0, 254}), better_master);
    EXPECT_EQ(decide(master, {1, 100}, CARP_TIE_STAY), hold);
    EXPECT_EQ(decide(master, {1, 100}, CARP_TIE_YIELD), yield);
    EXPECT_EQ(decide(master, {1, 100}, CARP_TIE_BLIND), yield);
}

TEST(Election, DemotedMasterComparesWhatItSends) {
    const carp_self master = self_of(CARP_STATE_MASTER, 1, 0, true, 240);
    EXPECT_EQ(decide(master, {1, 100}), better_master);
    EXPECT_EQ(decide(master, {1, 240}, CARP_TIE_STAY), hold);
    EXPECT_EQ(decide(master, {1, 241}), stay);
}

TEST(Election, PreemptOnlyIfAskedForAndStrictlyBetter) {
    EXPECT_EQ(decide(self_of(CARP_STATE_BACKUP, 1, 0, true), {1, 100}), preempt);
    EXPECT_EQ(decide(self_of(CARP_STATE_BACKUP, 1, 0, false), {1, 100}), listen);
    EXPECT_EQ(decide(self_of(CARP_STATE_BACKUP, 1, 100, true), {1, 100}), listen);
    EXPECT_EQ(decide(self_of(CARP_STATE_BACKUP, 1, 0, true, 240), {1, 100}), listen);
}

TEST(Election, SlowMasterAtTheExactBorder) {
    EXPECT_EQ(decide(self_of(CARP_STATE_BACKUP, 1, 0), {3, 0}), listen);
    EXPECT_EQ(decide(self_of(CARP_STATE_BACKUP, 1, 0), {3, 1}), slow_master);
    EXPECT_EQ(decide(self_of(CARP_STATE_BACKUP, 1, 100), {3, 100}), listen);
    EXPECT_EQ(decide(self_of(CARP_STATE_BACKUP, 1, 100), {3, 101}), slow_master);
    EXPECT_EQ(decide(self_of(CARP_STATE_BACKUP, 0, 0), {0, 3}), listen);
    EXPECT_EQ(decide(self_of(CARP_STATE_BACKUP, 0, 0), {0, 4}), slow_master);
    EXPECT_EQ(decide(self_of(CARP_STATE_BACKUP, 0, 254), {2, 250}), listen);
    EXPECT_EQ(decide(self_of(CARP_STATE_BACKUP, 0, 254), {2, 251}), slow_master);
}

TEST(Election, HalfABowOutIsNone) {
    EXPECT_EQ(decide(self_of(CARP_STATE_BACKUP, 86, 0), {255, 254}), listen);
    EXPECT_EQ(decide(self_of(CARP_STATE_BACKUP, 1, 0), {1, 255}), listen);
}

// ---- OpenBSD's demotion counter ---------------------------------------------------------------

TEST(Election, HealthyBackupReplacesADemotedOpenBsdMaster) {
    const carp_peer peer{1, 0, 1};
    carp_self backup = self_of(CARP_STATE_BACKUP, 1, 100);
    EXPECT_EQ(decide(backup, peer), preempt);
    backup.wait = true;
    EXPECT_EQ(decide(backup, peer), wait_for_it);
    backup.demoted = true;
    EXPECT_EQ(decide(backup, peer), listen);
    EXPECT_EQ(decide(self_of(CARP_STATE_BACKUP, 1, 100), {1, 0, 0}), listen);
}

TEST(Election, MasterStaysWhereADemotedOpenBsdMasterYields) {
    for (bool demoted : {false, true}) {
        carp_self master = self_of(CARP_STATE_MASTER, 1, 100, false, demoted ? 240 : 0);
        master.demoted = demoted;
        for (const carp_peer peer : {carp_peer{1, 0, 1}, carp_peer{1, 100, 255}})
            EXPECT_EQ(decide(master, peer, CARP_TIE_YIELD), stay);
        EXPECT_EQ(decide(master, {1, 0, 0}), better_master);
    }
}

// ---- drain, start hold, preempt delay ---------------------------------------------------------

TEST(Election, DrainedTakesOverFromNobodyThatLives) {
    for (bool preempts : {false, true}) {
        carp_self drained = self_of(CARP_STATE_BACKUP, 1, 0, preempts);
        drained.drained = true;
        for (const carp_peer peer : {carp_peer{255, 255}, carp_peer{1, 100}, carp_peer{9, 0},
                                     carp_peer{1, 0, 1}, carp_peer{1, 0}})
            EXPECT_EQ(decide(drained, peer), listen);
    }
}

TEST(Election, DrainedKnowsASlowMasterFromADeadOne) {
    carp_self drained = self_of(CARP_STATE_BACKUP, 1, 0);
    drained.drained = true;
    EXPECT_EQ(decide(drained, {9, 0}).listen, 27000000000u);
    EXPECT_EQ(decide(drained, {255, 255}).listen, 0u) << "who resigned is not waited for";
}

TEST(Election, HeldTakesOverFromNobody) {
    for (bool preempts : {false, true}) {
        carp_self held = self_of(CARP_STATE_BACKUP, 1, 0, preempts);
        held.held = true;
        EXPECT_EQ(decide(held, {255, 255}), listen);
        EXPECT_EQ(decide(held, {1, 0}), listen);
        EXPECT_EQ(decide(held, {9, 0}), preempts ? wait_for_it : listen);
        EXPECT_EQ(decide(held, {1, 0, 1}), wait_for_it);
    }
}

TEST(Election, DelayIsForPreemptionOnly) {
    carp_self waiting = self_of(CARP_STATE_BACKUP, 1, 0, true);
    waiting.wait = true;
    EXPECT_EQ(decide(waiting, {1, 100}), wait_for_it);
    EXPECT_EQ(decide(waiting, {1, 0}), listen);
    EXPECT_EQ(decide(waiting, {0, 10}), listen);
    EXPECT_EQ(decide(waiting, {255, 255}), bow_out);
    EXPECT_EQ(decide(waiting, {4, 0}), slow_master);
    waiting.preempt = false;
    EXPECT_EQ(decide(waiting, {1, 100}), listen);
}

TEST(Election, AMasterNeitherWaitsNorDrains) {
    carp_self master = self_of(CARP_STATE_MASTER, 1, 100, true);
    master.wait = master.held = master.drained = true;
    EXPECT_EQ(decide(master, {1, 101}), stay);
    EXPECT_EQ(decide(master, {1, 99}), better_master);
}

// ---- ties -----------------------------------------------------------------------------------

template <size_t N>
carp_tie tie_of(const std::array<u8, N> &ours, const std::array<u8, N> &theirs, bool decides = true,
                u32 own_adverts = 0) {
    const carp_tie_view view{.family_decides = decides,
                             .ours = ours.data(),
                             .theirs = theirs.data(),
                             .len = N,
                             .own_adverts = own_adverts};
    return carp_election_tie(&view);
}

TEST(Tie, LowerAddressStays) {
    EXPECT_EQ(tie_of(addr4("192.0.2.1"), addr4("192.0.2.2")), CARP_TIE_STAY);
    EXPECT_EQ(tie_of(addr4("192.0.2.2"), addr4("192.0.2.1")), CARP_TIE_YIELD);
    EXPECT_EQ(tie_of(addr6("fe80::1"), addr6("fe80::2")), CARP_TIE_STAY);
    EXPECT_EQ(tie_of(addr6("fe80::2"), addr6("fe80::1")), CARP_TIE_YIELD);
}

TEST(Tie, FirstByteIsTheHighest) {
    EXPECT_EQ(tie_of(addr4("10.0.0.200"), addr4("200.0.0.10")), CARP_TIE_STAY);
    EXPECT_EQ(tie_of(addr4("191.0.2.9"), addr4("192.0.2.2")), CARP_TIE_STAY);
    EXPECT_EQ(tie_of(addr4("192.0.3.1"), addr4("192.0.2.2")), CARP_TIE_YIELD);
}

TEST(Tie, NoAddressDecides) {
    EXPECT_EQ(tie_of(addr4("192.0.2.1"), addr4("192.0.2.1")), CARP_TIE_BLIND);
    EXPECT_EQ(tie_of(addr4("0.0.0.0"), addr4("192.0.2.1")), CARP_TIE_BLIND);
    EXPECT_EQ(tie_of(addr4("192.0.2.1"), addr4("0.0.0.0")), CARP_TIE_BLIND);
    EXPECT_EQ(tie_of(addr6("::"), addr6("::")), CARP_TIE_BLIND);
}

TEST(Tie, TheOtherFamilyWaits) {
    EXPECT_EQ(tie_of(addr6("fe80::2"), addr6("fe80::1"), false), CARP_TIE_STAY);
    EXPECT_EQ(tie_of(addr6("fe80::1"), addr6("fe80::1"), false), CARP_TIE_STAY);
    EXPECT_EQ(tie_of(addr4("0.0.0.0"), addr4("0.0.0.0"), false), CARP_TIE_STAY);
}

TEST(Tie, PatienceEndsInEitherFamily) {
    for (bool decides : {false, true}) {
        EXPECT_EQ(tie_of(addr4("192.0.2.1"), addr4("192.0.2.2"), decides, 2), CARP_TIE_STAY);
        EXPECT_EQ(tie_of(addr4("192.0.2.1"), addr4("192.0.2.2"), decides, 3), CARP_TIE_BLIND);
        EXPECT_EQ(tie_of(addr4("192.0.2.1"), addr4("192.0.2.2"), decides, UINT32_MAX),
                  CARP_TIE_BLIND);
    }
}

} // namespace
} // namespace carp::test
