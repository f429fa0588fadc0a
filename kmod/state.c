// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state machine: INIT, BACKUP, MASTER, its timer, and carrying out what it
 * decides. Decisions are made under carp->lock; see carp.h.
 */
#include <linux/random.h>

#include "carp.h"
#include "core/timing.h"

static const char * const carp_state_names[] = {
	[CARP_STATE_INIT] = "INIT",
	[CARP_STATE_BACKUP] = "BACKUP",
	[CARP_STATE_MASTER] = "MASTER",
};

static const char * const carp_reason_names[] = {
	[CARP_REASON_NONE] = "none",
	[CARP_REASON_READY] = "ready",
	[CARP_REASON_MASTER_TIMEOUT] = "master timed out",
	[CARP_REASON_PREEMPT] = "preempting a slower master",
	[CARP_REASON_SLOW_MASTER] = "master will time out",
	[CARP_REASON_BOW_OUT] = "master resigned",
	[CARP_REASON_BETTER_MASTER] = "more frequent advertisement received",
	[CARP_REASON_TIE] = "equal advertisement received",
	[CARP_REASON_FORCED] = "administrator",
	[CARP_REASON_DOWN] = "set down",
	[CARP_REASON_PARENT_DOWN] = "parent down",
	[CARP_REASON_NO_PARENT] = "no parent",
	[CARP_REASON_NO_VHID] = "no vhid",
	[CARP_REASON_NO_ADDRESS] = "no address",
	[CARP_REASON_NOT_ALLOWED] = "not allowed",
	[CARP_REASON_STOPPED] = "this host was stopped",
	[CARP_REASON_DRAINED] = "drained",
};

/**
 * carp_state_preempts - does a device take over from a slower MASTER?
 * @carp: the device
 *
 * Return: as the device says, or its namespace.
 */
bool carp_state_preempts(const struct carp *carp)
{
	if (carp->preempt == CARP_PREEMPT_INHERIT)
		return READ_ONCE(carp_net(carp->net)->preempt);
	return carp->preempt == CARP_PREEMPT_ON;
}

/**
 * carp_state_self - a device's side of an election
 * @carp: the device, locked
 * @now: ktime_get_boottime_ns()
 * @self: filled in
 */
void carp_state_self(const struct carp *carp, u64 now, struct carp_self *self)
{
	self->state = carp->state;
	self->advbase = carp->advbase;
	self->advskew = carp->advskew;
	self->advskew_eff = carp_demote_skew(carp);
	self->preempt = carp_state_preempts(carp);
	self->demoted = carp_demote_now(carp) > 0;
	self->drained = carp_cause_drains(carp);
	carp_wait_self(carp, now, self);
}

static u64 carp_interval(const struct carp *carp)
{
	return carp_timing_interval(carp->advbase, carp_demote_skew(carp));
}

static u64 carp_master_down(const struct carp *carp)
{
	const struct carp_self self = {
		.advbase = carp->advbase,
		.advskew = carp->advskew,
		.advskew_eff = carp_demote_skew(carp),
	};

	return carp_election_master_down(&self);
}

/**
 * carp_state_is_waiting - is a device expected to take over soon?
 * @carp: the device
 * @now: ktime_get_boottime_ns()
 *
 * Return: its master has not been heard for a while.
 */
bool carp_state_is_waiting(struct carp *carp, u64 now)
{
	bool waiting;

	spin_lock_bh(&carp->lock);
	waiting = carp->state == CARP_STATE_BACKUP &&
		  carp->deadline < now + carp_timing_soon(carp->advbase,
							  carp->advskew);
	spin_unlock_bh(&carp->lock);
	return waiting;
}

static void carp_arm(struct carp *carp, u64 deadline)
{
	lockdep_assert_held(&carp->lock);
	carp->deadline = deadline;
	hrtimer_start(&carp->timer, ns_to_ktime(deadline),
		      HRTIMER_MODE_ABS_SOFT);
}

