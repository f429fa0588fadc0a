// SPDX-License-Identifier: GPL-2.0-or-later
#include "arguments.hpp"
#include "cli.hpp"
#include "environment.hpp"

#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <span>

#include <sys/prctl.h>
#include <sys/resource.h>

namespace {

/// A program that crashes with a key in its memory must not leave that to whoever finds the core.
void forbid_cores() {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

} // namespace

int main(int argc, char **argv) {
    try {
        forbid_cores();
        // A file that may not grow is an error like others, with a text.
        std::signal(SIGXFSZ, SIG_IGN);
        // Thousands of devices are shown by small pieces: no lock and no call for each.
        std::ios::sync_with_stdio(false);
        // Next, since it takes a key out of what others can see.
        carpctl::Arguments arguments(
            std::span(argv, static_cast<std::size_t>(argc)).subspan(argc > 0 ? 1 : 0));
        carpctl::Environment environment{
            .in = std::cin,
            .out = std::cout,
            .err = std::cerr,
            .open = [] { return carpnl::Socket::open(); },
            .sysctls = carpctl::read_sysctls,
            .now = std::chrono::system_clock::now,
            .colour = carpctl::colour_wanted(),
            .open_monitor = [] { return carpnl::Monitor::open(); },
            .enter = carpctl::enter_network_namespace,
            .credentials = carpctl::credentials_directory(),
            .open_wire = carpctl::open_wire,
            .look_at = carpctl::look_at,
            .module_versions = carpctl::read_module_versions,
            .module_host = [] { return std::make_unique<carpctl::RunningHost>(); },
            .open_in = carpnl::Socket::open_in,
        };
        return carpctl::run(arguments, environment);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "carpctl: %s\n", error.what());
        return carpctl::exit_failure;
    }
}
