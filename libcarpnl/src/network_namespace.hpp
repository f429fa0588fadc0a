// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * Doing something in another network namespace.
 */
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace carpnl::detail {

/// On a thread that is thrown away afterwards, so that no thread of the caller's ever leaves its
/// namespace. @throws Error, and what @p work throws
void run_in_network_namespace(const std::string &path, const std::function<void()> &work);

/// The same for a @p work that makes something.
template <class Work> auto in_network_namespace(const std::string &path, Work work) {
    std::optional<decltype(work())> made;
    run_in_network_namespace(path, [&] { made.emplace(work()); });
    return std::move(*made);
}

} // namespace carpnl::detail
