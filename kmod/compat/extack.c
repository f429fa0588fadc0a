// SPDX-License-Identifier: GPL-2.0-only
#include <linux/atomic.h>

#include "compat.h"

#ifdef CARP_EXTACK_TEXT

char *carp_compat_extack_slot(void)
{
	static char text[16][CARP_EXTACK_TEXT];
	static atomic_t next;

	return text[(unsigned int)atomic_inc_return(&next) % ARRAY_SIZE(text)];
}

#endif
