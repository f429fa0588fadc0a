// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * NAME.carp from the files of the BSDs.
 */
#pragma once

#include "arguments.hpp"
#include "bsd_words.hpp"
#include "environment.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace carpctl {

/// `import freebsd-rc|openbsd-hostname FILE [--output DIR|systemd] [--parent THERE=HERE]...`.
/// Returns the exit code.
int import(Arguments &arguments, Environment &environment);

/// The groups of an rc.conf.
/// @throws FileError for what no shell would read
std::vector<BsdGroup> read_freebsd_rc(std::string_view text, const std::string &path,
                                      std::vector<Remark> &remarks);

/// The one of a hostname.carpN, whose name says which device it is.
/// @throws FileError
std::vector<BsdGroup> read_openbsd_hostname(std::string_view text, const std::string &path,
                                            std::vector<Remark> &remarks);

} // namespace carpctl
