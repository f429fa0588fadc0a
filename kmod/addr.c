// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtual addresses: following what the administrator does to them.
 */
#include <linux/inetdevice.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/ip_fib.h>

#include "carp.h"

/**
 * struct carp_ll - a link-local address that survives down and up
 * @list: in carp.ll_saved
 * @addr: the address
 *
 * The kernel keeps other IPv6 addresses (keep_addr_on_down), never these.
 */
struct carp_ll {
	struct list_head list;
	struct in6_addr addr;
};

static struct carp_ll *carp_ll_find(struct carp *carp,
				    const struct in6_addr *addr)
{
	struct carp_ll *ll;

	list_for_each_entry(ll, &carp->ll_saved, list)
		if (ipv6_addr_equal(&ll->addr, addr))
			return ll;
	return NULL;
}

static void carp_ll_note(struct carp *carp, const struct inet6_ifaddr *ifp,
			 bool added)
{
	struct carp_ll *ll;

	if (!(ipv6_addr_type(&ifp->addr) & IPV6_ADDR_LINKLOCAL) ||
	    !(ifp->flags & IFA_F_PERMANENT))
		return;

	ll = carp_ll_find(carp, &ifp->addr);
	if (added && !ll) {
		ll = kmalloc(sizeof(*ll), GFP_ATOMIC);
		if (!ll)
			return;
		ll->addr = ifp->addr;
		list_add_tail(&ll->list, &carp->ll_saved);
	} else if (!added && ll && !carp->ll_keep) {
		/* by hand, not because the device goes down */
		list_del(&ll->list);
		kfree(ll);
	}
}

/**
 * carp_addr_restore - the device was set up: have all its addresses back
 * @carp: the device
 *
 * Caller: RTNL.
 */
void carp_addr_restore(struct carp *carp)
{
	struct inet6_dev *idev = __in6_dev_get(carp->dev);
	struct carp_ll *ll;

	if (idev)
		list_for_each_entry(ll, &carp->ll_saved, list)
			if (!ipv6_chk_addr_and_flags(carp->net, &ll->addr,
						     carp->dev, false, 1, 0))
				addrconf_add_linklocal(idev, &ll->addr,
						       IFA_F_NODAD);
	carp_auth_rebuild(carp);
}

/**
 * carp_addr_free - when the device is freed
 * @carp: the device
 */
void carp_addr_free(struct carp *carp)
{
	struct carp_ll *ll, *next;

	list_for_each_entry_safe(ll, next, &carp->ll_saved, list) {
		list_del(&ll->list);
		kfree(ll);
	}
}

static struct net_device *carp_addr_parent(struct carp *carp)
{
	struct carp_port *port = rtnl_dereference(carp->port);

	return port ? port->dev : NULL;
}

/* could the first address lead user space to a parent? */
static bool carp_addr_subnet4(struct carp *carp, __be32 addr)
{
	const struct in_ifaddr *ifa;
	struct in_device *in_dev;
	struct net_device *dev;

	for_each_netdev(carp->net, dev) {
		in_dev = __in_dev_get_rtnl(dev);
		if (!in_dev || carp_port_check(carp->net, dev, NULL))
			continue;
		in_dev_for_each_ifa_rtnl(ifa, in_dev)
			if (inet_ifa_match(addr, ifa))
				return true;
	}
	return false;
}

static bool carp_addr_subnet6(struct carp *carp, const struct in6_addr *addr)
{
	const struct inet6_ifaddr *ifp;
	struct inet6_dev *idev;
	struct net_device *dev;
	bool found = false;

	for_each_netdev(carp->net, dev) {
		idev = __in6_dev_get(dev);
		if (!idev || carp_port_check(carp->net, dev, NULL))
			continue;
		read_lock_bh(&idev->lock);
		list_for_each_entry(ifp, &idev->addr_list, if_list)
			found |= ipv6_prefix_equal(&ifp->addr, addr,
						   ifp->prefix_len);
		read_unlock_bh(&idev->lock);
	}
	return found;
}

