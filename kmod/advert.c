// SPDX-License-Identifier: GPL-2.0-only
/*
 * Adverts: sending ours.
 */
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/pkt_sched.h>

#include "carp.h"

/**
 * carp_advert_source4 - an IPv4 address of the parent itself
 * @port: the parent's port
 * @near: prefer an address whose subnet contains this one
 *
 * Caller: RCU.
 * Return: the address, 0.0.0.0 if it has none; never a virtual one.
 */
__be32 carp_advert_source4(const struct carp_port *port, __be32 near)
{
	struct in_device *in_dev = __in_dev_get_rcu(port->dev);
	const struct in_ifaddr *ifa;
	__be32 addr = 0;

	if (!in_dev)
		return 0;
	in_dev_for_each_ifa_rcu(ifa, in_dev) {
		if (ifa->ifa_flags & IFA_F_SECONDARY)
			continue;
		if (inet_ifa_match(near, ifa))
			return ifa->ifa_local;
		if (!addr)
			addr = ifa->ifa_local;
	}
	return addr;
}

/**
 * carp_advert_source6 - an IPv6 address of the parent itself
 * @port: the parent's port
 *
 * Caller: RCU.
 * Return: the address, link-local if possible; :: if it has none.
 */
struct in6_addr carp_advert_source6(const struct carp_port *port)
{
	struct inet6_dev *idev = __in6_dev_get(port->dev);
	struct in6_addr addr = in6addr_any;
	const struct inet6_ifaddr *ifp;

	if (!idev)
		return addr;
	read_lock_bh(&idev->lock);
	list_for_each_entry(ifp, &idev->addr_list, if_list) {
		if (ifp->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED))
			continue;
		addr = ifp->addr;
		if (ipv6_addr_type(&addr) & IPV6_ADDR_LINKLOCAL)
			break;
	}
	read_unlock_bh(&idev->lock);
	return addr;
}

/**
 * carp_advert_near - an address of ours, so that the source can be in its subnet
 * @carp: the device
 *
 * Caller: RCU.
 * Return: its first IPv4 address, 0.0.0.0 if it has none.
 */
__be32 carp_advert_near(const struct carp *carp)
{
	struct in_device *in_dev = __in_dev_get_rcu(carp->dev);
	const struct in_ifaddr *ifa;

	ifa = in_dev ? rcu_dereference(in_dev->ifa_list) : NULL;
	return ifa ? ifa->ifa_local : 0;
}

/*
 * What a parent that is being set down has queued is thrown away, so the last
 * frame goes around the queue. Not otherwise: frames that it overtook would
 * teach switches our port once more, when another host is MASTER already.
 * Return: the frame is gone; if not, it is still the caller's.
 */
static bool carp_send_direct(struct sk_buff *skb)
{
	const struct netdev_queue *txq = netdev_get_tx_queue(skb->dev, 0);
	struct sk_buff *copy;

	/* without a queue there is nothing to go around */
	if (!rcu_dereference_bh(txq->qdisc)->enqueue)
		return false;

	copy = skb_clone(skb, GFP_ATOMIC);
	if (!copy || dev_direct_xmit(copy, 0) != NETDEV_TX_OK)
		return false;
	consume_skb(skb);
	return true;
}

/**
 * carp_send_frame - send a frame through the parent
 * @carp: the device
 * @frame: the whole frame
 * @len: its length
 * @proto: its ethertype
 *
 * Caller: RCU; any context.
 * Return: 0 or a negative errno.
 */
int carp_send_frame(struct carp *carp, const u8 *frame, unsigned int len,
		    __be16 proto)
{
	struct carp_port *port = rcu_dereference(carp->port);
	struct net_device *parent;
	struct sk_buff *skb;
	int rc;

	if (!port)
		return -ENODEV;
	parent = port->dev;

	skb = alloc_skb(LL_RESERVED_SPACE(parent) + len +
			parent->needed_tailroom, GFP_ATOMIC);
	if (!skb)
		return -ENOBUFS;

	skb_reserve(skb, LL_RESERVED_SPACE(parent) - ETH_HLEN);
	skb_reset_mac_header(skb);
	skb_put_data(skb, frame, len);
	skb_set_network_header(skb, ETH_HLEN);
	skb->protocol = proto;
	skb->priority = TC_PRIO_CONTROL;
	skb->dev = parent;

	if (READ_ONCE(carp->parent_leaving) && carp_send_direct(skb))
		return 0;
	rc = dev_queue_xmit(skb);
	return net_xmit_eval(rc) ? -ENOBUFS : 0;
}

/**
 * carp_send_reply - send a frame that nobody waits for, and count if it fails
 * @carp: the device
 * @frame: the whole frame
 * @len: its length
 * @proto: its ethertype
 *
 * Caller: RCU; any context.
 */
