// SPDX-License-Identifier: GPL-2.0-only
// The files of /proc/sys/net/inet/carp: default, range, namespace and effect.
#include "carp_test.hpp"
#include "packet_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <gtest/gtest.h>
#include <linux/carp.h>
#include <system_error>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;

std::string knob(const std::string &name) { return "net.inet.carp." + name; }

/// errno of a write, 0 if it is taken.
int write_error(const Host &host, const std::string &name, const std::string &value) {
    try {
        host.set_sysctl(knob(name), value);
        return 0;
    } catch (const std::system_error &error) {
        return error.code().value();
    }
}

struct Knob {
    const char *name;
    const char *initial;
    std::vector<std::string> good;
    std::vector<std::string> bad;
};

std::ostream &operator<<(std::ostream &out, const Knob &file) { return out << file.name; }

class Sysctl : public CarpTest {
  protected:
    Host &a = add_host("hosta", {"192.168.1.3/24"});
    Host &b = add_host("hostb", {"192.168.1.4/24"});

    static CarpConfig config(unsigned advskew) {
        CarpConfig config;
        config.vhid = vhid;
        config.advskew = advskew;
        config.addresses = {"192.168.1.50/24"};
        return config;
    }

    std::size_t lines_with(const std::string &text) {
        const auto &lines = dmesg().lines();
        return static_cast<std::size_t>(
            std::count_if(lines.begin(), lines.end(), [&](const std::string &line) {
                return line.find(text) != std::string::npos;
            }));
    }
};

class Knobs : public Sysctl, public ::testing::WithParamInterface<Knob> {};

TEST_P(Knobs, DefaultRangeAndNamespace) {
    const Knob &k = GetParam();
    EXPECT_EQ(a.sysctl(knob(k.name)), k.initial);
    EXPECT_EQ(b.sysctl(knob(k.name)), k.initial);
    for (const std::string &value : k.bad) {
        EXPECT_EQ(write_error(a, k.name, value), EINVAL) << value;
        EXPECT_EQ(a.sysctl(knob(k.name)), k.initial) << "after " << value;
        // As an administrator sees it.
        const Output output = a.try_run({"sysctl", "-w", knob(k.name) + "=" + value});
        EXPECT_NE(output.status, 0) << value;
        EXPECT_NE(output.err.find("Invalid argument"), std::string::npos) << output.err;
    }
    for (const std::string &value : k.good) {
        a.run({"sysctl", "-w", knob(k.name) + "=" + value});
        EXPECT_EQ(a.sysctl(knob(k.name)), value);
        EXPECT_EQ(b.sysctl(knob(k.name)), k.initial) << "another namespace changed too";
    }
    // A new namespace starts from the defaults, whatever others have.
    Host &fresh = add_lonely_host("fresh");
    EXPECT_EQ(fresh.sysctl(knob(k.name)), k.initial);
}

INSTANTIATE_TEST_SUITE_P(
    Files, Knobs,
    ::testing::Values(
        Knob{"allow", "1", {"0", "1"}, {"2", "-1", "x"}},
        Knob{"preempt", "0", {"1", "0"}, {"2", "-1", "x"}},
        Knob{"log", "1", {"0", "2", "7"}, {"-1", "x"}},
        Knob{"arpbalance", "0", {"1", "0"}, {"2", "-1", "x"}},
        Knob{"ifdown_demotion_factor", "240", {"0", "100", "240"}, {"241", "-1", "x"}},
        Knob{"senderr_demotion_factor", "240", {"0", "100", "240"}, {"241", "-1", "x"}},
        Knob{"dscp", "4", {"0", "63", "56"}, {"64", "-1", "x"}}),
    [](const auto &info) { return info.param.name; });

TEST_F(Sysctl, SuppressPreemptRefusesWrites) {
    EXPECT_EQ(a.sysctl(knob("suppress_preempt")), "0");
    for (const char *value : {"0", "1"}) {
        const int error = write_error(a, "suppress_preempt", value);
        EXPECT_TRUE(error == EACCES || error == EPERM) << error;
        // sysctl(8) calls it a warning.
        const Output output = a.try_run({"sysctl", "-w", knob("suppress_preempt") + "=" + value});
        EXPECT_NE(output.err.find("setting key"), std::string::npos) << output.err;
    }
    EXPECT_EQ(a.sysctl(knob("suppress_preempt")), "0");
}

