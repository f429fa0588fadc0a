// SPDX-License-Identifier: GPL-2.0-only
/*
 * The address gate: when the addresses of a carp device are local.
 *
 * A host that is not MASTER keeps its addresses configured, but the routes
 * that make them local are out of use, so that its own and forwarded traffic
 * follows the wire to the MASTER. All that pokes into routes, addresses and
 * queues is in this file. Both directions work from softirq without RTNL:
 *
 *  - IPv4 local routes carry RTNH_F_LINKDOWN, which lookups heed because the
 *    device has ignore_routes_with_linkdown set while it is not MASTER. The
 *    core sets and clears that flag on all other routes when the carrier
 *    changes, under RTNL, some time later; switching the device's
 *    ignore_routes_with_linkdown makes them usable or not at once.
 *  - IPv6 local routes carry RTNH_F_DEAD, and the addresses are tentative, so
 *    that they are no candidates for source addresses.
 *  - Without carrier the core parks the transmit queue; a MASTER must be able
 *    to send before link watch gets RTNL.
 *
 * The core's address code wants to see local routes when it makes others that
 * name them as preferred source, so its notifiers are enclosed by ours:
 * carp_gate_unlock4() before and carp_gate_assert() after.
 *
 * What one would propose upstream instead: a per-device "addresses are not
 * local" bit that fib_table_lookup() and fib6_table_lookup() heed.
 */
#include <linux/inetdevice.h>
#include <net/addrconf.h>
#include <net/ip6_fib.h>
#include <net/ip_fib.h>
#include <net/l3mdev.h>
#include <net/sch_generic.h>

#include "carp.h"

/* what fib_get_table() does, which modules cannot call; never makes a table */
static struct fib_table *carp_gate_table4(struct net *net, u32 id)
{
	struct hlist_head *head;
	struct fib_table *tb;

	head = &net->ipv4.fib_table_hash[id & (FIB_TABLE_HASHSZ - 1)];
	hlist_for_each_entry_rcu(tb, head, tb_hlist, lockdep_rtnl_is_held())
		if (tb->tb_id == id)
			return tb;
	return NULL;
}

static void carp_gate_route4(struct net_device *dev, u32 table, __be32 daddr,
			     bool open)
{
	struct flowi4 fl4 = {
		.daddr = daddr,
		.flowi4_oif = dev->ifindex,
	};
	struct fib_nh_common *nhc;
	struct fib_result res;
	struct fib_table *tb;

	/* that of a VRF is made for its first route */
	tb = carp_gate_table4(dev_net(dev), table);
	if (!tb || fib_table_lookup(tb, &fl4, &res,
				    FIB_LOOKUP_NOREF |
				    FIB_LOOKUP_IGNORE_LINKSTATE))
		return;

	nhc = res.nhc;
	if (nhc->nhc_dev != dev)
		return;
	if (open)
		nhc->nhc_flags &= ~RTNH_F_LINKDOWN;
	else
		nhc->nhc_flags |= RTNH_F_LINKDOWN;
}

static void carp_gate_routes4(struct net_device *dev, bool open)
{
	u32 local = l3mdev_fib_table_rcu(dev) ? : RT_TABLE_LOCAL;
	u32 main = l3mdev_fib_table_rcu(dev) ? : RT_TABLE_MAIN;
	struct in_device *in_dev = __in_dev_get_rcu(dev);
	const struct in_ifaddr *ifa;

	if (!in_dev)
		return;

	in_dev_for_each_ifa_rcu(ifa, in_dev) {
		carp_gate_route4(dev, local, ifa->ifa_local, open);
		/*
		 * A host may have set ignore_routes_with_linkdown for all its
		 * devices; ours alone would then not be enough to send.
		 */
		if (open && ifa->ifa_prefixlen < 31)
			carp_gate_route4(dev, main,
					 ifa->ifa_address & ifa->ifa_mask, open);
	}
}

