// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Where a key comes from.
 */
#pragma once

#include <carpnl/key.hpp>

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace carpctl {

struct KeySource {
    enum class Kind {
        none,       ///< there shall be none
        word,       ///< the command line
        file,       ///< a file, or with the name "-" standard input
        descriptor, ///< a file that the caller opened
        prompt,     ///< somebody types it
    };

    Kind kind = Kind::none;
    /// The setting that names it, as in "passfile".
    std::string_view keyword;
    /// Of Kind::word; points into the Arguments.
    std::string_view word = {};
    std::string file = {};
    int descriptor = -1;

    /// The descriptor that it is read from, if it was open before.
    std::optional<int> open_already() const;
};

/**
 * The key from there; empty for Kind::none.
 * @param what it is a key of, to ask for it
 * @param warnings gets a line if others could read it
 * @throws FileError
 */
carpnl::Key read_key(const KeySource &source, std::string_view what, std::istream &input,
                     std::ostream &warnings);

} // namespace carpctl
