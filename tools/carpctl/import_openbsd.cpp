// SPDX-License-Identifier: GPL-2.0-or-later
#include "import.hpp"

#include "passfile.hpp"

#include <filesystem>

namespace carpctl {
namespace {

/// Words as the shell of netstart(8) sees them: blanks between, quotes taken off.
std::vector<BsdWord> split_words(const LogicalLine &line) {
    const std::string &text = line.text();
    std::vector<BsdWord> words;
    char quote = '\0';
    bool inside = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (quote == '\0' && (c == ' ' || c == '\t')) {
            inside = false;
            continue;
        }
        if (quote == '\0' && c == '#' && !inside)
            break;
        if (!inside)
            words.push_back({{}, line.place(at)});
        inside = true;
        if (quote == '\0' && (c == '"' || c == '\''))
            quote = c;
        else if (c == quote)
            quote = '\0';
        else
            words.back().text += c;
    }
    return words;
}

} // namespace

std::vector<BsdGroup> read_openbsd_hostname(std::string_view text, const std::string &path,
                                            std::vector<Remark> &remarks) {
    constexpr std::string_view prefix = "hostname.";
    const auto base = std::filesystem::path(path).filename().string();
    const auto name = base.starts_with(prefix) ? base.substr(prefix.size()) : std::string();
    if (!is_device_name(name))
        throw FileError(path + ": the name of the file is not hostname.NAME");

    std::vector<BsdGroup> groups(1);
    auto &group = groups.front();
    group.file.name = name;
    LogicalLine line;
    for (unsigned number = 1; !text.empty(); ++number) {
        auto piece = take_line(text);
        const bool more = piece.ends_with('\\');
        if (more)
            piece.remove_suffix(1);
        line.append(piece, {number, 1});
        if (more && !text.empty())
            continue;
        const auto words = split_words(line);
        if (!words.empty() && words.front().text.starts_with('!'))
            remarks.push_back({words.front().place, "a command"});
        else
            read_bsd_words(words, BsdDialect::openbsd, group, remarks);
        line.clear();
    }
    if (!group.file.vhid)
        groups.clear();
    return groups;
}

} // namespace carpctl
