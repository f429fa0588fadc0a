// SPDX-License-Identifier: GPL-2.0-only
/*
 * Adverts: receiving those of others.
 */
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <net/addrconf.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "carp.h"

/* how many of our last adverts an echo may be of */
#define CARP_ECHO_WINDOW 256

/**
 * struct carp_seen - an advert and where it came from
 * @adv: the advert
 * @family: AF_INET or AF_INET6
 * @src: source address, network order
 * @dst: our address that it was sent to, NULL: to the group
 * @len: length of an address
 */
struct carp_seen {
	struct carp_advert adv;
	int family;
	const u8 *src;
	const u8 *dst;
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

/* where a peer sends to is what it knows us by */
static void carp_advert_sources(const struct carp *carp,
				const struct carp_port *port,
				const struct carp_seen *seen,
				struct carp_sources *ours)
{
	ours->v4 = carp_advert_source4(port, carp_advert_near(carp));
	ours->v6 = carp_advert_source6(port);
	if (seen->dst && seen->family == AF_INET)
		memcpy(&ours->v4, seen->dst, 4);
	else if (seen->dst)
		memcpy(&ours->v6, seen->dst, 16);
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
			       const struct carp_seen *seen,
			       enum carp_match match)
{
	const struct carp_auth *auth = rcu_dereference(carp->auth);
	const struct carp_peer peer = {
		.advbase = seen->adv.advbase,
		.advskew = seen->adv.advskew,
		.demote = seen->adv.demote,
	};
	struct carp_decision decision;
	enum carp_tie tie = CARP_TIE_STAY;
	struct carp_origin origin;
	struct carp_self self;
	bool equal;

	carp_origin_set(&origin, seen->family, seen->src);
	spin_lock_bh(&carp->lock);
	carp_state_self(carp, ktime_get_boottime_ns(), &self);

	equal = self.state == CARP_STATE_MASTER && !peer.demote &&
		self.advbase == peer.advbase &&
		self.advskew_eff == peer.advskew;
	if (equal)
		tie = carp_advert_tie(carp, ours, auth, seen);

