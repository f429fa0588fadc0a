// SPDX-License-Identifier: GPL-2.0-only
// carpctl scan and monitor --wire on a real wire: who speaks, and whether we understand them.
#include "packet_socket.hpp"
#include "pair_test.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace e2e {
namespace {

using Json = nlohmann::json;

class ToolScan : public PairTest {
  protected:
    void SetUp() override { build_and_start(cable()); }

    static Json scan(Host &host, const std::vector<std::string> &words) {
        std::vector<std::string> arguments{"carpctl", "-j", "scan"};
        arguments.insert(arguments.end(), words.begin(), words.end());
        return Json::parse(host.run(arguments));
    }

    static Json only(const Json &all, const char *member, const Json &value) {
        Json found = Json::array();
        for (const auto &one : all)
            if (one[member] == value)
                found.push_back(one);
        return found;
    }

    static Bytes vrrp(const Mac &source_mac) {
        // Version 2 (RFC 3768), virtual router 1, priority 100, 192.168.1.50, every second.
        AdvertFrame frame;
        frame.source_mac = source_mac;
        frame.source = Address{"192.168.1.9"};
        frame.payload = Bytes{0x21, 0x01, 0x64, 0x01, 0x00, 0x01, 0xb7, 0xfc, 0xc0, 0xa8,
                              0x01, 0x32, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
        return frame.bytes();
    }

    static void write(const std::string &path, const std::string &text) {
        std::ofstream(path) << text;
    }

    static std::vector<Json> lines(Process &process, std::size_t count) {
        const Instant end = now() + 5s;
        for (;;) {
            std::vector<Json> all;
            std::istringstream stream(process.printed().out);
            for (std::string line; std::getline(stream, line);)
                all.push_back(Json::parse(line));
            if (all.size() >= count || now() >= end)
                return all;
            sleep_until(now() + 5ms);
        }
    }
};

TEST_F(ToolScan, BothFamiliesOfTheMaster) {
    const Instant start = now();
    const Json all = scan(b, {"eth0", "--time", "3.5"});
    EXPECT_GE(now() - start, 3500ms);
    EXPECT_LT(now() - start, 3800ms);
    ASSERT_EQ(all.size(), 2U) << all;
    for (const Json &one : all) {
        EXPECT_EQ(one["protocol"], "carp");
        EXPECT_EQ(one["vhid"], vhid);
        EXPECT_EQ(one["device"], "carp0");
        EXPECT_EQ(one["own"], false);
        EXPECT_EQ(one["source_mac"], "00:00:5e:00:01:01");
        EXPECT_EQ(one["advbase"], 1);
        EXPECT_EQ(one["advskew"], 0);
        EXPECT_GE(one["count"], 3);
        EXPECT_NEAR(one["seen_interval_us"].get<double>(), 1e6, 3000);
        EXPECT_EQ(one["verified_by"], "kernel");
        EXPECT_EQ(one["match"], "present");
        EXPECT_EQ(one["flaw"], nullptr);
    }
    EXPECT_EQ(all[0]["source"], "192.168.1.3");
    EXPECT_EQ(all[1]["family"], "inet6");

    // The master hears itself, by the name of its device, too.
    const Json own = scan(a, {"carp0", "-t", "1.2"});
    ASSERT_EQ(own.size(), 2U);
    EXPECT_EQ(own[0]["own"], true);
    EXPECT_EQ(own[0]["match"], "present");
}

TEST_F(ToolScan, NothingBecomesPromiscuous) {
    const auto promiscuity = [this] {
        return Json::parse(b.run({"ip", "-d", "-j", "link", "show", "dev", "eth0"}))[0].at(
            "promiscuity");
    };
    const Json before = promiscuity();
    Process scanning = b.spawn({"carpctl", "scan", "eth0", "--time", "1"});
    sleep_for(500ms);
    EXPECT_TRUE(scanning.running());
    EXPECT_EQ(promiscuity(), before);
    ASSERT_TRUE(scanning.wait(3s));
}

TEST_F(ToolScan, TheKeyOfAGroupThatIsNotHere) {
    write("/tmp/scan-key", "testpass\n");
    write("/tmp/scan-other", "testpast\n");
    const std::vector<std::string> good{
        "eth0", "-t", "1.2", "passfile", "/tmp/scan-key", "192.168.1.50", "2001:db8:1::50/64"};
    Json all = scan(client, good);
    ASSERT_EQ(all.size(), 2U);
    for (const Json &one : all) {
        EXPECT_EQ(one["device"], nullptr);
        EXPECT_EQ(one["verified_by"], "given");
        EXPECT_EQ(one["match"], "present");
    }
    all = scan(client, {"eth0", "-t", "1.2", "passfile", "/tmp/scan-key", "192.168.1.50"});
    EXPECT_EQ(only(all, "match", "none").size(), 2U) << all;
    all = scan(client, {"eth0", "-t", "1.2", "passfile", "/tmp/scan-other", "192.168.1.50",
                        "2001:db8:1::50"});
    EXPECT_EQ(only(all, "match", "none").size(), 2U) << all;
    all = scan(client, {"eth0", "-t", "1.2"});
    EXPECT_EQ(only(all, "match", nullptr).size(), 2U) << all;
}

TEST_F(ToolScan, OtherNumbersAndVrrp) {
    invariants().outsider(client);
    const PacketSocket socket(client);
    Process scanning = b.spawn({"carpctl", "-j", "scan", "eth0", "--time", "2"});
    sleep_for(500ms);
    const Mac own = wire().mac(client);
    socket.send(vrrp(own));
    socket.send(make_advert(9, Address{"192.168.1.9"}, 1, 7, "k", {}).bytes());
    AdvertFrame far = make_advert(9, Address{"192.168.1.9"}, 1, 7, "k", {});
    far.ttl = 254;
    far.carp.vhid = 10;
    far.carp.fix_checksum();
    socket.send(far.bytes());
    const auto output = scanning.wait(5s);
    ASSERT_TRUE(output);
    ASSERT_EQ(output->status, 0) << output->err;
    const Json all = Json::parse(output->out);
    const Json of_vrrp = only(all, "protocol", "vrrp2");
    ASSERT_EQ(of_vrrp.size(), 1U) << all;
    EXPECT_EQ(of_vrrp[0]["vhid"], vhid);
    EXPECT_EQ(of_vrrp[0]["priority"], 100);
    EXPECT_EQ(of_vrrp[0]["addresses"], Json::array({"192.168.1.50"}));
    EXPECT_EQ(of_vrrp[0]["source_mac"], own.text());
    const Json of_nine = only(all, "vhid", 9);
    ASSERT_EQ(of_nine.size(), 1U) << all;
    EXPECT_EQ(of_nine[0]["device"], nullptr);
    EXPECT_EQ(of_nine[0]["advskew"], 7);
    const Json of_ten = only(all, "vhid", 10);
    ASSERT_EQ(of_ten.size(), 1U) << all;
    EXPECT_EQ(of_ten[0]["flaw"], "badttl");
}

TEST_F(ToolScan, ARealUcarp) {
    Host &theirs = add_host("theirs", {"192.168.1.6/24"});
    invariants().foreign(theirs);
    Process ucarp = theirs.spawn({"ucarp", "--interface=eth0", "--srcip=192.168.1.6", "--vhid=3",
                                  "--pass=secret", "--addr=192.168.1.60", "--advskew=20",
                                  "--upscript=/bin/true", "--downscript=/bin/true"});
    ASSERT_TRUE(capture().wait_for(match::all(match::from(theirs), match::advert(3)), 8s, {}));
    write("/tmp/scan-key", "secret\n");
    const Json all = scan(b, {"eth0", "vhid", "3", "passfile", "/tmp/scan-key", "192.168.1.60"});
    ASSERT_EQ(all.size(), 1U) << all;
    EXPECT_EQ(all[0]["source"], "192.168.1.6");
    EXPECT_EQ(all[0]["advskew"], 20);
    EXPECT_EQ(all[0]["match"], "present");
    EXPECT_EQ(all[0]["verified_by"], "given");
}

TEST_F(ToolScan, PriorityTagsAndVlans) {
    invariants().outsider(client);
    const PacketSocket socket(client);
    Process scanning = b.spawn({"carpctl", "-j", "scan", "eth0", "--time", "1"});
    sleep_for(300ms);
    const auto tagged = [](unsigned number, std::uint8_t vlan) {
        Bytes frame = make_advert(number, Address{"192.168.1.9"}, 1, 7, "k", {}).bytes();
        const Bytes tag{0x81, 0x00, 0xe0, vlan};
        frame.insert(frame.begin() + 12, tag.begin(), tag.end());
        return frame;
    };
    socket.send(tagged(20, 0));
    socket.send(tagged(21, 5));
    const auto output = scanning.wait(5s);
    ASSERT_TRUE(output);
    const Json all = Json::parse(output->out);
    EXPECT_EQ(only(all, "vhid", 20).size(), 1U) << all;
    EXPECT_EQ(only(all, "vhid", 21).size(), 0U) << all;
}

TEST_F(ToolScan, MonitorsTheWireThroughATakeover) {
    Process monitor = b.spawn({"carpctl", "-j", "monitor", "--wire", "carp0"});
    ASSERT_GE(lines(monitor, 2).size(), 2U);
    const std::size_t before = lines(monitor, 2).size();
    on_a->down();
    ASSERT_TRUE(on_b->wait_for(State::Master, 1s));
    const auto all = lines(monitor, before + 6);
    ASSERT_GE(all.size(), before + 6);
    bool resigned = false;
    bool ours = false;
    for (const Json &one : all) {
        EXPECT_EQ(one["parent"], "eth0");
        EXPECT_EQ(one["vhid"], vhid);
        if (one["bow_out"] == true) {
            resigned = true;
            EXPECT_EQ(one["own"], false);
        }
        if (one["own"] == true) {
            ours = true;
            EXPECT_TRUE(resigned);
            EXPECT_EQ(one["advskew"], 100);
        }
    }
    EXPECT_TRUE(resigned && ours);
    EXPECT_TRUE(monitor.running());
}

TEST_F(ToolScan, OtherNamespacesAndWhatGoesWrong) {
    Json all =
        Json::parse(client.run({"carpctl", "-n", "hostb", "-j", "scan", "eth0", "-t", "1.2"}));
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0]["match"], "present");