/// The default is what was always sent: low delay in IPv4, nothing in IPv6.
TEST_F(Sysctl, DscpMarksAdverts) {
    CarpConfig both = config(0);
    both.addresses.emplace_back("2001:db8:1::50/64");
    const Carp on_a(a, both);
    ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
    const auto expect_tos = [&](unsigned tos4, unsigned tos6) {
        const Instant start = now();
        sleep_for(1100ms);
        const auto adverts = capture().select(match::all(match::advert(vhid), match::since(start)));
        EXPECT_GE(adverts.size(), 2U);
        for (const Frame &frame : adverts)
            EXPECT_EQ(frame.ip()->tos, frame.ip()->source.is_v4() ? tos4 : tos6) << frame.text();
    };
    expect_tos(0x10, 0);
    a.set_sysctl(knob("dscp"), "56");
    expect_tos(0xe0, 0xe0);
    a.set_sysctl(knob("dscp"), "0");
    expect_tos(0, 0);
    a.set_sysctl(knob("dscp"), "4");
    expect_tos(0x10, 0);
}

TEST_F(Sysctl, AllowOffMakesAMasterResign) {
    const Carp on_a(a, config(0));
    ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
    const Carp on_b(b, config(100));
    sleep_for(1200ms);
    a.set_sysctl(knob("allow"), "0");
    const Instant left = now();
    EXPECT_EQ(on_a.state(), State::Init);
    EXPECT_EQ(on_a.link().reason(), static_cast<unsigned>(CARP_REASON_NOT_ALLOWED));
    EXPECT_TRUE(on_b.wait_for(State::Master, 50ms)) << "the bow-out did not arrive";
    EXPECT_FRAME(capture(), match::all(match::from(a), match::bow_out(vhid)));

    // What comes in is dropped and counted; nothing goes out.
    sleep_for(4s);
    EXPECT_EQ(on_a.state(), State::Init);
    EXPECT_GE(on_a.link().counter(CARP_XSTATS_PARENT_NOT_ALLOWED), 3U);
    EXPECT_NO_FRAME(capture(), match::all(match::from(a), match::claims(vhid), match::since(left)),
                    match::all(match::from(b), match::advert(vhid), match::since(left)));

    // Who comes up while it is off stays out too.
    on_a.down();
    on_a.up();
    EXPECT_EQ(on_a.state(), State::Init);

    a.set_sysctl(knob("allow"), "1");
    EXPECT_EQ(on_a.state(), State::Backup);
    sleep_for(4s);
    EXPECT_EQ(on_a.state(), State::Backup);
    EXPECT_EQ(on_b.state(), State::Master);
}

TEST_F(Sysctl, AllowOffOnABackupSaysNothing) {
    const Carp on_a(a, config(0));
    ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
    const Carp on_b(b, config(100));
    b.set_sysctl(knob("allow"), "0");
    EXPECT_EQ(on_b.state(), State::Init);
    sleep_for(4s);
    EXPECT_NO_FRAME(capture(), match::all(match::from(b), match::claims(vhid)),
                    match::all(match::from(a), match::advert(vhid)));
}

TEST_F(Sysctl, PreemptDecidesWhetherTheFasterOneTakesOver) {
    const Carp on_b(b, config(100));
    ASSERT_TRUE(on_b.wait_for(State::Master, 4s));
    const Carp on_a(a, config(0));
    sleep_for(5s);
    EXPECT_EQ(on_a.state(), State::Backup);
    EXPECT_EQ(on_b.state(), State::Master);
    // At the next advert, without anything else being done.
    a.set_sysctl(knob("preempt"), "1");
    EXPECT_TRUE(on_a.wait_for(State::Master, advert_interval(1, 100) + 50ms));
    EXPECT_TRUE(on_b.wait_for(State::Backup, 50ms));
    EXPECT_EQ(on_a.link().reason(), static_cast<unsigned>(CARP_REASON_PREEMPT));
    EXPECT_EQ(on_b.link().reason(), static_cast<unsigned>(CARP_REASON_BETTER_MASTER));
}

