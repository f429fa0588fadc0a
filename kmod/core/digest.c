// SPDX-License-Identifier: GPL-2.0-only
/*
 * HMAC-SHA1 of an advert, with all but the counter hashed in advance.
 */
#include "digest.h"

#define BLOCK_LEN	64
#define INNER_PAD	0x36
#define OUTER_PAD	0x5c

static void hash_addrs(struct carp_sha1 *sha, const struct carp_addrs *addrs,
		       enum carp_digest_form form)
{
	size_t i;

	for (i = 0; i < addrs->n4; i++)
		carp_sha1_update(sha, addrs->v4[i], CARP_ADDR4_LEN);
	for (i = 0; i < addrs->n6; i++) {
		if (form == CARP_DIGEST_NOV6LL &&
		    carp_addr6_is_linklocal(addrs->v6[i]))
			continue;
		carp_sha1_update(sha, addrs->v6[i], CARP_ADDR6_LEN);
	}
}

/**
 * carp_digest_prepare - hash everything but the counter
 * @d: overwritten; secret from now on
 * @key: password bytes; may be NULL if @key_len is 0
 * @key_len: 0..64; CARP_KEY_LEN is what CARP knows, zero bytes at the end make
 *	no difference, bytes beyond 64 are not used
 * @vhid: 1..255
 * @addrs: normalised list, see carp_addrs_normalise()
 * @form: whether link-local addresses count
 */
void carp_digest_prepare(struct carp_digest *d, const u8 *key, size_t key_len,
			 u8 vhid, const struct carp_addrs *addrs,
			 enum carp_digest_form form)
{
	/* version and type are those of the protocol, not of a packet */
	u8 head[] = { CARP_VERSION, CARP_TYPE_ADVERT, vhid };
	u8 pad[BLOCK_LEN];
	size_t i;

	memset(pad, INNER_PAD, sizeof(pad));
	for (i = 0; i < key_len && i < BLOCK_LEN; i++)
		pad[i] ^= key[i];
	carp_sha1_init(&d->inner);
	carp_sha1_update(&d->inner, pad, sizeof(pad));
	carp_sha1_update(&d->inner, head, sizeof(head));
	hash_addrs(&d->inner, addrs, form);

	for (i = 0; i < BLOCK_LEN; i++)
		pad[i] ^= INNER_PAD ^ OUTER_PAD;
	carp_sha1_init(&d->outer);
	carp_sha1_update(&d->outer, pad, sizeof(pad));

	memzero_explicit(pad, sizeof(pad));
}

/**
 * carp_digest_sign - message authentication code of an advert
 * @d: prepared
 * @counter: CARP_COUNTER_LEN bytes as on the wire
 * @mac: CARP_MAC_LEN bytes, all of them written
 */
void carp_digest_sign(const struct carp_digest *d,
		      const u8 counter[CARP_COUNTER_LEN], u8 mac[CARP_MAC_LEN])
{
	struct carp_sha1 sha = d->inner;

	carp_sha1_update(&sha, counter, CARP_COUNTER_LEN);
	carp_sha1_final(&sha, mac);

	sha = d->outer;
	carp_sha1_update(&sha, mac, CARP_MAC_LEN);
	carp_sha1_final(&sha, mac);

	memzero_explicit(&sha, sizeof(sha));
}

/**
 * carp_digest_verify - was an advert signed with our key and list
 * @d: prepared
 * @counter: CARP_COUNTER_LEN bytes of the advert
 * @mac: CARP_MAC_LEN bytes of the advert
 *
 * Takes the same time whichever bytes differ, so that nobody can guess them
 * one by one.
 *
 * Return: true if @mac is right.
 */
bool carp_digest_verify(const struct carp_digest *d,
			const u8 counter[CARP_COUNTER_LEN],
			const u8 mac[CARP_MAC_LEN])
{
	u8 own[CARP_MAC_LEN];
	u8 diff = 0;
	size_t i;

	carp_digest_sign(d, counter, own);
	for (i = 0; i < CARP_MAC_LEN; i++)
		diff |= own[i] ^ mac[i];
	memzero_explicit(own, sizeof(own));

	return !diff;
}

/**
 * carp_key_equal - are two passwords the same?
 * @a: CARP_KEY_LEN bytes, zeros after the password
 * @b: likewise
 *
 * Takes the same time whichever bytes differ.
 *
 * Return: true if both make the same digests.
 */
bool carp_key_equal(const u8 a[CARP_KEY_LEN], const u8 b[CARP_KEY_LEN])
{
	u8 diff = 0;
	size_t i;

	for (i = 0; i < CARP_KEY_LEN; i++)
		diff |= a[i] ^ b[i];
	return !diff;
}
