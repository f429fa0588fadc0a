// SPDX-License-Identifier: GPL-2.0-only
#include "socket.hpp"

#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace e2e {

namespace {

// Since 4.15, but not in every C library.
constexpr int ipv6_freebind = 78;

bool wait_events(int fd, short events, Duration timeout) {
    pollfd polled{fd, events, 0};
    const auto limit = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
    return poll(&polled, 1, static_cast<int>(limit)) > 0;
}

} // namespace

Socket::Socket(const Host &host, const Address &family_of, int type) : is_v4_(family_of.is_v4()) {
    host.in([&] {
        file_ = File{check(
            socket(is_v4_ ? AF_INET : AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket")};
    });
    const int on = 1;
    setsockopt(file_.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

void Socket::freebind() const {
    const int on = 1;
    check(is_v4_ ? setsockopt(file_.fd(), IPPROTO_IP, IP_FREEBIND, &on, sizeof on)
                 : setsockopt(file_.fd(), IPPROTO_IPV6, ipv6_freebind, &on, sizeof on),
          "free bind");
}

int Socket::bind(const Address &address, std::uint16_t port) const {
    sockaddr_storage storage{};
    const socklen_t length = address.to_sockaddr(storage, port);
    return ::bind(file_.fd(), reinterpret_cast<sockaddr *>(&storage), length) == 0 ? 0 : errno;
}

int Socket::connect(const Address &address, std::uint16_t port, Duration timeout) const {
    sockaddr_storage storage{};
    const socklen_t length = address.to_sockaddr(storage, port);
    if (::connect(file_.fd(), reinterpret_cast<sockaddr *>(&storage), length) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    if (!wait_events(file_.fd(), POLLOUT, timeout))
        return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof error;
    check(getsockopt(file_.fd(), SOL_SOCKET, SO_ERROR, &error, &size), "error of a socket");
    return error;
}

void Socket::listen() const { check(::listen(file_.fd(), 16), "listen"); }

std::optional<Socket> Socket::accept(Duration timeout) const {
    if (!readable(timeout))
        return std::nullopt;
    File connection{accept4(file_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!connection)
        return std::nullopt;
    return Socket{std::move(connection), is_v4_};
}

int Socket::send(const std::string &text) const {
    return ::send(file_.fd(), text.data(), text.size(), MSG_NOSIGNAL) >= 0 ? 0 : errno;
}

int Socket::send_to(const Address &address, std::uint16_t port, const std::string &text) const {
    sockaddr_storage storage{};
    const socklen_t length = address.to_sockaddr(storage, port);
    return sendto(file_.fd(), text.data(), text.size(), MSG_NOSIGNAL,
                  reinterpret_cast<sockaddr *>(&storage), length) >= 0
               ? 0
               : errno;
}

std::string Socket::receive(Duration timeout) const {
    if (!readable(timeout))
        return {};
    std::array<char, 256> buffer{};
    const ssize_t got = recv(file_.fd(), buffer.data(), buffer.size(), 0);
    if (got < 0)
        return "!" + std::to_string(errno);
    return {buffer.data(), static_cast<std::size_t>(got)};
}

Address Socket::local() const {
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    check(getsockname(file_.fd(), reinterpret_cast<sockaddr *>(&storage), &length),
          "address of a socket");
    const auto *bytes = reinterpret_cast<const std::uint8_t *>(&storage);
    if (storage.ss_family == AF_INET)
        return Address{View{bytes + offsetof(sockaddr_in, sin_addr), 4}};
    return Address{View{bytes + offsetof(sockaddr_in6, sin6_addr), 16}};
}

bool Socket::readable(Duration timeout) const { return wait_events(file_.fd(), POLLIN, timeout); }

} // namespace e2e
