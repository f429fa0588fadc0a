// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling user space of a new state where that takes RTNL: RTM_NEWLINK and a
 * uevent, for whoever wants the latest state. The journal tells of each change.
 */
#include "carp.h"

/* for whoever starts services with a state: udev rules need no program */
static void carp_notify_uevent(struct carp *carp)
{
	static const char * const states[] = {
		[CARP_STATE_INIT] = "CARP_STATE=init",
		[CARP_STATE_BACKUP] = "CARP_STATE=backup",
		[CARP_STATE_MASTER] = "CARP_STATE=master",
	};
	char sequence[40];
	char reason[24];
	char *env[4] = { NULL, reason, sequence, NULL };
	u64 last;

	spin_lock_bh(&carp->lock);
	last = carp->sequence;
	env[0] = (char *)states[carp->state];
	snprintf(reason, sizeof(reason), "CARP_REASON=%u", carp->reason);
	spin_unlock_bh(&carp->lock);

	if (!IS_ENABLED(CONFIG_SYSFS) || last == carp->told)
		return;
	carp->told = last;
	snprintf(sequence, sizeof(sequence), "CARP_SEQUENCE=%llu", last);
	kobject_uevent_env(&carp->dev->dev.kobj, KOBJ_CHANGE, env);
}

static void carp_notify_work(struct work_struct *work)
{
	struct carp *carp = container_of(work, struct carp, notify_work);

	rtnl_lock();
	if (carp->dev->reg_state == NETREG_REGISTERED) {
		if (carp->auth_dirty)
			carp_auth_rebuild(carp);
		/* RTM_NEWLINK, but no walk over all routes */
		call_netdevice_notifiers(NETDEV_CHANGEINFODATA, carp->dev);
		carp_notify_uevent(carp);
	}
	rtnl_unlock();
	/* the device cannot be freed before; carp is gone after this */
	dev_put(carp->dev);
}

/**
 * carp_notify - have the worker tell user space
 * @carp: the device
 */
void carp_notify(struct carp *carp)
{
	dev_hold(carp->dev);
	if (!queue_work(carp_wq, &carp->notify_work))
		dev_put(carp->dev);
}

/**
 * carp_notify_init - before the device is registered
 * @carp: the device
 */
void carp_notify_init(struct carp *carp)
{
	INIT_WORK(&carp->notify_work, carp_notify_work);
}
