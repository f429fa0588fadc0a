// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: what can be asked, by whom, and which device is
 * meant. The answers are given by the file that knows them.
 *
 * The core refuses attributes that no request has. What is wrong with one that
 * it lets through is found here, where it has a name.
 */
#include <net/genetlink.h>

#include "carp.h"

#define CARP_GENL_DEVICE (BIT_ULL(CARP_A_IFINDEX) | BIT_ULL(CARP_A_IFNAME))
#define CARP_GENL_CAUSE	(CARP_GENL_DEVICE | BIT_ULL(CARP_A_GROUP) | \
			 BIT_ULL(CARP_A_CAUSE_NAME) | \
			 BIT_ULL(CARP_A_CAUSE_SCOPE))

/* lengths are checked below; with a type the core would be faster, and mute */
static const struct nla_policy carp_genl_policy[CARP_A_MAX + 1] = {
	[CARP_A_UNSPEC + 1 ... CARP_A_MAX] = { .type = NLA_BINARY },
};

/**
 * struct carp_genl_attr - an attribute, for checks and messages
 * @name: as messages call it
 * @len: bytes of a value, 0: read-only
 * @text: a string of up to @len bytes, its terminator included
 */
struct carp_genl_attr {
	const char *name;
	u8 len;
	bool text;
};

static const struct carp_genl_attr carp_genl_attrs[] = {
	[CARP_A_PAD] = { "pad" },
	[CARP_A_BOOT_ID] = { "boot_id" },
	[CARP_A_SEQUENCE] = { "sequence" },
	[CARP_A_IFINDEX] = { "ifindex", 4 },
	[CARP_A_IFNAME] = { "ifname", IFNAMSIZ, true },
	[CARP_A_VHID] = { "vhid" },
	[CARP_A_PARENT] = { "parent" },
	[CARP_A_STATE] = { "state" },
	[CARP_A_OLD_STATE] = { "old_state" },
	[CARP_A_REASON] = { "reason" },
	[CARP_A_AGE] = { "age" },
	[CARP_A_ADDR4] = { "addr4", 4 },
	[CARP_A_ADDR6] = { "addr6", 16 },
	[CARP_A_TRANSITIONS] = { "transitions" },
	[CARP_A_TRANSITION] = { "transition" },
	[CARP_A_DEMOTION] = { "demotion" },
	[CARP_A_COUNTERS] = { "counters" },
	[CARP_A_COUNTER] = { "counter" },
	[CARP_A_MISSED] = { "missed" },
	[CARP_A_CAUSE_NAME] = { "cause name", CARP_CAUSE_NAME_MAX + 1, true },
	[CARP_A_CAUSE_VALUE] = { "cause value", 4 },
	[CARP_A_CAUSE_SCOPE] = { "cause scope", 4 },
	[CARP_A_CAUSE_OWNER] = { "cause owner" },
	[CARP_A_CAUSE_FLAGS] = { "cause flags", 4 },
	[CARP_A_GROUP] = { "group", 4 },
	[CARP_A_ADVERT] = { "advert", CARP_HDR_LEN },
	[CARP_A_MATCH] = { "match" },
	[CARP_A_DRAINED] = { "drained" },
	[CARP_A_CHANGE] = { "change" },
	[CARP_A_COUNT] = { "count" },
	[CARP_A_MARGIN] = { "margin" },
	[CARP_A_BOUND] = { "bound" },
	[CARP_A_MARGIN_SUM] = { "margin_sum" },
};

static_assert(ARRAY_SIZE(carp_genl_attrs) == CARP_A_MAX + 1);

/**
 * struct carp_genl_request - what a command is about
 * @doit: answers a question or does something
 * @dumpit: tells all there is; such a request has no attributes
 * @flags: GENL_UNS_ADMIN_PERM: privileged
 * @takes: attributes that @doit knows
 * @needs: those of them that must be there
 */
struct carp_genl_request {
	int (*doit)(struct sk_buff *skb, struct genl_info *info);
	int (*dumpit)(struct sk_buff *skb, struct netlink_callback *cb);
	u8 flags;
	u64 takes;
	u64 needs;
};

