// SPDX-License-Identifier: GPL-2.0-only
// ip(8) and its plug-in: every attribute of the contract has a word to set it,
// or a key in which it is shown, or both.
#include "carp_test.hpp"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <linux/carp.h>
#include <nlohmann/json.hpp>
#include <set>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;

/// How ip names an attribute; what it does not have is empty.
struct Named {
    unsigned type;
    std::string_view word; ///< on the command line
    std::string_view key;  ///< in JSON
};

constexpr std::array named{
    Named{IFLA_CARP_PARENT, "carpdev", "parent"},
    Named{IFLA_CARP_VHID, "vhid", "vhid"},
    Named{IFLA_CARP_ADVBASE, "advbase", "advbase"},
    Named{IFLA_CARP_ADVSKEW, "advskew", "advskew"},
    Named{IFLA_CARP_KEY, "pass", ""},
    Named{IFLA_CARP_KEY_SET, "", "key_set"},
    Named{IFLA_CARP_PREEMPT, "preempt", "preempt"},
    Named{IFLA_CARP_FORCE_STATE, "state", ""},
    Named{IFLA_CARP_STATE, "", "state"},
    Named{IFLA_CARP_LAST_REASON, "", "reason"},
    Named{IFLA_CARP_LAST_CHANGE_AGE, "", "last_change_age_ms"},
    Named{IFLA_CARP_MASTER_DOWN_IN, "", "master_down_in_us"},
    Named{IFLA_CARP_TRANSITIONS, "", "transitions"},
    Named{IFLA_CARP_DEMOTION, "", "demotion"},
    Named{IFLA_CARP_ADVSKEW_EFFECTIVE, "", "advskew_effective"},
    Named{IFLA_CARP_MASTER_ADDR4, "", "master_addresses"},
    Named{IFLA_CARP_MASTER_ADDR6, "", "master_addresses"},
    Named{IFLA_CARP_REFUSED, "", "refused"},
    Named{IFLA_CARP_ANNOUNCE_COUNT, "announce_count", "announce_count"},
    Named{IFLA_CARP_ANNOUNCE_INTERVAL, "announce_interval", "announce_interval"},
    Named{IFLA_CARP_ANNOUNCE_REFRESH, "announce_refresh", "announce_refresh"},
    Named{IFLA_CARP_PEERS4, "peer", "peers"},
    Named{IFLA_CARP_PEERS6, "peer6", "peers"},
    Named{IFLA_CARP_KEY_NEXT, "next_pass", "next_key_set"},
    Named{IFLA_CARP_GRACE, "grace", "grace"},
    Named{IFLA_CARP_PREEMPT_DELAY, "preempt_delay", "preempt_delay"},
    Named{IFLA_CARP_START_HOLD, "start_hold", "start_hold"},
    Named{IFLA_CARP_PREEMPT_IN, "", "preempt_in_us"},
    Named{IFLA_CARP_HOLD_LEFT, "", "hold_left_ms"},
    Named{IFLA_CARP_HEARD_AS, "", "heard_as"},
    Named{IFLA_CARP_DRAINED, "", "drained"},
    Named{IFLA_CARP_SEQUENCE, "", "sequence"},
};

class Plugin : public CarpTest {
  protected:
    Host &a = add_host("hosta", {"192.168.1.3/24", "fe80::3/64"});
    Host &b = add_host("hostb", {"192.168.1.4/24", "fe80::4/64"});

    static CarpConfig config(unsigned advskew) {
        CarpConfig config;
        config.vhid = vhid;
        config.advskew = advskew;
        config.addresses = {"192.168.1.50/24", "fe80::50/64"};
        return config;
    }

    static nlohmann::json shown(const Carp &carp) {
        return ip_link_show(carp.host(), carp.device()).at("linkinfo").at("info_data");
    }

    static std::set<unsigned> told(const Carp &carp) {
        std::set<unsigned> types;
        const Bytes data = carp.link().link().info_data;
        for (const Attribute &attribute : attributes(data))
            types.insert(attribute.type);
        types.erase(IFLA_CARP_PAD);
        return types;
    }

    /// What the kernel tells before and after is shown. Returns its types.
    static std::set<unsigned> expect_all_shown(const Carp &carp) {
        const auto before = told(carp);
        const auto json = shown(carp);
        const auto after = told(carp);
        std::set<unsigned> both;
        std::set_intersection(before.begin(), before.end(), after.begin(), after.end(),
                              std::inserter(both, both.end()));
        for (const Named &one : named) {
            const bool due = both.count(one.type) != 0 && !one.key.empty();
            EXPECT_TRUE(!due || json.contains(one.key)) << one.key << " in " << json;
        }
        return both;
    }
};

/// A new attribute of linux/carp.h fails here until ip has a word or key.
TEST_F(Plugin, NamesEveryAttribute) {
    std::set<unsigned> known{IFLA_CARP_UNSPEC, IFLA_CARP_PAD};
    const std::string help = a.try_run({"ip", "link", "help", "carp"}).out +
                             a.try_run({"ip", "link", "help", "carp"}).err;
    for (const Named &one : named) {
        known.insert(one.type);
        EXPECT_FALSE(one.word.empty() && one.key.empty()) << one.type;
        EXPECT_NE(help.find(one.word), std::string::npos) << one.word;
    }
    for (unsigned type = 0; type <= IFLA_CARP_MAX; ++type)
        EXPECT_EQ(known.count(type), 1U) << "attribute " << type;
}

