// SPDX-License-Identifier: GPL-2.0-only
/*
 * ARP and neighbour discovery for virtual addresses.
 *
 * Questions for a virtual address are answered here, by the MASTER, with the
 * virtual MAC, whatever arp_ignore, arp_filter or rp_filter say; the stack
 * below never sees them, so the parent cannot answer with its own MAC.
 */
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/netfilter_arp.h>
#include <net/addrconf.h>
#include <net/arp.h>
#include <net/ipv6.h>
#include <net/ndisc.h>

#include "carp.h"
#include "core/balance.h"

/* an ARP packet for IPv4 over Ethernet, as in memory */
struct carp_arp {
	struct arphdr hdr;
	u8 sha[ETH_ALEN];
	u8 sip[4];
	u8 tha[ETH_ALEN];
	u8 tip[4];
} __packed;

static bool carp_neigh_has4(const struct carp *carp, __be32 addr)
{
	struct in_device *in_dev = __in_dev_get_rcu(carp->dev);
	const struct in_ifaddr *ifa;

	if (in_dev)
		in_dev_for_each_ifa_rcu(ifa, in_dev)
			if (ifa->ifa_local == addr)
				return true;
	return false;
}

/**
 * carp_neigh_shared4 - do several groups share an address, and its clients?
 * @port: their port
 * @addr: the address
 *
 * Then no host may be told one MAC for it but in answer to its own question.
 *
 * Caller: RCU.
 * Return: arpbalance is on and more than one group with it takes part.
 */
bool carp_neigh_shared4(struct carp_port *port, __be32 addr)
{
	struct carp *carp;
	u32 members = 0;

	if (!READ_ONCE(carp_net(port->net)->arpbalance))
		return false;
	carp_for_each_member(carp, port)
		if (READ_ONCE(carp->state) != CARP_STATE_INIT &&
		    carp_neigh_has4(carp, addr))
			members++;
	return members > 1;
}

/*
 * Which device answers for an address: the MASTER that has it; with arpbalance
 * the one that the requester's address selects among all that take part.
 * @found: some device has it, so the parent must not answer
 */
static struct carp *carp_neigh_who4(struct carp_port *port, __be32 addr,
				    const u8 *sender, bool *found)
{
	bool balance = READ_ONCE(carp_net(port->net)->arpbalance);
	struct carp *master = NULL;
	struct carp *carp;
	u32 members = 0;
	u32 chosen;

	*found = false;
	carp_for_each_member(carp, port) {
		if (!carp_neigh_has4(carp, addr))
			continue;
		*found = true;
		members += READ_ONCE(carp->state) != CARP_STATE_INIT;
		if (!master && carp_is_master(carp))
			master = carp;
	}
	if (!balance || members < 2)
		return master;

	chosen = carp_balance_index(sender, members);
	carp_for_each_member(carp, port) {
		if (READ_ONCE(carp->state) == CARP_STATE_INIT ||
		    !carp_neigh_has4(carp, addr))
			continue;
		if (!chosen--)
			return carp_is_master(carp) ? carp : NULL;
	}
	return NULL;
}

static void carp_neigh_conflict4(struct carp_port *port,
				 const struct carp_arp *arp, __be32 sip)
{
	struct carp *carp;

	if (!sip || carp_vmac_match(arp->sha) ||
	    ether_addr_equal(arp->sha, port->dev->dev_addr))
		return;
	carp_for_each_member(carp, port)
		if (carp_is_master(carp) && carp_neigh_has4(carp, sip))
			carp_count(carp, CARP_XSTATS_CONFLICTS);
}

/**
 * carp_neigh_arp - an ARP packet arrived on a parent
 * @port: the parent's port
 * @skb: the packet
 *
 * Caller: RCU, softirq.
 * Return: it was a question for a virtual address, and is dealt with.
 */
bool carp_neigh_arp(struct carp_port *port, struct sk_buff *skb)
{
	u8 frame[CARP_FRAME_ARP_LEN];
	const struct carp_arp *arp;
	struct carp_arp buf;
	struct carp *carp;
	__be32 sip, tip;
	bool found;

	arp = skb_header_pointer(skb, 0, sizeof(buf), &buf);
	if (!arp || arp->hdr.ar_pro != htons(ETH_P_IP) ||
	    arp->hdr.ar_hln != ETH_ALEN || arp->hdr.ar_pln != 4)
		return false;

	memcpy(&sip, arp->sip, 4);
	memcpy(&tip, arp->tip, 4);
	carp_neigh_conflict4(port, arp, sip);
	if (arp->hdr.ar_op != htons(ARPOP_REQUEST))
		return false;

	carp = carp_neigh_who4(port, tip, arp->sip, &found);
	/* an announcement of the MASTER asks nothing */
	if (carp && sip != tip) {
		carp_frame_arp_reply(frame, carp->dev->dev_addr, arp->tip,
				     arp->sha, arp->sip);
		carp_count(carp, CARP_XSTATS_ARP_REPLIES);
		carp_send_reply(carp, frame, sizeof(frame), htons(ETH_P_ARP));
	}
	return found;
}

static struct carp *carp_neigh_who6(struct carp_port *port,
				    const struct in6_addr *addr, bool *found)
{
	struct carp *master = NULL;
	struct carp *carp;

	*found = false;
	carp_for_each_member(carp, port) {
		if (!ipv6_chk_addr_and_flags(port->net, addr, carp->dev, false,
					     1, 0))
			continue;
		*found = true;
		if (!master && carp_is_master(carp))
			master = carp;
	}
	return master;
}

static bool carp_neigh_router(const struct carp *carp)
{
	const struct inet6_dev *idev = __in6_dev_get(carp->dev);

	return idev && READ_ONCE(idev->cnf.forwarding);
}

