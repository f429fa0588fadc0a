// SPDX-License-Identifier: GPL-2.0-or-later
#include "reload_module.hpp"

#include "apply.hpp"
#include "cli.hpp"
#include "signature.hpp"
#include "system_files.hpp"
#include "text_file.hpp"

#include <carpnl/error.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <ostream>
#include <sstream>
#include <utility>

namespace carpctl {
namespace {

namespace fs = std::filesystem;
using carpnl::Cause;
using carpnl::Demotion;
using carpnl::Error;
using carpnl::Key;
using carpnl::Match;
using carpnl::Owner;
using carpnl::Scope;
using carpnl::Socket;
using carpnl::Status;
using carpnl::Target;

/// As far as advskew goes.
constexpr std::uint32_t drain_value = 240;
/// The sum of what was written to it, if it is written again.
constexpr const char *demotion_sysctl = "demotion";

struct Words {
    bool only_check = false;
    std::string passfile;
    std::vector<std::string> files;
};

/// A device, and all that it takes to make it again.
struct Device {
    Status status;
    /// As it is, and where its keys are.
    CarpFile file;
    /// Which makes it, from its file; empty: we do.
    std::string service = {};
    std::optional<CarpFile> of_service = {};
    std::optional<Key> key = {};
    std::optional<Key> next_key = {};
};

struct Sysctl {
    std::string path;
    std::string value;
};

/// Everything that goes with the module.
struct Saved {
    std::vector<Device> devices;
    std::vector<Cause> causes;
    std::vector<Sysctl> sysctls;
};

Words parse_words(Arguments &arguments) {
    Words words;
    while (!arguments.at_end()) {
        if (arguments.take_if("--check"))
            words.only_check = true;
        else if (arguments.take_if("passfile"))
            arguments.take_value("passfile", "FILE", words.passfile);
        else
            words.files.emplace_back(arguments.take("FILE"));
    }
    return words;
}

std::string read_line(const std::string &path) {
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

/// Those that can be written, but for the sum of causes, which are told apart.
std::vector<Sysctl> read_sysctl_directory(const std::string &directory) {
    std::vector<Sysctl> all;
    std::error_code ignored;
    for (fs::directory_iterator one(directory, ignored), end; !ignored && one != end;
         one.increment(ignored)) {
        const bool writable =
            (one->status(ignored).permissions() & fs::perms::owner_write) != fs::perms::none;
        if (writable && one->path().filename() != demotion_sysctl)
            all.push_back({.path = one->path(), .value = read_line(one->path())});
    }
    return all;
}

Target target_of(const Cause &cause) {
    return cause.scope() == Scope::device ? Target::device(cause.device_name()) : Target();
}

/**
 * Looks at everything before anything is touched, and says all that stands in the way.
 */
class Survey {
  public:
    Survey(const Words &words, Environment &environment, ModuleHost &host)
        : words_(words), environment_(environment), host_(host), socket_(environment.open()) {}

    /// @throws FileError if anything could not be put back
    Saved take() {
        if (auto what = host_.obstacle())
            complain(*what);
        look_at_other_namespaces();
        read_named_files();
        Saved saved;
        saved.causes = find_causes();
        saved.sysctls = read_sysctl_directory(environment_.sysctl_directory);
        for (auto &status : socket_.list())
            saved.devices.push_back(look_at(status));
        if (failed_)
            throw FileError("nothing was changed");
        return saved;
    }

  private:
    void complain(const std::string &text) {
        environment_.err << "carpctl: " << text << '\n';
        failed_ = true;
    }
    template <class Act> void attempt(const Act &act) {
        try {
            act();
        } catch (const FileError &error) {
            complain(error.what());
        }
    }

    /// Their devices would go with the module, and their keys are known to nobody here.
    void look_at_other_namespaces() {
        for (const auto &other : host_.other_namespaces()) {
            std::string names;
            try {
                for (const auto &device : environment_.open_in(other.path).list())
                    names += (names.empty() ? "" : ", ") + device.name();
            } catch (const Error &) {
                // A name that leads nowhere, or a process that is gone.
                continue;
            }
            if (!names.empty())
                complain("network namespace " + other.name + " has carp devices: " + names);
        }
    }

    CarpFile read(const std::function<CarpFile(std::vector<Problem> &)> &from) {
        std::vector<Problem> problems;
        auto file = from(problems);
        for (const auto &problem : problems)
            complain(to_string(problem));
        return file;
    }

    void read_named_files() {
        for (const auto &path : words_.files)
            attempt([&] {
                named_.push_back(
                    read([&](auto &problems) { return read_carp_file(path, problems); }));
            });
    }

    /// Nothing but devices of files named by the user has to have a file.
    std::optional<CarpFile> system_file(const std::string &name) {
        for (const auto &one : find_system_files(environment_.directories))
            if (one.name == name)
                return read([&](auto &problems) { return read_carp_file(one, problems); });
        return std::nullopt;
    }

    std::vector<Cause> find_causes() {
        std::vector<Cause> mine;
        for (const auto &cause : socket_.causes()) {
            if (cause.owner() == Owner::kernel)
                continue;
            if (cause.is_lease())
                complain("cause " + cause.name() + " is held by a running program: end that first");
            else if (cause.scope() == Scope::group)
                complain("cause " + cause.name() +
                         " is about an interface group, which a new device is not in");
            mine.push_back(cause);
        }
        return mine;
    }

    Device look_at(const Status &status) {
        Device device{.status = status, .file = to_carp_file(status)};
        const auto unit = "carp@" + status.name() + ".service";
        attempt([&] {
            if (host_.is_active(unit))
                return follow_service(device, unit);
            const auto named = std::find_if(named_.begin(), named_.end(), [&](const CarpFile &one) {
                return one.name == status.name();
            });
            find_keys(device, named != named_.end() ? *named : system_file(status.name()));
        });
        return device;
    }

    void follow_service(Device &device, const std::string &unit) {
        device.service = unit;
        device.of_service = system_file(device.status.name());
        if (!device.of_service)
            throw FileError(device.status.name() + ": " + unit + " is active, and there is no " +
                            device.status.name() + ".carp in " + environment_.directories.front() +
                            " or its like");
        if (auto conflict = find_conflict(*device.of_service, environment_.directories))
            throw FileError(*conflict);
        // What that unit alone can read is taken on trust.
        if (device.of_service->password_credential && !device.status.next_key_set())
            return;
        find_keys(device, device.of_service);
    }

    void find_keys(Device &device, const std::optional<CarpFile> &from) {
        const auto &name = device.status.name();
        if (device.status.key_set() && !(from && from->password_credential && from_service(device)))
            device.key = find_key(device, from);
        if (!device.status.next_key_set())
            return;
        if (!from || !from->next_password_file)
            throw FileError(name + ": no NextPasswordFile= says where its next key is");
        device.next_key = read_key_file(*from->next_password_file, environment_);
        device.file.next_password_file =
            fs::absolute(*from->next_password_file).lexically_normal().string();
        device.file.next_key_not_shown = false;
        check(device, *device.next_key, Match::key_next, *from->next_password_file);
    }

    static bool from_service(const Device &device) { return !device.service.empty(); }

    Key find_key(Device &device, const std::optional<CarpFile> &from) {
        const auto &name = device.status.name();
        auto path = from ? from->password_file : std::nullopt;
        if (!path && !words_.passfile.empty() && !from_service(device))
            path = words_.passfile;
        if (!path && from && from->password_credential)
            throw FileError(name + ": carp@" + name +
                            ".service alone has its key, and is not active: 'passfile FILE' says "
                            "where else it is");
        if (!path)
            throw FileError(name + ": the kernel does not give its key back: name its file " +
                            name + ".carp, or say 'passfile FILE'");
        auto key = read_key_file(*path, environment_);
        device.file.password_file = fs::absolute(*path).lexically_normal().string();
        device.file.key_not_shown = false;
        check(device, key, Match::present, *path);
        return key;
    }

    /// The kernel knows whether it is the same.
    void check(const Device &device, const Key &key, Match wanted, const std::string &path) {
        const auto vhid = device.status.vhid();
        if (!vhid || device.status.addresses().empty())
            return;
        const auto advert = make_advert(*vhid, key, device.status.addresses());
        const auto match = socket_.verify(device.status.name(), advert).match;
        if (match != wanted && match != Match::nov6ll)
            throw FileError(device.status.name() + ": the key in " + path +
                            " is not the one that the device has");
    }

    const Words &words_;
    Environment &environment_;
    ModuleHost &host_;
    Socket socket_;
    std::vector<CarpFile> named_;
    bool failed_ = false;
};

/// What was saved comes back, on whatever module runs.
class Return {
  public:
    Return(Saved &saved, Environment &environment, ModuleHost &host)
        : saved_(saved), environment_(environment), host_(host), socket_(environment.open()) {}

    /// What the module forgot: only if it was unloaded.
    void settings() {
        for (const auto &sysctl : saved_.sysctls)
            if (read_line(sysctl.path) != sysctl.value)
                write(sysctl.path, sysctl.value);
        for (const auto &cause : saved_.causes)
            if (cause.owner() == Owner::sysctl)
                write((fs::path(environment_.sysctl_directory) / demotion_sysctl).string(),
                      std::to_string(cause.value()));
        causes(Scope::net, {});
    }

    /// Those that are not there. False if one cannot be made.
    bool devices(bool with_causes) {
        for (auto &device : saved_.devices)
            attempt(device.status.name(), [&] {
                if (is_there(device.status.name()))
                    return;
                make(device);
                if (with_causes)
                    causes(Scope::device, device.status.name());
            });
        return !failed_;
    }

  private:
    template <class Act> void attempt(const std::string &name, const Act &act) {
        try {
            act();
        } catch (const Error &error) {
            print_failure(environment_.err, error);
            failed_ = true;
        }
        for (const auto &warning : socket_.take_warnings())
            environment_.err << "carpctl: " << name << ": warning: " << warning << '\n';
    }

    void write(const std::string &path, const std::string &value) {
        std::ofstream file(path);
        file << value << std::flush;
        if (!file) {
            environment_.err << "carpctl: " << path << ": cannot be set to " << value << '\n';
            failed_ = true;
        }
    }

    void causes(Scope scope, const std::string &device) {
        for (const auto &cause : saved_.causes)
            if (cause.owner() == Owner::user && cause.scope() == scope &&
                (scope != Scope::device || cause.device_name() == device))
                attempt(cause.name(), [&] {
                    socket_.demote(Demotion(cause.name(), cause.value(), target_of(cause))
                                       .drain(cause.is_drain()));
                });
    }

    bool is_there(const std::string &name) {
        const auto all = socket_.list();
        return std::any_of(all.begin(), all.end(),
                           [&](const Status &one) { return one.name() == name; });
    }

    void make(Device &device) {
        const auto &name = device.status.name();
        if (!device.service.empty())
            return start(device);
        auto config = to_config(device.file);
        // It may have to be made once more.
        if (device.key)
            config.key(device.key->copy());
        if (device.next_key)
            config.key_next(device.next_key->copy());
        socket_.create(name, config.up(device.status.up()));
    }

    void start(const Device &device) {
        if (const auto what = host_.restart(device.service)) {
            environment_.err << "carpctl: " << device.service << ": " << *what << '\n';
            failed_ = true;
        } else if (!device.status.up()) {
            socket_.set_up(device.status.name(), false);
        }
    }

    Saved &saved_;
    Environment &environment_;
    ModuleHost &host_;
    Socket socket_;
    bool failed_ = false;
};

/// What an upgrade kept of the module that runs.
std::optional<std::string> kept_module(const Environment &environment) {
    std::error_code ignored;
    for (fs::directory_iterator one(environment.kept_modules, ignored), end; !ignored && one != end;
         one.increment(ignored))
        if (one->path().filename().string().starts_with("carp.ko"))
            return one->path().string();
    return std::nullopt;
}

/// The swap itself. From here on something is always there to come back to.
class Swap {
  public:
    Swap(Saved saved, Environment &environment, ModuleHost &host)
        : saved_(std::move(saved)), environment_(environment), host_(host) {}

    int run() {
        write_files();
        bool done = false;
        try {
            // Ends with the module, or with this program.
            auto socket = environment_.open();
            socket.demote(Demotion("reload-module", drain_value).lease().drain());
            for (const auto &device : saved_.devices)
                socket.destroy(device.status.name());
            done = exchange();
        } catch (const Error &error) {
            print_failure(environment_.err, error);
        }
        return come_back() && done ? exit_ok : exit_failure;
    }

  private:
    void complain(const std::string &text) { environment_.err << "carpctl: " << text << '\n'; }

    /// For whoever has to go on by hand.
    void write_files() {
        fs::create_directories(environment_.saved_devices);
        for (const auto &device : saved_.devices) {
            std::ostringstream text;
            write_carp(text, device.file, WithName::no);
            constexpr unsigned mode = 0644;
            replace_file(environment_.saved_devices + "/" + device.status.name() + ".carp",
                         text.str(), mode);
        }
    }

    bool exchange() {
        if (const auto what = host_.unload()) {
            complain("the module cannot be unloaded: " + *what);
            return false;
        }
        unloaded_ = true;
        const auto what = host_.load();
        if (!what)
            return true;
        complain("the new module does not load: " + *what);
        const auto kept = kept_module(environment_);
        const auto again =
            kept ? host_.load_file(*kept)
                 : std::optional("there is no copy of it in " + environment_.kept_modules);
        if (again) {
            complain("nor does the one before: " + *again);
            there_ = false;
        } else {
            complain("back to the one before, " + *kept);
        }
        return false;
    }

    bool come_back() {
        bool all = false;
        if (there_)
            try {
                Return back(saved_, environment_, host_);
                if (unloaded_)
                    back.settings();
                all = back.devices(unloaded_);
            } catch (const Error &error) {
                print_failure(environment_.err, error);
            }
        if (all)
            fs::remove_all(environment_.saved_devices);
        else
            complain("not everything is back: carpctl apply " + environment_.saved_devices +
                     "/*.carp");
        return all;
    }

    Saved saved_;
    Environment &environment_;
    ModuleHost &host_;
    bool unloaded_ = false;
    bool there_ = true;
};

std::string shown(const ModuleVersion &module) {
    return module.version + " (" + module.sources + ")";
}

void print_plan(const Saved &saved, std::ostream &out) {
    for (const auto &device : saved.devices) {
        const auto &name = device.status.name();
        if (!device.service.empty()) {
            out << name << ": " << device.service << " makes it again\n";
            if (device.of_service)
                for (const auto &word : differences(*device.of_service, device.status))
                    out << name << ": " << word << '\n';
        } else if (device.file.password_file) {
            out << name << ": as it is, with the key in " << *device.file.password_file << '\n';
        } else {
            out << name << ": as it is\n";
        }
    }
    for (const auto &cause : saved.causes)
        out << "cause " << cause.name() << ' ' << cause.value() << ": as it is\n";
}

} // namespace

int reload_module(Arguments &arguments, Environment &environment) {
    const auto words = parse_words(arguments);
    const auto versions = environment.module_versions();
    if (!versions.loaded)
        throw FileError("no module is loaded: 'modprobe carp' loads the one that is installed");
    if (!versions.installed)
        throw FileError("no module is installed for this kernel");
    if (!versions.differ()) {
        environment.out << "The installed module is the one that runs.\n";
        return exit_ok;
    }
    const auto host = environment.module_host();
    auto saved = Survey(words, environment, *host).take();
    const auto kept = kept_module(environment);
    if (!kept)
        environment.err << "carpctl: warning: there is no copy of the module that runs in "
                        << environment.kept_modules << ", to go back to\n";
    if (words.only_check) {
        auto &out = environment.out;
        out << "module " << shown(*versions.loaded) << " -> " << shown(*versions.installed) << ", "
            << versions.file << '\n';
        print_plan(saved, out);
        if (kept)
            out << "if it does not load: " << *kept << '\n';
        return exit_ok;
    }
    return Swap(std::move(saved), environment, *host).run();
}

} // namespace carpctl
