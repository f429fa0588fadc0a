// SPDX-License-Identifier: GPL-2.0-only
/*
 * Causes of demotion: what users ask for, and what they are shown.
 */
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "carp.h"

static bool carp_cause_printable(const char *name)
{
	for (; *name; name++)
		if (*name < 0x20 || *name > 0x7e)
			return false;
	return true;
}

static bool carp_cause_reserved(const char *name)
{
	int i;

	for (i = 0; i < CARP_PROBLEMS; i++)
		if (!strcmp(name, carp_demote_problem_name(i)))
			return true;
	return !strcmp(name, CARP_CAUSE_SYSCTL);
}

static int carp_cause_name(struct genl_info *info, struct carp_cause *cause)
{
	struct nlattr *nla = info->attrs[CARP_A_CAUSE_NAME];

	if (!carp_cause_printable(nla_data(nla))) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, nla,
					"carp: cause name: not printable ASCII");
		return -EINVAL;
	}
	if (carp_cause_reserved(nla_data(nla))) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, nla,
					"carp: cause name %s: reserved",
					(char *)nla_data(nla));
		return -EPERM;
	}
	strscpy(cause->name, nla_data(nla), sizeof(cause->name));
	return 0;
}

static int carp_cause_value(struct genl_info *info, struct carp_cause *cause)
{
	struct nlattr *value = info->attrs[CARP_A_CAUSE_VALUE];
	struct nlattr *flags = info->attrs[CARP_A_CAUSE_FLAGS];

	cause->value = nla_get_u32(value);
	if (!cause->value || cause->value > CARP_DEMOTION_MAX) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, value,
					"carp: cause value %u: out of range 1..%u",
					cause->value, CARP_DEMOTION_MAX);
		return -ERANGE;
	}

	cause->flags = flags ? nla_get_u32(flags) : 0;
	if (cause->flags & ~(CARP_CAUSE_F_LEASE | CARP_CAUSE_F_DRAIN)) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, flags,
					"carp: cause flags 0x%x: out of range 0..0x%x",
					cause->flags,
					CARP_CAUSE_F_LEASE | CARP_CAUSE_F_DRAIN);
		return -ERANGE;
	}
	cause->owner = cause->flags & CARP_CAUSE_F_LEASE ? CARP_OWNER_SOCKET :
							   CARP_OWNER_USER;
	if (cause->owner == CARP_OWNER_SOCKET)
		cause->portid = info->snd_portid;
	return 0;
}

/* what it is said to demote must be what is named; caller: RCU */
static int carp_cause_scope(struct genl_info *info, struct carp_cause *cause,
			    struct carp **carp)
{
	struct nlattr *scope = info->attrs[CARP_A_CAUSE_SCOPE];
	struct nlattr *group = info->attrs[CARP_A_GROUP];
	u32 said;

	*carp = carp_genl_device(info);
	if (IS_ERR(*carp))
		return PTR_ERR(*carp);
	if (*carp && group) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, group,
					"carp: group and device: one of them");
		return -EINVAL;
	}

	cause->scope = CARP_SCOPE_NET;
	if (group) {
		cause->scope = CARP_SCOPE_GROUP;
		cause->id = nla_get_u32(group);
	} else if (*carp) {
		cause->scope = CARP_SCOPE_DEVICE;
		cause->id = (*carp)->dev->ifindex;
	}

	said = scope ? nla_get_u32(scope) : cause->scope;
	if (said > CARP_SCOPE_DEVICE) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, scope,
					"carp: cause scope %u: out of range 0..%u",
					said, CARP_SCOPE_DEVICE);
		return -ERANGE;
	}
	if (said == cause->scope)
		return 0;
	NL_SET_ERR_MSG_ATTR_FMT(info->extack, scope,
				"carp: cause scope %u: the request names %s",
				said, group ? "a group" :
				*carp ? "a device" : "no group or device");
	return -EINVAL;
}

/**
 * carp_demote_doit - CARP_CMD_DEMOTE
 * @skb: the request
 * @info: its attributes
 *
 * Return: 0 or a negative errno.
 */
int carp_demote_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct carp_net *cn = carp_net(genl_info_net(info));
	struct carp_cause *cause;
	struct carp_cause key;
	struct carp *carp;
	int err;

	cause = kzalloc(sizeof(*cause), GFP_KERNEL);
	if (!cause)
		return -ENOMEM;
	err = carp_cause_name(info, cause);
	if (!err)
		err = carp_cause_value(info, cause);
	if (err) {
		kfree(cause);
		return err;
	}

	rcu_read_lock();
	err = carp_cause_scope(info, cause, &carp);
	if (err) {
		kfree(cause);
		goto out;
	}
	key = *cause;
	err = carp_cause_set(cn, cause, carp);
	if (!err)
		carp_demote_apply(cn, key.flags & CARP_CAUSE_F_DRAIN ? &key :
								       NULL);
	else if (err == -ENOSPC)
		NL_SET_ERR_MSG_FMT_MOD(info->extack,
				       "cause name %s: there are %u, the most",
				       key.name, CARP_CAUSES_MAX);
	else
		NL_SET_ERR_MSG_FMT_MOD(info->extack,
				       "ifindex %u: going away", key.id);
out:
	rcu_read_unlock();
	return err;
}

/**
 * carp_undemote_doit - CARP_CMD_UNDEMOTE
 * @skb: the request
 * @info: its attributes
 *
 * Return: 0 or a negative errno.
 */
