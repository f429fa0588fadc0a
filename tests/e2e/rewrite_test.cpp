// SPDX-License-Identifier: GPL-2.0-only
// Tools that write settings of every device there is do not spare carp devices:
// systemd-sysctl with net.ipv4.conf.*, routing suites, scripts of old.
#include "carp_test.hpp"
#include "ping_probe.hpp"
#include "rtnl_hold.hpp"
#include "tcp_server.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <linux/if.h>
#include <thread>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;

/// Writes settings of all devices of a host, one after the other, again and
/// again, as fast as the rhythm says.
class Rewriter {
  public:
    Rewriter(const Host &host, bool with_ipv6, Duration rhythm = 2ms)
        : host_(host), with_ipv6_(with_ipv6), rhythm_(rhythm), thread_([this] { run(); }) {}
    Rewriter(const Rewriter &) = delete;
    Rewriter &operator=(const Rewriter &) = delete;
    ~Rewriter() {
        stop_ = true;
        thread_.join();
    }
    [[nodiscard]] unsigned rounds() const { return rounds_; }

  private:
    struct Setting {
        const char *name;
        unsigned values;
    };

    void run() {
        static constexpr std::array settings4{Setting{"ignore_routes_with_linkdown", 2},
                                              Setting{"rp_filter", 3},
                                              Setting{"arp_ignore", 3},
                                              Setting{"arp_announce", 3},
                                              Setting{"arp_filter", 2},
                                              Setting{"promote_secondaries", 2}};
        static constexpr std::array settings6{Setting{"ignore_routes_with_linkdown", 2},
                                              Setting{"accept_ra", 3},
                                              Setting{"keep_addr_on_down", 2}};
        host_.enter();
        while (!stop_) {
            for (const char *device : {"carp0", "all", "default", "eth0"}) {
                for (const Setting &setting : settings4)
                    write("ipv4", device, setting);
                for (const Setting &setting : settings6)
                    if (with_ipv6_)
                        write("ipv6", device, setting);
                sleep_for(rhythm_);
            }
            ++rounds_;
        }
    }

    void write(const std::string &family, const std::string &device, const Setting &setting) {
        write_file("/proc/sys/net/" + family + "/conf/" + device + "/" + setting.name,
                   std::to_string(rounds_ % setting.values));
    }

    const Host &host_;
    bool with_ipv6_;
    Duration rhythm_;
    std::atomic<bool> stop_{false};
    std::atomic<unsigned> rounds_{0};
    std::thread thread_;
};

class Rewritten : public CarpTest, public ::testing::WithParamInterface<bool> {
  protected:
    const Address virtual4{"192.168.1.50"};
    const Address virtual6{"2001:db8:1::50"};
    Host &client = add_host("client", {"192.168.1.9/24", "2001:db8:1::9/64"});
    Host &a = add_host("hosta", {"192.168.1.3/24", "2001:db8:1::3/64"});
    Host &b = add_host("hostb", GetParam()
                                    ? std::vector<std::string>{"192.168.1.4/24", "2001:db8:1::4/64"}
                                    : std::vector<std::string>{});
    std::optional<Carp> on_a;
    std::optional<Carp> on_b;

    void elect() {
        CarpConfig config;
        config.vhid = vhid;
        config.addresses = {"192.168.1.50/24", "2001:db8:1::50/64"};
        on_a.emplace(a, config);
        ASSERT_TRUE(on_a->wait_for(State::Master, 4s));
        config.advskew = 100;
        on_b.emplace(b, config);
        sleep_for(1200ms);
        ASSERT_EQ(on_b->state(), State::Backup);
    }

    static void write_all(const Host &host, const std::string &setting, const std::string &value) {
        for (const char *device : {"all", "default", "carp0", "eth0"})
            host.set_sysctl(std::string{"net.ipv4.conf."} + device + "." + setting, value);
    }
};

/// Neither value, once written, moves an address at once or later.
TEST_P(Rewritten, NoValueOpensOrClosesTheGate) {
    elect();
    ASSERT_FALSE(HasFatalFailure());
    const TcpServer server_a(a);
    const TcpServer server_b(b);
    for (const char *linkdown : {"0", "1"})
        for (const char *rp_filter : {"0", "1", "2"}) {
            SCOPED_TRACE(std::string{linkdown} + " " + rp_filter);
            for (Host *host : {&a, &b}) {
                write_all(*host, "ignore_routes_with_linkdown", linkdown);
                write_all(*host, "rp_filter", rp_filter);
            }
            b.set_sysctl("net.ipv6.conf.all.ignore_routes_with_linkdown", linkdown);
            a.set_sysctl("net.ipv6.conf.all.ignore_routes_with_linkdown", linkdown);
            if (GetParam()) { // without an own address B has nothing to ask with
                EXPECT_EQ(who_answers(b, virtual4, 1s), "hosta");
                EXPECT_EQ(who_answers(b, virtual6, 1s), "hosta");
            }
            EXPECT_EQ(who_answers(client, virtual4, 1s), "hosta");
            EXPECT_EQ(who_answers(client, virtual6, 1s), "hosta");
        }
    // What was turned is turned back with the next advert, at the latest.
    sleep_for(1100ms);
    EXPECT_EQ(b.sysctl("net.ipv4.conf.carp0.ignore_routes_with_linkdown"), "1");
    EXPECT_EQ(b.sysctl("net.ipv6.conf.carp0.ignore_routes_with_linkdown"), "1");
    EXPECT_EQ(b.sysctl("net.ipv4.conf.carp0.rp_filter"), "2");
    EXPECT_EQ(a.sysctl("net.ipv4.conf.carp0.ignore_routes_with_linkdown"), "0");
    EXPECT_EQ(a.sysctl("net.ipv4.conf.carp0.rp_filter"), "2");
}

