// SPDX-License-Identifier: GPL-2.0-or-later
#include "wire.hpp"

#include <carpnl/error.hpp>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

namespace carpctl {
namespace {

using carpnl::Error;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// More than any of these frames; what is behind that is nobody's business here.
constexpr std::size_t longest_frame = 2048;

constexpr std::array<std::uint8_t, ETH_ALEN> group4{0x01, 0x00, 0x5e, 0x00, 0x00, 0x12};
constexpr std::array<std::uint8_t, ETH_ALEN> group6{0x33, 0x33, 0x00, 0x00, 0x00, 0x12};

constexpr sock_filter statement(unsigned code, std::uint32_t value) {
    return {.code = static_cast<std::uint16_t>(code), .jt = 0, .jf = 0, .k = value};
}

constexpr sock_filter jump(std::uint32_t equal_to, std::uint8_t yes, std::uint8_t no) {
    return {.code = BPF_JMP | BPF_JEQ | BPF_K, .jt = yes, .jf = no, .k = equal_to};
}

constexpr std::uint32_t extra(int offset) {
    return static_cast<std::uint32_t>(SKF_AD_OFF + offset);
}

constexpr unsigned load_half = BPF_LD | BPF_H | BPF_ABS;
constexpr unsigned load_byte_behind = BPF_LD | BPF_B | BPF_IND;
constexpr std::uint32_t vlan_id = 0x0fff;
constexpr std::uint32_t protocol = 112;
/// The first four bytes of a virtual MAC, where ARP has its sender.
constexpr std::uint32_t virtual_mac = 0x00005e00;

/**
 * Frames without a VLAN (a tag of VLAN 0 is a priority alone), whether the tag is still in the
 * frame or was taken out by the card; of these IPv4 and IPv6 of protocol 112, and ARP whose sender
 * has a virtual MAC. What lies behind a tag is reached by the index register, which holds its
 * length.
 */
constexpr std::array<sock_filter, 26> filter{{
    /* 0 */ statement(load_half, extra(SKF_AD_VLAN_TAG_PRESENT)),
    /* 1 */ jump(0, 3, 0),
    /* 2 */ statement(load_half, extra(SKF_AD_VLAN_TAG)),
    /* 3 */ statement(BPF_ALU | BPF_AND | BPF_K, vlan_id),
    /* 4 */ jump(0, 0, 19),
    /* 5 */ statement(BPF_LDX | BPF_IMM, 0),
    /* 6 */ statement(load_half, 12),
    /* 7 */ jump(ETH_P_8021Q, 0, 5),
    /* 8 */ statement(load_half, 14),
    /* 9 */ statement(BPF_ALU | BPF_AND | BPF_K, vlan_id),
    /* 10 */ jump(0, 0, 13),
    /* 11 */ statement(BPF_LDX | BPF_IMM, 4),
    /* 12 */ statement(load_half, 16),
    /* 13 */ jump(ETH_P_IP, 0, 2),
    /* 14 */ statement(load_byte_behind, 23),
    /* 15 */ jump(protocol, 9, 8),
    /* 16 */ jump(ETH_P_IPV6, 0, 2),
    /* 17 */ statement(load_byte_behind, 20),
    /* 18 */ jump(protocol, 6, 5),
    /* 19 */ jump(ETH_P_ARP, 0, 4),
    /* 20 */ statement(BPF_LD | BPF_W | BPF_IND, 22),
    /* 21 */ jump(virtual_mac, 0, 2),
    /* 22 */ statement(load_byte_behind, 26),
    /* 23 */ jump(1, 1, 0),
    /* 24 */ statement(BPF_RET | BPF_K, 0),
    /* 25 */ statement(BPF_RET | BPF_K, longest_frame),
}};

struct Interface {
    std::string name;
    std::uint32_t index;
};

class PacketWire : public Wire {
  public:
    explicit PacketWire(std::vector<Interface> interfaces)
        : interfaces_(std::move(interfaces)),
          fd_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        if (fd_ < 0)
            fail(errno == EPERM ? "listening needs CAP_NET_RAW" : "");
        try {
            start();
        } catch (...) {
            ::close(fd_);
            throw;
        }
    }
    PacketWire(const PacketWire &) = delete;
    PacketWire &operator=(const PacketWire &) = delete;
    ~PacketWire() override { ::close(fd_); }

