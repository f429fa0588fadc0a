// SPDX-License-Identifier: GPL-2.0-or-later
#include "carp_file.hpp"

#include "carp_lines.hpp"
#include "text_file.hpp"
#include "time_span.hpp"

#include <carpnl/error.hpp>

#include <linux/carp.h>
#include <linux/if.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <ostream>
#include <set>

namespace carpctl {
namespace {

using carpnl::Address;
using carpnl::Family;
using carpnl::Preempt;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// carpctl dump writes these comments, and they mean something.
constexpr std::string_view key_comment = "# key set, not shown";
constexpr std::string_view next_key_comment = "# next key set, not shown";
constexpr std::string_view suffix = ".carp";

std::string in_quotes(std::string_view word) { return "'" + printable(word) + "'"; }

std::string lower(std::string_view text) {
    std::string result(text);
    for (char &c : result)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return result;
}

/// One assignment, and where to say what is wrong with it.
class Assignment {
  public:
    Assignment(const LogicalLine &line, std::string_view key, std::string_view value,
               std::size_t offset, const std::string &path, std::vector<Problem> &problems)
        : line_(line), key_(key), value_(value), offset_(offset), path_(path), problems_(problems) {
    }

    std::string_view value() const noexcept { return value_; }
    const std::string &path() const noexcept { return path_; }
    bool empty() const noexcept { return value_.empty(); }

    /// "KEY: 'WORD': WHY", at the word.
    void refuse(const std::string &why) const { refuse({value_, 0}, why); }
    void refuse(const Token &word, const std::string &why) const {
        const auto place = line_.place(offset_ + word.offset);
        problems_.push_back({path_, place.line, place.column,
                             std::string(key_) + ": " + in_quotes(word.text) + ": " + why});
    }

