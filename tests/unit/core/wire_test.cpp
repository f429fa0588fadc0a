// SPDX-License-Identifier: GPL-2.0-only
#include "support.hpp"

#include <gtest/gtest.h>

namespace carp::test {
namespace {

Header encode(const carp_advert &adv) {
    Header out;
    out.fill(0xa5); // so that a byte left out shows
    carp_wire_encode(&adv, out.data());
    return out;
}

carp_wire_error decode(std::span<const u8> bytes, carp_advert &adv, u8 ttl = CARP_TTL) {
    // on the heap in its exact size, so that a sanitizer sees the byte behind it
    const Bytes copy(bytes.begin(), bytes.end());
    return carp_wire_decode(copy.data(), copy.size(), ttl, &adv);
}

// Not memcmp(): a struct may have padding.
void expect_equal(const carp_advert &a, const carp_advert &b) {
    EXPECT_EQ(a.version, b.version);
    EXPECT_EQ(a.type, b.type);
    EXPECT_EQ(a.vhid, b.vhid);
    EXPECT_EQ(a.advskew, b.advskew);
    EXPECT_EQ(a.authlen, b.authlen);
    EXPECT_EQ(a.demote, b.demote);
    EXPECT_EQ(a.advbase, b.advbase);
    EXPECT_EQ(to_hex(a.counter), to_hex(b.counter));
    EXPECT_EQ(to_hex(a.mac), to_hex(b.mac));
}

class PacketVector : public testing::TestWithParam<Json> {
  protected:
    const Json &row = GetParam();
    Bytes carp = from_hex(row.at("carp_hex").get<std::string>());
};

TEST_P(PacketVector, EncodesToTheSameBytes) {
    carp_advert adv{.version = CARP_VERSION,
                    .type = CARP_TYPE_ADVERT,
                    .vhid = row.at("vhid"),
                    .advskew = row.at("advskew"),
                    .authlen = CARP_AUTHLEN,
                    .demote = row.at("byte4_demote_or_pad"),
                    .advbase = row.at("advbase"),
                    .counter = {},
                    .mac = {}};
    const Bytes counter = from_hex(row.at("counter_hex").get<std::string>());
    const Mac mac = sign(row);
    std::ranges::copy(counter, adv.counter);
    std::ranges::copy(mac, adv.mac);
    EXPECT_EQ(to_hex(encode(adv)), row.at("carp_hex").get<std::string>());
}

TEST_P(PacketVector, DecodesAndVerifies) {
    carp_advert adv;
    ASSERT_EQ(decode(carp, adv), CARP_WIRE_OK);
    EXPECT_EQ(adv.version, CARP_VERSION);
    EXPECT_EQ(adv.type, CARP_TYPE_ADVERT);
    EXPECT_EQ(adv.vhid, row.at("vhid"));
    EXPECT_EQ(adv.advskew, row.at("advskew"));
    EXPECT_EQ(adv.authlen, CARP_AUTHLEN);
    EXPECT_EQ(adv.demote, row.at("byte4_demote_or_pad"));
    EXPECT_EQ(adv.advbase, row.at("advbase"));
    EXPECT_EQ(to_hex(adv.counter), row.at("counter_hex").get<std::string>());

    const carp_digest digest =
        prepare(from_hex(row.at("key_hex").get<std::string>()), adv.vhid, AddrList::of(row));
    EXPECT_TRUE(carp_digest_verify(&digest, adv.counter, adv.mac));
    EXPECT_EQ(carp_wire_is_bow_out(&adv), row.at("name") == "v4-bow-out");
}

INSTANTIATE_TEST_SUITE_P(Json, PacketVector, testing::ValuesIn(vectors().at("packets")),
                         [](const auto &info) {
                             return case_name(info.param.at("name").template get<std::string>());
                         });

TEST(Wire, ChecksumOfKnownBytes) {
    EXPECT_EQ(carp_wire_checksum(nullptr, 0), 0xffff);
    EXPECT_EQ(carp_wire_checksum(from_hex("0001f203f4f5f6f7").data(), 8), 0x220d);
    EXPECT_EQ(carp_wire_checksum(from_hex("01").data(), 1), 0xfeff) << "odd byte is a high half";
    EXPECT_EQ(carp_wire_checksum(from_hex("ffff").data(), 2), 0);
}

TEST(Wire, ChecksumDoesNotOverflow) {
    const Bytes ones(65535, 0xff);
    // 32767 words of 0xffff and one of 0xff00
    EXPECT_EQ(carp_wire_checksum(ones.data(), ones.size()), 0x00ff);
}

TEST(Wire, RoundTrip) {
    Chance chance(1);
    for (int round = 0; round < 5000; round++) {
        const carp_advert in = random_advert(chance);
        carp_advert out;
        ASSERT_EQ(decode(encode(in), out), CARP_WIRE_OK);
        expect_equal(in, out);
    }
}

TEST(Wire, AnyVersionTypeAndAuthlenDecode) {
    Chance chance(2);
    carp_advert adv = random_advert(chance);
    adv.version = 3;
    adv.type = 9;
    adv.authlen = 200;
    carp_advert out;
    EXPECT_EQ(decode(encode(adv), out), CARP_WIRE_OK);
    EXPECT_EQ(encode(adv)[0], 0x39);
}

TEST(Wire, TtlFirstThenLengthThenChecksum) {
    Chance chance(3);
    Header bad = encode(random_advert(chance));
    bad[9] ^= 1;
    carp_advert adv;
    const std::span<const u8> all(bad);
    EXPECT_EQ(decode(all.first(35), adv, 254), CARP_WIRE_BADTTL);
    EXPECT_EQ(decode(all.first(35), adv), CARP_WIRE_BADLEN);
    EXPECT_EQ(decode(all, adv), CARP_WIRE_BADSUM);
}

TEST(Wire, EveryOtherTtlIsRefused) {
    Chance chance(4);
    const Header good = encode(random_advert(chance));
    carp_advert adv;
    for (int ttl = 0; ttl < CARP_TTL; ttl++)
        ASSERT_EQ(decode(good, adv, static_cast<u8>(ttl)), CARP_WIRE_BADTTL);
}

TEST(Wire, EveryShorterLengthIsRefusedUnread) {
    Chance chance(5);
    const Header good = encode(random_advert(chance));
    carp_advert adv;
    for (size_t len = 0; len < CARP_HDR_LEN; len++)
        ASSERT_EQ(decode(std::span(good).first(len), adv), CARP_WIRE_BADLEN);
    EXPECT_EQ(carp_wire_decode(nullptr, 0, CARP_TTL, &adv), CARP_WIRE_BADLEN);
    EXPECT_EQ(carp_wire_decode(nullptr, CARP_HDR_LEN, 1, &adv), CARP_WIRE_BADTTL);
}

TEST(Wire, TrailingBytesDoNotMatter) {
    Chance chance(6);
    const carp_advert in = random_advert(chance);
    const Header good = encode(in);
    Bytes longer(good.begin(), good.end());
    for (int more = 1; more < 64; more++) {
        longer.push_back(chance.byte());
        carp_advert out;
        ASSERT_EQ(decode(longer, out), CARP_WIRE_OK);
        expect_equal(in, out);
    }
}

TEST(Wire, RefusedBytesLeaveTheAdvertAlone) {
    Chance chance(7);
    const carp_advert before = random_advert(chance);
    carp_advert adv = before;
    Header bytes = encode(random_advert(chance));
    decode(bytes, adv, 1);
    decode(std::span(bytes).first(20), adv);
    bytes[30] ^= 4;
    decode(bytes, adv);
    expect_equal(before, adv);
}

TEST(Wire, EverySingleBitErrorIsABadChecksum) {
    Chance chance(8);
    for (int round = 0; round < 20; round++) {
        Header bytes = encode(random_advert(chance));
        for (size_t bit = 0; bit < 8 * bytes.size(); bit++) {
            carp_advert adv;
            bytes[bit / 8] ^= 1 << bit % 8;
            ASSERT_EQ(decode(bytes, adv), CARP_WIRE_BADSUM) << "bit " << bit;
            bytes[bit / 8] ^= 1 << bit % 8;
        }
    }
}

TEST(Wire, OnlyBoth255IsABowOut) {
    for (int base = 0; base <= 255; base++) {
        for (int skew = 0; skew <= 255; skew++) {
            carp_advert adv{};
            adv.advbase = static_cast<u8>(base);
            adv.advskew = static_cast<u8>(skew);
            ASSERT_EQ(carp_wire_is_bow_out(&adv), base == 255 && skew == 255);
        }
    }
}

} // namespace
} // namespace carp::test