/// From the first refused advert over a hold and a delayed preemption to MASTER:
/// everything that can be read has been there, and ip has shown it.
TEST_F(Plugin, ShowsWhatTheKernelTells) {
    const Carp on_a(a, config(100));
    ASSERT_TRUE(on_a.wait_for(State::Master, 5s));
    CarpConfig of_b = config(0);
    of_b.pass = "otherpass";
    of_b.up = false;
    const Carp on_b(b, of_b);
    on_b.set({"start_hold", "4000", "preempt", "on", "preempt_delay", "4000"});
    on_b.up();

    std::set<unsigned> seen;
    const auto look = [&](Duration time) {
        for (const Instant end = now() + time; now() < end; sleep_for(300ms))
            seen.merge(expect_all_shown(on_b));
    };
    look(2s);
    on_b.set({"pass", "testpass"});
    look(10s);
    EXPECT_EQ(on_b.state(), State::Master);
    on_b.set({"peer", "192.168.1.3", "peer6", "fe80::3"});
    look(500ms);
    for (const Named &one : named) {
        const bool due = !one.key.empty() && one.word != "next_pass";
        EXPECT_TRUE(!due || seen.count(one.type) != 0) << one.key << " was never there to be shown";
    }
}

/// Set by ip, told by the kernel, shown by ip.
TEST_F(Plugin, SetsEverything) {
    const Carp carp(a, config(0));
    struct Case {
        std::vector<std::string> words;
        unsigned type;
        std::uint64_t number;
        std::string key;
        nlohmann::json value;
    };
    const std::vector<Case> cases{
        {{"advbase", "3"}, IFLA_CARP_ADVBASE, 3, "advbase", 3},
        {{"advskew", "77"}, IFLA_CARP_ADVSKEW, 77, "advskew", 77},
        {{"preempt", "on"}, IFLA_CARP_PREEMPT, 2, "preempt", "on"},
        {{"preempt", "off"}, IFLA_CARP_PREEMPT, 1, "preempt", "off"},
        {{"preempt", "inherit"}, IFLA_CARP_PREEMPT, 0, "preempt", "inherit"},
        {{"preempt_delay", "1500"}, IFLA_CARP_PREEMPT_DELAY, 1500, "preempt_delay", 1500},
        {{"start_hold", "2500"}, IFLA_CARP_START_HOLD, 2500, "start_hold", 2500},
        {{"grace", "60"}, IFLA_CARP_GRACE, 60, "grace", 60},
        {{"announce_count", "5"}, IFLA_CARP_ANNOUNCE_COUNT, 5, "announce_count", 5},
        {{"announce_interval", "70"}, IFLA_CARP_ANNOUNCE_INTERVAL, 70, "announce_interval", 70},
        {{"announce_refresh", "30"}, IFLA_CARP_ANNOUNCE_REFRESH, 30, "announce_refresh", 30},
        {{"next_pass", "next-key"}, IFLA_CARP_KEY_SET, 3, "next_key_set", true},
        {{"next_pass", ""}, IFLA_CARP_KEY_SET, 1, "next_key_set", false},
        {{"state", "backup"}, IFLA_CARP_STATE, CARP_STATE_BACKUP, "state", "backup"},
    };
    ASSERT_TRUE(carp.wait_for(State::Master, 5s));
    for (const Case &one : cases) {
        SCOPED_TRACE(one.words.front() + " " + one.words.back());
        carp.set(one.words);
        EXPECT_EQ(carp.link().find_number(one.type), one.number);
        EXPECT_EQ(shown(carp).at(one.key), one.value);
    }
    // In text, too; and all of it in one request.
    const std::string text = a.run({"ip", "-d", "link", "show", "dev", "carp0"});
    for (const char *const words :
         {"advbase 3 ", "advskew 77 ", "preempt inherit ", "grace 60 ", "preempt_delay 1500 ",
          "start_hold 2500 ", "announce_count 5 ", "announce_interval 70 ", "announce_refresh 30 "})
        EXPECT_NE(text.find(words), std::string::npos) << words << "in " << text;
    a.run({"ip",
           "link",
           "add",
           "carp1",
           "link",
           "eth0",
           "type",
           "carp",
           "vhid",
           "9",
           "pass",
           "testpass",
           "next_pass",
           "next-key",
           "grace",
           "1",
           "preempt",
           "on",
           "preempt_delay",
           "2",
           "start_hold",
           "3",
           "announce_count",
           "4",
           "announce_interval",
           "5",
           "announce_refresh",
           "6",
           "peer",
           "192.168.1.4",
           "peer6",
           "fe80::4"});
    const auto all = shown(Carp(a, "carp1", 9));
    EXPECT_EQ(all.at("parent"), "eth0");
    EXPECT_EQ(all.at("vhid"), 9);
    EXPECT_EQ(all.at("key_set"), true);
    EXPECT_EQ(all.at("next_key_set"), true);
    EXPECT_EQ(all.at("grace"), 1);
    EXPECT_EQ(all.at("preempt_delay"), 2);
    EXPECT_EQ(all.at("start_hold"), 3);
    EXPECT_EQ(all.at("announce_count"), 4);
    EXPECT_EQ(all.at("announce_interval"), 5);
    EXPECT_EQ(all.at("announce_refresh"), 6);
    EXPECT_EQ(all.at("peers"), (nlohmann::json{"192.168.1.4", "fe80::4"}));
}

} // namespace
} // namespace e2e
