// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CARP header: bytes to struct carp_advert and back.
 */
#include "wire.h"

#define OFF_VERSION_TYPE	0
#define OFF_VHID		1
#define OFF_ADVSKEW		2
#define OFF_AUTHLEN		3
#define OFF_DEMOTE		4
#define OFF_ADVBASE		5
#define OFF_CHECKSUM		6
#define OFF_COUNTER		8
#define OFF_MAC			16

/**
 * carp_wire_checksum - Internet checksum
 * @p: bytes; an odd last one counts as the high half of a 16-bit word
 * @len: how many, 0..65535, so that the 32-bit sum cannot overflow
 *
 * Return: what belongs into a checksum field that was zero, in host order; 0
 * over data that hold their right checksum.
 */
u16 carp_wire_checksum(const u8 *p, size_t len)
{
	u32 sum = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += get_unaligned_be16(p + i);
	if (i < len)
		sum += (u32)p[i] << 8;

	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);

	return (u16)~sum;
}

/**
 * carp_wire_encode - write a CARP header, checksum included
 * @adv: what to write; version and type 0..15, of the other fields any value
 * @out: CARP_HDR_LEN bytes, all of them written
 */
void carp_wire_encode(const struct carp_advert *adv, u8 out[CARP_HDR_LEN])
{
	out[OFF_VERSION_TYPE] = (u8)(adv->version << 4 | (adv->type & 0x0f));
	out[OFF_VHID] = adv->vhid;
	out[OFF_ADVSKEW] = adv->advskew;
	out[OFF_AUTHLEN] = adv->authlen;
	out[OFF_DEMOTE] = adv->demote;
	out[OFF_ADVBASE] = adv->advbase;
	put_unaligned_be16(0, out + OFF_CHECKSUM);
	memcpy(out + OFF_COUNTER, adv->counter, CARP_COUNTER_LEN);
	memcpy(out + OFF_MAC, adv->mac, CARP_MAC_LEN);

	/* IPv6 too goes without a pseudo header: see the BSDs */
	put_unaligned_be16(carp_wire_checksum(out, CARP_HDR_LEN),
			   out + OFF_CHECKSUM);
}

/**
 * carp_wire_decode - read a CARP header
 * @p: bytes behind the IP header; not touched unless @ttl and @len are right
 * @len: how many; more than CARP_HDR_LEN is fine, the rest is not looked at
 * @ttl: TTL or hop limit of the packet, 0..255
 * @adv: filled in on CARP_WIRE_OK, else left alone
 *
 * Version, vhid and digest are for the caller to judge: they are counted for
 * the device that the vhid names, these errors for the parent.
 *
 * Return: the first thing that is wrong: TTL, then length, then checksum.
 */
enum carp_wire_error carp_wire_decode(const u8 *p, size_t len, u8 ttl,
				      struct carp_advert *adv)
{
	if (ttl != CARP_TTL)
		return CARP_WIRE_BADTTL;
	if (len < CARP_HDR_LEN)
		return CARP_WIRE_BADLEN;
	if (carp_wire_checksum(p, CARP_HDR_LEN))
		return CARP_WIRE_BADSUM;

	adv->version = p[OFF_VERSION_TYPE] >> 4;
	adv->type = p[OFF_VERSION_TYPE] & 0x0f;
	adv->vhid = p[OFF_VHID];
	adv->advskew = p[OFF_ADVSKEW];
	adv->authlen = p[OFF_AUTHLEN];
	adv->demote = p[OFF_DEMOTE];
	adv->advbase = p[OFF_ADVBASE];
	memcpy(adv->counter, p + OFF_COUNTER, CARP_COUNTER_LEN);
	memcpy(adv->mac, p + OFF_MAC, CARP_MAC_LEN);

	return CARP_WIRE_OK;
}

/**
 * carp_wire_is_bow_out - is this the farewell of a MASTER
 * @adv: the advert
 *
 * Return: true if both advbase and advskew are 255.
 */
bool carp_wire_is_bow_out(const struct carp_advert *adv)
{
	return adv->advbase == CARP_BOW_OUT && adv->advskew == CARP_BOW_OUT;
}
