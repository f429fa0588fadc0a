/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CARP, the Common Address Redundancy Protocol: where the module's files meet.
 * The things are here, with their locks, and in auth.h and cause.h; what can be
 * done with them is in api.h.
 *
 * Locking
 * -------
 * RTNL		configuration, addresses, ports, the run condition
 * carp->lock	BH spinlock: state, timers, pending actions
 * carp_net.lock BH spinlock: causes of demotion, the number of closed gates
 * carp_journal.lock BH spinlock: the sequence of events, and those to be sent
 * carp_net.tallies_lock BH spinlock: what the totals are the sum of
 * RCU		everything that packets need: ports, their vhids, carp->auth
 *
 * Order: RTNL > carp->lock > carp_journal.lock, RTNL > carp_net.lock. An event
 * takes its number where it is decided. Nothing outside this module
 * is called under either but hrtimers and printk. What a decision
 * leads to (frames, routes, notifications) is done by carp_run() after the
 * lock is dropped; one CPU at a time does it for a device, and takes over what
 * others decide meanwhile, so effects happen in the order of decisions and no
 * CPU ever waits for another.
 */
#ifndef _CARP_H
#define _CARP_H

#include <linux/etherdevice.h>
#include <linux/hrtimer.h>
#include <linux/if_ether.h>
#include <linux/in6.h>
#include <linux/inetdevice.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/ratelimit.h>
#include <linux/rtnetlink.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/net_namespace.h>

#include "auth.h"
#include "cause.h"
#include "compat/compat.h"
#include "census.h"
#include "core/election.h"
#include "core/frame.h"
#include "include/uapi/linux/carp.h"

#define CARP_VHIDS		(CARP_VHID_MAX + 1)

/*
 * metric of the connected routes of carp devices: after those of the parent,
 * those that DHCP (1024 with networkd) or routers (up to 2048) give it included
 */
#define CARP_ROUTE_METRIC	4096

/* consecutive failures to send, or successes, that start or end a demotion */
#define CARP_SEND_ERRORS	3

/* pending actions, in the order in which carp_run() does them */
#define CARP_DO_BOW_OUT		BIT(0)
#define CARP_DO_GATE		BIT(1)
#define CARP_DO_ADVERT		BIT(2)
#define CARP_DO_ANNOUNCE	BIT(3)
#define CARP_DO_LINK		BIT(4)
#define CARP_DO_NOTIFY		BIT(5)
#define CARP_DO_WATCH		BIT(6)

/* events of a namespace that can wait to be sent */
#define CARP_JOURNAL_LEN	256

/**
 * struct carp_peers - where adverts go
 * @n4: how many of @v4, 0: to the multicast group
 * @n6: how many of @v6, likewise
 * @v4: IPv4 peers
 * @v6: IPv6 peers
 * @rcu: for freeing
 *
 * Immutable. Replaced under RTNL.
 */
struct carp_peers {
	unsigned int n4;
	unsigned int n6;
	__be32 v4[CARP_PEERS_MAX];
	struct in6_addr v6[CARP_PEERS_MAX];
	struct rcu_head rcu;
};

/**
 * struct carp_origin - the host that sent an advert
 * @family: AF_INET or AF_INET6, 0: there was no advert
 * @addr: its source; of an IPv4 address the first 4 bytes
 */
struct carp_origin {
	int family;
	struct in6_addr addr;
};

/**
 * struct carp_transition - a change of state
 * @sequence: of its event
 * @when: ktime_get_boottime_ns()
 * @old: what the device was
 * @state: what it became
 * @reason: why
 * @origin: whose advert caused it
 */
struct carp_transition {
	u64 sequence;
	u64 when;
	enum carp_state old;
	enum carp_state state;
	enum carp_reason reason;
	struct carp_origin origin;
};

/**
 * struct carp_quota - refused adverts have an event once a second at most
 * @next: not before, ktime_get_boottime_ns()
 * @missed: how many had none since
 */
struct carp_quota {
	atomic64_t next;
	atomic_t missed;
};

/**
 * struct carp_tally - counters that are part of the namespace's totals
 * @list: in carp_net.tallies, which also has the lock
 * @stats: CARP_XSTATS_*
 */
struct carp_tally {
	struct list_head list;
	atomic64_t *stats;
};

/**
 * struct carp_refused - the last advert that was not accepted
 * @counter: CARP_XSTATS_*, 0: none yet
 * @family: AF_INET or AF_INET6
 * @addr: its source
 * @when: ktime_get_boottime_ns()
 */
struct carp_refused {
	int counter;
	int family;
	struct in6_addr addr;
	u64 when;
};

