// SPDX-License-Identifier: GPL-2.0-or-later
// carpctl stats and verify, on a kernel of our own.
#include "openmetrics.hpp"
#include "verify_command.hpp"

#include "schema.hpp"
#include "situations.hpp"
#include "temporary_directory.hpp"
#include "tool.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <sys/stat.h>

#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace {

using Words = std::vector<std::string>;

/// The text format, as strictly as https://prometheus.io/docs/specs/om/open_metrics_spec/ has it
/// for what we write, and as node_exporter reads it: types of its own and no twins.
class OpenMetrics {
  public:
    explicit OpenMetrics(const std::string &text) {
        EXPECT_TRUE(text.ends_with("\n# EOF\n")) << text;
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);)
            line.starts_with("#") ? about(line) : sample(line);
    }
    /// By "name{labels}"; fails if it is not there.
    std::string at(const std::string &sample) const {
        const auto found = samples_.find(sample);
        EXPECT_NE(found, samples_.end()) << sample;
        return found == samples_.end() ? "" : found->second;
    }
    bool has(const std::string &sample) const { return samples_.contains(sample); }
    const std::set<std::string> &families() const { return families_; }

  private:
    void about(const std::string &line) {
        static const std::regex form("# (HELP|TYPE|UNIT) ([a-z_]+) (.+)");
        EXPECT_FALSE(ended_) << line;
        if (line == "# EOF") {
            ended_ = true;
            return;
        }
        std::smatch parts;
        ASSERT_TRUE(std::regex_match(line, parts, form)) << line;
        if (parts[1] == "HELP") {
            family_ = parts[2];
            EXPECT_TRUE(families_.insert(family_).second) << line;
            type_.clear();
        }
        EXPECT_EQ(parts[2], family_) << line;
        if (parts[1] == "TYPE") {
            type_ = parts[3];
            EXPECT_TRUE(type_ == "gauge" || type_ == "counter" || type_ == "histogram") << line;
        }
        if (parts[1] == "UNIT") {
            EXPECT_TRUE(family_.ends_with("_" + parts[3].str())) << line;
        }
    }
    void sample(const std::string &line) {
        static const std::regex form(
            R"re(([a-z_]+)(\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\})? ([0-9]+(?:\.[0-9]{3}(?:[0-9]{3})?)?))re");
        EXPECT_FALSE(ended_) << line;
        std::smatch parts;
        ASSERT_TRUE(std::regex_match(line, parts, form)) << line;
        static const std::map<std::string, std::regex> suffixes{
            {"gauge", std::regex("")},
            {"counter", std::regex("_total")},
            {"histogram", std::regex("_bucket|_count|_sum")},
        };
        const auto name = parts[1].str();
        EXPECT_TRUE(name.starts_with(family_) &&
                    std::regex_match(name.substr(family_.size()), suffixes.at(type_)))
            << line;
        EXPECT_TRUE(samples_.emplace(parts[1].str() + parts[2].str(), parts[3]).second) << line;
    }

    std::set<std::string> families_;
    std::map<std::string, std::string> samples_;
    std::string family_;
    std::string type_;
    bool ended_ = false;
};

OpenMetrics metrics_of(const std::vector<carpnl::Status> &devices) {
    std::ostringstream out;
    carpctl::write_openmetrics(out, devices, {}, {}, carptest::now);
    return OpenMetrics(out.str());
}

TEST(Metrics, TellWhatADeviceIs) {
    const auto metrics = metrics_of({carptest::backup()});
    EXPECT_EQ(
        metrics.at(R"(carp_info{device="carp0",vhid="1",parent="eth0",mac="00:00:5e:00:01:01"})"),
        "1");
    EXPECT_EQ(metrics.at(R"(carp_state{device="carp0",vhid="1",state="init"})"), "0");
    EXPECT_EQ(metrics.at(R"(carp_state{device="carp0",vhid="1",state="backup"})"), "1");
    EXPECT_EQ(metrics.at(R"(carp_state{device="carp0",vhid="1",state="master"})"), "0");
    EXPECT_EQ(metrics.at(R"(carp_transitions_total{device="carp0",vhid="1"})"), "3");
    EXPECT_EQ(metrics.at(R"(carp_last_transition_timestamp_seconds{device="carp0",vhid="1"})"),
              "1767225775.000");
    EXPECT_EQ(metrics.at(
                  R"(carp_last_transition_reason{device="carp0",vhid="1",reason="better_master"})"),
              "1");
    EXPECT_EQ(metrics.at(R"(carp_advertisement_interval_seconds{device="carp0",vhid="1"})").size(),
              5U);
}

