// SPDX-License-Identifier: GPL-2.0-only
#include "dmesg.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <iterator>
#include <string_view>
#include <unistd.h>

namespace e2e {

namespace {

constexpr std::array<std::string_view, 19> bad_signs{
    "WARNING:",
    "BUG:",
    "kernel BUG",
    "Oops",
    "Call Trace",
    "general protection",
    "KASAN",
    "KFENCE",
    "UBSAN",
    "possible recursive locking",
    "possible circular locking",
    "inconsistent lock state",
    "suspicious RCU usage",
    "rcu_sched self-detected",
    "INFO: task",
    "refcount_t",
    "unregister_netdevice: waiting",
    "ODEBUG",
    "unreferenced object",
};

} // namespace

Dmesg::Dmesg() : log_(check(open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC), "/dev/kmsg")) {
    if (lseek(log_.fd(), 0, SEEK_END) < 0)
        throw_errno("seek in /dev/kmsg");
}

bool Dmesg::complains(const std::string &line) {
    return std::any_of(bad_signs.begin(), bad_signs.end(),
                       [&](std::string_view sign) { return line.find(sign) != std::string::npos; });
}

const std::vector<std::string> &Dmesg::lines() {
    std::array<char, 8192> record{};
    for (;;) {
        const ssize_t got = read(log_.fd(), record.data(), record.size());
        if (got < 0 && errno == EPIPE) { // overtaken by the writer
            lines_.emplace_back("WARNING: lines of the kernel log were lost");
            continue;
        }
        if (got <= 0)
            return lines_;
        // "priority,sequence,time,flags;text", then lines of context
        const std::string_view text{record.data(), static_cast<std::size_t>(got)};
        const std::size_t start = text.find(';') + 1;
        lines_.emplace_back(text.substr(start, text.find('\n', start) - start));
    }
}

std::vector<std::string> Dmesg::complaints() {
    std::vector<std::string> found;
    const auto &all = lines();
    std::copy_if(all.begin(), all.end(), std::back_inserter(found), complains);
    return found;
}

} // namespace e2e
