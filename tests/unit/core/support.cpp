// SPDX-License-Identifier: GPL-2.0-only
#include "support.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <fstream>
#include <stdexcept>

namespace carp::test {

const Json &vectors() {
    static const Json parsed = [] {
        std::ifstream file(CARP_VECTORS);
        return Json::parse(file);
    }();
    return parsed;
}

Bytes from_hex(std::string_view hex) {
    if (hex.size() % 2)
        throw std::invalid_argument("odd number of hex digits");
    Bytes out;
    for (size_t i = 0; i < hex.size(); i += 2)
        out.push_back(static_cast<u8>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));
    return out;
}

std::string to_hex(std::span<const u8> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (u8 b : bytes) {
        out += digits[b >> 4];
        out += digits[b & 15];
    }
    return out;
}

Addr4 addr4(const std::string &text) {
    Addr4 out;
    if (inet_pton(AF_INET, text.c_str(), out.data()) != 1)
        throw std::invalid_argument(text);
    return out;
}

Addr6 addr6(const std::string &text) {
    Addr6 out;
    if (inet_pton(AF_INET6, text.c_str(), out.data()) != 1)
        throw std::invalid_argument(text);
    return out;
}

std::string case_name(std::string text) {
    std::ranges::replace_if(text, [](unsigned char c) { return !std::isalnum(c); }, '_');
    return text;
}

AddrList AddrList::of(const Json &row) {
    AddrList list;
    for (const auto &text : row.at("ipv4"))
        list.v4.push_back(addr4(text));
    for (const auto &text : row.at("ipv6"))
        list.v6.push_back(addr6(text));
    return list;
}

carp_addrs AddrList::view() {
    return {.v4 = reinterpret_cast<u8(*)[CARP_ADDR4_LEN]>(v4.data()),
            .n4 = v4.size(),
            .v6 = reinterpret_cast<u8(*)[CARP_ADDR6_LEN]>(v6.data()),
            .n6 = v6.size()};
}

AddrList &AddrList::normalise() {
    carp_addrs a = view();
    carp_addrs_normalise(&a);
    v4.resize(a.n4);
    v6.resize(a.n6);
    return *this;
}

carp_digest prepare(std::span<const u8> key, u8 vhid, AddrList list, carp_digest_form form) {
    carp_digest digest;
    const carp_addrs addrs = list.normalise().view();
    carp_digest_prepare(&digest, key.data(), key.size(), vhid, &addrs, form);
    return digest;
}

Mac sign(std::span<const u8> key, u8 vhid, AddrList list, const Counter &counter,
         carp_digest_form form) {
    const carp_digest digest = prepare(key, vhid, std::move(list), form);
    Mac mac;
    carp_digest_sign(&digest, counter.data(), mac.data());
    return mac;
}

Mac sign(const Json &row) {
    const bool nov6ll = row.at("options").value("nov6ll", false);
    return sign(from_hex(row.at("key_hex").get<std::string>()), row.at("vhid"), AddrList::of(row),
                array_of<CARP_COUNTER_LEN>(from_hex(row.at("counter_hex").get<std::string>())),
                nov6ll ? CARP_DIGEST_NOV6LL : CARP_DIGEST_ORIG);
}

carp_advert random_advert(Chance &chance) {
    carp_advert adv{.version = static_cast<u8>(chance.below(16)),
                    .type = static_cast<u8>(chance.below(16)),
                    .vhid = chance.byte(),
                    .advskew = chance.byte(),
                    .authlen = chance.byte(),
                    .demote = chance.byte(),
                    .advbase = chance.byte(),
                    .counter = {},
                    .mac = {}};
    chance.fill(adv.counter);
    chance.fill(adv.mac);
    return adv;
}

} // namespace carp::test
