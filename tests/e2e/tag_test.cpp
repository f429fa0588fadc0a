// SPDX-License-Identifier: GPL-2.0-only
// Frames with a priority tag (802.1Q with VLAN 0), as switches and some network
// cards send them: a tag that says nothing about where they belong.
#include "carp_packet.hpp"
#include "packet_socket.hpp"
#include "pair_test.hpp"

#include <gtest/gtest.h>

namespace e2e {
namespace {

void append(Bytes &out, View bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

Bytes ethernet(const Mac &to, const Mac &from, std::uint16_t type, const Bytes &payload) {
    Bytes frame;
    append(frame, to.bytes);
    append(frame, from.bytes);
    append(frame, Bytes{static_cast<std::uint8_t>(type >> 8), static_cast<std::uint8_t>(type)});
    append(frame, payload);
    return frame;
}

/// With a tag of priority 5 and VLAN 0.
Bytes tag(Bytes frame) {
    const Bytes tag{0x81, 0x00, 0xa0, 0x00};
    frame.insert(frame.begin() + 12, tag.begin(), tag.end());
    return frame;
}

class PriorityTag : public PairTest {
  protected:
    void SetUp() override {
        build_and_start(cable());
        invariants().outsider(client);
        client_mac = wire().mac(client);
    }

    Mac client_mac;
    const Address own4{"192.168.1.9"};
    const Address own6{"2001:db8:1::9"};

    Bytes arp_request(const Address &target) const {
        Bytes arp{0, 1, 8, 0, 6, 4, 0, 1};
        append(arp, client_mac.bytes);
        append(arp, own4.bytes());
        append(arp, Mac{}.bytes);
        append(arp, target.bytes());
        return ethernet(Mac::broadcast(), client_mac, 0x0806, arp);
    }

    Bytes echo4() const {
        Bytes icmp{8, 0, 0, 0, 0x12, 0x34, 0, 1};
        const std::uint16_t sum = internet_checksum(icmp);
        icmp[2] = static_cast<std::uint8_t>(sum >> 8);
        icmp[3] = static_cast<std::uint8_t>(sum);
        Bytes ip{0x45, 0, 0, 28, 0, 1, 0, 0, 64, 1, 0, 0};
        append(ip, own4.bytes());
        append(ip, virtual4().bytes());
        const std::uint16_t header = internet_checksum(ip);
        ip[10] = static_cast<std::uint8_t>(header >> 8);
        ip[11] = static_cast<std::uint8_t>(header);
        append(ip, icmp);
        return ethernet(Mac::of_vhid(vhid), client_mac, 0x0800, ip);
    }

    Bytes icmp6(const Mac &mac, const Address &to, std::uint8_t hops, Bytes message) const {
        Bytes pseudo;
        append(pseudo, own6.bytes());
        append(pseudo, to.bytes());
        append(pseudo, Bytes{0, 0, 0, static_cast<std::uint8_t>(message.size()), 0, 0, 0, 58});
        append(pseudo, message);
        const std::uint16_t sum = internet_checksum(pseudo);
        message[2] = static_cast<std::uint8_t>(sum >> 8);
        message[3] = static_cast<std::uint8_t>(sum);
        Bytes ip{0x60, 0, 0, 0, 0, static_cast<std::uint8_t>(message.size()), 58, hops};
        append(ip, own6.bytes());
        append(ip, to.bytes());
        append(ip, message);
        return ethernet(mac, client_mac, 0x86dd, ip);
    }

    Bytes solicitation() const {
        Bytes message{135, 0, 0, 0, 0, 0, 0, 0};
        append(message, virtual6().bytes());
        append(message, Bytes{1, 1});
        append(message, client_mac.bytes);
        return icmp6(Mac::parse("33:33:ff:00:00:50"), "ff02::1:ff00:50", 255, message);
    }

    Bytes echo6() const {
        return icmp6(Mac::of_vhid(vhid), virtual6(), 64, {128, 0, 0, 0, 0x12, 0x34, 0, 1});
    }
};

TEST_F(PriorityTag, QuestionsAndTrafficAreTaken) {
    const PacketSocket socket(client);
    const auto from_master = [&](const Frame &frame) {
        return frame.host() == "hosta" && frame.destination() == client_mac;
    };
    const auto ask = [&](const Bytes &question, const FramePredicate &answer) {
        const Instant start = now();
        socket.send(tag(question));
        const bool answered =
            capture().wait_for(match::all(from_master, answer), 1s, start).has_value();
        EXPECT_NO_FRAME(capture(),
                        match::all(match::since(start), answer,
                                   [](const Frame &frame) { return frame.host() == "hostb"; }),
                        match::all(match::since(start), match::from(client)));
        return answered;
    };
    EXPECT_TRUE(ask(arp_request(virtual4()), [](const Frame &frame) {
        return frame.arp() && frame.arp()->operation == 2 && frame.source() == Mac::of_vhid(vhid);
    }));
    EXPECT_TRUE(ask(echo4(), [](const Frame &frame) { return frame.icmp_type() == 0; }));
    EXPECT_TRUE(ask(solicitation(), [](const Frame &frame) {
        return frame.neighbour() && frame.neighbour()->advertisement() &&
               (frame.neighbour()->flags & 0x40) != 0 && frame.source() == Mac::of_vhid(vhid);
    }));
    EXPECT_TRUE(ask(echo6(), [](const Frame &frame) { return frame.icmp_type() == 129; }));
}

/// Tagged adverts keep a BACKUP where it is. Nothing else does: it leads when
/// they stop.
TEST_F(PriorityTag, AdvertsCount) {
    for (const Address source : {own4, own6}) {
        SCOPED_TRACE(source.text());
        const bool v4 = source.is_v4();
        CarpConfig config;
        config.device = v4 ? "carp4" : "carp6";
        config.vhid = v4 ? 4 : 6;
        config.advskew = 100;
        const std::string address = v4 ? "192.168.1.60" : "2001:db8:1::60";
        config.addresses = {address + (v4 ? "/24" : "/64")};
        const Carp carp(b, config);
        AdvertFrame advert = make_advert(config.vhid, source, 1, 0, "testpass", {address});
        const PacketSocket socket(client);
        for (int i = 0; i < 6; ++i) {
            socket.send(tag(advert.bytes()));
            sleep_for(1s);
            EXPECT_EQ(carp.state(), State::Backup);
        }
        EXPECT_TRUE(carp.wait_for(State::Master, 3500ms));
    }
}

/// A tag with a VLAN is another wire.
TEST_F(PriorityTag, OtherVlansDoNot) {
    CarpConfig config;
    config.device = "carp4";
    config.vhid = 4;
    config.advskew = 100;
    config.addresses = {"192.168.1.60/24"};
    const Carp carp(b, config);
    const AdvertFrame advert = make_advert(4, own4, 1, 0, "testpass", {"192.168.1.60"});
    Bytes frame = tag(advert.bytes());
    frame[15] = 7;
    const PacketSocket socket(client);
    for (int i = 0; i < 4; ++i) {
        socket.send(frame);
        sleep_for(1s);
    }
    EXPECT_EQ(carp.state(), State::Master);
}

} // namespace
} // namespace e2e
