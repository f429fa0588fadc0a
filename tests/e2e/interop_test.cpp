// SPDX-License-Identifier: GPL-2.0-only
// We and a real ucarp elect each other, in both roles and with equal settings.
#include "carp_test.hpp"
#include "neighbours.hpp"

#include <gtest/gtest.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;
constexpr const char *virtual4 = "192.168.1.50";
/// ucarp reads packets in batches of up to a second.
constexpr Duration ucarp_latency = 1200ms;
constexpr Duration time_to_settle = 10s;

class Interop : public CarpTest {
  protected:
    Host &ours = add_host("ours");
    Host &theirs = add_host("theirs");

    static void address(Host &host, const std::string &with_prefix) {
        host.add_address("eth0", with_prefix);
    }

    Process start_ucarp(const std::string &source, unsigned advskew,
                        const std::vector<std::string> &more = {}) {
        invariants().foreign(theirs);
        std::vector<std::string> command{"ucarp",
                                         "--interface=eth0",
                                         "--srcip=" + source,
                                         "--vhid=" + std::to_string(vhid),
                                         "--pass=testpass",
                                         "--addr=" + std::string{virtual4},
                                         "--advbase=1",
                                         "--advskew=" + std::to_string(advskew),
                                         "--upscript=/bin/true",
                                         "--downscript=/bin/true"};
        command.insert(command.end(), more.begin(), more.end());
        return theirs.spawn(command);
    }

    Carp start_carp(unsigned advskew) {
        CarpConfig config;
        config.vhid = vhid;
        config.advskew = advskew;
        config.addresses = {std::string{virtual4} + "/24"};
        return {ours, config};
    }

    FramePredicate advert_of_ours() { return match::all(match::from(ours), match::advert(vhid)); }
    FramePredicate advert_of_theirs() {
        return match::all(match::from(theirs), match::advert(vhid));
    }

    /// Adverts of one of them only, for five seconds.
    void expect_one_master(Process &ucarp, const Carp &carp, const char *winner = nullptr) {
        EXPECT_TRUE(ucarp.running()) << ucarp.printed().err;
        const Instant start = now();
        const std::uint64_t changes = carp.link().transitions();
        sleep_for(5s);
        const auto of_ours = capture().count(match::all(advert_of_ours(), match::since(start)));
        const auto of_theirs = capture().count(match::all(advert_of_theirs(), match::since(start)));
        EXPECT_EQ(carp.link().transitions(), changes);
        EXPECT_NE(of_ours != 0, of_theirs != 0)
            << of_ours << " adverts of ours, " << of_theirs << " of theirs";
        EXPECT_EQ(carp.state(), of_ours != 0 ? State::Master : State::Backup);
        if (winner != nullptr) {
            EXPECT_STREQ(of_ours != 0 ? "ours" : "theirs", winner);
        }
    }
};

TEST_F(Interop, UcarpIsMasterAndWeTakeOver) {
    address(ours, "192.168.1.3/24");
    address(theirs, "192.168.1.4/24");
    Process ucarp = start_ucarp("192.168.1.4", 0);
    ASSERT_TRUE(capture().wait_for(advert_of_theirs(), 6s, {})) << ucarp.printed().err;
    const Carp carp = start_carp(100);
    ASSERT_TRUE(carp.wait_for(State::Backup, 1s));
    sleep_for(time_to_settle);
    EXPECT_EQ(carp.state(), State::Backup);
    EXPECT_NO_FRAME(capture(), match::all(match::from(ours), match::claims(vhid)),
                    advert_of_theirs());
    EXPECT_FALSE(carp.link().refused()) << "we refuse an advert of ucarp";

    ucarp.kill();
    const Instant death = now();
    ASSERT_TRUE(carp.wait_for(State::Master, 5s));
    const auto last = capture().last(advert_of_theirs());
    const auto first = capture().first(match::all(advert_of_ours(), match::since(death)));
    ASSERT_TRUE(last && first);
    EXPECT_GE(first->time() - last->time(), master_down_time(1, 100) - 50us);
    EXPECT_LE(first->time() - last->time(),
              master_down_time(1, 100) + 1ms + 2 * timer_resolution());
}