    void listen(std::optional<milliseconds> time, const Callback &callback) override {
        const auto end = Clock::now() + time.value_or(milliseconds(0));
        for (;;) {
            if (!take(callback))
                return;
            int left = -1;
            if (time) {
                const auto rest = std::chrono::ceil<milliseconds>(end - Clock::now()).count();
                if (rest <= 0)
                    return;
                left = static_cast<int>(std::min<std::int64_t>(rest, INT32_MAX));
            }
            pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
            if (::poll(&waiting, 1, left) < 0 && errno != EINTR)
                fail({});
        }
    }

  private:
    [[noreturn]] void fail(const std::string &text) const {
        const int error = errno;
        throw Error(error, interfaces_.size() == 1 ? interfaces_.front().name : "", text);
    }

    template <class Value> void set(int level, int option, const Value &value) const {
        if (::setsockopt(fd_, level, option, &value, sizeof(value)) != 0)
            fail({});
    }

    void join(std::uint32_t interface, const std::array<std::uint8_t, ETH_ALEN> &group) const {
        packet_mreq request{};
        request.mr_ifindex = static_cast<int>(interface);
        request.mr_type = PACKET_MR_MULTICAST;
        request.mr_alen = ETH_ALEN;
        std::copy(group.begin(), group.end(), std::begin(request.mr_address));
        set(SOL_PACKET, PACKET_ADD_MEMBERSHIP, request);
    }

    /// The filter first, and the protocol last: until then nothing comes in.
    void start() const {
        auto program = filter;
        const sock_fprog code{.len = static_cast<unsigned short>(program.size()),
                              .filter = program.data()};
        set(SOL_SOCKET, SO_ATTACH_FILTER, code);
        set(SOL_SOCKET, SO_TIMESTAMPNS, 1);
        for (const auto &interface : interfaces_) {
            join(interface.index, group4);
            join(interface.index, group6);
        }
        sockaddr_ll any{};
        any.sll_family = AF_PACKET;
        any.sll_protocol = htons(ETH_P_ALL);
        if (interfaces_.size() == 1)
            any.sll_ifindex = static_cast<int>(interfaces_.front().index);
        if (::bind(fd_, reinterpret_cast<const sockaddr *>(&any), sizeof(any)) != 0)
            fail({});
    }

    static std::chrono::system_clock::time_point time_of(msghdr &message) {
        for (auto *part = CMSG_FIRSTHDR(&message); part != nullptr;
             part = CMSG_NXTHDR(&message, part))
            if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_TIMESTAMPNS) {
                timespec stamp{};
                std::memcpy(&stamp, CMSG_DATA(part), sizeof(stamp));
                return std::chrono::system_clock::time_point(
                    std::chrono::duration_cast<std::chrono::system_clock::duration>(
                        std::chrono::seconds(stamp.tv_sec) +
                        std::chrono::nanoseconds(stamp.tv_nsec)));
            }
        return std::chrono::system_clock::now();
    }

    /// All that is there. Returns whether to go on.
    bool take(const Callback &callback) {
        for (;;) {
            sockaddr_ll from{};
            std::array<std::byte, 64> control{};
            iovec data{.iov_base = buffer_.data(), .iov_len = buffer_.size()};
            msghdr message{};
            message.msg_name = &from;
            message.msg_namelen = sizeof(from);
            message.msg_iov = &data;
            message.msg_iovlen = 1;
            message.msg_control = control.data();
            message.msg_controllen = control.size();
            const auto length = ::recvmsg(fd_, &message, 0);
            if (length < 0 && (errno == EAGAIN || errno == EINTR))
                return true;
            if (length < 0)
                fail({});
            const auto index = static_cast<std::uint32_t>(from.sll_ifindex);
            const auto where = std::find_if(interfaces_.begin(), interfaces_.end(),
                                            [&](const auto &one) { return one.index == index; });
            if (where == interfaces_.end())
                continue;
            if (!callback({.frame = std::span(buffer_).first(static_cast<std::size_t>(length)),
                           .interface = where->name,
                           .time = time_of(message),
                           .own = from.sll_pkttype == PACKET_OUTGOING}))
                return false;
        }
    }

    std::vector<Interface> interfaces_;
    int fd_;
    std::array<std::byte, longest_frame> buffer_{};
};

} // namespace

std::unique_ptr<Wire> open_wire(const std::vector<std::string> &interfaces) {
    std::vector<Interface> all;
    for (const auto &name : interfaces) {
        const auto index = ::if_nametoindex(name.c_str());
        if (index == 0)
            throw Error(ENODEV, name, "no such device");
        all.push_back({.name = name, .index = index});
    }
    return std::make_unique<PacketWire>(std::move(all));
}

} // namespace carpctl
