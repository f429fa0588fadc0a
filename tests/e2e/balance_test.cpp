// SPDX-License-Identifier: GPL-2.0-only
// arpbalance: four groups over two hosts share one address, and its clients.
#include "carp_test.hpp"
#include "neighbours.hpp"
#include "packet_socket.hpp"
#include "ping_probe.hpp"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <map>
#include <memory>

namespace e2e {
namespace {

constexpr const char *virtual4 = "192.168.1.50";
constexpr unsigned groups = 4;
constexpr unsigned many = 200;

/// The documented rule: the requester's address as a number, modulo the number of groups, picks one
/// in the order of vhids, which are 1..4 here.
unsigned vhid_for(const Address &requester) {
    const auto bytes = requester.bytes();
    const std::uint32_t number = std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
                                 std::uint32_t{bytes[2]} << 8 | bytes[3];
    return number % groups + 1;
}

struct Client {
    Mac mac;
    Address address;
};

/// Spread over several subnets, so that the last byte alone is not the rule.
Client client_number(unsigned i) {
    Client client;
    client.mac.bytes = {0x02, 0xcc, 0, 0, 0, static_cast<std::uint8_t>(i)};
    const std::uint32_t spread = i * 2654435761U;
    client.address = Address{Bytes{192, 168, static_cast<std::uint8_t>(2 + (spread >> 28)),
                                   static_cast<std::uint8_t>(1 + i)}};
    return client;
}

Bytes question(const Client &client) {
    Bytes frame(6, 0xff);
    const auto put = [&](std::span<const std::uint8_t> bytes) {
        frame.insert(frame.end(), bytes.begin(), bytes.end());
    };
    put(client.mac.bytes);
    put(Bytes{8, 6, 0, 1, 8, 0, 6, 4, 0, 1});
    put(client.mac.bytes);
    put(client.address.bytes());
    put(Bytes(6, 0));
    put(Address{virtual4}.bytes());
    return frame;
}

class Balance : public CarpTest {
  protected:
    Host &crowd = add_host("crowd");
    Host &a = add_host("hosta");
    Host &b = add_host("hostb");
    std::vector<std::unique_ptr<Carp>> on_a;
    std::vector<std::unique_ptr<Carp>> on_b;

    /// A is to lead groups 1 and 3, B groups 2 and 4.
    void start(bool parents_with_address = true) {
        if (parents_with_address) {
            a.add_address("eth0", "192.168.1.3/16");
            b.add_address("eth0", "192.168.1.4/16");
        }
        for (Host *host : {&a, &b}) {
            host->set_sysctl("net.inet.carp.arpbalance", "1");
            for (unsigned vhid = 1; vhid <= groups; ++vhid) {
                CarpConfig config;
                config.device = "carp" + std::to_string(vhid);
                config.vhid = vhid;
                config.advskew = (vhid % 2 == 1) == (host == &a) ? 0 : 100;
                config.addresses = {std::string{virtual4} + "/16"};
                config.up = false;
                (host == &a ? on_a : on_b).push_back(std::make_unique<Carp>(*host, config));
            }
        }
        for (unsigned i = 0; i < groups; ++i) {
            on_a[i]->up();
            on_b[i]->up();
        }
        for (unsigned i = 0; i < groups; ++i)
            ASSERT_TRUE((i % 2 == 0 ? on_a : on_b)[i]->wait_for(State::Master, 5s));
        sleep_for(2500ms);
        for (unsigned i = 0; i < groups; ++i)
            ASSERT_EQ((i % 2 == 0 ? on_b : on_a)[i]->state(), State::Backup);
    }

    std::string leader(unsigned vhid) const {
        std::string name;
        for (const auto *devices : {&on_a, &on_b})
            if ((*devices)[vhid - 1]->state() == State::Master)
                name += (*devices)[vhid - 1]->host().name();
        return name;
    }

    /// Everybody asks; each gets one answer, of the group that the rule says, from its MASTER.
    void expect_distribution() {
        const PacketSocket socket{crowd};
        const Instant start = now();
        // A bridge makes many of each, and a queue of received frames has room for 1000.
        for (unsigned i = 0; i < many; ++i) {
            socket.send(question(client_number(i)));
            if (i % groups == groups - 1)
                sleep_for(1ms);
        }
        sleep_for(100ms);
        std::map<Mac, std::vector<Frame>> answers;
        for (const Frame &frame : capture().select([&](const Frame &f) {
                 const auto arp = f.arp();
                 return f.time() >= start && arp && arp->operation == 2 &&
                        arp->sender == Address{virtual4};
             }))
            answers[frame.destination()].push_back(frame);
        std::map<unsigned, unsigned> share;
        for (unsigned i = 0; i < many; ++i) {
            const Client client = client_number(i);
            ASSERT_EQ(answers[client.mac].size(), 1U) << client.address;
            const Frame &answer = answers[client.mac].front();
            const unsigned vhid = vhid_for(client.address);
            EXPECT_EQ(answer.arp()->sender_mac, Mac::of_vhid(vhid)) << client.address;
            EXPECT_EQ(answer.source(), Mac::of_vhid(vhid)) << client.address;
            EXPECT_EQ(answer.host(), leader(vhid)) << client.address;
            ++share[vhid];
        }
        // Each group has its part.
        for (unsigned vhid = 1; vhid <= groups; ++vhid)
            EXPECT_EQ(share[vhid], many / groups) << vhid;
    }

