/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HMAC-SHA1 of an advert: over version, type, vhid, addresses and counter.
 * Everything but the counter is hashed once, when key, vhid or list change;
 * signing and verifying add 8 bytes.
 */
#ifndef _CARP_CORE_DIGEST_H
#define _CARP_CORE_DIGEST_H

#include "addrs.h"
#include "shim.h"
#include "wire.h"

#define CARP_KEY_LEN 20

/**
 * struct carp_digest - keyed state of one (key, vhid, address list)
 * @inner: has taken the inner pad, the fixed head and the addresses
 * @outer: has taken the outer pad
 *
 * Secret: wipe with memzero_explicit() before the memory is given back.
 */
struct carp_digest {
	struct carp_sha1 inner;
	struct carp_sha1 outer;
};

/**
 * enum carp_digest_form - which IPv6 addresses the digest covers
 * @CARP_DIGEST_ORIG: all of them
 * @CARP_DIGEST_NOV6LL: all but link-local ones, as OpenBSD sends
 */
enum carp_digest_form {
	CARP_DIGEST_ORIG,
	CARP_DIGEST_NOV6LL,
};

void carp_digest_prepare(struct carp_digest *d, const u8 *key, size_t key_len,
			 u8 vhid, const struct carp_addrs *addrs,
			 enum carp_digest_form form);
void carp_digest_sign(const struct carp_digest *d,
		      const u8 counter[CARP_COUNTER_LEN], u8 mac[CARP_MAC_LEN]);
bool carp_digest_verify(const struct carp_digest *d,
			const u8 counter[CARP_COUNTER_LEN],
			const u8 mac[CARP_MAC_LEN]);
bool carp_key_equal(const u8 a[CARP_KEY_LEN], const u8 b[CARP_KEY_LEN]);

#endif /* _CARP_CORE_DIGEST_H */
