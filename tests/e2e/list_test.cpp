// SPDX-License-Identifier: GPL-2.0-only
// The list of addresses changes while the group is at work: backups first,
// the master last.
#include "carp_test.hpp"
#include "packet_socket.hpp"
#include "tcp_server.hpp"

#include <array>
#include <future>
#include <gtest/gtest.h>
#include <linux/carp.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;

class List : public CarpTest {
  protected:
    Host &client = add_host("client", {"192.168.1.9/24"});
    Host &a = add_host("hosta", {"192.168.1.3/24"});
    Host &b = add_host("hostb", {"192.168.1.4/24"});
    TcpServer server_a{a};
    TcpServer server_b{b};
    Carp on_a{a, config(0)};
    Carp on_b{b, config(100)};

    void SetUp() override {
        ASSERT_TRUE(on_a.wait_for(State::Master, 5s));
        ASSERT_EQ(on_b.state(), State::Backup);
    }

    static CarpConfig config(unsigned advskew) {
        CarpConfig config;
        config.vhid = vhid;
        config.advskew = advskew;
        config.addresses = {"192.168.1.50/24"};
        return config;
    }

    static constexpr std::array more{"192.168.1.60/24", "192.168.1.61/24", "192.168.1.62/24"};

    static void add(const Carp &carp, const std::string &address) {
        carp.host().run({"ip", "addr", "add", address, "dev", carp.device()});
    }

    static void remove(const Carp &carp, const std::string &address) {
        carp.host().run({"ip", "addr", "del", address, "dev", carp.device()});
    }

    /// B must have heard A to know the list that counts.
    void hear_master() {
        ASSERT_TRUE(capture().wait_for(match::all(match::from(a), match::advert(vhid)), 2s, now()));
    }

    void expect_one_master_since(Instant start) {
        EXPECT_EQ(on_a.state(), State::Master);
        EXPECT_EQ(on_a.link().transitions(), 2U);
        EXPECT_EQ(on_b.state(), State::Backup);
        EXPECT_EQ(on_b.link().transitions(), 1U) << "INIT to BACKUP, and no more";
        EXPECT_NO_FRAME(capture(), match::all(match::from(b), match::claims(vhid)),
                        match::all(match::from(a), match::advert(vhid), match::since(start)));
    }

    static std::string addresses_of(Host &host) {
        return host.run({"ip", "-o", "addr", "show", "dev", "carp0"});
    }

    /// From the client, with the prefix 2001:db8:aaaa::/64 for everybody.
    [[nodiscard]] Bytes router_advertisement() {
        Bytes body{134, 0, 0, 0, 64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0};
        const Bytes prefix{3, 4, 64, 0xc0, 0, 1, 0x51, 0x80, 0, 0, 0x38, 0x40, 0, 0, 0, 0};
        body.insert(body.end(), prefix.begin(), prefix.end());
        append(body, Address("2001:db8:aaaa::").bytes());
        const Address source("fe80::9");
        const Address all_nodes("ff02::1");
        Bytes pseudo;
        append(pseudo, source.bytes());
        append(pseudo, all_nodes.bytes());
        append(pseudo, Bytes{0, 0, 0, static_cast<std::uint8_t>(body.size()), 0, 0, 0, 58});
        append(pseudo, body);
        const std::uint16_t sum = internet_checksum(pseudo);
        body[2] = static_cast<std::uint8_t>(sum >> 8);
        body[3] = static_cast<std::uint8_t>(sum);

        Bytes frame{0x33, 0x33, 0, 0, 0, 1};
        append(frame, wire().mac(client).bytes);
        append(frame, Bytes{0x86, 0xdd, 0x60, 0, 0, 0, 0, static_cast<std::uint8_t>(body.size()),
                            58, 255});
        append(frame, source.bytes());
        append(frame, all_nodes.bytes());
        append(frame, body);
        return frame;
    }

    static void append(Bytes &bytes, View more_bytes) {
        bytes.insert(bytes.end(), more_bytes.begin(), more_bytes.end());
    }
};

/// Three addresses come to the BACKUP one by one, ten minutes before the MASTER
/// gets them, also one by one: it accepts what the MASTER had, has, and will
/// have on the way.
TEST_F(List, GrowsWithoutASecondMaster) {
    const Instant start = now();
    hear_master();
    for (const char *address : more) {
        add(on_b, address);
        sleep_for(4s);
    }
    sleep_for(10min);
    for (const char *address : more) {
        add(on_a, address);
        sleep_for(4s);
    }
    sleep_for(5s);
    expect_one_master_since(start);
    EXPECT_EQ(on_b.link().counter(CARP_XSTATS_BADAUTH), 0U);
    EXPECT_EQ(who_answers(client, "192.168.1.62"), "hosta");

    wire().cut(a);
    ASSERT_TRUE(on_b.wait_for(State::Master, 5s));
    EXPECT_EQ(who_answers(client, "192.168.1.62"), "hostb");
}

/// The other way round: what came last goes first, from the BACKUP first.
TEST_F(List, ShrinksWithoutASecondMaster) {
    for (const char *address : more) {
        add(on_b, address);
        add(on_a, address);
    }
    const Instant start = now();
    hear_master();
    for (const char *address : {more[2], more[1], more[0]}) {
        remove(on_b, address);
        sleep_for(4s);
    }
    sleep_for(10s);
    for (const char *address : {more[2], more[1], more[0]}) {
        remove(on_a, address);
        sleep_for(4s);
    }
    sleep_for(5s);
    expect_one_master_since(start);
    EXPECT_EQ(on_b.link().counter(CARP_XSTATS_BADAUTH), 0U);
}

