// SPDX-License-Identifier: GPL-2.0-only
#include "ping_probe.hpp"

#include "carp_packet.hpp"

#include <arpa/inet.h>
#include <atomic>
#include <cstring>
#include <ctime>
#include <linux/icmp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sstream>
#include <sys/socket.h>

namespace e2e {

namespace {

std::atomic<std::uint16_t> next_id{0x4200};

constexpr std::size_t echo_length = 8;
constexpr std::uint8_t echo_request4 = 8;
constexpr std::uint8_t echo_reply4 = 0;
constexpr std::uint8_t echo_request6 = 128;
constexpr std::uint8_t echo_reply6 = 129;

std::array<std::uint8_t, echo_length> echo_request(bool v4, std::uint16_t id,
                                                   std::uint16_t sequence) {
    std::array<std::uint8_t, echo_length> packet{v4 ? echo_request4 : echo_request6,
                                                 0,
                                                 0,
                                                 0,
                                                 static_cast<std::uint8_t>(id >> 8),
                                                 static_cast<std::uint8_t>(id),
                                                 static_cast<std::uint8_t>(sequence >> 8),
                                                 static_cast<std::uint8_t>(sequence)};
    if (v4) { // the kernel does it for ICMPv6
        const std::uint16_t sum = internet_checksum(packet);
        packet[2] = static_cast<std::uint8_t>(sum >> 8);
        packet[3] = static_cast<std::uint8_t>(sum);
    }
    return packet;
}

File echo_socket(bool v4) {
    File file{check(socket(v4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                           v4 ? static_cast<int>(IPPROTO_ICMP) : static_cast<int>(IPPROTO_ICMPV6)),
                    "ICMP socket")};
    if (v4) {
        const std::uint32_t all_but_replies = ~(1U << echo_reply4);
        check(setsockopt(file.fd(), SOL_RAW, ICMP_FILTER, &all_but_replies, sizeof all_but_replies),
              "ICMP filter");
    } else {
        icmp6_filter filter{};
        ICMP6_FILTER_SETBLOCKALL(&filter);
        ICMP6_FILTER_SETPASS(echo_reply6, &filter);
        check(setsockopt(file.fd(), IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter),
              "ICMPv6 filter");
    }
    const int on = 1;
    check(setsockopt(file.fd(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on), "time stamps");
    return file;
}

Instant arrival_time(msghdr &message) {
    for (cmsghdr *part = CMSG_FIRSTHDR(&message); part != nullptr;
         part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_TIMESTAMPNS) {
            timespec stamp{};
            std::memcpy(&stamp, CMSG_DATA(part), sizeof stamp);
            return from_realtime(stamp);
        }
    }
    return now();
}

/// The value of `name` in a table of /proc/net/snmp's form.
std::uint64_t snmp_value(const std::string &table, const std::string &name) {
    std::istringstream lines(table);
    std::string heads;
    std::string values;
    while (std::getline(lines, heads) && std::getline(lines, values)) {
        std::istringstream head(heads);
        std::istringstream value(values);
        std::string key;
        std::string number;
        while (head >> key && value >> number)
            if (key == name)
                return std::stoull(number);
    }
    throw std::runtime_error("no " + name + " in /proc/net/snmp");
}

std::uint64_t snmp6_value(const std::string &table, const std::string &name) {
    std::istringstream words(table);
    std::string key;
    std::uint64_t number = 0;
    while (words >> key >> number)
        if (key == name)
            return number;
    throw std::runtime_error("no " + name + " in /proc/net/snmp6");
}

} // namespace

PingProbe::PingProbe(const Host &client, const Address &target, Duration interval)
    : Probe(client, interval), target_(target), id_(next_id++) {
    client.in([&] { socket_ = echo_socket(target.is_v4()); });
    start();
}

void PingProbe::ask(std::size_t number) {
    newest_ = number;
    const auto packet = echo_request(target_.is_v4(), id_, static_cast<std::uint16_t>(number));
    sockaddr_storage address{};
    const socklen_t length = target_.to_sockaddr(address, 0);
    // A failure (no route, no neighbour) is an unanswered question.
    static_cast<void>(sendto(socket_.fd(), packet.data(), packet.size(), MSG_DONTWAIT,
                             reinterpret_cast<sockaddr *>(&address), length));
}

void PingProbe::collect() {
    std::array<std::uint8_t, 128> buffer{};
    alignas(cmsghdr) std::array<char, 128> control{};
    for (;;) {
        iovec part{buffer.data(), buffer.size()};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control.data();
        message.msg_controllen = control.size();
        const ssize_t got = recvmsg(socket_.fd(), &message, MSG_DONTWAIT);
        if (got < 0)
            return;
        // A raw IPv4 socket delivers the IP header too.
        const std::size_t head = target_.is_v4() ? (buffer[0] & 15U) * 4U : 0;
        if (static_cast<std::size_t>(got) < head + echo_length)
            continue;
        const std::uint8_t *echo = buffer.data() + head;
        if ((echo[4] << 8 | echo[5]) != id_)
            continue;
        const auto sequence = static_cast<std::uint16_t>(echo[6] << 8 | echo[7]);
        const auto behind = static_cast<std::uint16_t>(newest_ - sequence);
        note_answer(newest_ - behind, arrival_time(message));
    }
}

bool ping(const Host &client, const Address &target, Duration timeout) {
    const PingProbe probe(client, target, 100ms);
    return probe.wait_answer(timeout, {});
}

std::uint64_t echoes_answered(const Host &host) {
    return host.in([] {
        return snmp_value(read_file("/proc/thread-self/net/snmp"), "OutEchoReps") +
               snmp6_value(read_file("/proc/thread-self/net/snmp6"), "Icmp6OutEchoReplies");
    });
}

} // namespace e2e
