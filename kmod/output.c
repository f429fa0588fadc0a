// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets that hold on to a virtual address when this host is not MASTER.
 *
 * A socket that was bound while we were stays bound, and so does the
 * connection of a client; neither is aborted, since the address may well come
 * back before they miss it. Until then they are silent: the gate stops only
 * what is looked up anew, but the kernel lets a socket send from every address
 * that is configured.
 *
 * They also must not catch what a client sends to the present MASTER through
 * this host. "Early demux" finds the socket before there is a route, and what
 * has a socket is not forwarded. Hence such packets get their route first.
 */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/mutex.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <net/addrconf.h>
#include <net/ip6_route.h>
#include <net/route.h>

#include "carp.h"

/* serializes changes of carp_net.output and carp_net.forward */
static DEFINE_MUTEX(carp_output_mutex);

/* Return: the device that has @addr, which is not local here */
static struct carp *carp_output_closed4(struct net *net, __be32 addr)
{
	struct net_device *dev = __ip_dev_find(net, addr, false);
	struct carp *carp;

	if (likely(!dev || !carp_is_carp(dev)))
		return NULL;
	carp = netdev_priv(dev);
	/* another device may have it as well */
	if (carp_is_master(carp) ||
	    inet_addr_type_dev_table(net, dev, addr) == RTN_LOCAL)
		return NULL;
	return carp;
}

static bool carp_output_opens6(const struct net_device *dev)
{
	return !carp_is_carp(dev) || carp_is_master(netdev_priv(dev));
}

/*
 * @addr is tentative, or for the moment that passes between setting a device up
 * and closing its gate it is not: one of ours, or elsewhere still under test.
 */
static struct carp *carp_output_find6(struct net *net,
				      const struct in6_addr *addr)
{
	struct net_device *dev;
	struct carp *found = NULL;

	for_each_netdev_rcu(net, dev) {
		if (!carp_output_opens6(dev)) {
			if (ipv6_chk_addr_and_flags(net, addr, dev, false, 1,
						    0))
				found = netdev_priv(dev);
		} else if (ipv6_chk_addr_and_flags(net, addr, dev, false, 1,
						   IFA_F_TENTATIVE)) {
			return NULL;
		}
	}
	return found;
}

static struct carp *carp_output_closed6(struct net *net,
					const struct in6_addr *addr)
{
	const struct net_device *dev = ipv6_dev_find(net, addr, NULL);

	if (likely(dev && carp_output_opens6(dev)))
		return NULL;
	if (!dev && (ipv6_addr_any(addr) ||
		     !ipv6_chk_addr_and_flags(net, addr, NULL, true, 1, 0)))
		return NULL;
	return carp_output_find6(net, addr);
}

static unsigned int carp_output_drop(struct carp *carp)
{
	carp_count(carp, CARP_XSTATS_WRONG_STATE_TX);
	return NF_DROP_ERR(-EADDRNOTAVAIL);
}

static unsigned int carp_output4(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	struct carp *carp = carp_output_closed4(state->net, ip_hdr(skb)->saddr);

	return likely(!carp) ? NF_ACCEPT : carp_output_drop(carp);
}

static unsigned int carp_output6(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	struct carp *carp = carp_output_closed6(state->net,
						&ipv6_hdr(skb)->saddr);

	return likely(!carp) ? NF_ACCEPT : carp_output_drop(carp);
}

static bool carp_output_demuxed(u8 proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP;
}

static unsigned int carp_output_route4(void *priv, struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	const struct iphdr *ip = ip_hdr(skb);

	if (carp_output_demuxed(ip->protocol) && !skb_dst(skb) &&
	    carp_output_closed4(state->net, ip->daddr))
		/* without a route it goes the usual way, to be refused there */
		ip_route_input(skb, ip->daddr, ip->saddr, ip4h_dscp(ip),
			       skb->dev);
	return NF_ACCEPT;
}

static noinline void carp_output_forward6(struct net *net, struct sk_buff *skb)
{
	const struct ipv6hdr *ip6 = ipv6_hdr(skb);
	struct flowi6 fl6 = {
		.flowi6_iif = skb->dev->ifindex,
		.daddr = ip6->daddr,
		.saddr = ip6->saddr,
		.flowlabel = ip6_flowinfo(ip6),
		.flowi6_mark = skb->mark,
		.flowi6_proto = ip6->nexthdr,
	};

	if (carp_output_closed6(net, &ip6->daddr))
		skb_dst_set(skb, ip6_route_input_lookup(net, skb->dev, &fl6,
							skb,
							RT6_LOOKUP_F_HAS_SADDR));
}

/* most packets are for nobody here: one lookup is enough for those */
static unsigned int carp_output_route6(void *priv, struct sk_buff *skb,
				       const struct nf_hook_state *state)
{
	const struct ipv6hdr *ip6 = ipv6_hdr(skb);

	if (carp_output_demuxed(ip6->nexthdr) && !skb_dst(skb) &&
	    ipv6_chk_addr_and_flags(state->net, &ip6->daddr, NULL, true, 1, 0))
		carp_output_forward6(state->net, skb);
	return NF_ACCEPT;
}

/* first of all: what cannot be sent need not be tracked or counted */
static const struct nf_hook_ops carp_output_hooks[] = {
	{
		.hook = carp_output4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = INT_MIN,
	},
	{
		.hook = carp_output6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = INT_MIN,
	},
};

/* last of all: the destination may have been translated */
static const struct nf_hook_ops carp_forward_hooks[] = {
	{
		.hook = carp_output_route4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = INT_MAX,
	},
	{
		.hook = carp_output_route6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = INT_MAX,
	},
};

/**
 * carp_output_use - a namespace gets its first carp device, or has lost its last
 * @net: the namespace
 * @on: which
 *
 * Return: 0 or a negative errno.
 */
int carp_output_use(struct net *net, bool on)
{
	struct carp_net *cn = carp_net(net);
	int err = 0;

	mutex_lock(&carp_output_mutex);
	if (on) {
		err = nf_register_net_hooks(net, carp_output_hooks,
					    ARRAY_SIZE(carp_output_hooks));
		cn->output = !err;
	} else {
		cn->output = false;
		nf_unregister_net_hooks(net, carp_output_hooks,
					ARRAY_SIZE(carp_output_hooks));
		if (cn->forward)
			nf_unregister_net_hooks(net, carp_forward_hooks,
						ARRAY_SIZE(carp_forward_hooks));
		WRITE_ONCE(cn->forward, false);
	}
	mutex_unlock(&carp_output_mutex);
	return err;
}

/**
 * carp_output_ready - has carp_output_retired() done its work?
 * @net: the namespace
 *
 * Return: yes or no.
 */
bool carp_output_ready(const struct net *net)
{
	return READ_ONCE(carp_net(net)->forward);
}

/**
 * carp_output_retired - a device left MASTER: its clients may come this way
 * @net: its namespace
 *
 * Only from now on every packet that the host forwards is looked at. Caller:
 * process context; without RTNL, for which forwarding cannot wait.
 */
void carp_output_retired(struct net *net)
{
	struct carp_net *cn = carp_net(net);

	mutex_lock(&carp_output_mutex);
	if (cn->output && !cn->forward)
		WRITE_ONCE(cn->forward,
			   !nf_register_net_hooks(net, carp_forward_hooks,
						  ARRAY_SIZE(carp_forward_hooks)));
	mutex_unlock(&carp_output_mutex);
}
