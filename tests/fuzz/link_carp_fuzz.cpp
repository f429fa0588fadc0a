// SPDX-License-Identifier: GPL-2.0-or-later
// The plug-in of ip(8): any words of a command line, and any bytes as the attributes of a link. A
// crash or, with sanitizers, a byte too many ends it.
#include "ip_helpers.hpp"

#include <linux/carp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

extern "C" {
extern link_util carp_link_util;
}

namespace {

void require(bool holds, const char *promise) {
    if (holds)
        return;
    std::fprintf(stderr, "broken promise: %s\n", promise);
    std::abort();
}

constexpr std::array<std::string_view, 40> words{"vhid",
                                                 "advbase",
                                                 "advskew",
                                                 "pass",
                                                 "passfile",
                                                 "carpdev",
                                                 "preempt",
                                                 "state",
                                                 "peer",
                                                 "peer6",
                                                 "next_pass",
                                                 "next_passfile",
                                                 "grace",
                                                 "start_hold",
                                                 "preempt_delay",
                                                 "announce_count",
                                                 "announce_interval",
                                                 "announce_refresh",
                                                 "inherit",
                                                 "on",
                                                 "off",
                                                 "master",
                                                 "backup",
                                                 "init",
                                                 "mcast",
                                                 "eth0",
                                                 "eth9",
                                                 "1",
                                                 "255",
                                                 "4294967296",
                                                 "-1",
                                                 "0x10",
                                                 "",
                                                 "192.168.1.3",
                                                 "192.168.1.3,192.168.1.4",
                                                 "fe80::3",
                                                 "fe80::3,",
                                                 ",",
                                                 "/dev/null",
                                                 "/nonexistent"};

void check_command_line(std::span<const std::uint8_t> bytes) {
    // As long as ip's own requests are, and behind it what must not be written to.
    constexpr std::size_t room = 1024;
    struct alignas(nlmsghdr) {
        std::array<char, room> request{};
        std::array<char, 64> behind{};
    } memory;
    std::vector<std::string> given;
    for (const auto byte : bytes.first(std::min<std::size_t>(bytes.size(), 40)))
        given.emplace_back(words.at(byte % words.size()));
    if (bytes.size() % 3 == 0)
        given.emplace_back(bytes.begin(), bytes.end());
    std::vector<char *> argv;
    for (auto &word : given)
        argv.push_back(word.data());
    auto *const head = reinterpret_cast<nlmsghdr *>(memory.request.data());
    head->nlmsg_len = NLMSG_HDRLEN;
    try {
        carp_link_util.parse_opt(&carp_link_util, static_cast<int>(argv.size()), argv.data(), head);
    } catch (const carptest::Exit &) {
        // As ip ends there.
    }
    require(head->nlmsg_len >= NLMSG_HDRLEN && head->nlmsg_len <= room, "a request fits");
    for (const char one : memory.behind)
        require(one == 0, "nothing is written behind it");
}

void check_print(std::span<const std::uint8_t> bytes, bool json) {
    // Aligned as ip's buffer is.
    std::vector<std::uint32_t> copy((bytes.size() + 3) / 4 + 1);
    if (!bytes.empty())
        std::memcpy(copy.data(), bytes.data(), bytes.size());
    auto *const first = reinterpret_cast<rtattr *>(copy.data());
    const auto length = static_cast<int>(bytes.size());
    std::array<rtattr *, IFLA_CARP_MAX + 1> table{};
    parse_rtattr(table.data(), IFLA_CARP_MAX, first, length);
    carptest::printed().reset();
    carptest::printed().json = json;
    carp_link_util.print_opt(&carp_link_util, stdout, table.data());
    require(carptest::printed().open.size() == 1, "what is opened is closed");
    if (bytes.size() >= sizeof(rtattr))
        for (auto *attribute : table)
            if (attribute != nullptr)
                carp_link_util.print_xstats(&carp_link_util, stdout, attribute);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::span bytes(data, size);
    check_command_line(bytes);
    check_print(bytes, false);
    check_print(bytes, true);
    return 0;
}
