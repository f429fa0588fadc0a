// SPDX-License-Identifier: GPL-2.0-only
// Devices from files: what carpctl apply, dump and import make of them, and that
// nobody outside notices more than the change itself.
#include "carp_test.hpp"
#include "ping_probe.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <linux/carp.h>
#include <nlohmann/json.hpp>
#include <sys/mount.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;
const Address virtual4{"192.168.1.50"};
const std::string examples = "/usr/share/doc/linux-carp/examples";

/// A directory of this test alone.
class Directory {
  public:
    Directory() {
        std::filesystem::remove_all(path_);
        std::filesystem::create_directory(path_);
    }
    Directory(const Directory &) = delete;
    Directory &operator=(const Directory &) = delete;
    ~Directory() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::string path(const std::string &name) const { return path_ + "/" + name; }
    std::string make(const std::string &name) const {
        std::filesystem::create_directory(path(name));
        return path(name);
    }
    std::string write(const std::string &name, const std::string &text) const {
        std::ofstream(path(name)) << text;
        return path(name);
    }

  private:
    std::string path_ = "/tmp/apply_test";
};

class Apply : public CarpTest {
  protected:
    Directory directory;
    Host &client = add_host("client", {"192.168.1.9/24", "2001:db8:1::9/64"});
    Host &a = add_host("hosta", {"192.168.1.3/24", "2001:db8:1::3/64"});
    Host &b = add_host("hostb", {"192.168.1.4/24", "2001:db8:1::4/64"});
    Carp on_a{a, "carp0", vhid};
    Carp on_b{b, "carp0", vhid};

    void SetUp() override {
        for (const char *host : {"hosta", "hostb"})
            directory.make(host);
        directory.write("key", "testpass\n");
    }

    /// HOST/carp0.carp of both.
    void write(const std::string &addresses, const std::string &more = {}) const {
        const std::string text =
            "[CARP]\nVHID=1\nPasswordFile=" + directory.path("key") + "\n" + addresses + more;
        directory.write("hosta/carp0.carp", text);
        directory.write("hostb/carp0.carp", text + "AdvSkew=100\n");
    }
    std::string file_of(const Host &host) const {
        return directory.path(host.name() + "/carp0.carp");
    }
    void apply(Host &host) const { host.run({"carpctl", "apply", file_of(host)}); }
    int check(Host &host) const {
        return host.try_run({"carpctl", "apply", "--check", file_of(host)}).status;
    }
    void elect() {
        apply(a);
        apply(b);
        ASSERT_TRUE(on_a.wait_for(State::Master, 4s));
        ASSERT_TRUE(on_b.wait_for(State::Backup, 1s));
    }
};

const std::string usual = "Address=192.168.1.50/24\nAddress=2001:db8:1::50/64\n";

TEST_F(Apply, MakesThePairThatTheFilesDescribe) {
    write(usual);
    EXPECT_EQ(check(a), 3);
    EXPECT_EQ(a.try_run({"carpctl", "show", "carp0"}).status, 2);
    elect();
    EXPECT_TRUE(on_a.link().key_set());
    EXPECT_EQ(on_b.link().advskew(), 100U);
    EXPECT_EQ(check(a), 0);
    EXPECT_TRUE(ping(client, virtual4));
    EXPECT_TRUE(ping(client, Address("2001:db8:1::50")));
}

