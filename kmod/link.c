// SPDX-License-Identifier: GPL-2.0-only
/*
 * The carp network device and its link type.
 */
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/rtnetlink.h>
#include <net/rtnetlink.h>

#include "carp.h"

#define CARP_FEATURES (NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_HIGHDMA | \
		       NETIF_F_FRAGLIST | NETIF_F_GSO_SOFTWARE)

static const struct device_type carp_device_type = {
	.name = CARP_KIND,
};

/**
 * carp_is_carp - is it one of ours?
 * @dev: any device
 *
 * Return: yes or no.
 */
bool carp_is_carp(const struct net_device *dev)
{
	return dev->rtnl_link_ops == &carp_link_ops;
}

static int carp_open(struct net_device *dev)
{
	carp_port_filters(netdev_priv(dev), true);
	return 0;
}

static int carp_stop(struct net_device *dev)
{
	struct carp *carp = netdev_priv(dev);

	carp_state_check(carp);
	carp_port_filters(carp, false);
	return 0;
}

static netdev_tx_t carp_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct carp *carp = netdev_priv(dev);
	struct carp_port *port = rcu_dereference_bh(carp->port);
	unsigned int len = skb->len;
	int rc;

	/* a host that is not MASTER is silent */
	if (unlikely(!port || !carp_is_master(carp))) {
		carp_count(carp, CARP_XSTATS_WRONG_STATE_TX);
		dev_core_stats_tx_dropped_inc(dev);
		kfree_skb(skb);
		return NETDEV_TX_OK;
	}

	skb->dev = port->dev;
	rc = dev_queue_xmit(skb);
	if (likely(net_xmit_eval(rc) == 0))
		dev_sw_netstats_tx_add(dev, 1, len);
	else
		dev_core_stats_tx_dropped_inc(dev);
	return NETDEV_TX_OK;
}

static void carp_set_rx_mode(struct net_device *dev)
{
	struct carp *carp = netdev_priv(dev);
	struct carp_port *port = rcu_dereference_bh(carp->port);

	if (!port || !carp->filters)
		return;
	dev_uc_sync(port->dev, dev);
	dev_mc_sync(port->dev, dev);
}

static int carp_get_iflink(const struct net_device *dev)
{
	const struct carp *carp = netdev_priv(dev);

	return READ_ONCE(carp->parent_ifindex) ? : dev->ifindex;
}

static int carp_change_mtu(struct net_device *dev, int mtu)
{
	const struct carp *carp = netdev_priv(dev);
	const struct carp_port *port = rtnl_dereference(carp->port);

	if (port && mtu > port->dev->mtu)
		return -EINVAL;
	WRITE_ONCE(dev->mtu, mtu);
	return 0;
}

static int carp_init(struct net_device *dev)
{
	struct carp *carp = netdev_priv(dev);
	struct carp_net *cn = carp_net(carp->net);
	int err;

	if (list_empty(&cn->devices)) {
		err = carp_neigh_use(carp->net, true);
		if (err)
			return err;
		err = carp_output_use(carp->net, true);
		if (err) {
			carp_neigh_use(carp->net, false);
			return err;
		}
	}
	list_add_tail(&carp->list, &cn->devices);
	carp_journal_make_room(carp->net);
	carp_stats_join(carp->net, &carp->tally, carp->stats);
	return 0;
}

static void carp_uninit(struct net_device *dev)
{
	struct carp *carp = netdev_priv(dev);

	carp_state_exit(carp);
	carp_cause_device_end(carp);
	carp_gate_exit(carp);
	carp_port_del(carp);
	list_del(&carp->list);
	if (list_empty(&carp_net(carp->net)->devices)) {
		carp_output_use(carp->net, false);
		carp_neigh_use(carp->net, false);
	}
}

