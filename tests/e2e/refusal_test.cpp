// SPDX-License-Identifier: GPL-2.0-only
// Wrong settings: each refused with the same words by ip and by carpctl, and
// nothing changed.
#include "carp_test.hpp"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace e2e {
namespace {

using Words = std::vector<std::string>;

struct Mistake {
    const char *name;
    Words ip;
    Words carpctl;
    /// All of these are in what either tool says.
    Words message;
};

/// Removes what changes by itself.
void forget_times(nlohmann::json &value) {
    static constexpr std::array volatile_keys{"last_change_age_ms", "master_down_in_us",
                                              "valid_life_time", "preferred_life_time"};
    if (value.is_object())
        for (const char *key : volatile_keys)
            value.erase(key);
    for (auto &element : value)
        if (element.is_structured())
            forget_times(element);
}

class Refusal : public CarpTest {
  protected:
    Host &host = add_host("hosta", {"192.168.1.3/24"});
    std::optional<Carp> carp;

    void SetUp() override {
        CarpConfig config;
        config.addresses = {"192.168.1.50/24"};
        carp.emplace(host, config);
        host.run({"ip", "link", "add", "bare0", "type", "carp"});
        host.run({"ip", "link", "add", "other0", "link", "eth0", "type", "carp", "vhid", "2"});
        ASSERT_TRUE(carp->wait_for(State::Master, 4s));
        // The rest of the kernel hears of it a little later.
        ASSERT_TRUE(
            wait_until([this] { return ip_link_show(host, "carp0").at("operstate") == "UP"; }, 1s));
    }

    /// The kernel's words in ip's "Error: WORDS."
    static std::string words_of_ip(const std::string &text) {
        const std::string start = "Error: ";
        const std::size_t from = text.find(start);
        if (from == std::string::npos)
            return {};
        const std::size_t end = text.find('\n', from);
        std::string words = text.substr(from + start.size(), end - from - start.size());
        if (!words.empty() && words.back() == '.')
            words.pop_back();
        return words;
    }

    std::string everything() {
        auto all = nlohmann::json::parse(host.run({"ip", "-d", "-j", "addr", "show"}));
        forget_times(all);
        return all.dump(1);
    }

