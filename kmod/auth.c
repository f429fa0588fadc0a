// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keys and address lists: what adverts are signed with and checked against.
 *
 * A changed list or key never restarts the election. The one under which an
 * advert last verified stays acceptable, and so do those that came after it:
 * hosts can be changed one after the other, each step by step.
 */
#include <linux/inetdevice.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/netlink.h>

#include "carp.h"

static void carp_auth_free_rcu(struct rcu_head *rcu)
{
	kfree_sensitive(container_of(rcu, struct carp_auth, rcu));
}

static void carp_auth_put(struct carp_auth *auth)
{
	if (auth)
		call_rcu(&auth->rcu, carp_auth_free_rcu);
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

static struct carp_auth *carp_auth_build(struct carp *carp, u8 vhid,
					 const u8 *key, size_t key_len)
{
	size_t n4 = carp_auth_list4(carp, NULL, 0);
	size_t n6 = carp_auth_list6(carp, NULL, 0);
	struct carp_addrs addrs;
	struct carp_auth *auth;
	size_t i;

	auth = kzalloc(sizeof(*auth), GFP_ATOMIC);
	if (!auth)
		return NULL;

	addrs.v6 = kmalloc_array(n6 + 1, 16, GFP_ATOMIC);
	addrs.v4 = kmalloc_array(n4 + 1, 4, GFP_ATOMIC);
	if (!addrs.v4 || !addrs.v6)
		goto err_lists;

	addrs.n4 = min(carp_auth_list4(carp, addrs.v4, n4), n4);
	addrs.n6 = min(carp_auth_list6(carp, addrs.v6, n6), n6);
	carp_addrs_normalise(&addrs);

	auth->n4 = addrs.n4;
	auth->n6 = addrs.n6;
	for (i = 0; i < addrs.n6; i++)
		auth->has_v6ll |= carp_addr6_is_linklocal(addrs.v6[i]);
	carp_digest_prepare(&auth->orig, key, key_len, vhid, &addrs,
			    CARP_DIGEST_ORIG);
	carp_digest_prepare(&auth->nov6ll, key, key_len, vhid, &addrs,
			    CARP_DIGEST_NOV6LL);
	kfree(addrs.v4);
	kfree(addrs.v6);
	return auth;

err_lists:
	kfree(addrs.v4);
	kfree(addrs.v6);
	kfree(auth);
	return NULL;
}

/**
 * carp_auth_reserve - get ready for another key or vhid
 * @carp: the device
 * @vhid: the new one or the present one
 * @key: the new key, NULL: keep the present one
 *
 * Caller: RTNL.
 * Return: 0 or -ENOMEM.
 */
int carp_auth_reserve(struct carp *carp, u8 vhid, const struct nlattr *key)
{
	struct carp_auth *auth;

	auth = carp_auth_build(carp, vhid, key ? nla_data(key) : carp->key,
			       key ? nla_len(key) : carp->key_len);
	if (!auth)
		return -ENOMEM;
	kfree_sensitive(carp->auth_spare);
	carp->auth_spare = auth;
	return 0;
}

/**
 * carp_auth_release - a reservation was not needed
 * @carp: the device
 */
void carp_auth_release(struct carp *carp)
{
	kfree_sensitive(carp->auth_spare);
	carp->auth_spare = NULL;
}

/* how long others may hold out without an advert; they have our advbase */
static unsigned long carp_auth_patience(const struct carp *carp)
{
	return (3 * READ_ONCE(carp->advbase) + 3) * HZ;
}

static bool carp_auth_in_grace(const struct carp_auth *auth)
{
	unsigned long idle = READ_ONCE(auth->verified) + CARP_GRACE_SECS * HZ;

	return READ_ONCE(auth->verified) && !time_after(jiffies, idle);
}

static bool carp_auth_expired(const struct carp_auth *auth)
{
	unsigned long expires = READ_ONCE(auth->expires);

	return expires && time_after(jiffies, expires);
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
		if (!carp_auth_lately_said(carp, auth) &&
		    (!anchored || carp_auth_expired(auth)))
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
	unsigned long end = jiffies + CARP_GRACE_SECS * HZ;
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
 * carp_auth_commit - put a reserved key or vhid into force
 * @carp: the device, with its new vhid
 * @key: as in carp_auth_reserve()
 * @vhid_changed: adverts of the old vhid are not for us any more
 *
 * Caller: RTNL. Cannot fail.
 */
void carp_auth_commit(struct carp *carp, const struct nlattr *key,
		      bool vhid_changed)
{
	if (key) {
		memzero_explicit(carp->key, sizeof(carp->key));
		carp->key_len = nla_len(key);
		memcpy(carp->key, nla_data(key), carp->key_len);
	}
	carp_auth_swap(carp, carp->auth_spare, key);
	carp->auth_spare = NULL;

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

	new = carp_auth_build(carp, carp->vhid, carp->key, carp->key_len);
	carp->auth_dirty = !new;
	if (!new) {
		carp_state_notify(carp);
		return;
	}

	carp->addresses = new->n4 + new->n6;
	carp_auth_swap(carp, new, false);
	carp_state_check(carp);
}

static bool carp_auth_try(struct carp_auth *auth, const struct carp_advert *adv)
{
	if (!carp_digest_verify(&auth->orig, adv->counter, adv->mac) &&
	    !(auth->has_v6ll &&
	      carp_digest_verify(&auth->nov6ll, adv->counter, adv->mac)))
		return false;
	WRITE_ONCE(auth->verified, jiffies ? : 1);
	return true;
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
 * carp_auth_verify - was an advert made by one of our group?
 * @carp: the device
 * @adv: the advert
 *
 * Caller: RCU.
 * Return: its digest fits the present key and list, those under which an
 *	advert verified of late, or one of those that we had since.
 */
bool carp_auth_verify(struct carp *carp, const struct carp_advert *adv)
{
	struct carp_auth *auth = rcu_dereference(carp->auth);
	bool anchored = false;

	if (auth && carp_auth_try(auth, adv))
		return true;

	list_for_each_entry_rcu(auth, &carp->auth_old, list) {
		anchored |= carp_auth_in_grace(auth);
		if (anchored && !carp_auth_expired(auth) &&
		    carp_auth_try(auth, adv))
			return true;
	}
	return false;
}

/**
 * carp_auth_free - when the device is freed
 * @carp: the device
 */
void carp_auth_free(struct carp *carp)
{
	carp_auth_put(rcu_dereference_protected(carp->auth, true));
	carp_auth_forget_all(carp);
	kfree_sensitive(carp->auth_spare);
	memzero_explicit(carp->key, sizeof(carp->key));
}
