// SPDX-License-Identifier: GPL-2.0-only
#include "host.hpp"

#include "address.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <sched.h>
#include <stdexcept>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace e2e {

namespace {

using FileStatus = struct stat;

constexpr const char *own_namespace = "/proc/thread-self/ns/net";

std::string sysctl_path(const std::string &name) {
    if (name.starts_with('/'))
        return name;
    // Dots separate, as for sysctl(8), unless the name is already a path.
    std::string path = name;
    if (path.find('/') == std::string::npos)
        std::replace(path.begin(), path.end(), '.', '/');
    return "/proc/sys/" + path;
}

} // namespace

Host::Host(std::string name) : name_(std::move(name)) {
    std::filesystem::create_directories("/run/netns");
    forget_mount();
    std::exception_ptr error;
    std::thread([&] {
        try {
            check(unshare(CLONE_NEWNET), "unshare a network namespace");
            namespace_ = File{check(open(own_namespace, O_RDONLY | O_CLOEXEC), own_namespace)};
            const File anchor{check(
                open(mount_point().c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0444), mount_point())};
            check(mount(own_namespace, mount_point().c_str(), "none", MS_BIND, nullptr),
                  "bind the namespace to " + mount_point());
            rtnl_ = std::make_unique<Rtnl>();
            rtnl_->set_up("lo", true);
        } catch (...) {
            error = std::current_exception();
        }
    }).join();
    if (error) {
        forget_mount();
        std::rethrow_exception(error);
    }
}

Host::~Host() { remove(); }

void Host::remove() {
    if (!namespace_)
        return;
    try {
        kill_all();
    } catch (const std::exception &) {
        // The namespace goes away in any case.
    }
    rtnl_.reset();
    forget_mount();
    namespace_ = File{};
}

std::string Host::mount_point() const { return "/run/netns/" + name_; }

void Host::forget_mount() const {
    umount2(mount_point().c_str(), MNT_DETACH);
    unlink(mount_point().c_str());
}

void Host::enter() const { check(setns(namespace_.fd(), CLONE_NEWNET), "enter host " + name_); }

Process Host::spawn(std::vector<std::string> arguments) {
    return in([&] { return Process{std::move(arguments)}; });
}

Output Host::try_run(std::vector<std::string> arguments, Duration timeout) {
    Process process = spawn(std::move(arguments));
    if (auto output = process.wait(timeout))
        return *output;
    throw std::runtime_error(name_ + ": \"" + process.command() + "\" did not end in " +
                             to_text(timeout) + "; it printed: " + process.printed().out +
                             process.printed().err);
}

std::string Host::run(std::vector<std::string> arguments) {
    std::string command;
    for (const std::string &argument : arguments)
        command += (command.empty() ? "" : " ") + argument;
    const Output output = try_run(std::move(arguments));
    if (output.status != 0)
        throw std::runtime_error(name_ + ": \"" + command + "\" exits with " +
                                 std::to_string(output.status) + ": " + output.err + output.out);
    return output.out;
}

std::string Host::sysctl(const std::string &name) const {
    return in([&] {
        std::string value = read_file(sysctl_path(name));
        while (!value.empty() && value.back() == '\n')
            value.pop_back();
        return value;
    });
}

void Host::set_sysctl(const std::string &name, const std::string &value) const {
    in([&] { write_file(sysctl_path(name), value); });
}

void Host::add_address(const std::string &device, const std::string &with_prefix, bool nodad) {
    const auto slash = with_prefix.find('/');
    if (slash == std::string::npos)
        throw std::invalid_argument("no prefix length: " + with_prefix);
    const auto prefix = static_cast<unsigned>(std::stoul(with_prefix.substr(slash + 1)));
    rtnl_->add_address(device, Address{with_prefix}.bytes(), prefix, nodad);
}

void Host::kill_all() const {
    FileStatus ours{};
    check(fstat(namespace_.fd(), &ours), "fstat the namespace");
    for (const auto &entry : std::filesystem::directory_iterator("/proc")) {
        const std::string number = entry.path().filename();
        pid_t pid = 0;
        const auto parsed = std::from_chars(number.data(), number.data() + number.size(), pid);
        if (parsed.ec != std::errc{} || pid == getpid())
            continue;
        FileStatus theirs{};
        const std::string path = entry.path().string() + "/ns/net";
        if (stat(path.c_str(), &theirs) == 0 && theirs.st_ino == ours.st_ino &&
            theirs.st_dev == ours.st_dev)
            ::kill(pid, SIGKILL);
    }
}

} // namespace e2e
