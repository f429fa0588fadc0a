/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Common Address Redundancy Protocol (CARP): what the "carp" link type and
 * user space say to each other.
 *
 * Configuration and state travel in IFLA_INFO_DATA of an rtnetlink link whose
 * IFLA_INFO_KIND is "carp", counters in IFLA_INFO_XSTATS. Events, history,
 * demotion and questions about keys travel in the generic netlink family of the
 * same name. All values are fixed for ever; new ones are appended.
 */
#ifndef _UAPI_LINUX_CARP_H
#define _UAPI_LINUX_CARP_H

#include <linux/types.h>

#define CARP_KIND		"carp"

#define CARP_VHID_MIN		1
#define CARP_VHID_MAX		255
#define CARP_ADVBASE_MAX	255
#define CARP_ADVBASE_DEFAULT	1
#define CARP_ADVSKEW_MAX	254
#define CARP_ADVSKEW_DEFAULT	0
#define CARP_KEY_MAX		20
#define CARP_ANNOUNCE_COUNT_MAX		100
#define CARP_ANNOUNCE_COUNT_DEFAULT	2
#define CARP_ANNOUNCE_INTERVAL_MAX	60000
#define CARP_ANNOUNCE_REFRESH_MAX	86400
#define CARP_PEERS_MAX		16	/* of each family */
#define CARP_PREEMPT_DELAY_MAX	3600000	/* ms */
#define CARP_START_HOLD_MAX	3600000	/* ms */
#define CARP_GRACE_MAX		86400	/* seconds */
#define CARP_GRACE_DEFAULT	300
#define CARP_DEMOTION_MAX	240
#define CARP_CAUSE_NAME_MAX	31	/* bytes, without the terminator */
#define CARP_CAUSES_MAX		64	/* of users, per namespace */
#define CARP_HISTORY_MAX	32	/* transitions that a device remembers */

/**
 * enum carp_state - what a carp device is in its group
 * @CARP_STATE_INIT: not taking part: down, no vhid, no parent, no address,
 *	parent down, or net.inet.carp.allow is 0
 * @CARP_STATE_BACKUP: listening; its addresses are not local
 * @CARP_STATE_MASTER: owns the addresses and advertises
 */
enum carp_state {
	CARP_STATE_INIT		= 0,
	CARP_STATE_BACKUP	= 1,
	CARP_STATE_MASTER	= 2,
};

/**
 * enum carp_preempt - whether a BACKUP takes over from a slower MASTER
 * @CARP_PREEMPT_INHERIT: as net.inet.carp.preempt of the namespace says
 * @CARP_PREEMPT_OFF: never
 * @CARP_PREEMPT_ON: always
 */
enum carp_preempt {
	CARP_PREEMPT_INHERIT	= 0,
	CARP_PREEMPT_OFF	= 1,
	CARP_PREEMPT_ON		= 2,
};

/**
 * enum carp_reason - why a device is in its state; in INIT, what is missing
 * @CARP_REASON_NONE: nothing to say
 * @CARP_REASON_READY: everything needed to take part is there
 * @CARP_REASON_MASTER_TIMEOUT: no advert for the master-down time
 * @CARP_REASON_PREEMPT: preempting a slower master
 * @CARP_REASON_SLOW_MASTER: the master's interval exceeds our master-down time
 * @CARP_REASON_BOW_OUT: the master resigned
 * @CARP_REASON_BETTER_MASTER: a more frequent advertisement was received
 * @CARP_REASON_TIE: an equal advertisement was received and we yield
 * @CARP_REASON_FORCED: asked for by the administrator
 * @CARP_REASON_DOWN: the device was set down or is going away
 * @CARP_REASON_PARENT_DOWN: the parent is down or has no carrier
 * @CARP_REASON_NO_PARENT: no parent
 * @CARP_REASON_NO_VHID: no vhid
 * @CARP_REASON_NO_ADDRESS: no address that counts
 * @CARP_REASON_NOT_ALLOWED: net.inet.carp.allow is 0
 * @CARP_REASON_STOPPED: this host itself was stopped (suspend, VM pause)
 * @CARP_REASON_DRAINED: the administrator drains this host
 */
