/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one place where core/ meets its surroundings: types, byte order, memory
 * and SHA-1, from the kernel in the module and from libc and nettle elsewhere.
 */
#ifndef _CARP_CORE_SHIM_H
#define _CARP_CORE_SHIM_H

#ifdef __KERNEL__

#include <linux/string.h>
#include <linux/types.h>
#include <linux/unaligned.h>
#include "../compat/sha1.h"

#else

#include <linux/types.h>
#include <nettle/sha1.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;

static inline u16 get_unaligned_be16(const void *p)
{
	const u8 *b = (const u8 *)p;

	return (u16)(b[0] << 8 | b[1]);
}

static inline u32 get_unaligned_be32(const void *p)
{
	const u8 *b = (const u8 *)p;

	return (u32)b[0] << 24 | (u32)b[1] << 16 | (u32)b[2] << 8 | b[3];
}

static inline u64 get_unaligned_be64(const void *p)
{
	const u8 *b = (const u8 *)p;

	return (u64)get_unaligned_be32(b) << 32 | get_unaligned_be32(b + 4);
}

static inline void put_unaligned_be16(u16 v, void *p)
{
	u8 *b = (u8 *)p;

	b[0] = (u8)(v >> 8);
	b[1] = (u8)v;
}

static inline void put_unaligned_be32(u32 v, void *p)
{
	put_unaligned_be16((u16)(v >> 16), p);
	put_unaligned_be16((u16)v, (u8 *)p + 2);
}

static inline void put_unaligned_be64(u64 v, void *p)
{
	put_unaligned_be32((u32)(v >> 32), p);
	put_unaligned_be32((u32)v, (u8 *)p + 4);
}

static inline void memzero_explicit(void *p, size_t n)
{
	explicit_bzero(p, n);
}

struct carp_sha1 {
	struct sha1_ctx ctx;
};

static inline void carp_sha1_init(struct carp_sha1 *s)
{
	sha1_init(&s->ctx);
}

static inline void carp_sha1_update(struct carp_sha1 *s, const u8 *p, size_t n)
{
	sha1_update(&s->ctx, n, p);
}

static inline void carp_sha1_final(struct carp_sha1 *s, u8 out[20])
{
	sha1_digest(&s->ctx, 20, out);
}

#endif /* __KERNEL__ */

#define CARP_ETH_ALEN 6

#endif /* _CARP_CORE_SHIM_H */
