// SPDX-License-Identifier: GPL-2.0-or-later
// What others see of a running carpctl.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

namespace {

std::string contents(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Argv, OthersCannotReadTheKey) {
    // A full pipe as standard error holds the tool still while it says that "x" is no number.
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe2(pipe.data(), O_NONBLOCK), 0);
    std::array<char, 4096> filling{};
    while (::write(pipe[1], filling.data(), filling.size()) > 0) {
    }
    while (::write(pipe[1], filling.data(), 1) > 0) {
    }
    ASSERT_EQ(::fcntl(pipe[1], F_SETFL, 0), 0);

    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(pipe[1], STDERR_FILENO);
        ::execl(CARPCTL, CARPCTL, "configure", "carp0", "vhid", "x", "pass", "secretword",
                "next-pass", "secretword", nullptr);
        ::_exit(127);
    }
    ASSERT_GT(child, 0);

    const std::string place = "/proc/" + std::to_string(child);
    std::string line;
    bool waits = false;
    for (int tries = 0; tries < 500 && !waits; ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        line = contents(place + "/cmdline");
        // Third field: asleep, which after its start it is in that write alone.
        const std::string stat = contents(place + "/stat");
        const auto name_end = stat.rfind(") ");
        waits = line.find("configure") != std::string::npos && name_end != std::string::npos &&
                stat[name_end + 2] == 'S' && line.find("secretword") == std::string::npos;
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(pipe[0]);
    ::close(pipe[1]);

    EXPECT_TRUE(waits);
    EXPECT_NE(line.find("pass"), std::string::npos);
    EXPECT_EQ(line.find("secretword"), std::string::npos);
}

} // namespace
