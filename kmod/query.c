// SPDX-License-Identifier: GPL-2.0-only
/*
 * Questions that are not about configuration: state and history, counters.
 *
 * They are answered without RTNL, which others may hold for long.
 */
#include <net/genetlink.h>
#include <net/ipv6.h>

#include "carp.h"

/**
 * struct carp_query_dump - how far a dump has come
 * @begun: it has; @sequence is set
 * @ifindex: of the last device that was told
 * @sequence: number of the last event when it began
 */
struct carp_query_dump {
	bool begun;
	int ifindex;
	u64 sequence;
};

typedef int (*carp_query_fill)(struct sk_buff *skb, struct carp *carp,
			       const struct carp_query_dump *dump);

static size_t carp_query_device_size(void)
{
	size_t transition = nla_total_size(0) + nla_total_size_64bit(8) * 2 +
			    nla_total_size(4) * 3 + nla_total_size(16);

	return nla_total_size(CARP_BOOT_ID_LEN) + nla_total_size(IFNAMSIZ) +
	       nla_total_size_64bit(8) * 3 + /* SEQUENCE, AGE, TRANSITIONS */
	       nla_total_size(4) * 6 +	/* IFINDEX to DEMOTION */
	       nla_total_size(1) +	/* DRAINED */
	       nla_total_size(4) + nla_total_size(16) + /* ADDR4, ADDR6 */
	       transition * CARP_HISTORY_MAX;
}

static int carp_query_put_whose(struct sk_buff *skb, const struct carp *carp)
{
	if (nla_put(skb, CARP_A_BOOT_ID, CARP_BOOT_ID_LEN, carp_boot_id) ||
	    nla_put_u32(skb, CARP_A_IFINDEX, carp->dev->ifindex) ||
	    nla_put_string(skb, CARP_A_IFNAME, carp->dev->name))
		return -EMSGSIZE;
	return 0;
}

static int carp_query_put_history(struct sk_buff *skb, const struct carp *carp,
				  u64 now)
{
	u64 n = carp->transitions;
	struct nlattr *nest;
	u64 i;

	lockdep_assert_held(&carp->lock);
	for (i = n - min_t(u64, n, CARP_HISTORY_MAX); i < n; i++) {
		nest = nla_nest_start(skb, CARP_A_TRANSITION);
		if (!nest ||
		    carp_journal_fill_transition(skb,
						 &carp->history[i % CARP_HISTORY_MAX],
						 now))
			return -EMSGSIZE;
		nla_nest_end(skb, nest);
	}
	return 0;
}

/* under its lock, so that all belongs to one moment */
static int carp_query_put_state(struct sk_buff *skb, const struct carp *carp,
				u64 sequence)
{
	u64 now = ktime_get_boottime_ns();

	lockdep_assert_held(&carp->lock);
	if (nla_put_u64_64bit(skb, CARP_A_SEQUENCE, sequence, CARP_A_PAD) ||
	    nla_put_u32(skb, CARP_A_STATE, carp->state) ||
	    nla_put_u32(skb, CARP_A_REASON, carp->reason) ||
	    nla_put_u64_64bit(skb, CARP_A_AGE,
			      carp_ms_since(carp->changed, now), CARP_A_PAD) ||
	    nla_put_u64_64bit(skb, CARP_A_TRANSITIONS, carp->transitions,
			      CARP_A_PAD))
		return -EMSGSIZE;
	if (carp->state == CARP_STATE_BACKUP && carp->master4 &&
	    nla_put_in_addr(skb, CARP_A_ADDR4, carp->master4))
		return -EMSGSIZE;
	if (carp->state == CARP_STATE_BACKUP &&
	    !ipv6_addr_any(&carp->master6) &&
	    nla_put_in6_addr(skb, CARP_A_ADDR6, &carp->master6))
		return -EMSGSIZE;
	return carp_query_put_history(skb, carp, now);
}

/*
 * A dump has one number for all devices, that of its begin: whoever applies
 * later events to what it says may do so twice, but misses none.
 */
static int carp_query_fill_device(struct sk_buff *skb, struct carp *carp,
				  const struct carp_query_dump *dump)
{
	u64 sequence;
	int err;

	if (carp_query_put_whose(skb, carp) ||
	    nla_put_u32(skb, CARP_A_VHID, READ_ONCE(carp->vhid)) ||
	    nla_put_u32(skb, CARP_A_PARENT, READ_ONCE(carp->parent_ifindex)) ||
	    nla_put_u32(skb, CARP_A_DEMOTION, carp_demote_now(carp)) ||
	    nla_put_u8(skb, CARP_A_DRAINED, carp_cause_drains(carp)))
		return -EMSGSIZE;

	spin_lock_bh(&carp->lock);
	sequence = dump ? dump->sequence : carp_journal_sequence(carp->net);
	err = carp_query_put_state(skb, carp, sequence);
	spin_unlock_bh(&carp->lock);
	return err;
}

static int carp_query_fill_counters(struct sk_buff *skb, struct carp *carp,
				    const struct carp_query_dump *dump)
{
	if (carp_query_put_whose(skb, carp) || carp_stats_put(skb, carp))
		return -EMSGSIZE;
	return carp_census_put(skb, carp);
}

static int carp_query_fill_totals(struct sk_buff *skb, struct net *net)
{
	if (nla_put(skb, CARP_A_BOOT_ID, CARP_BOOT_ID_LEN, carp_boot_id))
		return -EMSGSIZE;
	return carp_stats_put_net(skb, net);
}

