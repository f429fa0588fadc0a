// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an advert was made with: the lists and keys that auth.c keeps are tried,
 * as far as they count.
 */
#include "carp.h"

static bool carp_match_expired(const struct carp_auth *auth)
{
	unsigned long expires = READ_ONCE(auth->expires);

	return expires && carp_auth_passed(expires);
}

static bool carp_match_try(const struct carp_digests *d, bool has_v6ll,
			   const struct carp_advert *adv, bool *nov6ll)
{
	*nov6ll = false;
	if (carp_digest_verify(&d->orig, adv->counter, adv->mac))
		return true;
	*nov6ll = has_v6ll &&
		  carp_digest_verify(&d->nov6ll, adv->counter, adv->mac);
	return *nov6ll;
}

static bool carp_match_try_old_key(const struct carp_auth *auth,
				   const struct carp_auth_others *others,
				   const struct carp_advert *adv)
{
	bool nov6ll;

	return others && others->has_old &&
	       !carp_auth_passed(others->old_expires) &&
	       carp_match_try(&others->old, auth->has_v6ll, adv, &nov6ll);
}

static enum carp_match carp_match_try_present(const struct carp_auth *auth,
					      const struct carp_advert *adv)
{
	const struct carp_auth_others *others = rcu_dereference(auth->others);
	bool nov6ll;

	if (carp_match_try(&auth->own, auth->has_v6ll, adv, &nov6ll))
		return nov6ll ? CARP_MATCH_NOV6LL : CARP_MATCH_PRESENT;
	if (others && others->has_next &&
	    carp_match_try(&others->next, auth->has_v6ll, adv, &nov6ll))
		return CARP_MATCH_KEY_NEXT;
	if (carp_match_try_old_key(auth, others, adv))
		return CARP_MATCH_OLD_KEY;
	return CARP_MATCH_NONE;
}

/* its list is good; @own: so is its own key */
static enum carp_match carp_match_try_old(const struct carp_auth *auth,
					  bool own,
					  const struct carp_advert *adv)
{
	const struct carp_auth_others *others = rcu_dereference(auth->others);
	bool nov6ll;

	if (others && others->has_now &&
	    carp_match_try(&others->now, auth->has_v6ll, adv, &nov6ll))
		return CARP_MATCH_OLD_LIST;
	if (others && others->has_next &&
	    carp_match_try(&others->next, auth->has_v6ll, adv, &nov6ll))
		return CARP_MATCH_OLD_LIST;
	if (own && carp_match_try(&auth->own, auth->has_v6ll, adv, &nov6ll))
		return READ_ONCE(auth->expires) ? CARP_MATCH_OLD_KEY :
						  CARP_MATCH_OLD_LIST;
	if (carp_match_try_old_key(auth, others, adv))
		return CARP_MATCH_OLD_KEY;
	return CARP_MATCH_NONE;
}

/**
 * carp_match_verify - was an advert made by one of our group?
 * @carp: the device
 * @adv: the advert
 *
 * Every list that counts goes with every key that counts: the present one, the
 * next one, and the one before, for as long as that is in grace. The latter was
 * perhaps never heard, since it was ours as MASTER; its user may yet speak up.
 *
 * Caller: RCU.
 * Return: what its digest fits: the present key and list, those under which an
 *	advert verified of late, or one of those that we had since.
 */
enum carp_match carp_match_verify(struct carp *carp,
				  const struct carp_advert *adv)
{
	struct carp_auth *auth = rcu_dereference(carp->auth);
	enum carp_match match = CARP_MATCH_NONE;
	bool anchored = false;

	if (auth)
		match = carp_match_try_present(auth, adv);
	if (match)
		goto verified;

	list_for_each_entry_rcu(auth, &carp->auth_old, list) {
		anchored |= carp_auth_in_grace(auth);
		if (!anchored)
			continue;
		match = carp_match_try_old(auth, !carp_match_expired(auth), adv);
		if (match)
			goto verified;
	}
	return CARP_MATCH_NONE;

verified:
	WRITE_ONCE(auth->verified, jiffies ? : 1);
	return match;
}

/**
 * carp_match_recall - was an advert made with anything that we know or knew?
 * @carp: the device
 * @adv: the advert
 *
 * Unlike carp_match_verify() it asks for no grace and leaves no trace.
 *
 * Caller: RTNL and RCU.
 * Return: what its digest fits.
 */
enum carp_match carp_match_recall(struct carp *carp,
				  const struct carp_advert *adv)
{
	struct carp_auth *auth = rcu_dereference(carp->auth);
	enum carp_match match = CARP_MATCH_NONE;

	if (auth)
		match = carp_match_try_present(auth, adv);
	list_for_each_entry_rcu(auth, &carp->auth_old, list)
		if (!match)
			match = carp_match_try_old(auth, true, adv);
	return match;
}
