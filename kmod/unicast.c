// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unicast adverts: those between peers.
 *
 * They are ordinary IP packets: routed, filtered by the host's packet filter on
 * the way out and in, from an address and the MAC of the parent. They may cross
 * routers. On the way in they come through the protocol handlers, which take
 * unicast only; multicast is read where frames enter (rx.c), so that no advert
 * counts twice.
 *
 * Who may speak to us is on the list. A host that shares a subnet with the
 * parent must also be on this link, that is its TTL is 255 as ever; from others
 * any TTL will do. Multicast adverts are welcome all the same: they are of this
 * link and signed, and a group can then change from one to the other host by
 * host, with one MASTER all the time.
 */
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/pkt_sched.h>
#include <net/protocol.h>
#include <net/route.h>

#include "carp.h"

/* our own address on a list that all hosts of the group share */
#define CARP_UNICAST_SELF 1

static struct sk_buff *carp_unicast_skb(struct net_device *parent,
					const struct dst_entry *dst,
					unsigned int iplen,
					const u8 hdr[CARP_HDR_LEN])
{
	struct sk_buff *skb;

	skb = alloc_skb(LL_RESERVED_SPACE(dst->dev) + iplen + CARP_HDR_LEN +
			parent->needed_tailroom, GFP_ATOMIC);
	if (!skb)
		return NULL;

	skb_reserve(skb, LL_RESERVED_SPACE(dst->dev) + iplen);
	skb_reset_transport_header(skb);
	skb_put_data(skb, hdr, CARP_HDR_LEN);
	skb_push(skb, iplen);
	skb_reset_network_header(skb);
	skb->priority = TC_PRIO_CONTROL;
	/* no NAT rule for the clients' sake may put a virtual address in */
	skb_set_nfct(skb, IP_CT_UNTRACKED);
	return skb;
}

static bool carp_unicast_virtual4(struct net *net, __be32 addr)
{
	const struct net_device *dev = __ip_dev_find(net, addr, false);

	return dev && carp_is_carp(dev);
}

static int carp_unicast_send4(struct carp *carp, const struct carp_port *port,
			      __be32 peer, const u8 hdr[CARP_HDR_LEN])
{
	struct flowi4 fl4 = {
		.flowi4_oif = port->dev->ifindex,
		.flowi4_proto = CARP_PROTO,
		.daddr = peer,
	};
	struct sk_buff *skb;
	struct rtable *rt;
	struct iphdr *ip;
	int rc;

	rt = ip_route_output_key(carp->net, &fl4);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	if (rt->rt_type == RTN_LOCAL) {
		ip_rt_put(rt);
		return CARP_UNICAST_SELF;
	}

	if (!fl4.saddr || carp_unicast_virtual4(carp->net, fl4.saddr))
		fl4.saddr = carp_advert_source4(port, peer);
	rc = -EADDRNOTAVAIL;
	if (!fl4.saddr)
		goto err_route;
	rc = -ENOBUFS;
	skb = carp_unicast_skb(port->dev, &rt->dst, sizeof(*ip), hdr);
	if (!skb)
		goto err_route;

	ip = ip_hdr(skb);
	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->tos = carp_frame_tos(READ_ONCE(carp_net(carp->net)->dscp));
	ip->id = 0;
	ip->frag_off = htons(IP_DF);
	ip->ttl = CARP_TTL;
	ip->protocol = CARP_PROTO;
	ip->saddr = fl4.saddr;
	ip->daddr = peer;
	skb->protocol = htons(ETH_P_IP);
	skb_dst_set(skb, &rt->dst);
	rc = ip_local_out(carp->net, NULL, skb);
	return net_xmit_eval(rc);

err_route:
	ip_rt_put(rt);
	return rc;
}

/* of the parent itself: in the peer's subnet, else of the peer's scope */
static struct in6_addr carp_unicast_source6(const struct carp_port *port,
					    const struct in6_addr *peer)
{
	bool ll = ipv6_addr_type(peer) & IPV6_ADDR_LINKLOCAL;
	struct inet6_dev *idev = __in6_dev_get(port->dev);
	struct in6_addr addr = in6addr_any;
	const struct inet6_ifaddr *ifp;

	if (!idev)
		return addr;
	read_lock_bh(&idev->lock);
	list_for_each_entry(ifp, &idev->addr_list, if_list) {
		if (ifp->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED) ||
		    !!(ipv6_addr_type(&ifp->addr) & IPV6_ADDR_LINKLOCAL) != ll)
			continue;
		if (ipv6_prefix_equal(&ifp->addr, peer, ifp->prefix_len)) {
			addr = ifp->addr;
			break;
		}
		if (ipv6_addr_any(&addr))
			addr = ifp->addr;
	}
	read_unlock_bh(&idev->lock);
	return addr;
}

