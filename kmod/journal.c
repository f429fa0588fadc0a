// SPDX-License-Identifier: GPL-2.0-only
/*
 * The journal: what happened, in order, for whoever listens.
 *
 * An event takes its number where it is decided, and waits in a ring until it
 * can be sent, by one sender at a time. Whatever keeps it from being sent
 * leaves a gap in the numbers that a listener sees.
 */
#include <net/genetlink.h>
#include <net/ipv6.h>

#include "carp.h"

/* refused adverts of a device, or of a parent, have an event so often */
#define CARP_QUOTA_NS		NSEC_PER_SEC

/* more than any event has; DEMOTION is the longest */
#define CARP_EVENT_ROOM		512

/**
 * struct carp_event - something that happened
 * @sequence: its number
 * @when: ktime_get_boottime_ns()
 * @cmd: CARP_CMD_*_NTF, which says what of the rest there is
 * @ifindex: of the device, 0: there is none
 * @parent: index of its parent, 0: there is none
 * @vhid: of the device
 * @ifname: of the device, empty: not known
 * @change: what became of its state
 * @transitions: how often it has
 * @counter: why an advert was refused, CARP_XSTATS_*
 * @missed: how many were, since the event before
 * @origin: who sent the advert
 * @name: of the cause
 * @cause: what else there is to it; it has no name of its own
 */
struct carp_event {
	u64 sequence;
	u64 when;
	u8 cmd;
	u8 vhid;
	int ifindex;
	int parent;
	char ifname[IFNAMSIZ];
	union {
		struct {
			struct carp_transition change;
			u64 transitions;
		};
		struct {
			u32 counter;
			u32 missed;
			struct carp_origin origin;
		};
		struct {
			char name[CARP_CAUSE_NAME_MAX + 1];
			struct carp_cause_news cause;
		};
	};
};

/* made when the module is loaded: numbers of another load mean nothing */
u8 carp_boot_id[CARP_BOOT_ID_LEN] __ro_after_init;

/* the family is registered */
static bool carp_journal_heard;

/**
 * carp_journal_open - from here on, or no longer, events can be sent
 * @open: the family is registered; or is about to go, and nobody sends
 */
void carp_journal_open(bool open)
{
	WRITE_ONCE(carp_journal_heard, open);
	if (!open)
		synchronize_rcu();
}

/**
 * carp_journal_init - a namespace begins
 * @net: the namespace
 */
void carp_journal_init(struct net *net)
{
	spin_lock_init(&carp_net(net)->journal.lock);
}

/**
 * carp_journal_exit - a namespace ends
 * @net: the namespace, without devices and users
 */
void carp_journal_exit(struct net *net)
{
	kvfree(carp_net(net)->journal.ring);
}

/**
 * carp_journal_make_room - from here on events can wait
 * @net: the namespace
 *
 * Without memory they cannot, and are missing. Caller: may sleep.
 */
void carp_journal_make_room(struct net *net)
{
	struct carp_journal *j = &carp_net(net)->journal;
	struct carp_event *ring;

	if (READ_ONCE(j->ring))
		return;
	ring = kvcalloc(CARP_JOURNAL_LEN, sizeof(*ring), GFP_KERNEL);

	spin_lock_bh(&j->lock);
	if (!j->ring) {
		WRITE_ONCE(j->ring, ring);
		ring = NULL;
	}
	spin_unlock_bh(&j->lock);
	kvfree(ring);
}

/**
 * carp_journal_sequence - number of the last event
 * @net: the namespace
 *
 * Caller: with carp->lock of a device, what it sees of that device is as old.
 * Return: the number, 0: nothing happened yet.
 */
u64 carp_journal_sequence(struct net *net)
{
	struct carp_journal *j = &carp_net(net)->journal;
	u64 sequence;

	spin_lock_bh(&j->lock);
	sequence = j->sequence;
	spin_unlock_bh(&j->lock);
	return sequence;
}

static void carp_journal_add(struct net *net, struct carp_event *event)
{
	struct carp_journal *j = &carp_net(net)->journal;

	spin_lock_bh(&j->lock);
	event->sequence = ++j->sequence;
	if (j->ring && j->head - j->tail < CARP_JOURNAL_LEN)
		j->ring[j->head++ % CARP_JOURNAL_LEN] = *event;
	else
		j->lost = true;
	spin_unlock_bh(&j->lock);
}

static void carp_journal_whose(struct carp_event *event,
			       const struct carp *carp)
{
	event->ifindex = carp->dev->ifindex;
	event->parent = READ_ONCE(carp->parent_ifindex);
	event->vhid = READ_ONCE(carp->vhid);
	strscpy(event->ifname, carp->dev->name, sizeof(event->ifname));
}

/**
 * carp_journal_transition - a device changed its state
 * @carp: the device, which has counted the change
 * @change: the change, which gets its number here
 *
 * Caller: holds carp->lock, and calls carp_run() when it no longer does.
 */
