// SPDX-License-Identifier: GPL-2.0-only
/*
 * The address gate: when the addresses of a carp device are local.
 *
 * A host that is not MASTER keeps its addresses configured, but the routes
 * that make them local are out of use, so that its own and forwarded traffic
 * follows the wire to the MASTER. All that pokes into routes and addresses
 * is in this file. Both directions work from softirq without RTNL:
 *
 *  - IPv4 local routes carry RTNH_F_DEAD on their next hop, which no sysctl
 *    overrules, but not on themselves, so that the core does not sweep them
 *    up. A lookup cannot find them then, so we hold on to them.
 *  - IPv6 local routes carry RTNH_F_DEAD, and the addresses are tentative, so
 *    that they are no candidates for source addresses.
 *  - Connected routes carry RTNH_F_LINKDOWN, as the core has it without
 *    carrier, under RTNL, some time later. All other routes over the device
 *    wait for the core, but the device's ignore_routes_with_linkdown makes
 *    them usable or not at once.
 *
 * The core's address code wants to see local routes when it makes others that
 * name them as preferred source, so its notifiers are enclosed by ours:
 * carp_gate_unlock4() before and carp_gate_follow() after.
 *
 * What one would propose upstream instead: a per-device "addresses are not
 * local" bit that fib_table_lookup() and fib6_table_lookup() heed.
 */
#include <linux/inetdevice.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/ip6_fib.h>
#include <net/ip_fib.h>
#include <net/l3mdev.h>

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

/**
 * struct carp_route4 - an IPv4 route that an address of a device made
 * @list: in carp.routes4; RCU, written under RTNL
 * @fi: the route; we have a reference
 * @nhc: its only next hop
 * @addr: the address
 * @local: it makes the address local; else it leads to the address's subnet
 * @rcu: for freeing
 */
struct carp_route4 {
	struct list_head list;
	struct fib_info *fi;
	struct fib_nh_common *nhc;
	__be32 addr;
	bool local;
	struct rcu_head rcu;
};

static void carp_gate_route4(const struct carp_route4 *route, bool open)
{
	unsigned char flag = route->local ? RTNH_F_DEAD : RTNH_F_LINKDOWN;

	if (open)
		route->nhc->nhc_flags &= ~flag;
	else
		route->nhc->nhc_flags |= flag;
}

/* Caller: RTNL; the last user is the namespace's softirq */
static void carp_gate_let_go4(struct carp_route4 *route)
{
	list_del_rcu(&route->list);
	/* whoever still looks at it finds it freed after a grace period, too */
	fib_info_put(route->fi);
	kfree_rcu(route, rcu);
}

static bool carp_gate_holds4(const struct carp *carp, const struct fib_info *fi)
{
	const struct carp_route4 *route;

	list_for_each_entry(route, &carp->routes4, list)
		if (route->fi == fi)
			return true;
	return false;
}

/* hold on to the route of @addr that leads to @daddr, unless we do already */
static void carp_gate_hold4(struct carp *carp, u32 table, __be32 addr,
			    __be32 daddr, unsigned int len, bool local)
{
	struct flowi4 fl4 = {
		.daddr = daddr,
		.flowi4_oif = carp->dev->ifindex,
	};
	struct fib_info *fi = NULL;
	struct carp_route4 *route;
	struct fib_result res;
	struct fib_table *tb;

	/* that of a VRF is made for its first route */
	tb = carp_gate_table4(carp->net, table);
	rcu_read_lock();
	if (tb && !fib_table_lookup(tb, &fl4, &res,
				    FIB_LOOKUP_NOREF |
				    FIB_LOOKUP_IGNORE_LINKSTATE) &&
	    res.prefixlen == len && !res.fi->nh &&
	    res.nhc->nhc_dev == carp->dev &&
	    res.type == (local ? RTN_LOCAL : RTN_UNICAST) &&
	    !carp_gate_holds4(carp, res.fi)) {
		/* RTNL: it is in the table, so it stays for now */
		fi = res.fi;
		fib_info_hold(fi);
	}
	rcu_read_unlock();
	if (!fi)
		return;

	/* small, and an address that the gate does not know is worse */
	route = kzalloc(sizeof(*route), GFP_KERNEL | __GFP_NOFAIL);
	route->fi = fi;
	route->nhc = res.nhc;
	route->addr = addr;
	route->local = local;
	list_add_tail_rcu(&route->list, &carp->routes4);
}

