// SPDX-License-Identifier: GPL-2.0-only
#include "support.hpp"

#include <gtest/gtest.h>
#include <map>
#include <set>

namespace carp::test {
namespace {

constexpr u16 vector_id = 0x1234;

Ether vmac(u8 vhid) {
    Ether mac;
    carp_vmac(vhid, mac.data());
    return mac;
}

std::set<size_t> differences(const Bytes &a, const Bytes &b) {
    std::set<size_t> out;
    for (size_t i = 0; i < std::max(a.size(), b.size()); i++) {
        if (i >= a.size() || i >= b.size() || a[i] != b[i])
            out.insert(i);
    }
    return out;
}

Bytes garp(u8 vhid, const Addr4 &vip) {
    Bytes out(CARP_FRAME_ARP_LEN, 0xa5);
    carp_frame_garp(out.data(), vmac(vhid).data(), vip.data());
    return out;
}

// Offsets into the frame where we send something else than the named vector, on purpose.
struct Deviation {
    std::set<size_t> offsets;
    const char *why;
};

const std::map<std::string, Deviation> deviations{
    {"v4-unicast-peer",
     {{6, 8, 10, 11, 15, 24, 25},
      "Ethernet source is the virtual MAC, so that switches learn it, not that of the parent; "
      "TOS 0x10; header checksum follows"}},
    {"v4-ucarp-source-mac",
     {{10}, "UCARP has 00 in the fifth byte of its virtual MAC, all others 01"}},
    {"garp-vip",
     {{6, 8, 10, 11},
      "Ethernet source is the virtual MAC, so that switches learn it, not that of the parent"}},
};

void expect_as_vector(const Json &row, const Bytes &ours) {
    const std::string name = row.at("name");
    const Bytes theirs = from_hex(row.at("frame_hex").get<std::string>());
    const auto known = deviations.find(name);
    if (known == deviations.end()) {
        EXPECT_EQ(to_hex(ours), to_hex(theirs));
        return;
    }
    EXPECT_EQ(differences(ours, theirs), known->second.offsets) << known->second.why;
}

class FrameVector : public testing::TestWithParam<Json> {
  protected:
    const Json &row = GetParam();
    Bytes frame = from_hex(row.at("frame_hex").get<std::string>());
    Bytes carp = from_hex(row.at("carp_hex").get<std::string>());
    bool v4 = row.at("af") == 4;
    u8 dscp = row.at("name").get<std::string>().ends_with("dscp56") ? 56 : CARP_DSCP_DEFAULT;

