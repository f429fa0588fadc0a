// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys and address lists: what adverts are signed with and checked against
 * (the latter in match.c).
 *
 * A changed list or key never restarts the election. The one under which an
 * advert last verified stays acceptable, and so do those that came after it:
 * hosts can be changed one after the other, each step by step. A replaced key
 * counts for carp.grace seconds and no longer; a next key counts at once, for as
 * long as it is set, and is never sent.
 */
#include <linux/inetdevice.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/netlink.h>

#include "carp.h"

static void carp_auth_destroy(struct carp_auth *auth)
{
	if (!auth)
		return;
	kfree_sensitive(rcu_dereference_protected(auth->others, true));
	kfree_sensitive(auth->others_spare);
	kfree(auth->addrs.v4);
	kfree(auth->addrs.v6);
	kfree_sensitive(auth);
}

static void carp_auth_free_rcu(struct rcu_head *rcu)
{
	carp_auth_destroy(container_of(rcu, struct carp_auth, rcu));
}

static void carp_auth_put(struct carp_auth *auth)
{
	if (auth)
		call_rcu(&auth->rcu, carp_auth_free_rcu);
}

static void carp_auth_others_free_rcu(struct rcu_head *rcu)
{
	kfree_sensitive(container_of(rcu, struct carp_auth_others, rcu));
}

/* what a host's administrator gave, and nothing that comes and goes */
static bool carp_auth_counts4(const struct in_ifaddr *ifa)
{
	return ifa->ifa_flags & IFA_F_PERMANENT;
}

static bool carp_auth_counts6(const struct inet6_ifaddr *ifp)
{
	return ifp->flags & IFA_F_PERMANENT &&
	       !(ifp->flags & IFA_F_TEMPORARY) &&
	       ifp->state != INET6_IFADDR_STATE_DEAD;
}

static size_t carp_auth_list4(struct carp *carp, u8 (*out)[4], size_t room)
{
	struct in_device *in_dev = __in_dev_get_rtnl(carp->dev);
	const struct in_ifaddr *ifa;
	size_t n = 0;

	if (!in_dev)
		return 0;
	in_dev_for_each_ifa_rtnl(ifa, in_dev) {
		if (!carp_auth_counts4(ifa))
			continue;
		if (n < room)
			memcpy(out[n], &ifa->ifa_local, 4);
		n++;
	}
	return n;
}

static size_t carp_auth_list6(struct carp *carp, u8 (*out)[16], size_t room)
{
	struct inet6_dev *idev = __in6_dev_get(carp->dev);
	const struct inet6_ifaddr *ifp;
	size_t n = 0;

	if (!idev)
		return 0;
	read_lock_bh(&idev->lock);
	list_for_each_entry(ifp, &idev->addr_list, if_list) {
		if (!carp_auth_counts6(ifp))
			continue;
		if (n < room)
			memcpy(out[n], &ifp->addr, 16);
		n++;
	}
	read_unlock_bh(&idev->lock);
	return n;
}

static void carp_auth_digests(struct carp_digests *d, const struct carp_key *key,
			      u8 vhid, const struct carp_addrs *addrs)
{
	carp_digest_prepare(&d->orig, key->bytes, key->len, vhid, addrs,
			    CARP_DIGEST_ORIG);
	carp_digest_prepare(&d->nov6ll, key->bytes, key->len, vhid, addrs,
			    CARP_DIGEST_NOV6LL);
}

/* a list with keys that are not its own, into @auth->others_spare */
static int carp_auth_reserve_others(struct carp_auth *auth, u8 vhid,
				    const struct carp_keys *keys, bool rekeyed,
				    gfp_t gfp)
{
	bool has_old = keys->old.len && !carp_auth_passed(keys->old_expires);
	struct carp_auth_others *others;

	if (!rekeyed && !keys->next.len && !has_old)
		return 0;
	others = kzalloc(sizeof(*others), gfp);
	if (!others)
		return -ENOMEM;

	others->has_now = rekeyed;
	if (rekeyed)
		carp_auth_digests(&others->now, &keys->now, vhid, &auth->addrs);
	others->has_next = keys->next.len;
	if (others->has_next)
		carp_auth_digests(&others->next, &keys->next, vhid,
				  &auth->addrs);
	others->has_old = has_old;
	others->old_expires = keys->old_expires;
	if (has_old)
		carp_auth_digests(&others->old, &keys->old, vhid, &auth->addrs);
	auth->others_spare = others;
	return 0;
}

