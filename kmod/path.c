// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way from a parent down to the wire: a VLAN, bridge or bond is of use for
 * as long as what it stands on is.
 */
#include "carp.h"

/**
 * carp_path_ready - can a device carry frames?
 * @dev: the device
 * @without: imagine that this one is down; may be NULL
 *
 * Caller: RTNL.
 * Return: it is up, and so is one of the devices right below, if there are any.
 */
bool carp_path_ready(struct net_device *dev, const struct net_device *without)
{
	struct net_device *lower;
	struct list_head *iter;
	bool bottom = true;

	ASSERT_RTNL();
	if (dev == without || !netif_running(dev) || !netif_carrier_ok(dev) ||
	    netif_dormant(dev))
		return false;

	netdev_for_each_lower_dev(dev, lower, iter) {
		if (carp_path_ready(lower, without))
			return true;
		bottom = false;
	}
	return bottom;
}

struct carp_path_walk {
	void (*fn)(struct carp *carp, struct net_device *below);
	struct net_device *below;
};

static int carp_path_visit(struct net_device *upper,
			   struct netdev_nested_priv *priv)
{
	const struct carp_path_walk *walk = priv->data;

	if (carp_is_carp(upper))
		walk->fn(netdev_priv(upper), walk->below);
	return 0;
}

/**
 * carp_path_above - visit the carp devices above a device, at any height
 * @dev: the device
 * @fn: is called with each of them and with @dev; may not sleep
 *
 * Caller: RTNL.
 */
void carp_path_above(struct net_device *dev,
		     void (*fn)(struct carp *carp, struct net_device *below))
{
	struct carp_path_walk walk = { .fn = fn, .below = dev };
	struct netdev_nested_priv priv = { .data = &walk };

	rcu_read_lock();
	netdev_walk_all_upper_dev_rcu(dev, carp_path_visit, &priv);
	rcu_read_unlock();
}
