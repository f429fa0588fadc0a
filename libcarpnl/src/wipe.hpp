// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstring>
#include <span>

namespace carpnl::detail {

/// Overwrites memory that held a secret; the compiler cannot leave it out.
inline void wipe(std::span<std::byte> memory) noexcept {
    if (!memory.empty())
        ::explicit_bzero(memory.data(), memory.size());
}

} // namespace carpnl::detail