/**
 * struct carp_port - a parent: an Ethernet device that carries vhids
 * @dev: the parent
 * @net: its namespace when the hook was set; the parent may move away
 * @hook: netfilter ingress hook
 * @vhid: the devices by vhid; RCU, written under RTNL
 * @members: the same, in order of vhid; RCU, written under RTNL
 * @list: in carp_net.ports; RCU, written under RTNL
 * @users: number of members, and of those who want it to stay; RTNL
 * @ready: the parent can carry adverts; RTNL
 * @ready_since: the last time it became so, ktime_get_boottime_ns(); RTNL
 * @dev_tracker: reference on @dev
 * @bridge: the bridge that @dev is, or is a VLAN of; NULL: neither
 * @bridge_vid: the VLAN, 0: untagged
 * @bridge_vlans: br_vlan_enabled(), NULL: there is none
 * @bridge_pvid: br_vlan_get_pvid_rcu()
 * @stats: refusals before a vhid was known, CARP_XSTATS_PARENT_*
 * @tally: of @stats
 * @quota: of events about them
 * @rcu: for freeing
 */
struct carp_port {
	struct net_device *dev;
	struct net *net;
	struct nf_hook_ops hook;
	struct carp __rcu *vhid[CARP_VHIDS];
	struct list_head members;
	struct list_head list;
	unsigned int users;
	bool ready;
	u64 ready_since;
	netdevice_tracker dev_tracker;
	struct net_device *bridge;
	u16 bridge_vid;
	bool (*bridge_vlans)(const struct net_device *dev);
	int (*bridge_pvid)(const struct net_device *dev, u16 *vid);
	atomic64_t stats[CARP_XSTATS_MAX + 1];
	struct carp_tally tally;
	struct carp_quota quota;
	struct rcu_head rcu;
};

/**
 * struct carp - a carp device, the private part of its net_device
 * @dev: the device
 * @net: its namespace, fixed for life
 * @list: in carp_net.devices; RTNL
 * @port: the parent's port, NULL: no parent; RCU, written under RTNL
 * @member: in @port's members; RCU, written under RTNL
 * @parent_ifindex: of the parent, 0: none; read without locks
 * @filters: the parent's address filters hold our entries; RTNL
 * @parent_leaving: the parent is being set down; RTNL
 *
 * @vhid: 0: not set; written under RTNL while the device is down
 * @advbase: seconds; written under RTNL and @lock
 * @advskew: 1/256 s; likewise
 * @preempt: enum carp_preempt; likewise
 * @announce_count: announcements of a takeover, the first included; likewise
 * @announce_interval: ms between them, 0: with every second advert; likewise
 * @announce_refresh: seconds between announcements of a MASTER, 0: never;
 *	likewise
 * @preempt_delay: ms that a slower master must be heard before we preempt, 0:
 *	none; likewise
 * @start_hold: ms after the parent became ready in which we take over from
 *	nobody, 0: none; likewise
 * @keys: secret; RTNL
 * @grace: seconds that a replaced key counts; RTNL
 * @addresses: number of addresses that adverts cover; RTNL
 * @auth: present list and key; RCU, written under RTNL
 * @auth_old: replaced ones that still count, oldest first; likewise
 * @auth_change: reserved for other keys or another vhid; RTNL
 * @peers: where adverts go instead of to the group, NULL: none ever set; RCU,
 *	written under RTNL
 * @peers_spare: a request's, not in use yet; RTNL
 * @auth_dirty: no memory to rebuild @auth, the worker will; RTNL
 * @ll_saved: link-local addresses that come back when the device is set up;
 *	RTNL
 * @ll_keep: the device is being set down: they go, but not for good; RTNL
 * @routes4: IPv4 routes of the addresses; RCU, written under RTNL
 *
 * @lock: protects what follows, up to the next blank line
 * @state: enum carp_state; written under @lock, read anywhere
 * @reason: of the last change, or what is missing in INIT
 * @changed: when, ktime_get_boottime_ns()
 * @transitions: number of changes
 * @sequence: of the last change's event, 0: none yet
 * @history: the last changes; that of number n is at (n - 1) modulo the size
 * @census: how often it changed in which way, and how near it came
 * @retired: it has been MASTER and has stepped down
 * @todo: CARP_DO_*
 * @running: a CPU is in carp_run()
 * @timer: advertises on a MASTER, waits for the master on a BACKUP
 * @deadline: when @timer is due; CLOCK_BOOTTIME
 * @rearmed: @timer was late and has been given another period, or a part of it
 * @listened: @deadline of a BACKUP as it is without a start hold
 * @ready_since: of the port, when we last looked
 * @slower_since: since when only slower adverts came that we are to preempt, 0:
 *	the last one was another
 * @slower_peer: the last of them
 * @slower_origin: who sent it
 * @preempt_timer: ends the delay of a preemption
 * @preempt_due: when it fires, 0: never
 * @said_skew: advskew of the last advert but a farewell
 * @drained: as of when this was last looked at; who drains makes us resign once
 * @counter: of the last advert sent
 * @announced: when we last announced, ktime_get_boottime_ns()
 * @announce_timer: for announcements that no advert brings along
 * @announce_left: how often that of the takeover is still to be repeated
 * @announce_in: adverts until the next time
 * @announce_repeat: or when, if they have an interval of their own
 * @announce_answered: when we last answered a worse advert, or will
 * @announce_answer: we will
 * @tie_adverts: adverts sent since an equal peer was heard, -1: no tie
 * @tie_patience: adverts of the master to hear before a lost tie is settled
 * @send_errors: > 0 consecutive failures, < 0 consecutive successes
 * @send_problem: the parent does not take our adverts
 * @master4: source of the last accepted IPv4 advert
 * @master6: source of the last accepted IPv6 advert
 * @heard_as: what the last accepted advert was made with
 * @refused: the last refused advert
 *
 * @taught: when switches were last shown the virtual MAC by a frame of its own,
 *	ktime_get_boottime_ns(); carp_run() alone
 * @parent_problem: the parent is down and counts as a problem; RTNL
 * @problem_since: since when it has each problem, 0: it has not;
 *	ktime_get_boottime_ns(); carp_net.lock
 * @causes_end: no more causes of its own; carp_net.lock
 * @gate_closed: counted in carp_net.gates_closed; carp_net.lock
 * @carrier_changed: link watch has not been told of it yet
 * @gate_work: re-asserts the gate once asynchronous address set-up is over
 * @notify_work: what needs RTNL: telling user space, retries
 * @groups: what the parent joined for us; RTNL
 * @group_work: has the parent join for an address that was added
 * @told: @sequence when user space was last told of a change; RTNL
 * @stats: CARP_XSTATS_*
 * @tally: of @stats
 * @quota: of events about refused adverts
 */
