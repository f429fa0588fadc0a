// SPDX-License-Identifier: GPL-2.0-or-later
#include "environment.hpp"

#include <unistd.h>

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

bool colour_wanted() {
    const char *const no = std::getenv("NO_COLOR");
    return (no == nullptr || *no == '\0') && ::isatty(STDOUT_FILENO) != 0;
}

} // namespace carpctl
