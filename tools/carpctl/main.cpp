// SPDX-License-Identifier: GPL-2.0-or-later
#include "arguments.hpp"
#include "cli.hpp"
#include "environment.hpp"

#include <cstdio>
#include <exception>
#include <iostream>
#include <span>

int main(int argc, char **argv) {
    try {
        // First of all, since it takes a key out of what others can see.
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
        };
        return carpctl::run(arguments, environment);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "carpctl: %s\n", error.what());
        return carpctl::exit_failure;
    }
}
