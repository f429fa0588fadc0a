// SPDX-License-Identifier: GPL-2.0-or-later
#include "apply.hpp"

#include "cli.hpp"
#include "json.hpp"
#include "passfile.hpp"
#include "system_files.hpp"
#include "text_file.hpp"
#include "time_span.hpp"

#include <carpnl/error.hpp>

#include <linux/carp.h>
#include <net/if.h>

#include <algorithm>
#include <ostream>

namespace carpctl {
namespace {

using carpnl::Address;
using carpnl::Changes;
using carpnl::Config;
using carpnl::Family;
using carpnl::Key;
using carpnl::Preempt;
using carpnl::Socket;
using carpnl::Status;

/// One device, what is to become of it, and its keys, which are read before anything is touched.
struct Plan {
    CarpFile file;
    std::optional<Key> key;
    std::optional<Key> next_key;
    std::optional<Status> present;
};

std::vector<Address> of_family(const std::vector<Address> &hosts, Family family) {
    std::vector<Address> chosen;
    std::copy_if(hosts.begin(), hosts.end(), std::back_inserter(chosen),
                 [&](const Address &one) { return one.family() == family; });
    return chosen;
}

bool contains(const std::vector<Address> &addresses, const Address &address) {
    return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

bool same_set(const std::vector<Address> &a, const std::vector<Address> &b) {
    return a.size() == b.size() &&
           std::all_of(a.begin(), a.end(), [&](const Address &one) { return contains(b, one); });
}

/// The settings that new devices and existing ones take in the same words.
template <class Target> void set_timing(Target &target, const CarpFile &file) {
    if (file.advbase)
        target.advbase(*file.advbase);
    if (file.advskew)
        target.advskew(*file.advskew);
    if (file.preempt)
        target.preempt(*file.preempt);
    if (file.announce_count)
        target.announce_count(*file.announce_count);
    if (file.announce_interval)
        target.announce_interval(*file.announce_interval);
    if (file.announce_refresh)
        target.announce_refresh(*file.announce_refresh);
    if (file.grace)
        target.grace(*file.grace);
    if (file.preempt_delay)
        target.preempt_delay(*file.preempt_delay);
    if (file.start_hold)
        target.start_hold(*file.start_hold);
}

template <class Target> void set_identity(Target &target, const CarpFile &file) {
    if (file.parent)
        target.parent(*file.parent);
    if (file.vhid)
        target.vhid(*file.vhid);
}

std::string shown(std::uint32_t value) { return std::to_string(value); }
std::string shown(std::chrono::milliseconds value) { return to_time_span(value); }
std::string shown(Preempt value) {
    return value == Preempt::inherit ? "inherit" : value == Preempt::on ? "yes" : "no";
}

/**
 * How a device differs from its file: in words, and as the settings that make it the same. Only
 * what differs is ever sent to the kernel.
 */
class Difference {
  public:
    Difference(const CarpFile &file, const Status &status)
        : present_(to_carp_file(status)), file_(file) {
        compare_identity(status);
        compare("AdvBase", file.advbase, present_.advbase, 1U, settings_.advbase);
        compare("AdvSkew", file.advskew, present_.advskew, 0U, settings_.advskew);
        compare("Preempt", file.preempt, present_.preempt, Preempt::inherit, settings_.preempt);
        compare("AnnounceCount", file.announce_count, present_.announce_count, 2U,
                settings_.announce_count);
        compare("AnnounceIntervalSec", file.announce_interval, present_.announce_interval,
                std::chrono::milliseconds(0), settings_.announce_interval);
        compare("AnnounceRefreshSec", file.announce_refresh, present_.announce_refresh,
                std::chrono::seconds(0), settings_.announce_refresh);
        compare("GraceSec", file.grace, present_.grace, std::chrono::seconds(CARP_GRACE_DEFAULT),
                settings_.grace);
        compare("PreemptDelaySec", file.preempt_delay, present_.preempt_delay,
                std::chrono::milliseconds(0), settings_.preempt_delay);
        // Else it is over, or is about to be.
        if (!file.start_hold_until)
            compare("StartHoldSec", file.start_hold, present_.start_hold,
                    std::chrono::milliseconds(0), settings_.start_hold);
        if (file.password_file && !status.key_set())
            words_.emplace_back("no key -> the one of PasswordFile=");
        if (file.next_password_file && !status.next_key_set())
            words_.emplace_back("no next key -> the one of NextPasswordFile=");
        compare_peers();
        compare_addresses();
        up_ = !status.up();
        if (up_)
            words_.emplace_back("down -> up");
    }

    const std::vector<std::string> &words() const noexcept { return words_; }
    /// Whether the kernel changes it on a device that is down alone.
    bool needs_down() const noexcept { return !up_ && (settings_.parent || settings_.vhid); }

    Changes changes() const {
        Changes changes;
        set_identity(changes, settings_);
        set_timing(changes, settings_);
        for (const Family family : {Family::inet, Family::inet6})
            if (!same_set(of_family(file_.peers, family), of_family(present_.peers, family)))
                changes.peers(family, of_family(file_.peers, family));
        for (const auto &address : additions_)
            changes.address(address);
        for (const auto &address : deletions_)
            changes.delete_address(address);
        if (up_)
            changes.up(true);
        return changes;
    }

  private:
    template <class Value>
    void compare(const char *key, const std::optional<Value> &wanted,
                 const std::optional<Value> &present, Value usual, std::optional<Value> &change) {
        if (wanted.value_or(usual) == present.value_or(usual))
            return;
        change = wanted.value_or(usual);
        words_.push_back(std::string(key) + "=" + shown(present.value_or(usual)) + " -> " +
                         shown(*change));
    }

    void compare_identity(const Status &status) {
        // An interface may have several names.
        const bool same_parent = !file_.parent || file_.parent == present_.parent ||
                                 (status.parent_index() &&
                                  ::if_nametoindex(file_.parent->c_str()) == status.parent_index());
        if (!same_parent) {
            settings_.parent = file_.parent;
            words_.push_back("Parent=" + present_.parent.value_or("") + " -> " + *file_.parent);
        }
        if (file_.vhid && file_.vhid != present_.vhid) {
            settings_.vhid = file_.vhid;
            words_.push_back("VHID=" + (present_.vhid ? shown(*present_.vhid) : "") + " -> " +
                             shown(*file_.vhid));
        }
    }

    void compare_peers() {
        for (const auto &peer : present_.peers)
            if (!contains(file_.peers, peer))
                words_.push_back("-Peer=" + peer.host());
        for (const auto &peer : file_.peers)
            if (!contains(present_.peers, peer))
                words_.push_back("+Peer=" + peer.host());
    }

    /// A file without addresses leaves them to somebody else.
    void compare_addresses() {
        if (file_.addresses.empty())
            return;
        for (const auto &address : file_.addresses)
            if (!contains(present_.addresses, address))
                additions_.push_back(address);
        for (const auto &address : present_.addresses)
            if (!contains(file_.addresses, address))
                deletions_.push_back(address);
        for (const auto &address : deletions_)
            words_.push_back("-Address=" + address.to_string());
        for (const auto &address : additions_)
            words_.push_back("+Address=" + address.to_string());
    }

    CarpFile present_;
    const CarpFile &file_;
    CarpFile settings_;
    std::vector<Address> additions_;
    std::vector<Address> deletions_;
    bool up_ = false;
    std::vector<std::string> words_;
};

/// Where files are read from, and what is wrong with them.
class Reader {
  public:
    explicit Reader(Environment &environment) : environment_(environment) {}

    /// One that is named on the command line; "-" is standard input.
    void read(const std::string &path) {
        take([&] {
            if (path != "-")
                return files_.push_back(read_carp_file(path, problems_));
            const std::string name = "standard input";
            auto some = parse_carp_stream(read_text(environment_.in, name), name, problems_);
            std::move(some.begin(), some.end(), std::back_inserter(files_));
        });
    }

    /// Those of the host, for these devices or for all.
    void read_system(const std::vector<std::string> &devices) {
        const auto found = find_system_files(environment_.directories);
        for (const auto &device : devices)
            if (std::none_of(found.begin(), found.end(),
                             [&](const SystemFile &one) { return one.name == device; }))
                complain(std::string(device)
                             .append(": no ")
                             .append(device)
                             .append(".carp in ")
                             .append(environment_.directories.front())
                             .append(" or its like"));
        for (const auto &one : found)
            if (devices.empty() ||
                std::find(devices.begin(), devices.end(), one.name) != devices.end())
                take([&] {
                    files_.push_back(read_carp_file(one, problems_));
                    if (const auto conflict =
                            find_conflict(files_.back(), environment_.directories))
                        complain(*conflict);
                });
    }

    /// All, or nothing. @throws FileError
    std::vector<CarpFile> files() {
        for (const auto &problem : problems_)
            environment_.err << "carpctl: " << to_string(problem) << '\n';
        if (failed_ || !problems_.empty())
            throw FileError("nothing was changed");
        for (auto one = files_.begin(); one != files_.end(); ++one)
            for (auto other = files_.begin(); other != one; ++other)
                if (one->name == other->name)
                    throw FileError(one->source + ": " + one->name + " is described in " +
                                    other->source + " already; nothing was changed");
        return std::move(files_);
    }

  private:
    template <class Read> void take(const Read &read) {
        try {
            read();
        } catch (const FileError &error) {
            complain(error.what());
        }
    }
    void complain(const std::string &text) {
        environment_.err << "carpctl: " << text << '\n';
        failed_ = true;
    }

    Environment &environment_;
    std::vector<CarpFile> files_;
    std::vector<Problem> problems_;
    bool failed_ = false;
};

/// Outside of its service the key of a device that is there is left alone.
std::optional<std::string> key_path(const CarpFile &file, bool present,
                                    const Environment &environment) {
    if (!file.password_credential)
        return file.password_file;
    if (file.password_file)
        throw FileError(file.source + ": both PasswordFile= and PasswordCredential=");
    if (environment.credentials)
        return *environment.credentials + "/" + *file.password_credential;
    if (present)
        return std::nullopt;
    throw FileError(file.source + ": PasswordCredential=: only carp@" + file.name +
                    ".service has it: systemctl start carp@" + file.name);
}

std::optional<Key> read_key(const std::optional<std::string> &path, Environment &environment) {
    if (!path)
        return std::nullopt;
    return read_key_file(*path, environment);
}

std::vector<Plan> make_plans(std::vector<CarpFile> files, Socket &socket,
                             Environment &environment) {
    const auto devices = socket.list();
    std::vector<Plan> plans;
    for (auto &file : files) {
        Plan plan{.file = std::move(file), .key = {}, .next_key = {}, .present = {}};
        const auto device = std::find_if(devices.begin(), devices.end(), [&](const Status &one) {
            return one.name() == plan.file.name;
        });
        if (device != devices.end())
            plan.present = *device;
        else if (plan.file.key_not_shown && !plan.file.password_file)
            throw FileError(plan.file.source + ": " + plan.file.name +
                            " has to be made and needs a key: say with PasswordFile= where it is");
        plan.key =
            read_key(key_path(plan.file, plan.present.has_value(), environment), environment);
        plan.next_key = read_key(plan.file.next_password_file, environment);
        plans.push_back(std::move(plan));
    }
    return plans;
}

void create(Socket &socket, Plan &plan) {
    auto config = to_config(plan.file);
    // Whoever waits for the unit ends this.
    if (plan.file.start_hold_until && !plan.file.start_hold)
        config.start_hold(std::chrono::milliseconds(CARP_START_HOLD_MAX));
    if (plan.key)
        config.key(std::move(*plan.key));
    if (plan.next_key)
        config.key_next(std::move(*plan.next_key));
    socket.create(plan.file.name, config.up(true));
}

void change(Socket &socket, Plan &plan, const Status &present) {
    const Difference difference(plan.file, present);
    auto changes = difference.changes();
    // What keys there are cannot be compared; the kernel takes the same one without a stir.
    if (plan.key)
        changes.key(std::move(*plan.key));
    if (plan.next_key)
        changes.key_next(std::move(*plan.next_key));
    if (changes.empty())
        return;
    const auto &name = plan.file.name;
    if (!difference.needs_down())
        return socket.configure(name, changes);
    socket.set_up(name, false);
    try {
        socket.configure(name, changes.up(true));
    } catch (const carpnl::Error &) {
        socket.set_up(name, true);
        throw;
    }
}

int check(const std::vector<Plan> &plans, std::ostream &out, bool json, ShowOptions options) {
    bool same = true;
    auto all = nlohmann::ordered_json::array();
    for (const auto &plan : plans) {
        const auto words = plan.present ? Difference(plan.file, *plan.present).words()
                                        : std::vector<std::string>{"to be created"};
        same = same && words.empty();
        if (json)
            all.push_back({{"name", plan.file.name},
                           {"exists", plan.present.has_value()},
                           {"same", words.empty()},
                           {"differences", words}});
        else
            for (const auto &word : words)
                out << plan.file.name << ": " << word << '\n';
    }
    if (json)
        print_json(out, all, options);
    return same ? exit_ok : exit_condition;
}

} // namespace

Config to_config(const CarpFile &file) {
    Config config;
    set_identity(config, file);
    set_timing(config, file);
    for (const Family family : {Family::inet, Family::inet6})
        if (auto peers = of_family(file.peers, family); !peers.empty())
            config.peers(family, std::move(peers));
    for (const auto &address : file.addresses)
        config.address(address);
    return config;
}

std::vector<std::string> differences(const CarpFile &file, const Status &status) {
    return Difference(file, status).words();
}

Key read_key_file(const std::string &path, Environment &environment) {
    auto key = read_passfile(path, environment.in, environment.err);
    if (key.size() < 1 || key.size() > CARP_KEY_MAX)
        throw FileError("passfile " + path + ": a key of " + std::to_string(key.size()) +
                        " bytes: out of range 1.." + std::to_string(CARP_KEY_MAX) + " bytes");
    warn_if_cut(key, environment.err);
    return key;
}

int apply(Arguments &arguments, Environment &environment, bool json, ShowOptions options) {
    bool only_check = false;
    bool system = false;
    while (arguments.peek() == "--check" || arguments.peek() == "--system")
        (arguments.take("an option") == "--check" ? only_check : system) = true;
    std::vector<std::string> names;
    while (!arguments.at_end() || (names.empty() && !system))
        names.emplace_back(arguments.take(system ? "NAME" : "FILE"));

    Reader reader(environment);
    if (system)
        reader.read_system(names);
    else
        for (const auto &name : names)
            reader.read(name);
    auto files = reader.files();
    auto socket = environment.open();
    auto plans = make_plans(std::move(files), socket, environment);
    if (only_check)
        return check(plans, environment.out, json, options);

    // One that fails is no reason to leave the others alone.
    bool failed = false;
    for (auto &plan : plans) {
        try {
            plan.present ? change(socket, plan, *plan.present) : create(socket, plan);
        } catch (const carpnl::Error &error) {
            print_failure(environment.err, error);
            failed = true;
        }
        for (const auto &warning : socket.take_warnings())
            environment.err << "carpctl: " << plan.file.name << ": warning: " << warning << '\n';
    }
    return failed ? exit_failure : exit_ok;
}

} // namespace carpctl
