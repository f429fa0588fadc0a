// SPDX-License-Identifier: GPL-2.0-only
// Who serves a virtual address: the MASTER, from wherever one asks, over either
// family, and after every switch.
#include "carp_test.hpp"
#include "neighbours.hpp"
#include "ping_probe.hpp"
#include "tcp_server.hpp"

#include <cerrno>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;

struct Layout {
    const char *name;
    std::vector<std::string> parent_of_b;
    const char *rp_filter;
};

std::ostream &operator<<(std::ostream &out, const Layout &layout) { return out << layout.name; }

class Gate : public CarpTest {
  protected:
    Host &client = add_host("client", {"192.168.1.9/24", "2001:db8:1::9/64"});
    Host &a = add_host("hosta", {"192.168.1.3/24", "2001:db8:1::3/64"});
    Host *b = nullptr;
    std::optional<Carp> on_a;
    std::optional<Carp> on_b;
    std::vector<std::unique_ptr<TcpServer>> servers;
    const Address virtual4{"192.168.1.50"};
    const Address virtual6{"2001:db8:1::50"};

    void start(const std::vector<std::string> &parent_of_b) {
        b = &add_host("hostb", parent_of_b);
        servers.push_back(std::make_unique<TcpServer>(a));
        servers.push_back(std::make_unique<TcpServer>(*b));
        CarpConfig config;
        config.vhid = vhid;
        config.addresses = {"192.168.1.50/24", "2001:db8:1::50/64"};
        on_a.emplace(a, config);
        config.advskew = 100;
        on_b.emplace(*b, config);
        ASSERT_TRUE(on_a->wait_for(State::Master, 4s));
        ASSERT_TRUE(on_b->wait_for(State::Backup, 1s));
    }

    void TearDown() override {
        servers.clear(); // their sockets would keep the namespaces alive
        CarpTest::TearDown();
    }

    /// One echo from `from`; the answers of both hosts are counted.
    void expect_ping(Host &from, const Address &address, Host &master, Host &backup) {
        const std::uint64_t of_master = echoes_answered(master);
        const std::uint64_t of_backup = echoes_answered(backup);
        EXPECT_TRUE(ping(from, address));
        EXPECT_GT(echoes_answered(master), of_master);
        EXPECT_EQ(echoes_answered(backup), of_backup);
    }

    void expect_all_paths(Host &master, Host &backup) {
        for (Host *from : {&client, &master, &backup}) {
            for (const Address &address : {virtual4, virtual6}) {
                SCOPED_TRACE(address.text() + " from " + from->name() + ", MASTER is " +
                             master.name());
                EXPECT_EQ(who_answers(*from, address), master.name());
                expect_ping(*from, address, master, backup);
            }
        }
        EXPECT_EQ(neighbour_mac(client, virtual4), Mac::of_vhid(vhid));
        EXPECT_EQ(neighbour_mac(client, virtual6), Mac::of_vhid(vhid));
        EXPECT_EQ(neighbour_mac(backup, virtual4), Mac::of_vhid(vhid));
        EXPECT_EQ(neighbour_mac(backup, virtual6), Mac::of_vhid(vhid));
    }

    static int bind_error(const Host &host, const Address &address) {
        return host.in([&] {
            const File file{
                check(socket(address.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0),
                      "TCP socket")};
            sockaddr_storage storage{};
            const socklen_t length = address.to_sockaddr(storage, 0);
            return bind(file.fd(), reinterpret_cast<sockaddr *>(&storage), length) == 0 ? 0 : errno;
        });
    }
};

class GateMatrix : public Gate, public ::testing::WithParamInterface<Layout> {};

TEST_P(GateMatrix, EveryPathLeadsToTheMaster) {
    if (GetParam().rp_filter != nullptr)
        a.set_sysctl("net.ipv4.conf.all.rp_filter", GetParam().rp_filter);
    start(GetParam().parent_of_b);
    if (HasFatalFailure())
        return;
    if (GetParam().rp_filter != nullptr)
        b->set_sysctl("net.ipv4.conf.all.rp_filter", GetParam().rp_filter);
    expect_all_paths(a, *b);

    // By bow-out.
    on_a->down();
    ASSERT_TRUE(on_b->wait_for(State::Master, 1s));
    on_a->up();
    ASSERT_TRUE(on_a->wait_for(State::Backup, 1s));
    sleep_for(1100ms); // an advert of B has been heard
    expect_all_paths(*b, a);

    // By being preempted, hence stepping down at an advert.
    on_a->set({"preempt", "on"});
    ASSERT_TRUE(on_a->wait_for(State::Master, 3s));
    ASSERT_TRUE(on_b->wait_for(State::Backup, 1s));
    expect_all_paths(a, *b);

    // By silence, and back when the silent one is heard again.
    wire().block(a);
    ASSERT_TRUE(on_b->wait_for(State::Master, 5s));
    EXPECT_EQ(who_answers(client, virtual4), "hostb");
    EXPECT_EQ(who_answers(client, virtual6), "hostb");
    wire().unblock(a);
    ASSERT_TRUE(on_b->wait_for(State::Backup, 3s));
    expect_all_paths(a, *b);
}

