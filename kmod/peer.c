// SPDX-License-Identifier: GPL-2.0-only
/*
 * The peers of a device: a list of hosts that adverts go to, instead of to the
 * multicast group, and that they are accepted from.
 */
#include <linux/inetdevice.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/ipv6.h>

#include "carp.h"

static bool carp_peer_own4(struct net *net, __be32 addr)
{
	const struct in_ifaddr *ifa;
	struct in_device *in_dev;
	struct carp *carp;

	list_for_each_entry(carp, &carp_net(net)->devices, list) {
		in_dev = __in_dev_get_rtnl(carp->dev);
		if (!in_dev)
			continue;
		in_dev_for_each_ifa_rtnl(ifa, in_dev)
			if (ifa->ifa_local == addr)
				return true;
	}
	return false;
}

static bool carp_peer_own6(struct net *net, const struct in6_addr *addr)
{
	struct carp *carp;

	list_for_each_entry(carp, &carp_net(net)->devices, list)
		if (ipv6_chk_addr_and_flags(net, addr, carp->dev, false, 1, 0))
			return true;
	return false;
}

static int carp_peer_add4(struct net *net, struct carp_peers *peers,
			  const struct nlattr *nla,
			  struct netlink_ext_ack *extack)
{
	const char *why = NULL;
	unsigned int i;
	__be32 addr;

	if (nla_type(nla) != CARP_PEERS_ADDR4 || nla_len(nla) != sizeof(addr)) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, nla,
					"carp: peers4: type %d of %d bytes: no IPv4 address",
					nla_type(nla), nla_len(nla));
		return -EINVAL;
	}
	addr = nla_get_in_addr(nla);

	if (ipv4_is_multicast(addr))
		why = "a multicast address";
	else if (ipv4_is_zeronet(addr) || ipv4_is_loopback(addr) ||
		 ipv4_is_lbcast(addr))
		why = "no address of a host";
	else if (carp_peer_own4(net, addr))
		why = "a virtual address of this host";
	for (i = 0; i < peers->n4 && !why; i++)
		if (peers->v4[i] == addr)
			why = "given twice";
	if (why) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, nla, "carp: peer %pI4: %s",
					&addr, why);
		return -EINVAL;
	}
	if (peers->n4 == CARP_PEERS_MAX) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, nla,
					"carp: peer %pI4: out of range 0..%u peers",
					&addr, CARP_PEERS_MAX);
		return -ERANGE;
	}
	peers->v4[peers->n4++] = addr;
	return 0;
}

static int carp_peer_add6(struct net *net, struct carp_peers *peers,
			  const struct nlattr *nla,
			  struct netlink_ext_ack *extack)
{
	const char *why = NULL;
	struct in6_addr addr;
	unsigned int i;

	if (nla_type(nla) != CARP_PEERS_ADDR6 || nla_len(nla) != sizeof(addr)) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, nla,
					"carp: peers6: type %d of %d bytes: no IPv6 address",
					nla_type(nla), nla_len(nla));
		return -EINVAL;
	}
	addr = nla_get_in6_addr(nla);

	if (ipv6_addr_is_multicast(&addr))
		why = "a multicast address";
	else if (ipv6_addr_any(&addr) || ipv6_addr_loopback(&addr) ||
		 ipv6_addr_v4mapped(&addr))
		why = "no address of a host";
	else if (carp_peer_own6(net, &addr))
		why = "a virtual address of this host";
	for (i = 0; i < peers->n6 && !why; i++)
		if (ipv6_addr_equal(&peers->v6[i], &addr))
			why = "given twice";
	if (why) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, nla, "carp: peer6 %pI6c: %s",
					&addr, why);
		return -EINVAL;
	}
	if (peers->n6 == CARP_PEERS_MAX) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, nla,
					"carp: peer6 %pI6c: out of range 0..%u peers",
					&addr, CARP_PEERS_MAX);
		return -ERANGE;
	}
	peers->v6[peers->n6++] = addr;
	return 0;
}

static int carp_peer_parse(struct net *net, struct nlattr *data[],
			   struct carp_peers *peers,
			   struct netlink_ext_ack *extack)
{
	const struct nlattr *nla;
	int err = 0;
	int rem;

	if (data[IFLA_CARP_PEERS4]) {
		peers->n4 = 0;
		nla_for_each_nested(nla, data[IFLA_CARP_PEERS4], rem) {
			err = carp_peer_add4(net, peers, nla, extack);
			if (err)
				return err;
		}
	}
	if (data[IFLA_CARP_PEERS6]) {
		peers->n6 = 0;
		nla_for_each_nested(nla, data[IFLA_CARP_PEERS6], rem) {
			err = carp_peer_add6(net, peers, nla, extack);
			if (err)
				return err;
		}
	}
	return 0;
}

/* without peers there is no struct of them */
static bool carp_peer_same(const struct carp_peers *old,
			   const struct carp_peers *new)
{
	if (!old)
		return !new->n4 && !new->n6;
	return old->n4 == new->n4 && old->n6 == new->n6 &&
	       !memcmp(old->v4, new->v4, new->n4 * sizeof(new->v4[0])) &&
	       !memcmp(old->v6, new->v6, new->n6 * sizeof(new->v6[0]));
}

