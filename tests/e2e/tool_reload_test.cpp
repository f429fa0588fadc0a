// SPDX-License-Identifier: GPL-2.0-only
// carpctl reload-module: the module is swapped for another one, with a peer that takes over
// meanwhile. All hosts of a test share one module, so the peer is a real ucarp.
#include "carp_test.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <linux/carp.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;
/// ucarp reads packets in batches of up to a second.
constexpr Duration ucarp_latency = 1200ms;
const std::string kept = "/run/carp-dkms";

/// The file that modprobe loads; as it was when this goes away, and so is the module that runs.
class InstalledModule {
  public:
    explicit InstalledModule(std::string path) : path_(std::move(path)) {
        std::ifstream file(path_, std::ios::binary);
        original_.assign(std::istreambuf_iterator<char>(file), {});
        present_ = original_;
    }
    InstalledModule(const InstalledModule &) = delete;
    InstalledModule &operator=(const InstalledModule &) = delete;
    ~InstalledModule() {
        write(original_);
        std::filesystem::remove_all(kept);
        module::unload();
        module::load();
    }

    /// Another file in its place, of the same length, in which `from` reads `to`.
    void replace(const std::string &from, const std::string &to) {
        const auto at = present_.find(from);
        ASSERT_NE(at, std::string::npos) << from;
        ASSERT_EQ(from.size(), to.size());
        write(present_.replace(at, from.size(), to));
    }
    /// As debian/keep-module does.
    void keep() const {
        std::filesystem::create_directories(kept);
        std::ofstream(kept + "/carp.ko", std::ios::binary) << original_;
    }

  private:
    void write(const std::string &bytes) const {
        // A new file: the one before may be a link to the image's.
        std::filesystem::remove(path_);
        std::ofstream(path_, std::ios::binary) << bytes;
    }

    std::string path_;
    std::string original_;
    std::string present_;
};

std::string running_sources() { return read_file("/sys/module/carp/srcversion"); }

class ToolReload : public CarpTest {
  protected:
    Host &ours = add_host("ours", {"192.168.1.3/24", "2001:db8:1::3/64"});
    Host &theirs = add_host("theirs", {"192.168.1.4/24"});
    InstalledModule installed{first_line(ours.run({"modinfo", "-n", "carp"}))};
    const std::string sources = first_line(running_sources());
    const std::string key = "/tmp/reload.key";
    std::string others_sources = (sources[0] == 'A' ? "B" : "A") + sources.substr(1);
    Carp first{ours, "carp0", vhid};
    Carp second{ours, "carp1", vhid + 1};

    void SetUp() override {
        std::ofstream(key) << "testpass\n";
        std::filesystem::permissions(key, std::filesystem::perms::owner_read |
                                              std::filesystem::perms::owner_write);
        ours.set_sysctl("net.inet.carp.preempt", "1");
        ours.set_sysctl("net.inet.carp.dscp", "7");
        for (const auto &words : std::vector<std::vector<std::string>>{
                 {"create", "carp0"},
                 {"configure", "carp0", "vhid", "1", "passfile", key, "192.168.1.50/24"},
                 {"create", "carp1"},
                 {"configure", "carp1", "vhid", "2", "advskew", "3", "passfile", key, "grace", "77",
                  "announce_count", "5", "192.168.1.51/24", "192.168.1.52/24", "2001:db8:1::50/64"},
                 {"demote", "disk", "5", "dev", "carp1"},
                 {"demote", "rack", "2"}}) {
            std::vector<std::string> command{"carpctl"};
            command.insert(command.end(), words.begin(), words.end());
            ours.run(command);
        }
        ASSERT_TRUE(first.wait_for(State::Master, 5s));
        ASSERT_TRUE(second.wait_for(State::Master, 5s));
    }
    void TearDown() override {
        std::filesystem::remove(key);
        CarpTest::TearDown();
    }

    static std::string first_line(const std::string &text) {
        return text.substr(0, text.find('\n'));
    }
    Output reload(const std::vector<std::string> &more = {}) {
        std::vector<std::string> command{"carpctl", "reload-module", "passfile", key};
        command.insert(command.end(), more.begin(), more.end());
        return ours.try_run(command);
    }
    /// Settings, addresses, causes (without their age and order).
    std::string all_of_ours() {
        return ours.run({"carpctl", "dump"}) +
               ours.run({"sh", "-c",
                         "carpctl -j causes | jq -c 'sort_by(.name) | map(del(.age_ms, "
                         ".device_index))'"}) +
               ours.sysctl("net.inet.carp.preempt") + ours.sysctl("net.inet.carp.dscp");
    }
    /// A BACKUP that takes over from a host that resigns.
    Process start_ucarp() {
        invariants().foreign(theirs);
        return theirs.spawn({"ucarp", "--interface=eth0", "--srcip=192.168.1.4", "--vhid=1",
                             "--pass=testpass", "--addr=192.168.1.50", "--advbase=1",
                             "--advskew=100", "--upscript=/bin/true", "--downscript=/bin/true"});
    }
    FramePredicate advert_of_theirs() {
        return match::all(match::from(theirs), match::advert(vhid));
    }
};

