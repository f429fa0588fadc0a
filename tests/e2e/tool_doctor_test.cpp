// SPDX-License-Identifier: GPL-2.0-only
// carpctl doctor: a healthy pair has nothing, and each seeded fault is found, it and no other.
#include "packet_socket.hpp"
#include "pair_test.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

namespace e2e {
namespace {

using Json = nlohmann::json;

class Doctor : public PairTest {
  protected:
    struct Report {
        int status;
        Json findings;
    };

    static Report ask(Host &host, const std::vector<std::string> &words = {}) {
        std::vector<std::string> arguments{"carpctl", "-j", "doctor"};
        arguments.insert(arguments.end(), words.begin(), words.end());
        const auto output = host.try_run(arguments);
        EXPECT_EQ(output.err, "");
        return {output.status, output.out.empty() ? Json::array() : Json::parse(output.out)};
    }

    static void expect_healthy(Host &host) {
        const auto report = ask(host);
        EXPECT_EQ(report.status, 0);
        EXPECT_EQ(report.findings, Json::array());
        EXPECT_EQ(host.run({"carpctl", "doctor", "-t", "1.5"}), "nothing found\n");
    }

    /// That one finding, which is returned.
    static Json expect_only(Host &host, const std::string &id,
                            const std::vector<std::string> &words = {}) {
        const auto report = ask(host, words);
        EXPECT_EQ(report.status, 3);
        EXPECT_EQ(report.findings.size(), 1U) << report.findings;
        if (report.findings.empty())
            return Json::object();
        EXPECT_EQ(report.findings[0]["id"], id) << report.findings;
        EXPECT_NE(report.findings[0]["advice"], "");
        return report.findings[0];
    }

    /// Both hosts, each alone with what it has.
    void start_apart(const CarpConfig &of_a, const CarpConfig &of_b) {
        invariants().split(vhid);
        build(cable());
        on_a.emplace(a, of_a);
        on_b.emplace(b, of_b);
        ASSERT_TRUE(on_a->wait_for(State::Master, 5s));
        ASSERT_TRUE(on_b->wait_for(State::Master, 5s));
    }

