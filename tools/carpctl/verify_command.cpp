// SPDX-License-Identifier: GPL-2.0-or-later
#include "verify_command.hpp"

#include "carp_lines.hpp"
#include "cli.hpp"
#include "json.hpp"
#include "text_file.hpp"

#include <algorithm>
#include <charconv>
#include <ostream>
#include <string>

namespace carpctl {
namespace {

using carpnl::Address;
using carpnl::Match;
using Bytes = std::vector<std::byte>;

constexpr std::size_t advert_length = 36;
constexpr unsigned carp_protocol = 112;

unsigned at(const Bytes &bytes, std::size_t offset) {
    return offset < bytes.size() ? std::to_integer<unsigned>(bytes[offset]) : 0;
}

/// As ip4_header or ip6_header, whose length depends on the first byte.
std::size_t header_length(const Bytes &packet) {
    constexpr unsigned version_bits = 4;
    constexpr std::size_t word = 4;
    constexpr std::size_t length6 = 40;
    constexpr std::size_t protocol4 = 9;
    constexpr std::size_t protocol6 = 6;
    const unsigned first = at(packet, 0);
    if (first >> version_bits == 4 && at(packet, protocol4) == carp_protocol)
        return (first & 0xfU) * word;
    if (first >> version_bits == 6 && at(packet, protocol6) == carp_protocol)
        return length6;
    return 0;
}

/// Of a line of tcpdump: behind "0x0010:". Nothing for any other line.
std::optional<std::string_view> dumped(std::string_view line) {
    const auto begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos || !line.substr(begin).starts_with("0x"))
        return std::nullopt;
    const auto colon = line.find(':', begin);
    if (colon == std::string_view::npos)
        return std::nullopt;
    line.remove_prefix(colon + 1);
    // Behind two blanks `tcpdump -X` repeats it as text.
    const auto data = std::min(line.find_first_not_of(" \t"), line.size());
    return line.substr(0, line.find("  ", data));
}

std::string dump_alone(std::string_view text) {
    std::string data;
    while (!text.empty())
        if (const auto line = dumped(take_line(text)))
            data.append(*line).append(" ");
    return data;
}

struct VerifyWords {
    std::string name;
    std::string advert;
    std::optional<Address> address;
};

Address take_address(Arguments &arguments) {
    const auto word = arguments.take("address: the address");
    const auto family = Address::family_of(word);
    if (!family)
        throw UsageError("address: '" + std::string(word) + "' is not an address");
    constexpr unsigned bits4 = 32;
    constexpr unsigned bits6 = 128;
    return Address::parse(word, *family == carpnl::Family::inet ? bits4 : bits6);
}

VerifyWords parse_words(Arguments &arguments) {
    VerifyWords words;
    words.name = arguments.take("NAME");
    if (words.name.empty())
        throw UsageError("NAME is empty");
    words.advert = arguments.take("ADVERT");
    if (arguments.take_if("address"))
        words.address = take_address(arguments);
    arguments.require_end();
    return words;
}

Bytes read_advert(const std::string &word, Environment &environment) {
    const bool from_input = word == "-";
    const auto packet = read_hex(from_input ? read_text(environment.in, "standard input") : word);
    auto advert = find_advert(packet.value_or(Bytes()));
    if (!advert.empty())
        return advert;
    const std::string text = (from_input ? "standard input" : "'" + printable(word) + "'") +
                             " is no advert in hexadecimal digits";
    if (from_input)
        throw FileError(text);
    throw UsageError(text);
}

bool accepted(Match match) {
    return match == Match::present || match == Match::nov6ll || match == Match::key_next ||
           match == Match::old_list || match == Match::old_key;
}

std::string sentence(const carpnl::Verification &answer) {
    std::string text = accepted(answer.match) ? "accepted: made with " : "refused: made with ";
    text += describe(answer.match);
    if (answer.address)
        text += ", " + answer.address->host();
    return text;
}

} // namespace

std::optional<Bytes> read_hex(std::string_view text) {
    constexpr int base = 16;
    const auto lines = dump_alone(text);
    std::string digits;
    for (const char one : lines.empty() ? text : std::string_view(lines))
        if (std::string_view(" \t\r\n:").find(one) == std::string_view::npos)
            digits += one;
    if (digits.size() % 2 != 0)
        return std::nullopt;
    Bytes bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        unsigned value = 0;
        const char *const end = digits.data() + i + 2;
        const auto [stop, failure] = std::from_chars(digits.data() + i, end, value, base);
        if (failure != std::errc() || stop != end)
            return std::nullopt;
        bytes.push_back(static_cast<std::byte>(value));
    }
    return bytes;
}

Bytes find_advert(const Bytes &packet) {
    const auto skipped = header_length(packet);
    if (packet.size() < skipped + advert_length)
        return {};
    // Without an IP header it is that and nothing else: anything else is a slip.
    if (skipped == 0 && packet.size() != advert_length)
        return {};
    const auto begin = packet.begin() + static_cast<std::ptrdiff_t>(skipped);
    return {begin, begin + static_cast<std::ptrdiff_t>(advert_length)};
}

int verify(Arguments &arguments, Environment &environment, bool json, ShowOptions options) {
    const auto words = parse_words(arguments);
    const auto advert = read_advert(words.advert, environment);
    const auto answer = environment.open().verify(words.name, advert, words.address);
    if (json) {
        auto all = nlohmann::ordered_json::array();
        auto &object = all.emplace_back();
        object["name"] = words.name;
        object["match"] = to_string(answer.match);
        object["accepted"] = accepted(answer.match);
        object["address"] = answer.address ? nlohmann::ordered_json(answer.address->host())
                                           : nlohmann::ordered_json(nullptr);
        print_json(environment.out, all, options);
    } else {
        environment.out << words.name << ": " << sentence(answer) << '\n';
    }
    return accepted(answer.match) ? exit_ok : exit_condition;
}

} // namespace carpctl
