// SPDX-License-Identifier: LGPL-2.1-or-later
#include "transport.hpp"

#include <carpnl/error.hpp>

#include <linux/netlink.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <sys/socket.h>

#include <cerrno>

namespace carpnl::detail {
namespace {

struct FreeSocket {
    void operator()(nl_sock *socket) const noexcept { nl_socket_free(socket); }
};

class RouteTransport final : public Transport {
  public:
    RouteTransport() : socket_(nl_socket_alloc()) {
        if (!socket_)
            throw Error(ENOMEM, {}, "netlink socket: out of memory");
        if (const int failure = nl_connect(socket_.get(), NETLINK_ROUTE); failure < 0)
            throw Error(EPROTO, {}, std::string("netlink socket: ") + nl_geterror(failure));
        // The kernel's own words on refusals.
        if (!set_option(NETLINK_EXT_ACK))
            throw Error(errno, {}, "netlink socket: the kernel gives no extended acknowledgements");
        // Dumps filtered by the kernel. One that cannot sends more, and everything is filtered
        // here again: so no failure.
        set_option(NETLINK_GET_STRICT_CHK);
        // Refusals without a copy of the request, which may hold a key.
        set_option(NETLINK_CAP_ACK);
    }

    void send(std::span<const std::byte> message) override {
        sockaddr_nl kernel{};
        kernel.nl_family = AF_NETLINK;
        while (::sendto(fd(), message.data(), message.size(), 0,
                        reinterpret_cast<const sockaddr *>(&kernel), sizeof(kernel)) < 0)
            if (errno != EINTR)
                throw Error(errno, {}, {});
    }

    std::vector<std::byte> receive() override {
        // The first look only asks how long the datagram is, so that none is ever cut.
        std::vector<std::byte> datagram(receive_into({}, MSG_PEEK | MSG_TRUNC));
        datagram.resize(receive_into(datagram, 0));
        return datagram;
    }

  private:
    int fd() const noexcept { return nl_socket_get_fd(socket_.get()); }

    bool set_option(int option) const noexcept {
        const int on = 1;
        return ::setsockopt(fd(), SOL_NETLINK, option, &on, sizeof(on)) == 0;
    }

    std::size_t receive_into(std::span<std::byte> buffer, int flags) const {
        for (;;) {
            sockaddr_nl from{};
            socklen_t length = sizeof(from);
            const ssize_t got = ::recvfrom(fd(), buffer.data(), buffer.size(), flags,
                                           reinterpret_cast<sockaddr *>(&from), &length);
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                throw Error(errno, {}, {});
            // Any process may send to a netlink port; only the kernel is listened to.
            if (from.nl_pid != 0) {
                if ((flags & MSG_PEEK) != 0)
                    ::recv(fd(), nullptr, 0, 0);
                continue;
            }
            return static_cast<std::size_t>(got);
        }
    }

    std::unique_ptr<nl_sock, FreeSocket> socket_;
};

} // namespace

std::unique_ptr<Transport> open_route_transport() { return std::make_unique<RouteTransport>(); }

} // namespace carpnl::detail
