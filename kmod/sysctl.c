// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/sys/net/inet/carp, named as the FreeBSD sysctls are.
 */
#include <linux/slab.h>
#include <linux/sysctl.h>

#include "carp.h"

static const int carp_sysctl_demotion_max = CARP_DEMOTION_MAX;
static const int carp_sysctl_dscp_max = 63;

/* "allow" starts and stops every vhid, so the write is done when they are */
static int carp_sysctl_allow(CARP_CTL_TABLE *ctl, int write, void *buffer,
			     size_t *lenp, loff_t *ppos)
{
	struct net *net = ctl->extra1;
	int value = READ_ONCE(carp_net(net)->allow);
	struct ctl_table tmp = {
		.data = &value,
		.maxlen = sizeof(value),
		.extra1 = SYSCTL_ZERO,
		.extra2 = SYSCTL_ONE,
	};
	int err;

	err = proc_dointvec_minmax(&tmp, write, buffer, lenp, ppos);
	if (err || !write)
		return err;

	/* a reader of this file may hold what an RTNL holder waits for */
	if (!rtnl_trylock())
		return restart_syscall();
	WRITE_ONCE(carp_net(net)->allow, value);
	carp_state_check_net(net);
	rtnl_unlock();
	return 0;
}

static int carp_sysctl_demotion(CARP_CTL_TABLE *ctl, int write, void *buffer,
				size_t *lenp, loff_t *ppos)
{
	struct carp_net *cn = carp_net(ctl->extra1);
	int value = write ? 0 : carp_demote_net(cn);
	struct ctl_table tmp = {
		.data = &value,
		.maxlen = sizeof(value),
	};
	int err;

	err = proc_dointvec(&tmp, write, buffer, lenp, ppos);
	if (err || !write)
		return err;
	/* the namespace may never have had a device */
	carp_journal_make_room(cn->net);
	carp_demote_add_sysctl(cn, value);
	return 0;
}

static int carp_sysctl_factor(CARP_CTL_TABLE *ctl, int write, void *buffer,
			      size_t *lenp, loff_t *ppos)
{
	enum carp_problem problem = (uintptr_t)ctl->extra2;
	struct carp_net *cn = carp_net(ctl->extra1);
	int value = carp_demote_factor(cn, problem);
	struct ctl_table tmp = {
		.data = &value,
		.maxlen = sizeof(value),
		.extra1 = SYSCTL_ZERO,
		.extra2 = (void *)&carp_sysctl_demotion_max,
	};
	int err;

	err = proc_dointvec_minmax(&tmp, write, buffer, lenp, ppos);
	if (!err && write)
		carp_demote_set_factor(cn, problem, value);
	return err;
}

static const struct ctl_table carp_sysctl_template[] = {
	{
		.procname = "allow",
		.maxlen = sizeof(int),
		.mode = 0644,
		.proc_handler = carp_sysctl_allow,
	},
	{
		.procname = "preempt",
		.maxlen = sizeof(int),
		.mode = 0644,
		.proc_handler = proc_dointvec_minmax,
		.extra1 = SYSCTL_ZERO,
		.extra2 = SYSCTL_ONE,
	},
	{
		.procname = "log",
		.maxlen = sizeof(int),
		.mode = 0644,
		.proc_handler = proc_dointvec_minmax,
		.extra1 = SYSCTL_ZERO,
		.extra2 = SYSCTL_INT_MAX,
	},
	{
		.procname = "arpbalance",
		.maxlen = sizeof(int),
		.mode = 0644,
		.proc_handler = proc_dointvec_minmax,
		.extra1 = SYSCTL_ZERO,
		.extra2 = SYSCTL_ONE,
	},
	{
		.procname = "suppress_preempt",
		.maxlen = sizeof(int),
		.mode = 0444,
		.proc_handler = proc_dointvec,
	},
	{
		.procname = "demotion",
		.maxlen = sizeof(int),
		.mode = 0644,
		.proc_handler = carp_sysctl_demotion,
	},
	{
		.procname = "ifdown_demotion_factor",
		.maxlen = sizeof(int),
		.mode = 0644,
		.proc_handler = carp_sysctl_factor,
		.extra2 = (void *)CARP_PROBLEM_LINK,
	},
	{
		.procname = "senderr_demotion_factor",
		.maxlen = sizeof(int),
		.mode = 0644,
		.proc_handler = carp_sysctl_factor,
		.extra2 = (void *)CARP_PROBLEM_SENDERR,
	},
	{
		.procname = "dscp",
		.maxlen = sizeof(int),
		.mode = 0644,
		.proc_handler = proc_dointvec_minmax,
		.extra1 = SYSCTL_ZERO,
		.extra2 = (void *)&carp_sysctl_dscp_max,
	},
	{ }
};

#define CARP_SYSCTLS (ARRAY_SIZE(carp_sysctl_template) - 1)

/**
 * carp_sysctl_init - make the files of a namespace, with the defaults
 * @net: the namespace
 *
 * Return: 0 or a negative errno.
 */
int carp_sysctl_init(struct net *net)
{
	struct carp_net *cn = carp_net(net);
	struct ctl_table *t;

	cn->allow = 1;
	cn->preempt = 0;
	cn->log = 1;
	cn->arpbalance = 0;
	cn->problems = 0;
	cn->factors[CARP_PROBLEM_LINK] = CARP_DEMOTION_MAX;
	cn->factors[CARP_PROBLEM_SENDERR] = CARP_DEMOTION_MAX;
	cn->dscp = CARP_DSCP_DEFAULT;

	t = kmemdup(carp_sysctl_template, sizeof(carp_sysctl_template),
		    GFP_KERNEL);
	if (!t)
		return -ENOMEM;

	t[0].extra1 = net;
	t[1].data = &cn->preempt;
	t[2].data = &cn->log;
	t[3].data = &cn->arpbalance;
	t[4].data = &cn->problems;
	t[5].extra1 = net;
	t[6].extra1 = net;
	t[7].extra1 = net;
	t[8].data = &cn->dscp;

	cn->sysctl = register_net_sysctl_sz(net, "net/inet/carp", t,
					    CARP_SYSCTLS);
	if (!cn->sysctl) {
		kfree(t);
		return -ENOMEM;
	}
	cn->table = t;
	return 0;
}

/**
 * carp_sysctl_exit - take the files of a namespace away
 * @net: the namespace
 */
void carp_sysctl_exit(struct net *net)
{
	struct carp_net *cn = carp_net(net);

	unregister_net_sysctl_table(cn->sysctl);
	kfree(cn->table);
}
