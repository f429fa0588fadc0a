// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling the segment where the addresses are: gratuitous ARP and unsolicited
 * neighbour advertisements, through the parent, from the virtual MAC.
 */
#include <linux/inetdevice.h>
#include <net/addrconf.h>

#include "carp.h"

/* adverts of both families and announcements of one host come together */
#define CARP_ANSWER_DELAY (2 * NSEC_PER_MSEC)

static void carp_announce4(struct carp *carp)
{
	struct carp_port *port = rcu_dereference(carp->port);
	struct in_device *in_dev = __in_dev_get_rcu(carp->dev);
	u8 frame[CARP_FRAME_ARP_LEN];
	const struct in_ifaddr *ifa;

	if (!in_dev)
		return;
	in_dev_for_each_ifa_rcu(ifa, in_dev) {
		/* arpbalance has dealt it out; adverts teach the switches */
		if (port && carp_neigh_shared4(port, ifa->ifa_local))
			continue;
		carp_frame_garp(frame, carp->dev->dev_addr,
				(const u8 *)&ifa->ifa_local);
		carp_count(carp, CARP_XSTATS_ANNOUNCES);
		carp_send_reply(carp, frame, sizeof(frame), htons(ETH_P_ARP));
	}
}

/*
 * Frames are not sent under idev->lock: a parent may want it. The list is
 * walked by position instead; an address that is added or removed meanwhile
 * announces itself or needs none.
 */
static void carp_announce6(struct carp *carp)
{
	struct inet6_dev *idev = __in6_dev_get(carp->dev);
	u8 frame[CARP_FRAME_NA_LEN];
	struct in6_addr addr;
	unsigned int pos;

	if (!idev)
		return;
	for (pos = 0; carp_addr_at6(idev, pos, &addr); pos++) {
		carp_neigh_announce6(carp, &addr, frame);
		carp_count(carp, CARP_XSTATS_ANNOUNCES);
		carp_send_reply(carp, frame, sizeof(frame), htons(ETH_P_IPV6));
	}
}

/**
 * carp_announce - announce all addresses of a MASTER
 * @carp: the device
 *
 * Caller: carp_run().
 */
void carp_announce(struct carp *carp)
{
	carp_announce4(carp);
	carp_announce6(carp);
}

/* when the timer is to fire for what is planned, 0: never */
static u64 carp_announce_next(const struct carp *carp)
{
	u64 next = U64_MAX;

	if (carp->announce_left && carp->announce_interval)
		next = carp->announce_repeat;
	if (carp->announce_answer)
		next = min(next, carp->announce_answered);
	if (carp->announce_refresh)
		next = min(next, carp->announced +
				 carp->announce_refresh * NSEC_PER_SEC);
	return next == U64_MAX ? 0 : next;
}

static void carp_announce_arm(struct carp *carp)
{
	u64 next = carp_announce_next(carp);

	lockdep_assert_held(&carp->lock);
	if (next)
		hrtimer_start(&carp->announce_timer, ns_to_ktime(next),
			      HRTIMER_MODE_ABS_SOFT);
	else
		hrtimer_try_to_cancel(&carp->announce_timer);
}

static enum hrtimer_restart carp_announce_timer(struct hrtimer *timer)
{
	struct carp *carp = container_of(timer, struct carp, announce_timer);
	u64 now, next;

	spin_lock_bh(&carp->lock);
	now = ktime_get_boottime_ns();
	next = carp_announce_next(carp);
	if (carp->state != CARP_STATE_MASTER || !next)
		goto out;
	if (now < next) {
		/* planned anew by another CPU while this callback started */
		carp_announce_arm(carp);
		goto out;
	}

	if (carp->announce_left && carp->announce_interval &&
	    now >= carp->announce_repeat) {
		carp->announce_left--;
		carp->announce_repeat = now + carp->announce_interval *
					      (u64)NSEC_PER_MSEC;
	}
	if (carp->announce_answer && now >= carp->announce_answered)
		carp->announce_answer = false;
	carp_announce_now(carp);
out:
	spin_unlock_bh(&carp->lock);
	carp_run(carp);
	return HRTIMER_NORESTART;
}

/**
 * carp_announce_now - a MASTER announces its addresses
 * @carp: the device, locked
 *
 * Caller: calls carp_run() when it no longer holds carp->lock.
 */
void carp_announce_now(struct carp *carp)
{
	carp->announced = ktime_get_boottime_ns();
	carp->todo |= CARP_DO_ANNOUNCE;
	carp_announce_arm(carp);
}

static void carp_announce_plan(struct carp *carp)
{
	/* with the second following advert */
	carp->announce_in = 2;
	carp->announce_repeat = ktime_get_boottime_ns() +
				carp->announce_interval * (u64)NSEC_PER_MSEC;
}

/**
 * carp_announce_begin - a device becomes MASTER
 * @carp: the device, locked
 *
 * Caller: as of carp_announce_now().
 */
void carp_announce_begin(struct carp *carp)
{
	carp->announce_left = carp->announce_count - 1;
	carp_announce_plan(carp);
	carp_announce_now(carp);
}

/**
 * carp_announce_end - a device is no longer MASTER
 * @carp: the device, locked
 */
void carp_announce_end(struct carp *carp)
{
	carp->announce_left = 0;
	carp->announce_answer = false;
	carp->announce_answered = 0;
	carp->todo &= ~CARP_DO_ANNOUNCE;
	hrtimer_try_to_cancel(&carp->announce_timer);
}

/**
 * carp_announce_advert - a MASTER advertises, not for the first time
 * @carp: the device, locked
 *
 * Caller: as of carp_announce_now().
 */
void carp_announce_advert(struct carp *carp)
{
	if (!carp->announce_left || carp->announce_interval ||
	    --carp->announce_in)
		return;
	carp->announce_left--;
	carp_announce_plan(carp);
	carp_announce_now(carp);
}

/**
 * carp_announce_answer - a MASTER heard a worse advert
 * @carp: the device, locked
 *
 * Whoever listened to the other one must hear us: in a moment, when the rest of
 * what it sends is through. But a stubborn peer must not make us flood the
 * segment, so not more than once a second.
 *
 * Caller: as of carp_announce_now().
 */
void carp_announce_answer(struct carp *carp)
{
	u64 next = ktime_get_boottime_ns() + CARP_ANSWER_DELAY;

	if (carp->announce_answer)
		return;
	if (carp->announce_answered)
		next = max(next, carp->announce_answered + NSEC_PER_SEC);
	carp->announce_answered = next;
	carp->announce_answer = true;
	carp_announce_arm(carp);
}

/**
 * carp_announce_retime - how to announce was changed
 * @carp: the device, locked
 */
void carp_announce_retime(struct carp *carp)
{
	if (carp->state != CARP_STATE_MASTER)
		return;
	carp->announce_left = min(carp->announce_left,
				  carp->announce_count - 1);
	carp_announce_plan(carp);
	carp_announce_arm(carp);
}

/**
 * carp_announce_init - before the device is registered
 * @carp: the device
 */
void carp_announce_init(struct carp *carp)
{
	hrtimer_setup(&carp->announce_timer, carp_announce_timer,
		      CLOCK_BOOTTIME, HRTIMER_MODE_ABS_SOFT);
}

/**
 * carp_announce_exit - nothing of the device runs any more
 * @carp: the device, in INIT
 */
void carp_announce_exit(struct carp *carp)
{
	hrtimer_cancel(&carp->announce_timer);
}
