// SPDX-License-Identifier: GPL-2.0-only
/*
 * What arrives on a parent: frames to a virtual MAC, questions for a virtual
 * address, adverts. All else is the parent's own business.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/ipv6.h>
#include <net/ndisc.h>

#include "carp.h"

/* a frame that arrived on the parent arrives on a virtual host */
static void carp_rx_move(struct carp *carp, struct sk_buff *skb, u8 pkt_type)
{
	struct in_device *in_dev = __in_dev_get_rcu(carp->dev);

	/* here, because whoever sets it for all devices tells nobody */
	if (likely(in_dev))
		carp_gate_keep4(in_dev);
	/* a priority tag is no VLAN */
	__vlan_hwaccel_clear_tag(skb);
	skb->dev = carp->dev;
	skb->pkt_type = pkt_type;
	dev_sw_netstats_rx_add(carp->dev, skb->len + ETH_HLEN);
}

/* somebody looks at what enters the device: a capture, a filter, XDP */
static bool carp_rx_watched(const struct net_device *dev)
{
	return !list_empty(&dev->ptype_all) || carp_dev_has_ingress(dev) ||
	       rcu_access_pointer(dev->nf_hooks_ingress) ||
	       rcu_access_pointer(dev->xdp_prog);
}

static void carp_rx_nomem(struct carp *carp)
{
	carp_count(carp, CARP_XSTATS_NOMEM);
	dev_core_stats_rx_dropped_inc(carp->dev);
}

/*
 * Received once more, in the caller's stack and not by way of the backlog
 * (netif_rx()), which could drop it. It nests once and no more: nothing that
 * stands on a carp device can be a parent (carp_port_on_carp()).
 */
static noinline unsigned int carp_rx_again(struct carp *carp,
					   struct sk_buff *skb)
{
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb) {
		carp_rx_nomem(carp);
		return NF_STOLEN;
	}
	carp_rx_move(carp, skb, PACKET_HOST);
	netif_receive_skb(skb);
	return NF_STOLEN;
}

static noinline unsigned int carp_rx_refuse(struct carp *carp,
					    struct sk_buff *skb)
{
	carp_count(carp, CARP_XSTATS_WRONG_STATE_RX);
	dev_core_stats_rx_dropped_inc(carp->dev);
	kfree_skb(skb);
	return NF_STOLEN;
}

/*
 * Hand a frame that was sent to a virtual MAC to its device. The core goes on
 * with whatever device a frame has after the ingress hook; only those who want
 * to see it enter that device need a second round.
 */
static unsigned int carp_rx_vmac(struct carp_port *port, struct sk_buff *skb)
{
	const u8 *dest = eth_hdr(skb)->h_dest;
	struct carp *carp;

	if (!carp_vmac_match(dest) ||
	    (skb_vlan_tag_present(skb) && skb_vlan_tag_get_id(skb)))
		return NF_ACCEPT;
	carp = rcu_dereference(port->vhid[dest[5]]);
	/* somebody else's virtual MAC: VRRP has the same range */
	if (!carp)
		return NF_ACCEPT;
	if (unlikely(!carp_is_master(carp)))
		return carp_rx_refuse(carp, skb);
	if (unlikely(skb_shared(skb) || carp_rx_watched(carp->dev)))
		return carp_rx_again(carp, skb);

	carp_rx_move(carp, skb, PACKET_HOST);
	skb->skb_iif = carp->dev->ifindex;
	return NF_ACCEPT;
}

static bool carp_rx_joined(const struct carp *carp, const u8 *group)
{
	struct netdev_hw_addr *ha;

	netdev_for_each_mc_addr(ha, carp->dev)
		if (ether_addr_equal(ha->addr, group))
			return true;
	return false;
}

/* a copy for each MASTER that joined the group of this frame */
static void carp_rx_multicast(struct carp_port *port, struct sk_buff *skb)
{
	struct sk_buff *copy;
	struct carp *carp;

	carp_for_each_member(carp, port) {
		if (!carp_is_master(carp) ||
		    !carp_rx_joined(carp, eth_hdr(skb)->h_dest))
			continue;
		copy = skb_clone(skb, GFP_ATOMIC);
		if (!copy) {
			carp_rx_nomem(carp);
			continue;
		}
		carp_rx_move(carp, copy, PACKET_MULTICAST);
		netif_rx(copy);
	}
}

/* what neighbours and routers tell, not what clients ask of all routers */
static bool carp_rx_is_nd(u8 type)
{
	return type > NDISC_ROUTER_SOLICITATION && type <= NDISC_REDIRECT;
}

