// SPDX-License-Identifier: GPL-2.0-or-later
#include "ip_helpers.hpp"

#include "attributes.hpp"
#include "request.hpp"

#include <carpnl/address.hpp>
#include <carpnl/counters.hpp>
#include <carpnl/types.hpp>

#include <gtest/gtest.h>

#include <linux/carp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <random>

extern "C" {
extern link_util carp_link_util;
}

namespace {

using carpnl::detail::Attributes;
using carpnl::detail::Request;
using carptest::printed;
using Words = std::vector<std::string>;
using Json = nlohmann::json;

class Plugin : public ::testing::Test {
  protected:
    void SetUp() override { printed().reset(); }

    /// What the plug-in makes of the words: its result, or the helper that it ended in.
    std::string parse(Words words) {
        request = {};
        head()->nlmsg_len = NLMSG_HDRLEN;
        std::vector<char *> argv;
        for (auto &word : words)
            argv.push_back(word.data());
        ::testing::internal::CaptureStderr();
        std::string result;
        try {
            result = std::to_string(carp_link_util.parse_opt(
                &carp_link_util, static_cast<int>(argv.size()), argv.data(), head()));
        } catch (const carptest::Exit &exit) {
            result = exit.what();
        }
        errors = ::testing::internal::GetCapturedStderr();
        left = words;
        return result;
    }

    nlmsghdr *head() { return reinterpret_cast<nlmsghdr *>(request.data()); }

    Attributes put() {
        return Attributes(std::as_bytes(std::span(request))
                              .subspan(NLMSG_HDRLEN, head()->nlmsg_len - NLMSG_HDRLEN));
    }

    std::string key() {
        std::string text;
        const auto bytes = put().bytes(IFLA_CARP_KEY);
        if (!bytes)
            return "none";
        for (const std::byte one : *bytes)
            text += static_cast<char>(one);
        return text;
    }

    /// Prints attributes as ip does: parsed into a table first.
    static void print(const Request &attributes) {
        std::vector<std::byte> copy(attributes.bytes().begin(), attributes.bytes().end());
        print_bytes(copy);
    }
    static void print_bytes(std::vector<std::byte> &message) {
        std::array<rtattr *, IFLA_CARP_MAX + 1> table{};
        parse_rtattr(table.data(), IFLA_CARP_MAX,
                     reinterpret_cast<rtattr *>(message.data() + NLMSG_HDRLEN),
                     static_cast<int>(message.size() - NLMSG_HDRLEN));
        carp_link_util.print_opt(&carp_link_util, stdout, table.data());
    }

