/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Protocol times, in nanoseconds; 1/256 s is exactly 3906250 ns.
 */
#ifndef _CARP_CORE_TIMING_H
#define _CARP_CORE_TIMING_H

#include "shim.h"

#define CARP_NS_PER_SEC		1000000000ULL
#define CARP_NS_PER_SKEW	3906250ULL
#define CARP_NS_PER_MS		1000000ULL
#define CARP_DOWN_RATIO		3

u64 carp_timing_interval(u8 advbase, u8 advskew);
u64 carp_timing_grace(u8 advbase, u8 advskew);
u64 carp_timing_master_down(u8 advbase, u8 advskew);
u64 carp_timing_soon(u8 advbase, u8 advskew);
u64 carp_timing_until(u64 since, u32 ms);

/**
 * enum carp_late - what a late timer tells
 * @CARP_LATE_NO: on time, act
 * @CARP_LATE_GRACE: this host was busy; a BACKUP gives what it may have received
 *	and not looked at yet carp_timing_grace()
 * @CARP_LATE_REARM: this host was stopped; a BACKUP listens once more
 * @CARP_LATE_LISTEN: this host was stopped for so long that somebody else must
 *	have taken over; a MASTER becomes BACKUP
 */
enum carp_late {
	CARP_LATE_NO,
	CARP_LATE_GRACE,
	CARP_LATE_REARM,
	CARP_LATE_LISTEN,
};

enum carp_late carp_timing_late(bool master, u64 late_ns, u8 advbase,
				u8 advskew);

#endif /* _CARP_CORE_TIMING_H */
