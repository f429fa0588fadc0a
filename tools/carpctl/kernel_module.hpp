// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * The kernel module, as it runs and as it is installed.
 */
#pragma once

#include <optional>
#include <string>

namespace carpctl {

struct ModuleVersion {
    std::string version;
    /// A checksum of its sources (srcversion).
    std::string sources;

    bool operator==(const ModuleVersion &) const = default;
};

struct ModuleVersions {
    /// In the running kernel; nothing when it is not loaded.
    std::optional<ModuleVersion> loaded;
    /// What modprobe would load.
    std::optional<ModuleVersion> installed;
    /// The file of the installed one.
    std::string file;

    /// Another one is installed than the one that runs.
    bool differ() const noexcept { return loaded && installed && loaded != installed; }
};

/// What cannot be read is not there.
ModuleVersions read_module_versions();

} // namespace carpctl
