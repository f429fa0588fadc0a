// SPDX-License-Identifier: GPL-2.0-only
/*
 * rtnetlink: IFLA_INFO_DATA of a carp link, both ways.
 */
#include <net/ipv6.h>
#include <net/rtnetlink.h>

#include "carp.h"

static u32 carp_get(struct nlattr *data[], int type, u32 otherwise)
{
	return data && data[type] ? nla_get_u32(data[type]) : otherwise;
}

/* the parent that a request names, or the present one */
static int carp_netlink_parent(struct carp *carp, struct nlattr *tb[],
			       struct nlattr *data[],
			       struct net_device **parent,
			       struct netlink_ext_ack *extack)
{
	struct carp_port *port = rtnl_dereference(carp->port);
	struct nlattr *nla = NULL;
	u32 ifindex;

	*parent = port ? port->dev : NULL;
	if (data && data[IFLA_CARP_PARENT])
		nla = data[IFLA_CARP_PARENT];
	else if (tb[IFLA_LINK])
		nla = tb[IFLA_LINK];
	if (!nla)
		return 0;

	ifindex = nla_get_u32(nla);
	*parent = ifindex ? __dev_get_by_index(carp->net, ifindex) : NULL;
	if (ifindex && !*parent) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, nla,
					"carp: parent %u: no such device",
					ifindex);
		return -ENODEV;
	}
	return 0;
}

/* a new rhythm begins anew, the same one goes on */
static void carp_netlink_announce(struct carp *carp, struct nlattr *data[])
{
	u32 count = carp_get(data, IFLA_CARP_ANNOUNCE_COUNT,
			     carp->announce_count);
	u32 interval = carp_get(data, IFLA_CARP_ANNOUNCE_INTERVAL,
				carp->announce_interval);
	u32 refresh = carp_get(data, IFLA_CARP_ANNOUNCE_REFRESH,
			       carp->announce_refresh);

	if (count == carp->announce_count &&
	    interval == carp->announce_interval &&
	    refresh == carp->announce_refresh)
		return;
	carp->announce_count = count;
	carp->announce_interval = interval;
	carp->announce_refresh = refresh;
	carp_announce_retime(carp);
}

static void carp_netlink_waits(struct carp *carp, struct nlattr *data[])
{
	if (!data || (!data[IFLA_CARP_PREEMPT_DELAY] &&
		      !data[IFLA_CARP_START_HOLD]))
		return;
	spin_lock_bh(&carp->lock);
	carp->preempt_delay = carp_get(data, IFLA_CARP_PREEMPT_DELAY,
				       carp->preempt_delay);
	carp->start_hold = carp_get(data, IFLA_CARP_START_HOLD,
				    carp->start_hold);
	spin_unlock_bh(&carp->lock);
	carp_state_rewait(carp);
}

static void carp_netlink_values(struct carp *carp, struct nlattr *data[])
{
	carp_netlink_waits(carp, data);
	spin_lock_bh(&carp->lock);
	carp_netlink_announce(carp, data);
	WRITE_ONCE(carp->advbase,
		   carp_get(data, IFLA_CARP_ADVBASE, carp->advbase));
	WRITE_ONCE(carp->advskew,
		   carp_get(data, IFLA_CARP_ADVSKEW, carp->advskew));
	WRITE_ONCE(carp->preempt,
		   carp_get(data, IFLA_CARP_PREEMPT, carp->preempt));
	spin_unlock_bh(&carp->lock);
}

/**
 * carp_netlink_new - RTM_NEWLINK of a new device
 * @carp: the device, set up and not registered
 * @tb: IFLA_*
 * @data: IFLA_CARP_*, may be NULL
 * @extack: says what is wrong
 *
 * Return: 0, or a negative errno and no device.
 */
int carp_netlink_new(struct carp *carp, struct nlattr *tb[],
		     struct nlattr *data[], struct netlink_ext_ack *extack)
{
	u8 vhid = carp_get(data, IFLA_CARP_VHID, 0);
	struct net_device *parent;
	int err;

