// SPDX-License-Identifier: GPL-2.0-only
/*
 * rtnetlink: what is wrong with a request, in words.
 *
 * What rtnetlink itself checks is little, and its messages name neither the
 * attribute nor the range; so it has no policy of ours, and every attribute of a
 * request is looked at here as it came in.
 */
#include <net/rtnetlink.h>

#include "carp.h"

/* types only; what is not in it is no attribute */
static const struct nla_policy carp_policy[IFLA_CARP_MAX + 1] = {
	[IFLA_CARP_PARENT]		= { .type = NLA_U32 },
	[IFLA_CARP_VHID]		= { .type = NLA_U32 },
	[IFLA_CARP_ADVBASE]		= { .type = NLA_U32 },
	[IFLA_CARP_ADVSKEW]		= { .type = NLA_U32 },
	[IFLA_CARP_KEY]			= { .type = NLA_BINARY },
	[IFLA_CARP_KEY_SET]		= { .type = NLA_U8 },
	[IFLA_CARP_PREEMPT]		= { .type = NLA_U32 },
	[IFLA_CARP_FORCE_STATE]		= { .type = NLA_U32 },
	[IFLA_CARP_STATE]		= { .type = NLA_U32 },
	[IFLA_CARP_LAST_REASON]		= { .type = NLA_U32 },
	[IFLA_CARP_LAST_CHANGE_AGE]	= { .type = NLA_U64 },
	[IFLA_CARP_MASTER_DOWN_IN]	= { .type = NLA_U64 },
	[IFLA_CARP_TRANSITIONS]		= { .type = NLA_U64 },
	[IFLA_CARP_DEMOTION]		= { .type = NLA_U32 },
	[IFLA_CARP_ADVSKEW_EFFECTIVE]	= { .type = NLA_U32 },
	[IFLA_CARP_MASTER_ADDR4]	= { .type = NLA_BINARY },
	[IFLA_CARP_MASTER_ADDR6]	= { .type = NLA_BINARY },
	[IFLA_CARP_REFUSED]		= { .type = NLA_NESTED },
	[IFLA_CARP_ANNOUNCE_COUNT]	= { .type = NLA_U32 },
	[IFLA_CARP_ANNOUNCE_INTERVAL]	= { .type = NLA_U32 },
	[IFLA_CARP_ANNOUNCE_REFRESH]	= { .type = NLA_U32 },
	[IFLA_CARP_PREEMPT_DELAY]	= { .type = NLA_U32 },
	[IFLA_CARP_START_HOLD]		= { .type = NLA_U32 },
	[IFLA_CARP_PREEMPT_IN]		= { .type = NLA_U64 },
	[IFLA_CARP_HOLD_LEFT]		= { .type = NLA_U64 },
	[IFLA_CARP_DRAINED]		= { .type = NLA_U8 },
	[IFLA_CARP_SEQUENCE]		= { .type = NLA_U64 },
	[IFLA_CARP_PEERS4]		= { .type = NLA_NESTED },
	[IFLA_CARP_PEERS6]		= { .type = NLA_NESTED },
	[IFLA_CARP_KEY_NEXT]		= { .type = NLA_BINARY },
	[IFLA_CARP_GRACE]		= { .type = NLA_U32 },
	[IFLA_CARP_HEARD_AS]		= { .type = NLA_U32 },
};

