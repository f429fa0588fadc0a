// SPDX-License-Identifier: GPL-2.0-only
/*
 * IPv6 groups that a parent joins for its carp devices.
 *
 * A switch that listens to MLD sends multicast only where somebody reported
 * membership: adverts to ff02::12 would never reach a BACKUP, and neighbour
 * solicitations never a MASTER. The carp device cannot report, since it is
 * silent unless MASTER, and its groups must be in place before a takeover. So
 * its parent joins, in every state, with its own MAC.
 *
 * IPv4 needs nothing of the kind: 224.0.0.0/24 is never filtered, and ARP is
 * broadcast.
 *
 * Memberships end with the parent's inet6_dev, which the core takes down when
 * the MTU gets too small for IPv6, and makes a new one later.
 */
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/if_inet6.h>

#include "carp.h"

/**
 * struct carp_group - a group that the parent joined for a device
 * @list: in carp.groups
 * @idev: under which it did; we hold a reference, so it is not another one at
 *	the same place
 * @addr: the group
 * @wanted: mark of carp_group_sync()
 */
struct carp_group {
	struct list_head list;
	struct inet6_dev *idev;
	struct in6_addr addr;
	bool wanted;
};

static void carp_group_want(struct carp *carp, struct inet6_dev *idev,
			    const struct in6_addr *addr)
{
	struct carp_group *group;

	list_for_each_entry(group, &carp->groups, list) {
		if (group->idev == idev &&
		    ipv6_addr_equal(&group->addr, addr)) {
			group->wanted = true;
			return;
		}
	}

	group = kzalloc(sizeof(*group), GFP_KERNEL);
	if (!group || ipv6_dev_mc_inc(idev->dev, addr)) {
		netdev_warn(carp->dev, "parent %s: cannot join %pI6c\n",
			    idev->dev->name, addr);
		kfree(group);
		return;
	}
	in6_dev_hold(idev);
	group->idev = idev;
	group->addr = *addr;
	group->wanted = true;
	list_add_tail(&group->list, &carp->groups);
}

static void carp_group_leave(struct carp *carp, struct carp_group *group)
{
	struct net_device *parent = group->idev->dev;

	/* a dead one has left all its groups */
	if (group->idev == __in6_dev_get(parent))
		ipv6_dev_mc_dec(parent, &group->addr);
	in6_dev_put(group->idev);
	list_del(&group->list);
	kfree(group);
}

static void carp_group_want_all(struct carp *carp, struct inet6_dev *idev)
{
	struct inet6_dev *own = __in6_dev_get(carp->dev);
	struct in6_addr addr, group;
	unsigned int pos;

	if (!own)
		return;
	/* by position, since a group is not joined under idev->lock */
	for (pos = 0; carp_addr_at6(own, pos, &addr); pos++) {
		if (!pos) {
			memcpy(&group, carp_mcast6_addr, sizeof(group));
			carp_group_want(carp, idev, &group);
		}
		addrconf_addr_solict_mult(&addr, &group);
		carp_group_want(carp, idev, &group);
	}
}

/**
 * carp_group_sync - have the parent join and leave what has changed
 * @carp: the device
 *
 * While the device is up; before and after there is nothing to hear.
 * Caller: RTNL.
 */
void carp_group_sync(struct carp *carp)
{
	struct carp_port *port = rtnl_dereference(carp->port);
	struct carp_group *group, *next;
	struct inet6_dev *idev;

	list_for_each_entry(group, &carp->groups, list)
		group->wanted = false;

	idev = port && carp->filters ? __in6_dev_get(port->dev) : NULL;
	if (idev)
		carp_group_want_all(carp, idev);

	list_for_each_entry_safe(group, next, &carp->groups, list)
		if (!group->wanted)
			carp_group_leave(carp, group);
}

static void carp_group_work(struct work_struct *work)
{
	struct carp *carp = container_of(work, struct carp, group_work);

	rtnl_lock();
	carp_group_sync(carp);
	rtnl_unlock();
	/* the device cannot be freed before; carp is gone after this */
	dev_put(carp->dev);
}

/**
 * carp_group_later - carp_group_sync() from any context
 * @carp: the device
 */
void carp_group_later(struct carp *carp)
{
	dev_hold(carp->dev);
	if (!queue_work(carp_wq, &carp->group_work))
		dev_put(carp->dev);
}

/**
 * carp_group_init - before the device is registered
 * @carp: the device
 */
void carp_group_init(struct carp *carp)
{
	INIT_LIST_HEAD(&carp->groups);
	INIT_WORK(&carp->group_work, carp_group_work);
}
