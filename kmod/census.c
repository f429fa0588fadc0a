// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often a device changed its state, in which ways, and how much time it had
 * left when its master was heard.
 */
#include <net/genetlink.h>

#include "carp.h"
#include "core/timing.h"

/**
 * carp_census_change - a device changes its state
 * @carp: the device, locked
 * @change: how
 */
void carp_census_change(struct carp *carp, const struct carp_transition *change)
{
	struct carp_census *census = &carp->census;

	lockdep_assert_held(&carp->lock);
	census->changes[change->old][change->state][change->reason]++;
	/* what was heard before is nobody's round now */
	census->heard = 0;
}

/**
 * carp_census_heard - a BACKUP hears its master
 * @carp: the device, locked, which has not begun to wait anew
 * @peer: what the master says
 */
void carp_census_heard(struct carp *carp, const struct carp_peer *peer)
{
	struct carp_census *census = &carp->census;
	u64 now = ktime_get_boottime_ns();
	u64 left;

	lockdep_assert_held(&carp->lock);
	if (census->heard &&
	    !carp_margin_is_round(now - census->heard,
				  carp_timing_interval(peer->advbase,
						       peer->advskew)))
		return;
	census->heard = now;
	left = carp->listened > now ? carp->listened - now : 0;
	left = div_u64(left, NSEC_PER_USEC);
	census->margins[carp_margin_class(left)]++;
	census->margin_us += left;
}

/**
 * carp_census_reset - a device counts from zero
 * @carp: the device
 */
void carp_census_reset(struct carp *carp)
{
	u64 heard;

	spin_lock_bh(&carp->lock);
	heard = carp->census.heard;
	memset(&carp->census, 0, sizeof(carp->census));
	carp->census.heard = heard;
	spin_unlock_bh(&carp->lock);
}

/**
 * carp_census_room - how much carp_census_put() puts
 *
 * Return: bytes, enough for all ways in which a state can change.
 */
size_t carp_census_room(void)
{
	size_t change = nla_total_size(0) + nla_total_size(4) * 3 +
			nla_total_size_64bit(8);
	size_t margin = nla_total_size(0) + nla_total_size_64bit(8) * 2;

	return change * CARP_STATES * (CARP_STATES - 1) * CARP_REASONS +
	       margin * CARP_MARGIN_CLASSES + nla_total_size_64bit(8);
}

static int carp_census_put_change(struct sk_buff *skb, u32 old, u32 state,
				  u32 reason, u64 count)
{
	struct nlattr *nest = nla_nest_start(skb, CARP_A_CHANGE);

	if (!nest || nla_put_u32(skb, CARP_A_OLD_STATE, old) ||
	    nla_put_u32(skb, CARP_A_STATE, state) ||
	    nla_put_u32(skb, CARP_A_REASON, reason) ||
	    nla_put_u64_64bit(skb, CARP_A_COUNT, count, CARP_A_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* ways in which the state never changed are left out */
static int carp_census_put_changes(struct sk_buff *skb,
				   const struct carp_census *census)
{
	u32 state, reason, old;
	u64 count;

	for (old = 0; old < CARP_STATES; old++)
		for (state = 0; state < CARP_STATES; state++)
			for (reason = 0; reason < CARP_REASONS; reason++) {
				count = census->changes[old][state][reason];
				if (count &&
				    carp_census_put_change(skb, old, state,
							   reason, count))
					return -EMSGSIZE;
			}
	return 0;
}

static int carp_census_put_margins(struct sk_buff *skb,
				   const struct carp_census *census)
{
	struct nlattr *nest;
	unsigned int i;
	u64 bound;

	for (i = 0; i < CARP_MARGIN_CLASSES; i++) {
		nest = nla_nest_start(skb, CARP_A_MARGIN);
		bound = carp_margin_bound(i);
		if (!nest ||
		    (bound && nla_put_u64_64bit(skb, CARP_A_BOUND, bound,
						CARP_A_PAD)) ||
		    nla_put_u64_64bit(skb, CARP_A_COUNT, census->margins[i],
				      CARP_A_PAD))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	return nla_put_u64_64bit(skb, CARP_A_MARGIN_SUM, census->margin_us,
				 CARP_A_PAD);
}

/**
 * carp_census_put - CARP_A_CHANGE, CARP_A_MARGIN and CARP_A_MARGIN_SUM
 * @skb: the message
 * @carp: the device
 *
 * Return: 0 or -EMSGSIZE.
 */
int carp_census_put(struct sk_buff *skb, struct carp *carp)
{
	int err;

	/* under its lock, so that all belongs to one moment */
	spin_lock_bh(&carp->lock);
	err = carp_census_put_changes(skb, &carp->census);
	if (!err)
		err = carp_census_put_margins(skb, &carp->census);
	spin_unlock_bh(&carp->lock);
	return err;
}