static void carp_gate_4(struct net_device *dev, bool open)
{
	struct in_device *in_dev = __in_dev_get_rcu(dev);

	if (!in_dev)
		return;
	if (open) {
		carp_gate_routes4(dev, true);
		IN_DEV_CONF_SET(in_dev, IGNORE_ROUTES_WITH_LINKDOWN, 0);
	} else {
		IN_DEV_CONF_SET(in_dev, IGNORE_ROUTES_WITH_LINKDOWN, 1);
		carp_gate_routes4(dev, false);
	}
}

/*
 * Caller: ifp->lock
 * Return: the address is still being set up, look again
 */
static bool carp_gate_addr6(struct inet6_ifaddr *ifp, bool open)
{
	struct fib6_nh *nh = ifp->rt ? ifp->rt->fib6_nh : NULL;
	bool again = ifp->state == INET6_IFADDR_STATE_PREDAD;

	if (open) {
		ifp->flags &= ~IFA_F_TENTATIVE;
		if (nh)
			nh->fib_nh_flags &= ~RTNH_F_DEAD;
		return again;
	}

	if (nh)
		nh->fib_nh_flags |= RTNH_F_DEAD;
	/*
	 * Duplicate address detection ends at once (NODAD), but in a work item
	 * that is not to be disturbed. After it, an advertisement of the
	 * MASTER must not be able to fail it, which it can in state DAD.
	 */
	if (ifp->state == INET6_IFADDR_STATE_DAD) {
		ifp->state = INET6_IFADDR_STATE_POSTDAD;
		again = true;
	}
	if (ifp->state == INET6_IFADDR_STATE_POSTDAD)
		ifp->flags |= IFA_F_TENTATIVE;
	return again;
}

static bool carp_gate_6(struct net_device *dev, bool open)
{
	struct inet6_dev *idev = __in6_dev_get(dev);
	struct inet6_ifaddr *ifp;
	bool again = false;

	if (!idev)
		return false;

	WRITE_ONCE(idev->cnf.ignore_routes_with_linkdown, !open);
	read_lock_bh(&idev->lock);
	list_for_each_entry(ifp, &idev->addr_list, if_list) {
		spin_lock(&ifp->lock);
		again |= carp_gate_addr6(ifp, open);
		spin_unlock(&ifp->lock);
	}
	read_unlock_bh(&idev->lock);
	return again && dev->flags & IFF_UP;
}

static bool carp_gate_has6(const struct net_device *dev)
{
	const struct inet6_dev *idev = __in6_dev_get(dev);

	return idev && !list_empty(&idev->addr_list);
}

/* routes that sockets and flows have cached are to be looked up again */
static void carp_gate_flush(struct carp *carp)
{
	if (carp_gate_has6(carp->dev))
		rt_genid_bump_all(carp->net);
	else
		rt_genid_bump_ipv4(carp->net);
}

static void carp_gate_later(struct carp *carp)
{
	mod_delayed_work(carp_wq, &carp->gate_work, 1);
}

/**
 * carp_gate_apply - make the addresses local, or not
 * @carp: the device
 * @open: it is MASTER
 *
 * Caller: carp_run(), that is RCU and BH off; any context.
 */
void carp_gate_apply(struct carp *carp, bool open)
{
	carp_gate_4(carp->dev, open);
	if (carp_gate_6(carp->dev, open))
		carp_gate_later(carp);
	carp_gate_flush(carp);
}

/**
 * carp_gate_assert - put the gate where it belongs after others touched it
 * @carp: the device
 *
 * Goes through carp_run(), so as not to cross a takeover on another CPU.
 */
void carp_gate_assert(struct carp *carp)
{
	spin_lock_bh(&carp->lock);
	carp->todo |= CARP_DO_GATE;
	spin_unlock_bh(&carp->lock);
	carp_run(carp);
}

/**
 * carp_gate_unlock4 - let the address code find the addresses local
 * @carp: the device
 *
 * For as long as its notifiers run, until carp_gate_assert().
 * Caller: RTNL.
 */
void carp_gate_unlock4(struct carp *carp)
{
	rcu_read_lock();
	carp_gate_routes4(carp->dev, true);
	rcu_read_unlock();
}

