// SPDX-License-Identifier: GPL-2.0-only
#include "address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdio>
#include <cstring>
#include <netinet/in.h>
#include <stdexcept>

namespace e2e {

Mac Mac::parse(std::string_view text) {
    Mac mac;
    auto &[b0, b1, b2, b3, b4, b5] = mac.bytes;
    char behind = 0;
    if (std::sscanf(std::string{text}.c_str(), "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%c", &b0, &b1,
                    &b2, &b3, &b4, &b5, &behind) != 6)
        throw std::invalid_argument("no MAC address: " + std::string{text});
    return mac;
}

Mac Mac::of_vhid(unsigned vhid) {
    return {{0x00, 0x00, 0x5e, 0x00, 0x01, static_cast<std::uint8_t>(vhid)}};
}

Mac Mac::broadcast() { return {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}; }

std::string Mac::text() const {
    std::array<char, 18> out{};
    std::snprintf(out.data(), out.size(), "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1],
                  bytes[2], bytes[3], bytes[4], bytes[5]);
    return out.data();
}

unsigned Mac::vhid() const { return *this == of_vhid(bytes[5]) ? bytes[5] : 0; }

Address::Address(std::string_view text) {
    const std::string plain{text.substr(0, text.find('/'))};
    if (inet_pton(AF_INET, plain.c_str(), bytes_.data()) == 1)
        length_ = 4;
    else if (inet_pton(AF_INET6, plain.c_str(), bytes_.data()) == 1)
        length_ = 16;
    else
        throw std::invalid_argument("no IP address: " + plain);
}

Address::Address(std::span<const std::uint8_t> bytes) : length_(bytes.size()) {
    if (length_ != 4 && length_ != 16)
        throw std::invalid_argument("an IP address has 4 or 16 bytes");
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

std::string Address::text() const {
    if (length_ == 0)
        return "(none)";
    std::array<char, INET6_ADDRSTRLEN> out{};
    inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes_.data(), out.data(), out.size());
    return out.data();
}

socklen_t Address::to_sockaddr(sockaddr_storage &storage, std::uint16_t port,
                               unsigned scope) const {
    storage = {};
    if (is_v4()) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        std::memcpy(&address.sin_addr, bytes_.data(), 4);
        std::memcpy(&storage, &address, sizeof address);
        return sizeof address;
    }
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    address.sin6_scope_id = scope;
    std::memcpy(&address.sin6_addr, bytes_.data(), 16);
    std::memcpy(&storage, &address, sizeof address);
    return sizeof address;
}

std::ostream &operator<<(std::ostream &out, const Mac &mac) { return out << mac.text(); }

std::ostream &operator<<(std::ostream &out, const Address &address) {
    return out << address.text();
}

} // namespace e2e