    /// Nobody but who asked is told a MAC of the address.
    void expect_not_announced() {
        EXPECT_NO_FRAME(
            capture(),
            [](const Frame &frame) {
                const auto arp = frame.arp();
                return arp && arp->sender == Address{virtual4} && arp->operation == 1;
            },
            [](const Frame &frame) {
                const auto arp = frame.arp();
                return arp && arp->target == Address{virtual4} && arp->operation == 1;
            });
    }
};

TEST_F(Balance, ClientsAreSharedAndKeepTheirMac) {
    // One real client for each group.
    std::vector<Host *> clients;
    for (unsigned i = 0; i < groups; ++i)
        clients.push_back(&add_host("client" + std::to_string(i),
                                    {"192.168.1." + std::to_string(100 + i) + "/16"}));
    start();
    std::vector<std::unique_ptr<PingProbe>> probes;
    for (Host *client : clients)
        probes.push_back(std::make_unique<PingProbe>(*client, virtual4, 10ms));
    for (const auto &probe : probes)
        ASSERT_TRUE(probe->wait_answer(3s));
    const auto expect_macs = [&] {
        for (unsigned i = 0; i < groups; ++i)
            EXPECT_EQ(neighbour_mac(*clients[i], virtual4), Mac::of_vhid(i + 1));
    };
    const auto expect_data_through_leaders = [&](Instant since) {
        for (unsigned i = 0; i < groups; ++i) {
            const auto reply = capture().last([&](const Frame &frame) {
                return frame.icmp_type() == 0 &&
                       frame.ip()->destination == Address{"192.168.1." + std::to_string(100 + i)};
            });
            ASSERT_TRUE(reply);
            EXPECT_GE(reply->time(), since);
            EXPECT_EQ(reply->host(), leader(i + 1)) << i;
        }
    };
    expect_macs();
    expect_data_through_leaders(now() - 50ms);
    expect_distribution();

    // All of it on the survivor, with the MACs that the clients know.
    wire().cut(a);
    const Instant death = now();
    for (const unsigned i : {0U, 2U})
        ASSERT_TRUE(on_b[i]->wait_for(State::Master, 5s));
    sleep_for(100ms);
    for (unsigned i = 0; i < groups; ++i) {
        const Outage outage = probes[i]->worst_outage(death - 100ms);
        if (i % 2 == 0) {
            EXPECT_LE(outage.first_after - death, master_down_time(1, 100) + 15ms) << outage.text();
        } else {
            EXPECT_EQ(outage.lost, 0U) << i;
        }
    }
    expect_macs();
    expect_data_through_leaders(now() - 50ms);
    expect_distribution();

    // And back: neither the healing nor time undoes the balance.
    wire().heal(a);
    sleep_for(1s);
    for (const unsigned i : {0U, 2U}) {
        on_b[i]->down();
        ASSERT_TRUE(on_a[i]->wait_for(State::Master, 100ms));
        on_b[i]->up();
    }
    sleep_for(60s);
    expect_macs();
    expect_data_through_leaders(now() - 50ms);
    expect_distribution();
    expect_not_announced();
}

/// A parent without an address: the carp devices have to ask for the clients' MACs themselves.
TEST_F(Balance, ParentsWithoutAddress) {
    std::vector<Host *> clients;
    for (unsigned i = 0; i < groups; ++i)
        clients.push_back(&add_host("client" + std::to_string(i),
                                    {"192.168.1." + std::to_string(100 + i) + "/16"}));
    start(false);
    for (int round = 0; round < 2; ++round) {
        for (unsigned i = 0; i < groups; ++i) {
            EXPECT_TRUE(ping(*clients[i], virtual4)) << i;
            EXPECT_EQ(neighbour_mac(*clients[i], virtual4), Mac::of_vhid(i + 1));
        }
        // The hosts have to ask again.
        sleep_for(1s);
        forget_neighbours(a);
        forget_neighbours(b);
    }
    expect_distribution();
    expect_not_announced();
}

/// Without the sysctl the first MASTER here answers; an address of one group alone is announced.
TEST_F(Balance, OffAndUnshared) {
    start();
    a.set_sysctl("net.inet.carp.arpbalance", "0");
    const PacketSocket socket{crowd};
    const Instant asked = now();
    for (unsigned i = 0; i < 4; ++i)
        socket.send(question(client_number(i)));
    sleep_for(20ms);
    EXPECT_EQ(capture().count([&](const Frame &frame) {
        const auto arp = frame.arp();
        return frame.time() >= asked && frame.host() == "hosta" && arp && arp->operation == 2 &&
               arp->sender_mac == Mac::of_vhid(1);
    }),
              4U);
    const Instant added = now();
    b.run({"ip", "addr", "add", "192.168.1.60/16", "dev", "carp2"});
    sleep_for(20ms);
    EXPECT_EQ(capture().count([&](const Frame &frame) {
        const auto arp = frame.arp();
        return frame.time() >= added && frame.host() == "hostb" && arp && arp->gratuitous() &&
               arp->sender == Address{"192.168.1.60"};
    }),
              1U);
}

} // namespace
} // namespace e2e
