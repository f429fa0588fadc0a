// SPDX-License-Identifier: GPL-2.0-only
// carpctl's commands about counters: stats for people, programs and monitoring
// systems, the file that they read, and verify.
#include "carp_packet.hpp"
#include "pair_test.hpp"

#include <filesystem>
#include <fstream>
#include <linux/carp.h>
#include <nlohmann/json.hpp>
#include <sys/mount.h>
#include <sys/stat.h>

namespace e2e {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

/// A file system of so many pages, which goes with its object.
class SmallDisk {
  public:
    explicit SmallDisk(unsigned pages) {
        fs::create_directories(path());
        const std::string options = "mode=755,size=" + std::to_string(pages * 4) + "k";
        e2e::check(::mount("none", path().c_str(), "tmpfs", 0, options.c_str()), "mount tmpfs");
    }
    SmallDisk(const SmallDisk &) = delete;
    SmallDisk &operator=(const SmallDisk &) = delete;
    ~SmallDisk() {
        ::umount2(path().c_str(), MNT_DETACH);
        fs::remove(path());
    }

    [[nodiscard]] static std::string path(const std::string &name = {}) {
        return "/tmp/small-disk" + (name.empty() ? "" : "/" + name);
    }
    [[nodiscard]] std::size_t entries() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(path()), {}));
    }
};

class ToolStats : public PairTest {
  protected:
    void SetUp() override { build_and_start(cable()); }

    static std::map<std::string, std::string> metrics(const std::string &text) {
        std::map<std::string, std::string> all;
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);)
            if (!line.starts_with("#"))
                all[line.substr(0, line.rfind(' '))] = line.substr(line.rfind(' ') + 1);
        return all;
    }

    static Json counters(Host &host, const std::vector<std::string> &more) {
        std::vector<std::string> words{"carpctl", "-j", "stats"};
        words.insert(words.end(), more.begin(), more.end());
        return Json::parse(host.run(words)).at(0).at("counters");
    }

    /// Fails with 2 and that text, and the file stays what it was.
    void expect_untouched(const std::string &file, const Output &result, const std::string &text) {
        EXPECT_EQ(result.status, 2);
        EXPECT_EQ(result.out, "");
        EXPECT_EQ(result.err, "carpctl: " + file + ": " + text + "\n");
        EXPECT_EQ(read_file(file), "old");
    }
};

TEST_F(ToolStats, TellsAMonitoringSystemWhatAPairDoes) {
    b.run({"carpctl", "demote", "disk", "5", "dev", "carp0"});
    const auto all = metrics(b.run({"carpctl", "stats", "--openmetrics"}));
    const auto device = std::string(R"(device="carp0",vhid="1")");
    EXPECT_EQ(all.at("carp_state{" + device + R"(,state="backup"})"), "1");
    EXPECT_EQ(all.at("carp_state{" + device + R"(,state="master"})"), "0");
    EXPECT_EQ(
        all.at("carp_transitions_total{" + device + R"(,from="init",to="backup",reason="ready"})"),
        "1");
    const auto margin = "carp_master_down_margin_seconds_";
    EXPECT_GT(std::stoul(all.at(margin + ("count{" + device + "}"))), 0U);
    EXPECT_EQ(all.at(margin + ("bucket{" + device + R"(,le="+Inf"})")),
              all.at(margin + ("count{" + device + "}")));
    EXPECT_EQ(all.at("carp_last_transition_reason{" + device + R"(,reason="ready"})"), "1");
    EXPECT_EQ(all.at("carp_advskew{" + device + "}"), "105");
    EXPECT_EQ(all.at("carp_device_demotion{" + device + "}"), "5");
    EXPECT_EQ(
        all.at(
            R"(carp_demotion{cause="disk",scope="device",owner="user",device="carp0",group=""})"),
        "5");
    EXPECT_EQ(all.at("carp_drained{" + device + "}"), "0");
    const auto received =
        "carp_advertisements_total{" + device + R"(,direction="received",family=)";
    EXPECT_GT(std::stoul(all.at(received + "\"inet\"}")), 0U);
    EXPECT_GT(std::stoul(all.at(received + "\"inet6\"}")), 0U);
    EXPECT_EQ(all.at(R"(carp_parent_dropped_total{parent="eth0",reason="badttl"})"), "0");

    const auto when = std::stod(all.at("carp_last_transition_timestamp_seconds{" + device + "}"));
    const auto since = std::stod(b.run({"date", "+%s.%N"})) - when;
    EXPECT_NEAR(since, std::chrono::duration<double>(on_b->link().last_change_age()).count(), 0.2);
}

