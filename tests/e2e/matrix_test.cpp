// SPDX-License-Identifier: GPL-2.0-only
// Whatever a host's settings are, a carp device needs no change of them, and the
// module makes none.
#include "carp_test.hpp"
#include "neighbours.hpp"
#include "ping_probe.hpp"
#include "tcp_server.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <map>
#include <sstream>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;

/// One thing that can be set, and to what.
struct Factor {
    const char *name;
    std::vector<std::string> values;
    /// The sysctl, with %s for the device; empty: something else.
    const char *sysctl;
};

const std::vector<Factor> &factors() {
    static const std::vector<Factor> all{
        {"rp_filter", {"0", "1", "2"}, "net.ipv4.conf.%s.rp_filter"},
        {"arp_ignore", {"0", "1", "2", "8"}, "net.ipv4.conf.%s.arp_ignore"},
        {"arp_announce", {"0", "1", "2"}, "net.ipv4.conf.%s.arp_announce"},
        {"arp_filter", {"0", "1"}, "net.ipv4.conf.%s.arp_filter"},
        {"accept_local", {"0", "1"}, "net.ipv4.conf.%s.accept_local"},
        {"forwarding", {"0", "1"}, "net.ipv4.conf.%s.forwarding"},
        {"forwarding6", {"0", "1"}, "net.ipv6.conf.%s.forwarding"},
        {"firewall", {"off", "on"}, nullptr},
    };
    return all;
}

/// An index into the values of each factor.
using Row = std::vector<std::size_t>;

std::string to_text(const Row &row) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i)
        text +=
            std::string{i == 0 ? "" : " "} + factors()[i].name + "=" + factors()[i].values[row[i]];
    return text;
}

/// All pairs of values that a row holds.
using Pair = std::array<std::size_t, 4>; // factor, value, factor, value

std::set<Pair> pairs_of(const Row &row) {
    std::set<Pair> pairs;
    for (std::size_t i = 0; i < row.size(); ++i)
        for (std::size_t j = i + 1; j < row.size(); ++j)
            pairs.insert({i, row[i], j, row[j]});
    return pairs;
}

std::set<Pair> all_pairs() {
    std::set<Pair> pairs;
    for (std::size_t i = 0; i < factors().size(); ++i)
        for (std::size_t j = i + 1; j < factors().size(); ++j)
            for (std::size_t vi = 0; vi < factors()[i].values.size(); ++vi)
                for (std::size_t vj = 0; vj < factors()[j].values.size(); ++vj)
                    pairs.insert({i, vi, j, vj});
    return pairs;
}

/// Begins with a pair not seen yet, then takes for each other factor the value
/// that adds the most.
Row greedy_row(const std::set<Pair> &missing) {
    constexpr std::size_t open = ~std::size_t{0};
    Row row(factors().size(), open);
    const Pair &seed = *missing.begin();
    row[seed[0]] = seed[1];
    row[seed[2]] = seed[3];
    for (std::size_t i = 0; i < row.size(); ++i) {
        if (row[i] != open)
            continue;
        std::size_t best = 0;
        std::size_t best_gain = 0;
        for (std::size_t value = 0; value < factors()[i].values.size(); ++value) {
            std::size_t gain = 0;
            for (std::size_t j = 0; j < row.size(); ++j)
                if (j != i && row[j] != open)
                    gain += missing.count(j < i ? Pair{j, row[j], i, value}
                                                : Pair{i, value, j, row[j]});
            if (gain > best_gain) {
                best = value;
                best_gain = gain;
            }
        }
        row[i] = best;
    }
    return row;
}

/// All defaults, all strict, then whatever covers every pair of values.
std::vector<Row> rows() {
    std::vector<Row> found{Row(factors().size(), 0), {1, 3, 2, 1, 0, 0, 0, 1}};
    std::set<Pair> missing = all_pairs();
    const auto cover = [&](const Row &row) {
        for (const Pair &pair : pairs_of(row))
            missing.erase(pair);
    };
    for (const Row &row : found)
        cover(row);
    while (!missing.empty()) {
        found.push_back(greedy_row(missing));
        cover(found.back());
    }
    return found;
}

/// Every setting of the network stack that is not the carp device's own.
std::map<std::string, std::string> settings(const Host &host) {
    return host.in([] {
        std::map<std::string, std::string> found;
        for (const char *root : {"/proc/sys/net/ipv4", "/proc/sys/net/ipv6", "/proc/sys/net/core"})
            for (const auto &entry : std::filesystem::recursive_directory_iterator(root)) {
                const std::string path = entry.path();
                if (entry.is_directory() || path.find("/carp0/") != std::string::npos)
                    continue;
                try {
                    found[path] = read_file(path);
                } catch (const std::exception &) {
                    found[path] = "unreadable";
                }
            }
        return found;
    });
}