static int carp_unicast_send6(struct carp *carp, const struct carp_port *port,
			      const struct in6_addr *peer,
			      const u8 hdr[CARP_HDR_LEN])
{
	struct flowi6 fl6 = {
		.flowi6_oif = port->dev->ifindex,
		.flowi6_proto = CARP_PROTO,
		.daddr = *peer,
		.saddr = carp_unicast_source6(port, peer),
	};
	struct dst_entry *dst;
	struct ipv6hdr *ip6;
	struct sk_buff *skb;
	int rc;

	if (ipv6_chk_addr(carp->net, peer, port->dev, 0))
		return CARP_UNICAST_SELF;
	if (ipv6_addr_any(&fl6.saddr))
		return -EADDRNOTAVAIL;

	dst = ip6_route_output_flags(carp->net, NULL, &fl6, RT6_LOOKUP_F_IFACE);
	rc = dst->error;
	if (rc)
		goto err_route;
	rc = -ENOBUFS;
	skb = carp_unicast_skb(port->dev, dst, sizeof(*ip6), hdr);
	if (!skb)
		goto err_route;

	ip6 = ipv6_hdr(skb);
	ip6_flow_hdr(ip6, carp_frame_tos(READ_ONCE(carp_net(carp->net)->dscp)),
		     0);
	ip6->payload_len = htons(CARP_HDR_LEN);
	ip6->nexthdr = CARP_PROTO;
	ip6->hop_limit = CARP_TTL;
	ip6->saddr = fl6.saddr;
	ip6->daddr = *peer;
	skb->protocol = htons(ETH_P_IPV6);
	skb_dst_set(skb, dst);
	rc = ip6_local_out(carp->net, NULL, skb);
	return net_xmit_eval(rc);

err_route:
	dst_release(dst);
	return rc;
}

/**
 * carp_unicast_send - an advert to each peer of a family
 * @carp: the device
 * @port: its port
 * @family: AF_INET or AF_INET6
 * @hdr: the advert
 *
 * A list may hold our own address, so that all hosts can have the same one.
 * One peer that cannot be reached is no problem of ours, all of them are.
 *
 * Caller: carp_run(); any context.
 * Return: 0 or a negative errno.
 */
int carp_unicast_send(struct carp *carp, const struct carp_port *port,
		      int family, const u8 hdr[CARP_HDR_LEN])
{
	const struct carp_peers *peers = rcu_dereference(carp->peers);
	unsigned int failed = 0;
	unsigned int others = 0;
	int err = 0;
	unsigned int i, n;
	int rc;

	n = family == AF_INET ? peers->n4 : peers->n6;
	for (i = 0; i < n; i++) {
		rc = family == AF_INET ?
		     carp_unicast_send4(carp, port, peers->v4[i], hdr) :
		     carp_unicast_send6(carp, port, &peers->v6[i], hdr);
		if (rc == CARP_UNICAST_SELF)
			continue;
		others++;
		if (rc) {
			failed++;
			err = rc > 0 ? -ENOBUFS : rc;
		}
	}
	return others && failed == others ? err : 0;
}

/**
 * carp_unicast_teach - have switches learn where the virtual MAC is
 * @carp: the device
 * @auth: what was advertised
 *
 * A multicast advert does so by its Ethernet source; a unicast one comes from
 * the parent's own MAC. If all were of that kind, a reverse ARP request goes
 * along, once a second at most: it reaches every switch and means nothing to
 * hosts, so that it can neither undo what arpbalance has dealt out nor wake the
 * neighbour tables of a large segment.
 *
 * Caller: carp_run().
 */
void carp_unicast_teach(struct carp *carp, const struct carp_auth *auth)
{
	u8 frame[CARP_FRAME_ARP_LEN];
	u64 now;

	if ((auth->n4 && !carp_peer_any(carp, AF_INET)) ||
	    (auth->n6 && !carp_peer_any(carp, AF_INET6)))
		return;

	now = ktime_get_boottime_ns();
	if (carp->taught && now - carp->taught < NSEC_PER_SEC - NSEC_PER_MSEC)
		return;
	carp->taught = now;
	carp_frame_rarp(frame, carp->dev->dev_addr);
	carp_send_reply(carp, frame, sizeof(frame), htons(ETH_P_RARP));
}

static int carp_unicast_rx4(struct sk_buff *skb)
{
	const struct rtable *rt = skb_rtable(skb);
	const struct iphdr *ip = ip_hdr(skb);

	if (skb->pkt_type == PACKET_HOST && rt && rt->rt_type == RTN_LOCAL)
		carp_advert_unicast4(dev_net(skb->dev), IPCB(skb)->iif, skb, ip);
	consume_skb(skb);
	return 0;
}

static int carp_unicast_rx6(struct sk_buff *skb)
{
	const struct ipv6hdr *ip6 = ipv6_hdr(skb);

	if (skb->pkt_type == PACKET_HOST &&
	    !ipv6_addr_is_multicast(&ip6->daddr))
		carp_advert_unicast6(dev_net(skb->dev), inet6_iif(skb), skb,
				     ip6);
	consume_skb(skb);
	return 0;
}

static const struct net_protocol carp_unicast_proto4 = {
	.handler = carp_unicast_rx4,
};

static const struct inet6_protocol carp_unicast_proto6 = {
	.handler = carp_unicast_rx6,
	.flags = INET6_PROTO_FINAL,
};

/**
 * carp_unicast_register - start to hear unicast adverts
 *
 * Return: 0 or -EBUSY.
 */
int carp_unicast_register(void)
{
	if (inet_add_protocol(&carp_unicast_proto4, CARP_PROTO))
		return -EBUSY;
	if (inet6_add_protocol(&carp_unicast_proto6, CARP_PROTO)) {
		inet_del_protocol(&carp_unicast_proto4, CARP_PROTO);
		return -EBUSY;
	}
	return 0;
}

/**
 * carp_unicast_unregister - stop to hear them
 */
void carp_unicast_unregister(void)
{
	inet6_del_protocol(&carp_unicast_proto6, CARP_PROTO);
	inet_del_protocol(&carp_unicast_proto4, CARP_PROTO);
}
