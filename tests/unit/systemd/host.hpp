// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * The directories of a host that has files NAME.carp.
 */
#pragma once

#include "system_files.hpp"
#include "temporary_directory.hpp"

#include <filesystem>
#include <string>

namespace systemdtest {

class Host {
  public:
    Host() {
        for (const char *name : {"etc", "run", "lib", "out"})
            root.make(name);
    }
    carpctl::Directories directories() const {
        return {root.path("etc"), root.path("run"), root.path("lib")};
    }
    /// Directories of drop-ins are made on the way.
    std::string write(const std::string &name, const std::string &text) const {
        std::filesystem::create_directories(std::filesystem::path(root.path(name)).parent_path());
        return root.write(name, text);
    }
    void link(const std::string &name, const std::string &target) const {
        std::filesystem::create_symlink(target, root.path(name));
    }

    carptest::TemporaryDirectory root;
};

} // namespace systemdtest
