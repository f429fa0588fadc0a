// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a frame that a host hears. What is read of them can be told; a broken promise
// aborts.
#include "advert.hpp"
#include "advert_words.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using carpctl::Advert;
using carpctl::Flaw;
using carpctl::Protocol;

void require(bool holds, const char *promise) {
    if (holds)
        return;
    std::fprintf(stderr, "broken promise: %s\n", promise);
    std::abort();
}

/// Chance alone hardly ever finds protocol 112. The first byte says how much is put right.
std::vector<std::byte> dressed(const std::uint8_t *data, std::size_t size) {
    std::vector<std::byte> frame;
    std::transform(data + 1, data + size, std::back_inserter(frame),
                   [](std::uint8_t one) { return static_cast<std::byte>(one); });
    const unsigned kind = *data;
    const auto put = [&](std::size_t at, unsigned value) {
        if (at < frame.size())
            frame[at] = static_cast<std::byte>(value);
    };
    if ((kind & 1U) == 0)
        return frame;
    const bool six = (kind & 2U) != 0;
    const std::size_t tag = (kind & 4U) != 0 ? 4 : 0;
    if (tag != 0) {
        put(12, 0x81);
        put(13, 0x00);
        put(14, kind & 0xe0U);
        put(15, 0);
    }
    put(tag + 12, six ? 0x86 : 0x08);
    put(tag + 13, six ? 0xdd : 0x00);
    put(tag + 14, six ? 0x60 : 0x45);
    put(tag + (six ? 20 : 23), 112);
    if (frame.size() > tag + 54) {
        const std::size_t length = frame.size() - tag - (six ? 54 : 14);
        put(tag + (six ? 18 : 16), static_cast<unsigned>(length >> 8U));
        put(tag + (six ? 19 : 17), length & 0xffU);
    }
    if (!six) {
        put(tag + 20, 0x40);
        put(tag + 21, 0);
    }
    if ((kind & 8U) != 0)
        put(tag + (six ? 54 : 34), (kind & 16U) != 0 ? 0x31 : 0x21);
    return frame;
}

void check(const Advert &advert) {
    const bool vrrp = advert.protocol == Protocol::vrrp2 || advert.protocol == Protocol::vrrp3;
    require(vrrp || advert.addresses.empty(), "CARP names no addresses");
    require(advert.protocol != Protocol::other || advert.vhid == 0, "others have no number");
    require(advert.interval.count() >= 0, "no interval is negative");
    require(advert.source.family() == advert.destination.family(), "one family");
    const auto line = describe(advert, {.interface = "eth0", .time = {}, .own = false});
    for (const char c : line)
        require(c >= ' ' && c <= '~', "a line is fit for a terminal");
    require(!to_json(advert).dump().empty(), "JSON of every advert");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    if (size == 0)
        return 0;
    const auto frame = dressed(data, size);
    if (const auto advert = carpctl::read_advert(frame))
        check(*advert);
    if (const auto claim = carpctl::read_claim(frame))
        require(claim->vhid != 0, "a virtual MAC has a number");
    return 0;
}