/// An INPUT chain as it stands on many hosts; none of its rules knows of CARP.
constexpr const char *firewall = "table inet host { chain input {"
                                 " type filter hook input priority 0; policy drop;"
                                 " iif lo accept;"
                                 " ct state established,related accept;"
                                 " meta l4proto { icmp, ipv6-icmp } accept;"
                                 " tcp dport 7777 accept; }; }";

class Matrix : public CarpTest {
  protected:
    const Address virtual4{"192.168.1.50"};
    const Address virtual6{"2001:db8:1::50"};
    Host &client = add_host("client", {"192.168.1.9/24", "2001:db8:1::9/64"});
    Host &a = add_host("hosta", {"192.168.1.3/24", "2001:db8:1::3/64"});
    Host &b = add_host("hostb", {"192.168.1.4/24", "2001:db8:1::4/64"});

    static void apply(Host &host, const Row &row) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            const Factor &factor = factors()[i];
            const std::string &value = factor.values[row[i]];
            if (factor.sysctl == nullptr) {
                host.run({"nft", "flush", "ruleset"});
                if (value == "on")
                    host.run({"nft", firewall});
                continue;
            }
            for (const char *device : {"all", "default", "eth0"}) {
                std::string name = factor.sysctl;
                name.replace(name.find("%s"), 2, device);
                host.set_sysctl(name, value);
            }
        }
    }

    /// A host with arp_ignore 8 tells nobody where it is itself: what it asks
    /// reaches the other one, but the answer finds no way back.
    void expect_served(const std::string &by, bool deaf_hosts) {
        for (const Address &address : {virtual4, virtual6}) {
            EXPECT_TRUE(ping(client, address, 1s)) << address;
            for (Host *from : {&client, &a, &b}) {
                if (deaf_hosts && address.is_v4() && from != &client && from->name() != by)
                    continue;
                EXPECT_EQ(who_answers(*from, address, 1s), by)
                    << address << " from " << from->name();
            }
            EXPECT_EQ(neighbour_mac(client, address), Mac::of_vhid(vhid)) << address;
        }
    }

    void run_row(const Row &row) {
        const bool deaf_hosts = factors()[1].values[row[1]] == "8";
        CarpConfig config;
        config.vhid = vhid;
        config.addresses = {"192.168.1.50/24", "2001:db8:1::50/64"};
        const Carp on_a(a, config);
        config.advskew = 100;
        const Carp on_b(b, config);
        sleep_for(master_down_time(1, 0) + 200ms);
        ASSERT_EQ(on_a.state(), State::Master);
        ASSERT_EQ(on_b.state(), State::Backup);
        forget_neighbours(client);
        expect_served("hosta", deaf_hosts);

        // A is silent, and hears nothing.
        wire().block(a);
        sleep_for(master_down_time(1, 100) + 10ms);
        ASSERT_EQ(on_b.state(), State::Master);
        EXPECT_EQ(who_answers(client, virtual4, 1s), "hostb");
        EXPECT_EQ(who_answers(client, virtual6, 1s), "hostb");
        wire().unblock(a);
        ASSERT_TRUE(on_b.wait_for(State::Backup, 2s));
        ASSERT_EQ(on_a.state(), State::Master);

        // A resigns.
        on_a.set({"state", "backup"});
        ASSERT_TRUE(on_b.wait_for(State::Master, 1s));
        sleep_for(1100ms);
        ASSERT_EQ(on_a.state(), State::Backup) << "two masters or none";
        forget_neighbours(client);
        expect_served("hostb", deaf_hosts);
        on_a.destroy();
        on_b.destroy();
    }
};

TEST_F(Matrix, EveryPairOfSettings) {
    const auto all = rows();
    std::cout << all.size() << " rows\n";
    const TcpServer server_a(a);
    const TcpServer server_b(b);
    for (std::size_t i = 0; i < all.size(); ++i) {
        SCOPED_TRACE(to_text(all[i]));
        for (Host *host : {&a, &b})
            apply(*host, all[i]);
        // The extremes; reading them all takes its time.
        const bool compare = i < 2;
        std::map<std::string, std::string> before;
        if (compare)
            before = settings(b);
        run_row(all[i]);
        if (compare) {
            EXPECT_GT(before.size(), 200U);
            const auto after = settings(b);
            for (const auto &[path, value] : before)
                EXPECT_EQ(after.count(path) != 0 ? after.at(path) : "gone", value) << path;
            EXPECT_EQ(after.size(), before.size());
        }
        if (HasFatalFailure())
            return;
    }
}

} // namespace
} // namespace e2e