/// Every setting that can change without an election does so without a lost
/// packet: addresses, key, announcements, preemption.
TEST_F(Apply, AChangedFileCostsNothingElse) {
    write(usual + "Address=192.168.1.51/24\n");
    directory.write("next", "nextpass\n");
    elect();
    ASSERT_FALSE(HasFatalFailure());
    const auto before_a = on_a.link().transitions();
    const auto before_b = on_b.link().transitions();
    PingProbe probe(client, virtual4);
    sleep_for(100ms);
    for (const auto &[addresses, more] : std::vector<std::pair<std::string, std::string>>{
             {usual + "Address=192.168.1.51/24\nAddress=192.168.1.52/24\n", ""},
             {"Address=192.168.1.52/24\nAddress=192.168.1.53/24\n" + usual, ""},
             {usual, "AnnounceRefreshSec=1min\nAnnounceCount=3\nPreempt=yes\n"},
             {usual, "AnnounceIntervalSec=50ms\n"},
             {usual, "GraceSec=1min\nPreemptDelaySec=1.5s\nStartHoldSec=2s\n"},
             {usual, "Peer=192.168.1.3 192.168.1.4\nPreempt=no\n"},
             {usual, "AdvBase=2\n"},
             {usual, "NextPasswordFile=" + directory.path("next") + "\n"}}) {
        write(addresses, more);
        for (Host *host : {&b, &a}) {
            EXPECT_EQ(check(*host), 3);
            apply(*host);
            EXPECT_EQ(check(*host), 0);
            apply(*host);
        }
        sleep_for(2s);
    }
    directory.write("key", "another\n");
    apply(b);
    apply(a);
    sleep_for(5s);
    probe.stop();
    EXPECT_EQ(probe.lost(), 0U);
    EXPECT_EQ(on_a.link().transitions(), before_a);
    EXPECT_EQ(on_b.link().transitions(), before_b);
    EXPECT_EQ(carpctl_show(a, "carp0")["addresses"].size(), 2U);
}

/// A group is left for another: nobody but the device that leaves notices.
TEST_F(Apply, ABackupThatLeavesCostsNothing) {
    write(usual);
    elect();
    ASSERT_FALSE(HasFatalFailure());
    invariants().forced(2);
    const auto before = on_a.link().transitions();
    PingProbe probe(client, virtual4);
    sleep_for(100ms);
    directory.write("hostb/carp0.carp", "[CARP]\nVHID=2\nPasswordFile=" + directory.path("key") +
                                            "\nAddress=192.168.1.60/24\n");
    EXPECT_EQ(b.try_run({"carpctl", "apply", "--check", file_of(b)}).out,
              "carp0: VHID=1 -> 2\ncarp0: AdvSkew=100 -> 0\n"
              "carp0: -Address=192.168.1.50/24\ncarp0: -Address=2001:db8:1::50/64\n"
              "carp0: +Address=192.168.1.60/24\n");
    apply(b);
    EXPECT_EQ(check(b), 0);
    ASSERT_TRUE(Carp(b, "carp0", 2).wait_for(State::Master, 5s));
    sleep_for(1s);
    probe.stop();
    EXPECT_EQ(probe.lost(), 0U);
    EXPECT_EQ(on_a.link().transitions(), before);
}

/// The times of a file are the kernel's, and do what they say.
TEST_F(Apply, TimesOfAFile) {
    write(usual, "Preempt=yes\nGraceSec=2min 30s\nPreemptDelaySec=1.5s\nStartHoldSec=750ms\n");
    elect();
    ASSERT_FALSE(HasFatalFailure());
    const auto show = carpctl_show(a, "carp0");
    EXPECT_EQ(show["grace_s"], 150);
    EXPECT_EQ(show["preempt_delay_ms"], 1500);
    EXPECT_EQ(show["start_hold_ms"], 750);
    const auto dumped = a.run({"carpctl", "dump", "carp0"});
    for (const char *line : {"GraceSec=150s\n", "PreemptDelaySec=1500ms\n", "StartHoldSec=750ms\n"})
        EXPECT_NE(dumped.find(line), std::string::npos) << dumped;

    // Back again, A waits before it preempts.
    on_a.down();
    ASSERT_TRUE(on_b.wait_for(State::Master, 1s));
    on_a.up();
    const Instant up = now();
    ASSERT_TRUE(on_a.wait_for(State::Master, 8s));
    EXPECT_GE(now() - up, 1500ms);

    // What the file no longer says is as a new device has it.
    write(usual, "Preempt=yes\n");
    EXPECT_EQ(check(a), 3);
    apply(a);
    EXPECT_EQ(carpctl_show(a, "carp0")["grace_s"], 300);
    EXPECT_EQ(carpctl_show(a, "carp0")["preempt_delay_ms"], 0);
    EXPECT_EQ(carpctl_show(a, "carp0")["start_hold_ms"], 0);
}

