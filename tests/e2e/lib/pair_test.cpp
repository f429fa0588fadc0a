// SPDX-License-Identifier: GPL-2.0-only
#include "pair_test.hpp"

#include "ping_probe.hpp"

namespace e2e {

PairTest::Build PairTest::cable() {
    return [this](Host &host, const std::vector<std::string> &addresses) {
        wire().attach(host, "eth0", addresses);
        return std::string{"eth0"};
    };
}

void PairTest::build(const Build &client_end, const Build &host_end) {
    of_client = client_end(client, {"192.168.1.9/24", "2001:db8:1::9/64"});
    parent_a = host_end(a, {"192.168.1.3/24", "2001:db8:1::3/64"});
    parent_b = host_end(b, {"192.168.1.4/24", "2001:db8:1::4/64"});
}

void PairTest::build(const Build &end) { build(end, end); }

void PairTest::serve() {
    servers_.push_back(std::make_unique<TcpServer>(a));
    servers_.push_back(std::make_unique<TcpServer>(b));
}

void PairTest::start(CarpConfig config) {
    serve();
    config.vhid = vhid;
    if (config.addresses.empty())
        config.addresses = {"192.168.1.50/24", "2001:db8:1::50/64"};
    config.parent = parent_a;
    on_a.emplace(a, config);
    config.parent = parent_b;
    config.advskew = 100;
    on_b.emplace(b, config);
    ASSERT_TRUE(on_a->wait_for(State::Master, 4s));
    ASSERT_TRUE(on_b->wait_for(State::Backup, 1s));
}

void PairTest::expect_served(const Host &from, const Host &master) {
    for (const Address &address : virtuals) {
        SCOPED_TRACE(address.text() + " from " + from.name() + ", MASTER is " + master.name());
        EXPECT_EQ(who_answers(from, address), master.name());
        EXPECT_TRUE(ping(from, address));
    }
}

void PairTest::expect_all_served(const Host &master) {
    for (const Host *from : {&client, &a, &b})
        expect_served(*from, master);
}

void PairTest::switch_to_b() {
    on_a->down();
    ASSERT_TRUE(on_b->wait_for(State::Master, 1s));
}

void PairTest::switch_back_to_a() {
    on_a->set({"preempt", "on"});
    on_a->up();
    ASSERT_TRUE(on_a->wait_for(State::Master, 4s));
    ASSERT_TRUE(on_b->wait_for(State::Backup, 1s));
}

void PairTest::TearDown() {
    servers_.clear(); // their sockets would keep the namespaces alive
    CarpTest::TearDown();
}

} // namespace e2e
