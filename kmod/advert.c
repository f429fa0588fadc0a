// SPDX-License-Identifier: GPL-2.0-only
/*
 * Adverts: sending ours, receiving theirs.
 */
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/ipv6.h>
#include <net/pkt_sched.h>

#include "carp.h"

/* how many of our last adverts an echo may be of */
#define CARP_ECHO_WINDOW 256

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

/* of the parent itself, link-local if possible; :: if it has none */
static struct in6_addr carp_advert_source6(const struct carp_port *port)
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

/* an address of ours, so that the source can be in its subnet */
static __be32 carp_advert_near(const struct carp *carp)
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

static int carp_advert_send4(struct carp *carp, const struct carp_port *port,
			     const u8 hdr[CARP_HDR_LEN])
{
	u8 frame[CARP_FRAME_ADVERT4_LEN];
	__be32 src;

	src = carp_advert_source4(port, carp_advert_near(carp));
	carp_frame_advert4(frame, carp->dev->dev_addr, carp_mcast4_mac,
			   (const u8 *)&src, carp_mcast4_addr, 0, hdr);
	return carp_send_frame(carp, frame, sizeof(frame), htons(ETH_P_IP));
}

static int carp_advert_send6(struct carp *carp, const struct carp_port *port,
			     const u8 hdr[CARP_HDR_LEN])
{
	u8 frame[CARP_FRAME_ADVERT6_LEN];
	struct in6_addr src;

	src = carp_advert_source6(port);
	carp_frame_advert6(frame, carp->dev->dev_addr, carp_mcast6_mac,
			   src.s6_addr, carp_mcast6_addr, hdr);
	return carp_send_frame(carp, frame, sizeof(frame), htons(ETH_P_IPV6));
}

static void carp_advert_sign(struct carp *carp, const struct carp_auth *auth,
			     struct carp_advert *adv, u8 hdr[CARP_HDR_LEN])
{
	spin_lock_bh(&carp->lock);
	put_unaligned_be64(++carp->counter, adv->counter);
	spin_unlock_bh(&carp->lock);

