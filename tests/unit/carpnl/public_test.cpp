// SPDX-License-Identifier: GPL-2.0-or-later
// A program of somebody who has the public headers and the shared library only.
#include <carpnl/carpnl.hpp>

#include <cstdio>
#include <string>
#include <type_traits>

static_assert(!std::is_copy_constructible_v<carpnl::Socket>);
static_assert(std::is_nothrow_move_constructible_v<carpnl::Socket>);
static_assert(!std::is_copy_constructible_v<carpnl::Key>);
static_assert(!std::is_copy_constructible_v<carpnl::Config>);
static_assert(std::is_nothrow_copy_constructible_v<carpnl::Error>);
static_assert(std::is_copy_constructible_v<carpnl::Status>);

int main() {
    if (carpnl::version() != carpnl::header_version)
        return 1;
    auto socket = carpnl::Socket::open();
    for (const auto &status : socket.list())
        std::printf("%s %s\n", status.name().c_str(),
                    std::string(to_string(status.state())).c_str());
    try {
        socket.status("lo");
    } catch (const carpnl::Error &error) {
        return error.text() == "not a carp device" ? 0 : 1;
    }
    return 1;
}