enum carp_reason {
	CARP_REASON_NONE		= 0,
	CARP_REASON_READY		= 1,
	CARP_REASON_MASTER_TIMEOUT	= 2,
	CARP_REASON_PREEMPT		= 3,
	CARP_REASON_SLOW_MASTER		= 4,
	CARP_REASON_BOW_OUT		= 5,
	CARP_REASON_BETTER_MASTER	= 6,
	CARP_REASON_TIE			= 7,
	CARP_REASON_FORCED		= 8,
	CARP_REASON_DOWN		= 9,
	CARP_REASON_PARENT_DOWN		= 10,
	CARP_REASON_NO_PARENT		= 11,
	CARP_REASON_NO_VHID		= 12,
	CARP_REASON_NO_ADDRESS		= 13,
	CARP_REASON_NOT_ALLOWED		= 14,
	CARP_REASON_STOPPED		= 15,
	CARP_REASON_DRAINED		= 16,
};

/**
 * enum carp_match - what the digest of an advert was made with
 * @CARP_MATCH_NONE: with nothing that we know
 * @CARP_MATCH_PRESENT: our key and address list
 * @CARP_MATCH_NOV6LL: the same, without link-local IPv6 addresses
 * @CARP_MATCH_KEY_NEXT: our next key
 * @CARP_MATCH_OLD_LIST: an address list that we had before
 * @CARP_MATCH_OLD_KEY: a key that we had before
 * @CARP_MATCH_KEY_CUT: the first 19 bytes of our key; never accepted
 * @CARP_MATCH_ADDR_LESS: our list without one address; never accepted
 * @CARP_MATCH_ADDR_MORE: our list and one more address; never accepted
 */
enum carp_match {
	CARP_MATCH_NONE			= 0,
	CARP_MATCH_PRESENT		= 1,
	CARP_MATCH_NOV6LL		= 2,
	CARP_MATCH_KEY_NEXT		= 3,
	CARP_MATCH_OLD_LIST		= 4,
	CARP_MATCH_OLD_KEY		= 5,
	CARP_MATCH_KEY_CUT		= 6,
	CARP_MATCH_ADDR_LESS		= 7,
	CARP_MATCH_ADDR_MORE		= 8,
};

/* IFLA_CARP_KEY_SET */
#define CARP_KEY_SET_PRESENT	1	/* there is a key */
#define CARP_KEY_SET_NEXT	2	/* there is a next key */