  private:
    const LogicalLine &line_;
    std::string_view key_;
    std::string_view value_;
    std::size_t offset_;
    const std::string &path_;
    std::vector<Problem> &problems_;
};

void set_number(const Assignment &from, std::optional<std::uint32_t> &into, std::uint32_t lowest,
                std::uint32_t highest) {
    into.reset();
    if (from.empty())
        return;
    const auto text = from.value();
    std::uint64_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool digits = text.find_first_not_of("0123456789") == std::string_view::npos;
    if (!digits)
        from.refuse("not a number");
    else if (failure != std::errc() || value < lowest || value > highest)
        from.refuse("not in " + std::to_string(lowest) + ".." + std::to_string(highest));
    else
        into = static_cast<std::uint32_t>(value);
}

template <class Unit>
void set_span(const Assignment &from, std::optional<Unit> &into, Unit highest) {
    into.reset();
    if (from.empty())
        return;
    const auto span = parse_time_span(from.value());
    if (!span)
        return from.refuse("not a length of time, as in 500ms, 1s or 2min 30s");
    if (*span > highest)
        return from.refuse("not in 0.." + to_time_span(highest));
    const auto whole = std::chrono::duration_cast<Unit>(*span);
    if (whole != *span)
        return from.refuse(std::string("not a whole number of ") +
                           (std::is_same_v<Unit, seconds> ? "seconds" : "milliseconds"));
    into = whole;
}

void set_name(const Assignment &from, CarpFile &file) {
    if (!is_device_name(from.value()))
        from.refuse("not the name of a device");
    else if (!file.name.empty() && file.name != from.value())
        from.refuse("the file is named after " + in_quotes(file.name));
    else
        file.name = from.value();
}

void set_parent(const Assignment &from, CarpFile &file) {
    file.parent.reset();
    if (from.empty())
        return;
    if (!is_device_name(from.value()))
        return from.refuse("not the name of an interface");
    file.parent = std::string(from.value());
}

void set_vhid(const Assignment &from, CarpFile &file) {
    set_number(from, file.vhid, CARP_VHID_MIN, CARP_VHID_MAX);
}
void set_advbase(const Assignment &from, CarpFile &file) {
    set_number(from, file.advbase, 0, CARP_ADVBASE_MAX);
}
void set_advskew(const Assignment &from, CarpFile &file) {
    set_number(from, file.advskew, 0, CARP_ADVSKEW_MAX);
}

void set_preempt(const Assignment &from, CarpFile &file) {
    file.preempt.reset();
    if (from.empty())
        return;
    constexpr std::array<std::string_view, 6> yes{"yes", "y", "true", "t", "on", "1"};
    constexpr std::array<std::string_view, 6> no{"no", "n", "false", "f", "off", "0"};
    const auto word = lower(from.value());
    if (std::find(yes.begin(), yes.end(), word) != yes.end())
        file.preempt = Preempt::on;
    else if (std::find(no.begin(), no.end(), word) != no.end())
        file.preempt = Preempt::off;
    else if (word == "inherit")
        file.preempt = Preempt::inherit;
    else
        from.refuse("not yes, no or inherit");
}

void set_path(const Assignment &from, std::optional<std::string> &into) {
    into.reset();
    if (from.empty())
        return;
    const std::filesystem::path named{std::string(from.value())};
    into = named.is_absolute()
               ? named.string()
               : (std::filesystem::path(from.path()).parent_path() / named).string();
}

void set_password_file(const Assignment &from, CarpFile &file) {
    set_path(from, file.password_file);
}
void set_next_password_file(const Assignment &from, CarpFile &file) {
    set_path(from, file.next_password_file);
}

/// A word that becomes part of a path or of a unit.
bool is_plain_word(std::string_view word, std::string_view marks) {
    return word.front() != '.' && std::all_of(word.begin(), word.end(), [&](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      marks.find(c) != std::string_view::npos;
           });
}

void set_password_credential(const Assignment &from, CarpFile &file) {
    file.password_credential.reset();
    if (from.empty())
        return;
    if (!is_plain_word(from.value(), "._-"))
        return from.refuse("not the name of a credential");
    file.password_credential = std::string(from.value());
}

void set_start_hold_until(const Assignment &from, CarpFile &file) {
    file.start_hold_until.reset();
    if (from.empty())
        return;
    const auto dot = from.value().rfind('.');
    if (!is_plain_word(from.value(), "._-:@\\") || dot == std::string_view::npos ||
        dot + 1 == from.value().size())
        return from.refuse("not the name of a unit, as in nginx.service");
    file.start_hold_until = std::string(from.value());
}

/// Words between blanks; each is added once.
template <class Read>
void add_each(const Assignment &from, std::vector<Address> &into, const Read &read) {
    if (from.empty())
        return into.clear();
    for (const auto &word : split_blanks(from.value())) {
        const std::optional<Address> address = read(word);
        if (address && std::find(into.begin(), into.end(), *address) == into.end())
            into.push_back(*address);
    }
}

void add_address(const Assignment &from, CarpFile &file) {
    add_each(from, file.addresses, [&](const Token &word) -> std::optional<Address> {
        const auto host = word.text.substr(0, word.text.find('/'));
        try {
            if (!Address::family_of(host))
                from.refuse(word, "not an address with prefix length, as in 192.168.1.50/24");
            else if (host.size() == word.text.size())
                from.refuse(word, "the prefix length is missing, as in 192.168.1.50/24");
            else
                return Address::parse(word.text);
        } catch (const carpnl::Error &) {
            from.refuse(word,
                        "the prefix length is not in 0.." +
                            std::string(Address::family_of(host) == Family::inet ? "32" : "128"));
        }
        return std::nullopt;
    });
}

void add_peer(const Assignment &from, CarpFile &file) {
    add_each(from, file.peers, [&](const Token &word) -> std::optional<Address> {
        const auto family = Address::family_of(word.text);
        if (!family) {
            from.refuse(word, "not an IPv4 or IPv6 address");
            return std::nullopt;
        }
        const auto present =
            std::count_if(file.peers.begin(), file.peers.end(),
                          [&](const Address &one) { return one.family() == *family; });
        const auto peer = Address::parse(word.text, *family == Family::inet ? 32 : 128);
        if (present >= CARP_PEERS_MAX &&
            std::find(file.peers.begin(), file.peers.end(), peer) == file.peers.end()) {
            from.refuse(word, "more than " + std::to_string(CARP_PEERS_MAX) + " peers of a family");
            return std::nullopt;
        }
        return peer;
    });
}

void set_announce_count(const Assignment &from, CarpFile &file) {
    set_number(from, file.announce_count, 1, CARP_ANNOUNCE_COUNT_MAX);
}
void set_announce_interval(const Assignment &from, CarpFile &file) {
    set_span(from, file.announce_interval, milliseconds(CARP_ANNOUNCE_INTERVAL_MAX));
}
void set_announce_refresh(const Assignment &from, CarpFile &file) {
    set_span(from, file.announce_refresh, seconds(CARP_ANNOUNCE_REFRESH_MAX));
}
void set_grace(const Assignment &from, CarpFile &file) {
    set_span(from, file.grace, seconds(CARP_GRACE_MAX));
}
void set_preempt_delay(const Assignment &from, CarpFile &file) {
    set_span(from, file.preempt_delay, milliseconds(CARP_PREEMPT_DELAY_MAX));
}
void set_start_hold(const Assignment &from, CarpFile &file) {
    set_span(from, file.start_hold, milliseconds(CARP_START_HOLD_MAX));
}

struct Key {
    std::string_view word;
    void (*set)(const Assignment &, CarpFile &);
    bool repeatable = false;
};

constexpr std::array<Key, 18> keys{{
    {"Name", set_name},
    {"Parent", set_parent},
    {"VHID", set_vhid},
    {"AdvBase", set_advbase},
    {"AdvSkew", set_advskew},
    {"Preempt", set_preempt},
    {"PasswordFile", set_password_file},
    {"NextPasswordFile", set_next_password_file},
    {"PasswordCredential", set_password_credential},
    {"Address", add_address, true},
    {"Peer", add_peer, true},
    {"AnnounceCount", set_announce_count},
    {"AnnounceIntervalSec", set_announce_interval},
    {"AnnounceRefreshSec", set_announce_refresh},
    {"GraceSec", set_grace},
    {"PreemptDelaySec", set_preempt_delay},
    {"StartHoldSec", set_start_hold},
    {"StartHoldUntil", set_start_hold_until},
}};

/// Goes over a text line by line and hands out what it finds.
class Parser {
  public:
    Parser(std::string_view text, const std::string &path, std::vector<Problem> &problems)
        : rest_(text), path_(path), problems_(problems) {}

