// SPDX-License-Identifier: GPL-2.0-only
// The helper library itself: every tool that other tests trust is shown here to
// notice what it must notice.
#include "capture.hpp"
#include "carp_packet.hpp"
#include "carp_test.hpp"
#include "packet_socket.hpp"
#include "ping_probe.hpp"
#include "tcp_probe.hpp"
#include "tcp_server.hpp"

#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <system_error>

namespace e2e {
namespace {

constexpr unsigned some_vhid = 7;

/// CarpTest, but the verdict on the capture is what the test asks for.
class Laboratory : public CarpTest {
  protected:
    void TearDown() override {}

    Host &a = add_host("a", {"192.0.2.1/24", "2001:db8::1/64"});
    Host &b = add_host("b", {"192.0.2.2/24", "2001:db8::2/64"});

    static AdvertFrame advert(unsigned advbase, unsigned advskew, const char *source) {
        return make_advert(some_vhid, source, advbase, advskew, "testpass", {"192.0.2.50"});
    }
};

TEST_F(Laboratory, HostRunsPrograms) {
    EXPECT_EQ(a.run({"echo", "one"}), "one\n");
    EXPECT_THROW(a.run({"false"}), std::runtime_error);
    const Output output = a.try_run({"sh", "-c", "echo out; echo err >&2; exit 3"});
    EXPECT_EQ(output.status, 3);
    EXPECT_EQ(output.out, "out\n");
    EXPECT_EQ(output.err, "err\n");
    EXPECT_THROW(a.run({"no-such-program"}), std::system_error);
    EXPECT_NE(a.run({"ip", "-4", "addr", "show", "eth0"}).find("192.0.2.1/24"), std::string::npos);
    // Other tools find the namespace by its name.
    EXPECT_NE(b.run({"ip", "-n", "a", "addr", "show", "eth0"}).find("192.0.2.1/24"),
              std::string::npos);
}

TEST_F(Laboratory, HostSeparatesSysctls) {
    a.set_sysctl("net.ipv4.ip_forward", "1");
    EXPECT_EQ(a.sysctl("net.ipv4.ip_forward"), "1");
    EXPECT_EQ(b.sysctl("net.ipv4.ip_forward"), "0");
    EXPECT_THROW(a.set_sysctl("net.ipv4.ip_default_ttl", "4711"), std::system_error);
}

TEST_F(Laboratory, ProcessDiesWithItsObject) {
    std::string pid;
    {
        Process process = a.spawn({"sh", "-c", "echo $$; exec sleep 1000"});
        ASSERT_TRUE(wait_until([&] { return !process.printed().out.empty(); }, 5s));
        pid = process.printed().out;
        pid.pop_back();
        EXPECT_TRUE(process.running());
        EXPECT_FALSE(process.wait(10ms));
    }
    EXPECT_NE(a.try_run({"kill", "-0", pid}).status, 0);
}

TEST_F(Laboratory, KillAllReachesOnlyItsHost) {
    Process in_a = a.spawn({"sleep", "1000"});
    Process in_b = b.spawn({"sleep", "1000"});
    a.kill_all();
    EXPECT_TRUE(in_a.wait(5s));
    EXPECT_TRUE(in_b.running());
}

TEST_F(Laboratory, CutTakesTheCarrier) {
    EXPECT_TRUE(ping(a, "192.0.2.2"));
    wire().cut(a);
    EXPECT_TRUE(wait_until([&] { return !a.rtnl().link("eth0")->carrier; }, 1s, 1ms));
    EXPECT_FALSE(ping(a, "192.0.2.2", 300ms));
    wire().heal(a);
    EXPECT_TRUE(a.rtnl().link("eth0")->carrier);
    EXPECT_TRUE(ping(a, "192.0.2.2"));
    EXPECT_TRUE(ping(a, "2001:db8::2"));
}

TEST_F(Laboratory, BlockKeepsTheCarrier) {
    EXPECT_TRUE(ping(a, "192.0.2.2"));
    wire().block(a);
    EXPECT_FALSE(ping(a, "192.0.2.2", 300ms));
    EXPECT_FALSE(ping(b, "192.0.2.1", 300ms));
    EXPECT_TRUE(a.rtnl().link("eth0")->carrier);
    wire().unblock(a);
    EXPECT_TRUE(ping(a, "192.0.2.2"));
}

/// One-way faults: what A sends is lost (mute) or what it should get (deaf).
TEST_F(Laboratory, MuteAndDeafenWorkOneWay) {
    EXPECT_TRUE(ping(a, "192.0.2.2"));
    // ICMP answers are counted where they are sent, so B's count tells whether
    // the question arrived.
    wire().mute(a);
    std::uint64_t before = echoes_answered(b);
    EXPECT_FALSE(ping(a, "192.0.2.2", 300ms));
    EXPECT_EQ(echoes_answered(b), before);
    before = echoes_answered(a);
    EXPECT_FALSE(ping(b, "192.0.2.1", 300ms));
    EXPECT_GT(echoes_answered(a), before);
    wire().unmute(a);
    EXPECT_TRUE(ping(a, "192.0.2.2"));

    wire().deafen(a);
    before = echoes_answered(b);
    EXPECT_FALSE(ping(a, "192.0.2.2", 300ms));
    EXPECT_GT(echoes_answered(b), before);
    before = echoes_answered(a);
    EXPECT_FALSE(ping(b, "192.0.2.1", 300ms));
    EXPECT_EQ(echoes_answered(a), before);
    wire().undeafen(a);
    EXPECT_TRUE(ping(a, "192.0.2.2"));
}

TEST_F(Laboratory, CaptureKnowsWhoSentWhatWhen) {
    const Instant before = now();
    EXPECT_TRUE(ping(a, "192.0.2.2"));
    const auto request = capture().first([](const Frame &frame) {
        return frame.arp() && frame.arp()->target == Address{"192.0.2.2"};
    });
    ASSERT_TRUE(request);
    EXPECT_EQ(request->host(), "a");
    EXPECT_EQ(request->source(), wire().mac(a));
    EXPECT_EQ(request->destination(), Mac::broadcast());
    EXPECT_EQ(request->arp()->operation, 1);
    EXPECT_EQ(request->arp()->sender_mac, wire().mac(a));
    EXPECT_EQ(request->arp()->sender, Address{"192.0.2.1"});
    EXPECT_FALSE(request->arp()->gratuitous());
    EXPECT_GE(request->time(), before);
    EXPECT_LE(request->time(), now());
    // Seen once although the bridge passes a broadcast to all and to itself.
    EXPECT_EQ(capture().count([](const Frame &f) { return f.arp() && f.arp()->operation == 1; }),
              1U);
    EXPECT_FRAME(capture(), match::all(match::from(b), [](const Frame &frame) {
                     return frame.icmp_type() == 0 && frame.ip()->ttl == 64;
                 }));

    EXPECT_TRUE(ping(b, "2001:db8::1"));
    const auto advertisement = capture().first(
        [](const Frame &frame) { return frame.neighbour() && frame.neighbour()->advertisement(); });
    ASSERT_TRUE(advertisement);
    EXPECT_EQ(advertisement->host(), "a");
    EXPECT_EQ(advertisement->neighbour()->target, Address{"2001:db8::1"});
    EXPECT_EQ(advertisement->neighbour()->link_address, wire().mac(a));
    EXPECT_EQ(capture().lost(), 0U);
}

TEST_F(Laboratory, CaptureSeesWhatABlockedHostSends) {
    wire().block(a);
    PacketSocket(a).send(advert(1, 0, "192.0.2.1").bytes());
    EXPECT_TRUE(capture().wait_for(match::all(match::from(a), match::advert(some_vhid)), 1s, {}));
    EXPECT_FALSE(wire().faults().speaks("a", now()));
    EXPECT_TRUE(wire().faults().speaks("b", now()));
}

TEST_F(Laboratory, NoFrameNeedsAWitness) {
    const FramePredicate arp = [](const Frame &frame) { return frame.arp().has_value(); };
    const FramePredicate never = [](const Frame &) { return false; };
    EXPECT_FALSE(no_frame(capture(), never, arp)) << "a dead capture must not pass";
    EXPECT_TRUE(ping(a, "192.0.2.2"));
    EXPECT_TRUE(no_frame(capture(), never, arp));
    EXPECT_FALSE(no_frame(capture(), match::all(arp, match::from(a)), arp));
    EXPECT_FALSE(has_frame(capture(), never));
}

TEST_F(Laboratory, CaptureIsAFileForTcpdump) {
    PacketSocket(a).send(advert(1, 0, "192.0.2.1").bytes());
    PacketSocket(b).send(advert(1, 100, "2001:db8::2").bytes());
    ASSERT_TRUE(capture().wait_for(match::from(b), 1s, {}));
    const std::string prefix = "/tmp/e2e-self-test";
    capture().save(prefix);
    const std::string text = a.run({"tcpdump", "-n", "-T", "carp", "-r", prefix + ".pcap"});
    EXPECT_NE(text.find("CARPv2-advertise 36: vhid=7 advbase=1 advskew=0"), std::string::npos)
        << text;
    EXPECT_NE(text.find("vhid=7 advbase=1 advskew=100"), std::string::npos) << text;
    const std::string lines = read_file(prefix + ".txt");
    EXPECT_NE(lines.find("a: 00:00:5e:00:01:07 >"), std::string::npos) << lines;
    a.run({"rm", prefix + ".pcap", prefix + ".txt"});
}

/// Against digests and payloads that were computed elsewhere.
TEST(CarpPacket, MatchesTheVectors) {
    const Counter counter{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};
    const auto hex = [](View bytes) {
        std::string text;
        for (const std::uint8_t byte : bytes) {
            text += "0123456789abcdef"[byte >> 4];
            text += "0123456789abcdef"[byte & 15];
        }
        return text;
    };
    EXPECT_EQ(hex(carp_digest("mekmitasdigoat", 1, {}, counter)),
              "5384deb7396d89d6da34610caac8d6735a00bc94");
    EXPECT_EQ(hex(carp_digest("mekmitasdigoat", 10,
                              {"192.168.1.10", "10.0.0.2", "172.16.0.1", "10.0.0.1"}, counter)),
              "0bdddc1f2e4905e1af6a661581b227b74e4e3b8a");
    EXPECT_EQ(hex(carp_digest("mekmitasdigoat", 7,
                              {"2001:db8::2", "192.0.2.10", "2001:db8::1", "192.0.2.9"}, counter)),
              "884fc4b2dbc63e3526589266063da28ab232206d");
    CarpHeader header;
    header.advskew = 100;
    header.counter = counter;
    header.sign("testpass", {"192.168.1.50"});
    EXPECT_EQ(hex(header.bytes()),
              "2101640700012b450123456789abcdef8a28722b250012cc264dc3ff6044f75668e5d29d");
    const auto parsed = CarpHeader::parse(header.bytes());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->advskew, 100);
    EXPECT_EQ(parsed->digest, header.digest);
    EXPECT_FALSE(CarpHeader::parse(View{header.bytes()}.first(35)));
}

/// The rules are only as good as their eyes.
class Rules : public Laboratory {
  protected:
    PacketSocket from_a{a};
    PacketSocket from_b{b};