/* IFLA_INFO_DATA of a carp link */
enum {
	IFLA_CARP_UNSPEC,
	IFLA_CARP_PARENT,		/* u32 ifindex, as IFLA_LINK */
	IFLA_CARP_VHID,			/* u32 1..255, 0 read: not set */
	IFLA_CARP_ADVBASE,		/* u32 0..255 seconds */
	IFLA_CARP_ADVSKEW,		/* u32 0..254, 1/256 seconds */
	IFLA_CARP_KEY,			/* binary 1..20, write-only */
	IFLA_CARP_KEY_SET,		/* u8 CARP_KEY_SET_*, read-only */
	IFLA_CARP_PREEMPT,		/* u32 enum carp_preempt */
	IFLA_CARP_FORCE_STATE,		/* u32 CARP_STATE_BACKUP or _MASTER, write-only */
	IFLA_CARP_STATE,		/* u32 enum carp_state, read-only */
	IFLA_CARP_LAST_REASON,		/* u32 enum carp_reason, read-only */
	IFLA_CARP_LAST_CHANGE_AGE,	/* u64 ms since the last change, read-only */
	IFLA_CARP_MASTER_DOWN_IN,	/* u64 us until takeover, BACKUP only, read-only */
	IFLA_CARP_TRANSITIONS,		/* u64, read-only */
	IFLA_CARP_DEMOTION,		/* u32 0..240, read-only */
	IFLA_CARP_ADVSKEW_EFFECTIVE,	/* u32 0..254, read-only */
	IFLA_CARP_MASTER_ADDR4,		/* in_addr, source of the last accepted advert, read-only */
	IFLA_CARP_MASTER_ADDR6,		/* in6_addr, likewise */
	IFLA_CARP_REFUSED,		/* nest of CARP_REFUSED_*, last refused advert, read-only */
	IFLA_CARP_PAD,
	IFLA_CARP_ANNOUNCE_COUNT,	/* u32 1..100 announcements of a takeover */
	IFLA_CARP_ANNOUNCE_INTERVAL,	/* u32 0..60000 ms, 0: with every 2nd advert */
	IFLA_CARP_ANNOUNCE_REFRESH,	/* u32 0..86400 seconds, 0: never */
	IFLA_CARP_PEERS4,		/* nest of CARP_PEERS_ADDR4, replaces the list */
	IFLA_CARP_PEERS6,		/* nest of CARP_PEERS_ADDR6, likewise; empty: multicast */
	IFLA_CARP_KEY_NEXT,		/* binary 0..20, accepted, not sent; 0: none; write-only */
	IFLA_CARP_GRACE,		/* u32 0..86400 seconds that a replaced key counts */
	IFLA_CARP_PREEMPT_DELAY,	/* u32 0..3600000 ms */
	IFLA_CARP_START_HOLD,		/* u32 0..3600000 ms */
	IFLA_CARP_PREEMPT_IN,		/* u64 us until a delayed preemption, read-only */
	IFLA_CARP_HOLD_LEFT,		/* u64 ms of the start hold, read-only */
	IFLA_CARP_HEARD_AS,		/* u32 enum carp_match, last accepted advert, read-only */
	IFLA_CARP_DRAINED,		/* u8 0/1, read-only */
	IFLA_CARP_SEQUENCE,		/* u64 of the last transition's event, read-only */

	__IFLA_CARP_MAX
};

#define IFLA_CARP_MAX (__IFLA_CARP_MAX - 1)

/* IFLA_CARP_REFUSED */
enum {
	CARP_REFUSED_UNSPEC,
	CARP_REFUSED_COUNTER,		/* u32 CARP_XSTATS_*: the counter it raised */
	CARP_REFUSED_AGE,		/* u64 ms */
	CARP_REFUSED_ADDR4,		/* in_addr, its source */
	CARP_REFUSED_ADDR6,		/* in6_addr, its source */
	CARP_REFUSED_PAD,

	__CARP_REFUSED_MAX
};

#define CARP_REFUSED_MAX (__CARP_REFUSED_MAX - 1)

/* IFLA_CARP_PEERS4 and IFLA_CARP_PEERS6 */
enum {
	CARP_PEERS_UNSPEC,
	CARP_PEERS_ADDR4,		/* in_addr */
	CARP_PEERS_ADDR6,		/* in6_addr */

	__CARP_PEERS_MAX
};

