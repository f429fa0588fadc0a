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

/**
 * carp_stats_size - room for carp_stats_fill()
 * @dev: the device
 *
 * Return: bytes.
 */
size_t carp_stats_size(const struct net_device *dev)
{
	return nla_total_size_64bit(8) * CARP_XSTATS_MAX;
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
	struct carp *carp = netdev_priv(dev);
	struct carp_port *port;
	struct nlattr *nest;
	int i;

	nest = nla_nest_start_noflag(skb, IFLA_INFO_XSTATS);
	if (!nest)
		return -EMSGSIZE;

	rcu_read_lock();
	port = rcu_dereference(carp->port);
	for (i = CARP_STATS_FIRST; i <= CARP_XSTATS_MAX; i++) {
		u64 v = atomic64_read(&carp->stats[i]);

		if (i >= CARP_STATS_PORT && i <= CARP_STATS_PORT_LAST)
			v = port ? atomic64_read(&port->stats[i]) : 0;
		if (nla_put_u64_64bit(skb, i, v, CARP_XSTATS_PAD))
			goto err_size;
	}
	rcu_read_unlock();
	nla_nest_end(skb, nest);
	return 0;

err_size:
	rcu_read_unlock();
	nla_nest_cancel(skb, nest);
	return -EMSGSIZE;
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
	carp_count(carp, counter);

	spin_lock_bh(&carp->lock);
	carp->refused.counter = counter;
	carp->refused.family = family;
	carp->refused.addr = in6addr_any;
	memcpy(&carp->refused.addr, addr, family == AF_INET ? 4 : 16);
	carp->refused.when = ktime_get_boottime_ns();
	spin_unlock_bh(&carp->lock);

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
	atomic64_inc(&port->stats[counter]);
	carp_stats_log(port->net, port->dev->name, counter, family, addr);
}
