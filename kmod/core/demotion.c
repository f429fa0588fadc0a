// SPDX-License-Identifier: GPL-2.0-only
/*
 * Demotion: adding up problems, and what they make of the advskew.
 */
#include "demotion.h"

/**
 * carp_demotion_sum - demotion by several causes
 * @values: one a cause, any value; may be NULL if @n is 0
 * @n: how many
 *
 * Return: their sum, at most CARP_DEMOTION_MAX.
 */
u8 carp_demotion_sum(const u32 *values, size_t n)
{
	u32 sum = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		/* compared before adding: the sum of two u32 may wrap */
		if (values[i] >= CARP_DEMOTION_MAX - sum)
			return CARP_DEMOTION_MAX;
		sum += values[i];
	}

	return (u8)sum;
}

/**
 * carp_demotion_skew - the advskew to send
 * @advskew: configured, 0..254, in 1/256 seconds
 * @demotion: 0..CARP_DEMOTION_MAX; more counts as that
 *
 * Return: the sum, at most CARP_DEMOTION_MAX, but never less than @advskew: a
 * problem makes no host better.
 */
u8 carp_demotion_skew(u8 advskew, u8 demotion)
{
	unsigned int sum = advskew + demotion;

	if (advskew > CARP_DEMOTION_MAX)
		return advskew;
	if (sum > CARP_DEMOTION_MAX)
		return CARP_DEMOTION_MAX;

	return (u8)sum;
}