/* IFLA_INFO_XSTATS of a carp link; every one a u64 */
enum {
	CARP_XSTATS_UNSPEC,
	CARP_XSTATS_PAD,
	CARP_XSTATS_RX4,		/* valid IPv4 adverts */
	CARP_XSTATS_RX6,		/* valid IPv6 adverts */
	CARP_XSTATS_TX4,		/* IPv4 adverts sent */
	CARP_XSTATS_TX6,		/* IPv6 adverts sent */
	CARP_XSTATS_TX_ERRORS,		/* adverts the parent did not take */
	CARP_XSTATS_BADVER,		/* advert: wrong version */
	CARP_XSTATS_BADAUTH,		/* advert: wrong digest */
	CARP_XSTATS_LOOP,		/* advert: our own echo */
	CARP_XSTATS_INIT,		/* advert: valid vhid, but we are in INIT */
	CARP_XSTATS_WRONG_STATE_RX,	/* frame to the virtual MAC while not MASTER */
	CARP_XSTATS_WRONG_STATE_TX,	/* frame to send while not MASTER */
	CARP_XSTATS_ARP_REPLIES,	/* ARP requests answered */
	CARP_XSTATS_ND_REPLIES,		/* neighbour solicitations answered */
	CARP_XSTATS_ANNOUNCES,		/* gratuitous ARP and unsolicited NA sent */
	CARP_XSTATS_CONFLICTS,		/* another MAC claims one of our addresses */
	/* refused before a device was known: counted for the whole parent */
	CARP_XSTATS_PARENT_BADTTL,
	CARP_XSTATS_PARENT_BADLEN,
	CARP_XSTATS_PARENT_BADSUM,
	CARP_XSTATS_PARENT_BADVHID,
	CARP_XSTATS_PARENT_FRAGMENT,
	CARP_XSTATS_PARENT_NOT_ALLOWED,
	CARP_XSTATS_NOT_PEER,		/* unicast advert: its source is not a peer */
	CARP_XSTATS_REPLY_ERRORS,	/* answers and announcements the parent did not take */
	CARP_XSTATS_NOMEM,		/* received frame dropped for want of memory */

	__CARP_XSTATS_MAX
};

#define CARP_XSTATS_MAX (__CARP_XSTATS_MAX - 1)

#define CARP_GENL_NAME		"carp"
#define CARP_GENL_VERSION	1
#define CARP_GENL_MCGRP_EVENTS	"events"
#define CARP_BOOT_ID_LEN	16

/**
 * enum carp_cmd - requests, answers and events of the generic netlink family
 * @CARP_CMD_DEVICE_GET: state and history of a device (IFINDEX or IFNAME), or
 *	of all by a dump
 * @CARP_CMD_CAUSE_GET: dump of what demotes
 * @CARP_CMD_DEMOTE: set a cause of demotion; privileged. With
 *	%CARP_CAUSE_F_DRAIN a MASTER resigns, whether its peers preempt or not,
 *	and while the cause stands only takes over from a dead one
 * @CARP_CMD_UNDEMOTE: take one away; privileged
 * @CARP_CMD_COUNTERS_GET: counters of a device, of all by a dump, or without
 *	IFINDEX and IFNAME of the namespace, which has no CHANGE and no MARGIN
 * @CARP_CMD_COUNTERS_RESET: set those to zero; privileged
 * @CARP_CMD_VERIFY: what was an advert's digest made with? Privileged
 * @CARP_CMD_TRANSITION_NTF: event: a device changed its state
 * @CARP_CMD_DEMOTION_NTF: event: a cause was set, changed or taken away
 * @CARP_CMD_REFUSED_NTF: event: an advert was refused; rate-limited
 *
 * Every event has BOOT_ID and SEQUENCE. There is one sequence a namespace for
 * all events; who misses a number has missed an event.
 */
enum carp_cmd {
	CARP_CMD_UNSPEC,
	CARP_CMD_DEVICE_GET,
	CARP_CMD_CAUSE_GET,
	CARP_CMD_DEMOTE,
	CARP_CMD_UNDEMOTE,
	CARP_CMD_COUNTERS_GET,
	CARP_CMD_COUNTERS_RESET,
	CARP_CMD_VERIFY,
	CARP_CMD_TRANSITION_NTF,
	CARP_CMD_DEMOTION_NTF,
	CARP_CMD_REFUSED_NTF,

	__CARP_CMD_MAX
};

#define CARP_CMD_MAX (__CARP_CMD_MAX - 1)

