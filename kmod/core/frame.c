// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole Ethernet frames, byte by byte.
 */
#include "frame.h"

#define TYPE_IPV4	0x0800
#define TYPE_ARP	0x0806
#define TYPE_RARP	0x8035
#define TYPE_IPV6	0x86dd

#define IPV4_LEN	20
#define IPV4_VER_IHL	0x45
#define IPV4_DF		0x4000
#define IPV4_OFF_SUM	10

#define IPV6_LEN	40
#define IPV6_VERSION	0x60000000
#define IPV6_OFF_SRC	8
#define IPV6_OFF_DST	24

#define ARP_HW_ETHER	1
#define ARP_REQUEST	1
#define ARP_REPLY	2
#define RARP_REQUEST	3

#define PROTO_ICMPV6	58
#define NA_LEN		32
#define NA_TYPE		136
#define NA_OFF_SUM	2
#define NA_OFF_FLAGS	4
#define NA_OFF_TARGET	8
#define NA_OFF_OPTION	24
#define ND_OPT_TARGET	2
#define ND_OPT_UNITS	1	/* of 8 bytes */

#define VMAC_PREFIX_LEN	5

const u8 carp_mcast4_mac[CARP_ETH_ALEN] = {
	0x01, 0x00, 0x5e, 0x00, 0x00, 0x12,
};

const u8 carp_mcast4_addr[4] = { 224, 0, 0, 18 };

const u8 carp_mcast6_mac[CARP_ETH_ALEN] = {
	0x33, 0x33, 0x00, 0x00, 0x00, 0x12,
};

const u8 carp_mcast6_addr[16] = { 0xff, 0x02, [15] = 0x12 };

static const u8 broadcast_mac[CARP_ETH_ALEN] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
};

static const u8 vmac_prefix[VMAC_PREFIX_LEN] = { 0x00, 0x00, 0x5e, 0x00, 0x01 };

/**
 * carp_vmac - virtual MAC of a vhid
 * @vhid: 1..255
 * @mac: 00:00:5e:00:01:@vhid
 */
void carp_vmac(u8 vhid, u8 mac[CARP_ETH_ALEN])
{
	memcpy(mac, vmac_prefix, VMAC_PREFIX_LEN);
	mac[VMAC_PREFIX_LEN] = vhid;
}

static u8 *put(u8 *p, const u8 *bytes, size_t n)
{
	memcpy(p, bytes, n);
	return p + n;
}

static u8 *put_eth(u8 *p, const u8 *dst_mac, const u8 *src_mac, u16 type)
{
	p = put(p, dst_mac, CARP_ETH_ALEN);
	p = put(p, src_mac, CARP_ETH_ALEN);
	put_unaligned_be16(type, p);
	return p + 2;
}

static void put_ipv6_head(u8 *p, u16 payload_len, u8 next)
{
	put_unaligned_be32(IPV6_VERSION, p);
	put_unaligned_be16(payload_len, p + 4);
	p[6] = next;
	p[7] = CARP_TTL;
}

/**
 * carp_frame_advert4 - an advert in IPv4
 * @out: CARP_FRAME_ADVERT4_LEN bytes, all of them written
 * @src_mac: Ethernet source: the virtual MAC, so that switches learn it
 * @dst_mac: Ethernet destination: carp_mcast4_mac, or that of a peer
 * @src: IPv4 source, a real address or 0.0.0.0
 * @dst: IPv4 destination: carp_mcast4_addr, or a peer
 * @id: IPv4 identification, any
 * @dscp: 0..63
 * @carp: from carp_wire_encode()
 */
void carp_frame_advert4(u8 out[CARP_FRAME_ADVERT4_LEN], const u8 *src_mac,
			const u8 *dst_mac, const u8 src[4], const u8 dst[4],
			u16 id, u8 dscp, const u8 carp[CARP_HDR_LEN])
{
	u8 *ip = put_eth(out, dst_mac, src_mac, TYPE_IPV4);

	ip[0] = IPV4_VER_IHL;
	ip[1] = carp_frame_tos(dscp);
	put_unaligned_be16(IPV4_LEN + CARP_HDR_LEN, ip + 2);
	put_unaligned_be16(id, ip + 4);
	put_unaligned_be16(IPV4_DF, ip + 6);
	ip[8] = CARP_TTL;
	ip[9] = CARP_PROTO;
	put_unaligned_be16(0, ip + IPV4_OFF_SUM);
	memcpy(ip + 12, src, 4);
	memcpy(ip + 16, dst, 4);
	put_unaligned_be16(carp_wire_checksum(ip, IPV4_LEN), ip + IPV4_OFF_SUM);

	memcpy(ip + IPV4_LEN, carp, CARP_HDR_LEN);
}

/**
 * carp_frame_advert6 - an advert in IPv6
 * @out: CARP_FRAME_ADVERT6_LEN bytes, all of them written
 * @src_mac: Ethernet source: the virtual MAC, so that switches learn it
 * @dst_mac: Ethernet destination: carp_mcast6_mac, or that of a peer
 * @src: IPv6 source
 * @dst: IPv6 destination: carp_mcast6_addr, or a peer
 * @dscp: 0..63; the default is one of IPv4, and nothing here
 * @carp: from carp_wire_encode()
 */
