// SPDX-License-Identifier: GPL-2.0-only
/*
 * What was an advert's digest made with? The question of an administrator whose
 * hosts do not understand each other, answered without telling a key.
 */
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#include "carp.h"

/* what a BSD's ifconfig keeps of a password that fills the whole field */
#define CARP_KEY_CUT (CARP_KEY_LEN - 1)

/**
 * struct carp_question - an advert, and what it is tried with
 * @adv: the advert
 * @vhid: of the device
 * @key: its key
 * @own: its address list
 * @try: the list in trial, with room for one address more than @own has
 * @digest: of that
 * @family: of @addr, AF_INET or AF_INET6; 0: no address
 * @addr: the address that may make the difference
 *
 * Secret: the memory is wiped.
 */
struct carp_question {
	struct carp_advert adv;
	u8 vhid;
	struct carp_key key;
	const struct carp_addrs *own;
	struct carp_addrs try;
	struct carp_digest digest;
	int family;
	struct in6_addr addr;
};

static bool carp_question_fits(struct carp_question *q,
			       const struct carp_addrs *addrs)
{
	enum carp_digest_form form;

	for (form = CARP_DIGEST_ORIG; form <= CARP_DIGEST_NOV6LL; form++) {
		carp_digest_prepare(&q->digest, q->key.bytes, q->key.len,
				    q->vhid, addrs, form);
		if (carp_digest_verify(&q->digest, q->adv.counter, q->adv.mac))
			return true;
	}
	return false;
}

static void carp_question_take_own(struct carp_question *q)
{
	memcpy(q->try.v4, q->own->v4, q->own->n4 * CARP_ADDR4_LEN);
	memcpy(q->try.v6, q->own->v6, q->own->n6 * CARP_ADDR6_LEN);
	q->try.n4 = q->own->n4;
	q->try.n6 = q->own->n6;
}

static bool carp_question_key_cut(struct carp_question *q)
{
	bool fits;

	if (q->key.len <= CARP_KEY_CUT)
		return false;
	q->key.len = CARP_KEY_CUT;
	fits = carp_question_fits(q, q->own);
	q->key.len = CARP_KEY_LEN;
	return fits;
}

/* the list in trial loses one address after the other, and gets it back */
static bool carp_question_less4(struct carp_question *q)
{
	size_t n = q->own->n4;
	size_t i;

	carp_question_take_own(q);
	q->try.n4 = n - 1;
	for (i = n; i-- > 0;) {
		/* those behind it have moved up by one already */
		if (i < n - 1)
			memcpy(q->try.v4[i], q->own->v4[i + 1], CARP_ADDR4_LEN);
		if (carp_question_fits(q, &q->try)) {
			q->family = AF_INET;
			memcpy(&q->addr, q->own->v4[i], CARP_ADDR4_LEN);
			return true;
		}
		cond_resched();
	}
	return false;
}

static bool carp_question_less6(struct carp_question *q)
{
	size_t n = q->own->n6;
	size_t i;

	carp_question_take_own(q);
	q->try.n6 = n - 1;
	for (i = n; i-- > 0;) {
		if (i < n - 1)
			memcpy(q->try.v6[i], q->own->v6[i + 1], CARP_ADDR6_LEN);
		if (carp_question_fits(q, &q->try)) {
			q->family = AF_INET6;
			memcpy(&q->addr, q->own->v6[i], CARP_ADDR6_LEN);
			return true;
		}
		cond_resched();
	}
	return false;
}

static bool carp_question_more(struct carp_question *q)
{
	carp_question_take_own(q);
	if (q->family == AF_INET)
		memcpy(q->try.v4[q->try.n4++], &q->addr, CARP_ADDR4_LEN);
	else if (q->family == AF_INET6)
		memcpy(q->try.v6[q->try.n6++], &q->addr, CARP_ADDR6_LEN);
	else
		return false;
	carp_addrs_normalise(&q->try);
	return carp_question_fits(q, &q->try);
}

/* from what is accepted to what is least likely */
static enum carp_match carp_question_ask(struct carp *carp,
					 struct carp_question *q)
{
	enum carp_match match;

	rcu_read_lock();
	match = carp_match_recall(carp, &q->adv);
	rcu_read_unlock();
	if (match)
		return match;
	if (carp_question_key_cut(q))
		return CARP_MATCH_KEY_CUT;
	if ((q->own->n4 && carp_question_less4(q)) ||
	    (q->own->n6 && carp_question_less6(q)))
		return CARP_MATCH_ADDR_LESS;
	if (carp_question_more(q))
		return CARP_MATCH_ADDR_MORE;
	return CARP_MATCH_NONE;
}