    static CarpConfig config(unsigned advskew, const std::string &pass = "testpass",
                             std::vector<std::string> addresses = {"192.168.1.50/24",
                                                                   "2001:db8:1::50/64"}) {
        CarpConfig config;
        config.advskew = advskew;
        config.pass = pass;
        config.addresses = std::move(addresses);
        return config;
    }
};

TEST_F(Doctor, AHealthyPair) {
    build_and_start(cable());
    expect_healthy(a);
    expect_healthy(b);
    EXPECT_EQ(client.run({"carpctl", "doctor"}), "nothing found\n") << "no device at all";
    // And after the other one has taken over.
    switch_to_b();
    on_a->up();
    ASSERT_TRUE(on_a->wait_for(State::Backup, 1s));
    expect_healthy(a);
    expect_healthy(b);
}

TEST_F(Doctor, SameSkew) {
    build_and_start(cable());
    on_b->set({"advskew", "0"});
    const Json found = expect_only(b, "same-skew");
    EXPECT_EQ(found["severity"], "warning");
    EXPECT_EQ(found["device"], "carp0");
    EXPECT_EQ(found["vhid"], vhid);
    EXPECT_EQ(found["parent"], "eth0");
    EXPECT_EQ(found["speakers"][0], "192.168.1.3");
    on_b->set({"advskew", "1"});
    expect_healthy(b);
}

TEST_F(Doctor, OtherKey) {
    start_apart(config(0), config(100, "testpast"));
    EXPECT_EQ(expect_only(b, "other-key")["speakers"][0], "192.168.1.3");
    const Json found = expect_only(a, "other-key", {"carp0"});
    EXPECT_EQ(found["speakers"][0], "192.168.1.4");
    EXPECT_EQ(found["severity"], "error");
    const auto text = a.try_run({"carpctl", "doctor"});
    EXPECT_EQ(text.status, 3);
    EXPECT_EQ(text.out.find("carp0: error: another host's adverts do not fit"), 0U) << text.out;
    EXPECT_NE(text.out.find("[other-key]"), std::string::npos) << text.out;
}

TEST_F(Doctor, OtherList) {
    start_apart(config(0), config(100, "testpass",
                                  {"192.168.1.50/24", "192.168.1.51/24", "2001:db8:1::50/64"}));
    const Json less = expect_only(b, "other-list");
    EXPECT_EQ(less["address"], "192.168.1.51");
    EXPECT_NE(less["finding"].get<std::string>().find("does not have the address 192.168.1.51"),
              std::string::npos);
    // What the other one has too many can be told only if it was heard of.
    on_b->set({"announce_refresh", "1"});
    const Json more = expect_only(a, "other-list");
    EXPECT_EQ(more["address"], "192.168.1.51");
    EXPECT_NE(more["finding"].get<std::string>().find("has the address 192.168.1.51, which this"),
              std::string::npos);
}

TEST_F(Doctor, KeyCut) {
    start_apart(config(0, "exactly-twenty-byte"), config(100, "exactly-twenty-bytes"));
    expect_only(b, "key-cut");
}

TEST_F(Doctor, VrrpOfTheSameNumber) {
    build_and_start(cable());
    invariants().outsider(client);
    const PacketSocket socket(client);
    AdvertFrame frame;
    frame.source_mac = wire().mac(client);
    frame.source = Address{"192.168.1.9"};
    frame.payload = Bytes{0x21, 0x01, 0x64, 0x01, 0x00, 0x01, 0xb7, 0xfc, 0xc0, 0xa8,
                          0x01, 0x3c, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
    Process asking = b.spawn({"carpctl", "-j", "doctor"});
    sleep_for(2s);
    socket.send(frame.bytes());
    (*frame.payload)[1] = 2; // somebody else's number is nobody's fault
    socket.send(frame.bytes());
    const auto output = asking.wait(5s);
    ASSERT_TRUE(output);
    EXPECT_EQ(output->status, 3);
    const Json found = Json::parse(output->out);
    ASSERT_EQ(found.size(), 1U) << found;
    EXPECT_EQ(found[0]["id"], "vrrp-vhid");
    EXPECT_EQ(found[0]["speakers"], Json::array({"192.168.1.9"}));
}

TEST_F(Doctor, AdvertsThatDoNotArrive) {
    build_and_start(cable());
    invariants().split(vhid);
    b.run({"nft", "add table netdev doctor; add chain netdev doctor in { type filter hook ingress "
                  "device eth0 priority -500; }; add rule netdev doctor in ip protocol 112 drop; "
                  "add rule netdev doctor in ip6 nexthdr 112 drop"});
    ASSERT_TRUE(on_b->wait_for(State::Master, 5s));
    const Json found = expect_only(b, "not-heard");
    EXPECT_EQ(found["speakers"][0], "192.168.1.3");
    EXPECT_EQ(found["speakers"].size(), 2U) << "over IPv4 and IPv6";
}

/// These pass IP and its filter, unlike adverts to the group.
TEST_F(Doctor, AdvertsToThisHostAloneThatDoNotArrive) {
    build_and_start(cable());
    on_b->set({"peer", "192.168.1.3", "peer6", "2001:db8:1::3"});
    on_a->set({"peer", "192.168.1.4", "peer6", "2001:db8:1::4"});
    sleep_for(2s);
    expect_healthy(b);
    invariants().split(vhid);
    b.run({"nft", "add table inet doctor; add chain inet doctor in { type filter hook input "
                  "priority 0; }; add rule inet doctor in meta l4proto 112 drop"});
    ASSERT_TRUE(on_b->wait_for(State::Master, 5s));
    const Json found = expect_only(b, "not-heard");
    EXPECT_EQ(found["speakers"][0], "192.168.1.3");
    EXPECT_EQ(found["speakers"].size(), 2U);
}

TEST_F(Doctor, TwoParents) {
    build_and_start(cable());
    Segment &second = add_segment("second");
    second.invariants.split(2);
    second.wire.attach(a, "eth1", {"10.0.0.3/24"});
    second.wire.attach(b, "eth1", {"10.0.0.4/24"});
    CarpConfig config;
    config.device = "carp1";
    config.parent = "eth1";
    config.vhid = 2;
    config.addresses = {"10.0.0.1/24"};
    const Carp other_a(a, config);
    config.advskew = 100;
    const Carp other_b(b, config);
    ASSERT_TRUE(other_a.wait_for(State::Master, 5s));
    ASSERT_TRUE(other_b.wait_for(State::Backup, 1s));
    expect_healthy(b);
    other_b.set({"grace", "0"});
    other_b.set({"pass", "testpast"});
    ASSERT_TRUE(other_b.wait_for(State::Master, 5s));
    const Json found = expect_only(b, "other-key");
    EXPECT_EQ(found["device"], "carp1");
    EXPECT_EQ(found["parent"], "eth1");
    const auto report = ask(b, {"carp0"});
    EXPECT_EQ(report.status, 0);
    EXPECT_EQ(report.findings, Json::array());
}

TEST_F(Doctor, SnoopingWithoutAQuerier) {
    const auto bridge = [this](Host &host, const std::vector<std::string> &addresses) {
        wire().attach(host, "port0", {});
        host.run({"ip", "link", "add", "br0", "type", "bridge", "forward_delay", "0",
                  "mcast_snooping", "0"});
        host.run({"ip", "link", "set", "port0", "master", "br0"});
        host.run({"ip", "link", "set", "br0", "up"});
        for (const auto &address : addresses)
            host.add_address("br0", address, true);
        return std::string{"br0"};
    };
    build(cable(), bridge);
    start();
    expect_healthy(b);
    b.run({"ip", "link", "set", "br0", "type", "bridge", "mcast_snooping", "1"});
    expect_only(b, "igmp-snooping");
    b.run({"ip", "link", "set", "br0", "type", "bridge", "mcast_querier", "1"});
    expect_healthy(b);
}

TEST_F(Doctor, AddressOnTheParent) {
    build_and_start(cable());
    b.run({"ip", "addr", "add", "192.168.1.50/24", "dev", "eth0"});
    const Json found = expect_only(b, "address-on-parent");
    EXPECT_EQ(found["address"], "192.168.1.50");
    b.run({"ip", "addr", "del", "192.168.1.50/24", "dev", "eth0"});
    expect_healthy(b);
}

TEST_F(Doctor, PrefixMismatch) {
    CarpConfig wrong;
    wrong.addresses = {"192.168.1.50/16", "2001:db8:1::50/64"};
    build(cable());
    start(wrong);
    EXPECT_EQ(expect_only(b, "prefix-mismatch")["address"], "192.168.1.50");
}

TEST_F(Doctor, DemotionLeftOver) {
    build_and_start(cable());
    b.run({"carpctl", "demote", "disk", "5"});
    const Json found = expect_only(b, "demoted");
    EXPECT_EQ(found["device"], nullptr);
    EXPECT_NE(found["advice"].get<std::string>().find("carpctl undemote 'disk'"),
              std::string::npos);
    b.run({"carpctl", "undemote", "disk"});
    b.set_sysctl("net.inet.carp.demotion", "7");
    expect_only(b, "demoted");
    b.set_sysctl("net.inet.carp.demotion", "-7");
    b.run({"carpctl", "drain", "dev", "carp0"});
    EXPECT_EQ(expect_only(b, "demoted")["device"], "carp0");
    b.run({"carpctl", "undrain", "dev", "carp0"});
    expect_healthy(b);
}

TEST_F(Doctor, ModuleOlderThanTool) {
    build_and_start(cable());
    std::ofstream("/tmp/doctor-release") << "0.0.9\n";
    const auto output = b.try_run(
        {"unshare", "-m", "sh", "-c",
         "mount --bind /tmp/doctor-release /sys/module/carp/version && carpctl -j doctor"});
    EXPECT_EQ(output.status, 3) << output.err;
    const Json found = Json::parse(output.out);
    ASSERT_EQ(found.size(), 1U) << found;
    EXPECT_EQ(found[0]["id"], "module-older");
}

TEST_F(Doctor, TakesNoPart) {
    build_and_start(cable());
    on_b->down();
    const Instant start = now();
    const Json found = expect_only(b, "init");
    EXPECT_LT(now() - start, 1s) << "there is nothing to listen for";
    EXPECT_NE(found["advice"].get<std::string>().find("carpctl up carp0"), std::string::npos);
}

TEST_F(Doctor, OtherNamespacesAndWhatGoesWrong) {
    build_and_start(cable());
    EXPECT_EQ(client.run({"carpctl", "-n", "hostb", "doctor", "carp0"}), "nothing found\n");
    const auto expect = [](const Output &output, int status, const std::string &text) {
        EXPECT_EQ(output.status, status);
        EXPECT_EQ(output.out, "");
        EXPECT_EQ(output.err, "carpctl: " + text + "\n");
    };
    expect(b.try_run({"carpctl", "doctor", "carp9"}), 2, "carp9: no such device");
    expect(b.try_run({"carpctl", "-n", "gone", "doctor"}), 2,
           "/run/netns/gone: No such file or directory");
    expect(b.try_run({"carpctl", "doctor", "--fix"}), 1,
           "'--fix' is not a NAME ('carpctl help' tells more)");
    expect(b.try_run({"setpriv", "--bounding-set=-all", "--inh-caps=-all", "carpctl", "doctor"}), 2,
           "eth0: listening needs CAP_NET_RAW");
    expect(b.try_run({"setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin", "carpctl",
                      "doctor", "-t", "1.5"}),
           2, "carp0: asking what adverts were made with needs CAP_NET_ADMIN");
}

} // namespace
} // namespace e2e