void carp_frame_advert6(u8 out[CARP_FRAME_ADVERT6_LEN], const u8 *src_mac,
			const u8 *dst_mac, const u8 src[16], const u8 dst[16],
			u8 dscp, const u8 carp[CARP_HDR_LEN])
{
	u8 tclass = dscp == CARP_DSCP_DEFAULT ? 0 : carp_frame_tos(dscp);
	u8 *ip = put_eth(out, dst_mac, src_mac, TYPE_IPV6);

	put_ipv6_head(ip, CARP_HDR_LEN, CARP_PROTO);
	put_unaligned_be32(IPV6_VERSION | (u32)tclass << 20, ip);
	memcpy(ip + IPV6_OFF_SRC, src, 16);
	memcpy(ip + IPV6_OFF_DST, dst, 16);
	memcpy(ip + IPV6_LEN, carp, CARP_HDR_LEN);
}

static void put_arp(u8 *out, u16 type, u16 op, const u8 *vmac, const u8 *vip,
		    const u8 *eth_dst, const u8 *target_mac,
		    const u8 *target_ip)
{
	u8 *p = put_eth(out, eth_dst, vmac, type);

	put_unaligned_be16(ARP_HW_ETHER, p);
	put_unaligned_be16(TYPE_IPV4, p + 2);
	p[4] = CARP_ETH_ALEN;
	p[5] = 4;
	put_unaligned_be16(op, p + 6);
	p = put(p + 8, vmac, CARP_ETH_ALEN);
	p = put(p, vip, 4);
	p = put(p, target_mac, CARP_ETH_ALEN);
	put(p, target_ip, 4);
}

/**
 * carp_frame_garp - gratuitous ARP request: this address is at the virtual MAC
 * @out: CARP_FRAME_ARP_LEN bytes, all of them written
 * @vmac: virtual MAC, Ethernet and ARP sender
 * @vip: virtual IPv4 address
 */
void carp_frame_garp(u8 out[CARP_FRAME_ARP_LEN], const u8 *vmac,
		     const u8 vip[4])
{
	static const u8 unknown_mac[CARP_ETH_ALEN];

	put_arp(out, TYPE_ARP, ARP_REQUEST, vmac, vip, broadcast_mac,
		unknown_mac, vip);
}

/**
 * carp_frame_rarp - reverse ARP request: a frame for switches to learn from
 * @out: CARP_FRAME_ARP_LEN bytes, all of them written
 * @vmac: virtual MAC, Ethernet source and sender
 *
 * The same that virtual machine monitors send for a guest that has moved.
 */
void carp_frame_rarp(u8 out[CARP_FRAME_ARP_LEN], const u8 *vmac)
{
	static const u8 none[4];

	put_arp(out, TYPE_RARP, RARP_REQUEST, vmac, none, broadcast_mac, vmac,
		none);
}

/**
 * carp_frame_arp_reply - answer to an ARP request
 * @out: CARP_FRAME_ARP_LEN bytes, all of them written
 * @vmac: virtual MAC, Ethernet and ARP sender
 * @vip: the IPv4 address that was asked for
 * @dst_mac: MAC of the requester
 * @dst_ip: IPv4 address of the requester
 */
void carp_frame_arp_reply(u8 out[CARP_FRAME_ARP_LEN], const u8 *vmac,
			  const u8 vip[4], const u8 *dst_mac,
			  const u8 dst_ip[4])
{
	put_arp(out, TYPE_ARP, ARP_REPLY, vmac, vip, dst_mac, dst_mac, dst_ip);
}

/**
 * carp_frame_na - neighbour advertisement, asked for or not
 * @out: CARP_FRAME_NA_LEN bytes, all of them written
 * @na: what to write
 */
void carp_frame_na(u8 out[CARP_FRAME_NA_LEN], const struct carp_na *na)
{
	u8 *ip = put_eth(out, na->dst_mac, na->src_mac, TYPE_IPV6);
	u8 *icmp = ip + IPV6_LEN;
	u8 *option = icmp + NA_OFF_OPTION;

	memcpy(ip + IPV6_OFF_SRC, na->src, 16);
	memcpy(ip + IPV6_OFF_DST, na->dst, 16);

	memset(icmp, 0, NA_LEN);
	icmp[0] = NA_TYPE;
	icmp[NA_OFF_FLAGS] = na->flags;
	memcpy(icmp + NA_OFF_TARGET, na->target, 16);
	option[0] = ND_OPT_TARGET;
	option[1] = ND_OPT_UNITS;
	memcpy(option + 2, na->src_mac, CARP_ETH_ALEN);

	/*
	 * The sum does not care for order: with length and protocol in place of
	 * the first 8 bytes, header and message are pseudo header and message.
	 */
	put_unaligned_be32(NA_LEN, ip);
	put_unaligned_be32(PROTO_ICMPV6, ip + 4);
	put_unaligned_be16(carp_wire_checksum(ip, IPV6_LEN + NA_LEN),
			   icmp + NA_OFF_SUM);

	put_ipv6_head(ip, NA_LEN, PROTO_ICMPV6);
}
