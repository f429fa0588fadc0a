// SPDX-License-Identifier: GPL-2.0-or-later
#include "systemctl.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace carptargets {
namespace {

void require(int failure, const char *what) {
    if (failure != 0)
        throw std::system_error(failure, std::generic_category(), what);
}

/// What the program that is to be started gets instead of our files.
class Files {
  public:
    Files() { require(::posix_spawn_file_actions_init(&actions_), "systemctl"); }
    Files(const Files &) = delete;
    Files &operator=(const Files &) = delete;
    ~Files() { ::posix_spawn_file_actions_destroy(&actions_); }

    void output_to(int fd) {
        require(::posix_spawn_file_actions_adddup2(&actions_, fd, STDOUT_FILENO), "systemctl");
    }
    const posix_spawn_file_actions_t *get() const noexcept { return &actions_; }

  private:
    posix_spawn_file_actions_t actions_{};
};

pid_t start(std::vector<std::string> words, const Files &files) {
    words.insert(words.begin(), "systemctl");
    std::vector<char *> arguments;
    arguments.reserve(words.size() + 1);
    for (auto &word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t pid = -1;
    require(
        ::posix_spawnp(&pid, arguments.front(), files.get(), nullptr, arguments.data(), environ),
        "systemctl");
    return pid;
}

bool succeeded(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            throw std::system_error(errno, std::generic_category(), "systemctl");
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// All that is written to @p fd, which is closed.
std::string read_all(int fd) {
    std::string text;
    std::array<char, 4096> part{};
    ssize_t count = 0;
    while ((count = ::read(fd, part.data(), part.size())) > 0 || (count < 0 && errno == EINTR))
        if (count > 0)
            text.append(part.data(), static_cast<std::size_t>(count));
    ::close(fd);
    return text;
}

bool give(const char *verb, const std::vector<std::string> &units) {
    if (units.empty())
        return true;
    std::vector<std::string> words{"--no-block", "--quiet", verb, "--"};
    words.insert(words.end(), units.begin(), units.end());
    return succeeded(start(std::move(words), Files()));
}

} // namespace

std::vector<std::string> active_targets() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe");
    Files files;
    files.output_to(ends.at(1));
    const auto pid =
        start({"list-units", "--no-legend", "--plain", "--full", "--state=active", "--",
               std::string(master_prefix) + "*", std::string(backup_prefix) + "*"},
              files);
    ::close(ends.at(1));
    std::istringstream lines(read_all(ends.at(0)));
    if (!succeeded(pid))
        throw std::runtime_error("systemctl does not tell which units are active");
    std::vector<std::string> units;
    for (std::string line; std::getline(lines, line);)
        units.push_back(line.substr(0, line.find(' ')));
    return units;
}

bool give(const Jobs &jobs) {
    const bool stopped = give("stop", jobs.stop);
    return give("start", jobs.start) && stopped;
}

} // namespace carptargets
