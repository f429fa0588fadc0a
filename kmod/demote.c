// SPDX-License-Identifier: GPL-2.0-only
/*
 * Demotion: a host that has a problem makes its adverts slower, so that peers
 * that preempt take over. The sum of what users set (cause.c) and of what this
 * module finds: parents that are down, adverts that cannot be sent.
 */
#include "carp.h"
#include "core/demotion.h"

/**
 * carp_demote_problem_name - what the kernel's own causes are called
 * @problem: which
 *
 * Return: the name.
 */
const char *carp_demote_problem_name(enum carp_problem problem)
{
	return problem == CARP_PROBLEM_LINK ? "link" : "senderr";
}

/**
 * carp_demote_factor - how much one device with a problem demotes
 * @cn: the namespace
 * @problem: which
 *
 * Return: 0..240.
 */
u32 carp_demote_factor(const struct carp_net *cn, enum carp_problem problem)
{
	return READ_ONCE(cn->factors[problem]);
}

/* @carp: causes of its group and its own count too; NULL: nobody's */
static u8 carp_demote_sum(const struct carp_net *cn, const struct carp *carp)
{
	const struct carp_cause *cause;
	u8 sum = READ_ONCE(cn->sysctl_demotion);
	int i;

	/* one failed interface moves all, or paths through the host break */
	for (i = 0; i < CARP_PROBLEMS; i++)
		sum = carp_demotion_add(sum, READ_ONCE(cn->problem[i]) *
					     carp_demote_factor(cn, i));

	rcu_read_lock();
	list_for_each_entry_rcu(cause, &cn->causes, list)
		if (carp ? carp_cause_fits(cause, carp) :
			   cause->scope == CARP_SCOPE_NET)
			sum = carp_demotion_add(sum, READ_ONCE(cause->value));
	rcu_read_unlock();
	return sum;
}

/**
 * carp_demote_net - present demotion of a whole namespace
 * @cn: the namespace
 *
 * Return: 0..240.
 */
u8 carp_demote_net(const struct carp_net *cn)
{
	return carp_demote_sum(cn, NULL);
}

/**
 * carp_demote_now - present demotion of a device
 * @carp: the device
 *
 * Return: 0..240.
 */
u8 carp_demote_now(const struct carp *carp)
{
	return carp_demote_sum(carp_net(carp->net), carp);
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
				  carp_demote_now(carp));
}

/**
 * carp_demote_apply - what demotes has changed: MASTERs say so, or resign
 * @cn: the namespace
 * @drain: just set: a MASTER that it fits resigns, even if it was drained
 *	before and took over since; NULL: none
 *
 * Caller: any context, without carp->lock, not below carp_run().
 */
void carp_demote_apply(struct carp_net *cn, const struct carp_cause *drain)
{
	struct carp_port *port;
	struct carp *carp;

	rcu_read_lock();
	list_for_each_entry_rcu(port, &cn->ports, list)
		list_for_each_entry_rcu(carp, &port->members, member)
			carp_state_demoted(carp, drain &&
					   carp_cause_fits(drain, carp));
	rcu_read_unlock();
}

/**
 * carp_demote_kick - carp_demote_apply() for problems
 * @work: carp_net.kick_work
 *
 * A work item, because the news may come from within a device's own sending.
 */
void carp_demote_kick(struct work_struct *work)
{
	carp_demote_apply(container_of(work, struct carp_net, kick_work), NULL);
}

static void carp_demote_tell(struct carp *carp, enum carp_problem problem,
			     u32 value)
{
	const struct carp_cause_news news = {
		.name = carp_demote_problem_name(problem),
		.value = value,
		.scope = CARP_SCOPE_NET,
		.id = carp->dev->ifindex,
		.owner = CARP_OWNER_KERNEL,
	};

	carp_journal_cause(carp->net, &news);
}

static void carp_demote_adjust(struct carp *carp, enum carp_problem problem,
			       bool on)
{
	struct carp_net *cn = carp_net(carp->net);
	int by = on ? 1 : -1;

	spin_lock_bh(&cn->lock);
	cn->cause_seq++;
	WRITE_ONCE(carp->problem_since[problem],
		   on ? ktime_get_boottime_ns() : 0);
	WRITE_ONCE(cn->problem[problem], cn->problem[problem] + by);
	WRITE_ONCE(cn->problems, cn->problems + by);
	spin_unlock_bh(&cn->lock);

	carp_demote_tell(carp, problem,
			 on ? carp_demote_factor(cn, problem) : 0);
	queue_work(carp_wq, &cn->kick_work);
}

/**
 * carp_demote_set_factor - how much one device with a problem demotes
 * @cn: the namespace
 * @problem: which
 * @factor: 0..240
 */
void carp_demote_set_factor(struct carp_net *cn, enum carp_problem problem,
			    u32 factor)
{
	struct carp_port *port;
	struct carp *carp;

	spin_lock_bh(&cn->lock);
	cn->cause_seq++;
	WRITE_ONCE(cn->factors[problem], factor);
	spin_unlock_bh(&cn->lock);

	rcu_read_lock();
	list_for_each_entry_rcu(port, &cn->ports, list)
		list_for_each_entry_rcu(carp, &port->members, member)
			if (READ_ONCE(carp->problem_since[problem]))
				carp_demote_tell(carp, problem, factor);
	rcu_read_unlock();
	carp_demote_apply(cn, NULL);
}

/**
 * carp_demote_add_sysctl - the administrator writes net.inet.carp.demotion
 * @cn: the namespace
 * @by: how much more, or less
 */
void carp_demote_add_sysctl(struct carp_net *cn, int by)
{
	struct carp_cause_news news = {
		.name = CARP_CAUSE_SYSCTL,
		.scope = CARP_SCOPE_NET,
		.owner = CARP_OWNER_SYSCTL,
	};
	bool changed;
	u8 was;

	spin_lock_bh(&cn->lock);
	was = cn->sysctl_demotion;
	news.value = carp_demotion_adjust(was, by);
	changed = news.value != was;
	if (changed) {
		cn->cause_seq++;
		if (!was)
			cn->sysctl_since = ktime_get_boottime_ns();
		WRITE_ONCE(cn->sysctl_demotion, news.value);
	}
	spin_unlock_bh(&cn->lock);

	if (!changed)
		return;
	carp_journal_cause(cn->net, &news);
	carp_demote_apply(cn, NULL);
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
	carp_demote_adjust(carp, CARP_PROBLEM_LINK, problem);
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
		carp_demote_adjust(carp, CARP_PROBLEM_SENDERR, by > 0);
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
		carp_demote_adjust(carp, CARP_PROBLEM_SENDERR, false);
}
