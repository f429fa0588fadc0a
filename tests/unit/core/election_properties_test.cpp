// SPDX-License-Identifier: GPL-2.0-only
// What must hold for any two hosts, not only for those of the truth tables.
#include "support.hpp"

#include <gtest/gtest.h>

namespace carp::test {
namespace {

constexpr std::array<int, 10> bases{0, 1, 2, 3, 4, 85, 86, 128, 254, 255};
constexpr std::array<int, 12> skews{0, 1, 2, 3, 4, 5, 30, 100, 128, 239, 240, 254};

struct Host {
    u8 advbase;
    u8 advskew;
    u8 advskew_eff;

    static Host of(int base, int skew, int demotion = 0) {
        const u8 s = static_cast<u8>(skew);
        return {static_cast<u8>(base), s, carp_demotion_skew(s, static_cast<u8>(demotion))};
    }

    carp_self in(carp_state state, bool preempt = false) const {
        return {state, advbase, advskew, advskew_eff, preempt};
    }

    carp_peer advert() const { return {advbase, advskew_eff}; }
};

carp_action action(const carp_self &self, const carp_peer &peer, carp_tie tie = CARP_TIE_BLIND) {
    return carp_election_advert(&self, &peer, tie).action;
}

bool resigns(carp_action a) { return a == CARP_ACT_BACKUP || a == CARP_ACT_BACKUP_PATIENT; }

template <size_t N>
carp_tie tie_of(const std::array<u8, N> &ours, const std::array<u8, N> &theirs, bool decides,
                u32 own_adverts) {
    const carp_tie_view view{decides, ours.data(), theirs.data(), N, own_adverts};
    return carp_election_tie(&view);
}

template <typename Visit> void for_each_host(Visit visit) {
    for (int base : bases) {
        for (int skew : skews) {
            for (int demotion : {0, 1, 120, 240})
                visit(Host::of(base, skew, demotion));
        }
    }
}

// All skews, so that no pair of neighbours is left out.
TEST(ElectionProperty, OfTwoUnequalMastersExactlyOneYields) {
    for (int base_a : bases) {
        for (int base_b : bases) {
            for (int skew_a = 0; skew_a <= CARP_ADVSKEW_MAX; skew_a++) {
                for (int skew_b = 0; skew_b <= CARP_ADVSKEW_MAX; skew_b++) {
                    if (base_a == base_b && skew_a == skew_b)
                        continue;
                    const Host a = Host::of(base_a, skew_a);
                    const Host b = Host::of(base_b, skew_b);
                    const carp_action by_a = action(a.in(CARP_STATE_MASTER), b.advert());
                    const carp_action by_b = action(b.in(CARP_STATE_MASTER), a.advert());
                    const bool a_better = std::pair(base_a, skew_a) < std::pair(base_b, skew_b);
                    ASSERT_EQ(by_a, a_better ? CARP_ACT_STAY : CARP_ACT_BACKUP);
                    ASSERT_EQ(by_b, a_better ? CARP_ACT_BACKUP : CARP_ACT_STAY);
                }
            }
        }
    }
}

template <size_t N> void one_of_two_equals_yields(u64 seed) {
    Chance chance(seed);
    for (int round = 0; round < 20000; round++) {
        auto a = chance.bytes<N>();
        auto b = a;
        if (chance.below(2))
            b[chance.below(N)] ^= 1 << chance.below(8);
        else
            b = chance.bytes<N>();
        if (a == b)
            continue;
        const Host host = Host::of(1, static_cast<int>(chance.below(255)));
        const carp_self master = host.in(CARP_STATE_MASTER);
        const carp_action by_a = action(master, host.advert(), tie_of(a, b, true, 0));
        const carp_action by_b = action(master, host.advert(), tie_of(b, a, true, 0));
        ASSERT_NE(resigns(by_a), resigns(by_b));
        ASSERT_EQ(by_a, a < b ? CARP_ACT_HOLD : CARP_ACT_BACKUP_PATIENT);
    }
}

TEST(ElectionProperty, OfTwoEqualMastersExactlyOneYields4) { one_of_two_equals_yields<4>(1); }
TEST(ElectionProperty, OfTwoEqualMastersExactlyOneYields6) { one_of_two_equals_yields<16>(2); }

// Whatever each side believes of addresses and families, and if one hears nothing at all: by its
// fourth advert at least one of the two has stepped down.
TEST(ElectionProperty, TwoEqualMastersDoNotHoldForLong) {
    struct Side {
        Addr4 source;
        bool decides;
        bool deaf;
        u32 own_adverts = 0;
        bool in_tie = false;
        bool master = true;
    };
    const Host host = Host::of(1, 100);
    const std::array<Addr4, 3> sources{addr4("0.0.0.0"), addr4("192.0.2.1"), addr4("192.0.2.2")};

    const auto hear = [&host](Side &me, const Side &sender) {
        if (me.deaf || !me.master)
            return;
        const carp_tie tie = tie_of(me.source, sender.source, me.decides, me.own_adverts);
        const carp_action a = action(host.in(CARP_STATE_MASTER), host.advert(), tie);
        ASSERT_TRUE(a == CARP_ACT_HOLD || resigns(a));
        me.in_tie = true;
        me.master = !resigns(a);
    };
    const auto send = [&hear](Side &me, Side &other) {
        if (!me.master)
            return;
        if (me.in_tie)
            me.own_adverts++;
        hear(other, me);
    };

    for (const Addr4 &source_a : sources) {
        for (const Addr4 &source_b : sources) {
            for (int bits = 0; bits < 16; bits++) {
                Side a{.source = source_a, .decides = !!(bits & 1), .deaf = !!(bits & 4)};
                Side b{.source = source_b, .decides = !!(bits & 2), .deaf = !!(bits & 8)};
                if (a.deaf && b.deaf)
                    continue; // nobody can help these
                for (int round = 0; round <= CARP_TIE_PATIENCE; round++) {
                    send(a, b);
                    send(b, a);
                }
                ASSERT_FALSE(a.master && b.master) << "bits " << bits;
            }
        }
    }
}

TEST(ElectionProperty, NoHoldOncePatienceIsGone) {
    Chance chance(3);
    for (int round = 0; round < 5000; round++) {
        const auto a = chance.bytes<4>();
        const auto b = chance.bytes<4>();
        const u32 adverts = CARP_TIE_PATIENCE + static_cast<u32>(chance.below(1000));
        ASSERT_EQ(tie_of(a, b, chance.below(2), adverts), CARP_TIE_BLIND);
    }
}

TEST(ElectionProperty, BowOutWakesEveryBackup) {
    for (int base = 0; base <= CARP_ADVBASE_MAX; base++) {
        for (int skew = 0; skew <= CARP_ADVSKEW_MAX; skew++) {
            for (bool preempt : {false, true}) {
                const carp_self self = Host::of(base, skew, 240).in(CARP_STATE_BACKUP, preempt);
                const carp_peer bow_out{CARP_BOW_OUT, CARP_BOW_OUT};
                const carp_decision d = carp_election_advert(&self, &bow_out, CARP_TIE_STAY);
                ASSERT_EQ(d.action, CARP_ACT_MASTER);
                ASSERT_EQ(d.reason, CARP_REASON_BOW_OUT);
            }
        }
    }
}

TEST(ElectionProperty, BowOutMovesNoMaster) {
    for (int base = 0; base <= CARP_ADVBASE_MAX; base++) {
        for (int skew = 0; skew <= CARP_ADVSKEW_MAX; skew++)
            ASSERT_EQ(action(Host::of(base, skew).in(CARP_STATE_MASTER), {255, 255}),
                      CARP_ACT_STAY);
    }
}

// Without preempt, only silence that would come anyway is a reason.
TEST(ElectionProperty, SlowMasterIsNoHiddenPreemption) {
    for_each_host([](const Host &self) {
        const carp_self backup = self.in(CARP_STATE_BACKUP);
        for (int base = 0; base <= 255; base++) {
            for (int skew = 0; skew <= 255; skew++) {
                if (base == CARP_BOW_OUT && skew == CARP_BOW_OUT)
                    continue;
                const carp_peer peer{static_cast<u8>(base), static_cast<u8>(skew)};
                const bool too_slow = carp_timing_interval(peer.advbase, peer.advskew) >
                                      carp_election_master_down(&backup);
                ASSERT_EQ(action(self.in(CARP_STATE_BACKUP), peer),
                          too_slow ? CARP_ACT_MASTER : CARP_ACT_LISTEN);
            }
        }
    });
}

// A host configured alike, or better, or demoted as long as there is an advbase, is never "slow".
TEST(ElectionProperty, EqualAdvbaseIsNeverSlow) {
    for (int base = 1; base <= 255; base++) {
        for (int skew : skews) {
            for (int theirs = 0; theirs <= 254; theirs++)
                ASSERT_EQ(action(Host::of(base, skew).in(CARP_STATE_BACKUP),
                                 Host::of(base, theirs).advert()),
                          CARP_ACT_LISTEN);
        }
    }
}

// Else two hosts would swap the address with every advert.
TEST(ElectionProperty, TakingOverIsNotUndoneByTheSameAdvert) {
    for_each_host([](const Host &self) {
        for_each_host([&self](const Host &peer) {
            for (bool preempt : {false, true}) {
                if (action(self.in(CARP_STATE_BACKUP, preempt), peer.advert()) != CARP_ACT_MASTER)
                    continue;
                ASSERT_EQ(action(self.in(CARP_STATE_MASTER, preempt), peer.advert()), CARP_ACT_STAY)
                    << int(self.advbase) << "/" << int(self.advskew_eff) << " " << int(peer.advbase)
                    << "/" << int(peer.advskew_eff);
            }
        });
    });
}

// ---- a host of ours beside one of another kind -------------------------------------------------

enum class Kind { Ours, FreeBsd, OpenBsd };

struct Member {
    Kind kind;
    u8 advbase;
    u8 advskew;
    u8 demotion; // in the skew, or with OpenBSD in byte 4
    bool preempt;
    bool lower_address;
    carp_state state = CARP_STATE_BACKUP;
    int silence = 0; // rounds without an advert

