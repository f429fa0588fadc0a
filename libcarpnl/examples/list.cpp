// SPDX-License-Identifier: LGPL-2.1-or-later
// list: the carp devices of this host, one a line.
#include <carpnl/carpnl.hpp>

#include <iostream>

int main() {
    try {
        auto socket = carpnl::Socket::open();
        for (const auto &status : socket.list()) {
            std::cout << status.name() << ' ' << to_string(status.state()) << " vhid "
                      << status.vhid().value_or(0) << " advskew " << status.advskew_effective();
            for (const auto &address : status.addresses())
                std::cout << ' ' << address.to_string();
            std::cout << '\n';
        }
    } catch (const carpnl::Error &error) {
        std::cerr << "list: " << error.what() << '\n';
        return 2;
    }
}
