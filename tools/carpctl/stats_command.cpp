// SPDX-License-Identifier: GPL-2.0-or-later
#include "stats_command.hpp"

#include "json.hpp"
#include "openmetrics.hpp"
#include "text_file.hpp"

#include <ostream>
#include <sstream>

namespace carpctl {
namespace {

using carpnl::Socket;
using carpnl::Status;

struct StatsWords {
    std::string name;
    std::string output;
    bool reset = false;
    bool total = false;
    bool openmetrics = false;
};

void take_word(Arguments &arguments, StatsWords &words) {
    if (arguments.take_if("--reset")) {
        words.reset = true;
    } else if (arguments.take_if("--total")) {
        words.total = true;
    } else if (arguments.take_if("--openmetrics")) {
        words.openmetrics = true;
    } else if (arguments.take_if("--output")) {
        arguments.take_value("--output", "the file", words.output);
    } else if (arguments.peek().starts_with("--")) {
        throw UsageError("unknown option '" + std::string(arguments.peek()) + "'");
    } else if (words.name.empty()) {
        words.name = arguments.take("NAME");
        if (words.name.empty())
            throw UsageError("NAME is empty");
    } else {
        arguments.require_end();
    }
}

StatsWords parse_words(Arguments &arguments, bool json) {
    StatsWords words;
    while (!arguments.at_end())
        take_word(arguments, words);
    if (words.total && !words.name.empty())
        throw UsageError("--total is of all devices, not of '" + words.name + "'");
    if (words.openmetrics && (words.reset || words.total))
        throw UsageError("--openmetrics: not together with --reset or --total");
    if (words.openmetrics && json)
        throw UsageError("--openmetrics: not together with --json");
    if (!words.output.empty() && !words.openmetrics)
        throw UsageError("--output: only together with --openmetrics");
    return words;
}

std::vector<Status> chosen(Socket &socket, const std::string &name) {
    return name.empty() ? socket.list() : std::vector{socket.status(name)};
}

void reset(Socket &socket, const StatsWords &words) {
    if (words.total)
        return socket.reset_total_counters();
    if (!words.name.empty())
        return socket.reset_counters(words.name);
    for (const auto &device : socket.list())
        socket.reset_counters(device.name());
}

void openmetrics(Socket &socket, const StatsWords &words, const Environment &environment) {
    const auto devices = chosen(socket, words.name);
    const auto tallies =
        words.name.empty() ? socket.tallies() : std::vector{socket.tally(words.name)};
    const auto causes = socket.causes();
    std::ostringstream text;
    write_openmetrics(text, devices, tallies, causes, environment.now());
    if (words.output.empty())
        environment.out << text.str();
    else
        replace_file(words.output, text.str(), 0644);
}

void total(Socket &socket, const Environment &environment, bool json, ShowOptions options) {
    const auto counters = socket.total_counters();
    if (!json)
        return show_counters(environment.out, "all devices", counters);
    auto all = nlohmann::ordered_json::array();
    auto &object = all.emplace_back();
    object["name"] = nullptr;
    object["counters"] = to_json(counters);
    print_json(environment.out, all, options);
}

} // namespace

void stats(Arguments &arguments, Environment &environment, bool json, ShowOptions options) {
    const auto words = parse_words(arguments, json);
    auto socket = environment.open();
    if (words.reset)
        return reset(socket, words);
    if (words.openmetrics)
        return openmetrics(socket, words, environment);
    if (words.total)
        return total(socket, environment, json, options);

    auto all = nlohmann::ordered_json::array();
    for (const auto &device : chosen(socket, words.name))
        if (json)
            all.push_back(counters_to_json(device));
        else
            show_counters(environment.out, device.name(), device.counters());
    if (json)
        print_json(environment.out, all, options);
}

} // namespace carpctl