	if (data && data[IFLA_CARP_FORCE_STATE]) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, data[IFLA_CARP_FORCE_STATE],
					"carp: state: the device is in INIT");
		return -EINVAL;
	}

	err = carp_netlink_parent(carp, tb, data, &parent, extack);
	if (err)
		return err;
	if (parent) {
		err = carp_port_check(carp->net, parent, extack);
		if (!err)
			err = carp_port_vacant(carp, parent, vhid, extack);
		if (err)
			return err;
		carp->dev->mtu = parent->mtu;
	}

	err = carp_peer_reserve(carp, data, extack);
	if (err)
		return err;

	netif_carrier_off(carp->dev);
	err = register_netdevice(carp->dev);
	if (err) {
		carp_peer_release(carp);
		return err;
	}
	carp_netlink_values(carp, data);
	carp_peer_commit(carp);
	err = carp_auth_reserve(carp, vhid, data, extack);
	if (err)
		goto err_device;
	err = carp_link_move(carp, parent, vhid, extack);
	if (err)
		goto err_device;
	carp->grace = carp_get(data, IFLA_CARP_GRACE, carp->grace);
	carp_auth_commit(carp, true);
	carp_state_check(carp);
	return 0;

err_device:
	unregister_netdevice(carp->dev);
	return err;
}

/* all that can fail comes first */
static int carp_netlink_set(struct net_device *dev, struct nlattr *tb[],
			    struct nlattr *data[],
			    struct netlink_ext_ack *extack)
{
	struct carp *carp = netdev_priv(dev);
	struct carp_port *port = rtnl_dereference(carp->port);
	u8 vhid = carp_get(data, IFLA_CARP_VHID, carp->vhid);
	struct net_device *parent;
	bool retime;
	bool revhid;
	int err;

	if (!data)
		return 0;

	err = carp_netlink_parent(carp, tb, data, &parent, extack);
	if (err)
		return err;

	if (dev->flags & IFF_UP &&
	    (vhid != carp->vhid || parent != (port ? port->dev : NULL))) {
		NL_SET_ERR_MSG_FMT_MOD(extack, "%s: set %s down first",
				       vhid != carp->vhid ? "vhid" : "parent",
				       dev->name);
		return -EBUSY;
	}
	if (data[IFLA_CARP_FORCE_STATE] &&
	    READ_ONCE(carp->state) == CARP_STATE_INIT) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, data[IFLA_CARP_FORCE_STATE],
					"carp: state: the device is in INIT");
		return -EINVAL;
	}

	err = carp_peer_reserve(carp, data, extack);
	if (err)
		return err;
	if (data[IFLA_CARP_KEY] || data[IFLA_CARP_KEY_NEXT] ||
	    vhid != carp->vhid) {
		err = carp_auth_reserve(carp, vhid, data, extack);
		if (err)
			goto err_peer;
	}
	revhid = vhid != carp->vhid;
	err = carp_link_move(carp, parent, vhid, extack);
	if (err)
		goto err_auth;
	carp->grace = carp_get(data, IFLA_CARP_GRACE, carp->grace);
	carp_auth_commit(carp, revhid);

	retime = carp_get(data, IFLA_CARP_ADVBASE, carp->advbase) !=
			 carp->advbase ||
		 carp_get(data, IFLA_CARP_ADVSKEW, carp->advskew) !=
			 carp->advskew;
	carp_netlink_values(carp, data);
	if (retime)
		carp_state_retime(carp);
	if (carp_peer_commit(carp))
		carp_state_readvertise(carp);
	carp_state_check(carp);
	if (data[IFLA_CARP_FORCE_STATE])
		carp_state_force(carp, nla_get_u32(data[IFLA_CARP_FORCE_STATE]));
	return 0;

err_auth:
	carp_auth_release(carp);
err_peer:
	carp_peer_release(carp);
	return err;
}

/**
 * carp_netlink_change - RTM_NEWLINK of an existing device
 * @dev: the device
 * @tb: IFLA_*
 * @data: IFLA_CARP_*, may be NULL
 * @extack: says what is wrong
 *
 * Return: 0, or a negative errno and nothing changed.
 */