/*
 * After a tie that we lost, wait half to a whole master-down time longer: the
 * peer may have yielded too. UCARP does so for other addresses than we do, up
 * to a second late and with a last advert, so that neither chance nor the
 * first advert settles it; a master is one that goes on advertising.
 */
static u64 carp_patience(struct carp *carp)
{
	u64 half = carp_master_down(carp) / 2;
	u32 range = div_u64(half, NSEC_PER_USEC);

	if (!carp->tie_patience)
		return 0;
	return half + (u64)get_random_u32_below(range) * NSEC_PER_USEC;
}

/* listen for a master-down time, or for @least, if that is longer */
static void carp_listen(struct carp *carp, u64 least)
{
	u64 down = max(carp_master_down(carp), least) + carp_patience(carp);

	carp->rearmed = false;
	carp->listened = ktime_get_boottime_ns() + down;
	carp_arm(carp, max(carp->listened, carp_wait_hold_end(carp)));
}

static void carp_arm_backup(struct carp *carp)
{
	carp_listen(carp, 0);
}

/*
 * a change of state; @farewell: a MASTER that leaves tells the others; @origin:
 * whose advert it is about, NULL: none
 */
static void carp_enter_by(struct carp *carp, enum carp_state state,
			  enum carp_reason reason, bool farewell,
			  const struct carp_origin *origin)
{
	struct carp_transition change = {
		.when = ktime_get_boottime_ns(),
		.old = carp->state,
		.state = state,
		.reason = reason,
	};
	enum carp_state old = carp->state;

	lockdep_assert_held(&carp->lock);
	if (old == state)
		return;

	if (origin)
		change.origin = *origin;
	WRITE_ONCE(carp->state, state);
	carp->changed = change.when;
	carp->reason = reason;
	carp->transitions++;
	carp_journal_transition(carp, &change);
	carp_census_change(carp, &change);
	carp->tie_adverts = -1;
	carp->tie_patience = 0;
	carp_announce_end(carp);
	carp_wait_end(carp);
	carp->todo |= CARP_DO_GATE | CARP_DO_LINK | CARP_DO_NOTIFY;
	carp->todo &= ~(CARP_DO_ADVERT | CARP_DO_ANNOUNCE | CARP_DO_BOW_OUT);

	switch (state) {
	case CARP_STATE_MASTER:
		carp->todo |= CARP_DO_ADVERT;
		carp->drained = carp_cause_drains(carp);
		carp_announce_begin(carp);
		carp->master4 = 0;
		carp->master6 = in6addr_any;
		carp->heard_as = CARP_MATCH_NONE;
		carp_arm(carp, carp->changed + carp_interval(carp));
		break;
	case CARP_STATE_BACKUP:
		carp_arm_backup(carp);
		break;
	case CARP_STATE_INIT:
		hrtimer_try_to_cancel(&carp->timer);
		break;
	}

	if (old == CARP_STATE_MASTER)
		WRITE_ONCE(carp->retired, true);
	if (old == CARP_STATE_MASTER && farewell)
		carp->todo |= CARP_DO_BOW_OUT;

	if (READ_ONCE(carp_net(carp->net)->log) >= 2)
		netdev_info(carp->dev, "%s -> %s (%s)\n",
			    carp_state_names[old], carp_state_names[state],
			    carp_reason_names[reason]);
}

static void carp_enter(struct carp *carp, enum carp_state state,
		       enum carp_reason reason, bool farewell)
{
	carp_enter_by(carp, state, reason, farewell, NULL);
}

/**
 * carp_state_elected - do what an election decided
 * @carp: the device, locked
 * @decision: of core/election
 * @origin: whose advert it was about
 *
 * Caller: holds carp->lock, and calls carp_run() when it no longer does.
 */
