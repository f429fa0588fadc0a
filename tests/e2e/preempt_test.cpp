// SPDX-License-Identifier: GPL-2.0-only
// The delay of preemptions: exact, for preemptions only, and begun anew by
// anything but a slower advert. And who is preempted for OpenBSD's counter.
#include "carp_test.hpp"
#include "packet_socket.hpp"

#include <cerrno>
#include <gtest/gtest.h>
#include <linux/carp.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;
constexpr std::uint32_t delay_ms = 2500;
constexpr Duration delay{2500ms};
const Duration exact = 1ms + 2 * timer_resolution();

class Preempt : public CarpTest {
  protected:
    Host &a = add_host("hosta", {"192.168.1.3/24"});
    Host &b = add_host("hostb", {"192.168.1.4/24"});
    std::optional<Carp> on_a; ///< advskew 0
    std::optional<Carp> on_b; ///< advskew 100, MASTER

    void SetUp() override {
        CarpConfig config;
        config.addresses = {"192.168.1.50/24"};
        config.advskew = 100;
        on_b.emplace(b, config);
        ASSERT_TRUE(on_b->wait_for(State::Master, 4s));
        config.advskew = 0;
        config.up = false;
        on_a.emplace(a, config);
    }

    /// A comes, and hears an advert of B; when that was.
    Instant begin(std::uint32_t ms = delay_ms) {
        on_a->set({"preempt", "on"});
        on_a->set(IFLA_CARP_PREEMPT_DELAY, ms);
        const Instant start = now();
        on_a->up();
        return capture()
            .wait_for(match::all(match::from(b), match::advert(vhid)), 3s, start)
            .value()
            .time();
    }

    Instant first_of_a(Instant since, Duration timeout) {
        const auto frame =
            capture().wait_for(match::all(match::from(a), match::advert(vhid)), timeout, since);
        EXPECT_TRUE(frame) << "A did not take over";
        return frame ? frame->time() : Instant{};
    }

    static void expect_after(Instant start, Instant end, Duration wait) {
        EXPECT_GE(end - start, wait - exact) << to_text(end - start);
        EXPECT_LE(end - start, wait + exact) << to_text(end - start);
    }

    /// An advert of a third host.
    void say(unsigned advskew, unsigned demote) {
        AdvertFrame frame =
            make_advert(vhid, "192.168.1.66", 1, advskew, "testpass", {"192.168.1.50"});
        frame.carp.demote = static_cast<std::uint8_t>(demote);
        frame.carp.fix_checksum();
        Host &stranger = *stranger_;
        PacketSocket(stranger).send(frame.bytes());
    }
    void add_stranger() {
        stranger_ = &add_host("stranger", {"192.168.1.66/24"});
        invariants().outsider(*stranger_);
    }

  private:
    Host *stranger_ = nullptr;
};

TEST_F(Preempt, WaitsForItsDelayToTheMillisecond) {
    const Instant heard = begin();
    sleep_until(heard + 1s);
    const auto left = on_a->link().find_number(IFLA_CARP_PREEMPT_IN);
    ASSERT_TRUE(left);
    EXPECT_LE(*left, 1500000U);
    EXPECT_GE(*left, 1490000U);
    expect_after(heard, first_of_a(heard, 3s), delay);
    EXPECT_EQ(on_a->link().reason(), unsigned{CARP_REASON_PREEMPT});
    EXPECT_FALSE(on_a->link().find_number(IFLA_CARP_PREEMPT_IN));
    EXPECT_EQ(on_a->link().find_number(IFLA_CARP_PREEMPT_DELAY), delay_ms);
}

TEST_F(Preempt, CountsFromTheFirstOfAnUnbrokenRow) {
    const Instant heard = begin();
    sleep_until(heard + 1700ms);
    // An equal advert is no slower one.
    b.run({"ip", "link", "set", "carp0", "type", "carp", "advskew", "0"});
    sleep_for(50ms);
    EXPECT_FALSE(on_a->link().find_number(IFLA_CARP_PREEMPT_IN));
    const Instant again = now();
    b.run({"ip", "link", "set", "carp0", "type", "carp", "advskew", "100"});
    const auto first =
        capture().wait_for(match::all(match::from(b), match::advert(vhid)), 1s, again);
    ASSERT_TRUE(first);
    expect_after(first->time(), first_of_a(heard, 4s), delay);
}

