// SPDX-License-Identifier: GPL-2.0-or-later
#include "scan.hpp"

#include "advert_words.hpp"
#include "json.hpp"
#include "passfile.hpp"
#include "seconds.hpp"
#include "signature.hpp"
#include "speakers.hpp"
#include "times.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ostream>

namespace carpctl {
namespace {

using Json = nlohmann::ordered_json;
using carpnl::Address;
using carpnl::Status;
using std::chrono::milliseconds;

/// Two adverts at least of everybody who has the usual advbase.
constexpr milliseconds usual_time{4000};
/// So many intervals of this host's own groups, which may be slower.
constexpr int intervals = 3;

struct ScanWords {
    std::string name;
    std::optional<std::uint8_t> vhid;
    std::optional<milliseconds> time;
    std::optional<std::string> passfile;
    std::vector<Address> addresses;
};

std::uint8_t take_vhid(Arguments &arguments) {
    const auto word = arguments.take("vhid: the number");
    unsigned value = 0;
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), value);
    constexpr unsigned highest = 255;
    if (failure != std::errc() || end != word.data() + word.size() || value == 0 || value > highest)
        throw UsageError("vhid: '" + std::string(word) + "' is not a number of 1..255");
    return static_cast<std::uint8_t>(value);
}

/// Prefix lengths may be written, and do not count.
Address take_address(Arguments &arguments) {
    const auto word = arguments.take("ADDRESS");
    const auto host = word.substr(0, word.find('/'));
    const auto family = Address::family_of(host);
    if (!family)
        throw UsageError("'" + std::string(word) + "' is not an address");
    if (host.size() != word.size())
        return Address::parse(word);
    return Address::parse(host, *family == carpnl::Family::inet ? 32 : 128);
}

template <class Value>
void set_once(std::optional<Value> &place, Value value, std::string_view keyword) {
    if (place)
        throw UsageError(std::string(keyword) + ": given twice");
    place = std::move(value);
}

ScanWords parse(Arguments &arguments) {
    ScanWords words;
    words.name = std::string(arguments.take("PARENT"));
    if (words.name.empty())
        throw UsageError("PARENT is empty");
    while (!arguments.at_end()) {
        if (arguments.take_if("--time") || arguments.take_if("-t"))
            set_once(words.time, take_seconds(arguments, "--time"), "--time");
        else if (arguments.take_if("vhid"))
            set_once(words.vhid, take_vhid(arguments), "vhid");
        else if (arguments.take_if("passfile") || arguments.take_if("pass-file"))
            set_once(words.passfile, std::string(arguments.take("passfile: FILE")), "passfile");
        else
            words.addresses.push_back(take_address(arguments));
    }
    if (!words.passfile && !words.addresses.empty())
        throw UsageError("addresses are checked together with a key: 'passfile FILE' is missing");
    return words;
}

/// A carp device stands for its parent.
std::string parent_of(const std::string &name, const std::vector<Status> &devices) {
    for (const auto &device : devices)
        if (device.name() == name)
            return device.parent_name().value_or(name);
    return name;
}

milliseconds time_for(const std::vector<Status> &devices, const std::string &parent) {
    auto time = usual_time;
    for (const auto &device : devices)
        if (device.parent_name() == parent)
            time = std::max(time, std::chrono::ceil<milliseconds>(device.interval() * intervals));
    return time;
}

/// Of groups that this host has no part in; of the others its kernel knows better.
void verify_with(std::vector<Speaker> &speakers, const carpnl::Key &key,
                 const std::vector<Address> &addresses) {
    for (auto &speaker : speakers)
        if (!speaker.device && speaker.valid()) {
            const bool fits = signed_with(speaker.last, key, addresses);
            speaker.given = true;
            speaker.verification = {
                .match = fits ? carpnl::Match::present : carpnl::Match::none,
                .address = std::nullopt,
            };
        }
}

std::vector<Speaker> listen(Environment &environment, const ScanWords &words) {
    std::optional<carpnl::Key> key;
    if (words.passfile)
        key = read_passfile(*words.passfile, environment.in, environment.err);
    auto socket = environment.open();
    const auto devices = socket.list();
    const auto parent = parent_of(words.name, devices);
    Speakers heard;
    environment.open_wire({parent})->listen(words.time.value_or(time_for(devices, parent)),
                                            [&](const Heard &frame) {
                                                heard.hear(frame);
                                                return true;
                                            });
    auto speakers = heard.all();
    if (words.vhid)
        std::erase_if(speakers,
                      [&](const auto &speaker) { return speaker.last.vhid != *words.vhid; });
    verify(speakers, devices, socket);
    if (key)
        verify_with(speakers, *key, words.addresses);
    return speakers;
}

template <class Value> Json or_null(const std::optional<Value> &value) {
    return value ? Json(*value) : Json(nullptr);
}