static bool carp_addr_on4(struct net_device *dev, __be32 addr)
{
	struct in_device *in_dev = __in_dev_get_rtnl(dev);
	const struct in_ifaddr *ifa;

	if (in_dev)
		in_dev_for_each_ifa_rtnl(ifa, in_dev)
			if (ifa->ifa_local == addr)
				return true;
	return false;
}

static bool carp_addr_on6(struct net_device *dev, const struct in6_addr *addr)
{
	return ipv6_chk_addr_and_flags(dev_net(dev), addr, dev, false, 1, 0);
}

static int carp_addr_taken4(__be32 addr, const struct net_device *parent,
			    struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG_FMT_MOD(extack, "address %pI4: already on parent %s",
			       &addr, parent->name);
	return -EADDRINUSE;
}

static int carp_addr_taken6(const struct in6_addr *addr,
			    const struct net_device *parent,
			    struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG_FMT_MOD(extack, "address %pI6c: already on parent %s",
			       addr, parent->name);
	return -EADDRINUSE;
}

/**
 * carp_addr_at6 - walk the IPv6 addresses of a device without holding its lock
 * @idev: of the device
 * @pos: the how manieth, from 0
 * @addr: is set to it
 *
 * Return: false if there are no more than @pos.
 */
bool carp_addr_at6(struct inet6_dev *idev, unsigned int pos,
		   struct in6_addr *addr)
{
	const struct inet6_ifaddr *ifp;
	bool found = false;

	read_lock_bh(&idev->lock);
	list_for_each_entry(ifp, &idev->addr_list, if_list) {
		if (pos--)
			continue;
		*addr = ifp->addr;
		found = true;
		break;
	}
	read_unlock_bh(&idev->lock);
	return found;
}

/**
 * carp_addr_on_parent - does a parent have an address of a device?
 * @carp: the device
 * @parent: the parent-to-be
 * @extack: says which
 *
 * Caller: RTNL.
 * Return: 0 or -EADDRINUSE.
 */
int carp_addr_on_parent(struct carp *carp, struct net_device *parent,
			struct netlink_ext_ack *extack)
{
	struct in_device *in_dev = __in_dev_get_rtnl(carp->dev);
	struct inet6_dev *idev = __in6_dev_get(carp->dev);
	const struct inet6_ifaddr *ifp;
	const struct in_ifaddr *ifa;
	int err = 0;

	if (in_dev)
		in_dev_for_each_ifa_rtnl(ifa, in_dev)
			if (carp_addr_on4(parent, ifa->ifa_local))
				return carp_addr_taken4(ifa->ifa_local, parent,
							extack);
	if (!idev)
		return 0;
	read_lock_bh(&idev->lock);
	list_for_each_entry(ifp, &idev->addr_list, if_list)
		if (carp_addr_on6(parent, &ifp->addr)) {
			err = carp_addr_taken6(&ifp->addr, parent, extack);
			break;
		}
	read_unlock_bh(&idev->lock);
	return err;
}

static int carp_addr_validate4(struct notifier_block *nb, unsigned long event,
			       void *ptr)
{
	struct in_validator_info *info = ptr;
	struct net_device *dev = info->ivi_dev->dev;
	struct net_device *parent;
	struct carp *carp;

	if (!carp_is_carp(dev))
		return NOTIFY_DONE;

	carp = netdev_priv(dev);
	parent = carp_addr_parent(carp);
	if (!parent && !carp_addr_subnet4(carp, info->ivi_addr)) {
		NL_SET_ERR_MSG_FMT_MOD(info->extack,
				       "address %pI4: no parent, and in no interface's subnet",
				       &info->ivi_addr);
		return notifier_from_errno(-EADDRNOTAVAIL);
	}
	if (carp_peer_listed(carp, AF_INET, &info->ivi_addr)) {
		NL_SET_ERR_MSG_FMT_MOD(info->extack, "address %pI4: a peer",
				       &info->ivi_addr);
		return notifier_from_errno(-EADDRINUSE);
	}
	if (parent && carp_addr_on4(parent, info->ivi_addr))
		return notifier_from_errno(carp_addr_taken4(info->ivi_addr,
							    parent,
							    info->extack));
	return NOTIFY_DONE;
}