/**
 * carp_gate_new6 - an IPv6 address was added; it has no route yet
 * @carp: the device
 * @ifp: the address
 *
 * No duplicate address detection: it would find the MASTER. May be called from
 * softirq.
 */
void carp_gate_new6(struct carp *carp, struct inet6_ifaddr *ifp)
{
	spin_lock_bh(&ifp->lock);
	ifp->flags |= IFA_F_NODAD;
	/* the parent's own route to the same subnet goes first */
	if (!ifp->rt_priority)
		ifp->rt_priority = CARP_ROUTE_METRIC;
	if (!carp_is_master(carp) && ifp->rt)
		ifp->rt->fib6_nh->fib_nh_flags |= RTNH_F_DEAD;
	spin_unlock_bh(&ifp->lock);
	carp_gate_later(carp);
}

static void carp_gate_work(struct work_struct *work)
{
	struct carp *carp = container_of(to_delayed_work(work), struct carp,
					 gate_work);

	carp_gate_assert(carp);
}

/**
 * carp_gate_link - carrier and transmit queue
 * @carp: the device
 * @up: it is MASTER
 *
 * Caller: carp_run().
 */
void carp_gate_link(struct carp *carp, bool up)
{
	struct netdev_queue *txq = netdev_get_tx_queue(carp->dev, 0);
	struct Qdisc *qdisc;

	if (!up) {
		netif_carrier_off(carp->dev);
		return;
	}

	netif_carrier_on(carp->dev);
	/* what dev_activate() will do: the qdisc is attached, but parked */
	qdisc = rcu_dereference_bh(txq->qdisc_sleeping);
	if (!(qdisc->flags & TCQ_F_BUILTIN))
		clear_bit(__QDISC_STATE_DEACTIVATED, &qdisc->state);
	rcu_assign_pointer(txq->qdisc, qdisc);
}

/**
 * carp_gate_prepare6 - settings of a new inet6_dev
 * @carp: the device
 *
 * Caller: RTNL.
 */
void carp_gate_prepare6(struct carp *carp)
{
	struct inet6_dev *idev = __in6_dev_get(carp->dev);

	if (!idev)
		return;
	/* nothing that a router says may change the address list */
	idev->cnf.accept_ra = 0;
	idev->cnf.autoconf = 0;
	idev->cnf.addr_gen_mode = IN6_ADDR_GEN_MODE_NONE;
	idev->cnf.keep_addr_on_down = 1;
	idev->cnf.ignore_routes_with_linkdown = 1;
}

/**
 * carp_gate_prepare - settings of a new device
 * @carp: the device, just registered
 *
 * Caller: RTNL.
 */
void carp_gate_prepare(struct carp *carp)
{
	struct in_device *in_dev = __in_dev_get_rtnl(carp->dev);

	if (in_dev) {
		/* the route back may well lead over the parent */
		IN_DEV_CONF_SET(in_dev, RP_FILTER, 2);
		/* one address removed must not take others with it */
		IN_DEV_CONF_SET(in_dev, PROMOTE_SECONDARIES, 1);
		IN_DEV_CONF_SET(in_dev, IGNORE_ROUTES_WITH_LINKDOWN, 1);
	}
	carp_gate_prepare6(carp);
	/*
	 * With rp_filter 0 the input path takes any configured address for a
	 * local one and drops what the MASTER sends from it. This is the flag
	 * that the core sets itself when somebody adds a local route.
	 */
	carp->net->ipv4.fib_has_custom_local_routes = true;
}

/**
 * carp_gate_init - before the device is registered
 * @carp: the device
 */
void carp_gate_init(struct carp *carp)
{
	INIT_DELAYED_WORK(&carp->gate_work, carp_gate_work);
}

/**
 * carp_gate_exit - nothing of the gate runs any more
 * @carp: the device
 */
void carp_gate_exit(struct carp *carp)
{
	cancel_delayed_work_sync(&carp->gate_work);
}
