// SPDX-License-Identifier: GPL-2.0-or-later
#include "environment.hpp"

#include <carpnl/error.hpp>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string>

namespace carpctl {
namespace {

std::optional<bool> read_switch(const char *name) {
    std::ifstream file(std::string("/proc/sys/net/inet/carp/") + name);
    int value = 0;
    if (!(file >> value))
        return std::nullopt;
    return value != 0;
}

} // namespace

Sysctls read_sysctls() {
    return {.allow = read_switch("allow"), .preempt = read_switch("preempt")};
}

void enter_network_namespace(const std::string &path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const int failure = fd < 0 || ::setns(fd, CLONE_NEWNET) != 0 ? errno : 0;
    if (fd >= 0)
        ::close(fd);
    if (failure != 0)
        throw carpnl::Error(failure, path, {});
}

std::optional<std::string> credentials_directory() {
    const char *const path = std::getenv("CREDENTIALS_DIRECTORY");
    return path == nullptr ? std::nullopt : std::optional<std::string>(path);
}

bool colour_wanted() {
    const char *const no = std::getenv("NO_COLOR");
    return (no == nullptr || *no == '\0') && ::isatty(STDOUT_FILENO) != 0;
}

} // namespace carpctl