    void expect_refused(const std::vector<Mistake> &mistakes) {
        const std::string before = everything();
        for (const Mistake &mistake : mistakes) {
            SCOPED_TRACE(mistake.name);
            const Output ip = host.try_run(mistake.ip);
            const Output carpctl = host.try_run(mistake.carpctl);
            EXPECT_TRUE(ip.status == 1 || ip.status == 2) << ip.status << ": " << ip.err;
            EXPECT_EQ(carpctl.status, 2) << carpctl.err;
            for (const std::string &words : mistake.message) {
                EXPECT_NE(ip.err.find(words), std::string::npos) << "ip says: " << ip.err;
                EXPECT_NE(carpctl.err.find(words), std::string::npos)
                    << "carpctl says: " << carpctl.err;
            }
            if (const std::string words = words_of_ip(ip.err); !words.empty()) {
                EXPECT_NE(carpctl.err.find(words), std::string::npos)
                    << "ip says: " << ip.err << "carpctl says: " << carpctl.err;
            }
            EXPECT_EQ(everything(), before);
        }
    }
};

Words ip_set(const std::string &device, const Words &settings) {
    Words command{"ip", "link", "set", "dev", device, "type", "carp"};
    command.insert(command.end(), settings.begin(), settings.end());
    return command;
}

Words carpctl_set(const std::string &device, const Words &settings) {
    Words command{"carpctl", "configure", device};
    command.insert(command.end(), settings.begin(), settings.end());
    return command;
}

Mistake setting(const char *name, const Words &settings, const Words &message,
                const std::string &device = "carp0") {
    return {name, ip_set(device, settings), carpctl_set(device, settings), message};
}

TEST_F(Refusal, Numbers) {
    expect_refused({
        setting("zero vhid", {"vhid", "0"}, {"vhid 0", "1..255"}),
        setting("vhid too big", {"vhid", "256"}, {"vhid 256", "1..255"}),
        setting("huge vhid", {"vhid", "4294967295"}, {"vhid 4294967295", "1..255"}),
        setting("no vhid", {"carpdev", "eth0"}, {"vhid", "1..255"}, "bare0"),
        setting("vhid taken", {"carpdev", "eth0", "vhid", "1"}, {"vhid 1", "eth0", "carp0"},
                "bare0"),
        setting("vhid while up", {"vhid", "3"}, {"vhid", "carp0", "down"}),
        setting("advskew too big", {"advskew", "255"}, {"advskew 255", "0..254"}),
        setting("advbase too big", {"advbase", "256"}, {"advbase 256", "0..255"}),
        setting("no announcement", {"announce_count", "0"}, {"announce_count 0", "1..100"}),
        setting("too many", {"announce_count", "101"}, {"announce_count 101", "1..100"}),
        setting("too slow", {"announce_interval", "60001"},
                {"announce_interval 60001", "0..60000"}),
        setting("too seldom", {"announce_refresh", "86401"},
                {"announce_refresh 86401", "0..86400"}),
        // A mistake behind something right: that is not done either.
        setting("second of two", {"advskew", "7", "advbase", "256"}, {"advbase 256", "0..255"}),
    });
}

TEST_F(Refusal, Keys) {
    expect_refused({
        setting("empty", {"pass", ""}, {"key", "0 bytes", "1..20"}),
        setting("too long", {"pass", "123456789012345678901"}, {"key", "21 bytes", "1..20"}),
    });
}

TEST_F(Refusal, Parents) {
    host.run({"ip", "link", "add", "tunnel0", "type", "gre", "local", "192.168.1.3", "remote",
              "192.168.1.9"});
    const std::vector<Words> devices{
        {"vlan0", "link", "carp0", "type", "vlan", "id", "7"},
        {"mv0", "link", "eth0", "type", "macvlan", "mode", "bridge"},
        {"ipv0", "link", "dummy0", "type", "ipvlan"},
        {"br0", "type", "bridge"},
        {"bond0", "type", "bond", "mode", "active-backup"},
    };
    host.run({"ip", "link", "add", "dummy0", "type", "dummy"});
    host.run({"ip", "link", "add", "port0", "type", "veth", "peer", "name", "slave0"});
    for (const Words &device : devices) {
        Words command{"ip", "link", "add"};
        command.insert(command.end(), device.begin(), device.end());
        host.run(command);
    }
    host.run({"ip", "link", "set", "port0", "master", "br0"});
    host.run({"ip", "link", "set", "slave0", "master", "bond0"});
    sleep_for(2s); // carriers settle
    const auto parent = [](const char *name, const char *device, const Words &message) {
        return setting(name, {"carpdev", device, "vhid", "9"}, message, "bare0");
    };
    expect_refused({
        parent("loopback", "lo", {"parent lo", "loopback"}),
        parent("a tunnel", "tunnel0", {"parent tunnel0", "Ethernet"}),
        parent("another carp", "other0", {"parent other0", "carp"}),
        parent("a VLAN of a carp", "vlan0", {"parent vlan0", "on top of a carp"}),
        parent("a macvlan", "mv0", {"parent mv0", "own MAC only"}),
        parent("an ipvlan", "ipv0", {"parent ipv0", "own MAC only"}),
        parent("a port", "port0", {"parent port0", "use the bridge"}),
        parent("a slave", "slave0", {"parent slave0", "bond"}),
        parent("itself", "bare0", {"parent bare0", "carp"}),
        parent("gone", "gone0", {"Cannot find device \"gone0\""}),
    });
}

TEST_F(Refusal, Addresses) {
    const auto address = [](const char *name, const char *device, const char *text,
                            const Words &message) {
        return Mistake{name,
                       {"ip", "addr", "add", text, "dev", device},
                       {"carpctl", "configure", device, text},
                       message};
    };
    Mistake without_subnet4 =
        address("no subnet, IPv4", "bare0", "10.9.9.9/24", {"address 10.9.9.9", "subnet"});
    Mistake without_subnet6 = address("no subnet, IPv6", "bare0", "2001:db8:9::9/64",
                                      {"address 2001:db8:9::9", "subnet"});
    for (Mistake *mistake : {&without_subnet4, &without_subnet6})
        mistake->carpctl.insert(mistake->carpctl.begin() + 3, {"vhid", "9"});
    expect_refused(
        {without_subnet4, without_subnet6,
         address("the parent's own", "carp0", "192.168.1.3/24", {"address 192.168.1.3", "eth0"})});
}

TEST_F(Refusal, States) {
    expect_refused({{"state of an INIT device",
                     {"ip", "link", "set", "dev", "bare0", "type", "carp", "state", "master"},
                     {"carpctl", "state", "bare0", "master"},
                     {"INIT"}}});
}

/// A creation that is refused leaves no half-made device.
TEST_F(Refusal, Creations) {
    struct Creation {
        Words arguments;
        const char *message;
    };
    const std::vector<Creation> creations{
        {{"link", "eth0", "type", "carp", "vhid", "0"}, "vhid 0"},
        {{"link", "eth0", "type", "carp", "vhid", "256"}, "vhid 256"},
        {{"link", "eth0", "type", "carp"}, "vhid: not set"},
        {{"link", "eth0", "type", "carp", "vhid", "1"}, "vhid 1: taken"},
        {{"link", "eth0", "type", "carp", "vhid", "9", "advskew", "255"}, "advskew 255"},
        {{"link", "eth0", "type", "carp", "vhid", "9", "advbase", "256"}, "advbase 256"},
        {{"link", "eth0", "type", "carp", "vhid", "9", "pass", ""}, "0 bytes"},
        {{"link", "eth0", "type", "carp", "vhid", "9", "pass", "123456789012345678901"},
         "21 bytes"},
        {{"link", "lo", "type", "carp", "vhid", "9"}, "parent lo"},
        {{"link", "carp0", "type", "carp", "vhid", "9"}, "parent carp0"},
        {{"link", "eth0", "address", "02:00:00:00:00:99", "type", "carp", "vhid", "9"}, "address"},
    };
    const std::string before = everything();
    for (const Creation &creation : creations) {
        Words command{"ip", "link", "add", "new0"};
        command.insert(command.end(), creation.arguments.begin(), creation.arguments.end());
        const Output output = host.try_run(command);
        EXPECT_EQ(output.status, 2) << creation.message << ": " << output.err;
        EXPECT_NE(output.err.find(creation.message), std::string::npos) << output.err;
        EXPECT_EQ(everything(), before) << creation.message;
    }
    // The name and the vhid are free.
    host.run({"ip", "link", "add", "new0", "link", "eth0", "type", "carp", "vhid", "9"});
}

} // namespace
} // namespace e2e
