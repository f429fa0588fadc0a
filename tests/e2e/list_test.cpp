// SPDX-License-Identifier: GPL-2.0-only
// The list of addresses changes while the group is at work: backups first,
// the master last.
#include "carp_test.hpp"
#include "ping_probe.hpp"
#include "tcp_server.hpp"

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

    static void add(const Carp &carp, const std::string &address) {
        carp.host().run({"ip", "addr", "add", address, "dev", carp.device()});
    }
};

/// The BACKUP goes on accepting adverts over the list that the MASTER still has.
TEST_F(List, GrowsWithoutASecondMaster) {
    const Instant start = now();
    // It must have heard the MASTER to know the list that counts.
    ASSERT_TRUE(capture().wait_for(match::all(match::from(a), match::advert(vhid)), 2s, start));
    for (const char *address : {"192.168.1.60/24", "192.168.1.61/24"}) {
        add(on_b, address);
        sleep_for(10s);
    }
    for (const char *address : {"192.168.1.60/24", "192.168.1.61/24"})
        add(on_a, address);
    sleep_for(5s);

    EXPECT_EQ(on_a.state(), State::Master);
    EXPECT_EQ(on_b.state(), State::Backup);
    EXPECT_EQ(on_b.link().transitions(), 1U) << "INIT to BACKUP, and no more";
    EXPECT_NO_FRAME(capture(), match::all(match::from(b), match::claims(vhid)),
                    match::all(match::from(a), match::advert(vhid), match::since(start)));
    EXPECT_EQ(who_answers(client, "192.168.1.61"), "hosta");

    wire().cut(a);
    ASSERT_TRUE(on_b.wait_for(State::Master, 5s));
    EXPECT_EQ(who_answers(client, "192.168.1.61"), "hostb");
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