    const auto expect = [](const Output &output, int status, const std::string &text) {
        EXPECT_EQ(output.status, status);
        EXPECT_EQ(output.out, "");
        EXPECT_EQ(output.err, "carpctl: " + text + "\n");
    };
    expect(b.try_run({"carpctl", "scan", "eth9"}), 2, "eth9: no such device");
    expect(b.try_run({"carpctl", "monitor", "--wire", "eth9"}), 2, "eth9: no such device");
    expect(b.try_run({"carpctl", "-n", "gone", "scan", "eth0"}), 2,
           "/run/netns/gone: No such file or directory");
    expect(b.try_run({"carpctl", "scan", "eth0", "passfile", "/nowhere"}), 2,
           "passfile /nowhere: No such file or directory");
    expect(
        b.try_run({"setpriv", "--bounding-set=-all", "--inh-caps=-all", "carpctl", "scan", "eth0"}),
        2, "eth0: listening needs CAP_NET_RAW");
    // With that alone everything is there but what the kernel tells the privileged.
    const auto raw = b.try_run({"setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin",
                                "carpctl", "-j", "scan", "eth0", "-t", "1.2"});
    ASSERT_EQ(raw.status, 0) << raw.err;
    all = Json::parse(raw.out);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[0]["device"], "carp0");
    EXPECT_EQ(all[0]["match"], nullptr);
}

} // namespace
} // namespace e2e