/* name, range and access of what can be set, for checks and messages */
static const struct carp_attr {
	const char *name;
	u32 min;
	u32 max;
	bool read_only;
} carp_attrs[IFLA_CARP_MAX + 1] = {
	[IFLA_CARP_PARENT] = { "parent", 0, U32_MAX },
	[IFLA_CARP_KEY] = { "key", 1, CARP_KEY_MAX },
	[IFLA_CARP_KEY_NEXT] = { "key_next", 0, CARP_KEY_MAX },
	[IFLA_CARP_GRACE] = { "grace", 0, CARP_GRACE_MAX },
	[IFLA_CARP_PEERS4] = { .name = "peers4" },
	[IFLA_CARP_PEERS6] = { .name = "peers6" },
	[IFLA_CARP_HEARD_AS] = { .name = "heard_as", .read_only = true },
	[IFLA_CARP_VHID] = { "vhid", CARP_VHID_MIN, CARP_VHID_MAX },
	[IFLA_CARP_ADVBASE] = { "advbase", 0, CARP_ADVBASE_MAX },
	[IFLA_CARP_ADVSKEW] = { "advskew", 0, CARP_ADVSKEW_MAX },
	[IFLA_CARP_PREEMPT] = { "preempt", CARP_PREEMPT_INHERIT,
				CARP_PREEMPT_ON },
	[IFLA_CARP_FORCE_STATE] = { "state", CARP_STATE_BACKUP,
				    CARP_STATE_MASTER },
	[IFLA_CARP_ANNOUNCE_COUNT] = { "announce_count", 1,
				       CARP_ANNOUNCE_COUNT_MAX },
	[IFLA_CARP_ANNOUNCE_INTERVAL] = { "announce_interval", 0,
					  CARP_ANNOUNCE_INTERVAL_MAX },
	[IFLA_CARP_ANNOUNCE_REFRESH] = { "announce_refresh", 0,
					 CARP_ANNOUNCE_REFRESH_MAX },
	[IFLA_CARP_PREEMPT_DELAY] = { "preempt_delay", 0,
				      CARP_PREEMPT_DELAY_MAX },
	[IFLA_CARP_START_HOLD] = { "start_hold", 0, CARP_START_HOLD_MAX },
	[IFLA_CARP_PREEMPT_IN] = { .name = "preempt_in", .read_only = true },
	[IFLA_CARP_HOLD_LEFT] = { .name = "hold_left", .read_only = true },
	[IFLA_CARP_DRAINED] = { .name = "drained", .read_only = true },
	[IFLA_CARP_KEY_SET] = { .name = "key_set", .read_only = true },
	[IFLA_CARP_STATE] = { .name = "state", .read_only = true },
	[IFLA_CARP_LAST_REASON] = { .name = "last_reason", .read_only = true },
	[IFLA_CARP_LAST_CHANGE_AGE] = { .name = "last_change_age",
					.read_only = true },
	[IFLA_CARP_MASTER_DOWN_IN] = { .name = "master_down_in",
				       .read_only = true },
	[IFLA_CARP_TRANSITIONS] = { .name = "transitions", .read_only = true },
	[IFLA_CARP_DEMOTION] = { .name = "demotion", .read_only = true },
	[IFLA_CARP_ADVSKEW_EFFECTIVE] = { .name = "advskew_effective",
					  .read_only = true },
	[IFLA_CARP_MASTER_ADDR4] = { .name = "master_addr4",
				     .read_only = true },
	[IFLA_CARP_MASTER_ADDR6] = { .name = "master_addr6",
				     .read_only = true },
	[IFLA_CARP_REFUSED] = { .name = "refused", .read_only = true },
	[IFLA_CARP_SEQUENCE] = { .name = "sequence", .read_only = true },
};

/* 0: as long as it likes */
static int carp_netlink_width(int type)
{
	switch (carp_policy[type].type) {
	case NLA_U8:
		return 1;
	case NLA_U32:
		return 4;
	case NLA_U64:
		return 8;
	default:
		return 0;
	}
}

/* bytes behind the last whole attribute */
static int carp_netlink_rest(const struct nlattr *nest)
{
	const struct nlattr *nla;
	int rem;

	nla_for_each_nested(nla, nest, rem)
		;
	return rem;
}

static int carp_netlink_check_form(const struct nlattr *nla,
				   unsigned long *seen,
				   struct netlink_ext_ack *extack)
{
	int type = nla_type(nla);
	const struct carp_attr *a;
	int width;

	if (type > IFLA_CARP_MAX || carp_policy[type].type == NLA_UNSPEC) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, nla,
					"carp: attribute %d: unknown", type);
		return -EINVAL;
	}
	a = &carp_attrs[type];
	if (a->read_only) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, nla, "carp: %s: read-only",
					a->name);
		return -EPERM;
	}
	if (__test_and_set_bit(type, seen)) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, nla, "carp: %s: given twice",
					a->name);
		return -EINVAL;
	}

	width = carp_netlink_width(type);
	if (width && nla_len(nla) != width) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, nla,
					"carp: %s: %d bytes: must be %d bytes",
					a->name, nla_len(nla), width);
		return -EINVAL;
	}
	if (carp_policy[type].type == NLA_NESTED && carp_netlink_rest(nla)) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, nla,
					"carp: %s: %d bytes left over", a->name,
					carp_netlink_rest(nla));
		return -EINVAL;
	}
	return 0;
}

/* of a list in which the last one of a type would count, and be read anyhow */
static int carp_netlink_check_forms(const struct nlattr *linkinfo,
				    struct netlink_ext_ack *extack)
{
	DECLARE_BITMAP(seen, IFLA_CARP_MAX + 1) = {};
	const struct nlattr *info, *nla;
	bool again = false;
	int rest, rem;
	int err;