TEST(Metrics, HaveEveryCounterOnce) {
    const auto one = carptest::with_refused(carpnl::State::master, std::chrono::seconds(1));
    const auto other = carptest::device([&](carpnl::detail::StatusData &data) {
        data.name = "carp1";
        data.counters = one.counters();
    });
    const auto metrics = metrics_of({one, other});
    EXPECT_EQ(
        metrics.at(
            R"(carp_advertisements_total{device="carp0",vhid="1",direction="sent",family="inet6"})"),
        "5");
    EXPECT_EQ(metrics.at(R"(carp_dropped_total{device="carp0",vhid="1",reason="badauth"})"), "8");
    EXPECT_EQ(metrics.at(R"(carp_dropped_total{device="carp1",vhid="1",reason="nomem"})"), "25");
    EXPECT_EQ(metrics.at(R"(carp_replies_total{device="carp1",vhid="1",protocol="nd"})"), "14");
    EXPECT_EQ(metrics.at(R"(carp_announcements_total{device="carp1",vhid="1"})"), "15");
    EXPECT_EQ(metrics.at(R"(carp_conflicts_total{device="carp0",vhid="1"})"), "16");
    EXPECT_EQ(metrics.at(R"(carp_parent_dropped_total{parent="eth0",reason="badttl"})"), "17");
}

TEST(Metrics, NoDevicesAreNoError) {
    const auto metrics = metrics_of({});
    EXPECT_TRUE(metrics.families().contains("carp_state"));
}

TEST(Metrics, NamesOfAnyBytes) {
    const auto metrics = metrics_of({
        carptest::device([](auto &data) { data.name = "a\"b\\"; }),
        carptest::device([](auto &data) { data.name = "\xff"; }),
        carptest::device([](auto &data) { data.name = "\xfe"; }),
    });
    EXPECT_TRUE(metrics.has(R"(carp_drained{device="a\"b\\",vhid="1"})") ||
                metrics.has(R"(carp_device_demotion{device="a\"b\\",vhid="1"})"));
    EXPECT_TRUE(metrics.has(R"(carp_device_demotion{device="\\xff",vhid="1"})"));
    EXPECT_TRUE(metrics.has(R"(carp_device_demotion{device="\\xfe",vhid="1"})"));
}

class Stats : public carptest::Tool {
  protected:
    Stats() {
        world.now = [] { return carptest::now; };
        kernel.add_ethernet("eth0", {"192.168.1.3/24"});
        for (const char *name : {"carp0", "carp1"}) {
            const auto index = kernel.add_carp(name);
            kernel.generic.device(name).index = index;
        }
    }

    /// What was printed, which its schema allows.
    nlohmann::json printed(const std::string &schema) const {
        auto json = nlohmann::json::parse(out.str());
        EXPECT_EQ(carptest::violations(carptest::schema(schema), json), Words());
        return json;
    }

    carptest::TemporaryDirectory directory;
};

TEST_F(Stats, ResetsOneOrAllOrTheTotal) {
    EXPECT_EQ(run({"stats", "--reset", "carp1"}), 0);
    EXPECT_EQ(kernel.generic.log, Words{"reset carp1"});
    EXPECT_EQ(run({"stats", "--reset"}), 0);
    EXPECT_EQ(run({"stats", "--total", "--reset"}), 0);
    EXPECT_EQ(kernel.generic.log,
              (Words{"reset carp1", "reset carp0", "reset carp1", "reset all"}));
    EXPECT_EQ(out.str() + err.str(), "");
}

TEST_F(Stats, TellsTheTotal) {
    EXPECT_EQ(run({"stats", "--total"}), 0);
    EXPECT_TRUE(out.str().starts_with("all devices:\n    102 valid IPv4 adverts received\n"))
        << out.str();
    EXPECT_EQ(run({"-j", "stats", "--total"}), 0);
    auto json = printed("stats");
    ASSERT_EQ(json.size(), 1U);
    EXPECT_EQ(json[0]["name"], nullptr);
    EXPECT_EQ(json[0]["counters"]["rx4"], 102);
    EXPECT_EQ(run({"-j", "stats"}), 0);
    json = printed("stats");
    ASSERT_EQ(json.size(), 2U);
    EXPECT_EQ(json[1]["name"], "carp1");
}

