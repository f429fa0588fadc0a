/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The version of everything: user space and the packages take it from here.
 */
#ifndef CARP_VERSION_H
#define CARP_VERSION_H

#define CARP_RELEASE "0.1.0"

#endif