void carp_journal_transition(struct carp *carp, struct carp_transition *change)
{
	struct carp_event event = {
		.cmd = CARP_CMD_TRANSITION_NTF,
		.when = change->when,
		.change = *change,
		.transitions = carp->transitions,
	};

	lockdep_assert_held(&carp->lock);
	carp_journal_whose(&event, carp);
	carp_journal_add(carp->net, &event);

	change->sequence = event.sequence;
	carp->sequence = event.sequence;
	carp->history[(carp->transitions - 1) % CARP_HISTORY_MAX] = *change;
}

/**
 * carp_journal_cause - a cause of demotion was set, changed or taken away
 * @net: the namespace
 * @news: the cause as it is now, @value 0: no more
 *
 * Caller: any context, without carp->lock.
 */
void carp_journal_cause(struct net *net, const struct carp_cause_news *news)
{
	struct carp_event event = {
		.cmd = CARP_CMD_DEMOTION_NTF,
		.when = ktime_get_boottime_ns(),
		.cause = *news,
	};
	struct net_device *dev;

	strscpy(event.name, news->name, sizeof(event.name));
	if (news->scope == CARP_SCOPE_DEVICE ||
	    news->owner == CARP_OWNER_KERNEL) {
		event.ifindex = news->id;
		rcu_read_lock();
		dev = dev_get_by_index_rcu(net, news->id);
		if (dev)
			strscpy(event.ifname, dev->name, sizeof(event.ifname));
		rcu_read_unlock();
	}
	carp_journal_add(net, &event);
	carp_journal_send(net);
}

/* may there be an event about another refused advert? */
static bool carp_journal_may_refuse(struct carp_quota *quota,
				    struct carp_event *event)
{
	s64 next = atomic64_read(&quota->next);

	if ((s64)event->when < next ||
	    !atomic64_try_cmpxchg(&quota->next, &next,
				  event->when + CARP_QUOTA_NS)) {
		atomic_inc(&quota->missed);
		return false;
	}
	event->missed = atomic_xchg(&quota->missed, 0);
	return true;
}

/**
 * carp_journal_refused - an advert for a device was refused
 * @carp: the device
 * @counter: CARP_XSTATS_*
 * @origin: who sent it
 *
 * Caller: softirq, without carp->lock.
 */
void carp_journal_refused(struct carp *carp, int counter,
			  const struct carp_origin *origin)
{
	struct carp_event event = {
		.cmd = CARP_CMD_REFUSED_NTF,
		.when = ktime_get_boottime_ns(),
		.counter = counter,
		.origin = *origin,
	};

	if (!carp_journal_may_refuse(&carp->quota, &event))
		return;
	carp_journal_whose(&event, carp);
	carp_journal_add(carp->net, &event);
	carp_journal_send(carp->net);
}

/**
 * carp_journal_refused_port - the same, before a device was known
 * @port: the parent's port
 * @counter: CARP_XSTATS_PARENT_*
 * @origin: who sent it
 *
 * Caller: softirq.
 */
void carp_journal_refused_port(struct carp_port *port, int counter,
			       const struct carp_origin *origin)
{
	struct carp_event event = {
		.cmd = CARP_CMD_REFUSED_NTF,
		.when = ktime_get_boottime_ns(),
		.parent = port->dev->ifindex,
		.counter = counter,
		.origin = *origin,
	};

	if (!carp_journal_may_refuse(&port->quota, &event))
		return;
	carp_journal_add(port->net, &event);
	carp_journal_send(port->net);
}

/**
 * carp_journal_fill_origin - CARP_A_ADDR4 or CARP_A_ADDR6, or nothing
 * @skb: the message
 * @origin: who sent an advert
 *
 * Return: 0 or -EMSGSIZE.
 */
int carp_journal_fill_origin(struct sk_buff *skb,
			     const struct carp_origin *origin)
{
	switch (origin->family) {
	case AF_INET:
		return nla_put(skb, CARP_A_ADDR4, 4, &origin->addr);
	case AF_INET6:
		return nla_put_in6_addr(skb, CARP_A_ADDR6, &origin->addr);
	}
	return 0;
}

/**
 * carp_journal_fill_transition - what there is to say of a change of state
 * @skb: the message
 * @change: the change
 * @now: ktime_get_boottime_ns()
 *
 * Return: 0 or -EMSGSIZE.
 */
int carp_journal_fill_transition(struct sk_buff *skb,
				 const struct carp_transition *change, u64 now)
{
	if (nla_put_u64_64bit(skb, CARP_A_SEQUENCE, change->sequence,
			      CARP_A_PAD) ||
	    nla_put_u32(skb, CARP_A_OLD_STATE, change->old) ||
	    nla_put_u32(skb, CARP_A_STATE, change->state) ||
	    nla_put_u32(skb, CARP_A_REASON, change->reason) ||
	    nla_put_u64_64bit(skb, CARP_A_AGE, carp_ms_since(change->when, now),
			      CARP_A_PAD))
		return -EMSGSIZE;
	return carp_journal_fill_origin(skb, &change->origin);
}