int carp_netlink_change(struct net_device *dev, struct nlattr *tb[],
			struct nlattr *data[], struct netlink_ext_ack *extack)
{
	int err = carp_netlink_set(dev, tb, data, extack);

	carp_netlink_wipe(tb);
	return err;
}

/**
 * carp_netlink_size - room for carp_netlink_fill()
 * @dev: the device
 *
 * Return: bytes.
 */
size_t carp_netlink_size(const struct net_device *dev)
{
	return nla_total_size(4) * 17 +		/* u32 and in_addr */
	       nla_total_size(1) * 2 +		/* KEY_SET, DRAINED */
	       nla_total_size_64bit(8) * 6 +	/* times, TRANSITIONS, SEQUENCE */
	       nla_total_size(16) +		/* MASTER_ADDR6 */
	       carp_peer_size() +		/* PEERS4, PEERS6 */
	       nla_total_size(0) + nla_total_size(4) + /* REFUSED */
	       nla_total_size_64bit(8) + nla_total_size(16);
}

static int carp_netlink_fill_refused(struct sk_buff *skb,
				     const struct carp_refused *r, u64 now)
{
	struct nlattr *nest;

	if (!r->counter)
		return 0;

	nest = nla_nest_start(skb, IFLA_CARP_REFUSED);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u32(skb, CARP_REFUSED_COUNTER, r->counter) ||
	    nla_put_u64_64bit(skb, CARP_REFUSED_AGE,
			      carp_ms_since(r->when, now), CARP_REFUSED_PAD) ||
	    (r->family == AF_INET &&
	     nla_put(skb, CARP_REFUSED_ADDR4, 4, &r->addr)) ||
	    (r->family == AF_INET6 &&
	     nla_put_in6_addr(skb, CARP_REFUSED_ADDR6, &r->addr)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* what a BACKUP waits for on purpose */
static int carp_netlink_fill_waits(struct sk_buff *skb, struct carp *carp)
{
	u32 preempt_delay, start_hold;
	u64 preempt_at, hold_end;
	enum carp_state state;
	u64 now;

	spin_lock_bh(&carp->lock);
	now = ktime_get_boottime_ns();
	state = carp->state;
	preempt_delay = carp->preempt_delay;
	start_hold = carp->start_hold;
	preempt_at = carp_wait_preempt_at(carp);
	hold_end = carp_wait_hold_end(carp);
	spin_unlock_bh(&carp->lock);

	if (nla_put_u32(skb, IFLA_CARP_PREEMPT_DELAY, preempt_delay) ||
	    nla_put_u32(skb, IFLA_CARP_START_HOLD, start_hold) ||
	    nla_put_u8(skb, IFLA_CARP_DRAINED, carp_cause_drains(carp)))
		return -EMSGSIZE;
	if (state != CARP_STATE_BACKUP)
		return 0;
	if (preempt_at &&
	    nla_put_u64_64bit(skb, IFLA_CARP_PREEMPT_IN,
			      preempt_at > now ?
			      div_u64(preempt_at - now, NSEC_PER_USEC) : 0,
			      IFLA_CARP_PAD))
		return -EMSGSIZE;
	if (hold_end > now &&
	    nla_put_u64_64bit(skb, IFLA_CARP_HOLD_LEFT,
			      div_u64(hold_end - now, NSEC_PER_MSEC),
			      IFLA_CARP_PAD))
		return -EMSGSIZE;
	return 0;
}

/**
 * carp_netlink_fill - configuration and state, never the key
 * @skb: the message
 * @dev: the device
 *
 * Return: 0 or -EMSGSIZE.
 */
int carp_netlink_fill(struct sk_buff *skb, const struct net_device *dev)
{
	struct carp *carp = netdev_priv(dev);
	u32 announce_count, announce_interval, announce_refresh;
	u64 changed, deadline, transitions, sequence;
	struct carp_refused refused;
	enum carp_match heard_as;
	enum carp_reason reason;
	struct in6_addr master6;
	enum carp_state state;
	__be32 master4;
	u8 key_set = 0;
	u64 now;

	if (carp->keys.now.len)
		key_set |= CARP_KEY_SET_PRESENT;
	if (carp->keys.next.len)
		key_set |= CARP_KEY_SET_NEXT;

	spin_lock_bh(&carp->lock);
	now = ktime_get_boottime_ns();
	state = carp->state;
	reason = carp->reason;
	changed = carp->changed;
	deadline = carp->deadline;
	transitions = carp->transitions;
	sequence = carp->sequence;
	refused = carp->refused;
	heard_as = carp->heard_as;
	master4 = carp->master4;
	master6 = carp->master6;
	announce_count = carp->announce_count;
	announce_interval = carp->announce_interval;
	announce_refresh = carp->announce_refresh;
	spin_unlock_bh(&carp->lock);

	if (nla_put_u32(skb, IFLA_CARP_PARENT, READ_ONCE(carp->parent_ifindex)) ||
	    nla_put_u32(skb, IFLA_CARP_VHID, carp->vhid) ||
	    nla_put_u32(skb, IFLA_CARP_ADVBASE, carp->advbase) ||
	    nla_put_u32(skb, IFLA_CARP_ADVSKEW, carp->advskew) ||
	    nla_put_u8(skb, IFLA_CARP_KEY_SET, key_set) ||
	    nla_put_u32(skb, IFLA_CARP_GRACE, carp->grace) ||
	    nla_put_u32(skb, IFLA_CARP_PREEMPT, carp->preempt) ||
	    nla_put_u32(skb, IFLA_CARP_STATE, state) ||
	    nla_put_u32(skb, IFLA_CARP_LAST_REASON, reason) ||
	    nla_put_u64_64bit(skb, IFLA_CARP_LAST_CHANGE_AGE,
			      carp_ms_since(changed, now), IFLA_CARP_PAD) ||
	    nla_put_u64_64bit(skb, IFLA_CARP_TRANSITIONS, transitions,
			      IFLA_CARP_PAD) ||
	    nla_put_u64_64bit(skb, IFLA_CARP_SEQUENCE, sequence,
			      IFLA_CARP_PAD) ||
	    nla_put_u32(skb, IFLA_CARP_DEMOTION, carp_demote_now(carp)) ||
	    nla_put_u32(skb, IFLA_CARP_ADVSKEW_EFFECTIVE,
			carp_demote_skew(carp)) ||
	    nla_put_u32(skb, IFLA_CARP_ANNOUNCE_COUNT, announce_count) ||
	    nla_put_u32(skb, IFLA_CARP_ANNOUNCE_INTERVAL, announce_interval) ||
	    nla_put_u32(skb, IFLA_CARP_ANNOUNCE_REFRESH, announce_refresh))
		return -EMSGSIZE;

	if (state == CARP_STATE_BACKUP &&
	    nla_put_u64_64bit(skb, IFLA_CARP_MASTER_DOWN_IN,
			      deadline > now ?
			      div_u64(deadline - now, NSEC_PER_USEC) : 0,
			      IFLA_CARP_PAD))
		return -EMSGSIZE;
	if (state == CARP_STATE_BACKUP && master4 &&
	    nla_put_in_addr(skb, IFLA_CARP_MASTER_ADDR4, master4))
		return -EMSGSIZE;
	if (state == CARP_STATE_BACKUP && !ipv6_addr_any(&master6) &&
	    nla_put_in6_addr(skb, IFLA_CARP_MASTER_ADDR6, &master6))
		return -EMSGSIZE;
	if (heard_as && nla_put_u32(skb, IFLA_CARP_HEARD_AS, heard_as))
		return -EMSGSIZE;
	if (carp_netlink_fill_waits(skb, carp) || carp_peer_fill(skb, carp))
		return -EMSGSIZE;
	return carp_netlink_fill_refused(skb, &refused, now);
}