TEST_F(Interop, WeAreMasterAndUcarpTakesOver) {
    address(ours, "192.168.1.3/24");
    address(theirs, "192.168.1.4/24");
    const Carp carp = start_carp(0);
    ASSERT_TRUE(carp.wait_for(State::Master, 4s));
    Process ucarp = start_ucarp("192.168.1.4", 100);
    sleep_for(time_to_settle);
    EXPECT_EQ(carp.state(), State::Master);
    ASSERT_TRUE(ucarp.running()) << ucarp.printed().err;
    EXPECT_NO_FRAME(capture(), advert_of_theirs(), advert_of_ours());

    // Our bow-out is understood.
    carp.down();
    const Instant left = now();
    EXPECT_TRUE(capture().wait_for(advert_of_theirs(), ucarp_latency, left)) << ucarp.printed().err;
    // And ucarp yields to us when we preempt.
    carp.set({"preempt", "on"});
    carp.up();
    ASSERT_TRUE(carp.wait_for(State::Master, 4s));
    sleep_for(ucarp_latency);
    expect_one_master(ucarp, carp, "ours");
}

TEST_F(Interop, UcarpPreemptsUs) {
    address(ours, "192.168.1.3/24");
    address(theirs, "192.168.1.4/24");
    const Carp carp = start_carp(100);
    ASSERT_TRUE(carp.wait_for(State::Master, 5s));
    Process ucarp = start_ucarp("192.168.1.4", 0, {"--preempt"});
    ASSERT_TRUE(carp.wait_for(State::Backup, 6s)) << ucarp.printed().err;
    expect_one_master(ucarp, carp, "theirs");
}

struct Equal {
    const char *name;
    const char *address_of_ours;
    const char *address_of_theirs;
    /// Who wins when both were MASTER, if rules decide and not luck.
    const char *winner;
};

std::ostream &operator<<(std::ostream &out, const Equal &equal) { return out << equal.name; }

/// ucarp compares the last byte of the address first (on these processors), we
/// compare addresses as numbers; the two orders may agree or not.
class EqualSettings : public Interop, public ::testing::WithParamInterface<Equal> {};

TEST_P(EqualSettings, CommonStart) {
    address(ours, std::string{GetParam().address_of_ours} + "/16");
    address(theirs, std::string{GetParam().address_of_theirs} + "/16");
    const Carp carp = start_carp(0);
    Process ucarp = start_ucarp(GetParam().address_of_theirs, 0);
    sleep_for(time_to_settle);
    expect_one_master(ucarp, carp);
}

TEST_P(EqualSettings, BothWereMaster) {
    address(ours, std::string{GetParam().address_of_ours} + "/16");
    address(theirs, std::string{GetParam().address_of_theirs} + "/16");
    wire().block(ours);
    const Carp carp = start_carp(0);
    Process ucarp = start_ucarp(GetParam().address_of_theirs, 0);
    ASSERT_TRUE(carp.wait_for(State::Master, 4s));
    ASSERT_TRUE(capture().wait_for(advert_of_theirs(), 6s, {})) << ucarp.printed().err;
    wire().unblock(ours);
    sleep_for(time_to_settle);
    expect_one_master(ucarp, carp, GetParam().winner);
}

INSTANTIATE_TEST_SUITE_P(
    Addresses, EqualSettings,
    ::testing::Values(Equal{"OursLower", "192.168.1.3", "192.168.1.4", "ours"},
                      Equal{"OursHigher", "192.168.1.5", "192.168.1.4", "theirs"},
                      Equal{"OursLowerByNumberOnly", "192.168.1.4", "192.168.2.3", "theirs"},
                      Equal{"OursHigherByNumberOnly", "192.168.2.3", "192.168.1.4", nullptr}),
    [](const auto &info) { return info.param.name; });

/// What ucarp says to a wrong key is nothing; what we say is whose it was.
TEST_F(Interop, OtherPasswordIsNamed) {
    address(ours, "192.168.1.3/24");
    address(theirs, "192.168.1.4/24");
    invariants().split(vhid);
    Process ucarp = start_ucarp("192.168.1.4", 0);
    CarpConfig config;
    config.vhid = vhid;
    config.pass = "testpast";
    config.addresses = {std::string{virtual4} + "/24"};
    const Carp carp(ours, config);
    ASSERT_TRUE(carp.wait_for(State::Master, 5s));
    ASSERT_TRUE(capture().wait_for(advert_of_theirs(), 6s, {})) << ucarp.printed().err;
    sleep_for(1s);
    EXPECT_EQ(carp.state(), State::Master);
    const auto refused = carp.link().refused();
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->source, Address{"192.168.1.4"});
}

} // namespace
} // namespace e2e
