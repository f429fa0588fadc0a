// SPDX-License-Identifier: GPL-2.0-only
// A key goes in and never comes out: not by what the kernel tells, not by what
// the tool leaves behind.
#include "carp_request.hpp"
#include "carp_test.hpp"
#include "genl.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <linux/carp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sstream>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

namespace e2e {
namespace {

namespace fs = std::filesystem;

// Like nothing else that may be in a file of /proc.
const std::string key = "Zq7-hidden-Xw3";
const std::string next_key = "Jk9-secret-Vb5";

class Secret : public CarpTest {
  protected:
    Host &host = add_host("hosta", {"192.168.1.3/24"});
    const fs::path place = fs::temp_directory_path() / "carp-secret-test";

    void SetUp() override {
        fs::remove_all(place);
        fs::create_directory(place);
    }

    void TearDown() override {
        fs::remove_all(place);
        CarpTest::TearDown();
    }

    static CarpConfig config() {
        CarpConfig config;
        config.pass = key;
        config.addresses = {"192.168.1.50/24"};
        return config;
    }

    static bool tells(const std::string &text) {
        return text.find(key) != std::string::npos || text.find(next_key) != std::string::npos;
    }

    static std::string contents(const fs::path &path) {
        const std::ifstream file(path, std::ios::binary);
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }

    static std::string text_of(const Bytes &bytes) { return {bytes.begin(), bytes.end()}; }
};

TEST_F(Secret, KernelTellsNobody) {
    const auto listener = host.in([] {
        auto socket = std::make_unique<Genl>();
        socket->subscribe();
        return socket;
    });
    const Carp carp(host, config());
    set_key(carp, IFLA_CARP_KEY_NEXT, next_key);
    ASSERT_TRUE(carp.wait_for(State::Master, 4s));
    host.set_sysctl("net.inet.carp.log", "2");
    const std::uint64_t before = carp.link().transitions();
    carp.down();
    carp.up();
    ASSERT_TRUE(carp.wait_for(State::Master, 4s));
    ASSERT_GT(carp.link().transitions(), before);

    EXPECT_FALSE(tells(text_of(carp.link().link().info_data)));
    EXPECT_FALSE(tells(text_of(carp.link().link().info_xstats)));
    for (const std::vector<std::string> &command :
         std::vector<std::vector<std::string>>{{"ip", "-d", "-s", "link"},
                                               {"ip", "-d", "-j", "link"},
                                               {"carpctl", "-s", "show"},
                                               {"carpctl", "-j", "-s", "show"}}) {
        const std::string text = host.run(command);
        EXPECT_NE(text.find("carp0"), std::string::npos);
        EXPECT_FALSE(tells(text)) << text;
    }
    const std::string sysctls = host.run({"sysctl", "net.inet.carp"});
    EXPECT_NE(sysctls.find("net.inet.carp.demotion"), std::string::npos);
    EXPECT_FALSE(tells(sysctls)) << sysctls;
    std::vector<GenlMessage> events;
    EXPECT_TRUE(listener->events(events));
    EXPECT_GE(events.size(), 4U);
    for (const GenlMessage &event : events)
        EXPECT_FALSE(tells(text_of(event.attributes)));
    for (const std::string &line : dmesg().lines())
        EXPECT_FALSE(tells(line)) << line;

    // The answer of a question about keys.
    CarpHeader advert;
    advert.sign(key, {"192.168.1.50"});
    const Bytes about = advert.bytes();
    const auto answers = host.in([&] {
        Genl genl;
        return genl.get(CARP_CMD_VERIFY, [&](Message &message) {
            message.put_text(CARP_A_IFNAME, "carp0").put(CARP_A_ADVERT, about);
        });
    });
    EXPECT_EQ(answers.at(0).number(CARP_A_MATCH), static_cast<unsigned>(CARP_MATCH_PRESENT));
    EXPECT_FALSE(tells(text_of(answers.at(0).attributes)));
}

/// What comes back of a request that is refused: the kernel echoes all of it to
/// a socket that did not decline, and so would memory that is used again.
TEST_F(Secret, RefusedRequestIsWiped) {
    const Carp carp(host, config());
    const int index = carp.link().link().index;
    const auto echo = [&](const PutSettings &put) {
        return host.in([&] {
            Rtnl rtnl;
            const int off = 0;
            check(::setsockopt(rtnl.fd(), SOL_NETLINK, NETLINK_CAP_ACK, &off, sizeof off),
                  "want the whole request back");
            const Bytes request = change_message(index, put).finish(1);
            EXPECT_EQ(::send(rtnl.fd(), request.data(), request.size(), 0),
                      static_cast<ssize_t>(request.size()));
            Bytes answer(4096);
            const ssize_t got = ::recv(rtnl.fd(), answer.data(), answer.size(), 0);
            answer.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
            EXPECT_GT(answer.size(), request.size()) << "nothing came back";
            return text_of(answer);
        });
    };
    // Found wrong at once, later, and last of all.
    EXPECT_FALSE(tells(echo([](Message &message) {
        message.put(IFLA_CARP_KEY, bytes_of(key)).put_u32(IFLA_CARP_ADVSKEW, 999);
    })));
    EXPECT_FALSE(tells(echo([](Message &message) {
        message.put(IFLA_CARP_KEY, bytes_of(key)).put(IFLA_CARP_KEY_NEXT, bytes_of(key));
    })));
    EXPECT_FALSE(tells(echo([](Message &message) {
        message.put(IFLA_CARP_KEY_NEXT, bytes_of(next_key)).put_u32(IFLA_CARP_VHID, 9);
    })));
    EXPECT_TRUE(tells(echo([](Message &message) { message.put(IFLA_CARP_UNSPEC, bytes_of(key)); })))
        << "only keys are wiped";
}

/// A carpctl that has one key already and waits for the other.
class WaitingTool : public Secret {
  protected:
    std::string pattern;
    rlimit limit{};