static const struct carp_genl_request carp_genl_requests[CARP_CMD_MAX + 1] = {
	[CARP_CMD_DEVICE_GET] = {
		.doit = carp_query_device,
		.dumpit = carp_query_devices,
		.takes = CARP_GENL_DEVICE,
	},
	[CARP_CMD_CAUSE_GET] = {
		.dumpit = carp_cause_dump,
	},
	[CARP_CMD_DEMOTE] = {
		.doit = carp_demote_doit,
		.flags = GENL_UNS_ADMIN_PERM,
		.takes = CARP_GENL_CAUSE | BIT_ULL(CARP_A_CAUSE_VALUE) |
			 BIT_ULL(CARP_A_CAUSE_FLAGS),
		.needs = BIT_ULL(CARP_A_CAUSE_NAME) |
			 BIT_ULL(CARP_A_CAUSE_VALUE),
	},
	[CARP_CMD_UNDEMOTE] = {
		.doit = carp_undemote_doit,
		.flags = GENL_UNS_ADMIN_PERM,
		.takes = CARP_GENL_CAUSE,
		.needs = BIT_ULL(CARP_A_CAUSE_NAME),
	},
	[CARP_CMD_COUNTERS_GET] = {
		.doit = carp_query_counters,
		.dumpit = carp_query_all_counters,
		.takes = CARP_GENL_DEVICE,
	},
	[CARP_CMD_VERIFY] = {
		.doit = carp_verify_doit,
		.flags = GENL_UNS_ADMIN_PERM,
		.takes = CARP_GENL_DEVICE | BIT_ULL(CARP_A_ADVERT) |
			 BIT_ULL(CARP_A_ADDR4) | BIT_ULL(CARP_A_ADDR6),
		.needs = BIT_ULL(CARP_A_ADVERT),
	},
	[CARP_CMD_COUNTERS_RESET] = {
		.doit = carp_query_reset,
		.flags = GENL_UNS_ADMIN_PERM,
		.takes = CARP_GENL_DEVICE,
	},
};

static int carp_genl_check_text(const struct nlattr *nla,
				const struct carp_genl_attr *a,
				struct netlink_ext_ack *extack)
{
	const char *text = nla_data(nla);
	int len = nla_len(nla);

	if (!len || strnlen(text, len) != len - 1) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, nla,
					"carp: %s: does not end where its text does",
					a->name);
		return -EINVAL;
	}
	if (len > 1 && len <= a->len)
		return 0;
	NL_SET_ERR_MSG_ATTR_FMT(extack, nla,
				"carp: %s of %d bytes: out of range 1..%u bytes",
				a->name, len - 1, a->len - 1);
	return -ERANGE;
}

static int carp_genl_check_attr(const struct nlattr *nla, u64 takes, u64 seen,
				struct netlink_ext_ack *extack)
{
	const struct carp_genl_attr *a = &carp_genl_attrs[nla_type(nla)];

	if (!a->len) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, nla, "carp: %s: read-only",
					a->name);
		return -EPERM;
	}
	if (!(takes & BIT_ULL(nla_type(nla)))) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, nla,
					"carp: %s: not part of this request",
					a->name);
		return -EINVAL;
	}
	if (seen & BIT_ULL(nla_type(nla))) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, nla, "carp: %s: given twice",
					a->name);
		return -EINVAL;
	}
	if (a->text)
		return carp_genl_check_text(nla, a, extack);
	if (nla_len(nla) == a->len)
		return 0;
	NL_SET_ERR_MSG_ATTR_FMT(extack, nla, "carp: %s: %d bytes: must be %u bytes",
				a->name, nla_len(nla), a->len);
	return -EINVAL;
}

static int carp_genl_check(const struct nlmsghdr *nlh, u64 takes, u64 needs,
			   struct netlink_ext_ack *extack)
{
	const struct nlattr *nla;
	u64 seen = 0;
	int err;
	int rem;

	nlmsg_for_each_attr(nla, nlh, GENL_HDRLEN, rem) {
		err = carp_genl_check_attr(nla, takes, seen, extack);
		if (err)
			return err;
		seen |= BIT_ULL(nla_type(nla));
	}

	needs &= ~seen;
	if (!needs)
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "carp: %s: missing",
			   carp_genl_attrs[__ffs64(needs)].name);
	return -EINVAL;
}

static int carp_genl_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct carp_genl_request *r;
	int err;

	r = &carp_genl_requests[info->genlhdr->cmd];
	err = carp_genl_check(info->nlhdr, r->takes, r->needs, info->extack);
	if (err)
		return err;
	/* who changes something causes events */
	if (r->flags)
		carp_journal_make_room(genl_info_net(info));
	return r->doit(skb, info);
}

/* not where a dump starts: before 6.3 that has no way to say what is wrong */
static int carp_genl_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct genlmsghdr *hdr = nlmsg_data(cb->nlh);
	int err;

	err = carp_genl_check(cb->nlh, 0, 0, cb->extack);
	return err ? : carp_genl_requests[hdr->cmd].dumpit(skb, cb);
}

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

static struct genl_small_ops carp_genl_ops[CARP_CMD_MAX] __ro_after_init;

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
	unsigned int n = 0;
	unsigned int cmd;
	int err;

	for (cmd = 0; cmd <= CARP_CMD_MAX; cmd++) {
		const struct carp_genl_request *r = &carp_genl_requests[cmd];

		if (!r->doit && !r->dumpit)
			continue;
		carp_genl_ops[n++] = (struct genl_small_ops) {
			.cmd = cmd,
			.flags = r->flags,
			.doit = r->doit ? carp_genl_doit : NULL,
			.dumpit = r->dumpit ? carp_genl_dumpit : NULL,
		};
	}
	carp_genl_family.n_small_ops = n;
	err = genl_register_family(&carp_genl_family);
	if (!err)
		carp_journal_open(true);
	return err;
}

/**
 * carp_genl_unregister - no more questions
 */
void carp_genl_unregister(void)
{
	carp_journal_open(false);
	genl_unregister_family(&carp_genl_family);
}