    /// On top of one device.
    void into(CarpFile &file) {
        file_ = &file;
        run();
    }
    /// A device for each section.
    void into(std::vector<CarpFile> &files) {
        files_ = &files;
        run();
        finish_device();
    }

  private:
    void run() {
        constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
        if (rest_.starts_with(byte_order_mark))
            rest_.remove_prefix(byte_order_mark.size());
        for (unsigned number = 1; !rest_.empty(); ++number)
            if (!physical(take_line(rest_), number))
                return;
        logical();
    }

    /// False: no use to go on.
    bool physical(std::string_view text, unsigned number) {
        const auto junk = std::find_if(text.begin(), text.end(), [](char c) {
            return (c >= 0 && c < ' ' && c != '\t') || c == '\x7f';
        });
        if (junk != text.end()) {
            report({number, static_cast<unsigned>(junk - text.begin()) + 1},
                   "a control character: this is no text");
            return false;
        }
        const auto begin = text.find_first_not_of(" \t");
        if (begin != std::string_view::npos && (text[begin] == '#' || text[begin] == ';')) {
            if (file_ != nullptr && text.substr(begin).starts_with(key_comment))
                file_->key_not_shown = true;
            if (file_ != nullptr && text.substr(begin).starts_with(next_key_comment))
                file_->next_key_not_shown = true;
            return true;
        }
        const bool more = text.ends_with('\\');
        if (more)
            text.remove_suffix(1);
        if (more || begin != std::string_view::npos || !line_.empty())
            line_.append(text, {number, 1});
        if (!more)
            logical();
        return true;
    }

    void logical() {
        std::size_t offset = 0;
        const auto text = trim(line_.text(), offset);
        if (text.starts_with('['))
            section(text, offset);
        else if (!text.empty())
            assignment(text, offset);
        line_.clear();
    }

    void section(std::string_view text, std::size_t offset) {
        finish_device();
        known_section_ = text == "[CARP]";
        in_section_ = true;
        if (!known_section_)
            return report(line_.place(offset), in_quotes(text) + ": the one section is [CARP]");
        if (files_ == nullptr)
            return;
        device_ = line_.place(offset);
        seen_.clear();
        files_->emplace_back().source = path_;
        file_ = &files_->back();
    }

    void assignment(std::string_view text, std::size_t offset) {
        const auto equal = text.find('=');
        if (equal == std::string_view::npos)
            return report(line_.place(offset), in_quotes(text) + ": neither [CARP] nor KEY=VALUE");
        std::size_t ignored = 0;
        const auto word = trim(text.substr(0, equal), ignored);
        if (!in_section_)
            return report(line_.place(offset), in_quotes(word) + ": before the section [CARP]");
        if (!known_section_)
            return;
        const auto *const key = std::find_if(keys.begin(), keys.end(),
                                             [&](const Key &one) { return one.word == word; });
        if (key == keys.end())
            return report(line_.place(offset), in_quotes(word) + ": unknown key");
        if (!key->repeatable && !seen_.insert(key->word).second)
            return report(line_.place(offset), std::string(word) + ": given twice");
        std::size_t value_offset = offset + equal + 1;
        const auto value = trim(text.substr(equal + 1), value_offset);
        // Written again it would eat the line behind it.
        if (value.ends_with('\\'))
            return report(line_.place(value_offset),
                          std::string(word) + ": the value ends in a backslash");
        key->set(Assignment(line_, key->word, value, value_offset, path_, problems_), *file_);
    }

    void finish_device() {
        if (files_ != nullptr && file_ != nullptr && file_->name.empty() && known_section_)
            report(device_, "[CARP]: Name= is missing");
    }

