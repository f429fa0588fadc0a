// SPDX-License-Identifier: GPL-2.0-only
// The key changes while the group is at work: the next one is made known to
// all, then each takes it, in any order.
#include "carp_request.hpp"
#include "carp_test.hpp"

#include <gtest/gtest.h>
#include <linux/carp.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;
const std::string first_key = "testpass";
const std::string second_key = "another-key";
constexpr const char *third_address = "192.168.1.60/24";

/// B's master-down time: three intervals of one second, and its advskew.
constexpr Duration master_down_b = 3s + Duration{100s} / 256;
constexpr Duration longer_than_grace = 310s;
const Duration moment = 2ms + 4 * timer_resolution();

class KeyTest : public CarpTest {
  protected:
    Host &a = add_host("hosta", {"192.168.1.3/24"});
    Host &b = add_host("hostb", {"192.168.1.4/24"});
    Carp on_a{a, config(20)};
    Carp on_b{b, config(100)};

    void SetUp() override {
        ASSERT_TRUE(on_a.wait_for(State::Master, 5s));
        ASSERT_TRUE(on_b.wait_for(State::Backup, 1s));
        hear(a);
    }

    static CarpConfig config(unsigned advskew) {
        CarpConfig config;
        config.vhid = vhid;
        config.advskew = advskew;
        config.pass = first_key;
        config.addresses = {"192.168.1.50/24"};
        return config;
    }

    static void add(const Carp &carp, const char *address) {
        carp.host().add_address(carp.device(), address);
    }

    static void announce_second_key(const Carp &carp) {
        set_key(carp, IFLA_CARP_KEY_NEXT, second_key);
    }

    static void take_second_key(const Carp &carp) { set_key(carp, IFLA_CARP_KEY, second_key); }

    /// Two adverts, so that the second one was made after now for sure.
    void hear(const Host &master) {
        const auto advert = match::all(match::from(master), match::advert(vhid));
        const auto one = capture().wait_for(advert, 3s);
        ASSERT_TRUE(one);
        ASSERT_TRUE(capture().wait_for(advert, 3s, one->time() + 1ms));
        sleep_for(1ms);
    }

    static bool signed_with(const Frame &frame, const std::string &key,
                            const std::vector<Address> &addresses = {"192.168.1.50"}) {
        const auto advert = frame.advert();
        return advert && advert->digest == carp_digest(key, vhid, addresses, advert->counter);
    }

    static FramePredicate made_with(const std::string &key) {
        return [key](const Frame &frame) { return signed_with(frame, key); };
    }

    /// Nothing happened to the group but the change of its key.
    void expect_undisturbed() {
        EXPECT_EQ(on_a.state(), State::Master);
        EXPECT_EQ(on_a.link().transitions(), 2U);
        EXPECT_EQ(on_b.state(), State::Backup);
        EXPECT_EQ(on_b.link().transitions(), 1U);
        for (const Carp *carp : {&on_a, &on_b})
            EXPECT_EQ(carp->link().counter(CARP_XSTATS_BADAUTH), 0U);
        EXPECT_NO_FRAME(capture(), match::all(match::from(b), match::claims(vhid)),
                        match::all(match::from(a), match::advert(vhid)));
    }

    static void expect_only_second_key(const Carp &carp) {
        EXPECT_TRUE(carp.link().key_set());
        EXPECT_FALSE(carp.link().next_key_set()) << "it is the key now";
    }
};

/// With the master first, nobody has to hurry: the others know the new key.
TEST_F(KeyTest, MasterFirstAtAnyPace) {
    announce_second_key(on_b);
    sleep_for(longer_than_grace);
    announce_second_key(on_a);
    sleep_for(10s);
    EXPECT_TRUE(on_a.link().next_key_set());
    EXPECT_EQ(on_b.link().heard_as(), static_cast<unsigned>(CARP_MATCH_PRESENT));
    EXPECT_NO_FRAME(capture(), match::all(match::advert(vhid), made_with(second_key)),
                    match::all(match::advert(vhid), made_with(first_key)));

    const Instant taken = now();
    take_second_key(on_a);
    hear(a);
    EXPECT_EQ(on_b.link().heard_as(), static_cast<unsigned>(CARP_MATCH_KEY_NEXT));
    sleep_for(longer_than_grace);
    EXPECT_NO_FRAME(capture(),
                    match::all(match::advert(vhid), match::since(taken + 1s), made_with(first_key)),
                    match::all(match::advert(vhid), match::since(taken), made_with(second_key)));
    take_second_key(on_b);
    hear(a);
    EXPECT_EQ(on_b.link().heard_as(), static_cast<unsigned>(CARP_MATCH_PRESENT));
    expect_undisturbed();
    expect_only_second_key(on_a);
    expect_only_second_key(on_b);

    wire().cut(a);
    EXPECT_TRUE(on_b.wait_for(State::Master, 5s));
    EXPECT_EQ(on_b.link().heard_as(), static_cast<unsigned>(CARP_MATCH_NONE));
}

