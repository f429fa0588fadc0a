// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * What swapping the kernel module needs of the host, beside netlink.
 */
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace carpctl {

/// Another network namespace, by a path that it can be entered by.
struct OtherNamespace {
    std::string name; ///< for people
    std::string path;
};

/// Where a text is returned, it says what went wrong; nothing if all went well.
class ModuleHost {
  public:
    ModuleHost() = default;
    ModuleHost(const ModuleHost &) = delete;
    ModuleHost &operator=(const ModuleHost &) = delete;
    virtual ~ModuleHost() = default;

    /// Why the module could not be unloaded or loaded now.
    virtual std::optional<std::string> obstacle() = 0;
    /// Those that have a name or a process, but for the present one.
    virtual std::vector<OtherNamespace> other_namespaces() = 0;
    virtual std::optional<std::string> unload() = 0;
    /// The one that is installed.
    virtual std::optional<std::string> load() = 0;
    virtual std::optional<std::string> load_file(const std::string &file) = 0;
    /// Whether the service manager of this network namespace has that unit up.
    virtual bool is_active(const std::string &unit) = 0;
    virtual std::optional<std::string> restart(const std::string &unit) = 0;
};

/// The one that the tool runs on.
class RunningHost final : public ModuleHost {
  public:
    std::optional<std::string> obstacle() override;
    std::vector<OtherNamespace> other_namespaces() override;
    std::optional<std::string> unload() override;
    std::optional<std::string> load() override;
    std::optional<std::string> load_file(const std::string &file) override;
    bool is_active(const std::string &unit) override;
    std::optional<std::string> restart(const std::string &unit) override;
};

} // namespace carpctl