/*
 * Somebody had link-local addresses generated on all devices. The one that
 * comes from the virtual MAC is no address of this host.
 */
static bool carp_addr_generated(struct carp *carp, const struct in6_addr *addr)
{
	struct in6_addr own;

	if (!(ipv6_addr_type(addr) & IPV6_ADDR_LINKLOCAL) ||
	    carp_ll_find(carp, addr))
		return false;
	ipv6_addr_set(&own, htonl(0xfe800000), 0, 0, 0);
	addrconf_addr_eui48(own.s6_addr + 8, carp->dev->dev_addr);
	return ipv6_addr_equal(addr, &own);
}

static int carp_addr_validate6(struct notifier_block *nb, unsigned long event,
			       void *ptr)
{
	struct in6_validator_info *info = ptr;
	struct net_device *dev = info->i6vi_dev->dev;
	struct net_device *parent;
	struct carp *carp;

	if (!carp_is_carp(dev))
		return NOTIFY_DONE;

	carp = netdev_priv(dev);
	if (!info->extack && carp_addr_generated(carp, &info->i6vi_addr))
		return notifier_from_errno(-EADDRNOTAVAIL);
	parent = carp_addr_parent(carp);
	if (!parent && !carp_addr_subnet6(carp, &info->i6vi_addr)) {
		NL_SET_ERR_MSG_FMT_MOD(info->extack,
				       "address %pI6c: no parent, and in no interface's subnet",
				       &info->i6vi_addr);
		return notifier_from_errno(-EADDRNOTAVAIL);
	}
	if (carp_peer_listed(carp, AF_INET6, &info->i6vi_addr)) {
		NL_SET_ERR_MSG_FMT_MOD(info->extack, "address %pI6c: a peer",
				       &info->i6vi_addr);
		return notifier_from_errno(-EADDRINUSE);
	}
	if (parent && carp_addr_on6(parent, &info->i6vi_addr))
		return notifier_from_errno(carp_addr_taken6(&info->i6vi_addr,
							    parent,
							    info->extack));
	return NOTIFY_DONE;
}

/*
 * Before IPv4 makes or removes the routes of an address. Other devices may have
 * it too (arpbalance): what the core takes for an address that is local nowhere
 * any more it takes out of use everywhere.
 */
static int carp_addr_first4(struct notifier_block *nb, unsigned long event,
			    void *ptr)
{
	struct in_ifaddr *ifa = ptr;
	struct net_device *dev = ifa->ifa_dev->dev;
	struct carp *carp;

	if (!carp_is_carp(dev))
		return NOTIFY_DONE;

	carp = netdev_priv(dev);
	if (event == NETDEV_UP) {
		/* the parent's own route to the same subnet goes first */
		if (!ifa->ifa_rt_priority)
			ifa->ifa_rt_priority = CARP_ROUTE_METRIC;
		/*
		 * No virtual address depends on another: when the first of a
		 * subnet goes, the core gives new routes to the rest after all
		 * notifiers, and where the gate is closed it can not.
		 */
		ifa->ifa_flags &= ~IFA_F_SECONDARY;
	}
	/* a secondary's routes name the first one of its subnet */
	carp_gate_unlock4(carp, 0);
	list_for_each_entry(carp, &carp_net(carp->net)->devices, list)
		carp_gate_unlock4(carp, ifa->ifa_local);
	return NOTIFY_DONE;
}

