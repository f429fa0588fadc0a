// SPDX-License-Identifier: GPL-2.0-only
/*
 * Causes of demotion that users set: a list per namespace, by name.
 *
 * Written under carp_net.lock, read under RCU with each advert and timer.
 */
#include <linux/netlink.h>
#include <linux/slab.h>

#include "carp.h"
#include "core/demotion.h"

/**
 * carp_cause_fits - does a cause demote a device?
 * @cause: the cause
 * @carp: the device
 *
 * Return: yes or no.
 */
bool carp_cause_fits(const struct carp_cause *cause, const struct carp *carp)
{
	return carp_demotion_fits(cause->scope, cause->id, carp->dev->ifindex,
				  READ_ONCE(carp->dev->group));
}

static void carp_cause_tell(struct net *net, const struct carp_cause *cause,
			    u32 value)
{
	const struct carp_cause_news news = {
		.name = cause->name,
		.value = value,
		.scope = cause->scope,
		.id = cause->id,
		.owner = cause->owner,
		.flags = READ_ONCE(cause->flags),
	};

	carp_journal_cause(net, &news);
}

static bool carp_cause_same(const struct carp_cause *a,
			    const struct carp_cause *b)
{
	return a->scope == b->scope && a->id == b->id &&
	       !strcmp(a->name, b->name);
}

static struct carp_cause *carp_cause_find(struct carp_net *cn,
					  const struct carp_cause *key,
					  enum carp_owner owner, u32 portid)
{
	struct carp_cause *cause;

	lockdep_assert_held(&cn->lock);
	list_for_each_entry(cause, &cn->causes, list)
		if (carp_cause_same(cause, key) && cause->owner == owner &&
		    cause->portid == portid)
			return cause;
	return NULL;
}

/**
 * carp_cause_set - set a cause, or change the one that is there
 * @cn: the namespace
 * @cause: allocated; the list's from here on, or freed
 * @carp: the device of a cause of that scope, else NULL
 *
 * Caller: RCU.
 * Return: 0, -ENOSPC if there are too many, -ENODEV if @carp is going away.
 */
int carp_cause_set(struct carp_net *cn, struct carp_cause *cause,
		   struct carp *carp)
{
	struct carp_cause *old;
	int err = 0;

	spin_lock_bh(&cn->lock);
	old = carp_cause_find(cn, cause, cause->owner, cause->portid);
	if (carp && carp->causes_end)
		err = -ENODEV;
	else if (!old && cn->n_causes >= CARP_CAUSES_MAX)
		err = -ENOSPC;
	if (err)
		goto out;

	cn->cause_seq++;
	if (old) {
		WRITE_ONCE(old->value, cause->value);
		WRITE_ONCE(old->flags, cause->flags);
	} else {
		cn->n_causes++;
		cause->since = ktime_get_boottime_ns();
		list_add_tail_rcu(&cause->list, &cn->causes);
	}
out:
	spin_unlock_bh(&cn->lock);
	if (!err)
		carp_cause_tell(cn->net, cause, cause->value);
	if (err || old)
		kfree(cause);
	return err;
}

static void carp_cause_unlink(struct carp_net *cn, struct carp_cause *cause,
			      struct list_head *gone)
{
	lockdep_assert_held(&cn->lock);
	cn->n_causes--;
	cn->cause_seq++;
	list_del_rcu(&cause->list);
	list_add_tail(&cause->ended, gone);
}

/* those that were unlinked: tell, free, and say the new demotion */
static void carp_cause_bury(struct carp_net *cn, struct list_head *gone)
{
	struct carp_cause *cause, *next;

	if (list_empty(gone))
		return;
	list_for_each_entry_safe(cause, next, gone, ended) {
		carp_cause_tell(cn->net, cause, 0);
		kfree_rcu(cause, rcu);
	}
	carp_demote_apply(cn, NULL);
}

