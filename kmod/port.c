// SPDX-License-Identifier: GPL-2.0-only
/*
 * A port: a parent device and the vhids on it.
 */
#include <linux/if_arp.h>
#include <linux/if_macvlan.h>
#include <linux/if_vlan.h>
#include <linux/inetdevice.h>
#include <linux/netfilter_netdev.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/addrconf.h>

#include "carp.h"

static int carp_port_one_is_carp(struct net_device *lower,
				 struct netdev_nested_priv *priv)
{
	return carp_is_carp(lower);
}

/*
 * An election over an elected device has no use, and each level of it would
 * make the path of a received frame deeper; see carp_rx_deliver().
 */
static bool carp_port_on_carp(struct net_device *parent)
{
	struct netdev_nested_priv priv = {};

	return netdev_walk_all_lower_dev(parent, carp_port_one_is_carp, &priv);
}

/**
 * carp_port_may_go_under - may a parent have this master?
 * @master: the master, may be NULL
 *
 * A VRF only says which routes apply. All others (bridge, bond, team, Open
 * vSwitch, HSR) take the frames for themselves, so that the parent would be no
 * host on its wire any more.
 *
 * Return: yes or no.
 */
bool carp_port_may_go_under(const struct net_device *master)
{
	return !master || netif_is_l3_master(master);
}

/* macvlan and ipvlan deliver by address, and know nothing of the virtual MAC */
static bool carp_port_hides_macs(const struct net_device *parent)
{
	const struct macvlan_dev *macvlan = netdev_priv(parent);

	if (netif_is_macvlan(parent))
		return macvlan->mode != MACVLAN_MODE_PASSTHRU;
	return parent->rtnl_link_ops &&
	       (!strcmp(parent->rtnl_link_ops->kind, "ipvlan") ||
		!strcmp(parent->rtnl_link_ops->kind, "ipvtap"));
}

/**
 * carp_port_check - can this device be a parent?
 * @net: namespace of the carp device
 * @parent: the device
 * @extack: says why not
 *
 * Return: 0 or -EINVAL.
 */
int carp_port_check(const struct net *net, struct net_device *parent,
		    struct netlink_ext_ack *extack)
{
	const char *why = NULL;

	if (!net_eq(dev_net(parent), net))
		why = "in another namespace";
	else if (parent->flags & IFF_LOOPBACK)
		why = "a loopback device";
	else if (carp_is_carp(parent))
		why = "itself a carp device";
	else if (carp_port_on_carp(parent))
		why = "on top of a carp device";
	else if (parent->type != ARPHRD_ETHER ||
		 parent->flags & (IFF_NOARP | IFF_POINTOPOINT))
		why = "not an Ethernet device";
	else if (!(parent->flags & IFF_MULTICAST))
		why = "not capable of multicast";
	else if (netif_is_bridge_port(parent))
		why = "a port of a bridge; use the bridge";
	else if (netif_is_bond_slave(parent) || netif_is_team_port(parent))
		why = "part of a bond or team; use that";
	else if (!carp_port_may_go_under(netdev_master_upper_dev_get(parent)))
		why = "under a master that takes its frames; use that";
	else if (carp_port_hides_macs(parent))
		why = "receives its own MAC only; use the device below";

	if (!why)
		return 0;
	NL_SET_ERR_MSG_FMT_MOD(extack, "parent %s: %s", parent->name, why);
	return -EINVAL;
}

/**
 * carp_port_find - the port of a parent
 * @net: namespace
 * @dev: the parent
 *
 * Caller: RTNL or RCU.
 * Return: the port, NULL if no vhid is on that device.
 */
struct carp_port *carp_port_find(struct net *net, const struct net_device *dev)
{
	struct carp_port *port;

	list_for_each_entry_rcu(port, &carp_net(net)->ports, list,
				lockdep_rtnl_is_held())
		if (port->dev == dev)
			return port;
	return NULL;
}

static struct carp_port *carp_port_new(struct net *net,
				       struct net_device *parent,
				       struct netlink_ext_ack *extack)
{
	struct carp_port *port;
	int err;

	port = kzalloc(sizeof(*port), GFP_KERNEL);
	if (!port)
		return ERR_PTR(-ENOMEM);

	INIT_LIST_HEAD(&port->members);
	port->dev = parent;
	port->net = net;
	port->hook.hook = carp_rx;
	port->hook.pf = NFPROTO_NETDEV;
	port->hook.hooknum = NF_NETDEV_INGRESS;
	port->hook.dev = parent;
	port->hook.priv = port;
	/* after the administrator's ingress chains and flow tables */
	port->hook.priority = INT_MAX;

	netdev_hold(parent, &port->dev_tracker, GFP_KERNEL);
	err = carp_bridge_attach(port);
	if (err) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "parent %s: no bridge hook",
				       parent->name);
		goto err_bridge;
	}
	err = nf_register_net_hook(net, &port->hook);
	if (err) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "parent %s: no ingress hook",
				       parent->name);
		goto err_hook;
	}
	carp_port_ready(port);
	carp_stats_join(net, &port->tally, port->stats);
	list_add_tail_rcu(&port->list, &carp_net(net)->ports);
	return port;

err_hook:
	carp_bridge_detach(port);
err_bridge:
	netdev_put(parent, &port->dev_tracker);
	kfree(port);
	return ERR_PTR(err);
}

