// SPDX-License-Identifier: GPL-2.0-only
// Hostile bytes through the core: address lists and keys as netlink could bring them, packets as
// the wire could. Any broken promise aborts.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

extern "C" {
#include "core/addrs.h"
#include "core/digest.h"
#include "core/wire.h"
}

namespace {

void require(bool holds, const char *promise) {
    if (holds)
        return;
    std::fprintf(stderr, "broken promise: %s\n", promise);
    std::abort();
}

// Takes the input apart from the front; what is missing reads as zero.
class Input {
  public:
    explicit Input(std::span<const u8> bytes) : rest_(bytes) {}

    u8 byte() {
        if (rest_.empty())
            return 0;
        const u8 b = rest_.front();
        rest_ = rest_.subspan(1);
        return b;
    }

    std::vector<u8> bytes(size_t n) {
        std::vector<u8> out(n);
        for (u8 &b : out)
            b = byte();
        return out;
    }

    std::vector<u8> rest() { return {rest_.begin(), rest_.end()}; }

  private:
    std::span<const u8> rest_;
};

template <size_t N> std::vector<std::array<u8, N>> addresses(Input &in) {
    std::vector<std::array<u8, N>> out(in.byte() % 16);
    for (auto &a : out) {
        // short codes for the interesting ones, so that they meet often
        const u8 kind = in.byte();
        a.fill(kind & 1 ? 0xff : 0x00);
        if (kind & 2)
            a[0] = 0xfe;
        if (kind & 4)
            a[1] = 0x80;
        if (kind & 8)
            a[2] = in.byte();
        if (kind & 16)
            a[N - 1] = in.byte();
        if (kind & 32)
            std::ranges::copy(in.bytes(N), a.begin());
    }
    return out;
}

template <size_t N>
bool ascending_and_usable(const std::vector<std::array<u8, N>> &list, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (i && !(list[i - 1] < list[i]))
            return false;
        const auto &a = list[i];
        if (std::ranges::all_of(a, [](u8 b) { return b == 0x00; }) ||
            std::ranges::all_of(a, [](u8 b) { return b == 0xff; }))
            return false;
    }
    return true;
}

struct Lists {
    std::vector<std::array<u8, 4>> v4;
    std::vector<std::array<u8, 16>> v6;
    carp_addrs view{};

    explicit Lists(Input &in) : v4(addresses<4>(in)), v6(addresses<16>(in)) {
        view = {reinterpret_cast<u8(*)[4]>(v4.data()), v4.size(),
                reinterpret_cast<u8(*)[16]>(v6.data()), v6.size()};
    }
    Lists(const Lists &) = delete;
    Lists &operator=(const Lists &) = delete;
};

void check_normalise(Lists &lists) {
    carp_addrs &a = lists.view;
    carp_addrs_normalise(&a);
    require(a.n4 <= lists.v4.size() && a.n6 <= lists.v6.size(), "a list never grows");
    require(ascending_and_usable(lists.v4, a.n4), "IPv4 ascending, unique, usable");
    require(ascending_and_usable(lists.v6, a.n6), "IPv6 ascending, unique, usable");
    for (size_t i = 0; i < a.n6; i++)
        require(!carp_addr6_is_linklocal(a.v6[i]) || (!a.v6[i][2] && !a.v6[i][3]),
                "no embedded scope");

    const auto v4 = lists.v4;
    const auto v6 = lists.v6;
    const size_t n4 = a.n4;
    const size_t n6 = a.n6;
    carp_addrs_normalise(&a);
    require(a.n4 == n4 && a.n6 == n6 && std::equal(v4.begin(), v4.begin() + n4, lists.v4.begin()) &&
                std::equal(v6.begin(), v6.begin() + n6, lists.v6.begin()),
            "normalising twice changes nothing");
}

void check_verify(const carp_digest &digest, const carp_advert &adv) {
    std::array<u8, CARP_MAC_LEN> mac;
    carp_digest_sign(&digest, adv.counter, mac.data());
    require(carp_digest_verify(&digest, adv.counter, mac.data()), "what we sign verifies");
    require(carp_digest_verify(&digest, adv.counter, adv.mac) ==
                !std::memcmp(adv.mac, mac.data(), mac.size()),
            "nothing else verifies");
    mac[adv.counter[0] % mac.size()] ^= 1 << (adv.counter[1] & 7);
    require(!carp_digest_verify(&digest, adv.counter, mac.data()), "one wrong bit is refused");
}

