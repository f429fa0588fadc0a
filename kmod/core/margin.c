// SPDX-License-Identifier: GPL-2.0-only
/*
 * How near a BACKUP came to taking over.
 */
#include "margin.h"

/*
 * Upper bounds, in microseconds, where they tell how many adverts were missing
 * from a master that has advbase 0 (4 ms each) or 1 (a second each).
 */
static const u64 carp_margin_bounds[CARP_MARGIN_CLASSES - 1] = {
	1000, 2000, 4000, 8000, 50000, 100000, 200000, 500000,
	1000000, 1500000, 2000000, 2500000, 3000000,
	5000000, 10000000, 30000000, 100000000,
};

/**
 * carp_margin_class - to which class a time belongs
 * @us: microseconds
 *
 * Return: the first one whose bound is not less.
 */
unsigned int carp_margin_class(u64 us)
{
	unsigned int i;

	for (i = 0; i < CARP_MARGIN_CLASSES - 1; i++)
		if (us <= carp_margin_bounds[i])
			break;
	return i;
}

/**
 * carp_margin_bound - upper bound of a class, which is part of it
 * @index: 0..CARP_MARGIN_CLASSES - 1
 *
 * Return: microseconds, 0: it has none.
 */
u64 carp_margin_bound(unsigned int index)
{
	return index < CARP_MARGIN_CLASSES - 1 ? carp_margin_bounds[index] : 0;
}

/**
 * carp_margin_is_round - does an advert begin a round of its sender?
 * @since: nanoseconds since the advert that began the round before
 * @interval: time between rounds, as we know it
 *
 * A master says the same by IPv4 and by IPv6; the second one that comes tells
 * nothing of how near it was.
 *
 * Return: false: it is part of the round before.
 */
bool carp_margin_is_round(u64 since, u64 interval)
{
	return since >= interval >> 2;
}
