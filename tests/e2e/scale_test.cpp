// SPDX-License-Identifier: GPL-2.0-only
// Every vhid of a segment at once.
#include "carp_test.hpp"
#include "ping_probe.hpp"
#include "tcp_server.hpp"

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <linux/rtnetlink.h>
#include <map>
#include <sstream>
#include <sys/socket.h>

namespace e2e {
namespace {

constexpr unsigned vhids = 255;

/// For every device whose carrier comes the kernel goes through all routes: 5 ms
/// with softirqs off for so many, so one walk too early makes takeovers late. A
/// full table, of 200,000, takes some time to make; tests/full/run has it.
unsigned routes() {
    const char *number = std::getenv("SCALE_ROUTES");
    return number != nullptr ? static_cast<unsigned>(std::stoul(number)) : 20000;
}

class Scale : public CarpTest, public ::testing::WithParamInterface<bool> {
  protected:
    Host &client = add_host("client", {"10.0.0.9/16", "2001:db8:1::9/64"});
    Host &a = add_host("hosta", {"10.0.0.3/16", "2001:db8:1::3/64"});
    Host &b = add_host("hostb", {"10.0.0.4/16", "2001:db8:1::4/64"});

    static std::string address4(unsigned vhid) { return "10.0.1." + std::to_string(vhid); }
    static std::string address6(unsigned vhid) { return "2001:db8:1::1:" + std::to_string(vhid); }

    /// Commands for ip(8), all in one go.
    static void batch(Host &host, const std::string &commands) {
        const std::string path = "/tmp/" + host.name() + ".batch";
        std::ofstream(path) << commands;
        const Output output = host.try_run({"ip", "-batch", path}, 600s);
        ASSERT_EQ(output.status, 0) << output.err;
    }

    static void make_devices(Host &host, unsigned advskew) {
        std::string commands;
        for (unsigned vhid = 1; vhid <= vhids; ++vhid) {
            const std::string device = "carp" + std::to_string(vhid);
            commands += "link add " + device + " link eth0 type carp vhid " + std::to_string(vhid) +
                        " advskew " + std::to_string(advskew) + " pass scale\n";
            commands += "address add " + address4(vhid) + "/32 dev " + device + "\n";
            commands += "address add " + address6(vhid) + "/128 dev " + device + "\n";
            commands += "link set " + device + " up\n";
        }
        batch(host, commands);
    }

    /// A full table, as routers of the default-free zone have it.
    static void make_routes(Host &host) {
        const auto link = host.rtnl().link("eth0");
        ASSERT_TRUE(link);
        rtmsg header{};
        header.rtm_family = AF_INET6;
        header.rtm_dst_len = 48;
        header.rtm_table = RT_TABLE_MAIN;
        header.rtm_protocol = RTPROT_STATIC;
        header.rtm_type = RTN_UNICAST;
        const unsigned count = routes();
        Bytes chunk;
        for (unsigned i = 0; i < count; ++i) {
            const std::array<std::uint8_t, 16> prefix{0x2a, 0, static_cast<std::uint8_t>(i >> 16),
                                                      static_cast<std::uint8_t>(i >> 8),
                                                      static_cast<std::uint8_t>(i)};
            Message message(RTM_NEWROUTE, NLM_F_REQUEST | NLM_F_CREATE,
                            {reinterpret_cast<const std::uint8_t *>(&header), sizeof header});
            message.put(RTA_DST, prefix).put_u32(RTA_OIF, static_cast<unsigned>(link->index));
            Bytes bytes = message.finish(0);
            // Nobody waits for that many answers.
            bytes.at(offsetof(nlmsghdr, nlmsg_flags)) &= static_cast<std::uint8_t>(~NLM_F_ACK);
            chunk.insert(chunk.end(), bytes.begin(), bytes.end());
            if (chunk.size() > 60000 || i + 1 == count) {
                check(static_cast<int>(send(host.rtnl().fd(), chunk.data(), chunk.size(), 0)),
                      "add routes");
                chunk.clear();
            }
        }
        // The fourth number counts the entries.
        std::istringstream statistics(
            host.in([] { return read_file("/proc/thread-self/net/rt6_stats"); }));
        std::array<std::string, 4> number;
        statistics >> number[0] >> number[1] >> number[2] >> number[3];
        ASSERT_GE(std::stoul(number[3], nullptr, 16), count);
    }