    Bytes ours() const {
        const Ether src_mac = vmac(row.at("vhid"));
        const u8 *dst_mac = frame.data();
        if (v4) {
            Bytes out(CARP_FRAME_ADVERT4_LEN, 0xa5);
            carp_frame_advert4(out.data(), src_mac.data(), dst_mac, addr4(row.at("src")).data(),
                               addr4(row.at("dst")).data(), vector_id, dscp, carp.data());
            return out;
        }
        Bytes out(CARP_FRAME_ADVERT6_LEN, 0xa5);
        carp_frame_advert6(out.data(), src_mac.data(), dst_mac, addr6(row.at("src")).data(),
                           addr6(row.at("dst")).data(), dscp, carp.data());
        return out;
    }
};

TEST_P(FrameVector, SameBytesButForTheListedOnes) { expect_as_vector(row, ours()); }

TEST_P(FrameVector, MulticastConstantsFit) {
    const bool multicast = row.at("dst") == (v4 ? "224.0.0.18" : "ff02::12");
    const u8 *mac = v4 ? carp_mcast4_mac : carp_mcast6_mac;
    EXPECT_EQ(std::memcmp(frame.data(), mac, CARP_ETH_ALEN) == 0, multicast);
}

// Theirs too: what we read from the wire are their frames.
TEST_P(FrameVector, BothFramesAreReadAlike) {
    const size_t ip = CARP_FRAME_ETH_LEN;
    const size_t header = v4 ? 20 : 40;
    for (const Bytes &bytes : {frame, ours()}) {
        ASSERT_EQ(bytes.size(), ip + header + CARP_HDR_LEN);
        if (v4) {
            EXPECT_EQ(carp_wire_checksum(&bytes[ip], header), 0);
        }
        carp_advert adv;
        ASSERT_EQ(
            carp_wire_decode(&bytes[ip + header], CARP_HDR_LEN, bytes[ip + (v4 ? 8 : 7)], &adv),
            CARP_WIRE_OK);
        const carp_digest digest =
            prepare(from_hex(row.at("key_hex").get<std::string>()), adv.vhid, AddrList::of(row));
        EXPECT_TRUE(carp_digest_verify(&digest, adv.counter, adv.mac));
    }
    EXPECT_EQ(to_hex(std::span(frame).subspan(ip)), row.at("ip_packet_hex").get<std::string>());
}

INSTANTIATE_TEST_SUITE_P(Json, FrameVector, testing::ValuesIn(vectors().at("packets")),
                         [](const auto &info) {
                             return case_name(info.param.at("name").template get<std::string>());
                         });

class AnnouncementVector : public testing::TestWithParam<Json> {};

TEST_P(AnnouncementVector, GratuitousArp) {
    expect_as_vector(GetParam(), garp(1, addr4("192.168.1.50")));
}

INSTANTIATE_TEST_SUITE_P(Json, AnnouncementVector, testing::ValuesIn(vectors().at("announcements")),
                         [](const auto &info) {
                             return case_name(info.param.at("name").template get<std::string>());
                         });

TEST(Frame, EveryDeviationIsOneOfAVector) {
    std::set<std::string> names;
    for (const char *part : {"packets", "announcements"}) {
        for (const auto &row : vectors().at(part))
            names.insert(row.at("name").get<std::string>());
    }
    for (const auto &[name, deviation] : deviations)
        EXPECT_TRUE(names.contains(name)) << name;
}

TEST(Frame, VirtualMac) {
    EXPECT_EQ(to_hex(vmac(1)), "00005e000101");
    EXPECT_EQ(to_hex(vmac(255)), "00005e0001ff");
}

TEST(Frame, VirtualMacMatchesForVhidsOnly) {
    for (int vhid = 1; vhid <= 255; vhid++)
        EXPECT_TRUE(carp_vmac_match(vmac(static_cast<u8>(vhid)).data()));
    EXPECT_FALSE(carp_vmac_match(vmac(0).data()));
}

TEST(Frame, VirtualMacPrefixCountsBitByBit) {
    for (size_t bit = 0; bit < 40; bit++) {
        Ether mac = vmac(7);
        mac[bit / 8] ^= 1 << bit % 8;
        EXPECT_FALSE(carp_vmac_match(mac.data())) << bit;
    }
}

TEST(Frame, MulticastAddresses) {
    EXPECT_EQ(to_hex(carp_mcast4_mac), "01005e000012");
    EXPECT_EQ(to_hex(carp_mcast6_mac), "333300000012");
    EXPECT_EQ(array_of<4>(Bytes(carp_mcast4_addr, carp_mcast4_addr + 4)), addr4("224.0.0.18"));
    EXPECT_EQ(array_of<16>(Bytes(carp_mcast6_addr, carp_mcast6_addr + 16)), addr6("ff02::12"));
}

TEST(Frame, Advert4WithoutASource) {
    const Header carp{0x21};
    Bytes out(CARP_FRAME_ADVERT4_LEN, 0xa5);
    carp_frame_advert4(out.data(), vmac(1).data(), carp_mcast4_mac, addr4("0.0.0.0").data(),
                       carp_mcast4_addr, 0, CARP_DSCP_DEFAULT, carp.data());
    EXPECT_EQ(carp_wire_checksum(&out[14], 20), 0);
    EXPECT_EQ(to_hex(std::span(out).subspan(26, 8)), "00000000e0000012");
}

TEST(Frame, Advert4ChecksumForAnyInput) {
    Chance chance(1);
    for (int round = 0; round < 5000; round++) {
        Bytes out(CARP_FRAME_ADVERT4_LEN, 0xa5);
        const u16 id = static_cast<u16>(chance.below(65536));
        carp_frame_advert4(out.data(), chance.bytes<6>().data(), chance.bytes<6>().data(),
                           chance.bytes<4>().data(), chance.bytes<4>().data(), id,
                           static_cast<u8>(chance.below(64)), chance.bytes<CARP_HDR_LEN>().data());
        ASSERT_EQ(carp_wire_checksum(&out[14], 20), 0);
        ASSERT_EQ(get_unaligned_be16(&out[18]), id);
    }
}

TEST(Frame, ArpReply) {
    const Bytes requester = from_hex("020000000009");
    Bytes out(CARP_FRAME_ARP_LEN, 0xa5);
    carp_frame_arp_reply(out.data(), vmac(1).data(), addr4("192.168.1.50").data(), requester.data(),
                         addr4("192.168.1.77").data());
    EXPECT_EQ(to_hex(out), "020000000009"
                           "00005e000101"
                           "0806"
                           "0001080006040002"
                           "00005e000101"
                           "c0a80132"
                           "020000000009"
                           "c0a8014d");
}

TEST(Frame, ReverseArp) {
    Bytes out(CARP_FRAME_ARP_LEN, 0xa5);
    carp_frame_rarp(out.data(), vmac(1).data());
    EXPECT_EQ(to_hex(out), "ffffffffffff"
                           "00005e000101"
                           "8035"
                           "0001080006040003"
                           "00005e000101"
                           "00000000"
                           "00005e000101"
                           "00000000");
}

struct NaInput {
    Ether src_mac;
    Ether dst_mac;
    Addr6 src;
    Addr6 dst;
    Addr6 target;
    u8 flags;

