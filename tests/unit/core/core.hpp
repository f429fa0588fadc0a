// SPDX-License-Identifier: GPL-2.0-only
// The core's C headers for C++.
#pragma once

// outside of the extern "C" block, because the C++ library adds overloads
#include <cstddef>
#include <cstdint>
#include <cstring>

extern "C" {
#include "core/addrs.h"
#include "core/balance.h"
#include "core/demotion.h"
#include "core/digest.h"
#include "core/election.h"
#include "core/frame.h"
#include "core/margin.h"
#include "core/timing.h"
#include "core/wire.h"
}