/*
 * The next one behind the last that was told, without a walk over all from the
 * first. If that one is gone meanwhile the dump ends here: it is marked as
 * interrupted then, and nobody can use it anyway.
 */
static struct carp *carp_query_next(struct net *net, int last)
{
	struct net_device *dev = net_device_entry(&net->dev_base_head);

	if (last)
		dev = dev_get_by_index_rcu(net, last);
	if (!dev)
		return NULL;
	for_each_netdev_continue_rcu(net, dev)
		if (carp_is_carp(dev))
			return netdev_priv(dev);
	return NULL;
}

static int carp_query_dump(struct sk_buff *skb, struct netlink_callback *cb,
			   carp_query_fill fill, u8 cmd)
{
	struct carp_query_dump *dump = (void *)cb->ctx;
	struct net *net = sock_net(skb->sk);
	struct carp *carp;
	void *hdr;

	BUILD_BUG_ON(sizeof(*dump) > sizeof(cb->ctx));
	if (!dump->begun) {
		dump->begun = true;
		dump->sequence = carp_journal_sequence(net);
	}

	rcu_read_lock();
	cb->seq = READ_ONCE(net->dev_base_seq);
	while ((carp = carp_query_next(net, dump->ifindex))) {
		hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid,
				  cb->nlh->nlmsg_seq, &carp_genl_family,
				  NLM_F_MULTI, cmd);
		if (!hdr)
			break;
		genl_dump_check_consistent(cb, hdr);
		if (fill(skb, carp, dump)) {
			genlmsg_cancel(skb, hdr);
			break;
		}
		genlmsg_end(skb, hdr);
		dump->ifindex = carp->dev->ifindex;
	}
	rcu_read_unlock();

	/* one that does not fit into an empty message never will */
	return carp && !skb->len ? -EMSGSIZE : skb->len;
}

/* an answer to the request of @info; NULL: no memory */
static struct sk_buff *carp_query_begin(struct genl_info *info, size_t size,
					void **hdr)
{
	struct sk_buff *skb = genlmsg_new(size, GFP_KERNEL);

	if (!skb)
		return NULL;
	*hdr = genlmsg_put_reply(skb, info, &carp_genl_family, 0,
				 info->genlhdr->cmd);
	return skb;
}

static int carp_query_end(struct sk_buff *skb, void *hdr, int err,
			  struct genl_info *info)
{
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

/**
 * carp_query_device - CARP_CMD_DEVICE_GET of one device
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative errno.
 */
int carp_query_device(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *answer;
	struct carp *carp;
	void *hdr;
	int err;

	answer = carp_query_begin(info, carp_query_device_size(), &hdr);
	if (!answer)
		return -ENOMEM;

	rcu_read_lock();
	carp = carp_genl_device(info);
	if (!carp)
		NL_SET_ERR_MSG(info->extack,
			       "carp: ifindex or ifname: missing");
	if (IS_ERR_OR_NULL(carp))
		err = carp ? PTR_ERR(carp) : -EINVAL;
	else
		err = carp_query_fill_device(answer, carp, NULL);
	rcu_read_unlock();
	return carp_query_end(answer, hdr, err, info);
}

/**
 * carp_query_devices - CARP_CMD_DEVICE_GET of all
 * @skb: the answer
 * @cb: how far it has come
 *
 * Return: length of the answer, or a negative errno.
 */
int carp_query_devices(struct sk_buff *skb, struct netlink_callback *cb)
{
	return carp_query_dump(skb, cb, carp_query_fill_device,
			       CARP_CMD_DEVICE_GET);
}

/**
 * carp_query_counters - CARP_CMD_COUNTERS_GET of a device, or the namespace
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative errno.
 */
int carp_query_counters(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *answer;
	struct carp *carp;
	void *hdr;
	int err;

	answer = carp_query_begin(info,
				  nla_total_size(CARP_BOOT_ID_LEN) +
				  nla_total_size(4) +
				  nla_total_size(IFNAMSIZ) +
				  nla_total_size(carp_stats_room()) +
				  carp_census_room(), &hdr);
	if (!answer)
		return -ENOMEM;

	rcu_read_lock();
	carp = carp_genl_device(info);
	if (IS_ERR(carp))
		err = PTR_ERR(carp);
	else if (carp)
		err = carp_query_fill_counters(answer, carp, NULL);
	else
		err = carp_query_fill_totals(answer, genl_info_net(info));
	rcu_read_unlock();
	return carp_query_end(answer, hdr, err, info);
}

/**
 * carp_query_all_counters - CARP_CMD_COUNTERS_GET of all devices
 * @skb: the answer
 * @cb: how far it has come
 *
 * Return: length of the answer, or a negative errno.
 */
int carp_query_all_counters(struct sk_buff *skb, struct netlink_callback *cb)
{
	return carp_query_dump(skb, cb, carp_query_fill_counters,
			       CARP_CMD_COUNTERS_GET);
}

static void carp_query_reset_device(struct carp *carp)
{
	carp_stats_reset(carp);
	carp_census_reset(carp);
}

/**
 * carp_query_reset - CARP_CMD_COUNTERS_RESET of a device, or the namespace
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative errno.
 */
int carp_query_reset(struct sk_buff *skb, struct genl_info *info)
{
	struct carp *carp;
	int err = 0;

	rcu_read_lock();
	carp = carp_genl_device(info);
	if (IS_ERR(carp))
		err = PTR_ERR(carp);
	else if (carp)
		carp_query_reset_device(carp);
	else
		carp_stats_reset_net(genl_info_net(info));
	rcu_read_unlock();
	return err;
}
