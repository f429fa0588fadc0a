// SPDX-License-Identifier: GPL-2.0-only
// Every byte that we put on the wire, against bytes that are made here.
#include "carp_test.hpp"
#include "neighbours.hpp"
#include "ping_probe.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace e2e {
namespace {

constexpr const char *key = "mekmitasdigoat";

std::string hex(View bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += "0123456789abcdef"[byte >> 4];
        text += "0123456789abcdef"[byte & 15];
    }
    return text;
}

void append(Bytes &out, View bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

/// A gratuitous ARP request: who has VIP, tell VIP.
Bytes gratuitous_arp(const Mac &mac, const Address &address) {
    Bytes out;
    append(out, Mac::broadcast().bytes);
    append(out, mac.bytes);
    append(out, Bytes{0x08, 0x06, 0x00, 0x01, 0x08, 0x00, 6, 4, 0, 1});
    append(out, mac.bytes);
    append(out, address.bytes());
    append(out, Bytes(6));
    append(out, address.bytes());
    return out;
}

/// An unsolicited neighbour advertisement to all nodes.
Bytes neighbour_advertisement(const Mac &mac, const Address &source, const Address &target,
                              std::uint8_t flags) {
    Bytes message{136, 0, 0, 0, flags, 0, 0, 0};
    append(message, target.bytes());
    append(message, Bytes{2, 1});
    append(message, mac.bytes);
    const Address all_nodes{"ff02::1"};
    Bytes pseudo;
    append(pseudo, source.bytes());
    append(pseudo, all_nodes.bytes());
    append(pseudo, Bytes{0, 0, 0, static_cast<std::uint8_t>(message.size()), 0, 0, 0, 58});
    append(pseudo, message);
    const std::uint16_t sum = internet_checksum(pseudo);
    message[2] = static_cast<std::uint8_t>(sum >> 8);
    message[3] = static_cast<std::uint8_t>(sum);
    Bytes out;
    append(out, Bytes{0x33, 0x33, 0, 0, 0, 1});
    append(out, mac.bytes);
    append(out, Bytes{0x86, 0xdd, 0x60, 0, 0, 0, 0, 32, 58, 255});
    append(out, source.bytes());
    append(out, all_nodes.bytes());
    append(out, message);
    return out;
}

class OnTheWire : public CarpTest {
  protected:
    Host &host = add_host("hosta", {"192.168.1.3/24", "2001:db8:1::3/64"});
    Host &listener = add_host("listener", {"192.168.1.9/24", "2001:db8:1::9/64"});

    static CarpConfig config(unsigned vhid, std::vector<std::string> addresses) {
        CarpConfig config;
        config.vhid = vhid;
        config.pass = key;
        config.addresses = std::move(addresses);
        return config;
    }

    static std::vector<Address> plain(const std::vector<std::string> &with_prefix) {
        return {with_prefix.begin(), with_prefix.end()};
    }

    /// The whole frame, but for what is random: counter and IP identification.
    static void expect_exact(const Frame &frame, unsigned vhid, unsigned advbase, unsigned advskew,
                             const std::vector<Address> &list) {
        const auto header = frame.advert();
        ASSERT_TRUE(header) << frame.text();
        AdvertFrame expected = make_advert(vhid, frame.ip()->source, advbase, advskew, key, list);
        expected.carp.counter = header->counter;
        expected.carp.sign(key, list);
        expected.id = frame.ip()->id;
        EXPECT_EQ(hex(frame.bytes()), hex(expected.bytes())) << frame.text();
        EXPECT_EQ(frame.length(), expected.bytes().size());
    }

    static FramePredicate advert_in(unsigned vhid, bool v4) {
        return [vhid, v4](const Frame &frame) {
            return match::advert(vhid)(frame) && frame.ip()->source.is_v4() == v4;
        };
    }
};

TEST_F(OnTheWire, AdvertsAreByteExact) {
    const std::vector<std::string> addresses{"192.168.1.51/24", "192.168.1.50/24",
                                             "2001:db8:1::51/64", "2001:db8:1::50/64"};
    CarpConfig wanted = config(7, addresses);
    wanted.advskew = 20;
    const Carp carp(host, wanted);
    ASSERT_TRUE(carp.wait_for(State::Master, 4s));
    sleep_for(3500ms);
    for (const bool v4 : {true, false}) {
        const std::vector<Frame> adverts = capture().select(advert_in(7, v4));
        ASSERT_GE(adverts.size(), 4U) << (v4 ? "IPv4" : "IPv6");
        for (const Frame &advert : adverts) {
            expect_exact(advert, 7, 1, 20, plain(addresses));
            EXPECT_EQ(advert.ip()->ttl, 255);
        }
        // The rhythm, over three intervals.
        const Duration three = adverts[3].time() - adverts[0].time();
        EXPECT_NEAR(static_cast<double>(three.count()),
                    static_cast<double>((3 * advert_interval(1, 20)).count()),
                    static_cast<double>((100us + 2 * timer_resolution()).count()));
        // A counter that only the sender can continue.
        EXPECT_NE(adverts[0].advert()->counter, adverts[1].advert()->counter);
    }
    const auto first4 = capture().first(advert_in(7, true));
    EXPECT_EQ(first4->ip()->source, Address{"192.168.1.3"});
    EXPECT_EQ(first4->ip()->destination, Address{"224.0.0.18"});
    const auto first6 = capture().first(advert_in(7, false));
    EXPECT_EQ(first6->ip()->destination, Address{"ff02::12"});
    // Its own are not taken for someone else's.
    EXPECT_FALSE(carp.link().refused());
}

TEST_F(OnTheWire, OnlyFamiliesWithAddressesAdvertise) {
    const Carp carp4(host, config(4, {"192.168.1.50/24"}));
    CarpConfig six = config(6, {"2001:db8:1::50/64"});
    six.device = "carp1";
    const Carp carp6(host, six);
    ASSERT_TRUE(carp4.wait_for(State::Master, 4s));
    ASSERT_TRUE(carp6.wait_for(State::Master, 1s));
    sleep_for(1200ms);
    EXPECT_NO_FRAME(capture(), advert_in(4, false), advert_in(4, true));
    EXPECT_NO_FRAME(capture(), advert_in(6, true), advert_in(6, false));
    EXPECT_EQ(carp4.link().link().mac, "00:00:5e:00:01:04");
}

TEST_F(OnTheWire, BowOutIsByteExact) {
    const std::vector<std::string> addresses{"192.168.1.50/24", "2001:db8:1::50/64"};
    const Carp carp(host, config(1, addresses));
    ASSERT_TRUE(carp.wait_for(State::Master, 4s));
    carp.down();
    sleep_for(50ms);
    for (const bool v4 : {true, false}) {
        const std::vector<Frame> farewells = capture().select([&](const Frame &frame) {
            return match::bow_out(1)(frame) && frame.ip()->source.is_v4() == v4;
        });
        ASSERT_GE(farewells.size(), 1U) << (v4 ? "IPv4" : "IPv6");
        for (const Frame &farewell : farewells)
            expect_exact(farewell, 1, 255, 255, plain(addresses));
    }
}

TEST_F(OnTheWire, AnnouncementsAreByteExactAndRepeated) {
    const Carp carp(host, config(1, {"192.168.1.50/24", "192.168.1.51/24", "2001:db8:1::50/64"}));
    ASSERT_TRUE(carp.wait_for(State::Master, 4s));
    sleep_for(3500ms);
    const auto first_advert = capture().first(match::advert(1));
    ASSERT_TRUE(first_advert);
    for (const char *address : {"192.168.1.50", "192.168.1.51"}) {
        const std::vector<Frame> arps = capture().select([&](const Frame &frame) {
            return frame.arp() && frame.arp()->gratuitous() &&
                   frame.arp()->sender == Address{address};
        });
        ASSERT_EQ(arps.size(), 2U) << address;
        for (const Frame &arp : arps)
            EXPECT_EQ(hex(View{arp.bytes()}.first(42)),
                      hex(gratuitous_arp(Mac::of_vhid(1), address)));
        EXPECT_GE(arps[0].time(), first_advert->time());
        EXPECT_LE(arps[0].time() - first_advert->time(), 1ms);
        // Again with the second following advert.
        EXPECT_GE(arps[1].time() - first_advert->time(), 2s - 1ms);
        EXPECT_LE(arps[1].time() - first_advert->time(), 2s + 1ms + 2 * timer_resolution());
    }
    const std::vector<Frame> advertisements = capture().select([](const Frame &frame) {
        return frame.host() == "hosta" && frame.neighbour() && frame.neighbour()->advertisement() &&
               frame.neighbour()->target == Address{"2001:db8:1::50"};
    });
    ASSERT_EQ(advertisements.size(), 2U);
    for (const Frame &frame : advertisements) {
        // Override, and no router as long as nothing is forwarded.
        EXPECT_EQ(hex(frame.bytes()),
                  hex(neighbour_advertisement(Mac::of_vhid(1), frame.neighbour()->source,
                                              "2001:db8:1::50", 0x20)));
    }
    EXPECT_LE(advertisements[0].time() - first_advert->time(), 1ms);
}

TEST_F(OnTheWire, RoutersSaySo) {
    host.set_sysctl("net.ipv6.conf.all.forwarding", "1");
    const Carp carp(host, config(1, {"2001:db8:1::50/64"}));
    ASSERT_TRUE(carp.wait_for(State::Master, 4s));
    sleep_for(50ms);
    const auto advertisement = capture().first([](const Frame &frame) {
        return frame.host() == "hosta" && frame.neighbour() && frame.neighbour()->advertisement() &&
               frame.neighbour()->target == Address{"2001:db8:1::50"};
    });
    ASSERT_TRUE(advertisement);
    EXPECT_EQ(advertisement->neighbour()->flags, 0x80 | 0x20);
}

TEST_F(OnTheWire, TcpdumpDecodesAdverts) {
    CarpConfig wanted = config(7, {"192.168.1.50/24", "2001:db8:1::50/64"});
    wanted.advskew = 20;
    const Carp carp(host, wanted);
    ASSERT_TRUE(carp.wait_for(State::Master, 4s));
    ASSERT_TRUE(capture().wait_for(advert_in(7, true), 2s));
    const std::string prefix = "/tmp/e2e-wire-test";
    capture().save(prefix);
    const std::string text =
        host.run({"tcpdump", "-n", "-v", "-T", "carp", "-r", prefix + ".pcap"});
    host.run({"rm", prefix + ".pcap", prefix + ".txt"});
    EXPECT_NE(text.find("192.168.1.3 > 224.0.0.18: CARPv2-advertise 36: vhid=7 advbase=1 "
                        "advskew=20 authlen=7 counter="),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("> ff02::12: CARPv2-advertise 36: vhid=7 advbase=1 advskew=20"),
              std::string::npos)
        << text;
    EXPECT_EQ(text.find("bad carp cksum"), std::string::npos) << text;
    EXPECT_EQ(text.find("bad vrrp cksum"), std::string::npos) << text;
}

/// An address list that survives down and up, link-local address included.
TEST_F(OnTheWire, DownAndUpKeepTheList) {
    const std::vector<std::string> addresses{"192.168.1.50/24", "2001:db8:1::50/64", "fe80::1/64"};
    const Carp carp(host, config(9, addresses));
    ASSERT_TRUE(carp.wait_for(State::Master, 4s));
    for (const int round : {1, 2}) {
        SCOPED_TRACE(round);
        const Instant start = now();
        for (const bool v4 : {true, false}) {
            const auto advert = capture().wait_for(advert_in(9, v4), 2s, start);
            ASSERT_TRUE(advert);
            expect_exact(*advert, 9, 1, 0, plain(addresses));
        }
        const std::string list = host.run({"ip", "-br", "addr", "show", "dev", "carp0"});
        for (const std::string &address : addresses)
            EXPECT_NE(list.find(address), std::string::npos) << list;
        carp.down();
        sleep_for(10ms);
        const auto farewell = capture().last(match::bow_out(9));
        ASSERT_TRUE(farewell);
        EXPECT_GE(farewell->time(), start);
        expect_exact(*farewell, 9, 255, 255, plain(addresses));
        carp.up();
        ASSERT_TRUE(carp.wait_for(State::Master, 4s));
    }
}

/// Only what the administrator set counts: nothing that the kernel made itself.
TEST_F(OnTheWire, NoAddressAppearsByItself) {
    const Carp carp(host, config(9, {"2001:db8:1::50/64"}));
    ASSERT_TRUE(carp.wait_for(State::Master, 4s));
    const auto advert = capture().wait_for(advert_in(9, false), 2s, {});
    ASSERT_TRUE(advert);
    expect_exact(*advert, 9, 1, 0, {"2001:db8:1::50"});
    EXPECT_EQ(host.run({"ip", "-6", "addr", "show", "dev", "carp0"}).find("fe80:"),
              std::string::npos);
}

/// Whatever the MASTER itself does with a virtual address, nobody is told another
/// MAC address for it: it asks its neighbours with its own address instead.
TEST_F(OnTheWire, NobodyIsToldTheMacOfTheParent) {
    const Carp carp(host, config(1, {"192.168.1.50/24", "2001:db8:1::50/64"}));
    ASSERT_TRUE(carp.wait_for(State::Master, 4s));
    forget_neighbours(host);
    forget_neighbours(listener);
    const Instant start = now();
    host.run({"ping", "-n", "-c", "2", "-i", "0.2", "-I", "192.168.1.50", "192.168.1.9"});
    host.run({"ping", "-n", "-c", "2", "-i", "0.2", "-I", "2001:db8:1::50", "2001:db8:1::9"});
    const FramePredicate question = [&](const Frame &frame) {
        return frame.host() == "hosta" && frame.time() >= start &&
               ((frame.arp() && frame.arp()->target == Address{"192.168.1.9"}) ||
                (frame.neighbour() && frame.neighbour()->target == Address{"2001:db8:1::9"}));
    };
    const FramePredicate other_mac_for_virtual_address = [](const Frame &frame) {
        const Mac mac = Mac::of_vhid(1);
        if (const auto arp = frame.arp())
            return arp->sender == Address{"192.168.1.50"} && arp->sender_mac != mac;
        if (const auto nd = frame.neighbour(); nd && nd->link_address) {
            const Address subject = nd->advertisement() ? nd->target : nd->source;
            return subject == Address{"2001:db8:1::50"} && nd->link_address != mac;
        }
        return false;
    };
    EXPECT_NO_FRAME(capture(), other_mac_for_virtual_address, question);
    ASSERT_TRUE(ping(listener, "192.168.1.50"));
    ASSERT_TRUE(ping(listener, "2001:db8:1::50"));
    EXPECT_EQ(neighbour_mac(listener, "192.168.1.50"), Mac::of_vhid(1));
    EXPECT_EQ(neighbour_mac(listener, "2001:db8:1::50"), Mac::of_vhid(1));
}

} // namespace
} // namespace e2e