static void carp_auth_commit_others(struct carp_auth *auth)
{
	struct carp_auth_others *old = rtnl_dereference(auth->others);

	rcu_assign_pointer(auth->others, auth->others_spare);
	auth->others_spare = NULL;
	if (old)
		call_rcu(&old->rcu, carp_auth_others_free_rcu);
}

static void carp_auth_release_others(struct carp_auth *auth)
{
	kfree_sensitive(auth->others_spare);
	auth->others_spare = NULL;
}

static struct carp_auth *carp_auth_build(struct carp *carp, u8 vhid,
					 const struct carp_keys *keys,
					 gfp_t gfp)
{
	size_t n4 = carp_auth_list4(carp, NULL, 0);
	size_t n6 = carp_auth_list6(carp, NULL, 0);
	struct carp_addrs *addrs;
	struct carp_auth *auth;
	size_t i;

	auth = kzalloc(sizeof(*auth), gfp);
	if (!auth)
		return NULL;

	addrs = &auth->addrs;
	addrs->v6 = kmalloc_array(n6 + 1, 16, gfp);
	addrs->v4 = kmalloc_array(n4 + 1, 4, gfp);
	if (!addrs->v4 || !addrs->v6)
		goto err_auth;

	addrs->n4 = min(carp_auth_list4(carp, addrs->v4, n4), n4);
	addrs->n6 = min(carp_auth_list6(carp, addrs->v6, n6), n6);
	carp_addrs_normalise(addrs);

	auth->n4 = addrs->n4;
	auth->n6 = addrs->n6;
	for (i = 0; i < addrs->n6; i++)
		auth->has_v6ll |= carp_addr6_is_linklocal(addrs->v6[i]);
	carp_auth_digests(&auth->own, &keys->now, vhid, addrs);
	if (carp_auth_reserve_others(auth, vhid, keys, false, gfp))
		goto err_auth;
	carp_auth_commit_others(auth);
	return auth;

err_auth:
	carp_auth_destroy(auth);
	return NULL;
}

static void carp_auth_set_key(struct carp_key *key, const struct nlattr *nla)
{
	memzero_explicit(key, sizeof(*key));
	key->len = nla_len(nla);
	memcpy(key->bytes, nla_data(nla), key->len);
}

/* the keys as a request wants them */
static int carp_auth_want(struct carp_keys *keys, struct nlattr *data[],
			  struct netlink_ext_ack *extack)
{
	const struct nlattr *next = data ? data[IFLA_CARP_KEY_NEXT] : NULL;
	const struct nlattr *key = data ? data[IFLA_CARP_KEY] : NULL;

	if (key)
		carp_auth_set_key(&keys->now, key);
	if (next)
		carp_auth_set_key(&keys->next, next);
	if (!keys->next.len ||
	    !carp_key_equal(keys->now.bytes, keys->next.bytes))
		return 0;

	if (next) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, next,
					"carp: key_next: the same as key");
		return -EINVAL;
	}
	/* the next key has become the present one */
	memzero_explicit(&keys->next, sizeof(keys->next));
	return 0;
}

/* @grace seconds from now; without any it is over now, not with the next tick */
static void carp_auth_retire_key(struct carp_auth_change *change,
				 const struct carp_key *old, u32 grace)
{
	struct carp_keys *keys = &change->keys;

	keys->old = *old;
	keys->old_expires = jiffies + (unsigned long)grace * HZ;
	if (!grace)
		keys->old_expires--;
}

/* lists that were replaced, and the present one, with the keys of @change */
static int carp_auth_reserve_lists(struct carp *carp,
				   const struct carp_auth_change *change)
{
	struct carp_auth *auth = rtnl_dereference(carp->auth);
	const struct carp_keys *keys = &change->keys;
	int err = 0;

	if (auth)
		err = carp_auth_reserve_others(auth, carp->vhid, keys,
					       change->rekeyed, GFP_KERNEL);
	list_for_each_entry(auth, &carp->auth_old, list)
		if (!err)
			err = carp_auth_reserve_others(auth, carp->vhid, keys,
						       change->rekeyed ||
						       auth->expires,
						       GFP_KERNEL);
	return err;
}