    u8 effective() const {
        return kind == Kind::OpenBsd ? advskew : carp_demotion_skew(advskew, demotion);
    }
    carp_peer advert() const {
        return {advbase, effective(), kind == Kind::OpenBsd ? demotion : u8{0}};
    }
    std::pair<int, int> rank() const { return {advbase, effective()}; }

    void become(carp_state next) {
        state = next;
        silence = 0;
    }

    void hear(const carp_peer &peer) {
        silence = 0;
        if (kind == Kind::Ours)
            hear_ours(peer);
        else
            hear_bsd(peer);
    }

    void hear_ours(const carp_peer &peer) {
        const carp_self self{.state = state,
                             .advbase = advbase,
                             .advskew = advskew,
                             .advskew_eff = effective(),
                             .preempt = preempt,
                             .demoted = demotion > 0,
                             .drained = false,
                             .held = false,
                             .wait = false};
        const carp_action a = action(self, peer, lower_address ? CARP_TIE_STAY : CARP_TIE_YIELD);
        if (resigns(a))
            become(CARP_STATE_BACKUP);
        else if (a == CARP_ACT_MASTER)
            become(CARP_STATE_MASTER);
    }

    // From the tables of the reference; FreeBSD is OpenBSD without a counter.
    void hear_bsd(const carp_peer &peer) {
        const int own_d = kind == Kind::OpenBsd ? demotion : 0;
        const int peer_d = kind == Kind::OpenBsd ? peer.demote : 0;
        const std::pair<int, int> theirs{peer.advbase, peer.advskew};
        const std::pair<int, int> slowest{3 * advbase, advskew};
        if (state == CARP_STATE_MASTER) {
            if ((rank() >= theirs && peer_d <= own_d) || peer_d < own_d)
                become(CARP_STATE_BACKUP);
        } else if ((preempt && rank() < theirs && peer_d >= own_d) || peer_d > own_d ||
                   slowest < theirs) {
            become(CARP_STATE_MASTER);
        }
    }
};

// Nobody waits for ever: who hears nothing for three rounds takes over, `first` before the other.
void one_round(Member &first, Member &second) {
    for (auto [sender, hearer] : {std::pair{&first, &second}, std::pair{&second, &first}}) {
        if (sender->state == CARP_STATE_MASTER)
            hearer->hear(sender->advert());
    }
    for (Member *member : {&first, &second}) {
        const Member *other = member == &first ? &second : &first;
        if (member->state == CARP_STATE_BACKUP && other->state != CARP_STATE_MASTER &&
            ++member->silence >= 3)
            member->become(CARP_STATE_MASTER);
    }
}

template <typename Visit> void for_each_pair(Kind other, Visit visit) {
    for (const auto &[ours, theirs] : {std::pair{0, 0}, {0, 100}, {100, 0}, {100, 99}, {240, 0}})
        for (int demotion : {0, 1, 100, 240})
            for (int theirs_demotion : {0, 1, 100, 240})
                for (int bits = 0; bits < 64; bits++) {
                    Member a{
                        Kind::Ours,   1,           static_cast<u8>(ours), static_cast<u8>(demotion),
                        !!(bits & 1), !!(bits & 2)};
                    Member b{other,
                             1,
                             static_cast<u8>(theirs),
                             static_cast<u8>(theirs_demotion),
                             !!(bits & 4),
                             !(bits & 2)};
                    a.state = bits & 8 ? CARP_STATE_MASTER : CARP_STATE_BACKUP;
                    b.state = bits & 16 ? CARP_STATE_MASTER : CARP_STATE_BACKUP;
                    visit(a, b, !!(bits & 32));
                }
}

class MixedPair : public testing::TestWithParam<Kind> {};

// From any states, whoever speaks first: one MASTER after a few rounds, the same one from then on.
TEST_P(MixedPair, SettlesOnExactlyOneMaster) {
    for_each_pair(GetParam(), [](Member a, Member b, bool b_first) {
        Member &first = b_first ? b : a;
        Member &second = b_first ? a : b;
        for (int round = 0; round < 8; round++)
            one_round(first, second);
        const carp_state settled = a.state;
        for (int round = 0; round < 8; round++) {
            ASSERT_NE(a.state == CARP_STATE_MASTER, b.state == CARP_STATE_MASTER);
            ASSERT_EQ(a.state, settled);
            one_round(first, second);
        }
    });
}

// Two masters that speak in the same moment: one of them stays, whatever OpenBSD counts.
TEST_P(MixedPair, UnequalMastersDoNotBothYield) {
    for_each_pair(GetParam(), [](Member a, Member b, bool) {
        if (a.rank() == b.rank() && !b.advert().demote)
            return;
        a.state = b.state = CARP_STATE_MASTER;
        const carp_peer of_a = a.advert();
        const carp_peer of_b = b.advert();
        a.hear(of_b);
        b.hear(of_a);
        ASSERT_NE(a.state, b.state) << int(a.advskew) << "+" << int(a.demotion) << " "
                                    << int(b.advskew) << "+" << int(b.demotion);
    });
}

constexpr std::array kind_names{"Ours", "FreeBsd", "OpenBsd"};

INSTANTIATE_TEST_SUITE_P(Kinds, MixedPair,
                         testing::Values(Kind::Ours, Kind::FreeBsd, Kind::OpenBsd),
                         [](const auto &info) {
                             return std::string{kind_names.at(static_cast<size_t>(info.param))};
                         });

TEST(ElectionProperty, StateDecidesWhichActionsArePossible) {
    Chance chance(4);
    for (int round = 0; round < 20000; round++) {
        const Host self = Host::of(chance.byte(), static_cast<int>(chance.below(255)),
                                   static_cast<int>(chance.below(241)));
        const carp_peer peer{chance.byte(), chance.byte()};
        const auto tie = static_cast<carp_tie>(chance.below(3));
        const bool preempt = chance.below(2);
        const carp_self master = self.in(CARP_STATE_MASTER, preempt);
        const carp_self backup = self.in(CARP_STATE_BACKUP, preempt);

        const carp_action m = action(master, peer, tie);
        ASSERT_TRUE(m == CARP_ACT_STAY || m == CARP_ACT_HOLD || resigns(m));
        const carp_action b = action(backup, peer, tie);
        ASSERT_TRUE(b == CARP_ACT_LISTEN || b == CARP_ACT_MASTER);
        ASSERT_EQ(action(self.in(CARP_STATE_INIT, preempt), peer, tie), CARP_ACT_IGNORE);

        // a reason if and only if the state changes
        const bool moves = resigns(m);
        ASSERT_EQ(carp_election_advert(&master, &peer, tie).reason != CARP_REASON_NONE, moves);
        const bool rises = b == CARP_ACT_MASTER;
        ASSERT_EQ(carp_election_advert(&backup, &peer, tie).reason != CARP_REASON_NONE, rises);
    }
}

} // namespace
} // namespace carp::test
