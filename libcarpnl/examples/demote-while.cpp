// SPDX-License-Identifier: LGPL-2.1-or-later
// demote-while COMMAND: runs a check once a second, and demotes this host as long as it fails. The
// demotion is a lease: it ends with this program, however that ends.
#include <carpnl/carpnl.hpp>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <thread>

int main(int argc, char **argv) {
    if (argc != 2) {
        std::cerr << "usage: demote-while COMMAND\n";
        return 1;
    }
    const auto lease = carpnl::Demotion("check", 50).lease();
    bool demoted = false;
    try {
        // The lease ends with this Socket, so that it stays open.
        auto socket = carpnl::Socket::open();
        for (;; std::this_thread::sleep_for(std::chrono::seconds(1))) {
            // COMMAND fails while something is wrong.
            const bool wrong = std::system(argv[1]) != 0; // NOLINT: a command line is what it takes
            if (wrong == demoted)
                continue;
            if (wrong)
                socket.demote(lease);
            else
                socket.undemote(lease.name());
            demoted = wrong;
        }
    } catch (const carpnl::Error &error) {
        std::cerr << "demote-while: " << error.what() << '\n';
        return 2;
    }
}