struct carp {
	struct net_device *dev;
	struct net *net;
	struct list_head list;
	struct carp_port __rcu *port;
	struct list_head member;
	int parent_ifindex;
	bool filters;
	bool parent_leaving;

	u8 vhid;
	u8 advbase;
	u8 advskew;
	u8 preempt;
	u32 announce_count;
	u32 announce_interval;
	u32 announce_refresh;
	u32 preempt_delay;
	u32 start_hold;
	struct carp_keys keys;
	u32 grace;
	unsigned int addresses;
	struct carp_auth __rcu *auth;
	struct list_head auth_old;
	struct carp_auth_change *auth_change;
	struct carp_peers __rcu *peers;
	struct carp_peers *peers_spare;
	bool auth_dirty;
	struct list_head ll_saved;
	bool ll_keep;
	struct list_head routes4;

	/* see above for what it protects */
	spinlock_t lock;
	enum carp_state state;
	enum carp_reason reason;
	u64 changed;
	u64 transitions;
	u64 sequence;
	struct carp_transition history[CARP_HISTORY_MAX];
	struct carp_census census;
	bool retired;
	u32 todo;
	bool running;
	struct hrtimer timer;
	u64 deadline;
	bool rearmed;
	u64 listened;
	u64 ready_since;
	u64 slower_since;
	struct carp_peer slower_peer;
	struct carp_origin slower_origin;
	struct hrtimer preempt_timer;
	u64 preempt_due;
	u8 said_skew;
	bool drained;
	u64 counter;
	u64 announced;
	struct hrtimer announce_timer;
	unsigned int announce_left;
	unsigned int announce_in;
	u64 announce_repeat;
	u64 announce_answered;
	bool announce_answer;
	int tie_adverts;
	unsigned int tie_patience;
	int send_errors;
	bool send_problem;
	__be32 master4;
	struct in6_addr master6;
	enum carp_match heard_as;
	struct carp_refused refused;

	u64 taught;
	bool parent_problem;
	u64 problem_since[CARP_PROBLEMS];
	bool causes_end;
	bool gate_closed;
	bool carrier_changed;
	struct delayed_work gate_work;
	struct work_struct notify_work;
	struct list_head groups;
	struct work_struct group_work;
	u64 told;
	atomic64_t stats[CARP_XSTATS_MAX + 1];
	struct carp_tally tally;
	struct carp_quota quota;
};

struct carp_event;

/**
 * struct carp_journal - what happened in a namespace and is still to be told
 * @lock: protects what follows
 * @sequence: number of the last event
 * @ring: CARP_JOURNAL_LEN events, NULL: none happened that could be kept
 * @head: events put into it
 * @tail: events taken out of it
 * @lost: one had no room
 * @sending: somebody takes them out
 */
