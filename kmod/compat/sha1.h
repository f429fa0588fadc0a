/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Incremental SHA-1 that may be used in softirq. Since 6.17 the kernel has it;
 * older ones export the compression function alone.
 */
#ifndef _CARP_COMPAT_SHA1_H
#define _CARP_COMPAT_SHA1_H

#include <crypto/sha1.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/unaligned.h>

#ifdef CARP_HAVE_SHA1_CTX

struct carp_sha1 {
	struct sha1_ctx ctx;
};

static inline void carp_sha1_init(struct carp_sha1 *s)
{
	sha1_init(&s->ctx);
}

static inline void carp_sha1_update(struct carp_sha1 *s, const u8 *p, size_t n)
{
	sha1_update(&s->ctx, p, n);
}

static inline void carp_sha1_final(struct carp_sha1 *s, u8 out[20])
{
	sha1_final(&s->ctx, out);
}

#else

struct carp_sha1 {
	u32 state[SHA1_DIGEST_SIZE / 4];
	u8 block[SHA1_BLOCK_SIZE];
	u64 len;
};

static inline void carp_sha1_init(struct carp_sha1 *s)
{
	sha1_init(s->state);
	s->len = 0;
}

static inline void carp_sha1_block(struct carp_sha1 *s, const u8 *block)
{
	u32 work[SHA1_WORKSPACE_WORDS];

	sha1_transform(s->state, block, work);
	memzero_explicit(work, sizeof(work));
}

static inline void carp_sha1_update(struct carp_sha1 *s, const u8 *p, size_t n)
{
	size_t have = s->len % SHA1_BLOCK_SIZE;

	s->len += n;
	while (n) {
		size_t take = min_t(size_t, n, SHA1_BLOCK_SIZE - have);

		memcpy(s->block + have, p, take);
		have += take;
		p += take;
		n -= take;
		if (have == SHA1_BLOCK_SIZE) {
			carp_sha1_block(s, s->block);
			have = 0;
		}
	}
}

static inline void carp_sha1_final(struct carp_sha1 *s, u8 out[20])
{
	static const u8 pad[SHA1_BLOCK_SIZE] = { 0x80 };
	u8 bits[8];
	size_t have;
	int i;

	put_unaligned_be64(s->len * 8, bits);
	have = s->len % SHA1_BLOCK_SIZE;
	carp_sha1_update(s, pad, (have < 56 ? 56 : 120) - have);
	carp_sha1_update(s, bits, sizeof(bits));
	for (i = 0; i < 5; i++)
		put_unaligned_be32(s->state[i], out + 4 * i);
	memzero_explicit(s, sizeof(*s));
}

#endif

#endif /* _CARP_COMPAT_SHA1_H */