INSTANTIATE_TEST_SUITE_P(
    Layouts, GateMatrix,
    ::testing::Values(Layout{"Plain", {"192.168.1.4/24", "2001:db8:1::4/64"}, nullptr},
                      Layout{"StrictReversePath", {"192.168.1.4/24", "2001:db8:1::4/64"}, "1"},
                      Layout{"LooseReversePath", {"192.168.1.4/24", "2001:db8:1::4/64"}, "2"}),
    [](const auto &info) { return info.param.name; });

/// A parent may have no address at all: clients are served nevertheless.
TEST_F(Gate, ParentWithoutAddressServesClients) {
    start({});
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_EQ(who_answers(client, virtual4), "hosta");
    on_a->down();
    ASSERT_TRUE(on_b->wait_for(State::Master, 1s));
    EXPECT_EQ(who_answers(client, virtual4), "hostb");
    EXPECT_EQ(who_answers(client, virtual6), "hostb");
    EXPECT_EQ(who_answers(a, virtual4), "hostb");
    EXPECT_EQ(who_answers(a, virtual6), "hostb");
    EXPECT_EQ(neighbour_mac(client, virtual4), Mac::of_vhid(vhid));
    EXPECT_EQ(neighbour_mac(client, virtual6), Mac::of_vhid(vhid));
}

/// Only an owner may speak from an address.
TEST_F(Gate, OnlyTheMasterCanBind) {
    start({"192.168.1.4/24", "2001:db8:1::4/64"});
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_EQ(bind_error(a, virtual4), 0);
    EXPECT_EQ(bind_error(a, virtual6), 0);
    EXPECT_EQ(bind_error(*b, virtual4), EADDRNOTAVAIL);
    EXPECT_EQ(bind_error(*b, virtual6), EADDRNOTAVAIL);
    on_a->down();
    ASSERT_TRUE(on_b->wait_for(State::Master, 1s));
    EXPECT_EQ(bind_error(a, virtual4), EADDRNOTAVAIL);
    EXPECT_EQ(bind_error(a, virtual6), EADDRNOTAVAIL);
    EXPECT_EQ(bind_error(*b, virtual4), 0);
    EXPECT_EQ(bind_error(*b, virtual6), 0);
}

/// Who asks is told the virtual MAC by the MASTER, and nothing by the others.
TEST_F(Gate, OnlyTheMasterAnswersQuestions) {
    start({"192.168.1.4/24", "2001:db8:1::4/64"});
    ASSERT_FALSE(HasFatalFailure());
    for (Host *master : {&a, b}) {
        if (master == b) {
            on_a->down();
            ASSERT_TRUE(on_b->wait_for(State::Master, 1s));
            on_a->up();
            ASSERT_TRUE(on_a->wait_for(State::Backup, 1s));
        }
        sleep_for(1s);
        forget_neighbours(client);
        const Instant start = now();
        EXPECT_TRUE(ping(client, virtual4));
        EXPECT_TRUE(ping(client, virtual6));
        const auto answer4 = [&](const Frame &frame) {
            return frame.time() >= start && frame.arp() && frame.arp()->operation == 2 &&
                   frame.arp()->sender == virtual4;
        };
        const auto answer6 = [&](const Frame &frame) {
            return frame.time() >= start && frame.neighbour() &&
                   frame.neighbour()->advertisement() && frame.neighbour()->target == virtual6 &&
                   (frame.neighbour()->flags & 0x40) != 0;
        };
        const auto by_other = [&](const Frame &frame) { return frame.host() != master->name(); };
        EXPECT_NO_FRAME(capture(), match::all(answer4, by_other), answer4);
        EXPECT_NO_FRAME(capture(), match::all(answer6, by_other), answer6);
        const auto reply = capture().first(answer4);
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->source(), Mac::of_vhid(vhid));
        EXPECT_EQ(reply->arp()->sender_mac, Mac::of_vhid(vhid));
        const auto advertisement = capture().first(answer6);
        ASSERT_TRUE(advertisement);
        EXPECT_EQ(advertisement->source(), Mac::of_vhid(vhid));
        EXPECT_EQ(advertisement->neighbour()->link_address, Mac::of_vhid(vhid));
    }
}

} // namespace
} // namespace e2e