/**
 * carp_peer_reserve - check a request's peers and get ready for them
 * @carp: the device
 * @data: IFLA_CARP_*, may be NULL
 * @extack: says what is wrong
 *
 * Caller: RTNL. carp_peer_commit() or carp_peer_release() must follow.
 * Return: 0 or a negative errno.
 */
int carp_peer_reserve(struct carp *carp, struct nlattr *data[],
		      struct netlink_ext_ack *extack)
{
	const struct carp_peers *old = rtnl_dereference(carp->peers);
	struct carp_peers *peers;
	int err;

	if (!data || (!data[IFLA_CARP_PEERS4] && !data[IFLA_CARP_PEERS6]))
		return 0;

	peers = old ? kmemdup(old, sizeof(*old), GFP_KERNEL) :
		      kzalloc(sizeof(*peers), GFP_KERNEL);
	if (!peers)
		return -ENOMEM;

	err = carp_peer_parse(carp->net, data, peers, extack);
	if (err || carp_peer_same(old, peers)) {
		kfree(peers);
		return err;
	}
	carp->peers_spare = peers;
	return 0;
}

/**
 * carp_peer_release - a request failed after carp_peer_reserve()
 * @carp: the device
 */
void carp_peer_release(struct carp *carp)
{
	kfree(carp->peers_spare);
	carp->peers_spare = NULL;
}

/**
 * carp_peer_commit - take what carp_peer_reserve() has prepared
 * @carp: the device
 *
 * Caller: RTNL.
 * Return: there was something new, so that a MASTER should advertise at once.
 */
bool carp_peer_commit(struct carp *carp)
{
	struct carp_peers *old = rtnl_dereference(carp->peers);

	if (!carp->peers_spare)
		return false;
	rcu_assign_pointer(carp->peers, carp->peers_spare);
	carp->peers_spare = NULL;
	if (old)
		kfree_rcu(old, rcu);
	return true;
}

/**
 * carp_peer_free - when the device is freed
 * @carp: the device
 */
void carp_peer_free(struct carp *carp)
{
	carp_peer_release(carp);
	kfree(rcu_dereference_protected(carp->peers, 1));
}

/**
 * carp_peer_size - room for carp_peer_fill()
 *
 * Return: bytes.
 */
size_t carp_peer_size(void)
{
	return nla_total_size(CARP_PEERS_MAX * nla_total_size(4)) +
	       nla_total_size(CARP_PEERS_MAX * nla_total_size(16));
}

static int carp_peer_fill4(struct sk_buff *skb, const struct carp_peers *peers)
{
	struct nlattr *nest;
	unsigned int i;

	if (!peers->n4)
		return 0;
	nest = nla_nest_start(skb, IFLA_CARP_PEERS4);
	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < peers->n4; i++)
		if (nla_put_in_addr(skb, CARP_PEERS_ADDR4, peers->v4[i]))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int carp_peer_fill6(struct sk_buff *skb, const struct carp_peers *peers)
{
	struct nlattr *nest;
	unsigned int i;

	if (!peers->n6)
		return 0;
	nest = nla_nest_start(skb, IFLA_CARP_PEERS6);
	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < peers->n6; i++)
		if (nla_put_in6_addr(skb, CARP_PEERS_ADDR6, &peers->v6[i]))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * carp_peer_fill - IFLA_CARP_PEERS4 and _PEERS6, absent if there are none
 * @skb: the message
 * @carp: the device
 *
 * Return: 0 or -EMSGSIZE.
 */
int carp_peer_fill(struct sk_buff *skb, struct carp *carp)
{
	const struct carp_peers *peers;
	int err = 0;

	rcu_read_lock();
	peers = rcu_dereference(carp->peers);
	if (peers) {
		err = carp_peer_fill4(skb, peers);
		if (!err)
			err = carp_peer_fill6(skb, peers);
	}
	rcu_read_unlock();
	return err;
}

/**
 * carp_peer_any - does a device send to peers?
 * @carp: the device
 * @family: AF_INET or AF_INET6
 *
 * Caller: RTNL or RCU.
 * Return: yes, or to the multicast group.
 */
bool carp_peer_any(const struct carp *carp, int family)
{
	const struct carp_peers *peers = rcu_dereference_rtnl(carp->peers);

	return peers && (family == AF_INET ? peers->n4 : peers->n6);
}

/**
 * carp_peer_listed - is an address on a device's list?
 * @carp: the device
 * @family: AF_INET or AF_INET6
 * @addr: the address, 4 or 16 bytes, network order
 *
 * Caller: RTNL or RCU.
 * Return: yes or no.
 */
bool carp_peer_listed(const struct carp *carp, int family, const void *addr)
{
	const struct carp_peers *peers = rcu_dereference_rtnl(carp->peers);
	unsigned int i;

	if (!peers)
		return false;
	if (family == AF_INET) {
		for (i = 0; i < peers->n4; i++)
			if (!memcmp(&peers->v4[i], addr, 4))
				return true;
		return false;
	}
	for (i = 0; i < peers->n6; i++)
		if (!memcmp(&peers->v6[i], addr, 16))
			return true;
	return false;
}