/* after it */
static int carp_addr_last4(struct notifier_block *nb, unsigned long event,
			   void *ptr)
{
	struct in_ifaddr *ifa = ptr;
	struct net_device *dev = ifa->ifa_dev->dev;
	struct carp *carp;

	if (!carp_is_carp(dev))
		return NOTIFY_DONE;

	carp = netdev_priv(dev);
	list_for_each_entry(carp, &carp_net(carp->net)->devices, list)
		if (carp->dev == dev || carp_addr_on4(carp->dev, ifa->ifa_local))
			carp_gate_follow(carp);
	carp = netdev_priv(dev);
	carp_auth_rebuild(carp);
	if (event == NETDEV_UP)
		carp_state_reannounce(carp);
	return NOTIFY_DONE;
}

static int carp_addr_event6(struct notifier_block *nb, unsigned long event,
			    void *ptr)
{
	struct inet6_ifaddr *ifp = ptr;
	struct net_device *dev = ifp->idev->dev;
	struct carp *carp;

	if (!carp_is_carp(dev))
		return NOTIFY_DONE;

	carp = netdev_priv(dev);
	if (event == NETDEV_UP)
		carp_gate_new6(carp, ifp);
	carp_group_later(carp);
	if (in_serving_softirq()) {
		/* an address that came with a packet: none that counts */
		return NOTIFY_DONE;
	}
	carp_ll_note(carp, ifp, event == NETDEV_UP);
	if (!(dev->flags & IFF_UP))
		return NOTIFY_DONE;
	carp_auth_rebuild(carp);
	if (event == NETDEV_UP)
		carp_state_reannounce(carp);
	return NOTIFY_DONE;
}

static struct notifier_block carp_addr_validate4_nb = {
	.notifier_call = carp_addr_validate4,
};

static struct notifier_block carp_addr_validate6_nb = {
	.notifier_call = carp_addr_validate6,
};

static struct notifier_block carp_addr_first4_nb = {
	.notifier_call = carp_addr_first4,
	.priority = INT_MAX,
};

static struct notifier_block carp_addr_last4_nb = {
	.notifier_call = carp_addr_last4,
	.priority = -100,
};

static struct notifier_block carp_addr_event6_nb = {
	.notifier_call = carp_addr_event6,
};

/**
 * carp_addr_register - start to follow addresses
 *
 * Return: 0 or a negative errno.
 */
int carp_addr_register(void)
{
	int err;

	err = register_inetaddr_validator_notifier(&carp_addr_validate4_nb);
	if (err)
		return err;
	err = register_inet6addr_validator_notifier(&carp_addr_validate6_nb);
	if (err)
		goto err_validate4;
	err = register_inetaddr_notifier(&carp_addr_first4_nb);
	if (err)
		goto err_validate6;
	err = register_inetaddr_notifier(&carp_addr_last4_nb);
	if (err)
		goto err_first4;
	err = register_inet6addr_notifier(&carp_addr_event6_nb);
	if (err)
		goto err_last4;
	return 0;

err_last4:
	unregister_inetaddr_notifier(&carp_addr_last4_nb);
err_first4:
	unregister_inetaddr_notifier(&carp_addr_first4_nb);
err_validate6:
	unregister_inet6addr_validator_notifier(&carp_addr_validate6_nb);
err_validate4:
	unregister_inetaddr_validator_notifier(&carp_addr_validate4_nb);
	return err;
}

/**
 * carp_addr_unregister - stop to follow addresses
 */
void carp_addr_unregister(void)
{
	unregister_inet6addr_notifier(&carp_addr_event6_nb);
	unregister_inetaddr_notifier(&carp_addr_last4_nb);
	unregister_inetaddr_notifier(&carp_addr_first4_nb);
	unregister_inet6addr_validator_notifier(&carp_addr_validate6_nb);
	unregister_inetaddr_validator_notifier(&carp_addr_validate4_nb);
}
