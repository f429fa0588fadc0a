// SPDX-License-Identifier: GPL-2.0-or-later
// What bash offers behind the words of a carpctl command line.
#include "cli.hpp"
#include "configure_words.hpp"
#include "temporary_directory.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Offer = std::set<std::string>;

/// A host with two devices of ours, eth0 and a namespace; in that is another device.
constexpr const char *host = R"(
ip() {
    case "$*" in
    'netns list') echo 'hosta (id: 0)' ;;
    '-n hosta -o link show type carp') echo '3: carp7@eth0: <UP>' ;;
    '-o link show type carp') printf '%s\n' '3: carp0@eth0: <UP>' '4: carp1@eth0: <UP>' ;;
    '-o link show')
        printf '%s\n' '1: lo: <UP>' '2: eth0: <UP>' '3: carp0@eth0: <UP>' '4: carp1@eth0: <UP>' ;;
    esac
}
)";

class Completion : public ::testing::Test {
  protected:
    /// @p words as written, the last one up to the cursor.
    Offer offered(const std::vector<std::string> &words) {
        std::ostringstream script;
        script << "set -u\n"
               << host << ". " CARPCTL_COMPLETION "\ncd " << directory.path("") << "\n"
               << "COMP_WORDS=(carpctl";
        for (const auto &word : words)
            script << " '" << word << "'";
        script << ")\nCOMP_CWORD=" << words.size()
               << "\n$(complete -p carpctl | sed 's/.*-F \\([^ ]*\\) carpctl/\\1/')\n"
               << "[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\\n' \"${COMPREPLY[@]}\"\n";
        const auto file = directory.write("script", script.str());
        const std::string command = "bash --norc " + file + " 2>&1";
        const std::unique_ptr<FILE, int (*)(FILE *)> output(::popen(command.c_str(), "r"),
                                                            ::pclose);
        Offer offer;
        std::array<char, 256> line{};
        while (std::fgets(line.data(), line.size(), output.get()) != nullptr) {
            std::string word(line.data());
            word.pop_back();
            if (word != "script")
                offer.insert(word);
        }
        return offer;
    }

    carptest::TemporaryDirectory directory;
};

TEST_F(Completion, NoCommandIsMissing) {
    Offer wanted;
    for (const auto word : carpctl::command_words())
        if (!word.starts_with("-"))
            wanted.emplace(word);
    EXPECT_EQ(offered({""}), wanted);
    EXPECT_EQ(offered({"-j", ""}), wanted);
    EXPECT_EQ(offered({"-n", "hosta", ""}), wanted);
    EXPECT_EQ(offered({"un"}), (Offer{"undemote", "undrain"}));
    EXPECT_EQ(offered({"--"}), (Offer{"--json", "--pretty", "--stats", "--netns", "--help"}));
}

TEST_F(Completion, NoSettingIsMissing) {
    Offer wanted{"netmask", "prefixlen", "delete"};
    for (const auto word : carpctl::setting_words())
        wanted.emplace(word);
    EXPECT_EQ(offered({"configure", "carp0", ""}), wanted);
    EXPECT_EQ(offered({"configure", "carp0", "vhid", "1", "advs"}), Offer{"advskew"});
    // What has a value is not followed by a setting.
    Offer alone{"pass_prompt", "next_pass_prompt", "no_next_pass", "mcast", "mcast6", "delete"};
    for (const auto &word : wanted) {
        const bool more = offered({"configure", "carp0", word, ""}).contains("vhid");
        EXPECT_EQ(more, alone.contains(word)) << word;
    }
}

TEST_F(Completion, NamesOfDevices) {
    const Offer devices{"carp0", "carp1"};
    for (const char *command : {"configure", "show", "up", "down", "destroy", "state", "wait",
                                "is-master", "history", "verify"})
        EXPECT_EQ(offered({command, ""}), devices) << command;
    for (const char *command : {"show", "up", "destroy", "causes", "version"})
        EXPECT_EQ(offered({command, "carp0", ""}), Offer{}) << command;
    EXPECT_EQ(offered({"-n", "hosta", "show", ""}), Offer{"carp7"});
    EXPECT_EQ(offered({"-jn", "hosta", "show", ""}), Offer{"carp7"});
    EXPECT_EQ(offered({"stats", ""}),
              (Offer{"carp0", "carp1", "--reset", "--total", "--openmetrics", "--output"}));
    EXPECT_EQ(offered({"dump", ""}), (Offer{"carp0", "carp1", "--output"}));
    EXPECT_EQ(offered({"monitor", ""}), (Offer{"carp0", "carp1", "--wire"}));
    EXPECT_EQ(offered({"doctor", "carp0", ""}), (Offer{"carp0", "carp1", "--time"}));
    EXPECT_TRUE(offered({"scan", ""}).contains("eth0"));
    EXPECT_EQ(offered({"-n", ""}), Offer{"hosta"});
    EXPECT_EQ(offered({"configure", "carp0", "carpdev", ""}), Offer{"eth0"});
    EXPECT_EQ(offered({"drain", "dev", ""}), devices);
}

TEST_F(Completion, WordsBehindOthers) {
    EXPECT_EQ(offered({"state", "carp0", ""}), (Offer{"backup", "master"}));
    EXPECT_EQ(offered({"wait", "carp0", ""}), (Offer{"backup", "master", "init"}));
    EXPECT_EQ(offered({"wait", "carp0", "master", ""}), Offer{"--timeout"});
    EXPECT_EQ(offered({"drain", ""}), (Offer{"dev", "group"}));
    EXPECT_EQ(offered({"demote", "disk", "5", ""}), (Offer{"dev", "group"}));
    EXPECT_EQ(offered({"demote", "disk", ""}), Offer{});
    EXPECT_EQ(offered({"undemote", "disk", ""}), (Offer{"dev", "group"}));
    EXPECT_EQ(offered({"import", ""}), (Offer{"freebsd-rc", "openbsd-hostname"}));
    EXPECT_EQ(offered({"configure", "carp0", "preempt", ""}), (Offer{"inherit", "on", "off"}));
    EXPECT_EQ(offered({"verify", "carp0", "00", ""}), Offer{"address"});
    EXPECT_EQ(offered({"scan", "eth0", ""}), (Offer{"vhid", "passfile", "--time"}));
    EXPECT_TRUE(offered({"monitor", "--wire", ""}).contains("eth0"));
}

TEST_F(Completion, Files) {
    directory.make("dir");
    directory.write("carp0.carp", "");
    directory.write("rc.conf", "");
    EXPECT_EQ(offered({"apply", ""}), (Offer{"carp0.carp", "dir"}));
    EXPECT_EQ(offered({"apply", "--"}), (Offer{"--check", "--system"}));
    EXPECT_EQ(offered({"reload-module", ""}), (Offer{"carp0.carp", "dir", "--check", "passfile"}));
    EXPECT_EQ(offered({"reload-module", "passfile", "rc"}), Offer{"rc.conf"});
    EXPECT_EQ(offered({"import", "freebsd-rc", ""}), (Offer{"carp0.carp", "dir", "rc.conf"}));
    EXPECT_EQ(offered({"import", "freebsd-rc", "rc.conf", "--output", ""}),
              (Offer{"dir", "systemd"}));
    for (const char *word : {"passfile", "next-passfile", "pass-file", "next_pass_file"})
        EXPECT_EQ(offered({"configure", "carp0", word, "rc"}), Offer{"rc.conf"}) << word;
    EXPECT_EQ(offered({"stats", "--openmetrics", "--output", "rc"}), Offer{"rc.conf"});
}

} // namespace