    Bytes write() const {
        const carp_na na{.src_mac = src_mac.data(),
                         .dst_mac = dst_mac.data(),
                         .src = src.data(),
                         .dst = dst.data(),
                         .target = target.data(),
                         .flags = flags};
        Bytes out(CARP_FRAME_NA_LEN, 0xa5);
        carp_frame_na(out.data(), &na);
        return out;
    }
};

TEST(Frame, UnsolicitedNa) {
    const NaInput in{.src_mac = vmac(7),
                     .dst_mac = array_of<6>(from_hex("333300000001")),
                     .src = addr6("fe80::2"),
                     .dst = addr6("ff02::1"),
                     .target = addr6("2001:db8::50"),
                     .flags = CARP_NA_OVERRIDE};
    EXPECT_EQ(to_hex(in.write()), "33330000000100005e00010786dd"
                                  "6000000000203aff"
                                  "fe800000000000000000000000000002"
                                  "ff020000000000000000000000000001"
                                  "8800cb0c20000000"
                                  "20010db8000000000000000000000050"
                                  "020100005e000107");
}

// The pseudo header of RFC 8200, spelt out.
TEST(Frame, NaChecksumForAnyInput) {
    Chance chance(2);
    for (int round = 0; round < 5000; round++) {
        const NaInput in{.src_mac = chance.bytes<6>(),
                         .dst_mac = chance.bytes<6>(),
                         .src = chance.bytes<16>(),
                         .dst = chance.bytes<16>(),
                         .target = chance.bytes<16>(),
                         .flags = static_cast<u8>(chance.below(8) << 5)};
        const Bytes out = in.write();
        const auto icmp = std::span(out).subspan(54);
        ASSERT_EQ(icmp.size(), 32u);

        Bytes pseudo(in.src.begin(), in.src.end());
        pseudo.insert(pseudo.end(), in.dst.begin(), in.dst.end());
        pseudo.insert(pseudo.end(), {0, 0, 0, 32, 0, 0, 0, 58});
        pseudo.insert(pseudo.end(), icmp.begin(), icmp.end());
        ASSERT_EQ(carp_wire_checksum(pseudo.data(), pseudo.size()), 0);

        ASSERT_EQ(to_hex(std::span(out).first(14)),
                  to_hex(in.dst_mac) + to_hex(in.src_mac) + "86dd");
        ASSERT_EQ(to_hex(std::span(out).subspan(14, 8)), "6000000000203aff");
        ASSERT_EQ(icmp[4], in.flags);
        ASSERT_EQ(to_hex(icmp.subspan(8)), to_hex(in.target) + "0201" + to_hex(in.src_mac));
    }
}

} // namespace
} // namespace carp::test
