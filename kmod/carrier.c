// SPDX-License-Identifier: GPL-2.0-only
/*
 * The carrier of a carp device: what the rest of the kernel sees of its state.
 *
 * The carrier itself comes and goes at once, in softirq. When link watch, the
 * core's worker, hears of it, it goes through all IPv6 routes of the namespace
 * with softirqs off, under RTNL and for each device anew; where there are many
 * routes this takes longer than a takeover may be late. A host that dies leaves
 * many vhids that are taken over one after the other, so link watch is told
 * when they all have been. Until then only the operational state is behind.
 */
#include <linux/rtnetlink.h>
#include <net/sch_generic.h>

#include "carp.h"

/* what changes together is told together */
#define CARP_CARRIER_QUIET	(20 * NSEC_PER_MSEC)

/* somebody may always be waiting, but nobody is to wait for ever */
#define CARP_CARRIER_PATIENCE	(2 * NSEC_PER_SEC)

static void carp_carrier_later(struct carp_net *cn)
{
	queue_delayed_work(carp_wq, &cn->carrier_work,
			   nsecs_to_jiffies(CARP_CARRIER_QUIET) + 1);
}

/* Caller: RTNL */
static bool carp_carrier_must_wait(struct carp_net *cn, u64 now)
{
	struct carp *carp;

	if (!cn->carrier_since)
		cn->carrier_since = now;
	if (now - cn->carrier_since >= CARP_CARRIER_PATIENCE)
		return false;
	if (now - READ_ONCE(cn->carrier_last) < CARP_CARRIER_QUIET)
		return true;

	list_for_each_entry(carp, &cn->devices, list)
		if (carp_state_is_waiting(carp, now))
			return true;
	return false;
}

static void carp_carrier_work(struct work_struct *work)
{
	struct carp_net *cn = container_of(to_delayed_work(work),
					   struct carp_net, carrier_work);
	struct carp *carp;

	rtnl_lock();
	if (carp_carrier_must_wait(cn, ktime_get_boottime_ns())) {
		carp_carrier_later(cn);
		goto out;
	}

	cn->carrier_since = 0;
	list_for_each_entry(carp, &cn->devices, list)
		if (xchg(&carp->carrier_changed, false))
			linkwatch_fire_event(carp->dev);
out:
	rtnl_unlock();
}

/* without a carrier the core parks the queue, until link watch gets RTNL */
static void carp_carrier_unpark(struct net_device *dev)
{
	struct netdev_queue *txq = netdev_get_tx_queue(dev, 0);
	struct Qdisc *qdisc;

	/* what dev_activate() will do: the qdisc is attached, but parked */
	qdisc = rcu_dereference_bh(txq->qdisc_sleeping);
	if (!(qdisc->flags & TCQ_F_BUILTIN))
		clear_bit(__QDISC_STATE_DEACTIVATED, &qdisc->state);
	rcu_assign_pointer(txq->qdisc, qdisc);
}

/* netif_carrier_on() or _off(), but for telling link watch */
static bool carp_carrier_turn(struct net_device *dev, bool up)
{
	if (up) {
		if (!test_and_clear_bit(__LINK_STATE_NOCARRIER, &dev->state))
			return false;
		atomic_inc(&dev->carrier_up_count);
	} else {
		if (test_and_set_bit(__LINK_STATE_NOCARRIER, &dev->state))
			return false;
		atomic_inc(&dev->carrier_down_count);
	}
	return true;
}

/**
 * carp_carrier_set - carrier and transmit queue
 * @carp: the device
 * @up: it is MASTER
 *
 * Caller: carp_run().
 */
void carp_carrier_set(struct carp *carp, bool up)
{
	struct carp_net *cn = carp_net(carp->net);

	if (carp_carrier_turn(carp->dev, up)) {
		WRITE_ONCE(cn->carrier_last, ktime_get_boottime_ns());
		xchg(&carp->carrier_changed, true);
		carp_carrier_later(cn);
	}
	if (up)
		carp_carrier_unpark(carp->dev);
}

/**
 * carp_carrier_init - before there are devices
 * @net: the namespace
 */
void carp_carrier_init(struct net *net)
{
	INIT_DELAYED_WORK(&carp_net(net)->carrier_work, carp_carrier_work);
}

/**
 * carp_carrier_exit - after there were devices
 * @net: the namespace
 */
void carp_carrier_exit(struct net *net)
{
	cancel_delayed_work_sync(&carp_net(net)->carrier_work);
}
