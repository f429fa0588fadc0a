// SPDX-License-Identifier: GPL-2.0-only
// Adverts that are not what they should be: dropped, counted by reason, and
// without effect, though each would depose the MASTER if it were believed.
#include "carp_test.hpp"
#include "packet_socket.hpp"

#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <linux/carp.h>
#include <map>
#include <nlohmann/json.hpp>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;
constexpr unsigned own_advskew = 50;
const std::vector<Address> addresses{"192.168.1.50", "2001:db8:1::50"};
constexpr const char *stranger4 = "192.168.1.66";
constexpr const char *stranger6 = "2001:db8:1::66";

struct Hostile {
    const char *name;
    bool v4;
    std::function<void(AdvertFrame &)> spoil;
    unsigned counter;
};

std::ostream &operator<<(std::ostream &out, const Hostile &hostile) { return out << hostile.name; }

/// What we and VRRP share is protocol, group and the first byte.
Bytes vrrp2(std::size_t addresses) {
    Bytes packet(8 + addresses * 4 + 8, 0xc0);
    const Bytes head{0x21, vhid, 100, static_cast<std::uint8_t>(addresses), 0, 1, 0, 0};
    std::copy(head.begin(), head.end(), packet.begin());
    const std::uint16_t sum = internet_checksum(packet);
    packet[6] = static_cast<std::uint8_t>(sum >> 8);
    packet[7] = static_cast<std::uint8_t>(sum);
    return packet;
}

/// The address that the kernel makes of a MAC address.
Address link_local(const Mac &mac) {
    const auto &m = mac.bytes;
    return Address{Bytes{0xfe, 0x80, 0, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(m[0] ^ 2), m[1],
                         m[2], 0xff, 0xfe, m[3], m[4], m[5]}};
}

class HostileAdverts : public CarpTest {
  protected:
    Host &host = add_host("hosta", {"192.168.1.3/24", "2001:db8:1::3/64"});
    Host &stranger = add_host("stranger", {"192.168.1.66/24", "2001:db8:1::66/64"});
    const PacketSocket socket{stranger};

    void SetUp() override { invariants().outsider(stranger); }

    Carp master() {
        CarpConfig config;
        config.vhid = vhid;
        config.advbase = 0; // nothing here depends on the pace
        config.advskew = own_advskew;
        config.addresses = {"192.168.1.50/24", "2001:db8:1::50/64"};
        Carp carp(host, config);
        EXPECT_TRUE(carp.wait_for(State::Master, 5s));
        return carp;
    }

    /// Better than ours in every respect.
    static AdvertFrame better(bool v4) {
        return make_advert(vhid, v4 ? stranger4 : stranger6, 0, 1, "testpass", addresses);
    }

    /// All counters but those of what we send.
    static std::map<unsigned, std::uint64_t> counters(const Carp &carp) {
        const CarpLink link = carp.link();
        std::map<unsigned, std::uint64_t> all;
        for (unsigned i = CARP_XSTATS_RX4; i <= CARP_XSTATS_MAX; ++i)
            all[i] = link.counter(i);
        for (const unsigned own :
             {CARP_XSTATS_TX4, CARP_XSTATS_TX6, CARP_XSTATS_ANNOUNCES, CARP_XSTATS_ARP_REPLIES,
              CARP_XSTATS_ND_REPLIES, CARP_XSTATS_WRONG_STATE_RX, CARP_XSTATS_WRONG_STATE_TX})
            all.erase(own);
        return all;
    }
};

class OneHostileAdvert : public HostileAdverts, public ::testing::WithParamInterface<Hostile> {};

