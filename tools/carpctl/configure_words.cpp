// SPDX-License-Identifier: GPL-2.0-or-later
#include "configure_words.hpp"

#include <carpnl/error.hpp>

#include <array>
#include <bit>
#include <charconv>
#include <limits>

namespace carpctl {
namespace {

using carpnl::Address;
using carpnl::Family;

std::optional<std::uint32_t> number(std::string_view text, int base = 10) {
    std::uint32_t value = 0;
    const auto [end, failure] =
        std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || failure != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::string quoted(std::string_view word) { return "'" + std::string(word) + "'"; }

/// For the ranges the kernel's text speaks; here only what cannot be told to it.
std::uint32_t take_number(Arguments &arguments, std::string_view keyword) {
    const auto word = arguments.take(std::string(keyword) + ": the number");
    const auto value = number(word);
    if (!value)
        throw UsageError(std::string(keyword) + ": " + quoted(word) + " is not a number");
    return *value;
}

template <class Value>
void set_once(std::optional<Value> &place, Value value, std::string_view keyword) {
    if (place)
        throw UsageError(std::string(keyword) + ": given twice");
    place = std::move(value);
}

void take_vhid(Arguments &arguments, ConfigureWords &words) {
    set_once(words.vhid, take_number(arguments, "vhid"), "vhid");
}

void take_advbase(Arguments &arguments, ConfigureWords &words) {
    set_once(words.advbase, take_number(arguments, "advbase"), "advbase");
}

void take_advskew(Arguments &arguments, ConfigureWords &words) {
    set_once(words.advskew, take_number(arguments, "advskew"), "advskew");
}

/// Of two sources one is a slip, whichever it is.
void set_source(std::optional<KeySource> &place, KeySource source) {
    if (place && place->keyword != source.keyword)
        throw UsageError(std::string(place->keyword) + " and " + std::string(source.keyword) +
                         ": one of them is enough");
    const auto keyword = source.keyword;
    set_once(place, std::move(source), keyword);
}

KeySource take_word(Arguments &arguments, std::string_view keyword) {
    return {.kind = KeySource::Kind::word,
            .keyword = keyword,
            .word = arguments.take(std::string(keyword) + ": the key")};
}

KeySource take_file(Arguments &arguments, std::string_view keyword) {
    return {.kind = KeySource::Kind::file,
            .keyword = keyword,
            .file = std::string(arguments.take(std::string(keyword) + ": the file"))};
}

KeySource take_descriptor(Arguments &arguments, std::string_view keyword) {
    const auto value = take_number(arguments, keyword);
    if (value > static_cast<std::uint32_t>(std::numeric_limits<int>::max()))
        throw UsageError(std::string(keyword) + ": " + std::to_string(value) +
                         " is not a descriptor");
    return {.kind = KeySource::Kind::descriptor,
            .keyword = keyword,
            .descriptor = static_cast<int>(value)};
}

void take_pass(Arguments &arguments, ConfigureWords &words) {
    set_source(words.key, take_word(arguments, "pass"));
}

void take_passfile(Arguments &arguments, ConfigureWords &words) {
    set_source(words.key, take_file(arguments, "passfile"));
}

void take_pass_fd(Arguments &arguments, ConfigureWords &words) {
    set_source(words.key, take_descriptor(arguments, "pass_fd"));
}

void take_pass_prompt(Arguments & /*arguments*/, ConfigureWords &words) {
    set_source(words.key, {.kind = KeySource::Kind::prompt, .keyword = "pass_prompt"});
}

void take_next_pass(Arguments &arguments, ConfigureWords &words) {
    auto source = take_word(arguments, "next_pass");
    if (source.word.empty())
        throw UsageError("next_pass: the key is empty; no_next_pass takes it away");
    set_source(words.next_key, std::move(source));
}

void take_no_next_pass(Arguments & /*arguments*/, ConfigureWords &words) {
    set_source(words.next_key, {.kind = KeySource::Kind::none, .keyword = "no_next_pass"});
}

void take_next_passfile(Arguments &arguments, ConfigureWords &words) {
    set_source(words.next_key, take_file(arguments, "next_passfile"));
}

void take_next_pass_fd(Arguments &arguments, ConfigureWords &words) {
    set_source(words.next_key, take_descriptor(arguments, "next_pass_fd"));
}

void take_next_pass_prompt(Arguments & /*arguments*/, ConfigureWords &words) {
    set_source(words.next_key, {.kind = KeySource::Kind::prompt, .keyword = "next_pass_prompt"});
}

void take_grace(Arguments &arguments, ConfigureWords &words) {
    set_once(words.grace, take_number(arguments, "grace"), "grace");
}

void take_preempt_delay(Arguments &arguments, ConfigureWords &words) {
    set_once(words.preempt_delay, take_number(arguments, "preempt_delay"), "preempt_delay");
}

void take_start_hold(Arguments &arguments, ConfigureWords &words) {
    set_once(words.start_hold, take_number(arguments, "start_hold"), "start_hold");
}

void take_parent(Arguments &arguments, ConfigureWords &words) {
    const auto name = arguments.take("carpdev: the interface");
    if (name.empty())
        throw UsageError("carpdev: the interface is empty");
    set_once(words.parent, std::string(name), "carpdev");
}

void take_preempt(Arguments &arguments, ConfigureWords &words) {
    const auto word = arguments.take("preempt: inherit, on or off");
    const auto value = carpnl::preempt_from_string(word);
    if (!value)
        throw UsageError("preempt: " + quoted(word) + " is not inherit, on or off");
    set_once(words.preempt, *value, "preempt");
}

void take_announce_count(Arguments &arguments, ConfigureWords &words) {
    set_once(words.announce_count, take_number(arguments, "announce_count"), "announce_count");
}

void take_announce_interval(Arguments &arguments, ConfigureWords &words) {
    set_once(words.announce_interval, take_number(arguments, "announce_interval"),
             "announce_interval");
}

void take_announce_refresh(Arguments &arguments, ConfigureWords &words) {
    set_once(words.announce_refresh, take_number(arguments, "announce_refresh"),
             "announce_refresh");
}

/// What may follow an address: how long its prefix is, and that it has to go.
void finish_address(Arguments &arguments, ConfigureWords &words, std::string_view text,
                    std::optional<Family> wanted) {
    const auto slash = text.find('/');
    const auto host = text.substr(0, slash);
    const auto family = Address::family_of(host);
    if (!family)
        throw UsageError(quoted(text) + " is not an address");
    if (wanted && *wanted != *family)
        throw UsageError(quoted(text) + " is not an " +
                         (*wanted == Family::inet ? "IPv4" : "IPv6") + " address");

    std::optional<Address> address;
    if (slash != std::string_view::npos)
        address = Address::parse(text);
    const auto set_prefix = [&](std::string_view keyword, std::optional<unsigned> prefix,
                                std::string_view word) {
        if (address)
            throw UsageError(std::string(keyword) + ": " + quoted(text) +
                             " has a prefix length already");
        if (!prefix)
            throw UsageError(std::string(keyword) + ": " + quoted(word) + " is not one");
        address = Address::parse(host, *prefix);
    };
    if (*family == Family::inet && arguments.take_if("netmask")) {
        const auto mask = arguments.take("netmask: the mask");
        set_prefix("netmask", prefix_of_netmask(mask), mask);
    } else if (arguments.take_if("prefixlen")) {
        const auto length = arguments.take("prefixlen: the length");
        set_prefix("prefixlen", number(length), length);
    }

    if (arguments.take_if("delete")) {
        words.deletions.push_back({std::string(text), address});
        return;
    }
    if (!address)
        throw UsageError(quoted(text) + ": the prefix length is missing, as in " +
                         (*family == Family::inet ? "192.168.1.50/24" : "2001:db8::50/64"));
    words.addresses.push_back(*address);
}

void take_inet(Arguments &arguments, ConfigureWords &words) {
    finish_address(arguments, words, arguments.take("inet: the address"), Family::inet);
}

void take_inet6(Arguments &arguments, ConfigureWords &words) {
    finish_address(arguments, words, arguments.take("inet6: the address"), Family::inet6);
}

/// One host or several with commas between; each time the word is there adds to the list.
void take_peers(Arguments &arguments, std::optional<std::vector<Address>> &peers,
                std::string_view keyword, Family family) {
    if (peers && peers->empty())
        throw UsageError(std::string(keyword) + ": not together with mcast");
    if (!peers)
        peers.emplace();
    auto rest = arguments.take(std::string(keyword) + ": the address");
    for (bool more = true; more;) {
        const auto comma = rest.find(',');
        const auto host = rest.substr(0, comma);
        more = comma != std::string_view::npos;
        rest = more ? rest.substr(comma + 1) : std::string_view();
        if (Address::family_of(host) != family)
            throw UsageError(std::string(keyword) + ": " + quoted(host) + " is not an " +
                             (family == Family::inet ? "IPv4" : "IPv6") + " address");
        peers->push_back(Address::parse(host, family == Family::inet ? 32 : 128));
    }
}

void take_group(std::optional<std::vector<Address>> &peers, std::string_view keyword) {
    if (peers)
        throw UsageError(std::string(keyword) +
                         (peers->empty() ? ": given twice" : ": not together with peer"));
    peers.emplace();
}

void take_peer(Arguments &arguments, ConfigureWords &words) {
    take_peers(arguments, words.peers4, "peer", Family::inet);
}

void take_peer6(Arguments &arguments, ConfigureWords &words) {
    take_peers(arguments, words.peers6, "peer6", Family::inet6);
}

void take_mcast(Arguments & /*arguments*/, ConfigureWords &words) {
    take_group(words.peers4, "mcast");
}

void take_mcast6(Arguments & /*arguments*/, ConfigureWords &words) {
    take_group(words.peers6, "mcast6");
}

struct Keyword {
    std::string_view word;
    void (*take)(Arguments &, ConfigureWords &);
};

constexpr std::array<Keyword, 28> keywords{{
    {"vhid", take_vhid},
    {"advbase", take_advbase},
    {"advskew", take_advskew},
    {"pass", take_pass},
    {"passfile", take_passfile},
    {"pass_file", take_passfile},
    {"pass_fd", take_pass_fd},
    {"pass_prompt", take_pass_prompt},
    {"next_pass", take_next_pass},
    {"next_passfile", take_next_passfile},
    {"next_pass_file", take_next_passfile},
    {"next_pass_fd", take_next_pass_fd},
    {"next_pass_prompt", take_next_pass_prompt},
    {"no_next_pass", take_no_next_pass},
    {"grace", take_grace},
    {"carpdev", take_parent},
    {"preempt", take_preempt},
    {"preempt_delay", take_preempt_delay},
    {"start_hold", take_start_hold},
    {"announce_count", take_announce_count},
    {"announce_interval", take_announce_interval},
    {"announce_refresh", take_announce_refresh},
    {"peer", take_peer},
    {"peer6", take_peer6},
    {"mcast", take_mcast},
    {"mcast6", take_mcast6},
    {"inet", take_inet},
    {"inet6", take_inet6},
}};

void take_one(Arguments &arguments, ConfigureWords &words) {
    const auto word = arguments.take("a setting");
    for (const auto &keyword : keywords)
        if (same_word(keyword.word, word))
            return keyword.take(arguments, words);
    if (!Address::family_of(word.substr(0, word.find('/'))))
        throw UsageError(quoted(word) + " is neither a setting nor an address");
    finish_address(arguments, words, word, std::nullopt);
}

/// What was read for one key is gone for the other.
void refuse_shared_descriptor(const ConfigureWords &words) {
    if (!words.key || !words.next_key)
        return;
    const auto descriptor = words.key->open_already();
    if (!descriptor || descriptor != words.next_key->open_already())
        return;
    throw UsageError(std::string(words.key->keyword) + " and " +
                     std::string(words.next_key->keyword) + ": " +
                     (*descriptor == 0 ? std::string("standard input")
                                       : "descriptor " + std::to_string(*descriptor)) +
                     " holds one key");
}

} // namespace

std::vector<std::string_view> setting_words() {
    std::vector<std::string_view> words;
    words.reserve(keywords.size());
    for (const auto &keyword : keywords)
        words.push_back(keyword.word);
    return words;
}

std::optional<unsigned> prefix_of_netmask(std::string_view mask) {
    std::optional<std::uint32_t> bits;
    if (mask.starts_with("0x")) {
        bits = number(mask.substr(2), 16);
    } else if (Address::family_of(mask) == Family::inet) {
        const auto address = Address::parse(mask, 0);
        std::uint32_t value = 0;
        for (const std::byte one : address.bytes())
            value = value << 8 | std::to_integer<std::uint32_t>(one);
        bits = value;
    }
    if (!bits)
        return std::nullopt;
    const auto length = std::countl_one(*bits);
    // Ones, then zeros, and nothing else.
    if (std::popcount(*bits) != length)
        return std::nullopt;
    return static_cast<unsigned>(length);
}

ConfigureWords parse_configure(Arguments &arguments) {
    ConfigureWords words;
    if (arguments.at_end())
        throw UsageError("nothing to configure");
    try {
        while (!arguments.at_end())
            take_one(arguments, words);
    } catch (const carpnl::Error &error) {
        // A word that looks like an address and is none.
        throw UsageError(error.text());
    }
    refuse_shared_descriptor(words);
    return words;
}

} // namespace carpctl
