// SPDX-License-Identifier: GPL-2.0-only
// What a user gets who asks carpctl for what cannot be: one clear text, the exit
// code that it means, and nothing half done.
#include "pair_test.hpp"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace e2e {
namespace {

using Words = std::vector<std::string>;

Words carpctl(const Words &words, Words before = {}) {
    before.emplace_back("carpctl");
    before.insert(before.end(), words.begin(), words.end());
    return before;
}

class ToolInput : public PairTest {
  protected:
    const std::string file = "/tmp/carp9.carp";

    void SetUp() override {
        build_and_start(cable());
        std::ofstream(file) << "[CARP]\nVHID=9\nAddress=192.168.1.59/24\n";
    }
    void TearDown() override {
        std::filesystem::remove(file);
        PairTest::TearDown();
    }

    /// Everything that could have changed.
    static std::string all_of(Host &host) {
        auto show = nlohmann::json::parse(host.run({"carpctl", "-j", "show"}));
        for (auto &device : show)
            for (const char *volatile_member :
                 {"last_change_age_ms", "last_change_time", "master_down_in_us", "refused"})
                device.erase(volatile_member);
        return show.dump() + host.run({"carpctl", "causes"});
    }
};

/// Who may not change anything may read everything.
TEST_F(ToolInput, WithoutPrivilege) {
    const Words nobody{"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"};
    const auto before = all_of(a);
    const std::string advert(72, '2');
    for (const Words &words : std::vector<Words>{{"create", "carp9"},
                                                 {"configure", "carp0", "advskew", "7"},
                                                 {"configure", "carp0", "192.168.1.51/24"},
                                                 {"up", "carp0"},
                                                 {"down", "carp0"},
                                                 {"destroy", "carp0"},
                                                 {"state", "carp0", "backup"},
                                                 {"apply", file},
                                                 {"demote", "disk", "5"},
                                                 {"undemote", "disk"},
                                                 {"drain"},
                                                 {"undrain"},
                                                 {"stats", "--reset"},
                                                 {"stats", "--reset", "--total"},
                                                 {"verify", "carp0", advert},
                                                 {"-n", "hostb", "show"}}) {
        SCOPED_TRACE(words.at(0) + " " + words.back());
        const auto refused = a.try_run(carpctl(words, nobody));
        EXPECT_EQ(refused.status, 2);
        EXPECT_EQ(refused.out, "");
        EXPECT_TRUE(refused.err.ends_with(": Operation not permitted\n") ||
                    refused.err == "carpctl: Operation not permitted\n")
            << refused.err;
        EXPECT_EQ(std::count(refused.err.begin(), refused.err.end(), '\n'), 1) << refused.err;
    }
    EXPECT_EQ(all_of(a), before);
    for (const Words &words : std::vector<Words>{{"show"},
                                                 {"-j", "show"},
                                                 {"stats"},
                                                 {"stats", "--total"},
                                                 {"stats", "--openmetrics"},
                                                 {"state", "carp0"},
                                                 {"is-master", "carp0"},
                                                 {"wait", "carp0", "master"},
                                                 {"history", "carp0"},
                                                 {"causes"},
                                                 {"dump"}}) {
        SCOPED_TRACE(words.back());
        const auto answer = a.try_run(carpctl(words, nobody));
        EXPECT_EQ(answer.status, 0) << answer.err;
        EXPECT_EQ(answer.err, "");
    }
}

TEST_F(ToolInput, NamesThatLeadNowhere) {
    for (const Words &words : std::vector<Words>{{"show", "carp9"},
                                                 {"stats", "carp9"},
                                                 {"stats", "--reset", "carp9"},
                                                 {"stats", "--openmetrics", "carp9"},
                                                 {"configure", "carp9", "vhid", "1"},
                                                 {"up", "carp9"},
                                                 {"destroy", "carp9"},
                                                 {"state", "carp9"},
                                                 {"history", "carp9"},
                                                 {"wait", "carp9", "master"},
                                                 {"is-master", "carp9"},
                                                 {"dump", "carp9"},
                                                 {"drain", "dev", "carp9"},
                                                 {"verify", "carp9", std::string(72, '2')},
                                                 {"destroy", "eth0"},
                                                 {"show", "eth0"}}) {
        SCOPED_TRACE(words.at(0) + " " + words.back());
        const auto refused = a.try_run(carpctl(words));
        EXPECT_EQ(refused.status, 2);
        EXPECT_EQ(refused.out, "");
        EXPECT_TRUE(refused.err.starts_with("carpctl: ")) << refused.err;
        EXPECT_EQ(std::count(refused.err.begin(), refused.err.end(), '\n'), 1) << refused.err;
    }
}

TEST_F(ToolInput, ANamespaceThatIsGone) {
    const auto refusal = [this](const std::string &netns) {
        const auto refused = a.try_run(carpctl({"-n", netns, "show"}));
        EXPECT_EQ(refused.status, 2);
        EXPECT_EQ(refused.out, "");
        return refused.err;
    };
    EXPECT_EQ(refusal("nowhere"), "carpctl: /run/netns/nowhere: No such file or directory\n");
    EXPECT_EQ(refusal("/tmp"), "carpctl: /tmp: Invalid argument\n");
    // As a reboot or a kill leaves it: a name, and nothing behind it.
    std::ofstream("/run/netns/stale").close();
    EXPECT_EQ(refusal("stale"), "carpctl: /run/netns/stale: Invalid argument\n");
    std::filesystem::remove("/run/netns/stale");
    // Of a process that ended meanwhile.
    EXPECT_EQ(refusal("/proc/99999/ns/net"),
              "carpctl: /proc/99999/ns/net: No such file or directory\n");
}

/// The order in which an interrupted system call, a signal and a terminal come
/// is nobody's to choose: `wait` and `monitor` end by the signal alone.
TEST_F(ToolInput, ASignalEndsWhatWaits) {
    for (const Words &words :
         std::vector<Words>{{"monitor"}, {"wait", "carp0", "init"}, {"wait", "carp0", "backup"}}) {
        SCOPED_TRACE(words.back());
        Process process = a.spawn(carpctl(words));
        sleep_for(300ms);
        ASSERT_TRUE(process.running());
        process.signal(SIGINT);
        const auto end = process.wait(1s);
        ASSERT_TRUE(end);
        EXPECT_EQ(end->status, 128 + SIGINT);
        EXPECT_EQ(end->err, "");
    }
}

TEST_F(ToolInput, AKeyFromADescriptor) {
    for (Host *host : {&b, &a})
        host->run({"bash", "-c", "carpctl configure carp0 pass_fd 7 7<<<another"});
    const auto transitions = on_b->link().transitions();
    sleep_for(4s);
    EXPECT_EQ(on_b->link().transitions(), transitions);
    EXPECT_EQ(carpctl_show(b, "carp0")["heard_as"], "present");

    const auto closed = a.try_run({"carpctl", "configure", "carp0", "pass_fd", "7"});
    EXPECT_EQ(closed.status, 2);
    EXPECT_EQ(closed.err, "carpctl: pass_fd 7: Bad file descriptor\n");
    const auto alone =
        a.try_run({"setsid", "--wait", "carpctl", "configure", "carp0", "pass_prompt"});
    EXPECT_EQ(alone.status, 2);
    EXPECT_TRUE(alone.err.starts_with("carpctl: pass_prompt: there is no terminal: ")) << alone.err;
}

/// Names come from the kernel, of this namespace or of the one that is named.
TEST_F(ToolInput, CompletionKnowsWhatThereIs) {
    const auto offered = [this](const std::string &words) {
        return a.run({"bash", "-c",
                      ". /usr/share/bash-completion/completions/carpctl; COMP_WORDS=(carpctl " +
                          words +
                          "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _carpctl; "
                          "printf '%s ' \"${COMPREPLY[@]}\""});
    };
    b.run({"carpctl", "create", "carp5"});
    EXPECT_EQ(offered("show ''"), "carp0 ");
    EXPECT_EQ(offered("-n hostb show ''"), "carp0 carp5 ");
    EXPECT_EQ(offered("configure carp0 carpdev ''"), "eth0 ");
    EXPECT_EQ(offered("-n nowhere"), " ");
    EXPECT_NE(offered("-n host").find("hosta "), std::string::npos);
}

/// Neither there nor to be had: nobody loads it.
class WithoutModule : public CarpTest {
  protected:
    Host &host = add_host("hosta", {"192.168.1.3/24"});
    const std::string loader = "/proc/sys/kernel/modprobe";
    std::string usual_loader = read_file(loader);