void carp_state_elected(struct carp *carp, const struct carp_decision *decision,
			const struct carp_origin *origin)
{
	switch (decision->action) {
	case CARP_ACT_IGNORE:
	case CARP_ACT_HOLD:
		break;
	case CARP_ACT_LISTEN:
	case CARP_ACT_WAIT:
		carp->todo |= CARP_DO_WATCH;
		if (carp->tie_patience)
			carp->tie_patience--;
		carp_listen(carp, decision->listen);
		break;
	case CARP_ACT_STAY:
		carp_announce_answer(carp);
		break;
	case CARP_ACT_MASTER:
		carp_enter_by(carp, CARP_STATE_MASTER, decision->reason, false,
			      origin);
		break;
	case CARP_ACT_BACKUP:
		carp_enter_by(carp, CARP_STATE_BACKUP, decision->reason, false,
			      origin);
		break;
	case CARP_ACT_BACKUP_PATIENT:
		carp_enter_by(carp, CARP_STATE_BACKUP, decision->reason, false,
			      origin);
		carp->tie_patience = CARP_TIE_PATIENCE;
		carp_arm_backup(carp);
		break;
	}
}

static void carp_timer_backup(struct carp *carp, enum carp_late late)
{
	/*
	 * After a pause of this host, or while it is busy, its peers' adverts
	 * may still be on their way up. Listen a little longer, but only once.
	 */
	if (late != CARP_LATE_NO && !carp->rearmed) {
		if (late == CARP_LATE_REARM) {
			carp_arm_backup(carp);
		} else {
			carp->listened = ktime_get_boottime_ns() +
				carp_timing_grace(carp->advbase,
						  carp_demote_skew(carp));
			carp_arm(carp, carp->listened);
		}
		carp->rearmed = true;
		return;
	}
	carp_enter(carp, CARP_STATE_MASTER, CARP_REASON_MASTER_TIMEOUT, false);
}

static void carp_timer_master(struct carp *carp, enum carp_late late, u64 now)
{
	u64 next = carp->deadline + carp_interval(carp);

	if (late == CARP_LATE_LISTEN) {
		carp_enter(carp, CARP_STATE_BACKUP, CARP_REASON_STOPPED, false);
		return;
	}

	carp->todo |= CARP_DO_ADVERT | CARP_DO_WATCH;
	carp_announce_advert(carp);
	if (carp->tie_adverts >= 0)
		carp->tie_adverts++;
	carp_arm(carp, max(next, now + 1));
}

static enum hrtimer_restart carp_timer(struct hrtimer *timer)
{
	struct carp *carp = container_of(timer, struct carp, timer);
	enum carp_late late;
	u64 now;

	spin_lock_bh(&carp->lock);
	now = ktime_get_boottime_ns();
	if (carp->state == CARP_STATE_INIT)
		goto out;
	if (now < carp->deadline) {
		/* re-armed by another CPU while this callback was starting */
		carp_arm(carp, carp->deadline);
		goto out;
	}

	late = carp_timing_late(carp->state == CARP_STATE_MASTER,
				now - carp->deadline, carp->advbase,
				carp_demote_skew(carp));
	if (carp->state == CARP_STATE_MASTER)
		carp_timer_master(carp, late, now);
	else
		carp_timer_backup(carp, late);
out:
	spin_unlock_bh(&carp->lock);
	carp_run(carp);
	return HRTIMER_NORESTART;
}

static void carp_act(struct carp *carp, u32 todo, enum carp_state state)
{
	bool master = state == CARP_STATE_MASTER;

	if (todo & CARP_DO_BOW_OUT)
		carp_advert_bow_out(carp);
	if (todo & CARP_DO_GATE)
		carp_gate_apply(carp, master);
	if (todo & CARP_DO_ADVERT)
		carp_advert_send(carp);
	if (todo & CARP_DO_ANNOUNCE)
		carp_announce(carp);
	if (todo & CARP_DO_LINK)
		carp_carrier_set(carp, master);
	if (todo & CARP_DO_NOTIFY) {
		carp_journal_send(carp->net);
		carp_notify(carp);
	}
	if (todo & CARP_DO_WATCH)
		carp_gate_watch(carp);
}

/**
 * carp_run - carry out what was decided for a device
 * @carp: the device
 *
 * Caller: any context, without carp->lock. If another CPU is at it for this
 * device, or this one further down the stack, it is left to that.
 */