    void SetUp() override {
        Secret::SetUp();
        pattern = contents("/proc/sys/kernel/core_pattern");
        std::ofstream("/proc/sys/kernel/core_pattern") << (place / "core.%p").string();
        check(::getrlimit(RLIMIT_CORE, &limit), "read the limit of cores");
        const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
        check(::setrlimit(RLIMIT_CORE, &all), "allow cores");
        host.run({"ip", "link", "add", "carp0", "link", "eth0", "type", "carp", "vhid", "1"});
    }

    void TearDown() override {
        std::ofstream("/proc/sys/kernel/core_pattern") << pattern;
        ::setrlimit(RLIMIT_CORE, &limit);
        Secret::TearDown();
    }

    [[nodiscard]] std::size_t cores() const {
        std::size_t count = 0;
        for (const auto &entry : fs::directory_iterator(place))
            count += entry.path().filename().string().starts_with("core");
        return count;
    }
};

TEST_F(WaitingTool, LeavesNoCoreAndNoWord) {
    const std::string fifo = place / "fifo";
    check(::mkfifo(fifo.c_str(), 0600), "make a fifo");
    Process tool =
        host.spawn({"carpctl", "configure", "carp0", "pass", key, "next-passfile", fifo});
    const fs::path proc = fs::path("/proc") / std::to_string(tool.pid());
    const auto words = [&] { return contents(proc / "cmdline"); };
    ASSERT_TRUE(wait_until(
        [&] { return words().find("next-passfile") != std::string::npos && !tells(words()); }, 10s))
        << words();
    sleep_for(2s);
    ASSERT_TRUE(tool.running()) << tool.printed().err;
    EXPECT_FALSE(tells(words()));
    EXPECT_FALSE(tells(contents(proc / "environ")));
    EXPECT_EQ(contents(proc / "limits").find("Max core file size        unlimited"),
              std::string::npos);
    tool.signal(SIGABRT);
    const auto output = tool.wait(10s);
    ASSERT_TRUE(output);
    EXPECT_EQ(output->status, 128 + SIGABRT);
    EXPECT_EQ(cores(), 0U);

    // Others do leave one, wherever the kernel makes any, so that this proves something.
    if (pattern.empty())
        return;
    Process other = host.spawn({"sleep", "100"});
    sleep_for(1s);
    other.signal(SIGABRT);
    ASSERT_TRUE(other.wait(10s));
    EXPECT_EQ(cores(), 1U);
}

} // namespace
} // namespace e2e
