// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * As much of JSON Schema as our own schemas use.
 */
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace carptest {

/// The published one of that name, as in carpctl-NAME.schema.json.
nlohmann::json schema(const std::string &name);

/// Everything in @p value that @p schema forbids, each with its place. A keyword of the schema that
/// is not known here is told, too: what is not checked must not look as if it were.
std::vector<std::string> violations(const nlohmann::json &schema, const nlohmann::json &value,
                                    const std::string &place = "$");

} // namespace carptest