	carp_digest_sign(&auth->orig, adv->counter, adv->mac);
	carp_wire_encode(adv, hdr);
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
		.advskew = bow_out ? CARP_BOW_OUT : carp_demote_skew(carp),
	};
	u8 hdr[CARP_HDR_LEN];
	int err4 = 0;
	int err6 = 0;

	if (!port)
		return 0;

	if (auth->n4) {
		carp_advert_sign(carp, auth, &adv, hdr);
		err4 = carp_advert_send4(carp, port, hdr);
		carp_count(carp, err4 ? CARP_XSTATS_TX_ERRORS :
					CARP_XSTATS_TX4);
	}
	if (auth->n6) {
		carp_advert_sign(carp, auth, &adv, hdr);
		err6 = carp_advert_send6(carp, port, hdr);
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

/**
 * struct carp_seen - an advert and where it came from
 * @adv: the advert
 * @family: AF_INET or AF_INET6
 * @src: source address, network order
 * @len: its length
 */
struct carp_seen {
	struct carp_advert adv;
	int family;
	const u8 *src;
	size_t len;
};

/**
 * struct carp_sources - the addresses that our adverts come from
 * @v4: 0.0.0.0 if the parent has none
 * @v6: :: if the parent has none
 */
struct carp_sources {
	__be32 v4;
	struct in6_addr v6;
};

static void carp_advert_sources(const struct carp *carp,
				const struct carp_port *port,
				struct carp_sources *ours)
{
	ours->v4 = carp_advert_source4(port, carp_advert_near(carp));
	ours->v6 = carp_advert_source6(port);
}

static bool carp_advert_is_echo(const struct carp *carp,
				const struct carp_sources *ours,
				const struct carp_seen *seen)
{
	u64 behind = READ_ONCE(carp->counter) -
		     get_unaligned_be64(seen->adv.counter);

	if (behind >= CARP_ECHO_WINDOW)
		return false;
	if (seen->family == AF_INET)
		return !memcmp(seen->src, &ours->v4, seen->len);
	return !memcmp(seen->src, &ours->v6, seen->len);
}

/* only equal adverts make a tie; see core/election.h for the rules */
static enum carp_tie carp_advert_tie(struct carp *carp,
				     const struct carp_sources *ours,
				     const struct carp_auth *auth,
				     const struct carp_seen *seen)
{
	bool is4 = seen->family == AF_INET;
	struct carp_tie_view view = {
		.ours = is4 ? (const u8 *)&ours->v4 : ours->v6.s6_addr,
		.theirs = seen->src,
		.len = seen->len,
		.own_adverts = max(carp->tie_adverts, 0),
	};
	__be32 theirs4 = carp->master4;

	if (is4)
		memcpy(&theirs4, seen->src, 4);
	view.family_decides = is4 == (auth->n4 &&
				      (!auth->n6 || (ours->v4 && theirs4)));
	if (carp->tie_adverts < 0)
		carp->tie_adverts = 0;
	return carp_election_tie(&view);
}

/* a verified advert: let the election decide */
static void carp_advert_accept(struct carp *carp,
			       const struct carp_sources *ours,
			       const struct carp_seen *seen)
{
	const struct carp_auth *auth = rcu_dereference(carp->auth);
	const struct carp_peer peer = {
		.advbase = seen->adv.advbase,
		.advskew = seen->adv.advskew,
	};
	struct carp_decision decision;
	enum carp_tie tie = CARP_TIE_STAY;
	struct carp_self self;
	bool equal;

	spin_lock_bh(&carp->lock);
	self.state = carp->state;
	self.advbase = carp->advbase;
	self.advskew = carp->advskew;
	self.advskew_eff = carp_demote_skew(carp);
	self.preempt = carp_state_preempts(carp);

	equal = self.state == CARP_STATE_MASTER &&
		self.advbase == peer.advbase &&
		self.advskew_eff == peer.advskew;
	if (equal)
		tie = carp_advert_tie(carp, ours, auth, seen);

	decision = carp_election_advert(&self, &peer, tie);
	carp_state_elected(carp, &decision);
	if (equal || carp->state == CARP_STATE_BACKUP) {
		if (seen->family == AF_INET)
			memcpy(&carp->master4, seen->src, 4);
		else
			memcpy(&carp->master6, seen->src, 16);
	}
	spin_unlock_bh(&carp->lock);
	carp_run(carp);
}

/* checks in the order of the BSDs, so that counters compare */
static void carp_advert_rx(struct carp_port *port, struct carp_seen *seen,
			   u8 ttl, const u8 *p, size_t len)
{
	static const int counters[] = {
		[CARP_WIRE_BADTTL] = CARP_XSTATS_PARENT_BADTTL,
		[CARP_WIRE_BADLEN] = CARP_XSTATS_PARENT_BADLEN,
		[CARP_WIRE_BADSUM] = CARP_XSTATS_PARENT_BADSUM,
	};
	struct carp_sources ours;
	enum carp_wire_error err;
	struct carp *carp;

	err = carp_wire_decode(p, len, ttl, &seen->adv);
	if (err) {
		carp_stats_refuse_port(port, counters[err], seen->family,
				       seen->src);
		return;
	}

	carp = rcu_dereference(port->vhid[seen->adv.vhid]);
	if (!carp) {
		carp_stats_refuse_port(port, CARP_XSTATS_PARENT_BADVHID,
				       seen->family, seen->src);
		return;
	}
	if (READ_ONCE(carp->state) == CARP_STATE_INIT) {
		carp_count(carp, CARP_XSTATS_INIT);
		return;
	}
	if (seen->adv.version != CARP_VERSION) {
		carp_stats_refuse(carp, CARP_XSTATS_BADVER, seen->family,
				  seen->src);
		return;
	}
	if (!carp_auth_verify(carp, &seen->adv)) {
		carp_stats_refuse(carp, CARP_XSTATS_BADAUTH, seen->family,
				  seen->src);
		return;
	}
	carp_advert_sources(carp, port, &ours);
	if (carp_advert_is_echo(carp, &ours, seen)) {
		carp_stats_refuse(carp, CARP_XSTATS_LOOP, seen->family,
				  seen->src);
		return;
	}

	carp_count(carp, seen->family == AF_INET ? CARP_XSTATS_RX4 :
						   CARP_XSTATS_RX6);
	carp_advert_accept(carp, &ours, seen);
}

static bool carp_advert_allowed(struct carp_port *port)
{
	if (READ_ONCE(carp_net(port->net)->allow))
		return true;
	atomic64_inc(&port->stats[CARP_XSTATS_PARENT_NOT_ALLOWED]);
	return false;
}

/**
 * carp_advert_rx4 - protocol 112 to 224.0.0.18
 * @port: the parent's port
 * @skb: the packet, which stays the caller's
 * @ip: its header
 *
 * Caller: RCU, softirq. Read where frames enter, before IP looks at them: a
 * host whose packet filter or rp_filter drops adverts would be MASTER too.
 */
void carp_advert_rx4(struct carp_port *port, const struct sk_buff *skb,
		     const struct iphdr *ip)
{
	u32 total = ntohs(ip->tot_len);
	u32 hlen = ip->ihl * 4;
	struct carp_seen seen = {
		.family = AF_INET,
		.src = (const u8 *)&ip->saddr,
		.len = 4,
	};
	u8 buf[CARP_HDR_LEN];
	u8 options[60];
	const u8 *p;
	u32 len;

	if (!carp_advert_allowed(port))
		return;
	if (ip_is_fragment(ip)) {
		carp_stats_refuse_port(port, CARP_XSTATS_PARENT_FRAGMENT,
				       AF_INET, seen.src);
		return;
	}

	p = hlen >= sizeof(*ip) ? skb_header_pointer(skb, 0, hlen, options) :
				  NULL;
	if (!p || total < hlen || total > skb->len)
		goto err_len;
	/* IP counts and drops it; nothing in it can be trusted */
	if (ip_fast_csum(p, ip->ihl))
		return;

	len = min_t(u32, total - hlen, CARP_HDR_LEN);
	p = skb_header_pointer(skb, hlen, len, buf);
	if (!p)
		goto err_len;
	carp_advert_rx(port, &seen, ip->ttl, p, len);
	return;

err_len:
	carp_stats_refuse_port(port, CARP_XSTATS_PARENT_BADLEN, AF_INET,
			       seen.src);
}

/* a fragment may hide anything; count those that hide an advert */
static void carp_advert_fragment6(struct carp_port *port,
				  const struct sk_buff *skb,
				  const struct carp_seen *seen)
{
	const struct frag_hdr *frag;
	struct frag_hdr buf;

	frag = skb_header_pointer(skb, sizeof(struct ipv6hdr), sizeof(buf),
				  &buf);
	if (frag && frag->nexthdr == CARP_PROTO)
		carp_stats_refuse_port(port, CARP_XSTATS_PARENT_FRAGMENT,
				       AF_INET6, seen->src);
}

/**
 * carp_advert_rx6 - protocol 112 to ff02::12
 * @port: the parent's port
 * @skb: the packet, which stays the caller's
 * @ip6: its header
 *
 * Caller: RCU, softirq.
 */
void carp_advert_rx6(struct carp_port *port, const struct sk_buff *skb,
		     const struct ipv6hdr *ip6)
{
	u32 payload = ntohs(ip6->payload_len);
	struct carp_seen seen = {
		.family = AF_INET6,
		.src = ip6->saddr.s6_addr,
		.len = 16,
	};
	u8 buf[CARP_HDR_LEN];
	const u8 *p = NULL;
	u32 len;

	if (!carp_advert_allowed(port))
		return;
	if (ip6->nexthdr == NEXTHDR_FRAGMENT) {
		carp_advert_fragment6(port, skb, &seen);
		return;
	}

	len = min_t(u32, payload, CARP_HDR_LEN);
	if (payload <= skb->len - sizeof(*ip6))
		p = skb_header_pointer(skb, sizeof(*ip6), len, buf);
	if (!p) {
		carp_stats_refuse_port(port, CARP_XSTATS_PARENT_BADLEN,
				       AF_INET6, seen.src);
		return;
	}
	carp_advert_rx(port, &seen, ip6->hop_limit, p, len);
}