/* Return: the frame was taken */
static bool carp_rx_ipv4(struct carp_port *port, struct sk_buff *skb)
{
	const struct ethhdr *eth = eth_hdr(skb);
	const struct iphdr *ip;
	struct iphdr buf;

	if (!is_multicast_ether_addr(eth->h_dest) ||
	    is_broadcast_ether_addr(eth->h_dest))
		return false;
	ip = skb_header_pointer(skb, 0, sizeof(buf), &buf);
	if (!ip)
		return false;

	if (ip->protocol == CARP_PROTO &&
	    ether_addr_equal(eth->h_dest, carp_mcast4_mac) &&
	    !memcmp(&ip->daddr, carp_mcast4_addr, 4))
		carp_advert_rx4(port, skb, ip);
	else
		carp_rx_multicast(port, skb);
	return false;
}

/* Return: the frame was taken */
static bool carp_rx_ipv6(struct carp_port *port, struct sk_buff *skb)
{
	struct ipv6hdr buf;
	const struct ipv6hdr *ip6 = skb_header_pointer(skb, 0, sizeof(buf),
						       &buf);
	const struct ethhdr *eth = eth_hdr(skb);
	const u8 *type;
	u8 type_buf;

	if (!ip6)
		return false;

	if (ip6->nexthdr == IPPROTO_ICMPV6) {
		type = skb_header_pointer(skb, sizeof(*ip6), 1, &type_buf);
		if (!type)
			return false;
		if (*type == NDISC_NEIGHBOUR_SOLICITATION)
			return carp_neigh_ns(port, skb, ip6);
		if (*type == NDISC_NEIGHBOUR_ADVERTISEMENT)
			carp_neigh_na(port, skb);
		/* we answer for the device; routers have nothing to tell it */
		if (carp_rx_is_nd(*type))
			return false;
	}

	if (!is_multicast_ether_addr(eth->h_dest))
		return false;
	if (ether_addr_equal(eth->h_dest, carp_mcast6_mac) &&
	    !memcmp(&ip6->daddr, carp_mcast6_addr, 16) &&
	    (ip6->nexthdr == CARP_PROTO || ip6->nexthdr == NEXTHDR_FRAGMENT))
		carp_advert_rx6(port, skb, ip6);
	else
		carp_rx_multicast(port, skb);
	return false;
}

/* for a group, or perhaps about an address */
static noinline unsigned int carp_rx_special(struct carp_port *port,
					     struct sk_buff *skb)
{
	bool taken = false;

	if (skb_vlan_tag_present(skb) && skb_vlan_tag_get_id(skb))
		return NF_ACCEPT;
	if (unlikely(skb->pkt_type == PACKET_LOOPBACK))
		return NF_ACCEPT;

	switch (skb->protocol) {
	case htons(ETH_P_ARP):
		taken = carp_neigh_arp(port, skb);
		break;
	case htons(ETH_P_IPV6):
		taken = carp_rx_ipv6(port, skb);
		break;
	case htons(ETH_P_IP):
		taken = carp_rx_ipv4(port, skb);
		break;
	}
	if (taken) {
		consume_skb(skb);
		return NF_STOLEN;
	}
	return carp_rx_vmac(port, skb);
}

/* IP, and no word about neighbours */
static bool carp_rx_is_plain(const struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		return true;
	return skb->protocol == htons(ETH_P_IPV6) &&
	       skb_headlen(skb) >= sizeof(struct ipv6hdr) &&
	       ipv6_hdr(skb)->nexthdr != IPPROTO_ICMPV6;
}

/**
 * carp_rx - netfilter ingress hook of a parent
 * @priv: its carp_port
 * @skb: the frame, at its network header
 * @state: of netfilter
 *
 * All that the parent receives comes by here, so what is its own must be gone
 * after a handful of instructions, and what is for a virtual host not much
 * later; see Documentation/performance.md.
 *
 * Return: NF_ACCEPT, or NF_STOLEN when the frame was dealt with.
 */
unsigned int carp_rx(void *priv, struct sk_buff *skb,
		     const struct nf_hook_state *state)
{
	const u8 *dest = eth_hdr(skb)->h_dest;

	if (is_multicast_ether_addr(dest) || unlikely(!carp_rx_is_plain(skb)))
		return carp_rx_special(priv, skb);
	if (likely(get_unaligned_be32(dest) != CARP_VMAC_START))
		return NF_ACCEPT;
	return carp_rx_vmac(priv, skb);
}