/// Who changes its mind in between has changed nothing.
TEST_F(List, EditedAndEditedBack) {
    const Instant start = now();
    hear_master();
    for (unsigned round = 0; round < 40; ++round) {
        add(on_b, more[round % 3]);
        remove(on_b, more[round % 3]);
    }
    sleep_for(10s);
    expect_one_master_since(start);
    wire().cut(a);
    EXPECT_TRUE(on_b.wait_for(State::Master, 5s));
}

/// Twenty addresses at boot, at 3.9 ms between adverts, on both hosts at the
/// same time: all addresses first, then up.
class Boot : public CarpTest, public ::testing::WithParamInterface<bool> {
  protected:
    Host &a = add_host("hosta", {"192.168.1.3/24"});
    Host &b = add_host("hostb", {"192.168.1.4/24"});

    static std::vector<std::string> twenty() {
        std::vector<std::string> all;
        for (unsigned i = 0; i < 20; ++i)
            all.push_back("192.168.1." + std::to_string(100 + i) + "/24");
        return all;
    }

    /// With ip(8), or with one call of carpctl, which does it in this order.
    static void boot(Host &host, unsigned advskew) {
        if (GetParam()) {
            CarpConfig config;
            config.vhid = vhid;
            config.advbase = 0;
            config.advskew = advskew;
            config.addresses = twenty();
            const Carp carp(host, config);
            return;
        }
        host.run({"carpctl", "create", "carp0"});
        std::vector<std::string> command{"carpctl",
                                         "configure",
                                         "carp0",
                                         "vhid",
                                         "1",
                                         "carpdev",
                                         "eth0",
                                         "advbase",
                                         "0",
                                         "advskew",
                                         std::to_string(advskew),
                                         "pass",
                                         "testpass"};
        for (const std::string &address : twenty())
            command.push_back(address);
        host.run(command);
    }

    static State state(Host &host) { return CarpLink(host.rtnl().link("carp0").value()).state(); }
};

TEST_P(Boot, TwentyAddressesAndOneMaster) {
    auto on_b = std::async(std::launch::async, [&] { boot(b, 10); });
    boot(a, 1);
    on_b.get();
    sleep_for(2s);
    EXPECT_NE(state(a) == State::Master, state(b) == State::Master);
    for (Host *host : {&a, &b})
        EXPECT_EQ(CarpLink(host->rtnl().link("carp0").value()).counter(CARP_XSTATS_BADAUTH), 0U);
    // That there was never a second one is among what every test is checked for.
    Host &master = state(a) == State::Master ? a : b;
    EXPECT_FRAME(capture(), match::all(match::from(master), match::advert(vhid)));
}

INSTANTIATE_TEST_SUITE_P(Tools, Boot, ::testing::Values(true, false),
                         [](const auto &info) { return info.param ? "Ip" : "Carpctl"; });

/// A router on the wire announces a prefix. Hosts that listen to it make
/// themselves an address; carp0 does not, in no state, or the list would change.
TEST_F(List, RouterAdvertisementChangesNothing) {
    for (Host *host : {&a, &b})
        host->set_sysctl("net.ipv6.conf.eth0.accept_ra", "2");
    const std::string before_a = addresses_of(a);
    const std::string before_b = addresses_of(b);
    const Instant start = now();
    const PacketSocket socket(client);
    for (unsigned i = 0; i < 3; ++i) {
        socket.send(router_advertisement());
        sleep_for(2s);
    }
    for (Host *host : {&a, &b}) {
        EXPECT_NE(host->run({"ip", "-6", "addr", "show", "dev", "eth0"}).find("2001:db8:aaaa:"),
                  std::string::npos)
            << "nobody heard it";
        EXPECT_EQ(host->run({"ip", "-6", "route", "show", "dev", "carp0", "proto", "ra"}), "");
    }
    EXPECT_EQ(addresses_of(a), before_a);
    EXPECT_EQ(addresses_of(b), before_b);
    expect_one_master_since(start);
    const auto advert =
        capture().last(match::all(match::from(a), match::advert(vhid), match::since(start + 4s)));
    ASSERT_TRUE(advert);
    EXPECT_EQ(advert->advert()->digest,
              carp_digest("testpass", vhid, {"192.168.1.50"}, advert->advert()->counter));
}

/// A list that no advert ever verified is no excuse: a host that was never
/// told of an address refuses those who have it, and says so.
TEST_F(List, UnknownListIsRefusedAndNamed) {
    invariants().split(vhid);
    add(on_a, "192.168.1.60/24");
    ASSERT_TRUE(on_b.wait_for(State::Master, 5s));
    const auto refused = on_b.link().refused();
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->counter, static_cast<unsigned>(CARP_XSTATS_BADAUTH));
    EXPECT_EQ(refused->source, Address("192.168.1.3"));
    add(on_b, "192.168.1.60/24");
    // Now they agree again, and the better one stays alone.
    EXPECT_TRUE(on_b.wait_for(State::Backup, 3s));
    EXPECT_EQ(on_a.state(), State::Master);
}

} // namespace
} // namespace e2e
