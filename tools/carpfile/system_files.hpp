// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * The files NAME.carp of a host, where systemd-networkd looks for its own.
 */
#pragma once

#include "carp_file.hpp"

#include <optional>
#include <string>
#include <vector>

namespace carpctl {

/// The first of them counts most.
using Directories = std::vector<std::string>;

/// /etc/systemd/network and so on.
Directories system_directories();

/// A device's file, and what is read on top of it.
struct SystemFile {
    std::string name;
    std::string path;
    std::vector<std::string> drop_ins;
};

/**
 * One for each device, by name. Of files with one name that of the first directory counts; an
 * empty one, or a link to /dev/null, says that there is none. So with drop-ins, which are in order
 * of their names wherever they lie.
 */
std::vector<SystemFile> find_system_files(const Directories &directories);

/// @throws FileError if one of its files cannot be read
CarpFile read_carp_file(const SystemFile &file, std::vector<Problem> &problems);

/**
 * What is wrong if both this file and systemd-networkd would set the addresses: networkd takes away
 * those that it did not set itself. Looks at the .network files that match by name or kind alone.
 */
std::optional<std::string> find_conflict(const CarpFile &file, const Directories &directories);

} // namespace carpctl