static int carp_journal_fill_cause(struct sk_buff *skb,
				   const struct carp_event *event)
{
	const struct carp_cause_news *cause = &event->cause;

	if (nla_put_string(skb, CARP_A_CAUSE_NAME, event->name) ||
	    nla_put_u32(skb, CARP_A_CAUSE_VALUE, cause->value) ||
	    nla_put_u32(skb, CARP_A_CAUSE_SCOPE, cause->scope) ||
	    nla_put_u32(skb, CARP_A_CAUSE_OWNER, cause->owner) ||
	    nla_put_u32(skb, CARP_A_CAUSE_FLAGS, cause->flags))
		return -EMSGSIZE;
	if (cause->scope == CARP_SCOPE_GROUP)
		return nla_put_u32(skb, CARP_A_GROUP, cause->id);
	return 0;
}

static int carp_journal_fill(struct sk_buff *skb,
			     const struct carp_event *event)
{
	if (nla_put(skb, CARP_A_BOOT_ID, CARP_BOOT_ID_LEN, carp_boot_id) ||
	    (event->ifindex &&
	     nla_put_u32(skb, CARP_A_IFINDEX, event->ifindex)) ||
	    (event->ifname[0] &&
	     nla_put_string(skb, CARP_A_IFNAME, event->ifname)) ||
	    (event->vhid && nla_put_u32(skb, CARP_A_VHID, event->vhid)) ||
	    (event->parent && nla_put_u32(skb, CARP_A_PARENT, event->parent)))
		return -EMSGSIZE;

	if (event->cmd == CARP_CMD_TRANSITION_NTF) {
		struct carp_transition change = event->change;

		change.sequence = event->sequence;
		if (nla_put_u64_64bit(skb, CARP_A_TRANSITIONS,
				      event->transitions, CARP_A_PAD))
			return -EMSGSIZE;
		return carp_journal_fill_transition(skb, &change,
						    ktime_get_boottime_ns());
	}

	if (nla_put_u64_64bit(skb, CARP_A_SEQUENCE, event->sequence,
			      CARP_A_PAD))
		return -EMSGSIZE;
	if (event->cmd == CARP_CMD_DEMOTION_NTF)
		return carp_journal_fill_cause(skb, event);

	if (nla_put_u32(skb, CARP_A_COUNTER, event->counter) ||
	    nla_put_u32(skb, CARP_A_MISSED, event->missed))
		return -EMSGSIZE;
	return carp_journal_fill_origin(skb, &event->origin);
}

/* false: it could not be sent, and listeners should know */
static bool carp_journal_multicast(struct net *net,
				   const struct carp_event *event)
{
	struct sk_buff *skb;
	void *hdr;

	if (!genl_has_listeners(&carp_genl_family, net, 0))
		return true;
	skb = genlmsg_new(CARP_EVENT_ROOM, GFP_ATOMIC);
	if (!skb)
		return false;
	hdr = genlmsg_put(skb, 0, 0, &carp_genl_family, 0, event->cmd);
	if (!hdr || carp_journal_fill(skb, event)) {
		nlmsg_free(skb);
		return false;
	}
	genlmsg_end(skb, hdr);
	genlmsg_multicast_netns(&carp_genl_family, net, skb, 0, 0, GFP_ATOMIC);
	return true;
}

/* the oldest event that waits; false: there is none */
static bool carp_journal_take(struct carp_journal *j, struct carp_event *event,
			      bool *lost)
{
	lockdep_assert_held(&j->lock);
	*lost = j->lost;
	j->lost = false;
	if (j->head == j->tail)
		return false;
	*event = j->ring[j->tail++ % CARP_JOURNAL_LEN];
	return true;
}

/**
 * carp_journal_send - tell what waits to be told
 * @net: the namespace
 *
 * Caller: any context, without carp->lock. If another CPU is at it, or this one
 * further down the stack, it is left to that.
 */
void carp_journal_send(struct net *net)
{
	struct carp_journal *j = &carp_net(net)->journal;
	struct carp_event event;
	bool have;
	bool lost;

	local_bh_disable();
	rcu_read_lock();
	spin_lock(&j->lock);
	if (j->sending)
		goto out;

	j->sending = true;
	for (;;) {
		have = carp_journal_take(j, &event, &lost);
		if (!have && !lost)
			break;
		spin_unlock(&j->lock);
		if (READ_ONCE(carp_journal_heard)) {
			if (have && !carp_journal_multicast(net, &event))
				lost = true;
			if (lost)
				genl_set_err(&carp_genl_family, net, 0, 0,
					     -ENOBUFS);
		}
		spin_lock(&j->lock);
	}
	j->sending = false;
out:
	spin_unlock(&j->lock);
	rcu_read_unlock();
	local_bh_enable();
}
