// SPDX-License-Identifier: LGPL-2.1-or-later
// join NAME PARENT VHID ADVSKEW ADDRESS/LENGTH: makes this host a member of a group. The key is the
// first line of the standard input, where no other user can see it.
#include <carpnl/carpnl.hpp>

#include <exception>
#include <iostream>
#include <string>

int main(int argc, char **argv) {
    if (argc != 6) {
        std::cerr << "usage: join NAME PARENT VHID ADVSKEW ADDRESS/LENGTH <KEYFILE\n";
        return 1;
    }
    try {
        std::string key;
        std::getline(std::cin, key);
        carpnl::Config config;
        config.parent(argv[2])
            .vhid(static_cast<std::uint32_t>(std::stoul(argv[3])))
            .advskew(static_cast<std::uint32_t>(std::stoul(argv[4])))
            .key(carpnl::Key(key))
            .address(carpnl::Address::parse(argv[5]))
            .up(true);
        auto socket = carpnl::Socket::open();
        // All of it or nothing: a device that lacks something is removed again.
        socket.create(argv[1], config);
    } catch (const carpnl::Error &error) {
        std::cerr << "join: " << error.what() << '\n';
        return 2;
    } catch (const std::exception &) {
        std::cerr << "join: VHID and ADVSKEW are numbers\n";
        return 1;
    }
}