TEST_F(ToolStats, AReaderFindsWholeFilesAlone) {
    const SmallDisk disk(16);
    const auto file = SmallDisk::path("carp.prom");
    a.run({"carpctl", "stats", "--openmetrics", "--output", file});
    Process writer = a.spawn({"sh", "-c",
                              "for i in 1 2 3 4 5 6 7 8 9 10; do carpctl stats --openmetrics "
                              "--output " +
                                  file + " || exit; done"});
    while (writer.running()) {
        const auto text = read_file(file);
        ASSERT_TRUE(text.starts_with("# HELP carp_build_info") && text.ends_with("\n# EOF\n"))
            << text;
        sleep_for(1ms);
    }
    EXPECT_EQ(writer.wait(1s)->status, 0);
    struct stat about{};
    ASSERT_EQ(::stat(file.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 07777U, 0644U);
    EXPECT_EQ(disk.entries(), 1U);
}

TEST_F(ToolStats, AFileThatCannotBeWrittenStays) {
    const SmallDisk disk(2);
    const auto file = SmallDisk::path("carp.prom");
    const std::vector<std::string> words{"carpctl", "stats", "--openmetrics", "--output", file};
    std::ofstream(file) << "old";
    const auto run = [&](std::vector<std::string> before) {
        before.insert(before.end(), words.begin(), words.end());
        return a.try_run(before);
    };
    expect_untouched(file, run({"setpriv", "--reuid", "65534", "--clear-groups"}),
                     "Permission denied");
    // What it prints passes through a pipe, since no file may grow.
    const auto limited =
        run({"bash", "-c", R"({ (ulimit -f 0; exec "$@") 2>&1; echo "status $?"; } | cat)", "-"});
    EXPECT_EQ(limited.out, "carpctl: " + file + ": File too large\nstatus 2\n");
    EXPECT_EQ(read_file(file), "old");
    EXPECT_EQ(disk.entries(), 1U);

    std::ofstream(SmallDisk::path("filler")) << std::string(4096, 'x');
    expect_untouched(file, run({}), "No space left on device");
    EXPECT_EQ(disk.entries(), 2U);
    fs::remove(SmallDisk::path("filler"));

    ASSERT_EQ(::mount("none", SmallDisk::path().c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr),
              0);
    expect_untouched(file, run({}), "Read-only file system");
    EXPECT_EQ(disk.entries(), 1U);
}

TEST_F(ToolStats, AReaderThatIsGoneEndsItAsItEndsOthers) {
    for (const std::string command :
         {"show", "-j show", "stats", "stats --openmetrics", "dump", "history carp0"}) {
        SCOPED_TRACE(command);
        // By the time it writes nobody reads.
        const auto gone = a.try_run(
            {"bash", "-c", "{ sleep 0.2; carpctl " + command + "; echo $? >&2; } | true"});
        EXPECT_EQ(gone.err, "141\n");
        const auto ignored = a.try_run(
            {"bash", "-c",
             "trap '' PIPE; { sleep 0.2; carpctl " + command + "; echo $? >&2; } | true"});
        EXPECT_EQ(ignored.err, "carpctl: standard output cannot be written\n2\n");
    }
    // A monitor notices with the next event.
    Process monitor = a.spawn({"bash", "-c", "carpctl monitor | head -n 1; echo ${PIPESTATUS[0]}"});
    sleep_for(500ms);
    a.run({"carpctl", "demote", "disk", "5", "dev", "carp0"});
    a.run({"carpctl", "undemote", "disk", "dev", "carp0"});
    const auto end = monitor.wait(2s);
    ASSERT_TRUE(end);
    EXPECT_TRUE(end->out.ends_with("\n141\n")) << end->out;
    EXPECT_EQ(end->err, "");
}

TEST_F(ToolStats, ResetsADeviceApartFromTheTotal) {
    ASSERT_GT(counters(a, {"carp0"})["tx4"], 0);
    const auto total = counters(a, {"--total"})["tx4"];
    ASSERT_GT(total, 0);
    a.run({"carpctl", "stats", "--reset", "carp0"});
    EXPECT_LE(counters(a, {"carp0"})["tx4"], 1);
    EXPECT_GE(counters(a, {"--total"})["tx4"], total);
    a.run({"carpctl", "stats", "--reset", "--total"});
    EXPECT_LE(counters(a, {"--total"})["tx4"], 1);
    sleep_for(3s);
    EXPECT_GE(counters(a, {"carp0"})["tx4"], 2);
    a.run({"carpctl", "stats", "--reset"});
    EXPECT_LE(counters(a, {"carp0"})["tx4"], 1);
    EXPECT_NE(a.run({"carpctl", "stats", "--total"}).find("all devices:"), std::string::npos);
}

TEST_F(ToolStats, VerifiesAnAdvert) {
    const auto hex = [](const std::string &key, const std::vector<Address> &addresses) {
        CarpHeader header;
        header.vhid = vhid;
        header.counter = {1, 2, 3, 4, 5, 6, 7, 8};
        header.sign(key, addresses);
        std::string text;
        for (const auto byte : header.bytes()) {
            constexpr std::string_view digits = "0123456789abcdef";
            text += digits[static_cast<unsigned>(byte) >> 4U];
            text += digits[static_cast<unsigned>(byte) & 0xfU];
        }
        return text;
    };
    const auto ask = [&](const std::vector<std::string> &words, int status) {
        std::vector<std::string> all{"carpctl", "-j", "verify", "carp0"};
        all.insert(all.end(), words.begin(), words.end());
        const auto output = a.try_run(all);
        EXPECT_EQ(output.status, status) << output.err;
        return Json::parse(output.out).at(0);
    };
    EXPECT_EQ(ask({hex("testpass", virtuals)}, 0)["match"], "present");
    EXPECT_EQ(ask({hex("testpast", virtuals)}, 3)["match"], "none");
    const auto less = ask({hex("testpass", {virtual4()})}, 3);
    EXPECT_EQ(less["match"], "addr_less");
    EXPECT_EQ(less["address"], virtual6().text());
    auto longer = virtuals;
    longer.emplace_back("192.168.1.77");
    EXPECT_EQ(ask({hex("testpass", longer)}, 3)["match"], "none");
    const auto more = ask({hex("testpass", longer), "address", "192.168.1.77"}, 3);
    EXPECT_EQ(more["match"], "addr_more");
    EXPECT_EQ(more["address"], "192.168.1.77");
    EXPECT_EQ(a.try_run({"carpctl", "verify", "eth0", hex("testpass", virtuals)}).status, 2);
}

} // namespace
} // namespace e2e