/* until now packets may have been counted */
static void carp_port_free_rcu(struct rcu_head *rcu)
{
	struct carp_port *port = container_of(rcu, struct carp_port, rcu);

	carp_stats_leave(port->net, &port->tally);
	kfree(port);
}

static void carp_port_free(struct carp_port *port)
{
	list_del_rcu(&port->list);
	nf_unregister_net_hook(port->net, &port->hook);
	carp_bridge_detach(port);
	netdev_put(port->dev, &port->dev_tracker);
	call_rcu(&port->rcu, carp_port_free_rcu);
}

/**
 * carp_port_put - a user of a port is gone
 * @port: may be NULL
 *
 * Caller: RTNL.
 */
void carp_port_put(struct carp_port *port)
{
	if (port && !--port->users)
		carp_port_free(port);
}

/**
 * carp_port_vacant - may a device have this vhid on this parent?
 * @carp: the device, anywhere
 * @parent: checked by carp_port_check()
 * @vhid: 0..255
 * @extack: says why not
 *
 * Caller: RTNL.
 * Return: 0, -EINVAL if the vhid is 0, -EEXIST if it is taken.
 */
int carp_port_vacant(const struct carp *carp, struct net_device *parent,
		     u8 vhid, struct netlink_ext_ack *extack)
{
	struct carp_port *port = carp_port_find(carp->net, parent);
	struct carp *other;

	if (!vhid) {
		NL_SET_ERR_MSG_MOD(extack, "vhid: not set (range 1..255)");
		return -EINVAL;
	}

	other = port ? rtnl_dereference(port->vhid[vhid]) : NULL;
	if (!other || other == carp)
		return 0;
	NL_SET_ERR_MSG_FMT_MOD(extack, "vhid %u: taken on %s by %s", vhid,
			       parent->name, other->dev->name);
	return -EEXIST;
}

/* arpbalance counts in order of vhid, on every host alike */
static void carp_port_join(struct carp_port *port, struct carp *carp, u8 vhid)
{
	struct list_head *after = &port->members;
	struct carp *other;

	list_for_each_entry(other, &port->members, member) {
		if (other->vhid > vhid)
			break;
		after = &other->member;
	}
	list_add_rcu(&carp->member, after);
}

/**
 * carp_port_add - put a device on a parent under its vhid
 * @carp: the device, on no port
 * @parent: checked by carp_port_check()
 * @vhid: 1..255, found free by carp_port_vacant()
 * @extack: says what is wrong
 *
 * Caller: RTNL.
 * Return: 0 or a negative errno.
 */
int carp_port_add(struct carp *carp, struct net_device *parent, u8 vhid,
		  struct netlink_ext_ack *extack)
{
	struct carp_port *port = carp_port_find(carp->net, parent);
	int err;

	if (!port) {
		port = carp_port_new(carp->net, parent, extack);
		if (IS_ERR(port))
			return PTR_ERR(port);
	}

	port->users++;
	err = netdev_upper_dev_link(parent, carp->dev, extack);
	if (err) {
		carp_port_put(port);
		return err;
	}

	WRITE_ONCE(carp->parent_ifindex, parent->ifindex);
	rcu_assign_pointer(carp->port, port);
	rcu_assign_pointer(port->vhid[vhid], carp);
	carp_port_join(port, carp, vhid);
	return 0;
}

/**
 * carp_port_del - take a device off its parent
 * @carp: the device, in INIT, its filters off
 *
 * Caller: RTNL.
 */
void carp_port_del(struct carp *carp)
{
	struct carp_port *port = rtnl_dereference(carp->port);

	if (!port)
		return;

	RCU_INIT_POINTER(port->vhid[carp->vhid], NULL);
	list_del_rcu(&carp->member);
	RCU_INIT_POINTER(carp->port, NULL);
	WRITE_ONCE(carp->parent_ifindex, 0);
	netdev_upper_dev_unlink(port->dev, carp->dev);
	carp_port_put(port);
}

/**
 * carp_port_filters - what the parent's hardware must let through
 * @carp: the device
 * @on: set or clear
 *
 * In every state alike, so that nothing is programmed on a takeover.
 * Caller: RTNL.
 */
void carp_port_filters(struct carp *carp, bool on)
{
	struct carp_port *port = rtnl_dereference(carp->port);
	struct net_device *parent;

	if (!port || carp->filters == on)
		return;

	parent = port->dev;
	carp->filters = on;
	if (on) {
		if (dev_uc_add(parent, carp->dev->dev_addr))
			netdev_warn(parent, "no filter for the virtual MAC\n");
		dev_mc_add(parent, carp_mcast4_mac);
		dev_mc_add(parent, carp_mcast6_mac);
		carp_group_sync(carp);
	} else {
		carp_group_sync(carp);
		dev_uc_unsync(parent, carp->dev);
		dev_mc_unsync(parent, carp->dev);
		dev_mc_del(parent, carp_mcast6_mac);
		dev_mc_del(parent, carp_mcast4_mac);
		dev_uc_del(parent, carp->dev->dev_addr);
	}
}

/**
 * carp_port_ready - can the parent carry adverts?
 * @port: the parent's port
 *
 * To be asked whenever that may have changed: it notes since when. Caller: RTNL.
 * Return: it is up and has carrier, and so has what is below it.
 */
bool carp_port_ready(struct carp_port *port)
{
	bool ready = port->dev->flags & IFF_UP &&
		     carp_path_ready(port->dev, NULL);

	if (ready && !port->ready)
		port->ready_since = ktime_get_boottime_ns();
	port->ready = ready;
	return ready;
}
