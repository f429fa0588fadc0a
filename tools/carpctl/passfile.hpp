// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Keys from files.
 */
#pragma once

#include "file_error.hpp"

#include <carpnl/key.hpp>

#include <iosfwd>
#include <string_view>

namespace carpctl {

/**
 * The key in a file, or on @p input with the name "-": one line, whose end does not belong to it.
 * What it may hold is for the kernel to say.
 * @param warnings gets a line if others can read the file
 * @throws FileError
 */
carpnl::Key read_passfile(std::string_view file, std::istream &input, std::ostream &warnings);

/// The same from a descriptor that is open; @p keyword names it in errors.
carpnl::Key read_pass_descriptor(int descriptor, std::string_view keyword);

/// Warns of a key that BSD hosts would not have whole.
void warn_if_cut(const carpnl::Key &key, std::ostream &warnings);

} // namespace carpctl