TEST_F(ToolReload, ThePeerTakesOverAndEverythingComesBack) {
    Process ucarp = start_ucarp();
    sleep_for(5s);
    ASSERT_EQ(first.state(), State::Master);
    installed.replace("srcversion=" + sources, "srcversion=" + others_sources);
    installed.keep();
    const auto before = all_of_ours();
    const auto check = reload({"--check"});
    EXPECT_EQ(check.status, 0) << check.err;
    EXPECT_NE(check.out.find("(" + sources + ") -> "), std::string::npos) << check.out;
    EXPECT_EQ(first_line(running_sources()), sources);
    EXPECT_EQ(first.state(), State::Master);

    const Instant start = now();
    const auto done = reload();
    EXPECT_EQ(done.status, 0) << done.err;
    EXPECT_EQ(done.out + done.err, "");
    EXPECT_EQ(first_line(running_sources()), others_sources);
    EXPECT_EQ(all_of_ours(), before);
    EXPECT_FALSE(std::filesystem::exists("/run/carp-reload"));
    EXPECT_EQ(first.link().advskew(), 0U);

    const auto farewell =
        capture().first(match::all(match::from(ours), match::bow_out(vhid), match::since(start)));
    ASSERT_TRUE(farewell);
    EXPECT_TRUE(capture().wait_for(advert_of_theirs(), ucarp_latency, farewell->time()))
        << ucarp.printed().err;
    // It comes back as any host does, by the election: that takes the right key.
    ASSERT_TRUE(first.wait_for(State::Master, 6s));
    EXPECT_EQ(first.link().reason(), static_cast<unsigned>(CARP_REASON_PREEMPT));
    EXPECT_TRUE(second.wait_for(State::Master, 4s));
    sleep_for(ucarp_latency);
    const Instant settled = now();
    sleep_for(3s);
    EXPECT_EQ(first.state(), State::Master);
    EXPECT_EQ(capture().count(match::all(advert_of_theirs(), match::since(settled))), 0U);

    // Once more, and there is nothing to do.
    const auto again = reload();
    EXPECT_EQ(again.status, 0);
    EXPECT_EQ(again.out, "The installed module is the one that runs.\n");
    EXPECT_EQ(first.state(), State::Master);
}

TEST_F(ToolReload, AModuleThatDoesNotLoad) {
    // As one that was built for another kernel.
    installed.replace("mod_unload", "mod_unioad");
    installed.replace("srcversion=" + sources, "srcversion=" + others_sources);
    installed.keep();
    const auto before = all_of_ours();
    const auto failed = reload();
    EXPECT_EQ(failed.status, 2);
    EXPECT_EQ(failed.out, "");
    EXPECT_NE(failed.err.find("carpctl: the new module does not load: "), std::string::npos)
        << failed.err;
    EXPECT_NE(failed.err.find("carpctl: back to the one before, " + kept + "/carp.ko\n"),
              std::string::npos)
        << failed.err;
    EXPECT_EQ(first_line(running_sources()), sources);
    EXPECT_EQ(all_of_ours(), before);
    EXPECT_TRUE(first.wait_for(State::Master, 4s));
    EXPECT_TRUE(second.wait_for(State::Master, 4s));
}

TEST_F(ToolReload, NothingIsTouchedWithoutTheKeyOrWithOthers) {
    installed.replace("srcversion=" + sources, "srcversion=" + others_sources);
    installed.keep();
    const auto transitions = first.link().transitions();
    const auto expect_refused = [&](const Output &refused, const std::string &why) {
        EXPECT_EQ(refused.status, 2);
        EXPECT_NE(refused.err.find(why), std::string::npos) << refused.err;
        EXPECT_TRUE(refused.err.ends_with("carpctl: nothing was changed\n")) << refused.err;
        EXPECT_EQ(first_line(running_sources()), sources);
        EXPECT_EQ(first.link().transitions(), transitions);
        EXPECT_EQ(first.state(), State::Master);
    };
    expect_refused(ours.try_run({"carpctl", "reload-module"}),
                   "carp0: the kernel does not give its key back");
    std::ofstream(key) << "testpast\n";
    expect_refused(reload(), "carp0: the key in " + key + " is not the one that the device has");
    std::ofstream(key) << "testpass\n";
    theirs.run({"carpctl", "create", "carp7"});
    expect_refused(reload(), "network namespace theirs has carp devices: carp7");
    theirs.run({"carpctl", "destroy", "carp7"});
    ours.run({"carpctl", "demote", "web", "9", "group", "4"});
    expect_refused(reload(), "cause web is about an interface group");
    expect_refused(ours.try_run({"setpriv", "--bounding-set", "-sys_module", "--inh-caps",
                                 "-sys_module", "carpctl", "reload-module", "passfile", key}),
                   "CAP_SYS_MODULE");
}

} // namespace
} // namespace e2e
