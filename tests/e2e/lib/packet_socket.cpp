// SPDX-License-Identifier: GPL-2.0-only
#include "packet_socket.hpp"

#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

namespace e2e {

PacketSocket::PacketSocket(const Host &host, const std::string &device) {
    host.in([&] {
        // Protocol 0: it only sends.
        socket_ = File{check(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), "packet socket")};
        sockaddr_ll address{};
        address.sll_family = AF_PACKET;
        address.sll_ifindex = static_cast<int>(if_nametoindex(device.c_str()));
        if (address.sll_ifindex == 0)
            throw_errno("find " + device);
        check(bind(socket_.fd(), reinterpret_cast<sockaddr *>(&address), sizeof address),
              "bind to " + device);
    });
}

void PacketSocket::send(const Bytes &frame) const {
    if (::send(socket_.fd(), frame.data(), frame.size(), 0) != static_cast<ssize_t>(frame.size()))
        throw_errno("send a frame");
}

} // namespace e2e
