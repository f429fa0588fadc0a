/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What demotes: problems that the module notices, and causes that users set.
 * Part of carp.h, where the locking is described.
 */
#ifndef _CARP_CAUSE_H
#define _CARP_CAUSE_H

#include <linux/list.h>
#include <linux/rcupdate.h>

#include "include/uapi/linux/carp.h"

/* the cause that writes to net.inet.carp.demotion add to */
#define CARP_CAUSE_SYSCTL	"sysctl"

/**
 * enum carp_problem - what demotes a host without anybody asking for it
 * @CARP_PROBLEM_LINK: the parent of a device is down
 * @CARP_PROBLEM_SENDERR: the parent does not take adverts
 * @CARP_PROBLEMS: how many there are
 */
enum carp_problem {
	CARP_PROBLEM_LINK,
	CARP_PROBLEM_SENDERR,
	CARP_PROBLEMS,
};

/**
 * struct carp_cause - a cause of demotion that a user set
 * @list: in carp_net.causes; RCU, written under carp_net.lock
 * @ended: among those that end at the same time
 * @name: printable
 * @value: 1..240
 * @scope: what it demotes
 * @id: the interface group or the index of the device, as @scope says
 * @owner: USER or SOCKET
 * @portid: the socket of a lease, else 0
 * @flags: CARP_CAUSE_F_*
 * @since: when it was set, ktime_get_boottime_ns()
 * @rcu: for freeing
 *
 * @value and @flags change under carp_net.lock, all else never.
 */
struct carp_cause {
	struct list_head list;
	struct list_head ended;
	char name[CARP_CAUSE_NAME_MAX + 1];
	u32 value;
	enum carp_scope scope;
	u32 id;
	enum carp_owner owner;
	u32 portid;
	u32 flags;
	u64 since;
	struct rcu_head rcu;
};

/**
 * struct carp_cause_news - what the journal is told of a cause of demotion
 * @name: its name
 * @value: 1..240, 0: it is no more
 * @scope: enum carp_scope
 * @id: the interface group or the index of the device, as @scope says
 * @owner: enum carp_owner
 * @flags: CARP_CAUSE_F_*
 */
struct carp_cause_news {
	const char *name;
	u32 value;
	u32 scope;
	u32 id;
	u32 owner;
	u32 flags;
};

#endif /* _CARP_CAUSE_H */