TEST_F(Stats, Contradictions) {
    expect_usage({"stats", "--total", "carp0"}, "--total is of all devices, not of 'carp0'");
    expect_usage({"stats", "--openmetrics", "--reset"},
                 "--openmetrics: not together with --reset or --total");
    expect_usage({"stats", "--openmetrics", "--total"},
                 "--openmetrics: not together with --reset or --total");
    expect_usage({"-j", "stats", "--openmetrics"}, "--openmetrics: not together with --json");
    expect_usage({"stats", "--output", "x"}, "--output: only together with --openmetrics");
    expect_usage({"stats", "--openmetrics", "--output"}, "--output: the file is missing");
    expect_usage({"stats", "--openmetrics", "--output", ""}, "--output: the file is empty");
    expect_usage({"stats", "--openmetrics", "--output", "a", "--output", "b"},
                 "--output: given twice");
    expect_usage({"stats", "--rest"}, "unknown option '--rest'");
    expect_usage({"stats", ""}, "NAME is empty");
    expect_usage({"stats", "carp0", "carp1"}, "'carp1' is too much");
}

TEST_F(Stats, MetricsGoToStandardOutputOrInPlaceOfAFile) {
    kernel.generic.causes.push_back({.name = "disk", .value = 5});
    kernel.generic.causes.push_back({.name = "lease", .value = 7, .owner = 2});
    kernel.generic.causes.push_back({.name = "lease", .value = 8, .owner = 2});
    EXPECT_EQ(run({"stats", "--openmetrics"}), 0);
    const auto text = out.str();
    const OpenMetrics metrics(text);
    EXPECT_EQ(
        metrics.at(R"(carp_demotion{cause="disk",scope="net",owner="user",device="",group=""})"),
        "5");
    EXPECT_EQ(
        metrics.at(R"(carp_demotion{cause="lease",scope="net",owner="socket",device="",group=""})"),
        "15");
    EXPECT_TRUE(metrics.has(R"(carp_transitions_total{device="carp1",vhid=""})"));

    const auto path = directory.write("carp.prom", "old");
    EXPECT_EQ(run({"stats", "--openmetrics", "--output", path}), 0);
    EXPECT_EQ(out.str() + err.str(), "");
    EXPECT_EQ(directory.read("carp.prom"), text);
    struct stat about{};
    ASSERT_EQ(::stat(path.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 07777U, 0644U);
    EXPECT_EQ(directory.entries(), 1U);
}

TEST_F(Stats, MetricsTellInWhichWaysAndHowNear) {
    auto &device = kernel.generic.device("carp0");
    device.reason = 2;
    device.history = {{.sequence = 3, .old_state = 1, .state = 2}};
    device.margins = {{4000, 1}, {1000000, 2}, {1500000, 4}, {0, 1}};
    EXPECT_EQ(run({"stats", "--openmetrics", "carp0"}), 0) << err.str();
    const OpenMetrics metrics(out.str());
    const auto at = [&](const std::string &name, const std::string &labels = {}) {
        return metrics.at("carp_" + name + R"({device="carp0",vhid="")" + labels + "}");
    };
    EXPECT_EQ(at("transitions_total", R"(,from="backup",to="master",reason="master_timeout")"),
              "3");
    EXPECT_FALSE(metrics.has(R"(carp_transitions_total{device="carp0",vhid=""})"));
    EXPECT_EQ(at("master_down_margin_seconds_bucket", R"(,le="0.004")"), "1");
    EXPECT_EQ(at("master_down_margin_seconds_bucket", R"(,le="1.0")"), "3");
    EXPECT_EQ(at("master_down_margin_seconds_bucket", R"(,le="1.5")"), "7");
    EXPECT_EQ(at("master_down_margin_seconds_bucket", R"(,le="+Inf")"), "8");
    EXPECT_EQ(at("master_down_margin_seconds_count"), "8");
    EXPECT_EQ(at("master_down_margin_seconds_sum"), "8.004000");
}

TEST_F(Stats, AFileThatCannotBeReplaced) {
    const auto refusal = [this](const std::string &path) {
        EXPECT_EQ(run({"stats", "--openmetrics", "--output", path}), 2);
        EXPECT_EQ(out.str(), "");
        return err.str();
    };
    EXPECT_EQ(refusal("/dev/null"), "carpctl: /dev/null: not a regular file\n");
    EXPECT_EQ(refusal("/nonexistent/a.prom"),
              "carpctl: /nonexistent/a.prom: No such file or directory\n");
    EXPECT_EQ(refusal("/tmp"), "carpctl: /tmp: Is a directory\n");
    const auto fifo = directory.path("fifo");
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    EXPECT_EQ(refusal(fifo), "carpctl: " + fifo + ": not a regular file\n");
    // What a link leads to is replaced, not the link.
    const auto file = directory.write("file", "old");
    std::filesystem::create_symlink("file", directory.path("link"));
    EXPECT_EQ(run({"stats", "--openmetrics", "--output", directory.path("link")}), 0);
    EXPECT_TRUE(directory.read("file").ends_with("# EOF\n"));
    EXPECT_TRUE(std::filesystem::is_symlink(directory.path("link")));
}

TEST_F(Stats, AKernelThatFailsLeavesTheFile) {
    const auto path = directory.write("carp.prom", "old");
    kernel.generic.loaded = false;
    EXPECT_EQ(run({"stats", "--openmetrics", "--output", path}), 2);
    EXPECT_NE(err.str(), "");
    EXPECT_EQ(directory.read("carp.prom"), "old");
    EXPECT_EQ(directory.entries(), 1U);
}

std::string digits(std::size_t bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes; ++i)
        text += "21";
    return text;
}

