// SPDX-License-Identifier: GPL-2.0-only
/// Where a failing test leaves its evidence.
#pragma once

#include <string>

namespace e2e {

/// $E2E_OUT, else /out (the lab hands it back), else the current directory.
std::string output_dir();

/// A file there, named after the running test.
std::string output_path(const std::string &suffix);

} // namespace e2e