/* attributes of the generic netlink family */
enum {
	CARP_A_UNSPEC,
	CARP_A_PAD,
	CARP_A_BOOT_ID,			/* 16 bytes, new with each boot or load */
	CARP_A_SEQUENCE,		/* u64, of the event; in answers of the last one */
	CARP_A_IFINDEX,			/* u32 */
	CARP_A_IFNAME,			/* string */
	CARP_A_VHID,			/* u32 */
	CARP_A_PARENT,			/* u32 ifindex */
	CARP_A_STATE,			/* u32 enum carp_state */
	CARP_A_OLD_STATE,		/* u32 enum carp_state */
	CARP_A_REASON,			/* u32 enum carp_reason */
	CARP_A_AGE,			/* u64 ms */
	CARP_A_ADDR4,			/* in_addr: peer, source, or address of the list */
	CARP_A_ADDR6,			/* in6_addr: likewise */
	CARP_A_TRANSITIONS,		/* u64 */
	/* nest, many: SEQUENCE, OLD_STATE, STATE, REASON, AGE, ADDR4 or ADDR6 */
	CARP_A_TRANSITION,
	CARP_A_DEMOTION,		/* u32 0..240, sum */
	CARP_A_COUNTERS,		/* nest of CARP_XSTATS_* */
	CARP_A_COUNTER,			/* u32 CARP_XSTATS_*: why refused */
	CARP_A_MISSED,			/* u32 refused adverts that had no event */
	CARP_A_CAUSE_NAME,		/* string, 1..31 bytes */
	CARP_A_CAUSE_VALUE,		/* u32 1..240; 0 in an event: taken away */
	CARP_A_CAUSE_SCOPE,		/* u32 enum carp_scope */
	CARP_A_CAUSE_OWNER,		/* u32 enum carp_owner */
	CARP_A_CAUSE_FLAGS,		/* u32 CARP_CAUSE_F_* */
	CARP_A_GROUP,			/* u32 interface group, of scope group */
	CARP_A_ADVERT,			/* 36 bytes: the CARP header of an advert */
	CARP_A_MATCH,			/* u32 enum carp_match */
	CARP_A_DRAINED,			/* u8 0/1 */
	/* nest, many: OLD_STATE, STATE, REASON, COUNT of such changes */
	CARP_A_CHANGE,
	CARP_A_COUNT,			/* u64 */
	/*
	 * nest, many: BOUND and COUNT. How often a BACKUP heard its master when
	 * it would have taken over in so much time or less, and in more than
	 * the class before has. The last class has no BOUND
	 */
	CARP_A_MARGIN,
	CARP_A_BOUND,			/* u64 us */
	CARP_A_MARGIN_SUM,		/* u64 us, of all those times */

	__CARP_A_MAX
};

#define CARP_A_MAX (__CARP_A_MAX - 1)

/**
 * enum carp_scope - what a cause demotes
 * @CARP_SCOPE_NET: every device of the namespace
 * @CARP_SCOPE_GROUP: the devices of an interface group (ip link set group)
 * @CARP_SCOPE_DEVICE: one device
 */
enum carp_scope {
	CARP_SCOPE_NET		= 0,
	CARP_SCOPE_GROUP	= 1,
	CARP_SCOPE_DEVICE	= 2,
};

/**
 * enum carp_owner - who set a cause
 * @CARP_OWNER_KERNEL: this module; cannot be set or taken away
 * @CARP_OWNER_USER: a user, until somebody takes it away
 * @CARP_OWNER_SOCKET: a user; it ends with the netlink socket that set it
 * @CARP_OWNER_SYSCTL: whoever wrote net.inet.carp.demotion
 */
enum carp_owner {
	CARP_OWNER_KERNEL	= 0,
	CARP_OWNER_USER		= 1,
	CARP_OWNER_SOCKET	= 2,
	CARP_OWNER_SYSCTL	= 3,
};

/* CARP_A_CAUSE_FLAGS */
#define CARP_CAUSE_F_LEASE	1	/* ends with the socket that sets it */
#define CARP_CAUSE_F_DRAIN	2	/* a MASTER resigns; see enum carp_cmd */

#endif /* _UAPI_LINUX_CARP_H */