    void report(Place place, std::string text) {
        problems_.push_back({path_, place.line, place.column, std::move(text)});
    }

    std::string_view rest_;
    const std::string &path_;
    std::vector<Problem> &problems_;
    CarpFile *file_ = nullptr;
    std::vector<CarpFile> *files_ = nullptr;
    Place device_;
    LogicalLine line_;
    bool in_section_ = false;
    bool known_section_ = false;
    std::set<std::string_view> seen_;
};

std::vector<std::string> drop_ins(const std::string &path) {
    namespace fs = std::filesystem;
    std::vector<std::string> names;
    std::error_code failure;
    for (fs::directory_iterator entry(path + ".d", failure), end; !failure && entry != end;
         entry.increment(failure))
        if (entry->path().extension() == ".conf" && !entry->path().stem().empty())
            names.push_back(entry->path().string());
    if (failure && failure != std::errc::no_such_file_or_directory)
        throw FileError(path + ".d: " + failure.message());
    std::sort(names.begin(), names.end());
    return names;
}

template <class Value>
void line(std::ostream &out, std::string_view key, const std::optional<Value> &value) {
    if (value)
        out << key << '=' << *value << '\n';
}

template <class Unit>
void span_line(std::ostream &out, std::string_view key, const std::optional<Unit> &value) {
    if (value)
        out << key << '=' << to_time_span(*value) << '\n';
}

} // namespace

std::string to_string(const Problem &problem) {
    return problem.file + ":" + std::to_string(problem.line) + ":" +
           std::to_string(problem.column) + ": " + problem.text;
}

bool is_device_name(std::string_view name) noexcept {
    return !name.empty() && name.size() < IFNAMSIZ && name != "." && name != ".." &&
           std::all_of(
               name.begin(), name.end(),
               [](char c) { return c != '/' && c != ':' && c != '\x7f' && (c < 0 || c > ' '); });
}

void parse_carp(std::string_view text, const std::string &path, CarpFile &into,
                std::vector<Problem> &problems) {
    Parser(text, path, problems).into(into);
}

std::vector<CarpFile> parse_carp_stream(std::string_view text, const std::string &path,
                                        std::vector<Problem> &problems) {
    std::vector<CarpFile> files;
    Parser(text, path, problems).into(files);
    return files;
}

CarpFile read_carp_file(const std::string &path, std::vector<Problem> &problems) {
    return read_carp_file(path, drop_ins(path), problems);
}

CarpFile read_carp_file(const std::string &path, const std::vector<std::string> &drop_ins,
                        std::vector<Problem> &problems) {
    CarpFile file;
    file.source = path;
    const auto base = std::filesystem::path(path).filename().string();
    if (base.size() > suffix.size() && base.ends_with(suffix))
        file.name = base.substr(0, base.size() - suffix.size());
    if (!is_device_name(file.name))
        throw FileError(path + ": the name of the file is not NAME.carp, with a device's NAME");
    parse_carp(read_text_file(path), path, file, problems);
    for (const auto &name : drop_ins)
        parse_carp(read_text_file(name), name, file, problems);
    return file;
}

void write_carp(std::ostream &out, const CarpFile &file, WithName with_name) {
    out << "[CARP]\n";
    if (with_name == WithName::yes)
        out << "Name=" << file.name << '\n';
    line(out, "Parent", file.parent);
    line(out, "VHID", file.vhid);
    line(out, "AdvBase", file.advbase);
    line(out, "AdvSkew", file.advskew);
    if (file.preempt)
        out << "Preempt="
            << (*file.preempt == Preempt::inherit ? "inherit"
                : *file.preempt == Preempt::on    ? "yes"
                                                  : "no")
            << '\n';
    line(out, "PasswordFile", file.password_file);
    line(out, "NextPasswordFile", file.next_password_file);
    line(out, "PasswordCredential", file.password_credential);
    if (file.key_not_shown)
        out << key_comment << '\n';
    if (file.next_key_not_shown)
        out << next_key_comment << '\n';
    for (const auto &address : file.addresses)
        out << "Address=" << address.to_string() << '\n';
    for (const auto &peer : file.peers)
        out << "Peer=" << peer.host() << '\n';
    line(out, "AnnounceCount", file.announce_count);
    span_line(out, "AnnounceIntervalSec", file.announce_interval);
    span_line(out, "AnnounceRefreshSec", file.announce_refresh);
    span_line(out, "GraceSec", file.grace);
    span_line(out, "PreemptDelaySec", file.preempt_delay);
    span_line(out, "StartHoldSec", file.start_hold);
    line(out, "StartHoldUntil", file.start_hold_until);
}

} // namespace carpctl