static const struct net_device_ops carp_netdev_ops = {
	.ndo_init		= carp_init,
	.ndo_uninit		= carp_uninit,
	.ndo_open		= carp_open,
	.ndo_stop		= carp_stop,
	.ndo_start_xmit		= carp_xmit,
	.ndo_set_rx_mode	= carp_set_rx_mode,
	.ndo_get_stats64	= dev_get_tstats64,
	.ndo_get_iflink		= carp_get_iflink,
	.ndo_change_mtu		= carp_change_mtu,
};

static void carp_destruct(struct net_device *dev)
{
	struct carp *carp = netdev_priv(dev);

	carp_stats_leave(carp->net, &carp->tally);
	carp_addr_free(carp);
	carp_auth_free(carp);
	carp_peer_free(carp);
}

static void carp_link_setup(struct net_device *dev)
{
	struct carp *carp = netdev_priv(dev);

	ether_setup(dev);
	dev->netdev_ops = &carp_netdev_ops;
	dev->needs_free_netdev = true;
	dev->priv_destructor = carp_destruct;
	/* a port of a bridge would forward what only we may answer */
	dev->priv_flags |= IFF_NO_QUEUE | IFF_DONT_BRIDGE | IFF_UNICAST_FLT;
	dev->priv_flags &= ~(IFF_TX_SKB_SHARING | IFF_XMIT_DST_RELEASE);
	dev->features |= CARP_FEATURES;
	dev->hw_features |= CARP_FEATURES;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = ETH_MAX_MTU;
	dev->addr_assign_type = NET_ADDR_SET;
	SET_NETDEV_DEVTYPE(dev, &carp_device_type);
	carp_dev_set_lltx(dev);
	carp_dev_set_netns_immutable(dev);
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;

	carp->dev = dev;
	carp->advbase = CARP_ADVBASE_DEFAULT;
	carp->advskew = CARP_ADVSKEW_DEFAULT;
	carp->preempt = CARP_PREEMPT_INHERIT;
	carp->announce_count = CARP_ANNOUNCE_COUNT_DEFAULT;
	carp->grace = CARP_GRACE_DEFAULT;
	INIT_LIST_HEAD(&carp->list);
	INIT_LIST_HEAD(&carp->ll_saved);
	INIT_LIST_HEAD(&carp->auth_old);
	INIT_LIST_HEAD(&carp->tally.list);
	carp_group_init(carp);
}

/**
 * carp_link_follow - take over what the parent needs of frames
 * @carp: the device
 * @parent: its parent
 *
 * Not the parent's offloads: a frame that needs one that the parent lacks is
 * finished where the parent sends it.
 * Caller: RTNL.
 */
void carp_link_follow(struct carp *carp, const struct net_device *parent)
{
	struct net_device *dev = carp->dev;

	dev->hard_header_len = parent->hard_header_len;
	dev->needed_headroom = parent->needed_headroom;
	dev->needed_tailroom = parent->needed_tailroom;
	netif_inherit_tso_max(dev, parent);
}

/* the virtual MAC is a function of the vhid */
static void carp_link_address(struct carp *carp, u8 vhid)
{
	u8 mac[ETH_ALEN];

	carp_vmac(vhid, mac);
	eth_hw_addr_set(carp->dev, mac);
	if (carp->dev->reg_state == NETREG_REGISTERED)
		call_netdevice_notifiers(NETDEV_CHANGEADDR, carp->dev);
}

/**
 * carp_link_move - give a device its parent and vhid, or take them away
 * @carp: the device, registered and down
 * @parent: new parent, NULL: none
 * @vhid: new vhid, 0: none, which a device with a parent may not have
 * @extack: says what is wrong
 *
 * Caller: RTNL. On failure the device is as it was.
 * Return: 0 or a negative errno.
 */
int carp_link_move(struct carp *carp, struct net_device *parent, u8 vhid,
		   struct netlink_ext_ack *extack)
{
	struct carp_port *port = rtnl_dereference(carp->port);
	int err;

	if ((port ? port->dev : NULL) == parent && carp->vhid == vhid)
		return 0;

	if (parent) {
		err = carp_port_check(carp->net, parent, extack);
		if (!err)
			err = carp_port_vacant(carp, parent, vhid, extack);
		if (!err)
			err = carp_addr_on_parent(carp, parent, extack);
		if (err)
			return err;
	}

