/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Demotion: problems of this host make its adverts slower.
 */
#ifndef _CARP_CORE_DEMOTION_H
#define _CARP_CORE_DEMOTION_H

#include "../include/uapi/linux/carp.h"
#include "shim.h"

u8 carp_demotion_add(u8 sum, u32 value);
u8 carp_demotion_sum(const u32 *values, size_t n);
u8 carp_demotion_skew(u8 advskew, u8 demotion);
u8 carp_demotion_adjust(u8 value, s64 by);
bool carp_demotion_fits(enum carp_scope scope, u32 id, u32 ifindex, u32 group);

#endif /* _CARP_CORE_DEMOTION_H */
