// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters, and whose advert was refused last.
 */
#include <net/netlink.h>
#include <net/rtnetlink.h>

#include "carp.h"

#define CARP_STATS_FIRST CARP_XSTATS_RX4
#define CARP_STATS_PORT	CARP_XSTATS_PARENT_BADTTL
#define CARP_STATS_PORT_LAST CARP_XSTATS_PARENT_NOT_ALLOWED

static const char * const carp_stats_why[CARP_XSTATS_MAX + 1] = {
	[CARP_XSTATS_BADVER] = "wrong version",
	[CARP_XSTATS_BADAUTH] = "wrong digest",
	[CARP_XSTATS_LOOP] = "our own, looped back",
	[CARP_XSTATS_PARENT_BADTTL] = "TTL is not 255",
	[CARP_XSTATS_PARENT_BADLEN] = "too short",
	[CARP_XSTATS_PARENT_BADSUM] = "wrong checksum",
	[CARP_XSTATS_PARENT_BADVHID] = "unknown vhid",
	[CARP_XSTATS_PARENT_FRAGMENT] = "fragment",
	[CARP_XSTATS_NOT_PEER] = "not a peer",
};

/* of a device, with what is counted for its whole parent */
static void carp_stats_read(struct carp *carp, u64 *values)
{
	struct carp_port *port;
	int i;

	rcu_read_lock();
	port = rcu_dereference(carp->port);
	for (i = CARP_STATS_FIRST; i <= CARP_XSTATS_MAX; i++) {
		values[i] = atomic64_read(&carp->stats[i]);
		if (i >= CARP_STATS_PORT && i <= CARP_STATS_PORT_LAST)
			values[i] = port ? atomic64_read(&port->stats[i]) : 0;
	}
	rcu_read_unlock();
}

/* of the namespace; caller: holds tallies_lock */
static void carp_stats_sum(struct carp_net *cn, u64 *values)
{
	struct carp_tally *tally;
	int i;

	lockdep_assert_held(&cn->tallies_lock);
	memcpy(values, cn->settled, sizeof(cn->settled));
	list_for_each_entry(tally, &cn->tallies, list)
		for (i = CARP_STATS_FIRST; i <= CARP_XSTATS_MAX; i++)
			values[i] += atomic64_read(&tally->stats[i]);
}

