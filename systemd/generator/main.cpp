// SPDX-License-Identifier: GPL-2.0-or-later
// carp-generator NORMAL [EARLY LATE]: see systemd.generator(7).
#include "generator.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <span>

namespace {

/// The journal is not there yet when systemd runs this; what the kernel logs will get there.
void complain(const std::string &text) {
    if (std::getenv("SYSTEMD_SCOPE") != nullptr) {
        std::ofstream log("/dev/kmsg");
        log << "<3>carp-generator: " << text << std::endl;
        if (log)
            return;
    }
    std::cerr << "carp-generator: " << text << '\n';
}

} // namespace

int main(int argc, char **argv) {
    const std::span arguments(argv, static_cast<std::size_t>(argc));
    if (arguments.size() < 2) {
        std::fputs("usage: carp-generator NORMAL [EARLY LATE]\n", stderr);
        return EXIT_FAILURE;
    }
    try {
        const carpgen::Places places{carpctl::system_directories(), CARP_UNIT_DIR, arguments[1]};
        return carpgen::generate(places, complain) ? EXIT_SUCCESS : EXIT_FAILURE;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "carp-generator: %s\n", error.what());
        return EXIT_FAILURE;
    }
}