static int carp_question_read_advert(struct carp_question *q,
				     const struct carp *carp,
				     struct genl_info *info)
{
	struct nlattr *nla = info->attrs[CARP_A_ADVERT];

	if (carp_wire_decode(nla_data(nla), CARP_HDR_LEN, 255, &q->adv) ||
	    q->adv.version != CARP_VERSION) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, nla,
					"carp: advert: not one of version %d, or a wrong checksum",
					CARP_VERSION);
		return -EINVAL;
	}
	if (q->adv.vhid != carp->vhid) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, nla,
					"carp: advert: of vhid %u, %s has vhid %u",
					q->adv.vhid, carp->dev->name,
					carp->vhid);
		return -EINVAL;
	}
	return 0;
}

static int carp_question_read_addr(struct carp_question *q,
				   struct genl_info *info)
{
	struct nlattr *v4 = info->attrs[CARP_A_ADDR4];
	struct nlattr *v6 = info->attrs[CARP_A_ADDR6];
	struct nlattr *nla = v4 ? v4 : v6;
	int len = v4 ? CARP_ADDR4_LEN : CARP_ADDR6_LEN;

	if (!nla)
		return 0;
	if (v4 && v6) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, v6,
					"carp: addr4 and addr6: one of them");
		return -EINVAL;
	}
	q->family = v4 ? AF_INET : AF_INET6;
	memcpy(&q->addr, nla_data(nla), len);
	return 0;
}

static int carp_question_prepare(struct carp_question *q, struct carp *carp,
				 const struct carp_auth *auth)
{
	q->vhid = carp->vhid;
	q->key = carp->keys.now;
	q->own = &auth->addrs;
	q->try.v4 = kmalloc_array(auth->addrs.n4 + 1, CARP_ADDR4_LEN,
				  GFP_KERNEL);
	q->try.v6 = kmalloc_array(auth->addrs.n6 + 1, CARP_ADDR6_LEN,
				  GFP_KERNEL);
	return q->try.v4 && q->try.v6 ? 0 : -ENOMEM;
}

static void carp_question_free(struct carp_question *q)
{
	kfree(q->try.v4);
	kfree(q->try.v6);
	kfree_sensitive(q);
}

static int carp_question_answer(const struct carp_question *q,
				const struct carp *carp, enum carp_match match,
				struct genl_info *info)
{
	bool which = match == CARP_MATCH_ADDR_LESS ||
		     match == CARP_MATCH_ADDR_MORE;
	struct sk_buff *skb;
	void *hdr;

	skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	hdr = genlmsg_put_reply(skb, info, &carp_genl_family, 0,
				CARP_CMD_VERIFY);
	if (!hdr ||
	    nla_put_u32(skb, CARP_A_IFINDEX, carp->dev->ifindex) ||
	    nla_put_u32(skb, CARP_A_MATCH, match) ||
	    (which && q->family == AF_INET &&
	     nla_put(skb, CARP_A_ADDR4, CARP_ADDR4_LEN, &q->addr)) ||
	    (which && q->family == AF_INET6 &&
	     nla_put_in6_addr(skb, CARP_A_ADDR6, &q->addr))) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return genlmsg_reply(skb, info);
}

static int carp_verify(struct carp *carp, struct genl_info *info)
{
	const struct carp_auth *auth = rtnl_dereference(carp->auth);
	struct carp_question *q;
	int err;

	q = kzalloc(sizeof(*q), GFP_KERNEL);
	if (!q)
		return -ENOMEM;
	err = carp_question_read_advert(q, carp, info);
	if (!err)
		err = carp_question_read_addr(q, info);
	if (!err)
		err = carp_question_prepare(q, carp, auth);
	if (!err)
		err = carp_question_answer(q, carp, carp_question_ask(carp, q),
					   info);
	carp_question_free(q);
	return err;
}

/**
 * carp_verify_doit - CARP_CMD_VERIFY
 * @skb: the request
 * @info: what is in it
 *
 * Nothing changes: what is tried here is neither accepted nor remembered.
 *
 * Return: 0 and an answer was sent, or a negative errno.
 */
int carp_verify_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct carp *carp;
	int err;

	rtnl_lock();
	rcu_read_lock();
	carp = carp_genl_device(info);
	rcu_read_unlock();
	if (IS_ERR(carp)) {
		err = PTR_ERR(carp);
	} else if (!carp) {
		NL_SET_ERR_MSG_FMT(info->extack,
				   "carp: ifindex or ifname: missing");
		err = -EINVAL;
	} else {
		err = carp_verify(carp, info);
	}
	rtnl_unlock();
	return err;
}
