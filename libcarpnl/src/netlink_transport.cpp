// SPDX-License-Identifier: LGPL-2.1-or-later
#include "transport.hpp"

#include <carpnl/error.hpp>

#include <linux/netlink.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string>

namespace carpnl::detail {
namespace {

// Some thousand events, as far as the system's limits allow it.
constexpr int event_room = 1 << 20;

// The kernel makes its datagrams as long as what it is offered, up to 32 KiB: the more devices fit,
// the fewer system calls a dump takes. No single answer that is asked for here is longer.
constexpr std::size_t datagram_room = 32768;

struct FreeSocket {
    void operator()(nl_sock *socket) const noexcept { nl_socket_free(socket); }
};

class NetlinkSocket {
  public:
    explicit NetlinkSocket(int protocol) : socket_(nl_socket_alloc()) {
        if (!socket_)
            throw Error(ENOMEM, {}, "netlink socket: out of memory");
        if (const int failure = nl_connect(socket_.get(), protocol); failure < 0)
            throw Error(EPROTO, {}, std::string("netlink socket: ") + nl_geterror(failure));
        // The kernel's own words on refusals.
        if (!switch_on(NETLINK_EXT_ACK))
            throw Error(errno, {}, "netlink socket: the kernel gives no extended acknowledgements");
        // Dumps filtered by the kernel. One that cannot sends more, and everything is filtered
        // here again: so no failure.
        switch_on(NETLINK_GET_STRICT_CHK);
        // Refusals without a copy of the request, which may hold a key.
        switch_on(NETLINK_CAP_ACK);
    }

    int fd() const noexcept { return nl_socket_get_fd(socket_.get()); }

    void send(std::span<const std::byte> message) const {
        sockaddr_nl kernel{};
        kernel.nl_family = AF_NETLINK;
        while (::sendto(fd(), message.data(), message.size(), 0,
                        reinterpret_cast<const sockaddr *>(&kernel), sizeof(kernel)) < 0)
            if (errno != EINTR)
                throw Error(errno, {}, {});
    }

    /// @p flags 0, or MSG_DONTWAIT: nothing if no datagram is there
    std::optional<std::vector<std::byte>> receive(int flags) const {
        std::vector<std::byte> datagram(datagram_room);
        const auto length = receive_into(datagram, flags | MSG_TRUNC);
        if (!length)
            return std::nullopt;
        if (*length > datagram.size())
            throw Error(EMSGSIZE, {}, "the kernel's answer is too long");
        datagram.resize(*length);
        return datagram;
    }

    void join(std::uint32_t group) const {
        const auto number = static_cast<int>(group);
        if (::setsockopt(fd(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &number, sizeof(number)) != 0)
            throw Error(errno, {}, {});
    }

    void make_room(int bytes) const noexcept {
        if (::setsockopt(fd(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
            ::setsockopt(fd(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    }

  private:
    bool switch_on(int option) const noexcept {
        const int on = 1;
        return ::setsockopt(fd(), SOL_NETLINK, option, &on, sizeof(on)) == 0;
    }

    std::optional<std::size_t> receive_into(std::span<std::byte> buffer, int flags) const {
        for (;;) {
            sockaddr_nl from{};
            socklen_t length = sizeof(from);
            const ssize_t got = ::recvfrom(fd(), buffer.data(), buffer.size(), flags,
                                           reinterpret_cast<sockaddr *>(&from), &length);
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0 && errno == EAGAIN && (flags & MSG_DONTWAIT) != 0)
                return std::nullopt;
            if (got < 0)
                throw Error(errno, {}, {});
            // Any process may send to a netlink port; only the kernel is listened to.
            if (from.nl_pid != 0)
                continue;
            return static_cast<std::size_t>(got);
        }
    }

    std::unique_ptr<nl_sock, FreeSocket> socket_;
};

class NetlinkTransport final : public Transport {
  public:
    explicit NetlinkTransport(int protocol) : socket_(protocol) {}

    void send(std::span<const std::byte> message) override { socket_.send(message); }
    std::vector<std::byte> receive() override {
        return socket_.receive(0).value_or(std::vector<std::byte>());
    }

  private:
    NetlinkSocket socket_;
};

class NetlinkEventTransport final : public EventTransport {
  public:
    NetlinkEventTransport() : socket_(NETLINK_GENERIC) { socket_.make_room(event_room); }

    void send(std::span<const std::byte> message) override { socket_.send(message); }
    std::optional<std::vector<std::byte>> receive() override {
        return socket_.receive(MSG_DONTWAIT);
    }
    void join(std::uint32_t group) override { socket_.join(group); }
    int fd() const noexcept override { return socket_.fd(); }

    bool wait(std::optional<std::chrono::milliseconds> timeout) override {
        using Clock = std::chrono::steady_clock;
        using std::chrono::milliseconds;
        // As much as poll(2) can be told, and not so much that the sum runs over.
        constexpr auto longest = milliseconds(std::numeric_limits<int>::max());
        const auto end =
            Clock::now() + std::clamp(timeout.value_or(longest), milliseconds(0), longest);
        for (;;) {
            int left = -1;
            if (timeout)
                left =
                    static_cast<int>(std::clamp(std::chrono::ceil<milliseconds>(end - Clock::now()),
                                                milliseconds(0), longest)
                                         .count());
            pollfd one{.fd = fd(), .events = POLLIN, .revents = 0};
            const int ready = ::poll(&one, 1, left);
            if (ready > 0)
                return true;
            if (ready == 0)
                return false;
            if (errno != EINTR)
                throw Error(errno, {}, {});
        }
    }

  private:
    NetlinkSocket socket_;
};

} // namespace

std::unique_ptr<Transport> open_route_transport() {
    return std::make_unique<NetlinkTransport>(NETLINK_ROUTE);
}

std::unique_ptr<Transport> open_generic_transport() {
    return std::make_unique<NetlinkTransport>(NETLINK_GENERIC);
}

std::unique_ptr<EventTransport> open_event_transport() {
    return std::make_unique<NetlinkEventTransport>();
}

} // namespace carpnl::detail
