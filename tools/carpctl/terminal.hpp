// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Keys that are typed.
 */
#pragma once

#include <carpnl/key.hpp>

#include <string_view>

namespace carpctl {

/// Where a line is typed, and where it is asked for.
struct Terminal {
    int in;
    int out;
};

/// One line, which nobody sees; a signal ends the program only when the terminal shows again what
/// is typed. @throws FileError with @p name if it cannot be read
carpnl::Key type_key(Terminal terminal, std::string_view prompt, std::string_view name);

/// Asks twice for the key of @p what on the terminal of this session, whatever standard input is.
/// @throws FileError with @p name if there is none or if the two are not the same
carpnl::Key ask_for_key(std::string_view what, std::string_view name);

} // namespace carpctl
