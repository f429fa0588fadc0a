/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How near a BACKUP came to taking over: the time that was left when the
 * master was heard, in classes.
 */
#ifndef _CARP_CORE_MARGIN_H
#define _CARP_CORE_MARGIN_H

#include "shim.h"

/* the last class has no upper bound */
#define CARP_MARGIN_CLASSES	18

unsigned int carp_margin_class(u64 us);
u64 carp_margin_bound(unsigned int index);
bool carp_margin_is_round(u64 since, u64 interval);

#endif /* _CARP_CORE_MARGIN_H */
