// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parents that are bridges, or VLANs on bridges.
 *
 * A bridge knows where a MAC is by frames that came from there, and the virtual
 * MAC of its own host never comes from a port. So while this host is MASTER the
 * bridge sends what its ports say to the virtual MAC to where the last MASTER
 * was, or floods it, besides handing it up (our entry in the parent's address
 * filter makes the bridge promiscuous). It would tell all guests of a host what
 * each sends to its gateway. Here such frames end.
 *
 * A local entry in the forwarding table would do the same, but can be made and
 * removed under RTNL only, and black-holes guests of a host that is no longer
 * MASTER for as long as it stays.
 */
#include <linux/if_bridge.h>
#include <linux/if_vlan.h>
#include <linux/netfilter_bridge.h>

#include "carp.h"

#if IS_ENABLED(CONFIG_BRIDGE) && defined(CONFIG_NETFILTER_FAMILY_BRIDGE)

/*
 * What the bridge knows of its VLANs. Not called by name, since this module
 * shall not need the bridge's when there is no bridge.
 */
#ifdef CONFIG_BRIDGE_VLAN_FILTERING
static bool carp_bridge_filters(const struct carp_port *port)
{
	return port->bridge_vlans && port->bridge_vlans(port->bridge);
}

static u16 carp_bridge_pvid(const struct carp_port *port,
			    const struct net_device *dev)
{
	u16 vid = 0;

	port->bridge_pvid(dev, &vid);
	return vid;
}

static void carp_bridge_learn_calls(struct carp_port *port)
{
	port->bridge_pvid = symbol_get(br_vlan_get_pvid_rcu);
	if (port->bridge_pvid)
		port->bridge_vlans = symbol_get(br_vlan_enabled);
}

static void carp_bridge_forget_calls(struct carp_port *port)
{
	if (port->bridge_vlans)
		symbol_put(br_vlan_enabled);
	if (port->bridge_pvid)
		symbol_put(br_vlan_get_pvid_rcu);
}
#else
static bool carp_bridge_filters(const struct carp_port *port)
{
	return false;
}

static u16 carp_bridge_pvid(const struct carp_port *port,
			    const struct net_device *dev)
{
	return 0;
}

static void carp_bridge_learn_calls(struct carp_port *port)
{
}

static void carp_bridge_forget_calls(struct carp_port *port)
{
}
#endif

/* is a frame on its way from port to port one of the parent's VLAN? */
static bool carp_bridge_same_vlan(const struct carp_port *port,
				  const struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	u16 own = port->bridge_vid;
	u16 vid = skb_vlan_tag_present(skb) ? skb_vlan_tag_get_id(skb) : 0;

	if (!carp_bridge_filters(port))
		return vid == own;

	if (!own)
		own = carp_bridge_pvid(port, port->bridge);
	if (vid)
		return vid == own;
	/* the tag is already off; let go what might be of another VLAN */
	return own && carp_bridge_pvid(port, state->in) == own &&
	       carp_bridge_pvid(port, state->out) == own;
}

static unsigned int carp_bridge_forward(void *priv, struct sk_buff *skb,
					const struct nf_hook_state *state)
{
	const u8 *dest = eth_hdr(skb)->h_dest;
	struct net_device *bridge;
	struct carp_port *port;
	struct carp *carp;

	if (likely(!carp_vmac_match(dest)))
		return NF_ACCEPT;

	bridge = netdev_master_upper_dev_get_rcu(state->in);
	list_for_each_entry_rcu(port, &carp_net(state->net)->ports, list) {
		if (!bridge || port->bridge != bridge)
			continue;
		carp = rcu_dereference(port->vhid[dest[5]]);
		if (carp && carp_is_master(carp) &&
		    carp_bridge_same_vlan(port, skb, state))
			return NF_DROP;
	}
	return NF_ACCEPT;
}

static const struct nf_hook_ops carp_bridge_hook = {
	.hook = carp_bridge_forward,
	.pf = NFPROTO_BRIDGE,
	.hooknum = NF_BR_FORWARD,
	/* after the administrator's, which then count the same as before */
	.priority = INT_MAX,
};

/**
 * carp_bridge_attach - a parent gets its first vhid
 * @port: its port
 *
 * Caller: RTNL.
 * Return: 0, also if it has to do with no bridge, or a negative errno.
 */
int carp_bridge_attach(struct carp_port *port)
{
	struct carp_net *cn = carp_net(port->net);
	struct net_device *dev = port->dev;
	u16 vid = 0;
	int err;

	if (is_vlan_dev(dev)) {
		vid = vlan_dev_vlan_id(dev);
		dev = vlan_dev_real_dev(dev);
	}
	if (!netif_is_bridge_master(dev) || !net_eq(dev_net(dev), port->net))
		return 0;

	if (!cn->bridges) {
		err = nf_register_net_hook(port->net, &carp_bridge_hook);
		if (err)
			return err;
	}
	cn->bridges++;
	port->bridge = dev;
	port->bridge_vid = vid;
	carp_bridge_learn_calls(port);
	return 0;
}

/**
 * carp_bridge_detach - a parent has lost its last vhid
 * @port: its port, no longer in carp_net.ports
 *
 * Caller: RTNL.
 */
void carp_bridge_detach(struct carp_port *port)
{
	struct carp_net *cn = carp_net(port->net);

	if (!port->bridge)
		return;
	if (!--cn->bridges)
		nf_unregister_net_hook(port->net, &carp_bridge_hook);
	/* frames under way may still be at this port */
	synchronize_net();
	carp_bridge_forget_calls(port);
}

#else

int carp_bridge_attach(struct carp_port *port)
{
	return 0;
}

void carp_bridge_detach(struct carp_port *port)
{
}

#endif
