// SPDX-License-Identifier: LGPL-2.1-or-later
// wait-master NAME SECONDS: returns as soon as this host leads the group, with exit code 0; with 3
// if it does not within that time.
#include <carpnl/carpnl.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <string>

int main(int argc, char **argv) {
    if (argc != 3) {
        std::cerr << "usage: wait-master NAME SECONDS\n";
        return 1;
    }
    try {
        const std::chrono::seconds timeout(std::stoul(argv[2]));
        auto monitor = carpnl::Monitor::open();
        return monitor.wait_for(argv[1], carpnl::State::master, timeout) ? 0 : 3;
    } catch (const carpnl::Error &error) {
        std::cerr << "wait-master: " << error.what() << '\n';
        return 2;
    } catch (const std::exception &) {
        std::cerr << "wait-master: SECONDS is a number\n";
        return 1;
    }
}