	/* keep the old port, so that coming back to it needs no memory */
	if (port)
		port->users++;
	carp_port_del(carp);
	if (parent) {
		err = carp_port_add(carp, parent, vhid, extack);
		if (err)
			goto err_add;
		carp_link_follow(carp, parent);
		dev_set_mtu(carp->dev, parent->mtu);
	}
	if (carp->vhid != vhid)
		carp_link_address(carp, vhid);
	carp->vhid = vhid;
	carp_port_put(port);
	return 0;

err_add:
	if (port && carp_port_add(carp, port->dev, carp->vhid, NULL))
		netdev_err(carp->dev, "lost its parent %s\n", port->dev->name);
	carp_port_put(port);
	return err;
}

/**
 * carp_link_upper - may this device go under another one?
 * @dev: any device
 * @info: of NETDEV_PRECHANGEUPPER
 *
 * Return: a notifier's answer.
 */
int carp_link_upper(struct net_device *dev,
		    struct netdev_notifier_changeupper_info *info)
{
	struct netlink_ext_ack *extack;

	extack = netdev_notifier_info_to_extack(&info->info);
	if (!info->linking)
		return NOTIFY_DONE;

	if (carp_is_carp(dev) && info->master &&
	    (netif_is_bridge_master(info->upper_dev) ||
	     netif_is_bond_master(info->upper_dev) ||
	     netif_is_team_master(info->upper_dev))) {
		NL_SET_ERR_MSG_MOD(extack,
				   "cannot be part of a bridge, bond or team");
		return notifier_from_errno(-EINVAL);
	}
	if (info->master && !carp_port_may_go_under(info->upper_dev) &&
	    carp_port_find(dev_net(dev), dev)) {
		NL_SET_ERR_MSG_FMT_MOD(extack,
				       "%s is the parent of carp devices; move them to %s first",
				       dev->name, info->upper_dev->name);
		return notifier_from_errno(-EBUSY);
	}
	return NOTIFY_DONE;
}

static int carp_link_new(struct net_device *dev,
			 struct rtnl_newlink_params *params,
			 struct netlink_ext_ack *extack)
{
	struct net *link_net = rtnl_newlink_link_net(params);
	struct carp *carp = netdev_priv(dev);

	if (params->tb[IFLA_LINK] && !net_eq(link_net, dev_net(dev))) {
		NL_SET_ERR_MSG_MOD(extack, "parent: in another namespace");
		return -EINVAL;
	}

	carp->net = dev_net(dev);
	carp_state_init(carp);
	carp_gate_init(carp);
	carp_link_address(carp, 0);
	return carp_netlink_new(carp, params->tb, params->data, extack);
}

static int carp_newlink(struct net_device *dev,
			struct rtnl_newlink_params *params,
			struct netlink_ext_ack *extack)
{
	int err = carp_link_new(dev, params, extack);

	carp_netlink_wipe(params->tb);
	return err;
}

CARP_NEWLINK(carp_newlink)

static void carp_dellink(struct net_device *dev, struct list_head *head)
{
	unregister_netdevice_queue(dev, head);
}

static struct net *carp_get_link_net(const struct net_device *dev)
{
	const struct carp *carp = netdev_priv(dev);

	return carp->net;
}

struct rtnl_link_ops carp_link_ops __read_mostly = {
	.kind		= CARP_KIND,
	.priv_size	= sizeof(struct carp),
	.setup		= carp_link_setup,
	.maxtype	= IFLA_CARP_MAX,
	.validate	= carp_netlink_validate,
	.newlink	= CARP_NEWLINK_OP(carp_newlink),
	.changelink	= carp_netlink_change,
	.dellink	= carp_dellink,
	.get_size	= carp_netlink_size,
	.fill_info	= carp_netlink_fill,
	.get_xstats_size = carp_stats_size,
	.fill_xstats	= carp_stats_fill,
	.get_link_net	= carp_get_link_net,
};
