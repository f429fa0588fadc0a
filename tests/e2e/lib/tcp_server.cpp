// SPDX-License-Identifier: GPL-2.0-only
#include "tcp_server.hpp"

#include "address.hpp"

#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace e2e {

namespace {

File listen_everywhere(std::uint16_t port) {
    File listener{check(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), "TCP socket")};
    const int on = 1;
    const int off = 0;
    setsockopt(listener.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(listener.fd(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    check(bind(listener.fd(), reinterpret_cast<sockaddr *>(&address), sizeof address),
          "bind the TCP server");
    check(listen(listener.fd(), 128), "listen");
    return listener;
}

int milliseconds_until(Instant end) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - now()).count();
    return left > 0 ? static_cast<int>(left) : 0;
}

} // namespace

TcpServer::TcpServer(const Host &host, std::uint16_t port)
    : name_(host.name()), stop_(check(eventfd(0, EFD_CLOEXEC), "eventfd")) {
    host.in([&] { listener_ = listen_everywhere(port); });
    thread_ = std::thread([this] { serve(); });
}

TcpServer::~TcpServer() {
    eventfd_write(stop_.fd(), 1);
    thread_.join();
}

void TcpServer::serve() {
    std::array<pollfd, 2> polled{{{listener_.fd(), POLLIN, 0}, {stop_.fd(), POLLIN, 0}}};
    for (;;) {
        poll(polled.data(), polled.size(), -1);
        if (polled[1].revents != 0)
            return;
        const File client{accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC)};
        if (client)
            static_cast<void>(send(client.fd(), name_.data(), name_.size(), MSG_NOSIGNAL));
    }
}

std::optional<std::string> who_answers(const Host &client, const Address &target, Duration timeout,
                                       std::uint16_t port) {
    return client.in([&]() -> std::optional<std::string> {
        const Instant end = now() + timeout;
        const File connection{check(socket(target.is_v4() ? AF_INET : AF_INET6,
                                           SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                                    "TCP socket")};
        sockaddr_storage address{};
        const socklen_t length = target.to_sockaddr(address, port);
        if (connect(connection.fd(), reinterpret_cast<sockaddr *>(&address), length) != 0 &&
            errno != EINPROGRESS)
            return std::nullopt;
        std::string name;
        for (;;) {
            pollfd polled{connection.fd(), POLLIN, 0};
            if (poll(&polled, 1, milliseconds_until(end)) <= 0)
                return std::nullopt;
            std::array<char, 64> buffer{};
            const ssize_t got = recv(connection.fd(), buffer.data(), buffer.size(), 0);
            if (got < 0)
                return std::nullopt;
            if (got == 0)
                return name.empty() ? std::nullopt : std::optional{name};
            name.append(buffer.data(), static_cast<std::size_t>(got));
        }
    });
}

} // namespace e2e