    std::vector<std::string> verdict() {
        sleep_for(20ms);
        return invariants().violations();
    }
    void say(const PacketSocket &socket, const AdvertFrame &frame) { socket.send(frame.bytes()); }
    const AdvertFrame good_a = advert(0, 10, "192.0.2.1");
    const AdvertFrame worse_b = advert(0, 20, "192.0.2.2");
    const AdvertFrame bow_out_a = advert(255, 255, "192.0.2.1");

    static Bytes garp() {
        Bytes frame(42);
        const auto put = [&](std::size_t at, View bytes) {
            std::copy(bytes.begin(), bytes.end(), frame.begin() + static_cast<std::ptrdiff_t>(at));
        };
        put(0, Mac::broadcast().bytes);
        put(6, Mac::of_vhid(some_vhid).bytes);
        put(12, Bytes{8, 6, 0, 1, 8, 0, 6, 4, 0, 1});
        put(22, Mac::of_vhid(some_vhid).bytes);
        put(28, Address{"192.0.2.50"}.bytes());
        put(38, Address{"192.0.2.50"}.bytes());
        return frame;
    }
};

TEST_F(Rules, AcceptAMasterThatTalks) {
    say(from_a, good_a);
    from_a.send(garp());
    sleep_for(50ms);
    say(from_a, good_a);
    EXPECT_TRUE(verdict().empty());
    EXPECT_FRAME(capture(), match::claims(some_vhid));
}

TEST_F(Rules, FindAPlantedFrameFromANonMaster) {
    say(from_a, good_a);
    from_b.send(garp());
    const auto found = verdict();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NE(found[0].find("not MASTER"), std::string::npos) << found[0];
    EXPECT_NE(found[0].find(" b: "), std::string::npos) << found[0];
}

TEST_F(Rules, FindAVirtualMacInsideArpOnly) {
    say(from_a, good_a);
    Bytes frame = garp();
    const Mac own = wire().mac(b);
    std::copy(own.bytes.begin(), own.bytes.end(), frame.begin() + 6);
    from_b.send(frame);
    EXPECT_EQ(verdict().size(), 1U);
}

TEST_F(Rules, FindAFrameAfterABowOut) {
    say(from_a, good_a);
    say(from_a, bow_out_a);
    say(from_a, bow_out_a); // a copy is all right
    EXPECT_TRUE(verdict().empty());
    from_a.send(garp());
    EXPECT_EQ(verdict().size(), 1U);
}

TEST_F(Rules, FindAFrameBeforeTheFirstAdvert) {
    from_a.send(garp());
    say(from_a, good_a);
    EXPECT_EQ(verdict().size(), 1U);
}

TEST_F(Rules, FindAFrameAfterTheKernelSaidBackup) {
    say(from_a, good_a);
    sleep_for(50ms);
    const std::vector<StateChange> backup{{"a", "carp0", some_vhid, State::Backup, now()}};
    sleep_for(1ms);
    from_a.send(garp());
    sleep_for(20ms);
    EXPECT_EQ(invariants().violations(backup).size(), 1U);
    EXPECT_TRUE(invariants().violations().empty());
}

TEST_F(Rules, FindTwoMasters) {
    say(from_a, good_a);
    sleep_for(10ms);
    say(from_b, worse_b); // takes over although A is alive and better
    const auto found = verdict();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_NE(found[0].find("second master"), std::string::npos) << found[0];
}

TEST_F(Rules, AcceptAdvertsThatCross) {
    say(from_a, good_a);
    say(from_b, worse_b);
    EXPECT_TRUE(verdict().empty());
    say(from_b, worse_b); // but A's has arrived by now
    EXPECT_EQ(verdict().size(), 1U);
}

TEST_F(Rules, FindAMasterThatDoesNotYield) {
    say(from_b, worse_b);
    sleep_for(5ms);
    say(from_a, good_a); // preempts: all right, if B goes now
    EXPECT_TRUE(verdict().empty());
    say(from_b, worse_b);
    EXPECT_EQ(verdict().size(), 1U);
}

TEST_F(Rules, AcceptATakeoverAfterSilenceOrBowOut) {
    say(from_a, good_a);
    sleep_for(master_down_time(0, 20) + 1ms);
    say(from_b, worse_b);
    EXPECT_TRUE(verdict().empty());
    say(from_b, advert(255, 255, "192.0.2.2"));
    say(from_a, good_a);
    EXPECT_TRUE(verdict().empty());
}

TEST_F(Rules, AcceptAReturnBehindAShortMaster) {
    say(from_b, worse_b);
    say(from_a, good_a);
    say(from_a, bow_out_a);
    say(from_b, worse_b);
    sleep_for(20ms);
    say(from_b, worse_b);
    from_b.send(garp());
    EXPECT_TRUE(verdict().empty());
}

TEST_F(Rules, AcceptTwoMastersWhoCannotHearEachOther) {
    say(from_a, good_a);
    wire().block(a);
    sleep_for(master_down_time(0, 20) + 1ms);
    say(from_a, good_a);
    say(from_b, worse_b);
    say(from_a, good_a);
    say(from_b, worse_b);
    EXPECT_TRUE(verdict().empty());
    wire().unblock(a);
    say(from_a, good_a);
    EXPECT_TRUE(verdict().empty());
    say(from_b, worse_b); // now it must have gone
    EXPECT_EQ(verdict().size(), 1U);
}

TEST_F(Rules, FindEqualsThatBothStay) {
    const AdvertFrame equal_b = advert(0, 10, "192.0.2.2");
    say(from_a, good_a);
    sleep_for(master_down_time(0, 10) + 1ms);
    for (int round = 0; round < 8; ++round) {
        say(from_b, equal_b);
        say(from_a, good_a);
        sleep_for(advert_interval(0, 10));
    }
    EXPECT_FALSE(verdict().empty());
}

TEST_F(Rules, LeaveOutsidersAlone) {
    invariants().outsider(b);
    say(from_a, good_a);
    from_b.send(garp());
    say(from_b, worse_b);
    EXPECT_TRUE(verdict().empty());
}

TEST_F(Laboratory, ProbeMeasuresAnOutage) {
    const Duration grid = timer_resolution();
    const Duration dark = 50ms + 10 * grid;
    const Duration step = std::max<Duration>(1ms, grid);
    PingProbe probe(a, "192.0.2.2");
    ASSERT_TRUE(probe.wait_answer(2s));
    sleep_for(100ms);
    const Instant start = now();
    wire().block(b);
    sleep_until(start + dark);
    wire().unblock(b);
    ASSERT_TRUE(probe.wait_answer(2s));
    sleep_for(50ms);
    probe.stop();
    const Outage outage = probe.worst_outage(start - 50ms);
    EXPECT_GE(outage.length(), dark - 2 * step) << outage.text();
    EXPECT_LE(outage.length(), dark + 4 * step) << outage.text();
    EXPECT_GE(outage.lost, static_cast<std::size_t>(dark / (2 * step))) << outage.text();
    EXPECT_GE(probe.answered(), static_cast<std::size_t>(100ms / (2 * step)));
    EXPECT_GE(outage.first_after, start);
}

TEST_F(Laboratory, ProbeThatIsNeverAnsweredSaysSo) {
    PingProbe probe(a, "192.0.2.99", 10ms);
    EXPECT_FALSE(probe.wait_answer(200ms));
    probe.stop();
    EXPECT_EQ(probe.answered(), 0U);
    EXPECT_EQ(probe.lost(), probe.shots().size());
    EXPECT_THROW(static_cast<void>(probe.worst_outage()), std::runtime_error);
}

TEST_F(Laboratory, TcpServerSaysWhoAnswers) {
    const TcpServer server_a(a);
    const TcpServer server_b(b);
    EXPECT_EQ(who_answers(a, "192.0.2.2"), "b");
    EXPECT_EQ(who_answers(b, "2001:db8::1"), "a");
    EXPECT_EQ(who_answers(a, "192.0.2.1"), "a");
    EXPECT_EQ(who_answers(a, "192.0.2.99", 300ms), std::nullopt);
    EXPECT_EQ(who_answers(a, "192.0.2.2", 300ms, 7), std::nullopt);
}

TEST_F(Laboratory, TcpProbeMeasuresAnOutage) {
    const TcpServer server(b);
    TcpProbe probe(a, "2001:db8::2");
    ASSERT_TRUE(probe.wait_answer(2s));
    const Instant start = now();
    wire().block(b);
    sleep_for(200ms);
    wire().unblock(b);
    ASSERT_TRUE(probe.wait_answer(2s));
    probe.stop();
    const Outage outage = probe.worst_outage();
    EXPECT_GE(outage.length(), 200ms - 20ms) << outage.text();
    EXPECT_LE(outage.length(), 200ms + 50ms) << outage.text();
    EXPECT_GE(outage.first_after, start);
    EXPECT_EQ(probe.shots().front().by, "b");
}

TEST(DmesgTest, ReadsNewLinesAndKnowsDefects) {
    Dmesg dmesg;
    const std::string text = "e2e self test speaking";
    const auto heard = [&] {
        const auto &lines = dmesg.lines();
        return std::count(lines.begin(), lines.end(), text);
    };
    EXPECT_EQ(heard(), 0);
    // A harmless line: the lab looks at the same log when the test is over.
    std::ofstream("/dev/kmsg") << text << std::endl;
    EXPECT_EQ(heard(), 1);
    EXPECT_EQ(heard(), 1);
    EXPECT_TRUE(dmesg.complaints().empty());
    EXPECT_TRUE(Dmesg::complains("WARNING: CPU: 0 PID: 1 at net/core/dev.c:1"));
    EXPECT_TRUE(Dmesg::complains("BUG: KASAN: slab-use-after-free in f"));
    EXPECT_TRUE(Dmesg::complains("unregister_netdevice: waiting for eth0 to become free"));
    EXPECT_FALSE(Dmesg::complains("carp: module loaded"));
}

TEST(TimeTest, ProtocolTimes) {
    EXPECT_EQ(master_down_time(1, 0), 3s);
    EXPECT_EQ(master_down_time(1, 240), 3937500us);
    EXPECT_EQ(master_down_time(0, 0), 11718750ns);
    EXPECT_EQ(master_down_time(0, 1), 11718750ns);
    EXPECT_EQ(advert_interval(3, 100), 3390625us);
    EXPECT_EQ(advert_interval(0, 0), 3906250ns);
}

} // namespace
} // namespace e2e
