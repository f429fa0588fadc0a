// SPDX-License-Identifier: GPL-2.0-only
/*
 * Not taking over yet: the delay of preemptions, and the hold after the parent
 * has become ready. All under carp->lock.
 */
#include "carp.h"
#include "core/timing.h"

/**
 * carp_wait_hold_end - when the start hold ends
 * @carp: the device, locked
 *
 * Return: ktime_get_boottime_ns(), 0: there is none.
 */
u64 carp_wait_hold_end(const struct carp *carp)
{
	return carp_timing_until(carp->ready_since, carp->start_hold);
}

/**
 * carp_wait_preempt_at - when a delayed preemption is to happen
 * @carp: the device, locked
 *
 * Return: ktime_get_boottime_ns(), 0: none is planned.
 */
u64 carp_wait_preempt_at(const struct carp *carp)
{
	if (!carp->slower_since)
		return 0;
	return carp_timing_until(carp->slower_since, carp->preempt_delay);
}

/**
 * carp_wait_self - what a device waits for, for an election
 * @carp: the device, locked
 * @now: ktime_get_boottime_ns()
 * @self: @held and @wait are filled in
 */
void carp_wait_self(const struct carp *carp, u64 now, struct carp_self *self)
{
	u64 due = carp_wait_preempt_at(carp);

	self->held = now < carp_wait_hold_end(carp);
	self->wait = carp->preempt_delay && (!due || now < due);
}

static void carp_wait_arm(struct carp *carp, u64 due)
{
	lockdep_assert_held(&carp->lock);
	carp->preempt_due = due;
	hrtimer_start(&carp->preempt_timer, ns_to_ktime(due),
		      HRTIMER_MODE_ABS_SOFT);
}

/**
 * carp_wait_heard - an advert was heard: it begins a row of slower ones, goes on
 *	with it or ends it
 * @carp: the device, locked
 * @peer: from the advert
 * @origin: who sent it
 * @action: what it leads to
 */
void carp_wait_heard(struct carp *carp, const struct carp_peer *peer,
		     const struct carp_origin *origin, enum carp_action action)
{
	if (action != CARP_ACT_WAIT) {
		carp_wait_end(carp);
		return;
	}
	carp->slower_peer = *peer;
	carp->slower_origin = *origin;
	if (carp->slower_since)
		return;
	carp->slower_since = ktime_get_boottime_ns();
	if (carp->preempt_delay)
		carp_wait_arm(carp, carp_wait_preempt_at(carp));
}

/**
 * carp_wait_end - the row is over
 * @carp: the device, locked
 */
void carp_wait_end(struct carp *carp)
{
	if (!carp->slower_since)
		return;
	carp->slower_since = 0;
	carp->preempt_due = 0;
	hrtimer_try_to_cancel(&carp->preempt_timer);
}

/**
 * carp_wait_retime - the delay was changed; what is overdue now happens now
 * @carp: the device, locked
 */
void carp_wait_retime(struct carp *carp)
{
	if (carp->slower_since)
		carp_wait_arm(carp, max(ktime_get_boottime_ns(),
					carp_wait_preempt_at(carp)));
}

static enum hrtimer_restart carp_wait_timer(struct hrtimer *timer)
{
	struct carp *carp = container_of(timer, struct carp, preempt_timer);
	struct carp_decision decision;
	struct carp_self self;
	enum carp_late late;
	u64 now;

	spin_lock_bh(&carp->lock);
	now = ktime_get_boottime_ns();
	/* ended, or planned anew, while this callback was starting */
	if (!carp->preempt_due || carp->state != CARP_STATE_BACKUP)
		goto out;
	if (now < carp->preempt_due) {
		carp_wait_arm(carp, carp->preempt_due);
		goto out;
	}

	/* after a pause of this host nobody knows what it has not heard */
	late = carp_timing_late(false, now - carp->preempt_due, carp->advbase,
				carp_demote_skew(carp));
	if (late == CARP_LATE_REARM)
		carp_wait_end(carp);
	if (late != CARP_LATE_NO)
		goto out;

	/* in a hold it is left to the first advert after that */
	carp->preempt_due = 0;
	carp_state_self(carp, now, &self);
	decision = carp_election_advert(&self, &carp->slower_peer,
					CARP_TIE_STAY);
	if (decision.action == CARP_ACT_MASTER)
		carp_state_elected(carp, &decision, &carp->slower_origin);
out:
	spin_unlock_bh(&carp->lock);
	carp_run(carp);
	return HRTIMER_NORESTART;
}

/**
 * carp_wait_init - before the device is registered
 * @carp: the device
 */
void carp_wait_init(struct carp *carp)
{
	hrtimer_setup(&carp->preempt_timer, carp_wait_timer, CLOCK_BOOTTIME,
		      HRTIMER_MODE_ABS_SOFT);
}

/**
 * carp_wait_exit - nothing of the device runs any more
 * @carp: the device, in INIT
 */
void carp_wait_exit(struct carp *carp)
{
	hrtimer_cancel(&carp->preempt_timer);
}
