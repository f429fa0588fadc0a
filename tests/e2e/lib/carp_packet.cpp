// SPDX-License-Identifier: GPL-2.0-only
#include "carp_packet.hpp"

#include <algorithm>
#include <cstdio>
#include <nettle/hmac.h>

namespace e2e {

namespace {

constexpr std::uint8_t mcast4_mac[] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x12};
constexpr std::uint8_t mcast6_mac[] = {0x33, 0x33, 0x00, 0x00, 0x00, 0x12};

void put16(Bytes &out, std::uint16_t value) {
    out.push_back(static_cast<std::uint8_t>(value >> 8));
    out.push_back(static_cast<std::uint8_t>(value));
}

void append(Bytes &out, View bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

/// A list takes part sorted, IPv4 first, each address once.
void normalise(std::vector<Address> &list) {
    // Address compares by length first, then by its bytes.
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
}

} // namespace

Digest carp_digest(const std::string &key, unsigned vhid, std::vector<Address> addresses,
                   const Counter &counter) {
    normalise(addresses);
    hmac_sha1_ctx context{};
    hmac_sha1_set_key(&context, key.size(), reinterpret_cast<const std::uint8_t *>(key.data()));
    const std::array<std::uint8_t, 3> head{2, 1, static_cast<std::uint8_t>(vhid)};
    hmac_sha1_update(&context, head.size(), head.data());
    for (const Address &address : addresses)
        hmac_sha1_update(&context, address.bytes().size(), address.bytes().data());
    hmac_sha1_update(&context, counter.size(), counter.data());
    Digest digest{};
    hmac_sha1_digest(&context, digest.size(), digest.data());
    return digest;
}

std::uint16_t internet_checksum(View bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); i += 2)
        sum +=
            static_cast<std::uint32_t>(bytes[i] << 8 | (i + 1 < bytes.size() ? bytes[i + 1] : 0));
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

std::optional<CarpHeader> CarpHeader::parse(View bytes) {
    if (bytes.size() < carp_length || bytes[0] != 0x21 || bytes[3] != 7)
        return std::nullopt;
    CarpHeader header;
    header.vhid = bytes[1];
    header.advskew = bytes[2];
    header.authlen = bytes[3];
    header.demote = bytes[4];
    header.advbase = bytes[5];
    header.checksum = static_cast<std::uint16_t>(bytes[6] << 8 | bytes[7]);
    std::copy_n(bytes.begin() + 8, header.counter.size(), header.counter.begin());
    std::copy_n(bytes.begin() + 16, header.digest.size(), header.digest.begin());
    return header;
}

std::string CarpHeader::text() const {
    std::array<char, 80> out{};
    std::snprintf(out.data(), out.size(), "CARP vhid %u advbase %u advskew %u%s", vhid, advbase,
                  advskew, bow_out() ? " (bow-out)" : "");
    return out.data();
}

void CarpHeader::sign(const std::string &key, const std::vector<Address> &addresses) {
    digest = carp_digest(key, vhid, addresses, counter);
    fix_checksum();
}

void CarpHeader::fix_checksum() {
    checksum = 0;
    checksum = internet_checksum(bytes());
}

Bytes CarpHeader::bytes() const {
    Bytes out{
        static_cast<std::uint8_t>(version << 4 | type), vhid, advskew, authlen, demote, advbase};
    put16(out, checksum);
    append(out, counter);
    append(out, digest);
    return out;
}

Bytes AdvertFrame::bytes() const {
    const bool v4 = source.is_v4();
    Bytes body = payload ? *payload : carp.bytes();
    body.resize(body.size() - std::min(cut, body.size()));
    Mac to;
    std::copy_n(v4 ? mcast4_mac : mcast6_mac, 6, to.bytes.begin());
    Bytes out;
    append(out, destination_mac.value_or(to).bytes);
    append(out, source_mac.bytes);
    const std::size_t ip = 14;
    if (v4) {
        put16(out, 0x0800);
        append(out, Bytes{0x45, tos});
        put16(out, length.value_or(static_cast<std::uint16_t>(20 + body.size())));
        put16(out, id);
        put16(out, fragment);
        append(out, Bytes{ttl, protocol, 0, 0});
        append(out, source.bytes());
        append(out, destination.value_or(Address{"224.0.0.18"}).bytes());
        const std::uint16_t sum = internet_checksum(View{out}.subspan(ip, 20));
        out[ip + 10] = static_cast<std::uint8_t>(sum >> 8);
        out[ip + 11] = static_cast<std::uint8_t>(sum);
    } else {
        put16(out, 0x86dd);
        append(out, Bytes{0x60, 0, 0, 0});
        const std::size_t extra = fragment_header ? 8 : 0;
        put16(out, length.value_or(static_cast<std::uint16_t>(extra + body.size())));
        append(out, Bytes{fragment_header ? std::uint8_t{44} : protocol, ttl});
        append(out, source.bytes());
        append(out, destination.value_or(Address{"ff02::12"}).bytes());
        if (fragment_header) // first of several: offset 0, more follow
            append(out, Bytes{protocol, 0, 0, 1, 0, 0, 0x12, 0x34});
    }
    append(out, body);
    out.resize(out.size() - std::min(cut_frame, out.size()));
    return out;
}

AdvertFrame make_advert(unsigned vhid, const Address &source, unsigned advbase, unsigned advskew,
                        const std::string &key, const std::vector<Address> &addresses) {
    AdvertFrame frame;
    frame.carp.vhid = static_cast<std::uint8_t>(vhid);
    frame.carp.advbase = static_cast<std::uint8_t>(advbase);
    frame.carp.advskew = static_cast<std::uint8_t>(advskew);
    frame.carp.counter = {1, 2, 3, 4, 5, 6, 7, 8};
    frame.carp.sign(key, addresses);
    frame.source = source;
    frame.source_mac = Mac::of_vhid(vhid);
    return frame;
}

} // namespace e2e
