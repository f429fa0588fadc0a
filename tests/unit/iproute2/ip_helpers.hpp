// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * ip's side of the plug-in, which notes down what the plug-in does with it.
 */
#pragma once

extern "C" {
#include "iproute2.h"
}

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>

namespace carptest {

/// A helper that never returns was called. Its name and words.
class Exit : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// What was printed: as text, or as JSON if asked for.
struct Printed {
    bool json = false;
    std::string text;
    nlohmann::json tree;
    std::vector<nlohmann::json *> open; ///< point into tree

    void reset() {
        json = false;
        text.clear();
        tree = nlohmann::json::object();
        open.assign(1, &tree);
    }
};

Printed &printed();

} // namespace carptest