/**
 * carp_neigh_announce6 - write an unsolicited neighbour advertisement
 * @carp: the device
 * @addr: its address
 * @frame: room for it
 */
void carp_neigh_announce6(const struct carp *carp, const struct in6_addr *addr,
			  u8 frame[CARP_FRAME_NA_LEN])
{
	static const u8 all_nodes_mac[ETH_ALEN] = { 0x33, 0x33, 0, 0, 0, 1 };
	struct carp_na na = {
		.src_mac = carp->dev->dev_addr,
		.dst_mac = all_nodes_mac,
		.src = addr->s6_addr,
		.dst = in6addr_linklocal_allnodes.s6_addr,
		.target = addr->s6_addr,
		.flags = CARP_NA_OVERRIDE,
	};

	if (carp_neigh_router(carp))
		na.flags |= CARP_NA_ROUTER;
	carp_frame_na(frame, &na);
}

/**
 * carp_neigh_ns - a neighbour solicitation arrived on a parent
 * @port: the parent's port
 * @skb: the packet
 * @ip6: its header
 *
 * Caller: RCU, softirq.
 * Return: it was for a virtual address, and is dealt with.
 */
bool carp_neigh_ns(struct carp_port *port, struct sk_buff *skb,
		   const struct ipv6hdr *ip6)
{
	u8 frame[CARP_FRAME_NA_LEN];
	const struct nd_msg *msg;
	struct nd_msg buf;
	struct carp_na na;
	struct carp *carp;
	bool found;

	msg = skb_header_pointer(skb, sizeof(*ip6), sizeof(buf), &buf);
	if (!msg || ip6->hop_limit != 255 || msg->icmph.icmp6_code)
		return false;

	carp = carp_neigh_who6(port, &msg->target, &found);
	if (!carp)
		return found;

	/* somebody else tests whether the address is free: it is not */
	if (ipv6_addr_any(&ip6->saddr)) {
		carp_count(carp, CARP_XSTATS_CONFLICTS);
		carp_neigh_announce6(carp, &msg->target, frame);
	} else {
		na.src_mac = carp->dev->dev_addr;
		na.dst_mac = eth_hdr(skb)->h_source;
		na.src = msg->target.s6_addr;
		na.dst = ip6->saddr.s6_addr;
		na.target = msg->target.s6_addr;
		na.flags = CARP_NA_SOLICITED | CARP_NA_OVERRIDE;
		if (carp_neigh_router(carp))
			na.flags |= CARP_NA_ROUTER;
		carp_frame_na(frame, &na);
	}
	carp_count(carp, CARP_XSTATS_ND_REPLIES);
	carp_send_reply(carp, frame, sizeof(frame), htons(ETH_P_IPV6));
	return true;
}

/**
 * carp_neigh_na - a neighbour advertisement arrived on a parent
 * @port: the parent's port
 * @skb: the packet
 *
 * Only to count others that claim an address of ours.
 * Caller: RCU, softirq.
 */
void carp_neigh_na(struct carp_port *port, struct sk_buff *skb)
{
	const struct nd_msg *msg;
	struct nd_msg buf;
	struct carp *carp;
	bool found;

	msg = skb_header_pointer(skb, sizeof(struct ipv6hdr), sizeof(buf),
				 &buf);
	if (!msg || carp_vmac_match(eth_hdr(skb)->h_source))
		return;
	carp = carp_neigh_who6(port, &msg->target, &found);
	if (carp)
		carp_count(carp, CARP_XSTATS_CONFLICTS);
}

/*
 * A MASTER's parent asks for a client's MAC when it answers from a virtual
 * address, and names that address as sender together with its own MAC: the
 * client would believe it. Let it name an address of its own.
 *
 * A carp device that asks itself may name its address, unless the client might
 * have another group's MAC for it: then it names none.
 */
static unsigned int carp_neigh_arp_out(void *priv, struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	struct carp_port *port;
	struct carp_arp *arp;
	struct carp *carp;
	__be32 sip, tip;
	bool found;

	carp = carp_is_carp(skb->dev) ? netdev_priv(skb->dev) : NULL;
	port = carp ? rcu_dereference(carp->port) :
		      carp_port_find(state->net, skb->dev);
	if (!port || skb_headlen(skb) < sizeof(*arp))
		return NF_ACCEPT;

	arp = (struct carp_arp *)skb_network_header(skb);
	if (arp->hdr.ar_pro != htons(ETH_P_IP) ||
	    arp->hdr.ar_hln != ETH_ALEN || arp->hdr.ar_pln != 4)
		return NF_ACCEPT;

	memcpy(&sip, arp->sip, 4);
	memcpy(&tip, arp->tip, 4);
	if (carp) {
		if (!carp_neigh_shared4(port, sip))
			return NF_ACCEPT;
		sip = 0;
	} else {
		carp_neigh_who4(port, sip, arp->sip, &found);
		if (!found)
			return NF_ACCEPT;
		sip = carp_advert_source4(port, tip);
	}
	memcpy(arp->sip, &sip, 4);
	return NF_ACCEPT;
}

static const struct nf_hook_ops carp_neigh_hook = {
	.hook = carp_neigh_arp_out,
	.pf = NFPROTO_ARP,
	.hooknum = NF_ARP_OUT,
	.priority = INT_MAX,
};

/**
 * carp_neigh_use - a namespace gets its first carp device, or has lost its last
 * @net: the namespace
 * @on: which
 *
 * Caller: RTNL.
 * Return: 0 or a negative errno.
 */
int carp_neigh_use(struct net *net, bool on)
{
	if (on)
		return nf_register_net_hook(net, &carp_neigh_hook);
	nf_unregister_net_hook(net, &carp_neigh_hook);
	return 0;
}