/// With the backups first, the master follows within the grace of the old key.
TEST_F(KeyTest, BackupsFirstWithinGrace) {
    announce_second_key(on_a);
    announce_second_key(on_b);
    take_second_key(on_b);
    sleep_for(290s);
    EXPECT_EQ(on_b.link().heard_as(), static_cast<unsigned>(CARP_MATCH_OLD_KEY));
    take_second_key(on_a);
    hear(a);
    EXPECT_EQ(on_b.link().heard_as(), static_cast<unsigned>(CARP_MATCH_PRESENT));
    sleep_for(20s);
    expect_undisturbed();
}

/// Key and list change together, in the orders in which it could go wrong.
class WithList : public KeyTest, public ::testing::WithParamInterface<std::vector<int>> {};

TEST_P(WithList, NoSecondMaster) {
    announce_second_key(on_a);
    announce_second_key(on_b);
    const std::vector<std::function<void()>> steps{
        [&] { add(on_b, third_address); },
        [&] { take_second_key(on_b); },
        [&] { take_second_key(on_a); },
        [&] { add(on_a, third_address); },
    };
    for (const int step : GetParam()) {
        steps.at(static_cast<std::size_t>(step))();
        sleep_for(10s);
    }
    expect_undisturbed();
    EXPECT_EQ(on_b.link().heard_as(), static_cast<unsigned>(CARP_MATCH_PRESENT));
    const auto advert = capture().last(match::all(match::from(a), match::advert(vhid)));
    ASSERT_TRUE(advert);
    EXPECT_TRUE(signed_with(*advert, second_key, {"192.168.1.50", "192.168.1.60"}));
}

// The list of the backup comes before that of the master.
INSTANTIATE_TEST_SUITE_P(Orders, WithList,
                         ::testing::Values(std::vector{0, 1, 2, 3}, std::vector{0, 1, 3, 2},
                                           std::vector{0, 2, 1, 3}, std::vector{0, 2, 3, 1},
                                           std::vector{0, 3, 1, 2}, std::vector{1, 0, 2, 3},
                                           std::vector{1, 0, 3, 2}, std::vector{2, 0, 1, 3},
                                           std::vector{2, 0, 3, 1}),
                         [](const auto &info) {
                             std::string name = "Order";
                             for (const int step : info.param)
                                 name += std::to_string(step);
                             return name;
                         });

/// A host that is set up in the middle of it has the new key and knows the old.
TEST_F(KeyTest, ThirdHostJoinsInTheMiddle) {
    announce_second_key(on_a);
    announce_second_key(on_b);
    Host &c = add_host("hostc", {"192.168.1.5/24"});
    CarpConfig of_c = config(60);
    of_c.pass = second_key;
    of_c.up = false;
    const Carp on_c(c, of_c);
    set_key(on_c, IFLA_CARP_KEY_NEXT, first_key);
    on_c.up();
    hear(a);
    EXPECT_EQ(on_c.link().heard_as(), static_cast<unsigned>(CARP_MATCH_KEY_NEXT));
    take_second_key(on_a);
    hear(a);
    EXPECT_EQ(on_c.link().heard_as(), static_cast<unsigned>(CARP_MATCH_PRESENT));
    expect_undisturbed();

    // It is the one to take over, and the one that changed nothing yet hears it.
    wire().cut(a);
    ASSERT_TRUE(on_c.wait_for(State::Master, 5s));
    hear(c);
    EXPECT_EQ(on_b.state(), State::Backup);
    EXPECT_EQ(on_b.link().heard_as(), static_cast<unsigned>(CARP_MATCH_KEY_NEXT));
    take_second_key(on_b);
    set_key(on_c, IFLA_CARP_KEY_NEXT, "");
    EXPECT_FALSE(on_c.link().next_key_set());
    hear(c);
    EXPECT_EQ(on_b.link().heard_as(), static_cast<unsigned>(CARP_MATCH_PRESENT));
    EXPECT_EQ(on_b.link().transitions(), 1U);
}

/// A master that has changed its key never heard the old one: it was its own.
/// Still it makes room for a better host that has it.
TEST_F(KeyTest, ReplacedKeyCountsUnheard) {
    announce_second_key(on_a);
    announce_second_key(on_b);
    take_second_key(on_a);
    hear(a);
    change(on_b, [](Message &message) {
        message.put_u32(IFLA_CARP_PREEMPT, CARP_PREEMPT_ON).put_u32(IFLA_CARP_ADVSKEW, 0);
    });
    ASSERT_TRUE(on_b.wait_for(State::Master, 5s));
    ASSERT_TRUE(on_a.wait_for(State::Backup, 1s));
    EXPECT_EQ(on_a.link().heard_as(), static_cast<unsigned>(CARP_MATCH_OLD_KEY));
    sleep_for(10s);
    EXPECT_EQ(on_a.state(), State::Backup);
    EXPECT_EQ(on_a.link().counter(CARP_XSTATS_BADAUTH), 0U);
}

