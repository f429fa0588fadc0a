// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Lines of files, put together where a backslash cut them, that remember where they came from.
 */
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carpctl {

/// Where a byte stands in a file; both count from 1.
struct Place {
    unsigned line = 1;
    unsigned column = 1;
};

/// A line as it is meant.
class LogicalLine {
  public:
    const std::string &text() const noexcept { return text_; }
    /// Of the byte at @p offset, or behind the last one.
    Place place(std::size_t offset) const noexcept;

    /// Adds a piece that stands at @p where.
    void append(std::string_view piece, Place where);
    void clear() noexcept;
    bool empty() const noexcept { return pieces_.empty(); }

  private:
    struct Piece {
        std::size_t offset;
        Place where;
    };
    std::string text_;
    std::vector<Piece> pieces_;
};

/// The physical line at the front of @p rest, which loses it; without its end, CR LF included.
std::string_view take_line(std::string_view &rest) noexcept;

/// A part of @p text between blanks, and its offset.
struct Token {
    std::string_view text;
    std::size_t offset = 0;
};
std::vector<Token> split_blanks(std::string_view text);

/// Without blanks at both ends; @p offset moves with its begin.
std::string_view trim(std::string_view text, std::size_t &offset) noexcept;

/// For messages: bytes that a terminal would act on are shown as '?', and it is never long.
std::string printable(std::string_view text);

} // namespace carpctl
