// SPDX-License-Identifier: GPL-2.0-only
#include "frame.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace e2e {

namespace {

constexpr std::size_t ethernet_length = 14;

std::uint16_t be16(View bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

Mac mac_at(View bytes, std::size_t at) {
    Mac mac;
    if (at + 6 <= bytes.size())
        std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 6, mac.bytes.begin());
    return mac;
}

std::string arp_text(const Arp &arp) {
    if (arp.operation == 2)
        return "ARP " + arp.sender.text() + " is at " + arp.sender_mac.text();
    return (arp.gratuitous() ? "gratuitous ARP " : "ARP who has ") + arp.target.text() + " from " +
           arp.sender.text() + " at " + arp.sender_mac.text();
}

std::string neighbour_text(const Neighbour &nd) {
    return (nd.advertisement() ? "NA " : "NS ") + nd.target.text() + " from " + nd.source.text() +
           (nd.link_address ? " at " + nd.link_address->text() : "");
}

} // namespace

/// Where the type of the packet is: behind the tags of VLANs, if there are any.
std::size_t Frame::type_offset() const {
    std::size_t offset = 12;
    while (offset + 6 <= bytes_.size()) {
        const std::uint16_t type = be16(bytes_, offset);
        if (type != 0x8100 && type != 0x88a8)
            break;
        offset += 4;
    }
    return offset;
}

Frame::Frame(Instant time, std::string host, Bytes bytes, std::size_t length)
    : time_(time), host_(std::move(host)), bytes_(std::move(bytes)), length_(length) {}

View Frame::after(std::size_t offset) const {
    return View{bytes_}.subspan(std::min(offset, bytes_.size()));
}

Mac Frame::source() const { return mac_at(bytes_, 6); }

Mac Frame::destination() const { return mac_at(bytes_, 0); }

View Frame::body() const { return after(type_offset() + 2); }

std::uint16_t Frame::type() const {
    return bytes_.size() < ethernet_length ? 0 : be16(bytes_, type_offset());
}

std::optional<Arp> Frame::arp() const {
    const View body = this->body();
    if (type() != 0x0806 || body.size() < 28)
        return std::nullopt;
    return Arp{be16(body, 6), mac_at(body, 8), Address{body.subspan(14, 4)}, mac_at(body, 18),
               Address{body.subspan(24, 4)}};
}

std::optional<Ip> Frame::ip() const {
    const View body = this->body();
    Ip ip;
    if (type() == 0x0800 && body.size() >= 20) {
        const std::size_t header = (body[0] & 15U) * 4U;
        const std::size_t total = std::min<std::size_t>(be16(body, 2), body.size());
        ip.tos = body[1];
        ip.id = be16(body, 4);
        ip.fragment = be16(body, 6);
        ip.ttl = body[8];
        ip.protocol = body[9];
        ip.source = Address{body.subspan(12, 4)};
        ip.destination = Address{body.subspan(16, 4)};
        if (header <= total) // what lies behind is padding of the Ethernet frame
            ip.payload = body.subspan(header, total - header);
        return ip;
    }
    if (type() == 0x86dd && body.size() >= 40) {
        ip.tos = static_cast<std::uint8_t>((body[0] & 15U) << 4 | body[1] >> 4);
        ip.protocol = body[6];
        ip.ttl = body[7];
        ip.source = Address{body.subspan(8, 16)};
        ip.destination = Address{body.subspan(24, 16)};
        ip.payload = body.subspan(40, std::min<std::size_t>(be16(body, 4), body.size() - 40));
        return ip;
    }
    return std::nullopt;
}

std::optional<Neighbour> Frame::neighbour() const {
    const auto packet = ip();
    if (!packet || !packet->source.is_v6() || packet->protocol != 58 || packet->payload.size() < 24)
        return std::nullopt;
    View body = packet->payload;
    if (body[0] != 135 && body[0] != 136)
        return std::nullopt;
    Neighbour nd{body[0], body[4], packet->source, Address{body.subspan(8, 16)}, std::nullopt};
    for (body = body.subspan(24); body.size() >= 8;) {
        const std::size_t length = body[1] * 8U;
        if (length == 0 || length > body.size())
            break;
        if (body[0] == 1 || body[0] == 2)
            nd.link_address = mac_at(body, 2);
        body = body.subspan(length);
    }
    return nd;
}

std::optional<CarpHeader> Frame::advert() const {
    const auto packet = ip();
    if (!packet || packet->protocol != carp_protocol)
        return std::nullopt;
    return CarpHeader::parse(packet->payload);
}

bool Frame::advert_of(unsigned vhid) const {
    const auto header = advert();
    return header && header->vhid == vhid;
}

std::optional<std::uint8_t> Frame::icmp_type() const {
    const auto packet = ip();
    if (!packet || packet->payload.empty() || packet->protocol != (packet->source.is_v4() ? 1 : 58))
        return std::nullopt;
    return packet->payload[0];
}

unsigned Frame::claims_vhid() const {
    if (const unsigned vhid = source().vhid())
        return vhid;
    if (const auto packet = arp())
        return packet->sender_mac.vhid();
    if (const auto nd = neighbour(); nd && nd->link_address)
        return nd->link_address->vhid();
    return 0;
}

std::string Frame::text() const {
    std::string what;
    if (const auto packet = arp())
        what = arp_text(*packet);
    else if (const auto nd = neighbour())
        what = neighbour_text(*nd);
    else if (const auto packet = ip()) {
        const auto header = advert();
        what = packet->source.text() + " > " + packet->destination.text() + " " +
               (header ? header->text() : "protocol " + std::to_string(packet->protocol));
        if (const auto icmp = icmp_type())
            what += " type " + std::to_string(*icmp);
    } else {
        std::array<char, 16> number{};
        std::snprintf(number.data(), number.size(), "type 0x%04x", type());
        what = number.data();
    }
    return to_text(time_) + " " + host_ + ": " + source().text() + " > " + destination().text() +
           " " + what;
}

} // namespace e2e
