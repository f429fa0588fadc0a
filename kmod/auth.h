/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys and address lists: what adverts are signed with and checked against.
 * Part of carp.h, where the locking is described.
 */
#ifndef _CARP_AUTH_H
#define _CARP_AUTH_H

#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/rcupdate.h>

#include "core/digest.h"
#include "include/uapi/linux/carp.h"

/* how long a list is accepted that nobody uses any more */
#define CARP_GRACE_SECS		300

/* replaced lists and keys that are remembered; each costs a bad advert time */
#define CARP_AUTH_OLD_MAX	32

/**
 * struct carp_key - a password
 * @len: 0: none
 * @bytes: zeros after @len, which make no difference to the digest
 */
struct carp_key {
	u8 len;
	u8 bytes[CARP_KEY_LEN];
};

/**
 * struct carp_keys - the passwords of a device
 * @now: signs our adverts
 * @next: accepted too
 * @old: what @now replaced; accepted until @old_expires
 * @old_expires: jiffies
 */
struct carp_keys {
	struct carp_key now;
	struct carp_key next;
	struct carp_key old;
	unsigned long old_expires;
};

/**
 * struct carp_digests - one list with one key
 * @orig: over all addresses
 * @nov6ll: over all but link-local IPv6 addresses
 */
struct carp_digests {
	struct carp_digest orig;
	struct carp_digest nov6ll;
};

/**
 * struct carp_auth_others - a list with keys that are not its own
 * @has_now: @now is in use: the list's own key was replaced
 * @has_next: @next is in use
 * @has_old: @old is in use
 * @now: with the present key
 * @next: with the next key
 * @old: with the key before the present one
 * @old_expires: jiffies when @old ends
 * @rcu: for freeing; the memory is wiped
 *
 * Immutable. Replaced under RTNL.
 */
struct carp_auth_others {
	bool has_now;
	bool has_next;
	bool has_old;
	struct carp_digests now;
	struct carp_digests next;
	struct carp_digests old;
	unsigned long old_expires;
	struct rcu_head rcu;
};

/**
 * struct carp_auth - what adverts are signed with and checked against
 * @own: with the key that was the present one when it was made
 * @others: with other keys, NULL: there are none; RCU, written under RTNL
 * @others_spare: reserved for the next change of keys; RTNL
 * @addrs: the list, normalised
 * @has_v6ll: there are link-local addresses in it
 * @n4: number of IPv4 addresses in the list
 * @n6: number of IPv6 addresses in the list
 * @verified: jiffies of the last advert that it verified, 0: none yet
 * @said: jiffies of our last advert that it signed, 0: none yet
 * @said_first: of the first one
 * @expires: jiffies when a replaced key ends, 0: the key is still the present
 * @list: in carp.auth_old once it is replaced; RCU, written under RTNL
 * @rcu: for freeing; the memory is wiped
 *
 * Immutable but for @others, @verified, @said and @expires. Replaced under RTNL.
 */
struct carp_auth {
	struct carp_digests own;
	struct carp_auth_others __rcu *others;
	struct carp_auth_others *others_spare;
	struct carp_addrs addrs;
	bool has_v6ll;
	unsigned int n4;
	unsigned int n6;
	unsigned long verified;
	unsigned long said;
	unsigned long said_first;
	unsigned long expires;
	struct list_head list;
	struct rcu_head rcu;
};

/**
 * struct carp_auth_change - a request's keys or vhid, not in force yet
 * @keys: as they will be
 * @auth: the next present one, NULL: it stays
 * @rekeyed: the present key changes
 * @relist: a key changes, so that lists have new others_spare
 */
struct carp_auth_change {
	struct carp_keys keys;
	struct carp_auth *auth;
	bool rekeyed;
	bool relist;
};

static inline bool carp_auth_passed(unsigned long when)
{
	return time_after(jiffies, when);
}

/* an advert verified under it not long ago */
static inline bool carp_auth_in_grace(const struct carp_auth *auth)
{
	unsigned long idle = READ_ONCE(auth->verified) + CARP_GRACE_SECS * HZ;

	return READ_ONCE(auth->verified) && !time_after(jiffies, idle);
}

#endif /* _CARP_AUTH_H */
