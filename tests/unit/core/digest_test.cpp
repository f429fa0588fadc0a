// SPDX-License-Identifier: GPL-2.0-only
#include "support.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <nettle/hmac.h>
#include <set>

namespace carp::test {
namespace {

// What is signed, put together without the core.
Bytes message(u8 vhid, const AddrList &list, const Counter &counter, bool nov6ll) {
    Bytes out{2, 1, vhid};
    const std::set<Addr4> v4(list.v4.begin(), list.v4.end());
    std::set<Addr6> v6;
    for (Addr6 a : list.v6) {
        const bool linklocal = a[0] == 0xfe && a[1] >> 6 == 2;
        if (linklocal)
            a[2] = a[3] = 0;
        if (!linklocal || !nov6ll)
            v6.insert(a);
    }
    for (const auto &a : v4)
        out.insert(out.end(), a.begin(), a.end());
    for (const auto &a : v6)
        out.insert(out.end(), a.begin(), a.end());
    out.insert(out.end(), counter.begin(), counter.end());
    return out;
}

Mac oracle(std::span<const u8> key, std::span<const u8> text) {
    hmac_sha1_ctx ctx;
    Mac mac;
    hmac_sha1_set_key(&ctx, key.size(), key.data());
    hmac_sha1_update(&ctx, text.size(), text.data());
    hmac_sha1_digest(&ctx, mac.size(), mac.data());
    return mac;
}

AddrList random_list(Chance &chance) {
    AddrList list;
    list.v4.resize(chance.below(5));
    list.v6.resize(chance.below(5));
    for (auto &a : list.v4)
        chance.fill(a);
    for (auto &a : list.v6) {
        chance.fill(a);
        if (chance.below(2)) {
            a[0] = 0xfe;
            a[1] = 0x80;
        }
    }
    return list;
}

Bytes random_key(Chance &chance) {
    Bytes key(chance.below(CARP_KEY_LEN) + 1);
    chance.fill(key);
    return key;
}

class DigestVector : public testing::TestWithParam<Json> {
  protected:
    const Json &row = GetParam();
    Bytes key = from_hex(row.at("key_hex").get<std::string>());
    Counter counter =
        array_of<CARP_COUNTER_LEN>(from_hex(row.at("counter_hex").get<std::string>()));
    bool nov6ll = row.at("options").value("nov6ll", false);
};

TEST_P(DigestVector, Signs) { EXPECT_EQ(to_hex(sign(row)), row.at("md_hex").get<std::string>()); }

TEST_P(DigestVector, Verifies) {
    const carp_digest digest = prepare(key, row.at("vhid"), AddrList::of(row),
                                       nov6ll ? CARP_DIGEST_NOV6LL : CARP_DIGEST_ORIG);
    const Bytes md = from_hex(row.at("md_hex").get<std::string>());
    EXPECT_TRUE(carp_digest_verify(&digest, counter.data(), md.data()));
}

// The oracle of the random tests below is worth something only if it agrees here.
TEST_P(DigestVector, OracleAgrees) {
    const Bytes text = message(row.at("vhid"), AddrList::of(row), counter, nov6ll);
    EXPECT_EQ(to_hex(text), row.at("hmac_input_hex").get<std::string>());
    EXPECT_EQ(to_hex(oracle(key, text)), row.at("md_hex").get<std::string>());
}

INSTANTIATE_TEST_SUITE_P(Json, DigestVector, testing::ValuesIn(vectors().at("hmac")),
                         [](const auto &info) {
                             return case_name(info.param.at("name").template get<std::string>());
                         });

TEST(Digest, AsNettleForRandomInput) {
    Chance chance(1);
    for (int round = 0; round < 3000; round++) {
        const Bytes key = random_key(chance);
        const AddrList list = random_list(chance);
        const Counter counter = chance.bytes<CARP_COUNTER_LEN>();
        const u8 vhid = chance.byte();
        const bool nov6ll = chance.below(2);
        ASSERT_EQ(
            to_hex(sign(key, vhid, list, counter, nov6ll ? CARP_DIGEST_NOV6LL : CARP_DIGEST_ORIG)),
            to_hex(oracle(key, message(vhid, list, counter, nov6ll))));
    }
}

TEST(Digest, KeysUpToABlock) {
    Chance chance(2);
    for (size_t len = 0; len <= 64; len++) {
        Bytes key(len);
        chance.fill(key);
        const Counter counter = chance.bytes<CARP_COUNTER_LEN>();
        EXPECT_EQ(to_hex(sign(key, 1, {}, counter)),
                  to_hex(oracle(key, message(1, {}, counter, false))))
            << len;
    }
}

TEST(Digest, NoKeyIsAKeyOfZeros) {
    const Bytes zeros(CARP_KEY_LEN, 0);
    const Counter counter{};
    EXPECT_EQ(sign({}, 1, {}, counter), sign(zeros, 1, {}, counter));
}

TEST(Digest, ZerosBehindTheKeyMakeNoDifference) {
    Chance chance(3);
    for (int round = 0; round < 200; round++) {
        Bytes key = random_key(chance);
        const Counter counter = chance.bytes<CARP_COUNTER_LEN>();
        const Mac plain = sign(key, 9, {}, counter);
        key.resize(CARP_KEY_LEN, 0);
        ASSERT_EQ(sign(key, 9, {}, counter), plain);
    }
}

TEST(Digest, OrderAndDuplicatesOfAddressesMakeNoDifference) {
    Chance chance(4);
    std::mt19937 engine(4);
    for (int round = 0; round < 500; round++) {
        const Bytes key = random_key(chance);
        const Counter counter = chance.bytes<CARP_COUNTER_LEN>();
        AddrList list = random_list(chance);
        const Mac plain = sign(key, 1, list, counter);

        list.v4.insert(list.v4.end(), list.v4.begin(), list.v4.end());
        list.v6.insert(list.v6.end(), list.v6.begin(), list.v6.end());
        std::shuffle(list.v4.begin(), list.v4.end(), engine);
        std::shuffle(list.v6.begin(), list.v6.end(), engine);
        list.v4.push_back(addr4("0.0.0.0"));
        list.v6.push_back(addr6("::"));
        ASSERT_EQ(sign(key, 1, list, counter), plain);
    }
}

TEST(Digest, EveryAddressMakesADifference) {
    Chance chance(5);
    for (int round = 0; round < 200; round++) {
        const Bytes key = random_key(chance);
        const Counter counter = chance.bytes<CARP_COUNTER_LEN>();
        const AddrList list = random_list(chance);
        const Mac plain = sign(key, 1, list, counter);
        for (size_t i = 0; i < list.v4.size(); i++) {
            AddrList less = list;
            less.v4.erase(less.v4.begin() + i);
            ASSERT_NE(sign(key, 1, less, counter), plain);
        }
        for (size_t i = 0; i < list.v6.size(); i++) {
            AddrList less = list;
            less.v6.erase(less.v6.begin() + i);
            ASSERT_NE(sign(key, 1, less, counter), plain);
        }
    }
}

TEST(Digest, FormsDifferExactlyByLinkLocalAddresses) {
    const Bytes key{'k'};
    const Counter counter{};
    AddrList list;
    list.v6.push_back(addr6("2001:db8::1"));
    EXPECT_EQ(sign(key, 1, list, counter, CARP_DIGEST_NOV6LL), sign(key, 1, list, counter));

    AddrList more = list;
    more.v6.push_back(addr6("fe80::1"));
    EXPECT_NE(sign(key, 1, more, counter, CARP_DIGEST_NOV6LL), sign(key, 1, more, counter));
    EXPECT_EQ(sign(key, 1, more, counter, CARP_DIGEST_NOV6LL), sign(key, 1, list, counter));
}

TEST(Digest, OneWrongBitAnywhereIsRefused) {
    Chance chance(6);
    const Bytes key = random_key(chance);
    const carp_digest digest = prepare(key, 7, random_list(chance));
    Counter counter = chance.bytes<CARP_COUNTER_LEN>();
    Mac mac;
    carp_digest_sign(&digest, counter.data(), mac.data());
    ASSERT_TRUE(carp_digest_verify(&digest, counter.data(), mac.data()));

    for (size_t bit = 0; bit < 8 * mac.size(); bit++) {
        mac[bit / 8] ^= 1 << bit % 8;
        EXPECT_FALSE(carp_digest_verify(&digest, counter.data(), mac.data())) << bit;
        mac[bit / 8] ^= 1 << bit % 8;
    }
    for (size_t bit = 0; bit < 8 * counter.size(); bit++) {
        counter[bit / 8] ^= 1 << bit % 8;
        EXPECT_FALSE(carp_digest_verify(&digest, counter.data(), mac.data())) << bit;
        counter[bit / 8] ^= 1 << bit % 8;
    }
    EXPECT_TRUE(carp_digest_verify(&digest, counter.data(), mac.data()));
}

// Somebody who also puts the checksum right meets the digest: it covers vhid, counter and, of
// course, itself. The protocol leaves the rest of the header uncovered; of that the caller checks
// the version, and advskew, demote and advbase can be forged by whoever captured an advert.
TEST(Digest, ForgedHeaderBytesWithARightChecksum) {
    Chance chance(7);
    const Bytes key = random_key(chance);
    const AddrList list = random_list(chance);
    const std::set<size_t> uncovered{0 /* version, type */, 2 /* advskew */, 3 /* authlen */,
                                     4 /* demote */, 5 /* advbase */};
    carp_advert adv{.version = CARP_VERSION,
                    .type = CARP_TYPE_ADVERT,
                    .vhid = 7,
                    .advskew = 100,
                    .authlen = CARP_AUTHLEN,
                    .demote = 0,
                    .advbase = 1,
                    .counter = {1, 2, 3, 4, 5, 6, 7, 8},
                    .mac = {}};
    const carp_digest own = prepare(key, adv.vhid, list);
    carp_digest_sign(&own, adv.counter, adv.mac);
    Header good;
    carp_wire_encode(&adv, good.data());

    for (size_t bit = 0; bit < 8 * CARP_HDR_LEN; bit++) {
        const size_t byte = bit / 8;
        if (byte == 6 || byte == 7)
            continue; // the checksum itself
        Header forged = good;
        forged[byte] ^= 1 << bit % 8;
        forged[6] = forged[7] = 0;
        put_unaligned_be16(carp_wire_checksum(forged.data(), forged.size()), &forged[6]);

        carp_advert got;
        ASSERT_EQ(carp_wire_decode(forged.data(), forged.size(), CARP_TTL, &got), CARP_WIRE_OK);
        const carp_digest named = prepare(key, got.vhid, list);
        EXPECT_EQ(carp_digest_verify(&named, got.counter, got.mac), uncovered.contains(byte))
            << "bit " << bit;
    }
}

TEST(Digest, SigningLeavesThePreparedStateAlone) {
    const carp_digest digest = prepare(Bytes{'a', 'b'}, 1, {});
    const Counter counter{1};
    Mac first;
    Mac second;
    carp_digest_sign(&digest, counter.data(), first.data());
    carp_digest_sign(&digest, counter.data(), second.data());
    EXPECT_EQ(first, second);
}

TEST(Key, EqualMeansEveryByte) {
    const std::array<u8, CARP_KEY_LEN> key{'k', 'e', 'y'};
    EXPECT_TRUE(carp_key_equal(key.data(), std::array(key).data()));
    for (size_t i = 0; i < CARP_KEY_LEN; i++) {
        auto other = key;
        other[i] ^= 0x80;
        EXPECT_FALSE(carp_key_equal(key.data(), other.data())) << i;
    }
}

} // namespace
} // namespace carp::test
