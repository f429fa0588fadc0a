/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whole Ethernet frames that CARP makes: adverts, ARP, neighbour
 * advertisements. Pure byte writing, so that every frame is a unit test.
 */
#ifndef _CARP_CORE_FRAME_H
#define _CARP_CORE_FRAME_H

#include "shim.h"
#include "wire.h"

#define CARP_FRAME_ETH_LEN	14
#define CARP_FRAME_ADVERT4_LEN	(CARP_FRAME_ETH_LEN + 20 + CARP_HDR_LEN)
#define CARP_FRAME_ADVERT6_LEN	(CARP_FRAME_ETH_LEN + 40 + CARP_HDR_LEN)
#define CARP_FRAME_ARP_LEN	(CARP_FRAME_ETH_LEN + 28)
#define CARP_FRAME_NA_LEN	(CARP_FRAME_ETH_LEN + 40 + 32)

#define CARP_DSCP_DEFAULT	4	/* the low delay of old */

/* the first four bytes of every virtual MAC, and of few others */
#define CARP_VMAC_START		0x00005e00U

#define CARP_NA_ROUTER		0x80
#define CARP_NA_SOLICITED	0x40
#define CARP_NA_OVERRIDE	0x20

/**
 * struct carp_na - a neighbour advertisement to write
 * @src_mac: Ethernet source and target link-layer address option: virtual MAC
 * @dst_mac: Ethernet destination
 * @src: IPv6 source
 * @dst: IPv6 destination
 * @target: the address that is advertised
 * @flags: CARP_NA_*
 */
struct carp_na {
	const u8 *src_mac;
	const u8 *dst_mac;
	const u8 *src;
	const u8 *dst;
	const u8 *target;
	u8 flags;
};

extern const u8 carp_mcast4_mac[CARP_ETH_ALEN];	/* 01:00:5e:00:00:12 */
extern const u8 carp_mcast4_addr[4];		/* 224.0.0.18 */
extern const u8 carp_mcast6_mac[CARP_ETH_ALEN];	/* 33:33:00:00:00:12 */
extern const u8 carp_mcast6_addr[16];		/* ff02::12 */

/**
 * carp_vmac_match - is this the virtual MAC of some vhid
 * @mac: the MAC
 *
 * Return: true for 00:00:5e:00:01:01 to 00:00:5e:00:01:ff; the last byte is
 * the vhid then.
 */
static inline bool carp_vmac_match(const u8 mac[CARP_ETH_ALEN])
{
	return get_unaligned_be32(mac) == CARP_VMAC_START && mac[4] == 1 &&
	       mac[5];
}

/* what a DSCP makes of the TOS of IPv4, or the traffic class of IPv6 */
static inline u8 carp_frame_tos(u8 dscp)
{
	return (u8)(dscp << 2);
}

void carp_vmac(u8 vhid, u8 mac[CARP_ETH_ALEN]);

void carp_frame_advert4(u8 out[CARP_FRAME_ADVERT4_LEN], const u8 *src_mac,
			const u8 *dst_mac, const u8 src[4], const u8 dst[4],
			u16 id, u8 dscp, const u8 carp[CARP_HDR_LEN]);
void carp_frame_advert6(u8 out[CARP_FRAME_ADVERT6_LEN], const u8 *src_mac,
			const u8 *dst_mac, const u8 src[16], const u8 dst[16],
			u8 dscp, const u8 carp[CARP_HDR_LEN]);
void carp_frame_garp(u8 out[CARP_FRAME_ARP_LEN], const u8 *vmac,
		     const u8 vip[4]);
void carp_frame_rarp(u8 out[CARP_FRAME_ARP_LEN], const u8 *vmac);
void carp_frame_arp_reply(u8 out[CARP_FRAME_ARP_LEN], const u8 *vmac,
			  const u8 vip[4], const u8 *dst_mac,
			  const u8 dst_ip[4]);
void carp_frame_na(u8 out[CARP_FRAME_NA_LEN], const struct carp_na *na);

#endif /* _CARP_CORE_FRAME_H */