Json to_json(const Speaker &speaker) {
    const auto seen = speaker.seen_interval();
    const auto &verification = speaker.verification;
    Json json{
        {"parent", speaker.parent},
        {"own", speaker.own},
        {"device", or_null(speaker.device)},
    };
    json.update(to_json(speaker.last));
    json["count"] = speaker.count;
    json["last_time"] = rfc3339(speaker.last_time);
    json["seen_interval_us"] = seen ? Json(seen->count()) : Json(nullptr);
    json["verified_by"] = !verification ? Json(nullptr) : Json(speaker.given ? "given" : "kernel");
    json["match"] = verification ? Json(to_string(verification->match)) : Json(nullptr);
    json["match_address"] =
        verification && verification->address ? Json(verification->address->host()) : Json(nullptr);
    return json;
}

constexpr std::size_t columns = 8;
using Row = std::array<std::string, columns>;

std::string key_words(const Speaker &speaker) {
    if (speaker.last.flaw != Flaw::none)
        return std::string(describe(speaker.last.flaw));
    if (speaker.last.protocol != Protocol::carp)
        return "-";
    if (!speaker.verification)
        return speaker.device ? "not known (needs CAP_NET_ADMIN)" : "not known";
    return describe(*speaker.verification);
}

Row row_of(const Speaker &speaker) {
    const auto &advert = speaker.last;
    const auto seen = speaker.seen_interval();
    std::string name(describe(advert.protocol));
    if (speaker.device)
        name += " (" + *speaker.device + ")";
    return {
        advert.vhid == 0 ? "-" : std::to_string(advert.vhid),
        name,
        advert.source.host() + (speaker.own ? " (this host)" : ""),
        to_string(advert.source_mac),
        advert.vhid == 0 ? "-"
        : advert.bow_out ? "resigned"
                         : pace_words(advert),
        seen ? for_people(*seen) : "-",
        std::to_string(speaker.count),
        key_words(speaker),
    };
}

void print_table(std::ostream &out, const std::vector<Speaker> &speakers) {
    std::vector<Row> rows{
        {"VHID", "PROTOCOL", "SPEAKER", "MAC", "PACE", "EVERY", "COUNT", "KEY AND LIST"}};
    for (const auto &speaker : speakers)
        rows.push_back(row_of(speaker));
    std::array<std::size_t, columns> widths{};
    for (const auto &row : rows)
        for (std::size_t i = 0; i < columns; ++i)
            widths.at(i) = std::max(widths.at(i), row.at(i).size());
    for (const auto &row : rows) {
        for (std::size_t i = 0; i + 1 < columns; ++i)
            out << row.at(i) << std::string(widths.at(i) - row.at(i).size() + 2, ' ');
        out << row.back() << '\n';
    }
}

/// What `monitor --wire` listens to.
struct Choice {
    std::vector<std::string> parents;
    std::optional<std::uint32_t> vhid;
};

Choice choose(const std::string &name, const std::vector<Status> &devices) {
    Choice choice;
    for (const auto &device : devices) {
        const auto parent = device.parent_name();
        if (!parent || (!name.empty() && device.name() != name))
            continue;
        if (std::find(choice.parents.begin(), choice.parents.end(), *parent) ==
            choice.parents.end())
            choice.parents.push_back(*parent);
        if (!name.empty())
            choice.vhid = device.vhid();
    }
    if (choice.parents.empty() && !name.empty())
        choice.parents.push_back(name);
    if (choice.parents.empty())
        throw UsageError("no carp device has a parent: name an interface");
    return choice;
}

} // namespace

void scan(Arguments &arguments, Environment &environment, bool json, ShowOptions options) {
    const auto speakers = listen(environment, parse(arguments));
    if (json) {
        auto all = Json::array();
        for (const auto &speaker : speakers)
            all.push_back(to_json(speaker));
        print_json(environment.out, all, options);
    } else if (speakers.empty()) {
        environment.out << "nobody was heard\n";
    } else {
        print_table(environment.out, speakers);
    }
}

void monitor_wire(Arguments &arguments, Environment &environment, bool json) {
    std::string name;
    if (!arguments.at_end()) {
        name = arguments.take("NAME");
        if (name.empty())
            throw UsageError("NAME is empty");
    }
    arguments.require_end();

    const auto choice = choose(name, environment.open().list());
    auto &out = environment.out;
    environment.open_wire(choice.parents)->listen(std::nullopt, [&](const Heard &heard) {
        const auto advert = read_advert(heard.frame);
        if (!advert || (choice.vhid && advert->vhid != *choice.vhid))
            return true;
        const Sighting sighting{.interface = heard.interface, .time = heard.time, .own = heard.own};
        if (json)
            print_json(out, to_json(*advert, sighting), {});
        else
            out << describe(*advert, sighting) << '\n';
        out.flush();
        return static_cast<bool>(out);
    });
}

} // namespace carpctl