int carp_undemote_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct carp_net *cn = carp_net(genl_info_net(info));
	struct nlattr *nla = info->attrs[CARP_A_CAUSE_NAME];
	struct carp_cause key = {};
	struct carp *carp;
	int err;

	err = carp_cause_name(info, &key);
	if (err)
		return err;

	rcu_read_lock();
	err = carp_cause_scope(info, &key, &carp);
	if (!err) {
		err = carp_cause_clear(cn, &key, info->snd_portid);
		if (err == -ENOENT)
			NL_SET_ERR_MSG_ATTR_FMT(info->extack, nla,
						"carp: cause name %s: not set",
						key.name);
		if (err == -EPERM)
			NL_SET_ERR_MSG_ATTR_FMT(info->extack, nla,
						"carp: cause name %s: the lease of another socket",
						key.name);
	}
	rcu_read_unlock();
	return err;
}

/* one row of the answer; @dev: the device that it is about, or NULL */
static int carp_cause_row(struct sk_buff *skb, struct netlink_callback *cb,
			  const struct carp_cause *cause,
			  const struct net_device *dev)
{
	u64 age = ktime_get_boottime_ns() - cause->since;
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &carp_genl_family, NLM_F_MULTI, CARP_CMD_CAUSE_GET);
	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, hdr);

	if (nla_put_string(skb, CARP_A_CAUSE_NAME, cause->name) ||
	    nla_put_u32(skb, CARP_A_CAUSE_VALUE, READ_ONCE(cause->value)) ||
	    nla_put_u32(skb, CARP_A_CAUSE_SCOPE, cause->scope) ||
	    nla_put_u32(skb, CARP_A_CAUSE_OWNER, cause->owner) ||
	    nla_put_u32(skb, CARP_A_CAUSE_FLAGS, READ_ONCE(cause->flags)) ||
	    nla_put_u64_64bit(skb, CARP_A_AGE, div_u64(age, NSEC_PER_MSEC),
			      CARP_A_PAD) ||
	    (cause->scope == CARP_SCOPE_GROUP &&
	     nla_put_u32(skb, CARP_A_GROUP, cause->id)) ||
	    (dev && (nla_put_u32(skb, CARP_A_IFINDEX, dev->ifindex) ||
		     nla_put_string(skb, CARP_A_IFNAME, dev->name)))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/* rows that were sent before are counted, not sent again */
struct carp_cause_walk {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	long row;
};

static int carp_cause_visit(struct carp_cause_walk *walk,
			    const struct carp_cause *cause,
			    const struct net_device *dev)
{
	int err;

	if (walk->row++ < walk->cb->args[0])
		return 0;
	err = carp_cause_row(walk->skb, walk->cb, cause, dev);
	if (!err)
		walk->cb->args[0] = walk->row;
	return err;
}

static int carp_cause_visit_problem(struct carp_cause_walk *walk,
				    const struct carp *carp,
				    enum carp_problem problem)
{
	struct carp_cause row = {
		.value = carp_demote_factor(carp_net(carp->net), problem),
		.scope = CARP_SCOPE_NET,
		.owner = CARP_OWNER_KERNEL,
		.since = READ_ONCE(carp->problem_since[problem]),
	};

	if (!row.since || !row.value)
		return 0;
	strscpy(row.name, carp_demote_problem_name(problem), sizeof(row.name));
	return carp_cause_visit(walk, &row, carp->dev);
}

static int carp_cause_visit_kernel(struct carp_cause_walk *walk,
				   const struct carp_net *cn)
{
	struct carp_port *port;
	struct carp *carp;
	int err;
	int i;

	list_for_each_entry_rcu(port, &cn->ports, list)
		list_for_each_entry_rcu(carp, &port->members, member)
			for (i = 0; i < CARP_PROBLEMS; i++) {
				err = carp_cause_visit_problem(walk, carp, i);
				if (err)
					return err;
			}
	return 0;
}

static int carp_cause_visit_sysctl(struct carp_cause_walk *walk,
				   const struct carp_net *cn)
{
	struct carp_cause row = {
		.name = CARP_CAUSE_SYSCTL,
		.value = READ_ONCE(cn->sysctl_demotion),
		.scope = CARP_SCOPE_NET,
		.owner = CARP_OWNER_SYSCTL,
		.since = READ_ONCE(cn->sysctl_since),
	};

	return row.value ? carp_cause_visit(walk, &row, NULL) : 0;
}

static int carp_cause_visit_users(struct carp_cause_walk *walk,
				  struct carp_net *cn)
{
	const struct net_device *dev;
	const struct carp_cause *cause;
	int err;

	list_for_each_entry_rcu(cause, &cn->causes, list) {
		dev = NULL;
		if (cause->scope == CARP_SCOPE_DEVICE)
			dev = dev_get_by_index_rcu(cn->net, cause->id);
		err = carp_cause_visit(walk, cause, dev);
		if (err)
			return err;
	}
	return 0;
}

/**
 * carp_cause_dump - CARP_CMD_CAUSE_GET
 * @skb: the answer
 * @cb: the request, and how far it has come
 *
 * Return: bytes in @skb, or a negative errno.
 */
int carp_cause_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct carp_net *cn = carp_net(sock_net(cb->skb->sk));
	struct carp_cause_walk walk = { .skb = skb, .cb = cb };
	int err;

	/* 0 would mean that nobody looks */
	cb->seq = READ_ONCE(cn->cause_seq) << 1 | 1;

	rcu_read_lock();
	err = carp_cause_visit_kernel(&walk, cn);
	if (!err)
		err = carp_cause_visit_sysctl(&walk, cn);
	if (!err)
		err = carp_cause_visit_users(&walk, cn);
	rcu_read_unlock();

	return err && !skb->len ? err : skb->len;
}
