// SPDX-License-Identifier: GPL-2.0-or-later
#include "carp_lines.hpp"

#include <algorithm>

namespace carpctl {
namespace {

constexpr std::string_view blanks = " \t";

} // namespace

Place LogicalLine::place(std::size_t offset) const noexcept {
    if (pieces_.empty())
        return {};
    auto next = std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                 [](std::size_t at, const Piece &one) { return at < one.offset; });
    if (next != pieces_.begin())
        --next;
    return {next->where.line, next->where.column + static_cast<unsigned>(offset - next->offset)};
}

void LogicalLine::append(std::string_view piece, Place where) {
    // What was cut counts as a blank.
    if (!pieces_.empty())
        text_ += ' ';
    pieces_.push_back({text_.size(), where});
    text_ += piece;
}

void LogicalLine::clear() noexcept {
    text_.clear();
    pieces_.clear();
}

std::string_view take_line(std::string_view &rest) noexcept {
    const auto end = rest.find('\n');
    auto line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

std::vector<Token> split_blanks(std::string_view text) {
    std::vector<Token> tokens;
    for (std::size_t at = 0;;) {
        at = text.find_first_not_of(blanks, at);
        if (at == std::string_view::npos)
            return tokens;
        const auto end = std::min(text.find_first_of(blanks, at), text.size());
        tokens.push_back({text.substr(at, end - at), at});
        at = end;
    }
}

std::string_view trim(std::string_view text, std::size_t &offset) noexcept {
    const auto begin = std::min(text.find_first_not_of(blanks), text.size());
    offset += begin;
    text.remove_prefix(begin);
    const auto last = text.find_last_not_of(blanks);
    return last == std::string_view::npos ? text : text.substr(0, last + 1);
}

std::string printable(std::string_view text) {
    constexpr std::size_t enough = 80;
    std::string shown(text.substr(0, enough));
    for (char &c : shown)
        if (c < ' ' || c > '~')
            c = '?';
    return text.size() > enough ? shown + "..." : shown;
}

} // namespace carpctl
