// SPDX-License-Identifier: GPL-2.0-only
// What all tests of the core need: vectors, hex, addresses, chance.
#pragma once

#include "core.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carp::test {

using Json = nlohmann::json;
using Bytes = std::vector<u8>;
using Mac = std::array<u8, CARP_MAC_LEN>;
using Counter = std::array<u8, CARP_COUNTER_LEN>;
using Header = std::array<u8, CARP_HDR_LEN>;
using Ether = std::array<u8, CARP_ETH_ALEN>;
using Addr4 = std::array<u8, CARP_ADDR4_LEN>;
using Addr6 = std::array<u8, CARP_ADDR6_LEN>;

const Json &vectors();

Bytes from_hex(std::string_view hex);
std::string to_hex(std::span<const u8> bytes);
Addr4 addr4(const std::string &text);
Addr6 addr6(const std::string &text);

// What gtest accepts as the name of a case.
std::string case_name(std::string text);

template <size_t N> std::array<u8, N> array_of(const Bytes &bytes) {
    std::array<u8, N> out{};
    if (bytes.size() != N)
        throw std::length_error("wrong number of bytes");
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
}

// Owns what a carp_addrs points to.
class AddrList {
  public:
    std::vector<Addr4> v4;
    std::vector<Addr6> v6;

    static AddrList of(const Json &row);
    AddrList &normalise();
    carp_addrs view();

    bool operator==(const AddrList &) const = default;
};

Mac sign(std::span<const u8> key, u8 vhid, AddrList list, const Counter &counter,
         carp_digest_form form = CARP_DIGEST_ORIG);
Mac sign(const Json &row);
carp_digest prepare(std::span<const u8> key, u8 vhid, AddrList list,
                    carp_digest_form form = CARP_DIGEST_ORIG);

// The same on every machine and in every run; std distributions are not.
class Chance {
  public:
    explicit Chance(u64 seed) : engine_(seed) {}

    u64 below(u64 n) { return engine_() % n; }
    u8 byte() { return static_cast<u8>(engine_()); }

    template <typename Range> void fill(Range &&range) {
        for (auto &b : range)
            b = byte();
    }

    template <size_t N> std::array<u8, N> bytes() {
        std::array<u8, N> out;
        fill(out);
        return out;
    }

  private:
    std::mt19937_64 engine_;
};

carp_advert random_advert(Chance &chance);

} // namespace carp::test
