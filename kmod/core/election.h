/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is MASTER: what a host does about an advert it has verified.
 */
#ifndef _CARP_CORE_ELECTION_H
#define _CARP_CORE_ELECTION_H

#include "../include/uapi/linux/carp.h"
#include "shim.h"

/* after so many own adverts an equal peer that still talks wins the tie */
#define CARP_TIE_PATIENCE 3

/**
 * struct carp_self - this host's side of an election
 * @state: what we are
 * @advbase: configured, 0..255
 * @advskew: configured, 0..254
 * @advskew_eff: as sent, demotion included, 0..254
 * @preempt: take over from a slower master
 * @demoted: something demotes us
 * @drained: the administrator drains us: take over from a dead master only
 * @held: the start hold runs: take over from nobody
 * @wait: the preempt delay runs: do not preempt yet
 */
struct carp_self {
	enum carp_state state;
	u8 advbase;
	u8 advskew;
	u8 advskew_eff;
	bool preempt;
	bool demoted;
	bool drained;
	bool held;
	bool wait;
};

/**
 * struct carp_peer - the other side, from its advert
 * @advbase: 0..255
 * @advskew: 0..255
 * @demote: OpenBSD's demotion counter, 0 from all others
 */
struct carp_peer {
	u8 advbase;
	u8 advskew;
	u8 demote;
};

/**
 * enum carp_tie - whose address wins between equals
 * @CARP_TIE_STAY: ours is lower, or this family does not decide
 * @CARP_TIE_YIELD: the peer's is lower
 * @CARP_TIE_BLIND: no address decides (equal or unset sources), or the peer
 *	does not give way: yield all the same
 */
enum carp_tie {
	CARP_TIE_STAY,
	CARP_TIE_YIELD,
	CARP_TIE_BLIND,
};

/**
 * struct carp_tie_view - what is known of a tie
 * @family_decides: the advert came over the family that decides: IPv4 if the
 *	vhid has IPv4 addresses and both sources are set, else IPv6
 * @ours: our source address, @len bytes
 * @theirs: the peer's source address, @len bytes
 * @len: 4 or 16
 * @own_adverts: adverts sent since the first equal advert of this tie
 */
struct carp_tie_view {
	bool family_decides;
	const u8 *ours;
	const u8 *theirs;
	size_t len;
	u32 own_adverts;
};

/**
 * enum carp_action - what to do
 * @CARP_ACT_IGNORE: nothing
 * @CARP_ACT_LISTEN: BACKUP: the master is alive, restart the master-down timer
 * @CARP_ACT_WAIT: the same, but we are to take over once we need not wait
 * @CARP_ACT_STAY: MASTER: the peer is worse; stay and announce again
 * @CARP_ACT_HOLD: MASTER: the peer is equal; stay and wait for it to yield
 * @CARP_ACT_MASTER: become MASTER
 * @CARP_ACT_BACKUP: become BACKUP
 * @CARP_ACT_BACKUP_PATIENT: become BACKUP, and wait longer than the peer does
 *	if it does the same
 */
enum carp_action {
	CARP_ACT_IGNORE,
	CARP_ACT_LISTEN,
	CARP_ACT_WAIT,
	CARP_ACT_STAY,
	CARP_ACT_HOLD,
	CARP_ACT_MASTER,
	CARP_ACT_BACKUP,
	CARP_ACT_BACKUP_PATIENT,
};

/**
 * struct carp_decision - an action and its reason
 * @action: what to do
 * @reason: why, if the state changes
 * @listen: LISTEN and WAIT: take the master for alive for so many nanoseconds
 *	at least
 */
struct carp_decision {
	enum carp_action action;
	enum carp_reason reason;
	u64 listen;
};

u64 carp_election_master_down(const struct carp_self *self);
enum carp_tie carp_election_tie(const struct carp_tie_view *view);
struct carp_decision carp_election_advert(const struct carp_self *self,
					  const struct carp_peer *peer,
					  enum carp_tie tie);

#endif /* _CARP_CORE_ELECTION_H */