	/* a step to MASTER forgets it */
	carp->heard_as = match;
	decision = carp_election_advert(&self, &peer, tie);
	carp_wait_heard(carp, &peer, &origin, decision.action);
	if (decision.action == CARP_ACT_LISTEN ||
	    decision.action == CARP_ACT_WAIT)
		carp_census_heard(carp, &peer);
	carp_state_elected(carp, &decision, &origin);
	if (equal || carp->state == CARP_STATE_BACKUP) {
		if (seen->family == AF_INET)
			memcpy(&carp->master4, seen->src, 4);
		else
			memcpy(&carp->master6, seen->src, 16);
	}
	spin_unlock_bh(&carp->lock);
	carp_run(carp);
}

static const int carp_advert_counters[] = {
	[CARP_WIRE_BADTTL] = CARP_XSTATS_PARENT_BADTTL,
	[CARP_WIRE_BADLEN] = CARP_XSTATS_PARENT_BADLEN,
	[CARP_WIRE_BADSUM] = CARP_XSTATS_PARENT_BADSUM,
};

/* an advert that names a device; what remains are its own checks */
static void carp_advert_check(struct carp *carp, struct carp_port *port,
			      const struct carp_seen *seen)
{
	struct carp_sources ours;
	enum carp_match match;

	if (READ_ONCE(carp->state) == CARP_STATE_INIT) {
		carp_count(carp, CARP_XSTATS_INIT);
		return;
	}
	if (seen->adv.version != CARP_VERSION) {
		carp_stats_refuse(carp, CARP_XSTATS_BADVER, seen->family,
				  seen->src);
		return;
	}
	match = carp_match_verify(carp, &seen->adv);
	if (!match) {
		carp_stats_refuse(carp, CARP_XSTATS_BADAUTH, seen->family,
				  seen->src);
		return;
	}
	carp_advert_sources(carp, port, seen, &ours);
	if (carp_advert_is_echo(carp, &ours, seen)) {
		carp_stats_refuse(carp, CARP_XSTATS_LOOP, seen->family,
				  seen->src);
		return;
	}

	carp_count(carp, seen->family == AF_INET ? CARP_XSTATS_RX4 :
						   CARP_XSTATS_RX6);
	carp_advert_accept(carp, &ours, seen, match);
}

/* checks in the order of the BSDs, so that counters compare */
static void carp_advert_rx(struct carp_port *port, struct carp_seen *seen,
			   u8 ttl, const u8 *p, size_t len)
{
	enum carp_wire_error err;
	struct carp *carp;

	err = carp_wire_decode(p, len, ttl, &seen->adv);
	if (err) {
		carp_stats_refuse_port(port, carp_advert_counters[err],
				       seen->family, seen->src);
		return;
	}

	carp = rcu_dereference(port->vhid[seen->adv.vhid]);
	if (!carp) {
		carp_stats_refuse_port(port, CARP_XSTATS_PARENT_BADVHID,
				       seen->family, seen->src);
		return;
	}
	carp_advert_check(carp, port, seen);
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

/* the port of a parent that a packet came in by, NULL: it is none */
static struct carp_port *carp_advert_port(struct net *net, int iif)
{
	struct carp_port *port;

	list_for_each_entry_rcu(port, &carp_net(net)->ports, list)
		if (port->dev->ifindex == iif)
			return port;
	return NULL;
}

/*
 * The device that has this peer: on the parent where the advert came in if
 * there is one, else on any, since routes need not be symmetric.
 */
static struct carp *carp_advert_whose(struct net *net, struct carp_port *in,
				      const struct carp_seen *seen)
{
	struct carp *found = NULL;
	struct carp_port *port;
	struct carp *carp;

	list_for_each_entry_rcu(port, &carp_net(net)->ports, list) {
		carp = rcu_dereference(port->vhid[seen->adv.vhid]);
		if (!carp || !carp_peer_listed(carp, seen->family, seen->src))
			continue;
		if (port == in)
			return carp;
		if (!found)
			found = carp;
	}
	return found;
}

/* does a peer live in a subnet of the parent, so that no router is between? */
static bool carp_advert_near_peer(const struct carp_port *port,
				  const struct carp_seen *seen)
{
	const struct in_device *in_dev = __in_dev_get_rcu(port->dev);
	const struct in_ifaddr *ifa;
	struct in6_addr src6;
	__be32 src4;

	if (seen->family == AF_INET6) {
		memcpy(&src6, seen->src, sizeof(src6));
		return ipv6_chk_prefix(&src6, port->dev);
	}
	memcpy(&src4, seen->src, sizeof(src4));
	if (in_dev)
		in_dev_for_each_ifa_rcu(ifa, in_dev)
			if (inet_ifa_match(src4, ifa))
				return true;
	return false;
}

static void carp_advert_unicast(struct net *net, int iif,
				struct carp_seen *seen, u8 ttl,
				const struct sk_buff *skb)
{
	struct carp_port *in = carp_advert_port(net, iif);
	enum carp_wire_error err;
	u8 buf[CARP_HDR_LEN];
	struct carp *carp;
	const u8 *p;
	u32 len;

	if (!READ_ONCE(carp_net(net)->allow)) {
		if (in)
			carp_advert_allowed(in);
		return;
	}

	len = min_t(u32, skb->len, CARP_HDR_LEN);
	p = skb_header_pointer(skb, 0, len, buf);
	if (!p)
		return;
	/* whether the TTL will do depends on whose it is */
	err = carp_wire_decode(p, len, CARP_TTL, &seen->adv);
	if (err) {
		if (in)
			carp_stats_refuse_port(in, carp_advert_counters[err],
					       seen->family, seen->src);
		return;
	}

	carp = carp_advert_whose(net, in, seen);
	if (carp) {
		struct carp_port *port = rcu_dereference(carp->port);

		if (!port)
			return;
		if (ttl != CARP_TTL && carp_advert_near_peer(port, seen))
			carp_stats_refuse_port(port, CARP_XSTATS_PARENT_BADTTL,
					       seen->family, seen->src);
		else
			carp_advert_check(carp, port, seen);
		return;
	}

	if (!in)
		return;
	carp = rcu_dereference(in->vhid[seen->adv.vhid]);
	if (carp)
		carp_stats_refuse(carp, CARP_XSTATS_NOT_PEER, seen->family,
				  seen->src);
	else
		carp_stats_refuse_port(in, CARP_XSTATS_PARENT_BADVHID,
				       seen->family, seen->src);
}

/**
 * carp_advert_unicast4 - protocol 112 to an address of this host
 * @net: the namespace
 * @iif: index of the interface where it came in
 * @skb: the packet, at its transport header; stays the caller's
 * @ip: its header
 *
 * Caller: RCU, softirq, behind IP and the packet filter.
 */
void carp_advert_unicast4(struct net *net, int iif, const struct sk_buff *skb,
			  const struct iphdr *ip)
{
	struct carp_seen seen = {
		.family = AF_INET,
		.src = (const u8 *)&ip->saddr,
		.dst = (const u8 *)&ip->daddr,
		.len = 4,
	};

	carp_advert_unicast(net, iif, &seen, ip->ttl, skb);
}

/**
 * carp_advert_unicast6 - protocol 112 to an address of this host
 * @net: the namespace
 * @iif: index of the interface where it came in
 * @skb: the packet, at its transport header; stays the caller's
 * @ip6: its header
 *
 * Caller: RCU, softirq, behind IP and the packet filter.
 */
void carp_advert_unicast6(struct net *net, int iif, const struct sk_buff *skb,
			  const struct ipv6hdr *ip6)
{
	struct carp_seen seen = {
		.family = AF_INET6,
		.src = ip6->saddr.s6_addr,
		.dst = ip6->daddr.s6_addr,
		.len = 16,
	};

	carp_advert_unicast(net, iif, &seen, ip6->hop_limit, skb);
}
