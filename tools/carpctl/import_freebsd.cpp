// SPDX-License-Identifier: GPL-2.0-or-later
#include "import.hpp"

#include "passfile.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

namespace carpctl {
namespace {

using carpnl::Address;

/// NAME=VALUE, the value cut into words.
struct Variable {
    std::string name;
    Place place;
    std::vector<BsdWord> words;
    /// The shell would have put something else in its place.
    bool expands = false;
};

/// As much of a shell as rc.conf needs: assignments, quotes, comments.
class Shell {
  public:
    Shell(std::string_view text, const std::string &path) : text_(text), path_(path) {}

    /// What is assigned twice counts the last time, and there.
    std::vector<Variable> run() {
        while (!at_end())
            statement();
        return std::move(variables_);
    }

  private:
    bool at_end() const noexcept { return next_ == text_.size(); }
    char peek() const noexcept { return text_[next_]; }

    char take() noexcept {
        const char c = text_[next_++];
        if (c == '\n')
            place_ = {place_.line + 1, 1};
        else
            ++place_.column;
        return c;
    }

    static bool is_name(char c) noexcept {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    }

    void statement() {
        while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == ';' ||
                             peek() == '\r'))
            take();
        Variable variable{{}, place_, {}, false};
        while (!at_end() && is_name(peek()))
            variable.name += take();
        if (variable.name.empty() || at_end() || peek() != '=')
            return skip_line();
        take();
        value(variable);
        std::erase_if(variables_,
                      [&](const Variable &other) { return other.name == variable.name; });
        variables_.push_back(std::move(variable));
    }

    void skip_line() {
        while (!at_end() && take() != '\n') {
        }
    }

    void value(Variable &variable) {
        char quote = '\0';
        bool inside = false;
        Place opened;
        const auto add = [&](char c, Place where) {
            if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
                inside = false;
                return;
            }
            if (!inside)
                variable.words.push_back({{}, where});
            inside = true;
            variable.words.back().text += c;
        };
        while (!at_end()) {
            const Place where = place_;
            const char c = peek();
            if (quote == '\0' && (c == ' ' || c == '\t' || c == '\n' || c == ';'))
                return;
            take();
            if (c == '\0')
                throw FileError(path_ + ": this is no text");
            if (quote == '\0' && (c == '"' || c == '\'')) {
                quote = c;
                opened = where;
            } else if (c == quote) {
                quote = '\0';
            } else if (c == '\\' && quote != '\'' && !at_end()) {
                if (const char escaped = take(); escaped != '\n')
                    add(escaped, where);
            } else {
                variable.expands = variable.expands || (quote != '\'' && (c == '$' || c == '`'));
                add(c, where);
            }
        }
        if (quote != '\0')
            throw FileError(path_ + ":" + std::to_string(opened.line) + ":" +
                            std::to_string(opened.column) + ": a quote that is never closed");
    }

    std::string_view text_;
    const std::string &path_;
    std::size_t next_ = 0;
    Place place_;
    std::vector<Variable> variables_;
};

/// A line that says something about an interface.
struct InterfaceLine {
    std::string interface;
    const Variable *variable;
    /// The number of an alias; lines without one come before.
    std::optional<unsigned> alias;
    /// ipv6_ifconfig_ has numbers of its own.
    bool old_ipv6 = false;
    /// Several addresses in one line.
    bool aliases = false;
};

bool take_suffix(std::string &text, std::string_view suffix) {
    if (text.size() <= suffix.size() || !text.ends_with(suffix))
        return false;
    text.resize(text.size() - suffix.size());
    return true;
}

std::optional<InterfaceLine> interface_line(const Variable &variable) {
    InterfaceLine line{{}, &variable, std::nullopt, false, false};
    std::string_view rest = variable.name;
    line.old_ipv6 = rest.starts_with("ipv6_ifconfig_");
    if (line.old_ipv6)
        rest.remove_prefix(5);
    if (rest.starts_with("ifconfig_"))
        rest.remove_prefix(9);
    else if (rest.starts_with("create_args_"))
        rest.remove_prefix(12);
    else
        return std::nullopt;
    line.interface = rest;
    line.aliases = take_suffix(line.interface, "_aliases");
    const auto alias = line.interface.rfind("_alias");
    if (!line.aliases && alias != std::string::npos) {
        const auto digits = std::string_view(line.interface).substr(alias + 6);
        unsigned number = 0;
        const auto [end, failure] =
            std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (!digits.empty() && failure == std::errc() && end == digits.data() + digits.size()) {
            line.alias = number;
            line.interface.resize(alias);
        }
    }
    take_suffix(line.interface, "_ipv6");
    return line;
}

bool is_carp(std::string_view interface) {
    return interface.size() > 4 && is_device_name(interface) && interface.starts_with("carp") &&
           interface.find_first_not_of("0123456789", 4) == std::string_view::npos;
}

/// The value behind `vhid`, as it is written; empty without one.
std::string vhid_word(std::span<const BsdWord> words) {
    for (std::size_t i = 0; i + 1 < words.size(); ++i)
        if (words[i].text == "vhid")
            return words[i + 1].text;
    return {};
}