/* find the routes that the addresses have now, forget those that are gone */
static void carp_gate_collect4(struct carp *carp)
{
	struct in_device *in_dev = __in_dev_get_rtnl(carp->dev);
	struct carp_route4 *route, *next;
	const struct in_ifaddr *ifa;
	u32 local, main;

	list_for_each_entry_safe(route, next, &carp->routes4, list)
		if (route->fi->fib_dead)
			carp_gate_let_go4(route);
	if (!in_dev)
		return;

	local = l3mdev_fib_table(carp->dev) ? : RT_TABLE_LOCAL;
	main = l3mdev_fib_table(carp->dev) ? : RT_TABLE_MAIN;
	in_dev_for_each_ifa_rtnl(ifa, in_dev) {
		carp_gate_hold4(carp, local, ifa->ifa_local, ifa->ifa_local, 32,
				true);
		if (ifa->ifa_prefixlen < 32)
			carp_gate_hold4(carp, main, ifa->ifa_local,
					ifa->ifa_address & ifa->ifa_mask,
					ifa->ifa_prefixlen, false);
	}
}

static void carp_gate_routes4(struct carp *carp, bool open)
{
	const struct carp_route4 *route;

	list_for_each_entry_rcu(route, &carp->routes4, list)
		carp_gate_route4(route, open);
}

static void carp_gate_4(struct carp *carp, bool open)
{
	struct in_device *in_dev = __in_dev_get_rcu(carp->dev);

	if (in_dev) {
		IN_DEV_CONF_SET(in_dev, IGNORE_ROUTES_WITH_LINKDOWN, !open);
		carp_gate_keep4(in_dev);
	}
	carp_gate_routes4(carp, open);
}

/*
 * No duplicate address detection: it would find the MASTER. And no source for
 * what this host begins itself as long as it has another one.
 */
#define CARP_GATE_FLAGS6	(IFA_F_NODAD | IFA_F_DEPRECATED)

/*
 * Caller: ifp->lock
 * Return: the address is still being set up, look again
 */
