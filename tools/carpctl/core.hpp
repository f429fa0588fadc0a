// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * The decisions of the kernel module that the tool needs too: the same C, so that both say the
 * same.
 */
#pragma once

// outside of the extern "C" block, because the C++ library adds overloads
#include <cstddef>
#include <cstdint>
#include <cstring>

extern "C" {
#include "core/addrs.h"
#include "core/digest.h"
#include "core/wire.h"
}