    alignas(nlmsghdr) std::array<char, 1024> request{};
    std::string errors;
    Words left;
};

void put_u64(Request &request, std::uint16_t type, std::uint64_t value) {
    request.put(type, std::as_bytes(std::span(&value, 1)));
}

Request full() {
    Request request(RTM_NEWLINK, 0, 4096);
    const std::byte one{1};
    const std::byte both_keys{CARP_KEY_SET_PRESENT | CARP_KEY_SET_NEXT};
    request.put_u32(IFLA_CARP_PARENT, 2)
        .put_u32(IFLA_CARP_VHID, 1)
        .put_u32(IFLA_CARP_ADVBASE, 1)
        .put_u32(IFLA_CARP_ADVSKEW, 100)
        .put_u32(IFLA_CARP_ADVSKEW_EFFECTIVE, 240)
        .put_u32(IFLA_CARP_DEMOTION, 140)
        .put(IFLA_CARP_KEY_SET, std::span(&both_keys, 1))
        .put_u32(IFLA_CARP_GRACE, 60)
        .put_u32(IFLA_CARP_PREEMPT_DELAY, 1500)
        .put_u32(IFLA_CARP_START_HOLD, 30000)
        .put_u32(IFLA_CARP_HEARD_AS, CARP_MATCH_OLD_KEY)
        .put(IFLA_CARP_DRAINED, std::span(&one, 1))
        .put_u32(IFLA_CARP_PREEMPT, CARP_PREEMPT_ON)
        .put_u32(IFLA_CARP_ANNOUNCE_COUNT, 3)
        .put_u32(IFLA_CARP_ANNOUNCE_INTERVAL, 100)
        .put_u32(IFLA_CARP_ANNOUNCE_REFRESH, 60)
        .put_u32(IFLA_CARP_STATE, CARP_STATE_BACKUP)
        .put_u32(IFLA_CARP_LAST_REASON, CARP_REASON_BETTER_MASTER);
    put_u64(request, IFLA_CARP_LAST_CHANGE_AGE, 125000);
    put_u64(request, IFLA_CARP_MASTER_DOWN_IN, 2913000);
    put_u64(request, IFLA_CARP_TRANSITIONS, 3);
    put_u64(request, IFLA_CARP_SEQUENCE, 77);
    put_u64(request, IFLA_CARP_PREEMPT_IN, 1234567);
    put_u64(request, IFLA_CARP_HOLD_LEFT, 2500);
    request.put(IFLA_CARP_MASTER_ADDR4, carpnl::Address::parse("192.168.1.3/32").bytes());
    request.put(IFLA_CARP_MASTER_ADDR6, carpnl::Address::parse("fe80::3/64").bytes());
    {
        const Request::Nest peers(request, IFLA_CARP_PEERS6);
        request.put(CARP_PEERS_ADDR6, carpnl::Address::parse("fe80::4/64").bytes());
        request.put_u32(CARP_PEERS_ADDR6, 1); // too short
    }
    const Request::Nest refused(request, IFLA_CARP_REFUSED);
    request.put_u32(CARP_REFUSED_COUNTER, CARP_XSTATS_BADAUTH);
    put_u64(request, CARP_REFUSED_AGE, 412);
    request.put(CARP_REFUSED_ADDR4, carpnl::Address::parse("192.168.1.4/32").bytes());
    return request;
}

TEST_F(Plugin, SaysWhoItIs) {
    EXPECT_STREQ(carp_link_util.id, "carp");
    EXPECT_EQ(carp_link_util.maxattr, IFLA_CARP_MAX);
}

TEST_F(Plugin, PutsEverySetting) {
    EXPECT_EQ(parse({"vhid",
                     "1",
                     "advbase",
                     "2",
                     "advskew",
                     "100",
                     "pass",
                     "testpass",
                     "carpdev",
                     "eth0",
                     "preempt",
                     "off",
                     "announce_count",
                     "3",
                     "announce_interval",
                     "100",
                     "announce_refresh",
                     "60",
                     "state",
                     "master",
                     "next_pass",
                     "next",
                     "grace",
                     "60",
                     "preempt_delay",
                     "1500",
                     "start_hold",
                     "3"}),
              "0");
    EXPECT_EQ(put().u32(IFLA_CARP_VHID), 1U);
    EXPECT_EQ(put().u32(IFLA_CARP_ADVBASE), 2U);
    EXPECT_EQ(put().u32(IFLA_CARP_ADVSKEW), 100U);
    EXPECT_EQ(put().u32(IFLA_CARP_PARENT), 2U);
    EXPECT_EQ(put().u32(IFLA_CARP_PREEMPT), std::uint32_t{CARP_PREEMPT_OFF});
    EXPECT_EQ(put().u32(IFLA_CARP_ANNOUNCE_COUNT), 3U);
    EXPECT_EQ(put().u32(IFLA_CARP_ANNOUNCE_INTERVAL), 100U);
    EXPECT_EQ(put().u32(IFLA_CARP_ANNOUNCE_REFRESH), 60U);
    EXPECT_EQ(put().u32(IFLA_CARP_GRACE), 60U);
    EXPECT_EQ(put().u32(IFLA_CARP_PREEMPT_DELAY), 1500U);
    EXPECT_EQ(put().u32(IFLA_CARP_START_HOLD), 3U);
    EXPECT_EQ(put().text(IFLA_CARP_KEY_NEXT), "next");
    EXPECT_EQ(put().u32(IFLA_CARP_FORCE_STATE), std::uint32_t{CARP_STATE_MASTER});
    EXPECT_EQ(key(), "testpass");
    EXPECT_EQ(errors, "");
    EXPECT_EQ(parse({}), "0");
    EXPECT_EQ(parse({"preempt", "inherit", "state", "backup"}), "0");
    EXPECT_EQ(put().u32(IFLA_CARP_FORCE_STATE), std::uint32_t{CARP_STATE_BACKUP});
}

TEST_F(Plugin, PutsPeers) {
    const auto peers = [&](std::uint16_t type, std::uint16_t entry) {
        std::string text = put().bytes(type) ? "" : "none";
        for (const auto &one : put().nested(type).every(entry))
            text += carpnl::Address(one.size() == 4 ? carpnl::Family::inet : carpnl::Family::inet6,
                                    one, 0)
                        .host() +
                    " ";
        return text;
    };
    EXPECT_EQ(parse({"peer", "10.0.0.1,10.0.0.2", "peer6", "fe80::1"}), "0");
    EXPECT_EQ(peers(IFLA_CARP_PEERS4, CARP_PEERS_ADDR4), "10.0.0.1 10.0.0.2 ");
    EXPECT_EQ(peers(IFLA_CARP_PEERS6, CARP_PEERS_ADDR6), "fe80::1 ");
    EXPECT_EQ(parse({"peer", "mcast"}), "0");
    EXPECT_EQ(peers(IFLA_CARP_PEERS4, CARP_PEERS_ADDR4), "");
    EXPECT_EQ(peers(IFLA_CARP_PEERS6, CARP_PEERS_ADDR6), "none");

    EXPECT_EQ(parse({"peer", "fe80::1"}), "invalid fe80::1: \"peer\" is not an IPv4 address");
    EXPECT_EQ(parse({"peer6", "fe80::1,"}), "invalid : \"peer6\" is not an IPv6 address");
    EXPECT_EQ(parse({"peer", "1.1.1.1", "peer", "mcast"}), "duplicate peer: mcast");
    // More than the kernel takes, for it to refuse; and more than fits.
    std::string many = "fe80::1";
    for (int i = 0; i < 16; ++i)
        many += ",fe80::1";
    EXPECT_EQ(parse({"peer6", many}), "0");
    EXPECT_EQ(parse({"peer6", many + "," + many}), "-1");
    EXPECT_EQ(errors, "carp: too many peers\n");
}

TEST_F(Plugin, LeavesRangesToTheKernel) {
    EXPECT_EQ(parse({"vhid", "0", "advskew", "4294967295", "pass", ""}), "0");
    EXPECT_EQ(put().u32(IFLA_CARP_VHID), 0U);
    EXPECT_EQ(put().u32(IFLA_CARP_ADVSKEW), 4294967295U);
    EXPECT_EQ(key(), "");
    EXPECT_EQ(parse({"pass", std::string(255, 'x')}), "0");
    EXPECT_EQ(key().size(), 255U);
    EXPECT_EQ(parse({"pass", std::string(2000, 'x')}), "-1");
}

TEST_F(Plugin, TakesTheKeyOutOfTheCommandLine) {
    EXPECT_EQ(parse({"pass", "testpass"}), "0");
    EXPECT_EQ(left[1], std::string(8, '\0'));
}

TEST_F(Plugin, WarnsOfTwentyBytes) {
    EXPECT_EQ(parse({"pass", std::string(20, 'x')}), "0");
    EXPECT_EQ(errors, "carp: warning: the key has 20 bytes; the ifconfig of the BSDs keeps only "
                      "the first 19, so such a host will not match\n");
    EXPECT_EQ(parse({"pass", std::string(21, 'x')}), "0");
    EXPECT_EQ(errors, "");
}

TEST_F(Plugin, RefusesWhatIsNoCommand) {
    EXPECT_EQ(parse({"vhid"}), "incomplete");
    for (const char *word : {"", "x", "-1", "+1", "0x10", "1 ", "4294967296"})
        EXPECT_EQ(parse({"vhid", word}),
                  "invalid " + std::string(word) + ": \"vhid\" is not a number");
    EXPECT_EQ(parse({"vhid", "1", "vhid", "2"}), "duplicate vhid: 2");
    EXPECT_EQ(parse({"pass", "a", "passfile", "b"}), "duplicate passfile: b");
    EXPECT_EQ(parse({"passfile", "/dev/null", "pass", "secret"}), "duplicate pass: ...");
    EXPECT_EQ(parse({"preempt", "yes"}), "invalid yes: \"preempt\" is not inherit, on or off");
    EXPECT_EQ(parse({"state", "init"}), "invalid init: \"state\" is not backup or master");
    EXPECT_EQ(parse({"state", "up"}), "invalid up: \"state\" is not backup or master");
    EXPECT_EQ(parse({"carpdev", "eth9"}), "-1");
    EXPECT_EQ(errors, "Cannot find device \"eth9\"\n");
    EXPECT_EQ(parse({"vhi", "1"}), "-1");
    EXPECT_EQ(errors.substr(0, 29), "carp: unknown option \"vhi\"\nUs");
    EXPECT_EQ(parse({"help"}), "-1");
    EXPECT_EQ(errors.substr(0, 6), "Usage:");
}

TEST_F(Plugin, ReadsAKeyFromAFile) {
    std::array<char, 32> name{"/tmp/carp-passfile-XXXXXX"};
    const int file = ::mkstemp(name.data());
    ASSERT_GE(file, 0);
    ::close(file);
    const std::string path = name.data();
    const auto with = [&](const std::string &text) {
        std::ofstream(path) << text;
        return parse({"passfile", path});
    };
    EXPECT_EQ(with("testpass\n"), "0");
    EXPECT_EQ(key(), "testpass");
    EXPECT_EQ(with("testpass"), "0");
    EXPECT_EQ(key(), "testpass");
    EXPECT_EQ(with(""), "0");
    EXPECT_EQ(key(), "");
    EXPECT_EQ(with("a\nb\n"), "-1");
    EXPECT_EQ(errors, "carp: passfile " + path + ": more than one line\n");
    EXPECT_EQ(with(std::string(257, 'x') + "\n"), "-1");
    EXPECT_EQ(errors, "carp: passfile " + path + ": more than 256 bytes\n");
    EXPECT_EQ(with(std::string(256, 'x') + "\n"), "0");
    ::unlink(path.c_str());
    EXPECT_EQ(parse({"passfile", path}), "-1");
    EXPECT_EQ(errors, "carp: passfile " + path + ": No such file or directory\n");
    EXPECT_EQ(parse({"passfile", "/"}), "-1");
    EXPECT_EQ(errors, "carp: passfile /: Is a directory\n");
}

TEST_F(Plugin, PrintsText) {
    print(full());
    EXPECT_EQ(printed().text,
              "vhid 1 advbase 1 advskew 100 effective 240 demotion 140 key set next key "
              "set grace 60 preempt on preempt_delay 1500 start_hold 30000 announce_count 3 "
              "announce_interval 100 announce_refresh 60 state backup reason "
              "better_master for 125000 ms takeover in 2913000 us transitions 3 sequence 77 "
              "preempts in 1234567 us held for 2500 ms drained peer fe80::4 "
              "master 192.168.1.3 master fe80::3 heard_as old_key refused badauth from 192.168.1.4 "
              "412 ms ago ");
}

TEST_F(Plugin, PrintsJson) {
    printed().json = true;
    print(full());
    EXPECT_EQ(printed().text, "");
    EXPECT_EQ(printed().tree,
              (Json{
                  {"parent", "eth0"},
                  {"parent_index", 2},
                  {"vhid", 1},
                  {"advbase", 1},
                  {"advskew", 100},
                  {"advskew_effective", 240},
                  {"demotion", 140},
                  {"key_set", true},
                  {"next_key_set", true},
                  {"grace", 60},
                  {"preempt", "on"},
                  {"preempt_delay", 1500},
                  {"start_hold", 30000},
                  {"announce_count", 3},
                  {"announce_interval", 100},
                  {"announce_refresh", 60},
                  {"state", "backup"},
                  {"reason", "better_master"},
                  {"last_change_age_ms", 125000},
                  {"master_down_in_us", 2913000},
                  {"transitions", 3},
                  {"sequence", 77},
                  {"preempt_in_us", 1234567},
                  {"hold_left_ms", 2500},
                  {"drained", true},
                  {"peers", {"fe80::4"}},
                  {"master_addresses", {"192.168.1.3", "fe80::3"}},
                  {"heard_as", "old_key"},
                  {"refused", {{"reason", "badauth"}, {"source", "192.168.1.4"}, {"age_ms", 412}}},
              }));
    EXPECT_EQ(printed().open.size(), 1U);
}

TEST_F(Plugin, PrintsWhatThereIs) {
    Request bare(RTM_NEWLINK, 0);
    const std::byte none{0};
    bare.put_u32(IFLA_CARP_VHID, 0).put_u32(IFLA_CARP_PARENT, 0);
    bare.put_u32(IFLA_CARP_STATE, 0).put(IFLA_CARP_KEY_SET, std::span(&none, 1));
    print(bare);
    EXPECT_EQ(printed().text, "no vhid state init ");
    SetUp();
    printed().json = true;
    print(bare);
    EXPECT_EQ(printed().tree,
              (Json{{"state", "init"}, {"key_set", false}, {"next_key_set", false}}));
    SetUp();
    carp_link_util.print_opt(&carp_link_util, stdout, nullptr);
    carp_link_util.print_xstats(&carp_link_util, stdout, nullptr);
    EXPECT_EQ(printed().text, "");
}

TEST_F(Plugin, UsesTheLibrarysWords) {
    const auto word = [&](std::uint16_t type, std::uint32_t value, const char *member) {
        SetUp();
        printed().json = true;
        Request one(RTM_NEWLINK, 0);
        one.put_u32(type, value);
        print(one);
        return printed().tree.value(member, "");
    };
    for (std::uint32_t i = 0; i < 20; ++i) {
        EXPECT_EQ(word(IFLA_CARP_STATE, i, "state"), to_string(static_cast<carpnl::State>(i)));
        EXPECT_EQ(word(IFLA_CARP_PREEMPT, i, "preempt"),
                  to_string(static_cast<carpnl::Preempt>(i)));
        EXPECT_EQ(word(IFLA_CARP_LAST_REASON, i, "reason"),
                  to_string(static_cast<carpnl::Reason>(i)));
        EXPECT_EQ(word(IFLA_CARP_HEARD_AS, i, "heard_as"),
                  to_string(static_cast<carpnl::Match>(i)));
    }
}

TEST_F(Plugin, PrintsCounters) {
    Request stats(RTM_NEWLINK, 0, 4096);
    {
        const Request::Nest outer(stats, IFLA_INFO_XSTATS);
        for (unsigned i = 0; i <= CARP_XSTATS_MAX + 3; ++i)
            put_u64(stats, static_cast<std::uint16_t>(i), std::uint64_t{100} + i);
    }
    std::vector<std::byte> copy(stats.bytes().begin(), stats.bytes().end());
    auto *const nest = reinterpret_cast<rtattr *>(copy.data() + NLMSG_HDRLEN);
    carp_link_util.print_xstats(&carp_link_util, stdout, nest);
    EXPECT_EQ(printed().text.substr(0, 56),
              "\n    rx4 102 rx6 103 tx4 104 tx6 105 tx_errors 106 \n    ");

    SetUp();
    printed().json = true;
    carp_link_util.print_xstats(&carp_link_util, stdout, nest);
    Json wanted = Json::object();
    for (const auto counter : carpnl::all_counters())
        wanted[std::string(to_string(counter))] = 100 + static_cast<unsigned>(counter);
    EXPECT_EQ(printed().tree, wanted);
}

TEST_F(Plugin, PrintsHelp) {
    std::FILE *const file = std::tmpfile();
    ASSERT_NE(file, nullptr);
    carp_link_util.print_help(&carp_link_util, 0, nullptr, file);
    ASSERT_EQ(std::fseek(file, 0, SEEK_SET), 0);
    std::string text(4096, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file));
    std::fclose(file);
    for (const char *word : {"vhid",
                             "advbase",
                             "advskew",
                             "pass",
                             "passfile",
                             "carpdev",
                             "preempt",
                             "peer",
                             "peer6",
                             "mcast",
                             "state",
                             "backup",
                             "announce_count",
                             "announce_interval",
                             "announce_refresh",
                             "next_pass",
                             "next_passfile",
                             "grace",
                             "preempt_delay",
                             "start_hold"})
        EXPECT_NE(text.find(word), std::string::npos) << word;
}

TEST_F(Plugin, SurvivesGarbledAttributes) {
    const Request whole = full();
    std::mt19937 random(31);
    for (int round = 0; round < 5000; ++round) {
        std::vector<std::byte> copy(whole.bytes().begin(), whole.bytes().end());
        for (auto flips = 1 + random() % 8; flips-- > 0;)
            copy[NLMSG_HDRLEN + random() % (copy.size() - NLMSG_HDRLEN)] =
                static_cast<std::byte>(random());
        SetUp();
        printed().json = round % 2 == 0;
        print_bytes(copy);
        EXPECT_EQ(printed().open.size(), 1U);
    }
}

} // namespace
