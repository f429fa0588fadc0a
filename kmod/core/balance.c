// SPDX-License-Identifier: GPL-2.0-only
/*
 * arpbalance: the requester's address picks one of several vhids.
 */
#include "balance.h"

/**
 * carp_balance_index - which vhid answers an ARP request
 * @sender: IPv4 address of the requester, as on the wire
 * @count: how many vhids have the requested address, 1 or more
 *
 * The address counts as a host-order number, as in FreeBSD 9, so that hosts of
 * either byte order agree.
 *
 * Return: 0..@count - 1; 0 if @count is 0.
 */
u32 carp_balance_index(const u8 sender[4], u32 count)
{
	if (!count)
		return 0;

	return get_unaligned_be32(sender) % count;
}
