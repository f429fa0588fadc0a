/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only place that knows older kernels. The code above it is written for
 * the newest API; what features.mk does not find is bent here.
 */
#ifndef _CARP_COMPAT_H
#define _CARP_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/netdevice.h>
#include <linux/sysctl.h>
#include <net/net_namespace.h>
#include <net/rtnetlink.h>

#ifndef CARP_HAVE_NEWLINK_PARAMS
struct rtnl_newlink_params {
	struct net *src_net;
	struct nlattr **tb;
	struct nlattr **data;
};

static inline struct net *rtnl_newlink_link_net(struct rtnl_newlink_params *p)
{
	/* the old core resolves IFLA_LINK_NETNSID before it calls newlink */
	return p->src_net;
}

#define CARP_NEWLINK(fn)						\
static int fn##_compat(struct net *src_net, struct net_device *dev,	\
		       struct nlattr *tb[], struct nlattr *data[],	\
		       struct netlink_ext_ack *extack)			\
{									\
	struct rtnl_newlink_params p = {				\
		.src_net = src_net, .tb = tb, .data = data,		\
	};								\
									\
	return fn(dev, &p, extack);					\
}

#define CARP_NEWLINK_OP(fn) fn##_compat
#else
#define CARP_NEWLINK(fn)
#define CARP_NEWLINK_OP(fn) fn
#endif

static inline void carp_dev_set_lltx(struct net_device *dev)
{
#ifdef CARP_HAVE_LLTX
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
}

static inline void carp_dev_set_netns_immutable(struct net_device *dev)
{
#if defined(CARP_HAVE_NETNS_IMMUTABLE)
	dev->netns_immutable = true;
#elif defined(CARP_HAVE_NETNS_LOCAL)
	dev->netns_local = true;
#else
	dev->features |= NETIF_F_NETNS_LOCAL;
#endif
}

/* whether IPv6 may make addresses of its own for a device */
static inline void carp_dev_set_addrconf(struct net_device *dev, bool on)
{
#ifdef CARP_HAVE_NO_ADDRCONF
	if (on)
		dev->priv_flags &= ~IFF_NO_ADDRCONF;
	else
		dev->priv_flags |= IFF_NO_ADDRCONF;
#else
	/* before that flag this one meant it, too */
	if (on)
		dev->flags &= ~IFF_SLAVE;
	else
		dev->flags |= IFF_SLAVE;
#endif
}

/* filters of tc where frames enter a device */
static inline bool carp_dev_has_ingress(const struct net_device *dev)
{
#if defined(CARP_HAVE_TCX) && defined(CONFIG_NET_XGRESS)
	return rcu_access_pointer(dev->tcx_ingress);
#elif !defined(CARP_HAVE_TCX) && defined(CONFIG_NET_CLS_ACT)
	return rcu_access_pointer(dev->miniq_ingress);
#else
	return false;
#endif
}

#ifndef CARP_HAVE_HRTIMER_SETUP
static inline void
hrtimer_setup(struct hrtimer *timer,
	      enum hrtimer_restart (*function)(struct hrtimer *),
	      clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

#ifdef CARP_HAVE_CONST_CTL_TABLE
#define CARP_CTL_TABLE const struct ctl_table
#else
#define CARP_CTL_TABLE struct ctl_table
#endif

#ifndef CARP_HAVE_SYSCTL_SZ
/* the old call wants an empty last row, which our tables therefore have */
#define register_net_sysctl_sz(net, path, table, size) \
	register_net_sysctl(net, path, table)
#endif

#ifndef NL_SET_ERR_MSG_FMT
/*
 * Before 6.3 an extack text must outlive the call. A ring of static texts
 * does: the answer is written before 16 more refusals can come.
 */
char *carp_compat_extack_slot(void);
#define CARP_EXTACK_TEXT 80
#define NL_SET_ERR_MSG_FMT(extack, fmt, args...) do {			\
	struct netlink_ext_ack *__extack = (extack);			\
									\
	if (__extack) {							\
		char *__slot = carp_compat_extack_slot();		\
									\
		snprintf(__slot, CARP_EXTACK_TEXT, fmt, ##args);	\
		__extack->_msg = __slot;				\
	}								\
} while (0)
#define NL_SET_ERR_MSG_FMT_MOD(extack, fmt, args...)			\
	NL_SET_ERR_MSG_FMT((extack), KBUILD_MODNAME ": " fmt, ##args)
#endif

#ifndef NL_SET_ERR_MSG_ATTR_FMT
#define NL_SET_ERR_MSG_ATTR_FMT(extack, attr, fmt, args...) do {	\
	struct netlink_ext_ack *__attr_extack = (extack);		\
									\
	NL_SET_ERR_MSG_FMT(__attr_extack, fmt, ##args);			\
	NL_SET_BAD_ATTR(__attr_extack, (attr));				\
} while (0)
#endif

#endif /* _CARP_COMPAT_H */
