// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * From NAME.carp to carp@NAME.service.
 */
#pragma once

#include "system_files.hpp"

#include <functional>
#include <string>

namespace carpgen {

struct Places {
    /// Where files NAME.carp are.
    carpctl::Directories files;
    /// Where our units are.
    std::string units;
    /// Where what is generated goes.
    std::string output;
};

/// Takes one line for people.
using Complain = std::function<void(const std::string &)>;

/**
 * Writes what makes systemd start carp@NAME.service for each file. A file with something wrong in
 * it gets its service, too, which then fails and says why; others are as if it were not there.
 * Returns false if anything could not be written.
 */
bool generate(const Places &places, const Complain &complain);

} // namespace carpgen
