// SPDX-License-Identifier: GPL-2.0-or-later
#include "demote_command.hpp"

#include "events.hpp"
#include "json.hpp"

#include <charconv>
#include <ostream>

namespace carpctl {
namespace {

using carpnl::Demotion;
using carpnl::Target;

/// What `drain` sets, and what systemd units of ours set.
constexpr const char *drain_cause = "maintenance";
constexpr std::uint32_t drain_value = 240;

std::uint32_t take_number(Arguments &arguments, std::string_view what) {
    const auto word = arguments.take(std::string(what) + ": the number");
    std::uint32_t value = 0;
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (word.empty() || failure != std::errc() || end != word.data() + word.size())
        throw UsageError(std::string(what) + ": '" + std::string(word) + "' is not a number");
    return value;
}

std::string take_cause(Arguments &arguments) {
    const auto name = arguments.take("CAUSE");
    if (name.empty())
        throw UsageError("CAUSE is empty");
    return std::string(name);
}

/// At the end of a command: what is meant, everything if nothing is said.
Target take_target(Arguments &arguments) {
    Target target;
    if (arguments.take_if("group")) {
        target = Target::group(take_number(arguments, "group"));
    } else if (arguments.take_if("dev")) {
        const auto name = arguments.take("dev: NAME");
        if (name.empty())
            throw UsageError("dev: NAME is empty");
        target = Target::device(std::string(name));
    }
    arguments.require_end();
    return target;
}

void perform(Environment &environment, const Demotion &demotion) {
    auto socket = environment.open();
    socket.demote(demotion);
    for (const auto &warning : socket.take_warnings())
        environment.err << "carpctl: " << demotion.name() << ": warning: " << warning << '\n';
}

} // namespace

void demote(Arguments &arguments, Environment &environment) {
    auto name = take_cause(arguments);
    const auto value = take_number(arguments, "VALUE");
    perform(environment, Demotion(std::move(name), value, take_target(arguments)));
}

void undemote(Arguments &arguments, Environment &environment) {
    const auto name = take_cause(arguments);
    const auto target = take_target(arguments);
    environment.open().undemote(name, target);
}

void drain(Arguments &arguments, Environment &environment) {
    perform(environment, Demotion(drain_cause, drain_value, take_target(arguments)).drain());
}

void undrain(Arguments &arguments, Environment &environment) {
    const auto target = take_target(arguments);
    environment.open().undemote(drain_cause, target);
}

void causes(Arguments &arguments, Environment &environment, bool json, ShowOptions options) {
    arguments.require_end();
    const auto causes = environment.open().causes();
    auto all = nlohmann::ordered_json::array();
    for (const auto &cause : causes)
        if (json)
            all.push_back(to_json(cause));
        else
            environment.out << describe(cause) << '\n';
    if (json)
        print_json(environment.out, all, options);
}

} // namespace carpctl
