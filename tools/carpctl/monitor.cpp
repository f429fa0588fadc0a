// SPDX-License-Identifier: GPL-2.0-or-later
#include "monitor.hpp"

#include "cli.hpp"
#include "events.hpp"
#include "json.hpp"
#include "seconds.hpp"

#include <carpnl/monitor.hpp>

#include <algorithm>
#include <ostream>

namespace carpctl {
namespace {

using carpnl::Event;
using carpnl::EventKind;
using std::chrono::milliseconds;

std::string take_name(Arguments &arguments) {
    const auto name = arguments.take("NAME");
    if (name.empty())
        throw UsageError("NAME is empty");
    return std::string(name);
}

/// Whether somebody who asks about one device wants to hear of that.
bool concerns(const Event &event, std::string_view device) {
    if (device.empty() || event.kind() == EventKind::resync)
        return true;
    if (event.kind() != EventKind::demotion)
        return event.name() == device;
    const auto cause = event.cause();
    return cause->scope() != carpnl::Scope::device || cause->device_name() == device;
}

} // namespace

void monitor(Arguments &arguments, Environment &environment, bool json) {
    std::string name;
    if (!arguments.at_end())
        name = take_name(arguments);
    arguments.require_end();

    auto &out = environment.out;
    auto monitor = environment.open_monitor();
    do
        monitor.process([&](const Event &event) {
            if (!concerns(event, name))
                return;
            const auto now = environment.now();
            if (json)
                print_json(out, to_json(event, now, name), {});
            else
                out << describe(event, now, name) << '\n';
            out.flush();
        });
    while (out && monitor.wait());
}

int wait(Arguments &arguments, Environment &environment) {
    const auto name = take_name(arguments);
    const auto word = arguments.take("the state");
    const auto state = carpnl::state_from_string(word);
    if (!state)
        throw UsageError("'" + std::string(word) + "' is not master, backup or init");
    std::optional<milliseconds> timeout;
    if (arguments.take_if("--timeout"))
        timeout = take_seconds(arguments, "--timeout");
    arguments.require_end();
    return environment.open_monitor().wait_for(name, *state, timeout) ? exit_ok : exit_condition;
}

int is_master(Arguments &arguments, Environment &environment) {
    const auto name = take_name(arguments);
    arguments.require_end();
    return environment.open().status(name).state() == carpnl::State::master ? exit_ok
                                                                            : exit_condition;
}

void history(Arguments &arguments, Environment &environment, bool json, ShowOptions options) {
    const auto name = take_name(arguments);
    arguments.require_end();
    const auto changes = environment.open().history(name);
    const auto now = environment.now();
    auto all = nlohmann::ordered_json::array();
    for (const auto &change : changes)
        if (json)
            all.push_back(to_json(change, now));
        else
            environment.out << describe(change, now) << '\n';
    if (json)
        print_json(environment.out, all, options);
}

} // namespace carpctl
