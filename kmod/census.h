/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CARP_CENSUS_H
#define _CARP_CENSUS_H

#include "core/margin.h"
#include "include/uapi/linux/carp.h"

#define CARP_STATES	(CARP_STATE_MASTER + 1)
#define CARP_REASONS	(CARP_REASON_DRAINED + 1)

/**
 * struct carp_census - how often a device changed its state, how near it came
 * @changes: by state before, state after and reason
 * @margins: how often the master was heard with so much time left
 * @margin_us: the sum of those times, microseconds
 * @heard: when the master was last heard, ktime_get_boottime_ns(), 0: not in
 *	this state
 */
struct carp_census {
	u64 changes[CARP_STATES][CARP_STATES][CARP_REASONS];
	u64 margins[CARP_MARGIN_CLASSES];
	u64 margin_us;
	u64 heard;
};

#endif /* _CARP_CENSUS_H */
