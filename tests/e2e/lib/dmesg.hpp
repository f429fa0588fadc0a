// SPDX-License-Identifier: GPL-2.0-only
/// The kernel's log from the start of a test on.
#pragma once

#include "file.hpp"

#include <string>
#include <vector>

namespace e2e {

class Dmesg {
  public:
    /// Remembers where the log ends now.
    Dmesg();

    /// Lines since then.
    const std::vector<std::string> &lines();
    /// Those that speak of a defect.
    std::vector<std::string> complaints();

    static bool complains(const std::string &line);

  private:
    File log_;
    std::vector<std::string> lines_;
};

} // namespace e2e