TEST_P(OneHostileAdvert, IsCountedAndWithoutEffect) {
    const Carp carp = master();
    const Hostile &hostile = GetParam();
    auto expected = counters(carp);
    ++expected.at(hostile.counter);
    const std::uint64_t transitions = carp.link().transitions();

    AdvertFrame frame = better(hostile.v4);
    hostile.spoil(frame);
    socket.send(frame.bytes());
    EXPECT_TRUE(wait_until([&] { return carp.link().counter(hostile.counter) == 1; }, 1s));
    EXPECT_EQ(counters(carp), expected);
    EXPECT_EQ(carp.state(), State::Master);
    EXPECT_EQ(carp.link().transitions(), transitions);

    // The same advert unspoilt does it: so the bad one did arrive, and was bad.
    const std::uint64_t received =
        carp.link().counter(CARP_XSTATS_RX4) + carp.link().counter(CARP_XSTATS_RX6);
    socket.send(better(hostile.v4).bytes());
    EXPECT_TRUE(carp.wait_for(State::Backup, 100ms));
    EXPECT_EQ(carp.link().reason(), static_cast<unsigned>(CARP_REASON_BETTER_MASTER));
    EXPECT_EQ(carp.link().counter(CARP_XSTATS_RX4) + carp.link().counter(CARP_XSTATS_RX6),
              received + 1);
}

const auto wrong_ttl = [](AdvertFrame &f) { f.ttl = 254; };
const auto too_short = [](AdvertFrame &f) { f.cut = 1; };
const auto nothing_in_it = [](AdvertFrame &f) { f.cut = carp_length; };
const auto truncated = [](AdvertFrame &f) { f.cut_frame = 10; };
const auto wrong_checksum = [](AdvertFrame &f) { f.carp.checksum ^= 1; };
const auto wrong_version = [](AdvertFrame &f) {
    f.carp.version = 3;
    f.carp.fix_checksum();
};
const auto unknown_vhid = [](AdvertFrame &f) {
    f.carp.vhid = 99;
    f.carp.sign("testpass", addresses);
};
const auto vhid_zero = [](AdvertFrame &f) {
    f.carp.vhid = 0;
    f.carp.sign("testpass", addresses);
};
const auto wrong_key = [](AdvertFrame &f) { f.carp.sign("testpast", addresses); };
const auto wrong_list = [](AdvertFrame &f) { f.carp.sign("testpass", {"192.168.1.50"}); };
const auto replaced_counter = [](AdvertFrame &f) {
    f.carp.counter[0] ^= 1;
    f.carp.fix_checksum();
};

INSTANTIATE_TEST_SUITE_P(
    Kinds, OneHostileAdvert,
    ::testing::Values(
        Hostile{"Ttl4", true, wrong_ttl, CARP_XSTATS_PARENT_BADTTL},
        Hostile{"Ttl6", false, wrong_ttl, CARP_XSTATS_PARENT_BADTTL},
        Hostile{"TooShort4", true, too_short, CARP_XSTATS_PARENT_BADLEN},
        Hostile{"TooShort6", false, too_short, CARP_XSTATS_PARENT_BADLEN},
        Hostile{"Empty4", true, nothing_in_it, CARP_XSTATS_PARENT_BADLEN},
        Hostile{"Truncated4", true, truncated, CARP_XSTATS_PARENT_BADLEN},
        Hostile{"Truncated6", false, truncated, CARP_XSTATS_PARENT_BADLEN},
        Hostile{"Checksum4", true, wrong_checksum, CARP_XSTATS_PARENT_BADSUM},
        Hostile{"Checksum6", false, wrong_checksum, CARP_XSTATS_PARENT_BADSUM},
        Hostile{"Version4", true, wrong_version, CARP_XSTATS_BADVER},
        Hostile{"Version6", false, wrong_version, CARP_XSTATS_BADVER},
        Hostile{"Vhid4", true, unknown_vhid, CARP_XSTATS_PARENT_BADVHID},
        Hostile{"Vhid6", false, unknown_vhid, CARP_XSTATS_PARENT_BADVHID},
        Hostile{"VhidZero", true, vhid_zero, CARP_XSTATS_PARENT_BADVHID},
        Hostile{"Key4", true, wrong_key, CARP_XSTATS_BADAUTH},
        Hostile{"Key6", false, wrong_key, CARP_XSTATS_BADAUTH},
        Hostile{"AddressList", true, wrong_list, CARP_XSTATS_BADAUTH},
        Hostile{"Counter", true, replaced_counter, CARP_XSTATS_BADAUTH},
        Hostile{"FirstFragment4", true, [](AdvertFrame &f) { f.fragment = 0x2000; },
                CARP_XSTATS_PARENT_FRAGMENT},
        Hostile{"LaterFragment4", true, [](AdvertFrame &f) { f.fragment = 0x0003; },
                CARP_XSTATS_PARENT_FRAGMENT},
        Hostile{"FirstFragment6", false, [](AdvertFrame &f) { f.fragment_header = true; },
                CARP_XSTATS_PARENT_FRAGMENT},
        Hostile{"Vrrp2", true, [](AdvertFrame &f) { f.payload = vrrp2(1); },
                CARP_XSTATS_PARENT_BADLEN},
        Hostile{"Vrrp2AsLongAsCarp", true, [](AdvertFrame &f) { f.payload = vrrp2(7); },
                CARP_XSTATS_PARENT_BADSUM},
        Hostile{"Vrrp3", true,
                [](AdvertFrame &f) {
                    f.payload = Bytes{0x31, vhid, 100, 1, 0, 100, 0, 0, 192, 168, 1, 50};
                },
                CARP_XSTATS_PARENT_BADLEN}),
    [](const auto &info) { return info.param.name; });