void carp_run(struct carp *carp)
{
	enum carp_state state;
	u32 todo;

	local_bh_disable();
	rcu_read_lock();
	spin_lock(&carp->lock);
	if (carp->running)
		goto out;

	WRITE_ONCE(carp->running, true);
	while ((todo = carp->todo)) {
		carp->todo = 0;
		state = carp->state;
		spin_unlock(&carp->lock);
		carp_act(carp, todo, state);
		spin_lock(&carp->lock);
	}
	WRITE_ONCE(carp->running, false);
out:
	spin_unlock(&carp->lock);
	rcu_read_unlock();
	local_bh_enable();
}

/*
 * What was decided has happened, whichever CPU does it: the parent may be gone
 * in a moment. Nobody does it for longer than it takes to send some frames.
 * Caller: process context, not below carp_run().
 */
static void carp_run_to_end(struct carp *carp)
{
	carp_run(carp);
	while (READ_ONCE(carp->running))
		cpu_relax();
}

/**
 * carp_state_reannounce - tell the segment again where the addresses are
 * @carp: the device; nothing happens unless it is MASTER
 */
void carp_state_reannounce(struct carp *carp)
{
	spin_lock_bh(&carp->lock);
	if (carp->state == CARP_STATE_MASTER)
		carp_announce_now(carp);
	spin_unlock_bh(&carp->lock);
	carp_run(carp);
}

static void carp_readvertise(struct carp *carp)
{
	carp->todo |= CARP_DO_ADVERT;
	carp_arm(carp, ktime_get_boottime_ns() + carp_interval(carp));
}

/**
 * carp_state_readvertise - say new values at once and keep time by them
 * @carp: the device; nothing happens unless it is MASTER
 */
void carp_state_readvertise(struct carp *carp)
{
	spin_lock_bh(&carp->lock);
	if (carp->state == CARP_STATE_MASTER)
		carp_readvertise(carp);
	spin_unlock_bh(&carp->lock);
	carp_run(carp);
}

/**
 * carp_state_demoted - what demotes, or drains, may have changed
 * @carp: the device
 * @resign: somebody has just asked for it to be drained
 *
 * A MASTER says a new demotion at once; one that is to be drained resigns. One
 * that has been drained and had to take over since is not sent away again, but
 * for who asks again.
 */
void carp_state_demoted(struct carp *carp, bool resign)
{
	bool drained;

	spin_lock_bh(&carp->lock);
	drained = carp_cause_drains(carp);
	if (carp->state == CARP_STATE_MASTER) {
		if (drained && (resign || !carp->drained))
			carp_enter(carp, CARP_STATE_BACKUP,
				   CARP_REASON_DRAINED, true);
		else if (carp->said_skew != carp_demote_skew(carp))
			carp_readvertise(carp);
	}
	carp->drained = drained;
	spin_unlock_bh(&carp->lock);
	carp_run(carp);
}

/**
 * carp_state_rewait - the delay of preemptions or the start hold was changed
 * @carp: the device
 */
void carp_state_rewait(struct carp *carp)
{
	spin_lock_bh(&carp->lock);
	if (carp->state == CARP_STATE_BACKUP) {
		carp_arm(carp, max3(carp->listened, carp_wait_hold_end(carp),
				    ktime_get_boottime_ns()));
		carp_wait_retime(carp);
	}
	spin_unlock_bh(&carp->lock);
}

/**
 * carp_state_retime - advbase or advskew changed
 * @carp: the device
 */
void carp_state_retime(struct carp *carp)
{
	spin_lock_bh(&carp->lock);
	if (carp->state == CARP_STATE_BACKUP)
		carp_arm_backup(carp);
	spin_unlock_bh(&carp->lock);
	carp_state_readvertise(carp);
}

/* CARP_REASON_READY, or what is missing */
static enum carp_reason carp_state_why(struct carp *carp)
{
	struct carp_port *port = rtnl_dereference(carp->port);
	const struct carp_net *cn = carp_net(carp->net);