    void SetUp() override {
        write_file(loader, "/bin/false");
        module::unload();
    }
    void TearDown() override {
        write_file(loader, usual_loader);
        module::load();
        CarpTest::TearDown();
    }
};

TEST_F(WithoutModule, EveryCommandSaysSo) {
    const std::string file = "/tmp/carp9.carp";
    std::ofstream(file) << "[CARP]\nVHID=9\nAddress=192.168.1.59/24\n";
    for (const Words &words : std::vector<Words>{{"create", "carp0"},
                                                 {"apply", file},
                                                 {"causes"},
                                                 {"history", "carp0"},
                                                 {"demote", "disk", "5"},
                                                 {"drain"},
                                                 {"monitor"},
                                                 {"wait", "carp0", "master"},
                                                 {"stats", "--total"},
                                                 {"stats", "--openmetrics"}}) {
        SCOPED_TRACE(words.at(0) + " " + words.back());
        const auto refused = host.try_run(carpctl(words));
        EXPECT_EQ(refused.status, 2);
        EXPECT_EQ(refused.out, "");
        EXPECT_NE(refused.err.find("is the kernel module there? 'modprobe carp' loads it"),
                  std::string::npos)
            << refused.err;
    }
    // Nothing is what there is.
    EXPECT_EQ(host.run({"carpctl", "show"}), "");
    EXPECT_EQ(host.run({"carpctl", "-j", "show"}), "[]\n");
    EXPECT_EQ(host.run({"carpctl", "dump"}), "");
    EXPECT_EQ(host.try_run(carpctl({"show", "carp0"})).status, 2);
    std::filesystem::remove(file);
}

} // namespace
} // namespace e2e