	nla_for_each_nested(info, linkinfo, rest) {
		if (nla_type(info) != IFLA_INFO_DATA)
			continue;
		if (again) {
			NL_SET_ERR_MSG_ATTR_FMT(extack, info,
						"carp: data: given twice");
			return -EINVAL;
		}
		again = true;
		nla_for_each_nested(nla, info, rem) {
			err = carp_netlink_check_form(nla, seen, extack);
			if (err)
				return err;
		}
		if (rem) {
			NL_SET_ERR_MSG_ATTR_FMT(extack, info,
						"carp: data: %d bytes left over",
						rem);
			return -EINVAL;
		}
	}
	return 0;
}

static int carp_netlink_check(const struct nlattr *nla, int type,
			      struct netlink_ext_ack *extack)
{
	const struct carp_attr *a = &carp_attrs[type];
	u32 v;

	if (!nla || carp_policy[type].type != NLA_U32)
		return 0;

	v = nla_get_u32(nla);
	if (v >= a->min && v <= a->max)
		return 0;
	NL_SET_ERR_MSG_ATTR_FMT(extack, nla,
				"carp: %s %u: out of range %u..%u", a->name, v,
				a->min, a->max);
	return -ERANGE;
}

static int carp_netlink_check_key(const struct nlattr *nla, int type,
				  struct netlink_ext_ack *extack)
{
	const struct carp_attr *a = &carp_attrs[type];
	int len;

	if (!nla)
		return 0;
	len = nla_len(nla);
	if (len >= a->min && len <= a->max)
		return 0;
	NL_SET_ERR_MSG_ATTR_FMT(extack, nla,
				"carp: %s of %d bytes: out of range %u..%u bytes",
				a->name, len, a->min, a->max);
	return -ERANGE;
}

/* "no parent and no vhid any more" is the one request that may say vhid 0 */
static bool carp_netlink_takes_away(struct nlattr *data[])
{
	return data[IFLA_CARP_VHID] && !nla_get_u32(data[IFLA_CARP_VHID]) &&
	       data[IFLA_CARP_PARENT] && !nla_get_u32(data[IFLA_CARP_PARENT]);
}

static int carp_netlink_check_all(struct nlattr *tb[], struct nlattr *data[],
				  struct netlink_ext_ack *extack)
{
	int err;
	int i;

	if (tb[IFLA_ADDRESS]) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, tb[IFLA_ADDRESS],
					"carp: address: follows from vhid");
		return -EOPNOTSUPP;
	}
	if (!data)
		return 0;

	err = carp_netlink_check_forms(tb[IFLA_LINKINFO], extack);
	if (err)
		return err;
	for (i = 1; i <= IFLA_CARP_MAX; i++) {
		if (i == IFLA_CARP_VHID && carp_netlink_takes_away(data))
			continue;
		err = carp_netlink_check(data[i], i, extack);
		if (err)
			return err;
	}
	err = carp_netlink_check_key(data[IFLA_CARP_KEY], IFLA_CARP_KEY,
				     extack);
	if (!err)
		err = carp_netlink_check_key(data[IFLA_CARP_KEY_NEXT],
					     IFLA_CARP_KEY_NEXT, extack);
	if (err)
		return err;

	if (tb[IFLA_LINK] && data[IFLA_CARP_PARENT] &&
	    nla_get_u32(tb[IFLA_LINK]) != nla_get_u32(data[IFLA_CARP_PARENT])) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, data[IFLA_CARP_PARENT],
					"carp: parent: differs from link");
		return -EINVAL;
	}
	return 0;
}

/**
 * carp_netlink_validate - check a request as far as it can be without a device
 * @tb: IFLA_*
 * @data: IFLA_CARP_*, may be NULL
 * @extack: says what is wrong
 *
 * Return: 0 or a negative errno.
 */
int carp_netlink_validate(struct nlattr *tb[], struct nlattr *data[],
			  struct netlink_ext_ack *extack)
{
	int err = carp_netlink_check_all(tb, data, extack);

	if (err)
		carp_netlink_wipe(tb);
	return err;
}

/**
 * carp_netlink_wipe - a request is done with: forget the keys in it
 * @tb: IFLA_*
 *
 * The message is a copy of what user space sent, freed without being cleared,
 * and echoed to the sender if the request fails. Nobody reads our part of it
 * after us, nor at all if it is refused. (What rtnetlink refuses on its own, as
 * a name that is taken, never comes here.)
 */
void carp_netlink_wipe(struct nlattr *tb[])
{
	struct nlattr *info, *nla;
	int rest, rem;

	if (!tb[IFLA_LINKINFO])
		return;
	nla_for_each_nested(info, tb[IFLA_LINKINFO], rest) {
		if (nla_type(info) != IFLA_INFO_DATA)
			continue;
		nla_for_each_nested(nla, info, rem)
			if (nla_type(nla) == IFLA_CARP_KEY ||
			    nla_type(nla) == IFLA_CARP_KEY_NEXT)
				memzero_explicit(nla_data(nla), nla_len(nla));
	}
}