class Importer {
  public:
    Importer(std::vector<Variable> variables, std::vector<Remark> &remarks)
        : variables_(std::move(variables)), remarks_(remarks) {}

    std::vector<BsdGroup> run() {
        for (const auto &variable : variables_)
            if (auto line = interface_line(variable))
                lines_.push_back(*line);
        std::stable_sort(lines_.begin(), lines_.end(),
                         [](const InterfaceLine &a, const InterfaceLine &b) {
                             return std::tie(a.interface, a.alias) < std::tie(b.interface, b.alias);
                         });
        for (const auto &line : lines_)
            read(line);
        check_cloned();
        for (auto &group : groups_)
            finish(group);
        return std::move(groups_);
    }

  private:
    /// What rc(8) itself does not read, since it stops where a number is missing.
    bool behind_gap(const InterfaceLine &line) {
        if (!line.alias)
            return false;
        auto &next = next_alias_[{line.interface, line.old_ipv6}];
        if (*line.alias != next)
            return true;
        ++next;
        return false;
    }

    bool concerns_carp(const InterfaceLine &line) const {
        return is_carp(line.interface) || !vhid_word(line.variable->words).empty();
    }

    void read(const InterfaceLine &line) {
        const auto &variable = *line.variable;
        const bool gap = behind_gap(line);
        if (concerns_carp(line) && (gap || variable.expands)) {
            remarks_.push_back({variable.place,
                                variable.name + (gap ? ": FreeBSD does not read it either, since "
                                                       "the alias with the number before is missing"
                                                     : ": its value is not known before the "
                                                       "shell has it")});
            return;
        }
        if (gap)
            return;
        if (!line.aliases)
            return read_words(line, variable.words);
        const std::span<const BsdWord> words = variable.words;
        for (std::size_t begin = 0; begin < words.size();) {
            std::size_t end = begin + 1;
            while (end < words.size() && words[end].text != "inet" && words[end].text != "inet6")
                ++end;
            read_words(line, words.subspan(begin, end - begin));
            begin = end;
        }
    }

    void read_words(const InterfaceLine &line, std::span<const BsdWord> words) {
        const auto vhid = vhid_word(words);
        if (is_carp(line.interface))
            return read_bsd_words(words, BsdDialect::freebsd, group(line.interface, {}), remarks_);
        if (!vhid.empty())
            return read_bsd_words(words, BsdDialect::freebsd, group(line.interface, vhid),
                                  remarks_);
        // Of an interface as such only the subnets matter.
        BsdGroup own;
        std::vector<Remark> ignored;
        read_bsd_words(words, BsdDialect::freebsd, own, ignored);
        auto &subnets = subnets_[line.interface];
        subnets.insert(subnets.end(), own.file.addresses.begin(), own.file.addresses.end());
    }

    /// Of a carp interface, or of an interface's vhid.
    BsdGroup &group(const std::string &interface, const std::string &vhid) {
        const auto [place, is_new] = indices_.try_emplace({interface, vhid}, groups_.size());
        if (is_new) {
            auto &made = groups_.emplace_back();
            if (vhid.empty())
                made.file.name = interface;
            else
                made.parent = interface;
        }
        return groups_[place->second];
    }

    void check_cloned() {
        for (const auto &variable : variables_)
            if (variable.name == "cloned_interfaces")
                for (const auto &word : variable.words)
                    if (is_carp(word.text) && !indices_.contains({word.text, {}}))
                        remarks_.push_back(
                            {word.place, word.text + ": no line ifconfig_" + word.text});
    }

    void finish(BsdGroup &group) {
        if (group.file.name.empty())
            group.file.name = free_name(group.file.vhid.value_or(0));
        find_parent(group);
        if (const auto own = subnets_.find(group.parent); own != subnets_.end())
            group.parent_addresses = own->second;
    }

    void find_parent(BsdGroup &group) const {
        const auto &addresses = group.file.addresses;
        if (!group.parent.empty() || addresses.empty())
            return;
        for (const auto &[interface, subnets] : subnets_)
            for (const auto &subnet : subnets)
                if (subnet.subnet_contains(addresses.front()))
                    group.parent = interface;
    }

    /// carpVHID, or the next number that no device has.
    std::string free_name(std::uint32_t number) const {
        for (;; ++number) {
            const auto name = "carp" + std::to_string(number);
            if (std::none_of(groups_.begin(), groups_.end(),
                             [&](const BsdGroup &one) { return one.file.name == name; }))
                return name;
        }
    }

    std::vector<Variable> variables_;
    std::vector<Remark> &remarks_;
    std::vector<InterfaceLine> lines_;
    std::map<std::pair<std::string, bool>, unsigned> next_alias_;
    std::map<std::pair<std::string, std::string>, std::size_t> indices_;
    std::map<std::string, std::vector<Address>> subnets_;
    std::vector<BsdGroup> groups_;
};

} // namespace

std::vector<BsdGroup> read_freebsd_rc(std::string_view text, const std::string &path,
                                      std::vector<Remark> &remarks) {
    return Importer(Shell(text, path).run(), remarks).run();
}

} // namespace carpctl