void carp_send_reply(struct carp *carp, const u8 *frame, unsigned int len,
		     __be16 proto)
{
	if (carp_send_frame(carp, frame, len, proto))
		carp_count(carp, CARP_XSTATS_REPLY_ERRORS);
}

static int carp_advert_send4(struct carp *carp, const struct carp_port *port,
			     const u8 hdr[CARP_HDR_LEN])
{
	u8 frame[CARP_FRAME_ADVERT4_LEN];
	__be32 src;

	src = carp_advert_source4(port, carp_advert_near(carp));
	carp_frame_advert4(frame, carp->dev->dev_addr, carp_mcast4_mac,
			   (const u8 *)&src, carp_mcast4_addr, 0,
			   READ_ONCE(carp_net(carp->net)->dscp), hdr);
	return carp_send_frame(carp, frame, sizeof(frame), htons(ETH_P_IP));
}

static int carp_advert_send6(struct carp *carp, const struct carp_port *port,
			     const u8 hdr[CARP_HDR_LEN])
{
	u8 frame[CARP_FRAME_ADVERT6_LEN];
	struct in6_addr src;

	src = carp_advert_source6(port);
	carp_frame_advert6(frame, carp->dev->dev_addr, carp_mcast6_mac,
			   src.s6_addr, carp_mcast6_addr,
			   READ_ONCE(carp_net(carp->net)->dscp), hdr);
	return carp_send_frame(carp, frame, sizeof(frame), htons(ETH_P_IPV6));
}

static void carp_advert_sign(struct carp *carp, const struct carp_auth *auth,
			     struct carp_advert *adv, u8 hdr[CARP_HDR_LEN])
{
	spin_lock_bh(&carp->lock);
	put_unaligned_be64(++carp->counter, adv->counter);
	spin_unlock_bh(&carp->lock);

	carp_digest_sign(&auth->own.orig, adv->counter, adv->mac);
	carp_wire_encode(adv, hdr);
}

/* what is said now is what a change of demotion is measured by */
static u8 carp_advert_skew(struct carp *carp)
{
	u8 skew;

	spin_lock_bh(&carp->lock);
	skew = carp_demote_skew(carp);
	carp->said_skew = skew;
	spin_unlock_bh(&carp->lock);
	return skew;
}

/* in every family that has addresses */
static int carp_advert_send_as(struct carp *carp, struct carp_auth *auth,
			       bool bow_out)
{
	const struct carp_port *port = rcu_dereference(carp->port);
	struct carp_advert adv = {
		.version = CARP_VERSION,
		.type = CARP_TYPE_ADVERT,
		.vhid = carp->vhid,
		.authlen = CARP_AUTHLEN,
		.advbase = bow_out ? CARP_BOW_OUT : READ_ONCE(carp->advbase),
		.advskew = bow_out ? CARP_BOW_OUT : carp_advert_skew(carp),
	};
	u8 hdr[CARP_HDR_LEN];
	int err4 = 0;
	int err6 = 0;

	if (!port)
		return 0;

	if (auth->n4) {
		carp_advert_sign(carp, auth, &adv, hdr);
		err4 = carp_peer_any(carp, AF_INET) ?
		       carp_unicast_send(carp, port, AF_INET, hdr) :
		       carp_advert_send4(carp, port, hdr);
		carp_count(carp, err4 ? CARP_XSTATS_TX_ERRORS :
					CARP_XSTATS_TX4);
	}
	if (auth->n6) {
		carp_advert_sign(carp, auth, &adv, hdr);
		err6 = carp_peer_any(carp, AF_INET6) ?
		       carp_unicast_send(carp, port, AF_INET6, hdr) :
		       carp_advert_send6(carp, port, hdr);
		carp_count(carp, err6 ? CARP_XSTATS_TX_ERRORS :
					CARP_XSTATS_TX6);
	}
	return err4 ? : err6;
}

/**
 * carp_advert_send - advertise
 * @carp: the device
 *
 * Caller: carp_run().
 */
void carp_advert_send(struct carp *carp)
{
	struct carp_auth *auth = rcu_dereference(carp->auth);
	int err;

	if (!auth)
		return;
	err = carp_advert_send_as(carp, auth, false);
	carp_unicast_teach(carp, auth);
	carp_auth_said(auth);
	carp_demote_sent(carp, !err);
}

/**
 * carp_advert_bow_out - say that we resign
 * @carp: the device
 *
 * In the words that the others understand: a list that was never advertised
 * is one that nobody else may have.
 *
 * Caller: carp_run().
 */
void carp_advert_bow_out(struct carp *carp)
{
	struct carp_auth *before = carp_auth_before(carp);
	struct carp_auth *auth = rcu_dereference(carp->auth);

	if (before)
		carp_advert_send_as(carp, before, true);
	if (auth && (auth->said || !before))
		carp_advert_send_as(carp, auth, true);
}
