// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli.hpp"

#include "apply.hpp"
#include "configure_words.hpp"
#include "demote_command.hpp"
#include "doctor.hpp"
#include "help.hpp"
#include "import.hpp"
#include "json.hpp"
#include "monitor.hpp"
#include "passfile.hpp"
#include "reload_module.hpp"
#include "scan.hpp"
#include "show.hpp"
#include "stats_command.hpp"
#include "verify_command.hpp"

#include <carpnl/carpnl.hpp>

#include <array>
#include <cerrno>
#include <ostream>
#include <utility>

namespace carpctl {
namespace {

using carpnl::Changes;
using carpnl::Error;
using carpnl::Key;
using carpnl::Socket;
using carpnl::State;

struct Options {
    bool json = false;
    std::string netns; ///< path; empty: the present one
    ShowOptions show;
};

/// What a command works with.
struct Call {
    Arguments &arguments;
    Environment &environment;
    Options options;
    int status = exit_ok;
};

std::string take_name(Arguments &arguments) {
    const auto name = arguments.take("NAME");
    if (name.empty())
        throw UsageError("NAME is empty");
    return std::string(name);
}

std::string only_name(Arguments &arguments) {
    auto name = take_name(arguments);
    arguments.require_end();
    return name;
}

Socket open(Environment &environment) { return environment.open(); }

/// The kernel may have remarks on what it did.
void print_warnings(Environment &environment, Socket &socket, std::string_view name) {
    for (const auto &warning : socket.take_warnings())
        environment.err << "carpctl: " << name << ": warning: " << warning << '\n';
}

void create(Call &call) {
    const auto name = only_name(call.arguments);
    auto socket = open(call.environment);
    socket.create(name);
    print_warnings(call.environment, socket, name);
}

/// The device's address of that host, when no prefix length was written.
carpnl::Address find_address(Socket &socket, const std::string &name, const std::string &host) {
    const auto wanted = carpnl::Address::parse(host, 0);
    for (const auto &address : socket.addresses(name))
        if (address.same_host(wanted))
            return address;
    throw Error(EADDRNOTAVAIL, name, "address " + host + ": not set", "address");
}

std::optional<Key> key_from(const std::optional<KeySource> &source, const std::string &what,
                            Environment &environment) {
    if (!source)
        return std::nullopt;
    auto key = read_key(*source, what, environment.in, environment.err);
    warn_if_cut(key, environment.err);
    return key;
}

void configure(Call &call) {
    const auto name = take_name(call.arguments);
    const auto words = parse_configure(call.arguments);
    auto key = key_from(words.key, name, call.environment);
    auto next = key_from(words.next_key, name + " to come", call.environment);

    auto socket = open(call.environment);
    Changes changes;
    if (words.parent)
        changes.parent(*words.parent);
    if (words.vhid)
        changes.vhid(*words.vhid);
    if (words.advbase)
        changes.advbase(*words.advbase);
    if (words.advskew)
        changes.advskew(*words.advskew);
    if (words.preempt)
        changes.preempt(*words.preempt);
    if (words.preempt_delay)
        changes.preempt_delay(std::chrono::milliseconds(*words.preempt_delay));
    if (words.start_hold)
        changes.start_hold(std::chrono::milliseconds(*words.start_hold));
    if (words.grace)
        changes.grace(std::chrono::seconds(*words.grace));
    if (words.announce_count)
        changes.announce_count(*words.announce_count);
    if (words.announce_interval)
        changes.announce_interval(std::chrono::milliseconds(*words.announce_interval));
    if (words.announce_refresh)
        changes.announce_refresh(std::chrono::seconds(*words.announce_refresh));
    if (words.peers4)
        changes.peers(carpnl::Family::inet, *words.peers4);
    if (words.peers6)
        changes.peers(carpnl::Family::inet6, *words.peers6);
    if (key)
        changes.key(std::move(*key));
    if (next)
        changes.key_next(std::move(*next));
    for (const auto &address : words.addresses)
        changes.address(address);
    for (const auto &deletion : words.deletions)
        changes.delete_address(deletion.address ? *deletion.address
                                                : find_address(socket, name, deletion.text));
    if (!words.addresses.empty())
        changes.up(true);
    socket.configure(name, changes);
    print_warnings(call.environment, socket, name);
}

void show(Call &call) {
    auto &environment = call.environment;
    std::string name;
    if (!call.arguments.at_end())
        name = only_name(call.arguments);
    auto socket = open(environment);
    const auto devices = name.empty() ? socket.list() : std::vector{socket.status(name)};
    const auto sysctls = environment.sysctls();
    const auto now = environment.now();
    if (call.options.json) {
        auto all = nlohmann::ordered_json::array();
        for (const auto &device : devices)
            all.push_back(to_json(device, sysctls, now, call.options.show));
        print_json(environment.out, all, call.options.show);
        return;
    }
    for (const auto &device : devices)
        show(environment.out, device, sysctls, now, call.options.show, environment.colour);
}

void up(Call &call) {
    const auto name = only_name(call.arguments);
    auto socket = open(call.environment);
    socket.set_up(name, true);
    print_warnings(call.environment, socket, name);
}

void down(Call &call) {
    const auto name = only_name(call.arguments);
    auto socket = open(call.environment);
    socket.set_up(name, false);
    print_warnings(call.environment, socket, name);
}

void destroy(Call &call) {
    const auto name = only_name(call.arguments);
    auto socket = open(call.environment);
    socket.destroy(name);
    print_warnings(call.environment, socket, name);
}

void state(Call &call) {
    const auto name = take_name(call.arguments);
    std::optional<State> wanted;
    if (!call.arguments.at_end()) {
        const auto word = call.arguments.take("the state");
        wanted = carpnl::state_from_string(word);
        if (!wanted || *wanted == State::init)
            throw UsageError("'" + std::string(word) + "' is not backup or master");
    }
    call.arguments.require_end();

    auto socket = open(call.environment);
    if (wanted) {
        socket.force_state(name, *wanted);
        print_warnings(call.environment, socket, name);
        return;
    }
    const auto now = to_string(socket.status(name).state());
    if (call.options.json)
        print_json(call.environment.out, {{{"name", name}, {"state", now}}}, call.options.show);
    else
        call.environment.out << now << '\n';
}

nlohmann::ordered_json to_json(const std::optional<ModuleVersion> &module) {
    if (!module)
        return nullptr;
    return {{"version", module->version}, {"srcversion", module->sources}};
}

std::string shown(const std::optional<ModuleVersion> &module, std::string_view none) {
    return module ? module->version : std::string(none);
}

void version(Call &call) {
    call.arguments.require_end();
    const auto versions =
        call.environment.module_versions ? call.environment.module_versions() : ModuleVersions{};
    auto &out = call.environment.out;
    if (call.options.json)
        return print_json(out,
                          {{{"carpctl", carpnl::header_version},
                            {"libcarpnl", carpnl::version()},
                            {"module_loaded", to_json(versions.loaded)},
                            {"module_installed", to_json(versions.installed)}}},
                          call.options.show);
    out << "carpctl " << carpnl::header_version << ", libcarpnl " << carpnl::version() << '\n'
        << "module loaded " << shown(versions.loaded, "none") << '\n'
        << "module installed " << shown(versions.installed, "none for this kernel");
    if (!versions.file.empty())
        out << " (" << versions.file << ')';
    out << '\n';
    if (versions.differ())
        out << "The installed module is not the one that runs: it does after the next boot, or "
               "'carpctl reload-module'.\n";
    if (versions.loaded && versions.loaded->version != carpnl::header_version)
        out << "Tool and running module are of different releases: what one of them does not know "
               "is refused by name.\n";
}

void help(Call &call) { call.environment.out << help_text; }

struct Command {
    std::string_view word;
    void (*run)(Call &);
};

void apply(Call &call) {
    call.status = apply(call.arguments, call.environment, call.options.json, call.options.show);
}
void dump(Call &call) { dump(call.arguments, call.environment); }
void import(Call &call) { call.status = import(call.arguments, call.environment); }
void monitor(Call &call) {
    if (call.arguments.take_if("--wire"))
        monitor_wire(call.arguments, call.environment, call.options.json);
    else
        monitor(call.arguments, call.environment, call.options.json);
}
void scan(Call &call) {
    scan(call.arguments, call.environment, call.options.json, call.options.show);
}
void doctor(Call &call) {
    call.status = doctor(call.arguments, call.environment, call.options.json, call.options.show);
}
void wait(Call &call) { call.status = wait(call.arguments, call.environment); }
void is_master(Call &call) { call.status = is_master(call.arguments, call.environment); }
void history(Call &call) {
    history(call.arguments, call.environment, call.options.json, call.options.show);
}
void stats(Call &call) {
    stats(call.arguments, call.environment, call.options.json, call.options.show);
}
void demote(Call &call) { demote(call.arguments, call.environment); }
void undemote(Call &call) { undemote(call.arguments, call.environment); }
void drain(Call &call) { drain(call.arguments, call.environment); }
void undrain(Call &call) { undrain(call.arguments, call.environment); }
void verify(Call &call) {
    call.status = verify(call.arguments, call.environment, call.options.json, call.options.show);
}
void reload_module(Call &call) { call.status = reload_module(call.arguments, call.environment); }
void causes(Call &call) {
    causes(call.arguments, call.environment, call.options.json, call.options.show);
}

constexpr std::array<Command, 27> commands{{
    {"create", create},
    {"configure", configure},
    {"show", show},
    {"stats", stats},
    {"up", up},
    {"down", down},
    {"destroy", destroy},
    {"state", state},
    {"apply", apply},
    {"dump", dump},
    {"import", import},
    {"monitor", monitor},
    {"scan", scan},
    {"doctor", doctor},
    {"wait", wait},
    {"is-master", is_master},
    {"history", history},
    {"demote", demote},
    {"undemote", undemote},
    {"drain", drain},
    {"undrain", undrain},
    {"causes", causes},
    {"verify", verify},
    {"reload-module", reload_module},
    {"version", version},
    {"help", help},
    {"--help", help},
}};

/// As ip(8) has it: a name is one of /run/netns.
void take_netns(Arguments &arguments, std::string &netns) {
    arguments.take_value("--netns", "NETNS", netns);
    if (netns.find('/') == std::string::npos)
        netns.insert(0, "/run/netns/");
}

/// Options come before the command, one letter each or several in one word.
Options parse_options(Arguments &arguments) {
    Options options;
    const auto set = [&](std::string_view option) {
        if (option == "j" || option == "json")
            options.json = true;
        else if (option == "p" || option == "pretty")
            options.show.pretty = true;
        else if (option == "s" || option == "stats")
            options.show.statistics = true;
        else if (option == "n" || option == "netns")
            take_netns(arguments, options.netns);
        else
            throw UsageError("unknown option '" + std::string(option.size() == 1 ? "-" : "--") +
                             std::string(option) + "'");
    };
    while (arguments.peek().starts_with('-') && arguments.peek() != "--help") {
        const auto word = arguments.take("an option");
        if (word.starts_with("--"))
            set(word.substr(2));
        else if (word.size() == 1)
            throw UsageError("unknown option '-'");
        else
            for (std::size_t i = 1; i < word.size(); ++i)
                set(word.substr(i, 1));
    }
    return options;
}

int dispatch(Arguments &arguments, Environment &environment) {
    const auto options = parse_options(arguments);
    if (arguments.at_end())
        throw UsageError("COMMAND is missing");
    const auto word = arguments.take("COMMAND");
    Call call{arguments, environment, options};
    for (const auto &command : commands)
        if (command.word == word) {
            if (!options.netns.empty())
                environment.enter(options.netns);
            command.run(call);
            return call.status;
        }
    throw UsageError("unknown command '" + std::string(word) + "'");
}

} // namespace

std::vector<std::string_view> command_words() {
    std::vector<std::string_view> words;
    words.reserve(commands.size());
    for (const auto &command : commands)
        words.push_back(command.word);
    return words;
}

void print_failure(std::ostream &err, const Error &error) {
    err << "carpctl: " << error.what() << '\n';
    if (error.code().value() == EOPNOTSUPP)
        err << "carpctl: is the kernel module there? 'modprobe carp' loads it\n";
}

int run(Arguments &arguments, Environment &environment) {
    try {
        const int status = dispatch(arguments, environment);
        environment.out.flush();
        if (!environment.out)
            throw FileError("standard output cannot be written");
        return status;
    } catch (const UsageError &error) {
        environment.err << "carpctl: " << error.what() << " ('carpctl help' tells more)\n";
        return exit_usage;
    } catch (const Error &error) {
        print_failure(environment.err, error);
        return exit_failure;
    } catch (const std::exception &error) {
        environment.err << "carpctl: " << error.what() << '\n';
        return exit_failure;
    }
}

} // namespace carpctl