	if (!(carp->dev->flags & IFF_UP) || !netif_running(carp->dev) ||
	    cn->leaving)
		return CARP_REASON_DOWN;
	if (!carp->vhid)
		return CARP_REASON_NO_VHID;
	if (!port)
		return CARP_REASON_NO_PARENT;
	if (!carp->addresses)
		return CARP_REASON_NO_ADDRESS;
	if (!cn->allow)
		return CARP_REASON_NOT_ALLOWED;
	if (carp->parent_leaving || !carp_port_ready(port))
		return CARP_REASON_PARENT_DOWN;
	return CARP_REASON_READY;
}

/**
 * carp_state_check - start or stop to take part, as circumstances allow
 * @carp: the device
 *
 * To be called whenever one of the circumstances changed. Caller: RTNL.
 */
void carp_state_check(struct carp *carp)
{
	enum carp_reason why = carp_state_why(carp);
	bool dead_parent = why == CARP_REASON_PARENT_DOWN &&
			   !carp->parent_leaving;
	const struct carp_port *port = rtnl_dereference(carp->port);

	spin_lock_bh(&carp->lock);
	if (port)
		carp->ready_since = port->ready_since;
	if (why != CARP_REASON_READY) {
		carp_enter(carp, CARP_STATE_INIT, why, !dead_parent);
		/* show says what is missing now, not what was at first */
		if (carp->state == CARP_STATE_INIT)
			carp->reason = why;
	} else if (carp->state == CARP_STATE_INIT) {
		carp_enter(carp, CARP_STATE_BACKUP, why, false);
	}
	spin_unlock_bh(&carp->lock);

	if (why != CARP_REASON_READY)
		carp_demote_forget(carp);
	carp_demote_parent(carp, why == CARP_REASON_PARENT_DOWN);
	carp_run_to_end(carp);
}

/**
 * carp_state_check_net - carp_state_check() for all devices of a namespace
 * @net: the namespace
 *
 * Caller: RTNL.
 */
void carp_state_check_net(struct net *net)
{
	struct carp *carp;

	list_for_each_entry(carp, &carp_net(net)->devices, list)
		carp_state_check(carp);
}

/**
 * carp_state_parent_leaving - the parent is about to be set down
 * @carp: the device
 *
 * The parent can still send: the last chance to say goodbye. Caller: RTNL.
 */
void carp_state_parent_leaving(struct carp *carp)
{
	WRITE_ONCE(carp->parent_leaving, true);
	carp_state_check(carp);
	WRITE_ONCE(carp->parent_leaving, false);
}

/**
 * carp_state_force - the administrator wants a state
 * @carp: the device
 * @state: CARP_STATE_BACKUP or CARP_STATE_MASTER
 */
void carp_state_force(struct carp *carp, enum carp_state state)
{
	spin_lock_bh(&carp->lock);
	if (carp->state != CARP_STATE_INIT)
		carp_enter(carp, state, CARP_REASON_FORCED, true);
	spin_unlock_bh(&carp->lock);
	carp_run(carp);
}

/**
 * carp_state_init - before the device is registered
 * @carp: the device
 */
void carp_state_init(struct carp *carp)
{
	spin_lock_init(&carp->lock);
	hrtimer_setup(&carp->timer, carp_timer, CLOCK_BOOTTIME,
		      HRTIMER_MODE_ABS_SOFT);
	carp_notify_init(carp);
	carp->state = CARP_STATE_INIT;
	carp->reason = CARP_REASON_DOWN;
	carp->changed = ktime_get_boottime_ns();
	carp->counter = get_random_u64();
	carp->tie_adverts = -1;
	carp_announce_init(carp);
	carp_wait_init(carp);
}

/**
 * carp_state_exit - nothing of the device runs any more
 * @carp: the device, in INIT
 *
 * Caller: RTNL.
 */
void carp_state_exit(struct carp *carp)
{
	hrtimer_cancel(&carp->timer);
	carp_announce_exit(carp);
	carp_wait_exit(carp);
}
