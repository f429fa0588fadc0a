// SPDX-License-Identifier: GPL-2.0-only
/*
 * Demotion: a host that has a problem makes all its adverts slower, so that
 * peers that preempt take over everything, not just what is broken.
 */
#include "carp.h"
#include "core/demotion.h"

static u8 carp_demote_net(const struct net *net)
{
	int n = READ_ONCE(carp_net(net)->problems);
	u32 each = CARP_DEMOTION_MAX;

	/* one problem is as bad as many: the sum saturates at once */
	return carp_demotion_sum(&each, min(n, 1));
}

/**
 * carp_demote_now - present demotion of a device
 * @carp: the device
 *
 * Return: 0..240.
 */
u8 carp_demote_now(const struct carp *carp)
{
	return carp_demote_net(carp->net);
}

/**
 * carp_demote_skew - the advskew to send
 * @carp: the device
 *
 * Return: 0..254, never better than the configured one.
 */
u8 carp_demote_skew(const struct carp *carp)
{
	return carp_demotion_skew(READ_ONCE(carp->advskew),
				  carp_demote_net(carp->net));
}

/**
 * carp_demote_kick - let every MASTER of a namespace say its new skew
 * @work: carp_net.kick_work
 *
 * A work item, because the news may come from within a device's own sending.
 */
void carp_demote_kick(struct work_struct *work)
{
	struct carp_net *cn = container_of(work, struct carp_net, kick_work);
	struct carp_port *port;
	struct carp *carp;

	rcu_read_lock();
	list_for_each_entry_rcu(port, &cn->ports, list)
		carp_for_each_member(carp, port)
			carp_state_readvertise(carp);
	rcu_read_unlock();
}

static void carp_demote_adjust(struct carp *carp, int by)
{
	struct carp_net *cn = carp_net(carp->net);
	bool changed;
	int now;

	spin_lock_bh(&cn->lock);
	now = cn->problems + by;
	changed = !now != !cn->problems;
	WRITE_ONCE(cn->problems, now);
	spin_unlock_bh(&cn->lock);

	if (changed)
		queue_work(carp_wq, &cn->kick_work);
}

/**
 * carp_demote_parent - say whether a device's parent is a problem
 * @carp: the device
 * @problem: its parent is down although it should carry adverts
 *
 * Caller: RTNL.
 */
void carp_demote_parent(struct carp *carp, bool problem)
{
	ASSERT_RTNL();
	if (carp->parent_problem == problem)
		return;
	carp->parent_problem = problem;
	carp_demote_adjust(carp, problem ? 1 : -1);
}

/**
 * carp_demote_sent - account for a round of adverts
 * @carp: the device
 * @ok: the parent took all of them
 *
 * Three failures in a row are a problem, three successes end it.
 */
void carp_demote_sent(struct carp *carp, bool ok)
{
	int by = 0;

	spin_lock_bh(&carp->lock);
	if (ok)
		carp->send_errors = min(carp->send_errors, 0) - 1;
	else
		carp->send_errors = max(carp->send_errors, 0) + 1;

	if (!carp->send_problem && carp->send_errors >= CARP_SEND_ERRORS)
		by = 1;
	else if (carp->send_problem && carp->send_errors <= -CARP_SEND_ERRORS)
		by = -1;
	if (by)
		carp->send_problem = by > 0;
	carp->send_errors = clamp(carp->send_errors, -CARP_SEND_ERRORS,
				  CARP_SEND_ERRORS);
	spin_unlock_bh(&carp->lock);

	if (by)
		carp_demote_adjust(carp, by);
}

/**
 * carp_demote_forget - a device stops to take part; so do its problems
 * @carp: the device
 *
 * Who does not send cannot heal by sending.
 */
void carp_demote_forget(struct carp *carp)
{
	bool was;

	spin_lock_bh(&carp->lock);
	was = carp->send_problem;
	carp->send_problem = false;
	carp->send_errors = 0;
	spin_unlock_bh(&carp->lock);

	if (was)
		carp_demote_adjust(carp, -1);
}