TEST_F(Preempt, BowOutIsNotDelayed) {
    const Instant heard = begin(60000);
    on_b->down();
    const auto bow_out =
        capture().wait_for(match::all(match::from(b), match::bow_out(vhid)), 1s, heard);
    ASSERT_TRUE(bow_out);
    expect_after(bow_out->time(), first_of_a(heard, 1s), 0ms);
    EXPECT_EQ(on_a->link().reason(), unsigned{CARP_REASON_BOW_OUT});
}

TEST_F(Preempt, TimeoutIsNotDelayed) {
    const Instant heard = begin(60000);
    wire().cut(b);
    expect_after(heard, first_of_a(heard, 4s), master_down_time(1, 0));
    EXPECT_EQ(on_a->link().reason(), unsigned{CARP_REASON_MASTER_TIMEOUT});
}

TEST_F(Preempt, DelayCanBeChangedMeanwhile) {
    const Instant heard = begin(60000);
    sleep_for(100ms);
    on_a->set(IFLA_CARP_PREEMPT_DELAY, delay_ms);
    expect_after(heard, first_of_a(heard, 3s), delay);
    // On a MASTER it changes nothing.
    const std::uint64_t transitions = on_a->link().transitions();
    on_a->set(IFLA_CARP_PREEMPT_DELAY, 0);
    on_a->set(IFLA_CARP_START_HOLD, CARP_START_HOLD_MAX);
    sleep_for(4s);
    EXPECT_EQ(on_a->state(), State::Master);
    EXPECT_EQ(on_a->link().transitions(), transitions);
}

TEST_F(Preempt, DelayZeroedTakesOverAtOnce) {
    const Instant heard = begin(60000);
    sleep_for(100ms);
    const Instant set = now();
    on_a->set(IFLA_CARP_PREEMPT_DELAY, 0);
    EXPECT_LE(first_of_a(heard, 1s) - set, 5ms);
}

TEST_F(Preempt, RefusesWhatIsOutOfRange) {
    for (const auto &[type, name] : {std::pair{IFLA_CARP_PREEMPT_DELAY, "preempt_delay"},
                                     std::pair{IFLA_CARP_START_HOLD, "start_hold"}}) {
        const auto refusal = on_a->try_set(type, 3600001);
        ASSERT_TRUE(refusal);
        EXPECT_EQ(refusal->error, ERANGE);
        for (const char *word : {name, "3600001", "0..3600000"})
            EXPECT_NE(refusal->text.find(word), std::string::npos) << refusal->text;
        on_a->set(type, 3600000);
        EXPECT_EQ(on_a->link().find_number(type), 3600000U);
    }
}

/// Who counts demotions as OpenBSD does is replaced by a healthy BACKUP, which
/// need not preempt, and by that alone; and nobody yields to it.
TEST_F(Preempt, DemotedOpenBsdMasterIsReplaced) {
    add_stranger();
    on_b->down();
    on_b->up();
    ASSERT_EQ(on_b->state(), State::Backup);
    say(50, 0);
    sleep_for(10ms);
    EXPECT_EQ(on_b->state(), State::Backup);
    b.set_sysctl("net.inet.carp.demotion", "1");
    say(50, 1);
    sleep_for(10ms);
    EXPECT_EQ(on_b->state(), State::Backup) << "it is demoted itself";
    b.set_sysctl("net.inet.carp.demotion", "-1");
    const Instant start = now();
    say(50, 1);
    EXPECT_TRUE(on_b->wait_for(State::Master, 50ms));
    EXPECT_EQ(on_b->link().reason(), unsigned{CARP_REASON_PREEMPT});
    for (const unsigned counter : {1U, 255U}) {
        say(0, counter);
        sleep_for(10ms);
        EXPECT_EQ(on_b->state(), State::Master);
    }
    for (const Frame &frame : capture().select(match::all(match::from(b), match::since(start))))
        EXPECT_EQ(frame.advert().value_or(CarpHeader{}).demote, 0U);
    say(0, 0);
    EXPECT_TRUE(on_b->wait_for(State::Backup, 50ms));
}

} // namespace
} // namespace e2e