/* into @nest, which is ended */
static int carp_stats_put_values(struct sk_buff *skb, struct nlattr *nest,
				 const u64 *values)
{
	int i;

	if (!nest)
		return -EMSGSIZE;
	for (i = CARP_STATS_FIRST; i <= CARP_XSTATS_MAX; i++)
		if (nla_put_u64_64bit(skb, i, values[i], CARP_XSTATS_PAD)) {
			nla_nest_cancel(skb, nest);
			return -EMSGSIZE;
		}
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * carp_stats_room - how much the counters are
 *
 * Return: bytes, without the nest that they are in.
 */
size_t carp_stats_room(void)
{
	return nla_total_size_64bit(8) * CARP_XSTATS_MAX;
}

/**
 * carp_stats_size - room for carp_stats_fill()
 * @dev: the device
 *
 * Return: bytes.
 */
size_t carp_stats_size(const struct net_device *dev)
{
	return carp_stats_room();
}

/**
 * carp_stats_fill - IFLA_INFO_XSTATS
 * @skb: the message
 * @dev: the device
 *
 * Return: 0 or -EMSGSIZE.
 */
int carp_stats_fill(struct sk_buff *skb, const struct net_device *dev)
{
	u64 values[CARP_XSTATS_MAX + 1];

	carp_stats_read(netdev_priv(dev), values);
	return carp_stats_put_values(skb,
				     nla_nest_start_noflag(skb,
							   IFLA_INFO_XSTATS),
				     values);
}

/**
 * carp_stats_put - CARP_A_COUNTERS of a device
 * @skb: the message
 * @carp: the device
 *
 * Return: 0 or -EMSGSIZE.
 */
int carp_stats_put(struct sk_buff *skb, struct carp *carp)
{
	u64 values[CARP_XSTATS_MAX + 1];

	carp_stats_read(carp, values);
	return carp_stats_put_values(skb, nla_nest_start(skb, CARP_A_COUNTERS),
				     values);
}

/**
 * carp_stats_put_net - CARP_A_COUNTERS of a namespace
 * @skb: the message
 * @net: the namespace
 *
 * Return: 0 or -EMSGSIZE.
 */
int carp_stats_put_net(struct sk_buff *skb, struct net *net)
{
	struct carp_net *cn = carp_net(net);
	u64 values[CARP_XSTATS_MAX + 1];

	spin_lock_bh(&cn->tallies_lock);
	carp_stats_sum(cn, values);
	spin_unlock_bh(&cn->tallies_lock);
	return carp_stats_put_values(skb, nla_nest_start(skb, CARP_A_COUNTERS),
				     values);
}

/**
 * carp_stats_join - from here on counters are part of the totals
 * @net: the namespace
 * @tally: to be
 * @stats: the counters
 */
void carp_stats_join(struct net *net, struct carp_tally *tally,
		     atomic64_t *stats)
{
	struct carp_net *cn = carp_net(net);

	tally->stats = stats;
	spin_lock_bh(&cn->tallies_lock);
	list_add_tail(&tally->list, &cn->tallies);
	spin_unlock_bh(&cn->tallies_lock);
}

/* the totals keep what a device or parent had counted so far */
static void carp_stats_settle(struct carp_net *cn, struct carp_tally *tally)
{
	int i;

	lockdep_assert_held(&cn->tallies_lock);
	for (i = CARP_STATS_FIRST; i <= CARP_XSTATS_MAX; i++)
		cn->settled[i] += atomic64_xchg(&tally->stats[i], 0);
}

/**
 * carp_stats_leave - counters end; the totals keep what they were
 * @net: the namespace
 * @tally: of the counters, which nobody raises any more
 *
 * Caller: process or softirq context. Nothing happens if it has never joined.
 */
void carp_stats_leave(struct net *net, struct carp_tally *tally)
{
	struct carp_net *cn;

	if (list_empty(&tally->list))
		return;
	cn = carp_net(net);
	spin_lock_bh(&cn->tallies_lock);
	carp_stats_settle(cn, tally);
	list_del_init(&tally->list);
	spin_unlock_bh(&cn->tallies_lock);
}

/**
 * carp_stats_exit - a namespace ends
 * @net: the namespace, without devices
 *
 * Its ports settle their counters after a grace period.
 */
void carp_stats_exit(struct net *net)
{
	struct carp_net *cn = carp_net(net);
	bool wait;

	spin_lock_bh(&cn->tallies_lock);
	wait = !list_empty(&cn->tallies);
	spin_unlock_bh(&cn->tallies_lock);
	if (wait)
		rcu_barrier();
}

/**
 * carp_stats_reset - a device counts from zero
 * @carp: the device; its parent's counters and the totals go on
 */
void carp_stats_reset(struct carp *carp)
{
	struct carp_net *cn = carp_net(carp->net);

	spin_lock_bh(&cn->tallies_lock);
	carp_stats_settle(cn, &carp->tally);
	spin_unlock_bh(&cn->tallies_lock);
}

/**
 * carp_stats_reset_net - the totals count from zero
 * @net: the namespace, whose devices go on
 */
void carp_stats_reset_net(struct net *net)
{
	struct carp_net *cn = carp_net(net);
	u64 values[CARP_XSTATS_MAX + 1];
	int i;

	spin_lock_bh(&cn->tallies_lock);
	carp_stats_sum(cn, values);
	for (i = CARP_STATS_FIRST; i <= CARP_XSTATS_MAX; i++)
		cn->settled[i] -= values[i];
	spin_unlock_bh(&cn->tallies_lock);
}

static void carp_stats_log(struct net *net, const char *name, int counter,
			   int family, const void *addr)
{
	struct carp_net *cn = carp_net(net);

	if (READ_ONCE(cn->log) < 1 || !carp_stats_why[counter] ||
	    !__ratelimit(&cn->ratelimit))
		return;
	if (family == AF_INET)
		pr_info("carp: %s: advert from %pI4 refused: %s\n", name, addr,
			carp_stats_why[counter]);
	else
		pr_info("carp: %s: advert from %pI6c refused: %s\n", name, addr,
			carp_stats_why[counter]);
}

/**
 * carp_stats_refuse - an advert for this device was refused
 * @carp: the device
 * @counter: CARP_XSTATS_*
 * @family: AF_INET or AF_INET6
 * @addr: its source
 */
void carp_stats_refuse(struct carp *carp, int counter, int family,
		       const void *addr)
{
	struct carp_origin origin;

	carp_origin_set(&origin, family, addr);
	carp_count(carp, counter);

	spin_lock_bh(&carp->lock);
	carp->refused.counter = counter;
	carp->refused.family = family;
	carp->refused.addr = origin.addr;
	carp->refused.when = ktime_get_boottime_ns();
	spin_unlock_bh(&carp->lock);

	carp_journal_refused(carp, counter, &origin);
	carp_stats_log(carp->net, carp->dev->name, counter, family, addr);
}

/**
 * carp_stats_refuse_port - an advert was refused before a device was known
 * @port: the parent's port
 * @counter: CARP_XSTATS_PARENT_*
 * @family: AF_INET or AF_INET6
 * @addr: its source
 */
void carp_stats_refuse_port(struct carp_port *port, int counter, int family,
			    const void *addr)
{
	struct carp_origin origin;

	carp_origin_set(&origin, family, addr);
	atomic64_inc(&port->stats[counter]);
	carp_journal_refused_port(port, counter, &origin);
	carp_stats_log(port->net, port->dev->name, counter, family, addr);
}