/**
 * carp_auth_release - a reservation was not needed
 * @carp: the device
 *
 * Caller: RTNL, or nobody knows the device any more.
 */
void carp_auth_release(struct carp *carp)
{
	struct carp_auth *auth = rcu_dereference_protected(carp->auth, true);

	if (!carp->auth_change)
		return;
	if (auth)
		carp_auth_release_others(auth);
	list_for_each_entry(auth, &carp->auth_old, list)
		carp_auth_release_others(auth);
	carp_auth_destroy(carp->auth_change->auth);
	kfree_sensitive(carp->auth_change);
	carp->auth_change = NULL;
}

/**
 * carp_auth_reserve - get ready for other keys or another vhid
 * @carp: the device
 * @vhid: the new one or the present one
 * @data: IFLA_CARP_*, checked; NULL: keep the present keys
 * @extack: says what is wrong
 *
 * Caller: RTNL. carp_auth_commit() or carp_auth_release() must follow.
 * Return: 0 or a negative errno.
 */
int carp_auth_reserve(struct carp *carp, u8 vhid, struct nlattr *data[],
		      struct netlink_ext_ack *extack)
{
	const struct nlattr *grace = data ? data[IFLA_CARP_GRACE] : NULL;
	bool first = !rtnl_dereference(carp->auth);
	struct carp_auth_change *change;
	bool renext;
	int err;

	change = kzalloc(sizeof(*change), GFP_KERNEL);
	if (!change)
		return -ENOMEM;
	carp->auth_change = change;
	change->keys = carp->keys;
	err = carp_auth_want(&change->keys, data, extack);
	if (err)
		goto err_change;

	change->rekeyed = !carp_key_equal(change->keys.now.bytes,
					  carp->keys.now.bytes);
	if (change->rekeyed)
		carp_auth_retire_key(change, &carp->keys.now,
				     grace ? nla_get_u32(grace) : carp->grace);
	renext = !carp_key_equal(change->keys.next.bytes,
				 carp->keys.next.bytes);
	if (first || change->rekeyed || vhid != carp->vhid) {
		change->auth = carp_auth_build(carp, vhid, &change->keys,
					       GFP_KERNEL);
		if (!change->auth)
			err = -ENOMEM;
	}
	change->relist = change->rekeyed || renext;
	if (!err && change->relist)
		err = carp_auth_reserve_lists(carp, change);
	if (err)
		goto err_change;
	return 0;

err_change:
	carp_auth_release(carp);
	return err;
}

/* how long others may hold out without an advert; they have our advbase */
static unsigned long carp_auth_patience(const struct carp *carp)
{
	return (3 * READ_ONCE(carp->advbase) + 3) * HZ;
}

/* somebody may still know no newer one of ours */
static bool carp_auth_lately_said(const struct carp *carp,
				  const struct carp_auth *auth)
{
	unsigned long said = READ_ONCE(auth->said);

	return said && !time_after(jiffies, said + carp_auth_patience(carp));
}

/* everybody who did not hear it has taken over long ago */
static bool carp_auth_settled(const struct carp *carp,
			      const struct carp_auth *auth)
{
	return READ_ONCE(auth->said) &&
	       time_after(READ_ONCE(auth->said),
			  READ_ONCE(auth->said_first) +
			  carp_auth_patience(carp));
}

static void carp_auth_forget(struct carp_auth *auth)
{
	list_del_rcu(&auth->list);
	carp_auth_put(auth);
}

/*
 * Keep what is of use: to accept adverts, one under which an advert verified
 * and whatever came after it; to say goodbye, one that we advertised lately.
 */
static void carp_auth_prune(struct carp *carp)
{
	struct carp_auth *auth, *next;
	bool anchored = false;
	unsigned int n = 0;

	list_for_each_entry_safe(auth, next, &carp->auth_old, list) {
		anchored |= carp_auth_in_grace(auth);
		if (!carp_auth_lately_said(carp, auth) && !anchored)
			carp_auth_forget(auth);
		else
			n++;
	}

	/* the oldest are those that the group still uses */
	while (n-- > CARP_AUTH_OLD_MAX)
		carp_auth_forget(list_last_entry(&carp->auth_old,
						 struct carp_auth, list));
}

