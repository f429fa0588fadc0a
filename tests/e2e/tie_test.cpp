// SPDX-License-Identifier: GPL-2.0-only
// Equal settings on both hosts: exactly one MASTER after ten seconds, for good.
#include "carp_test.hpp"

#include <gtest/gtest.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;
constexpr Duration time_to_settle = 10s;

struct Tie {
    const char *name;
    std::vector<std::string> of_a;
    std::vector<std::string> of_b;
    std::vector<std::string> virtual_addresses;
    /// Who wins, if the addresses decide.
    const char *winner;
};

std::ostream &operator<<(std::ostream &out, const Tie &tie) { return out << tie.name; }

class Ties : public CarpTest, public ::testing::WithParamInterface<Tie> {
  protected:
    Host &a = add_host("hosta", GetParam().of_a);
    Host &b = add_host("hostb", GetParam().of_b);

    CarpConfig config(unsigned advbase, unsigned advskew) {
        CarpConfig config;
        config.vhid = vhid;
        config.advbase = advbase;
        config.advskew = advskew;
        config.addresses = GetParam().virtual_addresses;
        config.up = false;
        return config;
    }

    void expect_one_master(const Carp &on_a, const Carp &on_b, const char *winner) {
        const State state_a = on_a.state();
        const State state_b = on_b.state();
        EXPECT_NE(state_a == State::Master, state_b == State::Master)
            << "hosta is " << to_text(state_a) << ", hostb is " << to_text(state_b);
        const std::uint64_t changes = on_a.link().transitions() + on_b.link().transitions();
        const Instant start = now();
        sleep_for(5s);
        EXPECT_EQ(on_a.link().transitions() + on_b.link().transitions(), changes)
            << "it does not stay so";
        Host &loser = state_a == State::Master ? b : a;
        Host &master = state_a == State::Master ? a : b;
        EXPECT_NO_FRAME(capture(),
                        match::all(match::from(loser), match::claims(vhid), match::since(start)),
                        match::all(match::from(master), match::advert(vhid), match::since(start)));
        if (winner != nullptr) {
            EXPECT_EQ(master.name(), winner);
        }
    }
};

/// Both fall due in the same moment.
TEST_P(Ties, SettleAfterACommonStart) {
    const Carp on_a(a, config(1, 0));
    const Carp on_b(b, config(1, 0));
    on_a.up();
    on_b.up();
    sleep_for(time_to_settle);
    expect_one_master(on_a, on_b, nullptr);
}

/// Both were MASTER while they could not hear each other.
TEST_P(Ties, SettleAfterAPartition) {
    const Carp on_a(a, config(1, 50));
    const Carp on_b(b, config(1, 50));
    wire().block(a);
    on_a.up();
    on_b.up();
    ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
    ASSERT_TRUE(on_b.wait_for(State::Master, 4s));
    wire().unblock(a);
    sleep_for(time_to_settle);
    expect_one_master(on_a, on_b, GetParam().winner);
}

const std::vector<std::string> only4{"192.168.1.50/24"};
const std::vector<std::string> only6{"2001:db8:1::50/64"};
const std::vector<std::string> both{"192.168.1.50/24", "2001:db8:1::50/64"};

INSTANTIATE_TEST_SUITE_P(
    Addresses, Ties,
    ::testing::Values(
        Tie{"Ipv4FirstLower", {"192.168.1.3/24"}, {"192.168.1.4/24"}, only4, "hosta"},
        Tie{"Ipv4SecondLower", {"192.168.1.4/24"}, {"192.168.1.3/24"}, only4, "hostb"},
        // Lower as numbers, not by their last byte.
        Tie{"Ipv4ByNumber", {"10.0.2.3/16"}, {"10.0.1.4/16"}, {"10.0.0.50/16"}, "hostb"},
        Tie{"Ipv6Only", {"2001:db8:1::3/64"}, {"2001:db8:1::4/64"}, only6, nullptr},
        Tie{"CrossedFirst",
            {"192.168.1.3/24", "2001:db8:1::4/64"},
            {"192.168.1.4/24", "2001:db8:1::3/64"},
            both,
            "hosta"},
        Tie{"CrossedSecond",
            {"192.168.1.4/24", "2001:db8:1::3/64"},
            {"192.168.1.3/24", "2001:db8:1::4/64"},
            both,
            "hostb"},
        Tie{"Ipv4WithoutSources", {}, {}, only4, nullptr},
        Tie{"BothFamiliesOneSource", {"192.168.1.4/24"}, {}, both, nullptr}),
    [](const auto &info) { return info.param.name; });

} // namespace
} // namespace e2e
