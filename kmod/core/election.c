// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is MASTER. Pure: state in, decision out.
 */
#include "election.h"
#include "timing.h"
#include "wire.h"

static bool is_zero(const u8 *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i])
			return false;
	return true;
}

/* the lower one is the better one */
static u32 rank(u8 advbase, u8 advskew)
{
	return (u32)advbase << 8 | advskew;
}

static struct carp_decision decide(enum carp_action action,
				   enum carp_reason reason)
{
	struct carp_decision d = { .action = action, .reason = reason };

	return d;
}

/**
 * carp_election_master_down - how long a BACKUP waits for its master
 * @self: we
 *
 * With the configured skew: a host that has a problem must not be late too.
 * But at advbase 0 the skew is the whole time; there two hosts with the same
 * problem would take each other for dead between two adverts.
 *
 * Return: nanoseconds.
 */
u64 carp_election_master_down(const struct carp_self *self)
{
	return carp_timing_master_down(self->advbase, self->advbase ?
				       self->advskew : self->advskew_eff);
}

/**
 * carp_election_tie - who wins between two equal masters
 * @view: what we know
 *
 * Return: what carp_election_advert() takes as @tie.
 */
enum carp_tie carp_election_tie(const struct carp_tie_view *view)
{
	int order;

	/*
	 * Before all else, the family included: a peer that never yields is one
	 * that does not compare addresses, or not the way we do.
	 */
	if (view->own_adverts >= CARP_TIE_PATIENCE)
		return CARP_TIE_BLIND;
	if (!view->family_decides)
		return CARP_TIE_STAY;
	if (is_zero(view->ours, view->len) || is_zero(view->theirs, view->len))
		return CARP_TIE_BLIND;

	order = memcmp(view->ours, view->theirs, view->len);
	if (!order)
		return CARP_TIE_BLIND;

	return order < 0 ? CARP_TIE_STAY : CARP_TIE_YIELD;
}

/*
 * OpenBSD counts its demotions in a byte of their own, which all others send as
 * 0 and do not look at. Of two OpenBSD hosts the one with the higher count
 * yields, whatever their ranks; a count of 0 never yields to a higher one.
 *
 * We send 0, always, and say by our skew what demotes us, which everybody
 * understands; so an OpenBSD host with a count yields to us as soon as it hears
 * us, as MASTER and as BACKUP. What is left to do is not to yield to it
 * as well, not even when demoted ourselves: else both would step down. And a
 * healthy BACKUP takes over, as one of OpenBSD does, preempting or not.
 *
 * To send a count would make us two hosts: one that OpenBSD orders by count,
 * and one that FreeBSD, NetBSD and UCARP order by skew. Whenever these orders
 * differ, two MASTERs would both yield or both stay.
 */
static bool openbsd_yields(const struct carp_peer *peer)
{
	return peer->demote > 0;
}

/* a bow-out needs no case of its own: no rank of ours is as high as 255/255 */
static struct carp_decision master_hears(const struct carp_self *self,
					 const struct carp_peer *peer,
					 enum carp_tie tie)
{
	u32 theirs = rank(peer->advbase, peer->advskew);
	u32 ours = rank(self->advbase, self->advskew_eff);

	if (ours < theirs || openbsd_yields(peer))
		return decide(CARP_ACT_STAY, CARP_REASON_NONE);
	if (ours > theirs)
		return decide(CARP_ACT_BACKUP, CARP_REASON_BETTER_MASTER);

	if (tie == CARP_TIE_STAY)
		return decide(CARP_ACT_HOLD, CARP_REASON_NONE);

	/*
	 * Even to a lower address with patience: UCARP compares addresses in
	 * another byte order and may be yielding to us at this moment.
	 */
	return decide(CARP_ACT_BACKUP_PATIENT, CARP_REASON_TIE);
}

/* a drained BACKUP: only a master that is dead by its own pace is replaced */
static struct carp_decision drained_hears(const struct carp_peer *peer,
					  bool bow_out)
{
	struct carp_decision d = decide(CARP_ACT_LISTEN, CARP_REASON_NONE);

	if (!bow_out)
		d.listen = carp_timing_master_down(peer->advbase,
						   peer->advskew);
	return d;
}

static struct carp_decision backup_hears(const struct carp_self *self,
					 const struct carp_peer *peer)
{
	bool bow_out = peer->advbase == CARP_BOW_OUT &&
		       peer->advskew == CARP_BOW_OUT;
	u32 theirs = rank(peer->advbase, peer->advskew);
	u32 ours = rank(self->advbase, self->advskew_eff);
	enum carp_action otherwise = CARP_ACT_LISTEN;

	if (self->drained)
		return drained_hears(peer, bow_out);
	if (!bow_out && ((self->preempt && ours < theirs) ||
			 (!self->demoted && openbsd_yields(peer))))
		otherwise = CARP_ACT_WAIT;
	if (self->held)
		return decide(otherwise, CARP_REASON_NONE);

	if (bow_out)
		return decide(CARP_ACT_MASTER, CARP_REASON_BOW_OUT);
	if (otherwise == CARP_ACT_WAIT && !self->wait)
		return decide(CARP_ACT_MASTER, CARP_REASON_PREEMPT);

	/* our timer would run out before the peer's next advert anyway */
	if (carp_timing_interval(peer->advbase, peer->advskew) >
	    carp_election_master_down(self))
		return decide(CARP_ACT_MASTER, CARP_REASON_SLOW_MASTER);

	return decide(otherwise, CARP_REASON_NONE);
}

/**
 * carp_election_advert - what to do about a verified advert
 * @self: we, as of now
 * @peer: from the advert
 * @tie: from carp_election_tie(); matters only to a MASTER that hears an equal
 *
 * Return: the action, and the reason if the state changes, else
 * CARP_REASON_NONE. IGNORE in INIT and in states that do not exist.
 */
struct carp_decision carp_election_advert(const struct carp_self *self,
					  const struct carp_peer *peer,
					  enum carp_tie tie)
{
	switch (self->state) {
	case CARP_STATE_MASTER:
		return master_hears(self, peer, tie);
	case CARP_STATE_BACKUP:
		return backup_hears(self, peer);
	case CARP_STATE_INIT:
		break;
	}
	return decide(CARP_ACT_IGNORE, CARP_REASON_NONE);
}