/**
 * carp_cause_clear - take a cause away
 * @cn: the namespace
 * @key: its name, scope and id
 * @portid: the socket that asks; its own lease comes first
 *
 * Return: 0, -ENOENT if there is none, -EPERM if only other sockets have it.
 */
int carp_cause_clear(struct carp_net *cn, const struct carp_cause *key,
		     u32 portid)
{
	struct carp_cause *cause;
	LIST_HEAD(gone);
	int err = 0;

	spin_lock_bh(&cn->lock);
	cause = carp_cause_find(cn, key, CARP_OWNER_SOCKET, portid);
	if (!cause)
		cause = carp_cause_find(cn, key, CARP_OWNER_USER, 0);
	if (cause) {
		carp_cause_unlink(cn, cause, &gone);
		goto out;
	}

	err = -ENOENT;
	list_for_each_entry(cause, &cn->causes, list)
		if (carp_cause_same(cause, key))
			err = -EPERM;
out:
	spin_unlock_bh(&cn->lock);
	carp_cause_bury(cn, &gone);
	return err;
}

/**
 * carp_cause_device_end - a device is going away, and so are its causes
 * @carp: the device, in INIT
 */
void carp_cause_device_end(struct carp *carp)
{
	struct carp_net *cn = carp_net(carp->net);
	struct carp_cause *cause, *next;
	LIST_HEAD(gone);

	spin_lock_bh(&cn->lock);
	carp->causes_end = true;
	list_for_each_entry_safe(cause, next, &cn->causes, list)
		if (cause->scope == CARP_SCOPE_DEVICE &&
		    cause->id == carp->dev->ifindex)
			carp_cause_unlink(cn, cause, &gone);
	spin_unlock_bh(&cn->lock);
	carp_cause_bury(cn, &gone);
}

/**
 * carp_cause_drains - is a device drained?
 * @carp: the device
 *
 * Return: yes or no.
 */
bool carp_cause_drains(const struct carp *carp)
{
	const struct carp_cause *cause;
	bool drains = false;

	rcu_read_lock();
	list_for_each_entry_rcu(cause, &carp_net(carp->net)->causes, list)
		if (READ_ONCE(cause->flags) & CARP_CAUSE_F_DRAIN &&
		    carp_cause_fits(cause, carp)) {
			drains = true;
			break;
		}
	rcu_read_unlock();
	return drains;
}

/**
 * carp_cause_free - the end of a namespace
 * @cn: the namespace; nothing of it runs any more
 */
void carp_cause_free(struct carp_net *cn)
{
	struct carp_cause *cause, *next;

	list_for_each_entry_safe(cause, next, &cn->causes, list) {
		list_del_rcu(&cause->list);
		kfree_rcu(cause, rcu);
	}
}

/* a socket is closed: its leases end, whatever became of its process */
static int carp_cause_closed(struct notifier_block *nb, unsigned long event,
			     void *data)
{
	const struct netlink_notify *closed = data;
	struct carp_cause *cause, *next;
	struct carp_net *cn;
	LIST_HEAD(gone);

	if (event != NETLINK_URELEASE || closed->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	cn = carp_net(closed->net);
	if (list_empty(&cn->causes))
		return NOTIFY_DONE;

	spin_lock_bh(&cn->lock);
	list_for_each_entry_safe(cause, next, &cn->causes, list)
		if (cause->owner == CARP_OWNER_SOCKET &&
		    cause->portid == closed->portid)
			carp_cause_unlink(cn, cause, &gone);
	spin_unlock_bh(&cn->lock);
	carp_cause_bury(cn, &gone);
	return NOTIFY_DONE;
}

static struct notifier_block carp_cause_nb = {
	.notifier_call = carp_cause_closed,
};

/**
 * carp_cause_register - from here on leases end with their sockets
 *
 * Return: 0 or a negative errno.
 */
int __init carp_cause_register(void)
{
	return netlink_register_notifier(&carp_cause_nb);
}

/**
 * carp_cause_unregister - no more
 */
void carp_cause_unregister(void)
{
	netlink_unregister_notifier(&carp_cause_nb);
}