/// The tools name the same counters.
TEST_F(HostileAdverts, ToolsShowTheCounters) {
    const Carp carp = master();
    const auto send_spoilt = [&](const std::function<void(AdvertFrame &)> &spoil) {
        AdvertFrame frame = better(true);
        spoil(frame);
        socket.send(frame.bytes());
    };
    for (int i = 0; i < 2; ++i)
        send_spoilt(wrong_key);
    for (int i = 0; i < 3; ++i)
        send_spoilt(wrong_ttl);
    send_spoilt(wrong_version);
    ASSERT_TRUE(wait_until([&] { return carp.link().counter(CARP_XSTATS_BADVER) == 1; }, 1s));
    const auto by_carpctl = carpctl_show(host, "carp0", true)["counters"];
    const auto by_ip = ip_link_show(host, "carp0", true)["linkinfo"]["info_xstats"];
    for (const auto &all : {by_carpctl, by_ip}) {
        EXPECT_EQ(all["badauth"], 2) << all;
        EXPECT_EQ(all["parent_badttl"], 3) << all;
        EXPECT_EQ(all["badver"], 1) << all;
        EXPECT_EQ(all["parent_badsum"], 0) << all;
        EXPECT_GE(all["tx4"], 1) << all;
    }
}

/// A bow-out that anybody can write must not make a BACKUP take over.
TEST_F(HostileAdverts, ForgedBowOutDoesNotMoveABackup) {
    Host &other = add_host("hostb", {"192.168.1.4/24", "2001:db8:1::4/64"});
    const Carp carp = master();
    CarpConfig config;
    config.vhid = vhid;
    config.advbase = 0;
    config.advskew = 100;
    config.addresses = {"192.168.1.50/24", "2001:db8:1::50/64"};
    const Carp backup(other, config);
    sleep_for(500ms);
    ASSERT_EQ(backup.state(), State::Backup);
    const std::uint64_t transitions = backup.link().transitions();
    AdvertFrame farewell = make_advert(vhid, stranger4, 255, 255, "wrong", addresses);
    socket.send(farewell.bytes());
    farewell = make_advert(vhid, stranger4, 255, 255, "testpass", addresses);
    farewell.ttl = 64;
    socket.send(farewell.bytes());
    sleep_for(1500ms);
    EXPECT_EQ(backup.state(), State::Backup);
    EXPECT_EQ(backup.link().transitions(), transitions);
    EXPECT_EQ(backup.link().counter(CARP_XSTATS_BADAUTH), 1U);
    EXPECT_EQ(backup.link().counter(CARP_XSTATS_PARENT_BADTTL), 1U);
    EXPECT_EQ(carp.state(), State::Master);
}