void check_digest(Lists &lists, std::span<const u8> key, const carp_advert &adv) {
    const carp_addrs &a = lists.view;
    carp_digest orig;
    carp_digest nov6ll;
    carp_digest_prepare(&orig, key.data(), key.size(), adv.vhid, &a, CARP_DIGEST_ORIG);
    carp_digest_prepare(&nov6ll, key.data(), key.size(), adv.vhid, &a, CARP_DIGEST_NOV6LL);
    check_verify(orig, adv);
    check_verify(nov6ll, adv);

    const bool linklocal = std::any_of(lists.v6.begin(), lists.v6.begin() + a.n6, [](auto &addr) {
        return carp_addr6_is_linklocal(addr.data());
    });
    std::array<u8, CARP_MAC_LEN> mac;
    carp_digest_sign(&orig, adv.counter, mac.data());
    require(carp_digest_verify(&nov6ll, adv.counter, mac.data()) != linklocal,
            "the forms differ by link-local addresses");
}

// Zero has two spellings in one's complement; which one the sender took is all that may change.
bool same_packet(std::span<const u8> in, std::span<const u8> out) {
    const bool sum_zero = (in[6] == 0xff && in[7] == 0xff) || (in[6] == 0 && in[7] == 0);
    return std::equal(in.begin(), in.begin() + 6, out.begin()) &&
           std::equal(in.begin() + 8, in.end(), out.begin() + 8) &&
           (sum_zero || (in[6] == out[6] && in[7] == out[7]));
}

bool check_decode(std::vector<u8> packet, u8 ttl, carp_advert &adv) {
    carp_advert before;
    std::memset(&before, 0x5a, sizeof(before));
    adv = before;
    switch (carp_wire_decode(packet.data(), packet.size(), ttl, &adv)) {
    case CARP_WIRE_OK: {
        require(ttl == CARP_TTL && packet.size() >= CARP_HDR_LEN, "TTL and length were right");
        std::array<u8, CARP_HDR_LEN> again;
        carp_wire_encode(&adv, again.data());
        require(same_packet(std::span(packet).first(CARP_HDR_LEN), again), "encodes back");
        packet[8 + adv.counter[2] % 28] ^= 1 << (adv.counter[3] & 7);
        carp_advert other;
        require(carp_wire_decode(packet.data(), packet.size(), ttl, &other) == CARP_WIRE_BADSUM,
                "one wrong bit is a bad checksum");
        return true;
    }
    case CARP_WIRE_BADTTL:
        require(ttl != CARP_TTL, "TTL was wrong");
        break;
    case CARP_WIRE_BADLEN:
        require(ttl == CARP_TTL && packet.size() < CARP_HDR_LEN, "length was wrong");
        break;
    case CARP_WIRE_BADSUM:
        require(ttl == CARP_TTL && packet.size() >= CARP_HDR_LEN &&
                    carp_wire_checksum(packet.data(), CARP_HDR_LEN),
                "checksum was wrong");
        break;
    }
    require(!std::memcmp(&before, &adv, sizeof(adv)), "a refused packet leaves no trace");
    return false;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8 *data, size_t size) {
    Input in({data, size});
    const u8 flags = in.byte();
    const u8 ttl = flags & 1 ? in.byte() : CARP_TTL;
    const std::vector<u8> key = in.bytes(in.byte() % (CARP_KEY_LEN + 1));
    Lists lists(in);
    check_normalise(lists);

    std::vector<u8> packet = in.rest();
    // chance alone hardly ever finds a right checksum, and what lies behind it wants testing too
    if (!(flags & 2) && packet.size() >= CARP_HDR_LEN) {
        packet[6] = packet[7] = 0;
        put_unaligned_be16(carp_wire_checksum(packet.data(), CARP_HDR_LEN), &packet[6]);
    }
    carp_advert adv;
    if (check_decode(packet, ttl, adv))
        check_digest(lists, key, adv);
    return 0;
}
