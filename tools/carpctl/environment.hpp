// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * What the tool meets outside of itself. Tests put a world of their own here.
 */
#pragma once

#include "kernel_module.hpp"
#include "link_facts.hpp"
#include "module_host.hpp"
#include "system_files.hpp"
#include "wire.hpp"

#include <carpnl/monitor.hpp>
#include <carpnl/socket.hpp>

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carpctl {

/// The namespace's settings that decide what a device does.
struct Sysctls {
    std::optional<bool> allow;
    std::optional<bool> preempt;
};

struct Environment {
    std::istream &in;
    std::ostream &out;
    std::ostream &err;
    std::function<carpnl::Socket()> open;
    std::function<Sysctls()> sysctls;
    std::function<std::chrono::system_clock::time_point()> now;
    /// Whether states are to be coloured.
    bool colour = false;
    std::function<carpnl::Monitor()> open_monitor = {};
    /// All that follows is about the network namespace of that path.
    std::function<void(const std::string &)> enter = {};
    /// Where the files of this host are.
    Directories directories = system_directories();
    /// Where the service manager has put what PasswordCredential= names.
    std::optional<std::string> credentials = {};
    std::function<std::unique_ptr<Wire>(const std::vector<std::string> &)> open_wire = {};
    std::function<LinkFacts(const std::string &)> look_at = {};
    std::function<ModuleVersions()> module_versions = {};
    std::function<std::unique_ptr<ModuleHost>()> module_host = {};
    /// In another network namespace, which is entered for no longer than that.
    std::function<carpnl::Socket(const std::string &)> open_in = {};
    /// Settings of the network namespace.
    std::string sysctl_directory = "/proc/sys/net/inet/carp";
    /// Where an upgrade keeps the module that runs.
    std::string kept_modules = "/run/carp-dkms";
    /// Where the files of all devices are while there is no module.
    std::string saved_devices = "/run/carp-reload";
    /// Where systemd's files are.
    std::string systemd_directory = "/etc/systemd/network";
};

/// /proc/sys/net/inet/carp of the network namespace; nothing for what cannot be read.
Sysctls read_sysctls();
/// Moves the calling thread, which should be the only one, to the network namespace of that path.
/// @throws carpnl::Error
void enter_network_namespace(const std::string &path);
/// $CREDENTIALS_DIRECTORY
std::optional<std::string> credentials_directory();
/// Standard output is a terminal, and NO_COLOR is unset or empty.
bool colour_wanted();

} // namespace carpctl
