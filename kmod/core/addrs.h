/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The address list that the digest covers: IPv4 ascending, then IPv6
 * ascending, no duplicates, never all-zero or all-one.
 */
#ifndef _CARP_CORE_ADDRS_H
#define _CARP_CORE_ADDRS_H

#include "shim.h"

#define CARP_ADDR4_LEN 4
#define CARP_ADDR6_LEN 16

/**
 * struct carp_addrs - the addresses of a virtual host
 * @v4: @n4 IPv4 addresses of 4 bytes each, as on the wire
 * @n4: how many
 * @v6: @n6 IPv6 addresses of 16 bytes each, as on the wire
 * @n6: how many
 *
 * The memory belongs to the caller.
 */
struct carp_addrs {
	u8 (*v4)[CARP_ADDR4_LEN];
	size_t n4;
	u8 (*v6)[CARP_ADDR6_LEN];
	size_t n6;
};

void carp_addrs_normalise(struct carp_addrs *a);
bool carp_addr6_is_linklocal(const u8 a[CARP_ADDR6_LEN]);

#endif /* _CARP_CORE_ADDRS_H */
