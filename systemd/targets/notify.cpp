// SPDX-License-Identifier: GPL-2.0-or-later
#include "notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace carptargets {

bool notify(std::string_view text) {
    const char *const named = std::getenv("NOTIFY_SOCKET");
    if (named == nullptr)
        return true;
    const std::string_view path(named);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() < 2 || path.size() >= sizeof(address.sun_path))
        return false;
    std::memcpy(&address.sun_path, path.data(), path.size());
    // An abstract name.
    if (path.front() == '@')
        address.sun_path[0] = '\0';
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    const auto sent = ::sendto(fd, text.data(), text.size(), MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr *>(&address), length);
    ::close(fd);
    return sent == static_cast<ssize_t>(text.size());
}

} // namespace carptargets