    /// When the last of B's devices changed state; the kernel says how long ago.
    Instant last_state_change() {
        Instant latest{};
        for (unsigned vhid = 1; vhid <= vhids; ++vhid) {
            const Instant before = now();
            const auto link = b.rtnl().link("carp" + std::to_string(vhid));
            if (!link)
                continue;
            const CarpLink carp(*link);
            EXPECT_EQ(carp.state(), State::Master) << "vhid " << vhid;
            // Whole milliseconds: it was up to one more ago.
            latest = std::max<Instant>(latest, before - carp.last_change_age());
        }
        return latest;
    }

    /// The last accepted advert of A and the first of B, for each vhid.
    struct Takeover {
        Instant last;
        Instant first;
    };

    std::map<unsigned, Takeover> takeovers(Instant death) {
        std::map<unsigned, Takeover> found;
        for (const Frame &frame :
             capture().select([](const Frame &f) { return f.advert().has_value(); })) {
            const unsigned vhid = frame.advert()->vhid;
            if (frame.host() == "hosta" && frame.time() < death)
                found[vhid].last = frame.time();
            else if (frame.host() == "hostb" && frame.time() > death &&
                     found[vhid].first == Instant{})
                found[vhid].first = frame.time();
        }
        return found;
    }
};

TEST_P(Scale, AllAreTakenOverInTime) {
    make_devices(a, 0);
    ASSERT_FALSE(HasFatalFailure());
    sleep_for(4s);
    make_devices(b, 100);
    ASSERT_FALSE(HasFatalFailure());
    if (GetParam())
        make_routes(b);
    ASSERT_FALSE(HasFatalFailure());
    sleep_for(4s);

    const TcpServer server_b(b);
    wire().cut(a);
    const Instant death = now();
    sleep_for(5s);
    const Instant last_change = last_state_change();
    const auto found = takeovers(death);
    ASSERT_EQ(found.size(), vhids);
    Instant last_deadline{};
    Instant last_takeover{};
    Duration worst{};
    for (const auto &[vhid, takeover] : found) {
        ASSERT_NE(takeover.first, Instant{}) << "vhid " << vhid << " was not taken over";
        const Instant deadline = takeover.last + master_down_time(1, 100);
        last_deadline = std::max(last_deadline, deadline);
        last_takeover = std::max(last_takeover, takeover.first);
        worst = std::max<Duration>(worst, takeover.first - deadline);
    }
    std::cout << "after the last deadline: last address "
              << e2e::to_text(last_change - last_deadline) << ", last advert "
              << e2e::to_text(last_takeover - last_deadline) << "; the latest one by itself "
              << e2e::to_text(worst) << '\n';
    const Duration in_time = 5ms + 4 * timer_resolution();
    EXPECT_LE(last_change - last_deadline, in_time);
    EXPECT_LE(last_takeover - last_deadline, in_time);
    EXPECT_LE(worst, in_time);
    for (const unsigned vhid : {1U, 100U, 255U}) {
        EXPECT_EQ(who_answers(client, address4(vhid)), "hostb");
        EXPECT_EQ(who_answers(client, address6(vhid)), "hostb");
        EXPECT_EQ(who_answers(b, address6(vhid)), "hostb");
    }
    // Or the kernel goes through the routes for each device that it removes.
    if (GetParam())
        b.run({"ip", "link", "set", "eth0", "down"});
}

INSTANTIATE_TEST_SUITE_P(Hosts, Scale, ::testing::Values(false, true),
                         [](const auto &info) { return info.param ? "WithManyRoutes" : "Plain"; });

} // namespace
} // namespace e2e
