// SPDX-License-Identifier: GPL-2.0-only
#include "tcp_probe.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/socket.h>

namespace e2e {

namespace {

/// Before the first retransmission: a retried connection would hide when the
/// address was out of reach.
constexpr Duration patience = 900ms;

} // namespace

TcpProbe::TcpProbe(const Host &client, const Address &target, Duration interval, std::uint16_t port)
    : Probe(client, interval), target_(target), port_(port) {
    start();
}

void TcpProbe::ask(std::size_t number) {
    File connection{check(
        socket(target_.is_v4() ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
        "TCP socket")};
    // Closing leaves nothing behind, so that ports do not run out.
    const linger at_once{1, 0};
    setsockopt(connection.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    sockaddr_storage address{};
    const socklen_t length = target_.to_sockaddr(address, port_);
    if (connect(connection.fd(), reinterpret_cast<sockaddr *>(&address), length) == 0 ||
        errno == EINPROGRESS)
        attempts_.push_back({number, now(), std::move(connection)});
}

void TcpProbe::collect() {
    std::deque<Attempt> open;
    for (Attempt &attempt : attempts_) {
        std::array<char, 64> buffer{};
        const ssize_t got = recv(attempt.connection.fd(), buffer.data(), buffer.size(), 0);
        if (got > 0)
            note_answer(attempt.number, now(),
                        std::string(buffer.data(), static_cast<std::size_t>(got)));
        else if (got < 0 && (errno == EAGAIN || errno == ENOTCONN) &&
                 now() - attempt.begun < patience)
            open.push_back(std::move(attempt));
    }
    attempts_ = std::move(open);
}

} // namespace e2e
