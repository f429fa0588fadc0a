/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Demotion: problems of this host make its adverts slower.
 */
#ifndef _CARP_CORE_DEMOTION_H
#define _CARP_CORE_DEMOTION_H

#include "../include/uapi/linux/carp.h"
#include "shim.h"

u8 carp_demotion_sum(const u32 *values, size_t n);
u8 carp_demotion_skew(u8 advskew, u8 demotion);

#endif /* _CARP_CORE_DEMOTION_H */
