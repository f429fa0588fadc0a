// SPDX-License-Identifier: GPL-2.0-only
/*
 * Telling the segment where the addresses are: gratuitous ARP and unsolicited
 * neighbour advertisements, through the parent, from the virtual MAC.
 */
#include <linux/inetdevice.h>
#include <net/addrconf.h>

#include "carp.h"

static void carp_announce4(struct carp *carp)
{
	struct in_device *in_dev = __in_dev_get_rcu(carp->dev);
	u8 frame[CARP_FRAME_ARP_LEN];
	const struct in_ifaddr *ifa;

	if (!in_dev)
		return;
	in_dev_for_each_ifa_rcu(ifa, in_dev) {
		carp_frame_garp(frame, carp->dev->dev_addr,
				(const u8 *)&ifa->ifa_local);
		carp_count(carp, CARP_XSTATS_ANNOUNCES);
		carp_send_frame(carp, frame, sizeof(frame), htons(ETH_P_ARP));
	}
}

/*
 * Frames are not sent under idev->lock: a parent may want it. The list is
 * walked by position instead; an address that is added or removed meanwhile
 * announces itself or needs none.
 */
static bool carp_announce_addr6(struct inet6_dev *idev, unsigned int pos,
				struct in6_addr *addr)
{
	struct inet6_ifaddr *ifp;
	bool found = false;

	read_lock_bh(&idev->lock);
	list_for_each_entry(ifp, &idev->addr_list, if_list) {
		if (pos--)
			continue;
		*addr = ifp->addr;
		found = true;
		break;
	}
	read_unlock_bh(&idev->lock);
	return found;
}

static void carp_announce6(struct carp *carp)
{
	struct inet6_dev *idev = __in6_dev_get(carp->dev);
	u8 frame[CARP_FRAME_NA_LEN];
	struct in6_addr addr;
	unsigned int pos;

	if (!idev)
		return;
	for (pos = 0; carp_announce_addr6(idev, pos, &addr); pos++) {
		carp_neigh_announce6(carp, &addr, frame);
		carp_count(carp, CARP_XSTATS_ANNOUNCES);
		carp_send_frame(carp, frame, sizeof(frame), htons(ETH_P_IPV6));
	}
}

/**
 * carp_announce - announce all addresses of a MASTER
 * @carp: the device
 *
 * Caller: carp_run().
 */
void carp_announce(struct carp *carp)
{
	spin_lock(&carp->lock);
	carp->announced = ktime_get_boottime_ns();
	spin_unlock(&carp->lock);

	carp_announce4(carp);
	carp_announce6(carp);
}
