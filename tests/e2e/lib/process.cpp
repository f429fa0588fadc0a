// SPDX-License-Identifier: GPL-2.0-only
#include "process.hpp"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace e2e {

namespace {

class SpawnSetup {
  public:
    SpawnSetup(int out, int err) {
        posix_spawn_file_actions_init(&actions_);
        posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
        posix_spawnattr_init(&attributes_);
        sigset_t all;
        sigfillset(&all);
        sigset_t none;
        sigemptyset(&none);
        posix_spawnattr_setsigdefault(&attributes_, &all);
        posix_spawnattr_setsigmask(&attributes_, &none);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                                   POSIX_SPAWN_SETSIGMASK);
    }
    SpawnSetup(const SpawnSetup &) = delete;
    SpawnSetup &operator=(const SpawnSetup &) = delete;
    ~SpawnSetup() {
        posix_spawnattr_destroy(&attributes_);
        posix_spawn_file_actions_destroy(&actions_);
    }

    pid_t start(std::vector<std::string> &arguments) const {
        std::vector<char *> argv;
        argv.reserve(arguments.size() + 1);
        for (std::string &argument : arguments)
            argv.push_back(argument.data());
        argv.push_back(nullptr);
        pid_t pid = -1;
        const int error =
            posix_spawnp(&pid, argv.front(), &actions_, &attributes_, argv.data(), environ);
        if (error != 0)
            throw std::system_error(error, std::generic_category(), "start " + arguments.front());
        return pid;
    }

  private:
    posix_spawn_file_actions_t actions_{};
    posix_spawnattr_t attributes_{};
};

} // namespace

Process::Process(std::vector<std::string> arguments)
    : arguments_(std::move(arguments)), out_(File::temporary()), err_(File::temporary()) {
    if (arguments_.empty())
        throw std::invalid_argument("no program to start");
    pid_ = SpawnSetup{out_.fd(), err_.fd()}.start(arguments_);
    handle_ = File{static_cast<int>(syscall(SYS_pidfd_open, pid_, 0))};
}

Process::Process(Process &&other) noexcept
    : arguments_(std::move(other.arguments_)), out_(std::move(other.out_)),
      err_(std::move(other.err_)), handle_(std::move(other.handle_)),
      pid_(std::exchange(other.pid_, -1)), status_(std::exchange(other.status_, std::nullopt)) {}

Process::~Process() { kill(); }

std::string Process::command() const {
    std::string text;
    for (const std::string &argument : arguments_)
        text += (text.empty() ? "" : " ") + argument;
    return text;
}

void Process::reap(int flags) {
    if (pid_ < 0 || status_)
        return;
    int raw = 0;
    const pid_t done = waitpid(pid_, &raw, flags);
    if (done == pid_)
        status_ = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
}

bool Process::running() {
    reap(WNOHANG);
    return pid_ >= 0 && !status_;
}

void Process::signal(int number) const {
    if (pid_ >= 0 && !status_)
        ::kill(pid_, number);
}

void Process::kill() {
    if (pid_ < 0 || status_)
        return;
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);
    reap(0);
}

std::optional<Output> Process::wait(Duration timeout) {
    pollfd poller{handle_.fd(), POLLIN, 0};
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
    if (!status_ && poll(&poller, 1, static_cast<int>(limit)) > 0)
        reap(0);
    if (!status_)
        return std::nullopt;
    return printed();
}

Output Process::printed() const { return {status_.value_or(-1), out_.contents(), err_.contents()}; }

} // namespace e2e
