// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to devices: ours and their parents.
 *
 * Two notifiers enclose those of IPv4 and IPv6: the first opens what the
 * address code wants to find open, the last puts the gate back.
 */
#include <linux/ipv6.h>

#include "carp.h"

static void carp_event_parent_gone(struct carp_port *port)
{
	struct carp *carp;
	LIST_HEAD(kill);

	carp_for_each_member(carp, port)
		carp_link_ops.dellink(carp->dev, &kill);
	unregister_netdevice_many(&kill);
}

static void carp_event_parent(struct net_device *dev, unsigned long event)
{
	struct carp_port *port = carp_port_find(dev_net(dev), dev);
	struct carp *carp;

	if (!port)
		return;

	switch (event) {
	case NETDEV_UNREGISTER:
		carp_event_parent_gone(port);
		break;
	case NETDEV_CHANGEMTU:
		carp_for_each_member(carp, port) {
			dev_set_mtu(carp->dev, dev->mtu);
			/* the parent may have got a new inet6_dev */
			carp_group_sync(carp);
		}
		break;
	case NETDEV_FEAT_CHANGE:
		carp_for_each_member(carp, port)
			carp_link_follow(carp, dev);
		break;
	}
}

/* The last chance to say goodbye, unless there is another way to the wire. */
static void carp_event_leaving(struct carp *carp, struct net_device *below)
{
	const struct carp_port *port = rtnl_dereference(carp->port);

	if (port && !carp_path_ready(port->dev, below))
		carp_state_parent_leaving(carp);
}

static void carp_event_changed(struct carp *carp, struct net_device *below)
{
	struct carp_port *port = rtnl_dereference(carp->port);

	/* since when the parent is ready is of use to devices that are down, too */
	if (port)
		carp_port_ready(port);
	carp_state_check(carp);
}

static void carp_event_notify_peers(struct carp *carp, struct net_device *below)
{
	carp_state_reannounce(carp);
}

/*
 * With too small an MTU a device has no IPv6. When it has again, the core makes
 * a new inet6_dev, with default settings, and addresses to go with them, unless
 * it is kept from that until the settings are made.
 */
static void carp_event_mtu(struct carp *carp,
			   const struct netdev_notifier_info_ext *info)
{
	if (info->ext.mtu < IPV6_MIN_MTU && carp->dev->mtu >= IPV6_MIN_MTU) {
		carp_gate_keep6(carp);
		carp_gate_follow(carp);
	}
	carp_dev_set_addrconf(carp->dev, true);
}

static int carp_event_first(struct notifier_block *nb, unsigned long event,
			    void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);

	struct carp *carp = netdev_priv(dev);

	if (!carp_is_carp(dev))
		return NOTIFY_DONE;
	if (event == NETDEV_UP)
		carp_gate_unlock4(carp, 0);
	if (event == NETDEV_CHANGEMTU)
		carp_dev_set_addrconf(dev, false);
	carp_gate_keep6(carp);
	carp->ll_keep = event == NETDEV_DOWN;
	return NOTIFY_DONE;
}

static int carp_event_last(struct notifier_block *nb, unsigned long event,
			   void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct carp *carp = netdev_priv(dev);

	switch (event) {
	case NETDEV_REGISTER:
		if (carp_is_carp(dev))
			carp_gate_prepare(carp);
		break;
	case NETDEV_UP:
		if (carp_is_carp(dev)) {
			carp_addr_restore(carp);
			carp_gate_follow(carp);
			carp_state_check(carp);
		}
		carp_path_above(dev, carp_event_changed);
		break;
	case NETDEV_CHANGE:
		if (carp_is_carp(dev)) {
			carp_gate_follow(carp);
			/* it may have come into another interface group */
			carp_state_demoted(carp, false);
		}
		carp_path_above(dev, carp_event_changed);
		break;
	case NETDEV_PRECHANGEUPPER:
		return carp_link_upper(dev, ptr);
	case NETDEV_GOING_DOWN:
		carp_path_above(dev, carp_event_leaving);
		break;
	case NETDEV_DOWN:
		carp_path_above(dev, carp_event_changed);
		break;
	case NETDEV_NOTIFY_PEERS:
		carp_path_above(dev, carp_event_notify_peers);
		break;
	case NETDEV_UNREGISTER:
	case NETDEV_FEAT_CHANGE:
		carp_event_parent(dev, event);
		break;
	case NETDEV_CHANGEMTU:
		if (carp_is_carp(dev))
			carp_event_mtu(carp, ptr);
		carp_event_parent(dev, event);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block carp_event_first_nb = {
	.notifier_call = carp_event_first,
	.priority = INT_MAX,
};

static struct notifier_block carp_event_last_nb = {
	.notifier_call = carp_event_last,
	.priority = -100,
};

/**
 * carp_event_register - start to follow devices
 *
 * Return: 0 or a negative errno.
 */
int carp_event_register(void)
{
	int err;

	err = register_netdevice_notifier(&carp_event_first_nb);
	if (err)
		return err;

	err = register_netdevice_notifier(&carp_event_last_nb);
	if (err)
		unregister_netdevice_notifier(&carp_event_first_nb);
	return err;
}

/**
 * carp_event_unregister - stop to follow devices
 */
void carp_event_unregister(void)
{
	unregister_netdevice_notifier(&carp_event_last_nb);
	unregister_netdevice_notifier(&carp_event_first_nb);
}