/// All the while, in BACKUP, in the takeover and as MASTER, and with RTNL held.
TEST_P(Rewritten, TakeoverIsOnTimeAmidRewriting) {
    elect();
    ASSERT_FALSE(HasFatalFailure());
    const TcpServer server_a(a);
    const TcpServer server_b(b);
    PingProbe probe4(client, virtual4);
    PingProbe probe6(client, virtual6);
    ASSERT_TRUE(probe4.wait_answer(3s));
    ASSERT_TRUE(probe6.wait_answer(3s));
    Instant death;
    {
        const Rewriter both_families(b, true);
        const std::uint64_t stray = echoes_answered(b);
        sleep_for(500ms);
        if (GetParam()) {
            EXPECT_EQ(who_answers(b, virtual4, 1s), "hosta");
            EXPECT_EQ(who_answers(b, virtual6, 1s), "hosta");
        }
        EXPECT_EQ(echoes_answered(b), stray);
        EXPECT_GT(both_families.rounds(), 10U);
    }
    const auto advert_of = [](const Host &host) {
        return match::all(match::from(host), match::advert(vhid));
    };
    ASSERT_TRUE(capture().wait_for(advert_of(a), 2s));
    wire().block(a);
    death = now();
    {
        const Rewriter rewriter(b, false);
        const RtnlHold hold(client);
        ASSERT_TRUE(capture().wait_for(advert_of(b), 5s, death));
        EXPECT_TRUE(probe4.wait_answer(500ms)) << "not served before RTNL is free";
        EXPECT_TRUE(probe6.wait_answer(500ms)) << "not served before RTNL is free";
        EXPECT_EQ(who_answers(b, virtual4, 1s), "hostb");
        EXPECT_EQ(who_answers(b, virtual6, 1s), "hostb");
        EXPECT_GT(rewriter.rounds(), 10U);
    }
    {
        const Rewriter both_families(b, true);
        sleep_for(500ms);
        EXPECT_EQ(who_answers(client, virtual4, 1s), "hostb");
        EXPECT_EQ(who_answers(client, virtual6, 1s), "hostb");
    }
    probe4.stop();
    probe6.stop();
    const Duration in_time = master_down_time(1, 100) + 2ms + 4 * timer_resolution();
    for (const PingProbe *probe : {&probe4, &probe6}) {
        const Outage outage = probe->worst_outage(death - 700ms);
        EXPECT_LE(outage.first_after - death, in_time) << outage.text();
        // But for the takeover, not one question was in vain.
        EXPECT_EQ(probe->lost(), outage.lost) << outage.text();
    }
}

/// Before link watch has told the core that the new MASTER's device has a carrier.
TEST_P(Rewritten, NewMasterServesBeforeLinkWatch) {
    elect();
    ASSERT_FALSE(HasFatalFailure());
    PingProbe probe4(client, virtual4);
    PingProbe probe6(client, virtual6);
    ASSERT_TRUE(probe4.wait_answer(3s));
    ASSERT_TRUE(probe6.wait_answer(3s));
    const Instant death = now();
    wire().block(a);
    for (const PingProbe *probe : {&probe4, &probe6})
        ASSERT_TRUE(probe->wait_answer(5s, death + 1s));
    for (const char *family : {"ipv4", "ipv6"})
        b.set_sysctl(std::string{"net."} + family + ".conf.carp0.ignore_routes_with_linkdown", "1");
    EXPECT_TRUE(on_b->link().link().oper_state != IF_OPER_UP || lab_slack() != Duration::zero());
    sleep_for(100ms);
    probe4.stop();
    probe6.stop();
    for (const PingProbe *probe : {&probe4, &probe6}) {
        const Outage outage = probe->worst_outage(death - 1s);
        EXPECT_EQ(probe->lost(), outage.lost) << outage.text();
    }
}

INSTANTIATE_TEST_SUITE_P(Parents, Rewritten, ::testing::Values(true, false), [](const auto &info) {
    return info.param ? "WithAddresses" : "WithoutAddresses";
});

} // namespace
} // namespace e2e