/// Both keys from files: the next one is made the key on one host after another.
TEST_F(Apply, AKeyIsChangedByTwoFiles) {
    directory.write("next", "nextpass\n");
    write(usual, "GraceSec=0\n");
    elect();
    ASSERT_FALSE(HasFatalFailure());
    const auto before = on_b.link().transitions();
    PingProbe probe(client, virtual4);
    sleep_for(100ms);
    write(usual, "GraceSec=0\nNextPasswordFile=" + directory.path("next") + "\n");
    for (Host *host : {&b, &a}) {
        EXPECT_EQ(host->try_run({"carpctl", "apply", "--check", file_of(*host)}).out,
                  "carp0: no next key -> the one of NextPasswordFile=\n");
        apply(*host);
        EXPECT_EQ(check(*host), 0);
        apply(*host);
    }
    directory.write("key", "nextpass\n");
    write(usual, "GraceSec=0\n");
    for (Host *host : {&a, &b}) {
        apply(*host);
        sleep_for(4s);
        EXPECT_FALSE(carpctl_show(*host, "carp0")["next_key_set"].get<bool>());
    }
    probe.stop();
    EXPECT_EQ(probe.lost(), 0U);
    EXPECT_EQ(on_b.link().transitions(), before);
    EXPECT_EQ(on_a.state(), State::Master);
}

TEST_F(Apply, DumpAndApplyIsNoChange) {
    write(usual, "AnnounceRefreshSec=1min\nPeer=192.168.1.3\nPeer=192.168.1.4\n");
    elect();
    ASSERT_FALSE(HasFatalFailure());
    const auto before = on_a.link().transitions();
    PingProbe probe(client, virtual4);
    for (Host *host : {&a, &b}) {
        EXPECT_EQ(host->try_run({"sh", "-c", "carpctl dump | carpctl apply --check -"}).out, "");
        host->run({"sh", "-c", "carpctl dump | carpctl apply -"});
    }
    sleep_for(5s);
    probe.stop();
    EXPECT_EQ(probe.lost(), 0U);
    EXPECT_EQ(on_a.link().transitions(), before);
    EXPECT_EQ(a.run({"carpctl", "dump"}).find("testpass"), std::string::npos);

    // The key is on no disk: what is gone does not come back without one.
    const std::string dumped = a.run({"carpctl", "dump", "carp0"});
    on_a.destroy();
    directory.write("hosta/carp0.carp", dumped);
    EXPECT_EQ(a.try_run({"carpctl", "apply", file_of(a)}).status, 2);
    directory.write("hosta/carp0.carp", dumped + "PasswordFile=" + directory.path("key") + "\n");
    apply(a);
    ASSERT_TRUE(on_a.wait_for(State::Backup, 4s));
}

TEST_F(Apply, ARefusedChangeLeavesTheDeviceAsItWas) {
    write(usual);
    elect();
    ASSERT_FALSE(HasFatalFailure());
    PingProbe probe(client, virtual4);
    // The parent has this address.
    directory.write("hosta/carp0.carp",
                    "[CARP]\nVHID=1\nAdvSkew=7\n" + usual + "Address=192.168.1.3/24\n");
    const auto refused = a.try_run({"carpctl", "apply", file_of(a)});
    EXPECT_EQ(refused.status, 2);
    EXPECT_NE(refused.err.find("192.168.1.3"), std::string::npos) << refused.err;
    sleep_for(4s);
    probe.stop();
    EXPECT_EQ(probe.lost(), 0U);
    EXPECT_EQ(on_a.link().advskew(), 0U);
    EXPECT_EQ(on_a.state(), State::Master);
    write(usual);
    EXPECT_EQ(check(a), 0);
}

