// SPDX-License-Identifier: GPL-2.0-or-later
#include "module_host.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>
#include <utility>

namespace carpctl {
namespace {

namespace fs = std::filesystem;

/// What a program printed, and whether it succeeded.
struct Outcome {
    bool succeeded = false;
    std::string text = {};
};

/// Both outputs of a program that is to be started go into a pipe.
class Pipe {
  public:
    Pipe() {
        if (::pipe2(ends_.data(), O_CLOEXEC) != 0)
            throw std::system_error(errno, std::generic_category(), "pipe");
        ::posix_spawn_file_actions_init(&actions_);
        ::posix_spawn_file_actions_adddup2(&actions_, ends_[1], STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions_, ends_[1], STDERR_FILENO);
    }
    Pipe(const Pipe &) = delete;
    Pipe &operator=(const Pipe &) = delete;
    ~Pipe() {
        ::posix_spawn_file_actions_destroy(&actions_);
        close_end(ends_[0]);
        close_end(ends_[1]);
    }

    const posix_spawn_file_actions_t *actions() const noexcept { return &actions_; }
    /// All that comes until every writer is gone.
    std::string read_all() {
        close_end(ends_[1]);
        std::string text;
        std::array<char, 4096> part{};
        ssize_t count = 0;
        while ((count = ::read(ends_[0], part.data(), part.size())) > 0 ||
               (count < 0 && errno == EINTR))
            if (count > 0)
                text.append(part.data(), static_cast<std::size_t>(count));
        return text;
    }

  private:
    static void close_end(int &fd) noexcept {
        if (fd >= 0)
            ::close(fd);
        fd = -1;
    }

    std::array<int, 2> ends_{-1, -1};
    posix_spawn_file_actions_t actions_{};
};

bool succeeded(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// Without a shell, which would read names of devices as words of its own.
Outcome run_program(std::vector<std::string> words) {
    std::vector<char *> arguments;
    arguments.reserve(words.size() + 1);
    for (auto &word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    Pipe pipe;
    pid_t pid = -1;
    const int failure =
        ::posix_spawn(&pid, arguments.front(), pipe.actions(), nullptr, arguments.data(), environ);
    if (failure != 0)
        return {.text = words.front() + ": " + std::generic_category().message(failure)};
    Outcome outcome{.text = pipe.read_all()};
    outcome.succeeded = succeeded(pid);
    return outcome;
}

std::optional<std::string> run_or_say(std::vector<std::string> words) {
    const auto name = words.front();
    auto outcome = run_program(std::move(words));
    if (outcome.succeeded)
        return std::nullopt;
    auto line = outcome.text.substr(0, outcome.text.find('\n'));
    return line.empty() ? name + " failed" : line;
}

std::string first_word(const std::string &path) {
    std::ifstream file(path);
    std::string word;
    file >> word;
    return word;
}

bool is_capable(unsigned capability) {
    constexpr int hexadecimal = 16;
    std::ifstream file("/proc/self/status");
    std::string word;
    while (file >> word)
        if (word == "CapEff:" && file >> word) {
            std::uint64_t set = 0;
            std::from_chars(word.data(), word.data() + word.size(), set, hexadecimal);
            return (set >> capability & 1U) != 0;
        }
    return false;
}

using Inode = std::pair<dev_t, ino_t>;

std::optional<Inode> inode(const std::string &path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0)
        return std::nullopt;
    return Inode(status.st_dev, status.st_ino);
}

/// The calling thread may have entered another namespace than the process began in.
std::optional<Inode> present_namespace() { return inode("/proc/thread-self/ns/net"); }

/// In the order of their names; none if it cannot be read.
std::vector<std::string> entries(const std::string &directory) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (fs::directory_iterator one(directory, ignored), end; !ignored && one != end;
         one.increment(ignored))
        names.push_back(one->path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

bool is_number(const std::string &word) {
    return std::all_of(word.begin(), word.end(), [](char one) { return one >= '0' && one <= '9'; });
}

} // namespace

std::optional<std::string> RunningHost::obstacle() {
    if (!is_capable(CAP_SYS_MODULE))
        return "the capability CAP_SYS_MODULE is needed: Operation not permitted";
    if (first_word("/proc/sys/kernel/modules_disabled") == "1")
        return "kernel.modules_disabled is 1: no module can be loaded until the next boot";
    for (const auto &holder : entries("/sys/module/carp/holders"))
        return "the module " + holder + " uses it";
    const auto count = first_word("/sys/module/carp/refcnt");
    if (!count.empty() && count != "0")
        return "the module is in use (" + count + " references)";
    return std::nullopt;
}

std::vector<OtherNamespace> RunningHost::other_namespaces() {
    std::vector<OtherNamespace> others;
    std::set<Inode> seen;
    if (const auto present = present_namespace())
        seen.insert(*present);
    const auto add = [&](const std::string &name, const std::string &path) {
        const auto one = inode(path);
        if (one && seen.insert(*one).second)
            others.push_back({.name = name, .path = path});
    };
    for (const auto &name : entries("/run/netns"))
        add(name, "/run/netns/" + name);
    for (const auto &name : entries("/proc"))
        if (is_number(name))
            add("of process " + name, "/proc/" + name + "/ns/net");
    return others;
}

std::optional<std::string> RunningHost::unload() { return run_or_say({"/sbin/rmmod", "carp"}); }

std::optional<std::string> RunningHost::load() { return run_or_say({"/sbin/modprobe", "carp"}); }

std::optional<std::string> RunningHost::load_file(const std::string &file) {
    return run_or_say({"/sbin/insmod", file});
}

bool RunningHost::is_active(const std::string &unit) {
    // Its services are about the devices of its own network namespace.
    if (!fs::exists("/run/systemd/system") || present_namespace() != inode("/proc/1/ns/net"))
        return false;
    return run_program({"/bin/systemctl", "--quiet", "is-active", "--", unit}).succeeded;
}

std::optional<std::string> RunningHost::restart(const std::string &unit) {
    return run_or_say({"/bin/systemctl", "restart", "--", unit});
}

} // namespace carpctl