/// A device's own word counts more than the namespace's.
TEST_F(Sysctl, DeviceOverridesPreempt) {
    const Carp on_b(b, config(100));
    ASSERT_TRUE(on_b.wait_for(State::Master, 4s));
    a.set_sysctl(knob("preempt"), "1");
    CarpConfig quiet = config(0);
    quiet.up = false;
    const Carp on_a(a, quiet);
    on_a.set({"preempt", "off"});
    on_a.up();
    sleep_for(5s);
    EXPECT_EQ(on_a.state(), State::Backup);
    on_a.set({"preempt", "inherit"});
    EXPECT_TRUE(on_a.wait_for(State::Master, advert_interval(1, 100) + 50ms));
}

/// Two legs, two vhids, preempt: what fails on one leg moves both.
TEST_F(Sysctl, PreemptMovesAllLegsTogether) {
    Segment &inner = add_segment("inner");
    inner.wire.attach(a, "eth1", {"10.0.0.3/24"});
    inner.wire.attach(b, "eth1", {"10.0.0.4/24"});
    const auto leg = [](const char *parent, unsigned number, const char *address,
                        unsigned advskew) {
        CarpConfig config;
        config.device = "carp" + std::to_string(number - 1);
        config.parent = parent;
        config.vhid = number;
        config.advskew = advskew;
        config.addresses = {address};
        return config;
    };
    for (Host *host : {&a, &b})
        host->set_sysctl(knob("preempt"), "1");
    const Carp a1(a, leg("eth0", 1, "192.168.1.50/24", 0));
    const Carp a2(a, leg("eth1", 2, "10.0.0.50/24", 0));
    const Carp b1(b, leg("eth0", 1, "192.168.1.50/24", 100));
    const Carp b2(b, leg("eth1", 2, "10.0.0.50/24", 100));
    ASSERT_TRUE(a1.wait_for(State::Master, 4s));
    ASSERT_TRUE(a2.wait_for(State::Master, 1s));
    sleep_for(4s);
    ASSERT_EQ(b1.state(), State::Backup);
    ASSERT_EQ(b2.state(), State::Backup);
    EXPECT_EQ(a.sysctl(knob("suppress_preempt")), "0");

    const Instant broken = now();
    wire().cut(a);
    // The healthy leg says at once that this host has a problem, and goes.
    EXPECT_TRUE(b2.wait_for(State::Master, 200ms));
    EXPECT_EQ(a.sysctl(knob("suppress_preempt")), "1");
    EXPECT_EQ(a2.state(), State::Backup);
    EXPECT_EQ(a2.link().effective_advskew(), 240U);
    EXPECT_EQ(a2.link().demotion(), 240U);
    EXPECT_EQ(a2.link().advskew(), 0U);
    EXPECT_FRAME(inner.capture, [&](const Frame &frame) {
        const auto advert = frame.advert();
        return advert && frame.host() == "hosta" && advert->advskew == 240 &&
               frame.time() >= broken && frame.time() < broken + 200ms;
    });
    EXPECT_TRUE(b1.wait_for(State::Master, 4s));
    EXPECT_EQ(a1.state(), State::Init);
    EXPECT_EQ(b.sysctl(knob("suppress_preempt")), "0");

    wire().heal(a);
    EXPECT_TRUE(wait_until([&] { return a.sysctl(knob("suppress_preempt")) == "0"; }, 1s));
    EXPECT_TRUE(a1.wait_for(State::Master, 4s));
    EXPECT_TRUE(a2.wait_for(State::Master, 4s));
    EXPECT_TRUE(b1.wait_for(State::Backup, 1s));
    EXPECT_TRUE(b2.wait_for(State::Backup, 1s));
    EXPECT_EQ(a2.link().effective_advskew(), 0U);
}