static void carp_auth_swap(struct carp *carp, struct carp_auth *new,
			   bool rekeyed)
{
	struct carp_auth *old = rtnl_dereference(carp->auth);
	unsigned long end = carp->keys.old_expires;
	struct carp_auth *auth;

	rcu_assign_pointer(carp->auth, new);
	if (old)
		list_add_tail_rcu(&old->list, &carp->auth_old);
	if (rekeyed)
		list_for_each_entry(auth, &carp->auth_old, list)
			if (!auth->expires)
				WRITE_ONCE(auth->expires, end ? : 1);
	carp_auth_prune(carp);
}

/* RTNL, or nobody knows the device any more */
static void carp_auth_forget_all(struct carp *carp)
{
	struct carp_auth *auth, *next;

	list_for_each_entry_safe(auth, next, &carp->auth_old, list)
		carp_auth_forget(auth);
}

/**
 * carp_auth_commit - put reserved keys or a reserved vhid into force
 * @carp: the device, with its new vhid
 * @vhid_changed: adverts of the old vhid are not for us any more
 *
 * Caller: RTNL. Cannot fail.
 */
void carp_auth_commit(struct carp *carp, bool vhid_changed)
{
	struct carp_auth *present = rtnl_dereference(carp->auth);
	struct carp_auth_change *change = carp->auth_change;
	struct carp_auth *auth;

	if (!change)
		return;
	carp->keys = change->keys;
	if (change->relist) {
		if (present)
			carp_auth_commit_others(present);
		list_for_each_entry(auth, &carp->auth_old, list)
			carp_auth_commit_others(auth);
	}
	if (change->auth)
		carp_auth_swap(carp, change->auth, change->rekeyed);
	kfree_sensitive(change);
	carp->auth_change = NULL;

	if (vhid_changed)
		carp_auth_forget_all(carp);
}

/**
 * carp_auth_rebuild - the address list changed
 * @carp: the device
 *
 * Without memory the old list stays and the worker tries again.
 * Caller: RTNL.
 */
void carp_auth_rebuild(struct carp *carp)
{
	struct carp_auth *new;

	new = carp_auth_build(carp, carp->vhid, &carp->keys, GFP_ATOMIC);
	carp->auth_dirty = !new;
	if (!new) {
		carp_notify(carp);
		return;
	}

	carp->addresses = new->n4 + new->n6;
	carp_auth_swap(carp, new, false);
	carp_state_check(carp);
}

/**
 * carp_auth_said - an advert was signed
 * @auth: with this
 *
 * Caller: carp_run().
 */
void carp_auth_said(struct carp_auth *auth)
{
	unsigned long now = jiffies ? : 1;

	if (!auth->said)
		WRITE_ONCE(auth->said_first, now);
	WRITE_ONCE(auth->said, now);
}

/**
 * carp_auth_before - what else a farewell has to be signed with
 * @carp: the device
 *
 * Who did not follow the last changes of list or key knows what we said
 * before them, and has not given us up yet.
 *
 * Caller: RCU.
 * Return: NULL if the present one will do.
 */
struct carp_auth *carp_auth_before(struct carp *carp)
{
	struct carp_auth *found = NULL;
	struct carp_auth *auth;

	auth = rcu_dereference(carp->auth);
	if (auth && carp_auth_settled(carp, auth))
		return NULL;

	list_for_each_entry_rcu(auth, &carp->auth_old, list)
		if (carp_auth_lately_said(carp, auth) &&
		    (!found || carp_auth_settled(carp, auth)))
			found = auth;
	return found;
}

/**
 * carp_auth_free - when the device is freed
 * @carp: the device
 *
 * The memory of struct carp goes back to the allocator with whatever is in it,
 * so the keys go first.
 */
void carp_auth_free(struct carp *carp)
{
	carp_auth_release(carp);
	carp_auth_put(rcu_dereference_protected(carp->auth, true));
	RCU_INIT_POINTER(carp->auth, NULL);
	carp_auth_forget_all(carp);
	memzero_explicit(&carp->keys, sizeof(carp->keys));
}
