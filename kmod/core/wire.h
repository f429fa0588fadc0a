/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The CARP header: 36 bytes, protocol 112, version 2.
 */
#ifndef _CARP_CORE_WIRE_H
#define _CARP_CORE_WIRE_H

#include "shim.h"

#define CARP_PROTO		112
#define CARP_VERSION		2
#define CARP_TYPE_ADVERT	1
#define CARP_AUTHLEN		7
#define CARP_TTL		255
#define CARP_HDR_LEN		36
#define CARP_COUNTER_LEN	8
#define CARP_MAC_LEN		20	/* message authentication code */
#define CARP_BOW_OUT		255	/* advbase and advskew of a farewell */

/**
 * struct carp_advert - a CARP header in host terms
 * @version: 2
 * @type: 1; nobody checks it
 * @vhid: 1..255
 * @advskew: 0..254, 255 in a bow-out; 1/256 s
 * @authlen: 7; nobody checks it
 * @demote: OpenBSD's demotion counter, 0 elsewhere
 * @advbase: 0..254, 255 in a bow-out; seconds
 * @counter: as on the wire
 * @mac: HMAC-SHA1
 */
struct carp_advert {
	u8 version;
	u8 type;
	u8 vhid;
	u8 advskew;
	u8 authlen;
	u8 demote;
	u8 advbase;
	u8 counter[CARP_COUNTER_LEN];
	u8 mac[CARP_MAC_LEN];
};

/**
 * enum carp_wire_error - why bytes are no CARP advert
 * @CARP_WIRE_OK: they are one, as far as TTL, length and checksum tell
 * @CARP_WIRE_BADTTL: TTL or hop limit is not 255: not from this link
 * @CARP_WIRE_BADLEN: shorter than a CARP header
 * @CARP_WIRE_BADSUM: wrong checksum
 */
enum carp_wire_error {
	CARP_WIRE_OK,
	CARP_WIRE_BADTTL,
	CARP_WIRE_BADLEN,
	CARP_WIRE_BADSUM,
};

u16 carp_wire_checksum(const u8 *p, size_t len);
void carp_wire_encode(const struct carp_advert *adv, u8 out[CARP_HDR_LEN]);
enum carp_wire_error carp_wire_decode(const u8 *p, size_t len, u8 ttl,
				      struct carp_advert *adv);
bool carp_wire_is_bow_out(const struct carp_advert *adv);

#endif /* _CARP_CORE_WIRE_H */