TEST_F(Apply, ADiskThatIsFullGetsNoHalfFiles) {
    const std::string small = directory.make("small");
    ASSERT_EQ(::mount("none", small.c_str(), "tmpfs", 0, "size=4k"), 0);
    const auto result = a.try_run({"carpctl", "import", "freebsd-rc",
                                   examples + "/freebsd/provider.rc.conf", "--output", small});
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(result.err.find("No space left"), std::string::npos) << result.err;
    EXPECT_TRUE(std::filesystem::is_empty(small));
    EXPECT_EQ(::umount(small.c_str()), 0);
    EXPECT_EQ(a.try_run({"sh", "-c", "carpctl create carp0 && carpctl dump >/dev/full"}).status, 2);
}

/// The three hosts of the handbook, each from another kind of file.
class Handbook : public CarpTest, public ::testing::WithParamInterface<std::string> {
  protected:
    Directory directory;
    Host &client = add_host("client", {"192.168.1.9/24"});
    Host &a = add_host("hosta", {"192.168.1.3/24"});
    Host &b = add_host("hostb", {"192.168.1.4/24"});
    Host &c = add_host("provider", {"192.168.1.5/24"});

    void import(Host &host, const std::string &format, const std::string &file) {
        const auto output = directory.path(host.name());
        host.run({"carpctl", "import", format, examples + "/" + file, "--output", output,
                  "--parent", "em0=eth0"});
    }
    void apply(Host &host, const std::string &from) {
        host.run({"sh", "-c", "carpctl apply " + from + "/" + host.name() + "/*.carp"});
    }
};

TEST_P(Handbook, ElectsAndFailsOver) {
    const std::string kind = GetParam();
    std::string from = directory.path("");
    if (kind == "carp") {
        from = examples + "/handbook";
    } else {
        for (Host *host : {&a, &b, &c})
            directory.make(host->name());
        import(a, "freebsd-rc", "freebsd/hosta.rc.conf");
        import(b, "freebsd-rc", "freebsd/hostb.rc.conf");
        if (kind == "openbsd") {
            import(c, "openbsd-hostname", "openbsd/hostname.carp0");
            import(c, "openbsd-hostname", "openbsd/hostname.carp1");
        } else {
            import(c, "freebsd-rc",
                   kind == "freebsd10" ? "freebsd/hostc-freebsd10.rc.conf"
                                       : "freebsd/provider.rc.conf");
        }
    }
    for (Host *host : {&a, &b, &c})
        apply(*host, from);

    const unsigned first = kind == "freebsd10" ? 1 : 0;
    const Carp on_a(a, "carp0", 1);
    const Carp on_b(b, "carp0", 2);
    const Carp spare1(c, "carp" + std::to_string(first), 1);
    const Carp spare2(c, "carp" + std::to_string(first + 1), 2);
    EXPECT_TRUE(on_a.wait_for(State::Master, 4s));
    EXPECT_TRUE(on_b.wait_for(State::Master, 4s));
    EXPECT_TRUE(spare1.wait_for(State::Backup, 1s));
    EXPECT_TRUE(spare2.wait_for(State::Backup, 1s));
    EXPECT_TRUE(ping(client, virtual4));
    EXPECT_EQ(spare1.link().counter(CARP_XSTATS_BADAUTH), 0U);

    on_a.down();
    EXPECT_TRUE(spare1.wait_for(State::Master, 1s));
    EXPECT_TRUE(ping(client, virtual4));
    EXPECT_EQ(spare2.state(), State::Backup);
}

INSTANTIATE_TEST_SUITE_P(From, Handbook,
                         ::testing::Values("carp", "freebsd9", "freebsd10", "openbsd"),
                         [](const auto &info) { return info.param; });

} // namespace
} // namespace e2e