struct carp_journal {
	/* see above for what it protects */
	spinlock_t lock;
	u64 sequence;
	struct carp_event *ring;
	unsigned int head;
	unsigned int tail;
	bool lost;
	bool sending;
};

/**
 * struct carp_net - per network namespace
 * @net: the namespace
 * @devices: carp devices; RTNL
 * @ports: RCU, written under RTNL
 * @bridges: number of @ports that have to do with a bridge; RTNL
 * @sysctl: /proc/sys/net/inet/carp
 * @table: its rows
 * @allow: 0: no vhid takes part
 * @preempt: default of the devices
 * @log: 0 nothing, 1 bad packets, 2 state changes too
 * @arpbalance: spread ARP answers over vhids that share an address
 * @problems: present problems, shown as suppress_preempt; written under @lock
 * @problem: how many of each kind; likewise
 * @factors: how much each of them demotes; likewise
 * @dscp: of adverts
 * @causes: those that users set; RCU, written under @lock
 * @n_causes: how many; @lock
 * @cause_seq: number of changes, so that dumps notice them; written under @lock
 * @sysctl_demotion: the sum of writes to net.inet.carp.demotion; likewise
 * @sysctl_since: since when it is not 0, ktime_get_boottime_ns(); likewise
 * @leaving: the namespace or the host goes down; RTNL
 * @output: what is sent from addresses of ours is looked at; see output.c
 * @forward: so is what is sent to them; likewise
 * @gates_closed: devices with IPv4 addresses that are not local; @lock
 * @local_routes: the namespace had local routes of its own before; @lock
 * @lock: protects changes of causes of demotion, and the two above
 * @carrier_work: tells link watch of carriers
 * @carrier_since: since when it has been waiting to, ktime_get_boottime_ns(), 0:
 *	it has not; RTNL
 * @carrier_last: when a carrier last changed, ktime_get_boottime_ns()
 * @kick_work: has every MASTER say its new demotion
 * @ratelimit: of messages about bad packets
 * @journal: events
 * @tallies_lock: protects the two below, BH
 * @tallies: the counters of what there is
 * @settled: what totals have besides, modulo 2^64: counters of what is gone,
 *	less what was there when they were reset
 */
struct carp_net {
	struct net *net;
	struct list_head devices;
	struct list_head ports;
	unsigned int bridges;
	struct ctl_table_header *sysctl;
	struct ctl_table *table;
	int allow;
	int preempt;
	int log;
	int arpbalance;
	int problems;
	u32 problem[CARP_PROBLEMS];
	u32 factors[CARP_PROBLEMS];
	int dscp;
	struct list_head causes;
	unsigned int n_causes;
	unsigned int cause_seq;
	u8 sysctl_demotion;
	u64 sysctl_since;
	bool leaving;
	bool output;
	bool forward;
	unsigned int gates_closed;
	bool local_routes;
	/* see above for what it protects */
	spinlock_t lock;
	struct delayed_work carrier_work;
	u64 carrier_since;
	u64 carrier_last;
	struct work_struct kick_work;
	struct ratelimit_state ratelimit;
	struct carp_journal journal;
	/* see above for what it protects */
	spinlock_t tallies_lock;
	struct list_head tallies;
	u64 settled[CARP_XSTATS_MAX + 1];
};

#include "api.h"

/* the members of a port, in order of vhid; caller: RTNL or RCU */
#define carp_for_each_member(carp, port)				\
	list_for_each_entry_rcu(carp, &(port)->members, member,		\
				lockdep_rtnl_is_held())

static inline void carp_count(struct carp *carp, int counter)
{
	atomic64_inc(&carp->stats[counter]);
}

/*
 * The way back to whoever sends to the virtual MAC may well lead over the
 * parent, so the device's reverse path filter must not be the strict one. The
 * loose one is not set beforehand: it costs each packet two route lookups.
 */
static inline void carp_gate_keep4(struct in_device *in_dev)
{
	if (unlikely(IN_DEV_RPFILTER(in_dev) == 1))
		IN_DEV_CONF_SET(in_dev, RP_FILTER, 2);
}

static inline void carp_origin_set(struct carp_origin *origin, int family,
				   const void *addr)
{
	origin->family = family;
	origin->addr = in6addr_any;
	memcpy(&origin->addr, addr, family == AF_INET ? 4 : 16);
}

static inline u64 carp_ms_since(u64 then, u64 now)
{
	return div_u64(now - then, NSEC_PER_MSEC);
}

static inline bool carp_is_master(const struct carp *carp)
{
	return READ_ONCE(carp->state) == CARP_STATE_MASTER;
}

#endif /* _CARP_H */
