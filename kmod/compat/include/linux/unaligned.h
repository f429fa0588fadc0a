/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Before 6.12 these helpers lived in asm/. This directory is searched last, so
 * that a kernel's own header wins.
 */
#ifndef _CARP_COMPAT_LINUX_UNALIGNED_H
#define _CARP_COMPAT_LINUX_UNALIGNED_H

#include <asm/unaligned.h>

#endif /* _CARP_COMPAT_LINUX_UNALIGNED_H */
