/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arpbalance: which of several vhids with one address answers a requester.
 */
#ifndef _CARP_CORE_BALANCE_H
#define _CARP_CORE_BALANCE_H

#include "shim.h"

u32 carp_balance_index(const u8 sender[4], u32 count);

#endif /* _CARP_CORE_BALANCE_H */