static bool carp_gate_addr6(struct inet6_ifaddr *ifp, bool open)
{
	struct fib6_nh *nh = ifp->rt ? ifp->rt->fib6_nh : NULL;
	bool again = ifp->state == INET6_IFADDR_STATE_PREDAD;

	/* "ip address change" takes them away */
	ifp->flags |= CARP_GATE_FLAGS6;
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

/* the bit of an address that a node looks at, the highest one is 0 */
static bool carp_gate_bit6(const struct in6_addr *addr, unsigned int bit)
{
	return addr->s6_addr[bit / 8] & 0x80 >> bit % 8;
}

static struct fib6_node *carp_gate_next6(const struct fib6_node *fn,
					 const struct in6_addr *addr)
{
	if (fn->fn_bit >= 128)
		return NULL;
	return carp_gate_bit6(addr, fn->fn_bit) ?
	       rcu_dereference(fn->right) : rcu_dereference(fn->left);
}

static void carp_gate_route6(struct fib6_info *rt, const struct net_device *dev,
			     bool open)
{
	if (rt->nh || rt->fib6_nh->fib_nh_dev != dev ||
	    rt->fib6_flags & (RTF_LOCAL | RTF_ANYCAST))
		return;
	if (open)
		rt->fib6_nh->fib_nh_flags &= ~RTNH_F_LINKDOWN;
	else
		rt->fib6_nh->fib_nh_flags |= RTNH_F_LINKDOWN;
}

/* routes over the device to an address: the connected one is among them */
static void carp_gate_connected6(const struct carp *carp,
				 const struct in6_addr *addr, bool open)
{
	struct fib6_table *table;
	struct fib6_info *rt;
	struct fib6_node *fn;

	table = fib6_get_table(carp->net, l3mdev_fib_table_rcu(carp->dev) ? :
					  RT6_TABLE_MAIN);
	if (!table)
		return;
	for (fn = &table->tb6_root; fn; fn = carp_gate_next6(fn, addr))
		for (rt = rcu_dereference(fn->leaf); rt;
		     rt = rcu_dereference(rt->fib6_next))
			carp_gate_route6(rt, carp->dev, open);
}

static bool carp_gate_6(const struct carp *carp, bool open)
{
	struct inet6_dev *idev = __in6_dev_get(carp->dev);
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
	list_for_each_entry_rcu(ifp, &idev->addr_list, if_list)
		carp_gate_connected6(carp, &ifp->addr, open);
	return again && carp->dev->flags & IFF_UP;
}

/* a new number for every node on the way to an address */
static void carp_gate_path6(struct fib6_node *fn, const struct in6_addr *addr,
			    int sernum)
{
	for (; fn; fn = carp_gate_next6(fn, addr))
		WRITE_ONCE(fn->fn_sernum, sernum);
}

static int carp_gate_sernum6(struct net *net)
{
	int old = atomic_read(&net->ipv6.fib6_sernum);
	int new;

	do {
		new = old < INT_MAX ? old + 1 : 1;
	} while (!atomic_try_cmpxchg(&net->ipv6.fib6_sernum, &old, new));
	return new;
}

static void carp_gate_table6(struct fib6_table *table, struct inet6_dev *idev,
			     int sernum)
{
	const struct inet6_ifaddr *ifp;

	list_for_each_entry_rcu(ifp, &idev->addr_list, if_list)
		carp_gate_path6(&table->tb6_root, &ifp->addr, sernum);
}

/*
 * Routes to the addresses that sockets and flows have cached are to be looked
 * up again. The core does this for all routes there are, node by node, which
 * takes long where there are many. Those to our addresses come from nodes on
 * the way to them. We do not lock the tables: numbers only ever have to
 * change, so it does not matter who is the last to write one.
 */
static void carp_gate_flush6(struct carp *carp, struct inet6_dev *idev)
{
	struct net *net = carp->net;
	struct fib6_table *table;
	unsigned int i;
	int sernum;

	if (fib6_routes_require_src(net)) {
		/* trees within trees */
		rt_genid_bump_ipv6(net);
		return;
	}

	sernum = carp_gate_sernum6(net);
	/* who sees the new number finds the gate where it is now */
	smp_wmb();
	if (!net->ipv6.fib6_has_custom_rules) {
		carp_gate_table6(net->ipv6.fib6_local_tbl, idev, sernum);
		carp_gate_table6(net->ipv6.fib6_main_tbl, idev, sernum);
		return;
	}
	for (i = 0; i < FIB6_TABLE_HASHSZ; i++)
		hlist_for_each_entry_rcu(table, &net->ipv6.fib_table_hash[i],
					 tb6_hlist)
			carp_gate_table6(table, idev, sernum);
}

static void carp_gate_flush(struct carp *carp)
{
	struct inet6_dev *idev = __in6_dev_get(carp->dev);

	rt_genid_bump_ipv4(carp->net);
	if (idev && !list_empty(&idev->addr_list))
		carp_gate_flush6(carp, idev);
}

static void carp_gate_later(struct carp *carp)
{
	mod_delayed_work(carp_wq, &carp->gate_work, 1);
}

/*
 * With rp_filter 0 the input path takes any configured address for a local one
 * and drops what the MASTER sends from it, unless the namespace has the flag
 * that the core sets itself when somebody adds a local route. It makes the core
 * look every source up, which costs more than anything else here: so it stands
 * while an address is configured that is not local, and no longer.
 */
static void carp_gate_sources(struct carp *carp, bool closed)
{
	struct carp_net *cn = carp_net(carp->net);
	bool *flag = &carp->net->ipv4.fib_has_custom_local_routes;

	spin_lock_bh(&cn->lock);
	if (carp->gate_closed != closed) {
		carp->gate_closed = closed;
		if (!cn->gates_closed)
			cn->local_routes = READ_ONCE(*flag);
		cn->gates_closed += closed ? 1 : -1;
		WRITE_ONCE(*flag, cn->gates_closed || cn->local_routes);
	}
	spin_unlock_bh(&cn->lock);
}

static bool carp_gate_has4(const struct net_device *dev)
{
	const struct in_device *in_dev = __in_dev_get_rcu(dev);

	return in_dev && rcu_access_pointer(in_dev->ifa_list);
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
	bool later;

	carp_gate_sources(carp, !open && carp_gate_has4(carp->dev));
	carp_gate_4(carp, open);
	later = carp_gate_6(carp, open);
	carp_gate_flush(carp);
	if (later || (READ_ONCE(carp->retired) && !carp_output_ready(carp->net)))
		carp_gate_later(carp);
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
 * carp_gate_follow - after addresses or the device changed
 * @carp: the device
 *
 * Caller: RTNL.
 */
void carp_gate_follow(struct carp *carp)
{
	carp_gate_collect4(carp);
	carp_gate_assert(carp);
}

/**
 * carp_gate_unlock4 - let the address code find addresses local
 * @carp: the device
 * @addr: which, 0: all
 *
 * For as long as its notifiers run, until carp_gate_follow().
 * Caller: RTNL.
 */
void carp_gate_unlock4(struct carp *carp, __be32 addr)
{
	const struct carp_route4 *route;

	list_for_each_entry(route, &carp->routes4, list)
		if (route->local && (!addr || route->addr == addr))
			carp_gate_route4(route, true);
}

/**
 * carp_gate_watch - has somebody turned our settings?
 * @carp: the device
 *
 * Tools that write a value for every device there is do not spare ours. What
 * makes an address local does not depend on any; these are for the rest.
 * Caller: any context.
 */
void carp_gate_watch(struct carp *carp)
{
	const struct inet6_dev *idev;
	struct in_device *in_dev;
	bool master, turned = false;

	rcu_read_lock();
	master = carp_is_master(carp);
	in_dev = __in_dev_get_rcu(carp->dev);
	idev = __in6_dev_get(carp->dev);
	if (in_dev)
		turned = IN_DEV_RPFILTER(in_dev) == 1 ||
			 !IN_DEV_CONF_GET(in_dev,
					  IGNORE_ROUTES_WITH_LINKDOWN) !=
			 master;
	if (idev)
		turned |= !READ_ONCE(idev->cnf.ignore_routes_with_linkdown) !=
			  master;
	rcu_read_unlock();
	if (turned)
		carp_gate_assert(carp);
}

/**
 * carp_gate_new6 - an IPv6 address was added; it has no route yet
 * @carp: the device
 * @ifp: the address
 *
 * May be called from softirq.
 */
void carp_gate_new6(struct carp *carp, struct inet6_ifaddr *ifp)
{
	spin_lock_bh(&ifp->lock);
	ifp->flags |= CARP_GATE_FLAGS6;
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

	if (READ_ONCE(carp->retired))
		carp_output_retired(carp->net);
	carp_gate_assert(carp);
}

/**
 * carp_gate_keep6 - settings that keep the list of addresses what it is
 * @carp: the device
 *
 * Caller: RTNL.
 */
void carp_gate_keep6(struct carp *carp)
{
	struct inet6_dev *idev = __in6_dev_get(carp->dev);

	if (!idev)
		return;
	/* nothing that a router says may change it, nor what the kernel adds */
	WRITE_ONCE(idev->cnf.accept_ra, 0);
	WRITE_ONCE(idev->cnf.autoconf, 0);
	WRITE_ONCE(idev->cnf.addr_gen_mode, IN6_ADDR_GEN_MODE_NONE);
	/* nor setting the device down */
	WRITE_ONCE(idev->cnf.keep_addr_on_down, 1);
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
	struct inet6_dev *idev = __in6_dev_get(carp->dev);

	if (in_dev) {
		carp_gate_keep4(in_dev);
		/* one address removed must not take others with it */
		IN_DEV_CONF_SET(in_dev, PROMOTE_SECONDARIES, 1);
		IN_DEV_CONF_SET(in_dev, IGNORE_ROUTES_WITH_LINKDOWN, 1);
	}
	if (idev)
		WRITE_ONCE(idev->cnf.ignore_routes_with_linkdown, 1);
	carp_gate_keep6(carp);
}

/**
 * carp_gate_init - before the device is registered
 * @carp: the device
 */
void carp_gate_init(struct carp *carp)
{
	INIT_LIST_HEAD(&carp->routes4);
	INIT_DELAYED_WORK(&carp->gate_work, carp_gate_work);
}

/**
 * carp_gate_exit - nothing of the gate runs any more
 * @carp: the device
 *
 * Caller: RTNL.
 */
void carp_gate_exit(struct carp *carp)
{
	struct carp_route4 *route, *next;

	cancel_delayed_work_sync(&carp->gate_work);
	list_for_each_entry_safe(route, next, &carp->routes4, list)
		carp_gate_let_go4(route);
	carp_gate_sources(carp, false);
}
