// SPDX-License-Identifier: GPL-2.0-only
/*
 * Protocol times. Multiplications only, so that 32-bit kernels need no help.
 */
#include "timing.h"

/* at advbase 0 the skew alone is the time, and no time may be zero */
static u64 skew_only(u8 advskew)
{
	return (advskew ? advskew : 1) * CARP_NS_PER_SKEW;
}

/**
 * carp_timing_interval - time between two adverts of a MASTER
 * @advbase: 0..255 seconds
 * @advskew: 0..255, in 1/256 seconds; demotion included
 *
 * Return: nanoseconds, 3906250..255996093750.
 */
u64 carp_timing_interval(u8 advbase, u8 advskew)
{
	if (!advbase)
		return skew_only(advskew);

	return advbase * CARP_NS_PER_SEC + advskew * CARP_NS_PER_SKEW;
}

/**
 * carp_timing_master_down - silence after which a BACKUP takes over
 * @advbase: 0..255 seconds
 * @advskew: 0..255, in 1/256 seconds; as configured, without demotion
 *
 * Return: nanoseconds, 11718750..765996093750.
 */
u64 carp_timing_master_down(u8 advbase, u8 advskew)
{
	if (!advbase)
		return CARP_DOWN_RATIO * skew_only(advskew);

	return CARP_DOWN_RATIO * advbase * CARP_NS_PER_SEC +
	       advskew * CARP_NS_PER_SKEW;
}

/**
 * carp_timing_grace - how much longer a BACKUP waits whose host was busy
 * @advbase: 0..255 seconds
 * @advskew: 0..255, in 1/256 seconds
 *
 * Return: nanoseconds, half an interval.
 */
u64 carp_timing_grace(u8 advbase, u8 advskew)
{
	return carp_timing_interval(advbase, advskew) >> 1;
}

/**
 * carp_timing_soon - from when on a takeover is to be expected
 * @advbase: 0..255 seconds
 * @advskew: 0..255, in 1/256 seconds; as configured, without demotion
 *
 * While a master lives, less than half of the master-down time is rarely left.
 *
 * Return: nanoseconds before the master-down time is over, a second at most.
 */
u64 carp_timing_soon(u8 advbase, u8 advskew)
{
	u64 half = carp_timing_master_down(advbase, advskew) >> 1;

	return half < CARP_NS_PER_SEC ? half : CARP_NS_PER_SEC;
}

/**
 * carp_timing_until - when a wait ends
 * @since: when it began, in nanoseconds
 * @ms: how long it is
 *
 * Return: nanoseconds; 0 if there is nothing to wait for.
 */
u64 carp_timing_until(u64 since, u32 ms)
{
	return ms ? since + ms * CARP_NS_PER_MS : 0;
}

/**
 * carp_timing_late - what it means that a timer fires late
 * @master: the advert timer of a MASTER; else the master-down timer of a BACKUP
 * @late_ns: how long after its time, by a clock that counts suspend, in
 *	nanoseconds
 * @advbase: 0..255 seconds
 * @advskew: 0..255, in 1/256 seconds
 *
 * A BACKUP that slept heard nobody, which is no proof of a dead master. Nor is
 * it when its timer had to wait: what kept it may keep an advert that has
 * arrived. A MASTER that slept for less than the master-down time is still the
 * only one.
 *
 * Return: what to do. Up to and including an eighth of an interval a BACKUP is
 * on time, a MASTER up to and including the master-down time.
 */
enum carp_late carp_timing_late(bool master, u64 late_ns, u8 advbase,
				u8 advskew)
{
	u64 interval = carp_timing_interval(advbase, advskew);

	if (master)
		return late_ns <= carp_timing_master_down(advbase, advskew) ?
		       CARP_LATE_NO : CARP_LATE_LISTEN;
	if (late_ns <= interval >> 3)
		return CARP_LATE_NO;

	return late_ns <= interval ? CARP_LATE_GRACE : CARP_LATE_REARM;
}
