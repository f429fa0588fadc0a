// SPDX-License-Identifier: GPL-2.0-only
// A parent that does not take adverts: what it does to the demotion, and when that ends.
#include "carp_test.hpp"
#include "causes.hpp"

#include <gtest/gtest.h>
#include <linux/carp.h>

namespace e2e {
namespace {

std::string knob(const std::string &name) { return "net.inet.carp." + name; }

class SendError : public CarpTest {
  protected:
    Host &a = add_host("hosta", {"192.168.1.3/24"});
    Host &b = add_host("hostb", {"192.168.1.4/24"});
    std::optional<Carp> on_a;
    std::optional<Causes> causes;

    void SetUp() override {
        on_a.emplace(a, config(0));
        causes.emplace(a);
        ASSERT_TRUE(on_a->wait_for(State::Master, 4s));
        next_advert();
    }

    static CarpConfig config(unsigned advskew) {
        CarpConfig config;
        config.advskew = advskew;
        config.addresses = {"192.168.1.50/24"};
        return config;
    }

    void next_advert() {
        const Instant start = now();
        ASSERT_TRUE(capture().wait_for(match::all(match::advert(1), match::since(start)), 1500ms));
    }

    void take_nothing() {
        a.run({"tc", "qdisc", "add", "dev", "eth0", "root", "pfifo", "limit", "0"});
    }
    void take_all() { a.run({"tc", "qdisc", "del", "dev", "eth0", "root"}); }
    std::string sum() const { return a.sysctl(knob("demotion")); }
};

TEST_F(SendError, ThreeInARowDemoteAndThreeThatAreTakenEndIt) {
    take_nothing();
    sleep_for(2500ms);
    EXPECT_EQ(sum(), "0") << "two failed so far";
    EXPECT_EQ(on_a->link().counter(CARP_XSTATS_TX_ERRORS), 2U);
    sleep_for(1s);
    EXPECT_EQ(sum(), "240");
    EXPECT_EQ(a.sysctl(knob("suppress_preempt")), "1");
    const auto rows = causes->list();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].name, "senderr");
    EXPECT_EQ(rows[0].ifname, "carp0");
    EXPECT_EQ(rows[0].value, 240U);
    EXPECT_EQ(rows[0].owner, unsigned{CARP_OWNER_KERNEL});
    a.set_sysctl(knob("senderr_demotion_factor"), "7");
    EXPECT_EQ(sum(), "7");

    take_all();
    next_advert();
    next_advert();
    sleep_for(500ms);
    EXPECT_EQ(sum(), "7") << "two were taken so far";
    next_advert();
    EXPECT_EQ(sum(), "0");
    EXPECT_EQ(a.sysctl(knob("suppress_preempt")), "0");
    EXPECT_TRUE(causes->list().empty());
}

/// It says nothing as BACKUP, so only as MASTER, or with a new link, it can be healed.
TEST_F(SendError, GivesWayUntilItCanSendAgain) {
    const Carp on_b(b, config(100));
    ASSERT_TRUE(on_b.wait_for(State::Backup, 1s));
    take_nothing();
    ASSERT_TRUE(on_b.wait_for(State::Master, 5s));
    ASSERT_TRUE(on_a->wait_for(State::Backup, 2s));
    take_all();
    sleep_for(10s);
    EXPECT_EQ(on_a->state(), State::Backup);
    EXPECT_EQ(sum(), "240");

    on_b.down();
    ASSERT_TRUE(on_a->wait_for(State::Master, 5s));
    EXPECT_TRUE(wait_until([&] { return sum() == "0"; }, 8s)) << "three adverts of 1.94 s";
    on_b.up();

    take_nothing();
    ASSERT_TRUE(wait_until([&] { return sum() == "240"; }, 5s));
    ASSERT_TRUE(on_a->wait_for(State::Backup, 5s));
    take_all();
    wire().cut(a);
    ASSERT_TRUE(on_a->wait_for(State::Init, 2s));
    wire().heal(a);
    EXPECT_TRUE(wait_until([&] { return sum() == "0"; }, 1s));
}

} // namespace
} // namespace e2e
