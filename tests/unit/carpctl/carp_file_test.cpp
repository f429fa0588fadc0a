// SPDX-License-Identifier: GPL-2.0-or-later
#include "carp_file.hpp"

#include "passfile.hpp"
#include "temporary_directory.hpp"
#include "time_span.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace {

using namespace std::chrono_literals;
using carpctl::CarpFile;
using carpnl::Address;
using carpnl::Preempt;

class CarpFileTest : public ::testing::Test {
  protected:
    /// The file, and what is wrong with it, one line each.
    CarpFile parse(const std::string &text, CarpFile file = {}) {
        std::vector<carpctl::Problem> problems;
        carpctl::parse_carp(text, "etc/carp0.carp", file, problems);
        note(problems);
        return file;
    }
    void note(const std::vector<carpctl::Problem> &problems) {
        wrong.clear();
        for (const auto &problem : problems)
            wrong += to_string(problem) + "\n";
    }
    void expect_wrong(const std::string &line, const std::string &message) {
        parse("[CARP]\n" + line + "\n");
        EXPECT_EQ(wrong, "etc/carp0.carp:2:" + message + "\n") << line;
    }

    std::string wrong;
};

TEST_F(CarpFileTest, EveryKey) {
    const auto file = parse("# a comment\n; another\n[CARP]\nParent = eth0\nVHID=1\nAdvBase=0\n"
                            "AdvSkew=254\nPreempt=yes\nPasswordFile=carp0.pass\n"
                            "Address=192.168.1.50/24\nAddress=2001:db8::50/64 192.168.1.51/24\n"
                            "Peer=192.168.1.4\nPeer=2001:db8::4\nAnnounceCount=3\n"
                            "AnnounceIntervalSec=100ms\nAnnounceRefreshSec=1min\nGraceSec=1h\n"
                            "PreemptDelaySec=1.5\nStartHoldSec=30s\n");
    EXPECT_EQ(wrong, "");
    CarpFile wanted;
    wanted.parent = "eth0";
    wanted.vhid = 1;
    wanted.advbase = 0;
    wanted.advskew = 254;
    wanted.preempt = Preempt::on;
    wanted.password_file = "etc/carp0.pass";
    wanted.addresses = {Address::parse("192.168.1.50/24"), Address::parse("2001:db8::50/64"),
                        Address::parse("192.168.1.51/24")};
    wanted.peers = {Address::parse("192.168.1.4/32"), Address::parse("2001:db8::4/128")};
    wanted.announce_count = 3;
    wanted.announce_interval = 100ms;
    wanted.announce_refresh = 60s;
    wanted.grace = 3600s;
    wanted.preempt_delay = 1500ms;
    wanted.start_hold = 30000ms;
    EXPECT_EQ(file, wanted);

    std::ostringstream text;
    write_carp(text, wanted, carpctl::WithName::no);
    auto again = parse(text.str());
    EXPECT_EQ(wrong, "");
    again.password_file = wanted.password_file;
    EXPECT_EQ(again, wanted);
}

TEST_F(CarpFileTest, LinesAreContinued) {
    const auto file = parse("\xef\xbb\xbf[CARP]\r\nAddress=192.168.1.50/24 \\\r\n"
                            "# in between\n  192.168.1.51/24\r\n\n  VHID=7\\\n");
    EXPECT_EQ(wrong, "");
    EXPECT_EQ(file.addresses.size(), 2U);
    EXPECT_EQ(file.vhid, 7U);
    parse("[CARP]\nAddress=192.168.1.50/24 \\\n\\\n  elsewhere\n");
    EXPECT_EQ(wrong, "etc/carp0.carp:4:3: Address: 'elsewhere': not an address with prefix length, "
                     "as in 192.168.1.50/24\n");
}

TEST_F(CarpFileTest, WhatIsWrongIsSaidWithItsPlace) {
    expect_wrong("VHID=300", "6: VHID: '300': not in 1..255");
    expect_wrong("  VHID =  0", "11: VHID: '0': not in 1..255");
    expect_wrong("VHID=18446744073709551617", "6: VHID: '18446744073709551617': not in 1..255");
    expect_wrong("VHID=one", "6: VHID: 'one': not a number");
    expect_wrong("VHID=-1", "6: VHID: '-1': not a number");
    expect_wrong("AdvBase=256", "9: AdvBase: '256': not in 0..255");
    expect_wrong("AdvSkew=255", "9: AdvSkew: '255': not in 0..254");
    expect_wrong("AnnounceCount=0", "15: AnnounceCount: '0': not in 1..100");
    expect_wrong("AnnounceIntervalSec=61", "21: AnnounceIntervalSec: '61': not in 0..60s");
    expect_wrong("AnnounceIntervalSec=5us",
                 "21: AnnounceIntervalSec: '5us': not a whole number of milliseconds");
    expect_wrong("AnnounceRefreshSec=1500ms",
                 "20: AnnounceRefreshSec: '1500ms': not a whole number of seconds");
    expect_wrong("GraceSec=soon",
                 "10: GraceSec: 'soon': not a length of time, as in 500ms, 1s or 2min 30s");
    expect_wrong("GraceSec=2d", "10: GraceSec: '2d': not in 0..86400s");
    expect_wrong("Preempt=perhaps", "9: Preempt: 'perhaps': not yes, no or inherit");
    expect_wrong("Parent=a/b", "8: Parent: 'a/b': not the name of an interface");
    expect_wrong("Address=192.168.1.50", "9: Address: '192.168.1.50': the prefix length is "
                                         "missing, as in 192.168.1.50/24");
    expect_wrong("Address=1.2.3.4/24 2001:db8::1/129",
                 "20: Address: '2001:db8::1/129': the prefix length is not in 0..128");
    expect_wrong("Peer=here", "6: Peer: 'here': not an IPv4 or IPv6 address");
    expect_wrong("VHID", "1: 'VHID': neither [CARP] nor KEY=VALUE");
    expect_wrong("vhid=1", "1: 'vhid': unknown key");
    // Nothing of the value is shown, which may be a secret.
    expect_wrong("Password=testpass", "1: 'Password': unknown key");
    expect_wrong("[Network]", "1: '[Network]': the one section is [CARP]");
    expect_wrong("Address=\x1b[31m", "9: a control character: this is no text");
    parse("VHID=1\n");
    EXPECT_EQ(wrong, "etc/carp0.carp:1:1: 'VHID': before the section [CARP]\n");
    parse("[CARP]\nVHID=1\nvhid=2\nVHID=3\n");
    EXPECT_EQ(wrong, "etc/carp0.carp:3:1: 'vhid': unknown key\n"
                     "etc/carp0.carp:4:1: VHID: given twice\n");
}

