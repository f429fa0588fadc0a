// SPDX-License-Identifier: GPL-2.0-or-later
#include "show.hpp"

#include "explain.hpp"
#include "situations.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <sstream>

namespace {

using namespace carptest;
using namespace std::chrono_literals;
using carpctl::explain;
using carpctl::Sysctls;
using Lines = std::vector<std::string>;

class Show : public ::testing::Test {
  protected:
    void SetUp() override {
        ::setenv("TZ", "UTC", 1);
        ::tzset();
    }
    void TearDown() override {
        ::unsetenv("TZ");
        ::tzset();
    }

    static std::string text(const Status &status, carpctl::ShowOptions options = {},
                            bool colour = false) {
        std::ostringstream out;
        carpctl::show(out, status, defaults, now, options, colour);
        return out.str();
    }
};

TEST_F(Show, ABackup) {
    EXPECT_EQ(text(backup()), R"(carp0: BACKUP for 2 min 5 s, since 2026-01-01 00:02:55 +0000
    because:    a more frequent advertisement was received
    vhid:       1 on eth0, virtual MAC 00:00:5e:00:01:01
    adverts:    advbase 1, advskew 100, one every 1.390 s
    key:        set
    preempt:    inherit (off)
    demotion:   0
    addresses:  192.168.1.50/24, 2001:db8::50/64
    now:        The master is 192.168.1.3; takes over in 2.913 s if no advert comes.
                Preempt is off, so it waits until the master resigns or falls silent: 'carpctl configure carp0 preempt on' or 'carpctl state carp0 master' changes that.
)");
}

TEST_F(Show, KeysAndTimes) {
    const auto all = text(carptest::device([](StatusData &data) {
        data.next_key_set = true;
        data.grace = 60;
        data.preempt_delay = 2000;
        data.start_hold = 30000;
        data.preempt_in = std::chrono::milliseconds(1500);
        data.hold_left = std::chrono::seconds(7);
        data.heard_as = carpnl::Match::old_key;
        data.drained = true;
    }));
    for (const char *part :
         {"key:        set, and a next one; a replaced one counts for 1 min\n",
          "preempt:    inherit (off), after 2.000 s; nothing within 30.000 s of the parent's "
          "link\n",
          "Preempts the master in 1.500 s.", "Takes nothing over for another 7.000 s",
          "This host is drained", "The master still uses the old key."})
        EXPECT_NE(all.find(part), std::string::npos) << part << '\n' << all;
    const auto heard = [&](carpnl::Match match) {
        return text(carptest::device([match](StatusData &data) { data.heard_as = match; }));
    };
    EXPECT_NE(heard(carpnl::Match::key_next).find("The master uses the next key already."),
              std::string::npos);
    EXPECT_NE(heard(carpnl::Match::old_list).find("The master still has the old list"),
              std::string::npos);
    EXPECT_EQ(heard(carpnl::Match::present), text(backup()));
    // As usual there is nothing to say.
    EXPECT_EQ(text(carptest::device([](StatusData &data) {
                  data.grace = 300;
                  data.preempt_delay = 0;
                  data.start_hold = 0;
                  data.hold_left = std::chrono::milliseconds(0);
                  data.drained = false;
              })),
              text(backup()));
}

TEST_F(Show, AnnouncementsOtherThanUsual) {
    const auto line = [&](std::uint32_t count, std::uint32_t interval, std::uint32_t refresh) {
        const auto all = text(carptest::device([&](StatusData &data) {
            data.announce_count = count;
            data.announce_interval = interval;
            data.announce_refresh = refresh;
        }));
        const auto at = all.find("announces:");
        return at == std::string::npos ? std::string() : all.substr(at, all.find('\n', at) - at);
    };
    EXPECT_EQ(line(2, 0, 0), "");
    EXPECT_EQ(line(1, 0, 0), "announces:  once");
    EXPECT_EQ(line(3, 0, 0), "announces:  3 times, with every second advert");
    EXPECT_EQ(line(5, 100, 0), "announces:  5 times, one every 0.100 s");
    EXPECT_EQ(line(2, 0, 60), "announces:  2 times, with every second advert; again every 1 min");
}

TEST_F(Show, AMaster) {
    EXPECT_EQ(text(master()), R"(carp0: MASTER for 2 min 5 s, since 2026-01-01 00:02:55 +0000
    because:    no advert for the master-down time
    vhid:       1 on eth0, virtual MAC 00:00:5e:00:01:01
    adverts:    advbase 1, advskew 0, one every 1.000 s
    key:        set
    preempt:    inherit (off)
    demotion:   0
    addresses:  192.168.1.50/24, 2001:db8::50/64
    now:        Serves its addresses and advertises every 1.000 s.
)");
}

TEST_F(Show, ABareDevice) {
    EXPECT_EQ(text(bare()), R"(carp0: INIT
    vhid:       not set, no parent
    adverts:    advbase 1, advskew 0, one every 1.000 s
    key:        not set
    preempt:    inherit (off)
    demotion:   0
    addresses:  none
    now:        No parent: 'carpctl configure carp0 carpdev IF vhid N', or name an address in the subnet of one.
                No vhid: 'carpctl configure carp0 vhid N'.
                No address: 'carpctl configure carp0 ADDR/LEN'.
                It is down: 'carpctl up carp0'.
)");
}

TEST_F(Show, RefusedAdvertsWithCounters) {
    EXPECT_EQ(text(with_refused(carpnl::State::master, 412ms), {.statistics = true}),
              R"(carp0: MASTER for 2 min 5 s, since 2026-01-01 00:02:55 +0000
    because:    no advert for the master-down time
    vhid:       1 on eth0, virtual MAC 00:00:5e:00:01:01
    adverts:    advbase 1, advskew 100, one every 1.390 s
    key:        set
    preempt:    inherit (off)
    demotion:   0
    addresses:  192.168.1.50/24, 2001:db8::50/64
    refused:    from 192.168.1.4: digest does not match: wrong pass or address list, last 0.412 s ago, 17 in all
    now:        Serves its addresses and advertises every 1.390 s.
                Adverts of its group from 192.168.1.4 are refused: as long as pass or address list differ, both hosts can be MASTER.
    counters:
         2 valid IPv4 adverts received
         3 valid IPv6 adverts received
         4 IPv4 adverts sent
         5 IPv6 adverts sent
         6 adverts that the parent did not take
         7 adverts of another CARP version
         8 adverts with a wrong digest
         9 our own adverts that came back
        10 adverts received while in INIT
        11 frames to the virtual MAC while not MASTER
        12 frames to send while not MASTER
        13 ARP requests answered
        14 neighbour solicitations answered
        15 gratuitous ARP and unsolicited neighbour adverts sent
        16 claims of our addresses by another MAC
        17 adverts whose TTL is not 255 (whole parent)
        18 adverts of a wrong length (whole parent)
        19 adverts with a wrong checksum (whole parent)
        20 adverts of a vhid not used here (whole parent)
        21 fragmented adverts (whole parent)
        22 adverts while net.inet.carp.allow was 0 (whole parent)
        23 unicast adverts from a host that is not a peer
        24 answers and announcements that the parent did not take
        25 received frames dropped for want of memory
)");
}

TEST_F(Show, CountersAlone) {
    std::ostringstream out;
    carpctl::show_counters(out, "carp0", with_refused(carpnl::State::master, 412ms).counters());
    const auto text = out.str();
    EXPECT_TRUE(text.starts_with("carp0:\n     2 valid IPv4 adverts received\n")) << text;
    for (const auto counter : carpnl::all_counters())
        EXPECT_NE(text.find(std::string(describe(counter))), std::string::npos);
}

TEST_F(Show, Colours) {
    EXPECT_EQ(text(master(), {}, true).substr(0, 27), "carp0: \033[1;32mMASTER\033[0m fo");
    EXPECT_EQ(carpctl::state_word(carpnl::State::backup, true), "\033[1;33mBACKUP\033[0m");
    EXPECT_EQ(carpctl::state_word(carpnl::State::init, true), "\033[1;31mINIT\033[0m");
    EXPECT_EQ(carpctl::state_word(carpnl::State::init, false), "INIT");
}

TEST_F(Show, DemotedCountsAs) {
    const auto shown = text(device([](StatusData &data) {
        data.demotion = 240;
        data.advskew_effective = 254;
    }));
    EXPECT_NE(shown.find("advskew 100 (counts as 254), one every 1.992 s"), std::string::npos);
    EXPECT_NE(shown.find("Demoted by 240: its advskew 100 counts as 254."), std::string::npos);
}

TEST(Explain, ABackupThatPreempts) {
    EXPECT_EQ(explain(backup(), {.allow = true, .preempt = true}),
              (Lines{"The master is 192.168.1.3; takes over in 2.913 s if no advert comes.",
                     "Preempt is on, but the master advertises at least as often as this host "
                     "would (every 1.390 s): 'carpctl configure carp0 advskew N' with a lower N "
                     "changes that."}));
}

TEST(Explain, ABackupWhoseDefaultCannotBeRead) {
    EXPECT_EQ(explain(backup(), {})[1],
              "Whether it preempts a slower master is for net.inet.carp.preempt to say, which "
              "cannot be read here.");
}

TEST(Explain, ABackupWithoutAMaster) {
    const auto status = device([](StatusData &data) { data.master_address4.reset(); });
    EXPECT_EQ(explain(status, defaults),
              Lines{"No advert of a master was accepted yet: takes over in 2.913 s unless one "
                    "comes."});
}

TEST(Explain, AMasterOnBothFamilies) {
    const auto status = device([](StatusData &data) {
        data.master_address6 = carpnl::Address::parse("fe80::3/128");
        data.master_down_in.reset();
    });
    EXPECT_EQ(explain(status, defaults)[0], "The master is 192.168.1.3 and fe80::3.");
}

TEST(Explain, WhatKeepsADeviceInInit) {
    const auto init = [](const std::function<void(StatusData &)> &change, Sysctls sysctls) {
        return explain(device([&](StatusData &data) {
                           data.state = carpnl::State::init;
                           data.reason = carpnl::Reason::down;
                           change(data);
                       }),
                       sysctls);
    };
    EXPECT_EQ(init([](StatusData &data) { data.up = false; }, defaults),
              Lines{"It is down: 'carpctl up carp0'."});
    EXPECT_EQ(
        init([](StatusData &data) { data.parent_up = data.parent_carrier = false; }, defaults),
        Lines{"Its parent eth0 is down: 'ip link set eth0 up'."});
    EXPECT_EQ(init([](StatusData &data) { data.parent_carrier = false; }, defaults),
              Lines{"Its parent eth0 has no carrier: look at the cable."});
    EXPECT_EQ(init([](StatusData &) {}, {.allow = false, .preempt = false}),
              Lines{"CARP is not allowed: 'sysctl net.inet.carp.allow=1'."});
    EXPECT_EQ(init([](StatusData &data) { data.addresses.clear(); }, defaults),
              Lines{"No address: 'carpctl configure carp0 ADDR/LEN'."});
    EXPECT_EQ(init([](StatusData &) {}, defaults),
              Lines{"The kernel says: the device was set down or is going away."});
    EXPECT_EQ(init(
                  [](StatusData &data) {
                      data.parent_name.reset();
                      data.parent_up = false;
                  },
                  defaults),
              Lines{"Its parent (interface number 2) is down."});
}

TEST(Explain, OldRefusalsSayNothingAboutNow) {
    EXPECT_EQ(explain(with_refused(carpnl::State::master, 11s), defaults).size(), 1U);
    EXPECT_EQ(explain(with_refused(carpnl::State::master, 9s), defaults).size(), 2U);
}

TEST(Explain, AStrangerAmongPeers) {
    const auto status = device([](StatusData &data) {
        data.refused = carpnl::RefusedAdvert{.why = carpnl::Counter::not_peer,
                                             .count = 1,
                                             .age = 1s,
                                             .source = carpnl::Address::parse("192.168.1.4/32")};
    });
    EXPECT_EQ(explain(status, defaults).back(),
              "Adverts of 192.168.1.4 are refused as long as it is not a peer: both hosts can be "
              "MASTER.");
}

TEST_F(Show, PeersIfThereAreAny) {
    const auto text = [](const carpnl::Status &status) {
        std::ostringstream out;
        carpctl::show(out, status, defaults, carptest::now, {}, false);
        return out.str();
    };
    EXPECT_EQ(text(backup()).find("peers:"), std::string::npos);
    const auto with = device([](StatusData &data) {
        data.peers = {carpnl::Address::parse("192.168.1.3/32"),
                      carpnl::Address::parse("192.168.1.5/32")};
    });
    EXPECT_NE(text(with).find("    peers:      192.168.1.3, 192.168.1.5\n"), std::string::npos);
}

TEST(Explain, ANewerKernelsState) {
    const auto status =
        device([](StatusData &data) { data.state = static_cast<carpnl::State>(9); });
    EXPECT_EQ(explain(status, defaults)[0],
              "In a state that this tool does not know; the kernel is newer.");
}

TEST(Explain, EveryRefusalHasAReason) {
    for (const auto counter : carpnl::all_counters())
        EXPECT_FALSE(carpctl::why_refused(counter).empty());
    EXPECT_EQ(carpctl::why_refused(carpnl::Counter::parent_badttl),
              "TTL is not 255: it did not start on this wire");
    const carpnl::RefusedAdvert bare{
        .why = carpnl::Counter::badver, .count = {}, .age = 90s, .source = {}};
    EXPECT_EQ(carpctl::describe_refused(bare), "another version of CARP, last 1 min 30 s ago");
}

} // namespace