/// Without preempt on the peer a problem moves only what is broken.
TEST_F(Sysctl, WithoutPreemptOnlyTheBrokenLegMoves) {
    Segment &inner = add_segment("inner");
    inner.wire.attach(a, "eth1", {"10.0.0.3/24"});
    inner.wire.attach(b, "eth1", {"10.0.0.4/24"});
    CarpConfig second = config(0);
    second.device = "carp1";
    second.parent = "eth1";
    second.vhid = 2;
    second.addresses = {"10.0.0.50/24"};
    const Carp a1(a, config(0));
    const Carp a2(a, second);
    ASSERT_TRUE(a2.wait_for(State::Master, 4s));
    second.advskew = 100;
    const Carp b1(b, config(100));
    const Carp b2(b, second);
    sleep_for(1200ms);
    wire().cut(a);
    EXPECT_TRUE(b1.wait_for(State::Master, 5s));
    sleep_for(4s);
    EXPECT_EQ(a2.state(), State::Master);
    EXPECT_EQ(b2.state(), State::Backup);
    EXPECT_EQ(a.sysctl(knob("suppress_preempt")), "1");
    // Set down, it is no problem any more but a decision.
    a1.down();
    EXPECT_EQ(a.sysctl(knob("suppress_preempt")), "0");
    EXPECT_EQ(a2.link().effective_advskew(), 0U);
}

/// log 0: nothing; 1: bad packets; 2: state changes with their reason as well.
TEST_F(Sysctl, LogLevels) {
    Host &stranger = add_host("stranger", {"192.168.1.66/24"});
    invariants().outsider(stranger);
    b.set_sysctl(knob("log"), "0");
    const PacketSocket socket(stranger);
    const Carp on_a(a, config(0));
    ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
    EXPECT_EQ(lines_with(" -> "), 0U) << "state changes are for level 2";

    const auto insult = [&] {
        const std::uint64_t before = on_a.link().counter(CARP_XSTATS_BADAUTH);
        socket.send(make_advert(vhid, "192.168.1.66", 1, 0, "wrong", {"192.168.1.50"}).bytes());
        EXPECT_TRUE(
            wait_until([&] { return on_a.link().counter(CARP_XSTATS_BADAUTH) == before + 1; }, 1s));
        return lines_with("192.168.1.66");
    };
    EXPECT_EQ(insult(), 1U);
    a.set_sysctl(knob("log"), "0");
    EXPECT_EQ(insult(), 1U);
    on_a.down();
    on_a.up();
    ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
    EXPECT_EQ(lines_with(" -> "), 0U);

    a.set_sysctl(knob("log"), "2");
    EXPECT_EQ(insult(), 2U);
    on_a.down();
    on_a.up();
    ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
    EXPECT_EQ(lines_with("carp0: MASTER -> INIT (set down)"), 1U);
    EXPECT_EQ(lines_with("carp0: INIT -> BACKUP"), 1U);
    EXPECT_EQ(lines_with("carp0: BACKUP -> MASTER (master timed out)"), 1U);
}

/// A flood of bad packets must not become a flood of lines.
TEST_F(Sysctl, LogIsRateLimited) {
    constexpr unsigned flood = 500;
    Host &stranger = add_host("stranger", {"192.168.1.66/24"});
    invariants().outsider(stranger);
    b.set_sysctl(knob("log"), "0");
    const Carp on_a(a, config(0));
    ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
    const PacketSocket socket(stranger);
    const Bytes bad = make_advert(vhid, "192.168.1.66", 1, 0, "wrong", {"192.168.1.50"}).bytes();
    for (unsigned i = 0; i < flood; ++i)
        socket.send(bad);
    EXPECT_TRUE(wait_until([&] { return on_a.link().counter(CARP_XSTATS_BADAUTH) == flood; }, 5s));
    EXPECT_GE(lines_with("192.168.1.66"), 1U);
    EXPECT_LE(lines_with("192.168.1.66"), 20U);
}

} // namespace
} // namespace e2e