/// Our own advert that some switch sends back.
TEST_F(HostileAdverts, OwnEchoIsNoPeer) {
    const Carp carp = master();
    const auto own = capture().wait_for(match::all(match::from(host), match::advert(vhid)), 2s);
    ASSERT_TRUE(own);
    const std::uint64_t transitions = carp.link().transitions();
    socket.send(own->bytes());
    EXPECT_TRUE(wait_until([&] { return carp.link().counter(CARP_XSTATS_LOOP) == 1; }, 1s));
    EXPECT_EQ(carp.state(), State::Master);
    EXPECT_EQ(carp.link().transitions(), transitions);
}

/// What others send differently and what everybody must accept.
TEST_F(HostileAdverts, HarmlessDifferencesAreAccepted) {
    const Carp carp = master();
    std::uint64_t expected = 0;
    const auto expect_accepted = [&](const char *what, const AdvertFrame &frame) {
        SCOPED_TRACE(what);
        socket.send(frame.bytes());
        ++expected;
        EXPECT_TRUE(
            wait_until([&] { return carp.link().counter(CARP_XSTATS_RX4) == expected; }, 1s));
    };
    const auto worse = [] {
        return make_advert(vhid, stranger4, 0, own_advskew + 1, "testpass", addresses);
    };
    AdvertFrame frame = worse();
    frame.source_mac = Mac::parse("02:00:00:00:00:66");
    frame.tos = 0xe0;
    expect_accepted("another MAC and TOS", frame);
    frame = worse();
    frame.carp.type = 3;
    frame.carp.authlen = 0;
    frame.carp.demote = 9;
    frame.carp.fix_checksum();
    expect_accepted("type, length of authentication and demotion", frame);
    frame = worse();
    frame.payload = frame.carp.bytes();
    frame.payload->resize(carp_length + 4);
    expect_accepted("bytes behind", frame);
    EXPECT_EQ(carp.state(), State::Master);
    EXPECT_FALSE(carp.link().refused());
}

/// A wrong pass on one host: both are MASTER, which is the protocol's nature,
/// and each says whose adverts it refuses.
TEST_F(HostileAdverts, WrongPassIsNamedOnBothHosts) {
    Host &other = add_host("hostb", {"192.168.1.4/24", "2001:db8:1::4/64"});
    invariants().split(vhid);
    const Carp carp = master();
    CarpConfig config;
    config.vhid = vhid;
    config.advbase = 0;
    config.advskew = 100;
    config.pass = "testpast";
    config.addresses = {"192.168.1.50/24", "2001:db8:1::50/64"};
    const Carp stubborn(other, config);
    ASSERT_TRUE(stubborn.wait_for(State::Master, 5s));
    sleep_for(2s);
    EXPECT_EQ(carp.state(), State::Master);
    EXPECT_EQ(stubborn.state(), State::Master);
    const auto expect_named = [](Host &where, const std::vector<std::string> &sources) {
        SCOPED_TRACE(where.name());
        const auto is_source = [&](const std::string &text) {
            return std::find(sources.begin(), sources.end(), text) != sources.end();
        };
        const auto refused = carpctl_show(where, "carp0")["refused"];
        EXPECT_EQ(refused["reason"], "badauth") << refused;
        EXPECT_TRUE(is_source(refused["source"].get<std::string>())) << refused;
        EXPECT_GE(refused["count"].get<std::uint64_t>(), 2U) << refused;
        const auto linkinfo = ip_link_show(where, "carp0")["linkinfo"]["info_data"]["refused"];
        EXPECT_EQ(linkinfo["reason"], "badauth") << linkinfo;
        EXPECT_TRUE(is_source(linkinfo["source"].get<std::string>())) << linkinfo;
        const std::string text = where.run({"carpctl", "show", "carp0"});
        EXPECT_TRUE(std::any_of(sources.begin(), sources.end(), [&](const std::string &source) {
            return text.find(source) != std::string::npos;
        })) << text;
        EXPECT_NE(text.find("digest"), std::string::npos) << text;
    };
    // IPv6 adverts come from the link-local address.
    expect_named(host, {"192.168.1.4", link_local(wire().mac(other)).text()});
    expect_named(other, {"192.168.1.3", link_local(wire().mac(host)).text()});
}

} // namespace
} // namespace e2e
