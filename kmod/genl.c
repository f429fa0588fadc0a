// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: what can be asked, by whom, and which device is
 * meant. The answers are given by the file that knows them.
 */
#include <net/genetlink.h>

#include "carp.h"

static const struct nla_policy carp_genl_policy[CARP_A_MAX + 1] = {
	[CARP_A_IFINDEX]	= { .type = NLA_U32 },
	[CARP_A_IFNAME]		= { .type = NLA_NUL_STRING,
				    .len = IFNAMSIZ - 1 },
	[CARP_A_ADDR4]		= NLA_POLICY_EXACT_LEN(4),
	[CARP_A_ADDR6]		= NLA_POLICY_EXACT_LEN(16),
	[CARP_A_CAUSE_NAME]	= { .type = NLA_NUL_STRING },
	[CARP_A_CAUSE_VALUE]	= { .type = NLA_U32 },
	[CARP_A_CAUSE_SCOPE]	= { .type = NLA_U32 },
	[CARP_A_CAUSE_FLAGS]	= { .type = NLA_U32 },
	[CARP_A_GROUP]		= { .type = NLA_U32 },
	[CARP_A_ADVERT]		= { .type = NLA_BINARY },
};

/**
 * carp_genl_device - the device that a request is about
 * @info: the request
 *
 * Caller: RTNL or RCU.
 * Return: the device, NULL if none is named, or an ERR_PTR() with an extack.
 */
struct carp *carp_genl_device(struct genl_info *info)
{
	struct nlattr *index = info->attrs[CARP_A_IFINDEX];
	struct nlattr *name = info->attrs[CARP_A_IFNAME];
	struct net *net = genl_info_net(info);
	struct net_device *dev;

	if (index && name) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, name,
					"carp: ifindex and ifname: one of them");
		return ERR_PTR(-EINVAL);
	}
	if (!index && !name)
		return NULL;

	dev = index ? dev_get_by_index_rcu(net, nla_get_u32(index)) :
		      dev_get_by_name_rcu(net, nla_data(name));
	if (dev && carp_is_carp(dev))
		return netdev_priv(dev);

	if (index)
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, index,
					"carp: ifindex %u: no carp device",
					nla_get_u32(index));
	else
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, name,
					"carp: ifname %s: no carp device",
					(char *)nla_data(name));
	return ERR_PTR(-ENODEV);
}

static const struct genl_small_ops carp_genl_ops[] = {
};

static const struct genl_multicast_group carp_genl_groups[] = {
	{ .name = CARP_GENL_MCGRP_EVENTS },
};

struct genl_family carp_genl_family __ro_after_init = {
	.name = CARP_GENL_NAME,
	.version = CARP_GENL_VERSION,
	.maxattr = CARP_A_MAX,
	.policy = carp_genl_policy,
	.netnsok = true,
	.parallel_ops = true,
	.small_ops = carp_genl_ops,
	.n_small_ops = ARRAY_SIZE(carp_genl_ops),
	.resv_start_op = CARP_CMD_DEVICE_GET,
	.mcgrps = carp_genl_groups,
	.n_mcgrps = ARRAY_SIZE(carp_genl_groups),
	.module = THIS_MODULE,
};

/**
 * carp_genl_register - from here on questions come in
 *
 * Return: 0 or a negative errno.
 */
int __init carp_genl_register(void)
{
	return genl_register_family(&carp_genl_family);
}

/**
 * carp_genl_unregister - no more questions
 */
void carp_genl_unregister(void)
{
	genl_unregister_family(&carp_genl_family);
}