TEST_F(Stats, VerifiesAnAdvert) {
    EXPECT_EQ(run({"verify", "carp0", digits(36)}), 0);
    EXPECT_EQ(out.str(), "carp0: accepted: made with a key that this host had before\n");
    EXPECT_EQ(kernel.generic.log, Words{"verify carp0 36"});
    EXPECT_EQ(run({"verify", "carp0", "-", "address", "192.168.1.7"}, digits(36) + "\n"), 3);
    EXPECT_EQ(out.str(), "carp0: refused: made with its address list and one more address, "
                         "192.168.1.7\n");
    EXPECT_EQ(run({"-j", "verify", "carp0", digits(36)}), 0);
    const auto json = printed("verify");
    EXPECT_EQ(json[0]["match"], "old_key");
    EXPECT_EQ(json[0]["accepted"], true);
    EXPECT_EQ(json[0]["address"], nullptr);
    EXPECT_EQ(run({"verify", "carp9", digits(36)}), 2);
}

TEST_F(Stats, WhatIsNoAdvert) {
    expect_usage({"verify", "carp0"}, "ADVERT is missing");
    expect_usage({"verify", "carp0", "zz"}, "'zz' is no advert in hexadecimal digits");
    expect_usage({"verify", "carp0", digits(35)},
                 "'" + digits(35) + "' is no advert in hexadecimal digits");
    expect_usage({"verify", "carp0", digits(36) + "2"},
                 "'" + digits(36) + "2' is no advert in hexadecimal digits");
    expect_usage({"verify", "carp0", digits(36), "more"}, "'more' is too much");
    expect_usage({"verify", "carp0", digits(36), "address", "x"}, "address: 'x' is not an address");
    EXPECT_EQ(run({"verify", "carp0", "-"}, "12:00:01 IP a > b: CARP\n"), 2);
    EXPECT_EQ(err.str(), "carpctl: standard input is no advert in hexadecimal digits\n");
}

TEST(Advert, InWhatTcpdumpPrints) {
    const std::string text =
        "00:00:03.1 IP 192.168.1.3 > 224.0.0.18: CARPv2-advertise 36\n"
        "\t0x0000:  4510 0038 0001 4000 ff70 0000 c0a8 0103  E..8..@..p......\n"
        "\t0x0010:  e000 0012 2101 0007 0001 aabb 0102 0304  ....!...........\n"
        "\t0x0020:  0506 0708 1111 1111 1111 1111 1111 1111  ................\n"
        "\t0x0030:  1111 1111 1111 1111                      ........\n";
    const auto packet = carpctl::read_hex(text);
    ASSERT_TRUE(packet);
    ASSERT_EQ(packet->size(), 56U);
    const auto advert = carpctl::find_advert(*packet);
    ASSERT_EQ(advert.size(), 36U);
    EXPECT_EQ(advert.front(), std::byte{0x21});
    auto other = *packet;
    other[9] = std::byte{17};
    EXPECT_TRUE(carpctl::find_advert(other).empty());
    EXPECT_TRUE(carpctl::find_advert({}).empty());
}

} // namespace
