// SPDX-License-Identifier: GPL-2.0-only
/*
 * CARP: several hosts share virtual addresses. Module and namespace lifetimes.
 */
#include <linux/module.h>
#include <linux/random.h>
#include <linux/ratelimit.h>
#include <linux/reboot.h>
#include <net/genetlink.h>
#include <net/netns/generic.h>

#include "carp.h"
#include "version.h"

unsigned int carp_net_id;
struct workqueue_struct *carp_wq;

/**
 * carp_net - the module's part of a namespace
 * @net: the namespace
 *
 * Return: never NULL while the module is loaded.
 */
struct carp_net *carp_net(const struct net *net)
{
	return net_generic(net, carp_net_id);
}

static int __net_init carp_net_init(struct net *net)
{
	struct carp_net *cn = carp_net(net);

	INIT_LIST_HEAD(&cn->devices);
	INIT_LIST_HEAD(&cn->ports);
	INIT_LIST_HEAD(&cn->causes);
	spin_lock_init(&cn->lock);
	INIT_WORK(&cn->kick_work, carp_demote_kick);
	cn->net = net;
	carp_carrier_init(net);
	carp_journal_init(net);
	spin_lock_init(&cn->tallies_lock);
	INIT_LIST_HEAD(&cn->tallies);
	ratelimit_state_init(&cn->ratelimit, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
	return carp_sysctl_init(net);
}

/* the devices go later, when their parents may be dead: say goodbye now */
static void __net_exit carp_net_pre_exit(struct net *net)
{
	struct carp_net *cn = carp_net(net);

	rtnl_lock();
	WRITE_ONCE(cn->leaving, true);
	carp_state_check_net(net);
	rtnl_unlock();
}

static void __net_exit carp_net_exit(struct net *net)
{
	carp_sysctl_exit(net);
	carp_carrier_exit(net);
	cancel_work_sync(&carp_net(net)->kick_work);
	carp_cause_free(carp_net(net));
	carp_journal_exit(net);
	carp_stats_exit(net);
}

static struct pernet_operations carp_net_ops = {
	.init = carp_net_init,
	.pre_exit = carp_net_pre_exit,
	.exit = carp_net_exit,
	.id = &carp_net_id,
	.size = sizeof(struct carp_net),
};

static int carp_reboot(struct notifier_block *nb, unsigned long event,
		       void *data)
{
	struct net *net;

	rtnl_lock();
	down_read(&net_rwsem);
	for_each_net(net) {
		WRITE_ONCE(carp_net(net)->leaving, true);
		carp_state_check_net(net);
	}
	up_read(&net_rwsem);
	rtnl_unlock();
	return NOTIFY_DONE;
}

static struct notifier_block carp_reboot_nb = {
	.notifier_call = carp_reboot,
};

static int __init carp_init(void)
{
	int err;

	get_random_bytes(carp_boot_id, sizeof(carp_boot_id));
	carp_wq = alloc_workqueue("carp", WQ_UNBOUND, 0);
	if (!carp_wq)
		return -ENOMEM;

	err = register_pernet_subsys(&carp_net_ops);
	if (err)
		goto err_wq;

	err = carp_event_register();
	if (err)
		goto err_net;

	err = carp_addr_register();
	if (err)
		goto err_event;

	err = carp_unicast_register();
	if (err)
		goto err_addr;

	err = carp_cause_register();
	if (err)
		goto err_unicast;

	/* before there are devices, so that all their events can be heard */
	err = carp_genl_register();
	if (err)
		goto err_cause;

	err = rtnl_link_register(&carp_link_ops);
	if (err)
		goto err_genl;

	register_reboot_notifier(&carp_reboot_nb);
	return 0;

err_genl:
	carp_genl_unregister();
err_cause:
	carp_cause_unregister();
err_unicast:
	carp_unicast_unregister();
err_addr:
	carp_addr_unregister();
err_event:
	carp_event_unregister();
err_net:
	unregister_pernet_subsys(&carp_net_ops);
err_wq:
	destroy_workqueue(carp_wq);
	return err;
}

static void __exit carp_exit(void)
{
	unregister_reboot_notifier(&carp_reboot_nb);
	rtnl_link_unregister(&carp_link_ops);
	carp_genl_unregister();
	carp_cause_unregister();
	carp_unicast_unregister();
	carp_addr_unregister();
	carp_event_unregister();
	unregister_pernet_subsys(&carp_net_ops);
	destroy_workqueue(carp_wq);
	/* keys, ports and lists are freed after a grace period, by our code */
	rcu_barrier();
}

module_init(carp_init);
module_exit(carp_exit);

MODULE_DESCRIPTION("Common Address Redundancy Protocol");
MODULE_LICENSE("GPL");
MODULE_VERSION(CARP_RELEASE);
MODULE_ALIAS_RTNL_LINK(CARP_KIND);
MODULE_ALIAS_GENL_FAMILY(CARP_GENL_NAME);