/// A replaced key counts for that long, and then no more.
TEST_F(KeyTest, GraceEnds) {
    invariants().split(vhid);
    change(on_b, [](Message &message) { message.put_u32(IFLA_CARP_GRACE, 10); });
    const Instant replaced = now();
    take_second_key(on_b);
    ASSERT_TRUE(on_b.wait_for(State::Master, 20s));
    const Instant took_over = now() - on_b.link().last_change_age();
    const auto advert = match::all(match::from(a), match::advert(vhid));
    // The last one that counted is the last one within the ten seconds.
    const auto last = capture().last(match::all(advert, match::between(replaced, replaced + 10s)));
    ASSERT_TRUE(last);
    EXPECT_GE(took_over, last->time() + master_down_b - moment);
    EXPECT_LE(took_over, last->time() + master_down_b + moment);
    EXPECT_EQ(on_b.link().refused().value().counter, static_cast<unsigned>(CARP_XSTATS_BADAUTH));
}

/// Without grace a replaced key does not count at all, although a next one was
/// set and the list is one that was heard.
TEST_F(KeyTest, NoGraceAtAll) {
    invariants().split(vhid);
    const auto advert = match::all(match::from(a), match::advert(vhid));
    const auto last = capture().wait_for(advert, 3s);
    ASSERT_TRUE(last);
    change(on_b, [](Message &message) {
        message.put_u32(IFLA_CARP_GRACE, 0).put(IFLA_CARP_KEY, bytes_of(second_key));
    });
    ASSERT_LT(now(), last->time() + 900ms);
    ASSERT_TRUE(on_b.wait_for(State::Master, 5s));
    const Instant took_over = now() - on_b.link().last_change_age();
    EXPECT_GE(took_over, last->time() + master_down_b - moment);
    EXPECT_LE(took_over, last->time() + master_down_b + moment);
}

/// A new grace is that of keys replaced from then on.
TEST_F(KeyTest, GraceIsThatOfTheReplacement) {
    announce_second_key(on_a);
    announce_second_key(on_b);
    take_second_key(on_b);
    change(on_b, [](Message &message) { message.put_u32(IFLA_CARP_GRACE, 0); });
    sleep_for(20s);
    EXPECT_EQ(on_b.link().heard_as(), static_cast<unsigned>(CARP_MATCH_OLD_KEY));
    take_second_key(on_a);
    hear(a);
    expect_undisturbed();
}

/// A next key that is taken back counts no more, nor one that another replaces.
TEST_F(KeyTest, NextKeyIsTakenBack) {
    invariants().split(vhid);
    announce_second_key(on_b);
    set_key(on_b, IFLA_CARP_KEY_NEXT, "");
    EXPECT_FALSE(on_b.link().next_key_set());
    take_second_key(on_a);
    ASSERT_TRUE(on_b.wait_for(State::Master, 5s));
    EXPECT_GE(on_b.link().counter(CARP_XSTATS_BADAUTH), 3U);
    announce_second_key(on_b);
    EXPECT_TRUE(on_b.wait_for(State::Backup, 3s)) << "now it knows the master again";
    set_key(on_b, IFLA_CARP_KEY_NEXT, "third-key");
    EXPECT_TRUE(on_b.wait_for(State::Master, 5s));
}

/// Who takes the key that it has changes nothing, and loses nothing.
TEST_F(KeyTest, SameKeyAgain) {
    announce_second_key(on_b);
    for (unsigned i = 0; i < 40; ++i)
        set_key(on_b, IFLA_CARP_KEY, first_key);
    EXPECT_TRUE(on_b.link().next_key_set());
    hear(a);
    EXPECT_EQ(on_b.link().heard_as(), static_cast<unsigned>(CARP_MATCH_PRESENT));
    take_second_key(on_a);
    hear(a);
    EXPECT_EQ(on_b.link().heard_as(), static_cast<unsigned>(CARP_MATCH_KEY_NEXT));
    expect_undisturbed();
}

/// The list that the master still has is named, and so is what it is not.
TEST_F(KeyTest, OldListIsNamed) {
    add(on_b, third_address);
    hear(a);
    EXPECT_EQ(on_b.link().heard_as(), static_cast<unsigned>(CARP_MATCH_OLD_LIST));
    add(on_a, third_address);
    hear(a);
    EXPECT_EQ(on_b.link().heard_as(), static_cast<unsigned>(CARP_MATCH_PRESENT));
    expect_undisturbed();
}

} // namespace
} // namespace e2e