TEST_F(CarpFileTest, DropInsReplaceAndReset) {
    const auto first = parse("[CARP]\nVHID=1\nAdvSkew=100\nPreempt=no\nAddress=1.2.3.4/24\n"
                             "Peer=1.2.3.5\n");
    const auto second = parse("[CARP]\nAdvSkew=\nVHID=2\nAddress=1.2.3.5/24\nPeer=\n", first);
    EXPECT_EQ(wrong, "");
    EXPECT_EQ(second.vhid, 2U);
    EXPECT_FALSE(second.advskew);
    EXPECT_EQ(second.preempt, Preempt::off);
    EXPECT_EQ(second.addresses.size(), 2U);
    EXPECT_TRUE(second.peers.empty());
    EXPECT_EQ(parse("[CARP]\nAddress=\nAddress=1.2.3.6/24\n", second).addresses,
              std::vector{Address::parse("1.2.3.6/24")});
}

TEST_F(CarpFileTest, OnDisk) {
    const carptest::TemporaryDirectory directory;
    const auto path = directory.write("carp7.carp", "[CARP]\nVHID=1\nPasswordFile=a.pass\n");
    directory.make("carp7.carp.d");
    directory.write("carp7.carp.d/20.conf", "[CARP]\nVHID=3\n");
    directory.write("carp7.carp.d/10.conf", "[CARP]\nVHID=2\nAdvSkew=9\nName=carp7\n");
    directory.write("carp7.carp.d/30.conf~", "junk");
    std::vector<carpctl::Problem> problems;
    const auto file = carpctl::read_carp_file(path, problems);
    EXPECT_TRUE(problems.empty());
    EXPECT_EQ(file.name, "carp7");
    EXPECT_EQ(file.vhid, 3U);
    EXPECT_EQ(file.advskew, 9U);
    EXPECT_EQ(file.password_file, directory.path("a.pass"));

    directory.write("carp7.carp.d/40.conf", "[CARP]\nName=carp8\n");
    carpctl::read_carp_file(path, problems);
    note(problems);
    EXPECT_EQ(wrong, directory.path("carp7.carp.d/40.conf") +
                         ":2:6: Name: 'carp8': the file is named after 'carp7'\n");
    for (const char *name :
         {"carp7", "carp7.conf", ".carp", "a name.carp", "sixteen-letters-.carp"})
        EXPECT_THROW(carpctl::read_carp_file(directory.write(name, ""), problems),
                     carpctl::FileError)
            << name;
    EXPECT_THROW(carpctl::read_carp_file(directory.path("none.carp"), problems),
                 carpctl::FileError);
    directory.make("dir.carp");
    EXPECT_THROW(carpctl::read_carp_file(directory.path("dir.carp"), problems), carpctl::FileError);
    EXPECT_THROW(
        carpctl::read_carp_file(directory.write("big.carp", std::string(2 << 20, '#')), problems),
        carpctl::FileError);
}

TEST_F(CarpFileTest, AStreamNamesItsDevices) {
    std::vector<carpctl::Problem> problems;
    const auto files = carpctl::parse_carp_stream(
        "[CARP]\nName=carp0\nVHID=1\n# key set, not shown\n[CARP]\nName=carp1\nVHID=2\n", "-",
        problems);
    ASSERT_TRUE(problems.empty());
    ASSERT_EQ(files.size(), 2U);
    EXPECT_EQ(files[0].name + files[1].name, "carp0carp1");
    EXPECT_TRUE(files[0].key_not_shown);
    EXPECT_FALSE(files[1].key_not_shown);
    carpctl::parse_carp_stream("[CARP]\nVHID=1\n", "-", problems);
    note(problems);
    EXPECT_EQ(wrong, "-:1:1: [CARP]: Name= is missing\n");
}

TEST(TimeSpan, AsSystemdWritesIt) {
    using carpctl::parse_time_span;
    EXPECT_EQ(parse_time_span("500ms"), 500ms);
    EXPECT_EQ(parse_time_span("2min 30s"), 150s);
    EXPECT_EQ(parse_time_span("2min30s"), 150s);
    EXPECT_EQ(parse_time_span(" 1.5 "), 1500ms);
    EXPECT_EQ(parse_time_span("0"), 0s);
    EXPECT_EQ(parse_time_span("1 day"), 24h);
    EXPECT_EQ(parse_time_span("0.001us"), std::nullopt);
    for (const char *text : {"", " ", "s", "-1s", "1x", "1..5s", ".s", "1.",
                             "99999999999999999999s", "36525d 1s", "0x10", "infinity"})
        EXPECT_EQ(parse_time_span(text), std::nullopt) << text;
    EXPECT_EQ(carpctl::to_time_span(1500ms), "1500ms");
    EXPECT_EQ(carpctl::to_time_span(2s), "2s");
}

} // namespace
