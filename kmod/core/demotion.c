// SPDX-License-Identifier: GPL-2.0-only
/*
 * Demotion: adding up problems, and what they make of the advskew.
 */
#include "demotion.h"

/**
 * carp_demotion_add - one cause more
 * @sum: so far, 0..CARP_DEMOTION_MAX
 * @value: of the cause, any
 *
 * Return: the sum, at most CARP_DEMOTION_MAX.
 */
u8 carp_demotion_add(u8 sum, u32 value)
{
	/* compared before adding: the sum of two u32 may wrap */
	if (sum >= CARP_DEMOTION_MAX || value >= (u32)CARP_DEMOTION_MAX - sum)
		return CARP_DEMOTION_MAX;

	return (u8)(sum + value);
}

/**
 * carp_demotion_sum - demotion by several causes
 * @values: one a cause, any value; may be NULL if @n is 0
 * @n: how many
 *
 * Return: their sum, at most CARP_DEMOTION_MAX.
 */
u8 carp_demotion_sum(const u32 *values, size_t n)
{
	u8 sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum = carp_demotion_add(sum, values[i]);

	return sum;
}

/**
 * carp_demotion_adjust - a value that is changed by a difference
 * @value: so far, 0..CARP_DEMOTION_MAX
 * @by: how much more, or less
 *
 * Return: the new value, 0..CARP_DEMOTION_MAX.
 */
u8 carp_demotion_adjust(u8 value, s64 by)
{
	if (by >= (s64)CARP_DEMOTION_MAX - value)
		return CARP_DEMOTION_MAX;
	if (by <= -(s64)value)
		return 0;

	return (u8)(value + by);
}

/**
 * carp_demotion_fits - does a cause demote a device?
 * @scope: of the cause
 * @id: its interface group or index of a device, as @scope says
 * @ifindex: of the device
 * @group: its interface group
 *
 * Return: yes or no; no for scopes that do not exist.
 */
bool carp_demotion_fits(enum carp_scope scope, u32 id, u32 ifindex, u32 group)
{
	switch (scope) {
	case CARP_SCOPE_NET:
		return true;
	case CARP_SCOPE_GROUP:
		return id == group;
	case CARP_SCOPE_DEVICE:
		return id == ifindex;
	}
	return false;
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
