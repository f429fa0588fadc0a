// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * What the doctor finds: Documentation/schema/carpctl-doctor.schema.json.
 */
#pragma once

#include <carpnl/address.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carpctl {

enum class Severity : std::uint8_t {
    warning, ///< it works, and may not for long
    error,   ///< it does not do what it is for
};

struct Finding {
    std::string_view id = {}; ///< never changes its meaning
    Severity severity = Severity::error;
    std::string device = {}; ///< empty: the host as a whole
    std::optional<std::uint32_t> vhid = {};
    std::optional<std::string> parent = {};
    std::vector<std::string> speakers = {}; ///< the hosts that it is about
    std::optional<carpnl::Address> address = {};
    std::string text = {};   ///< one sentence
    std::string advice = {}; ///< what to do
};

/// Adds a finding. One that is there already is only told of the further speakers.
void add(std::vector<Finding> &findings, Finding finding);

/// Two lines for people, without the last line end.
std::string describe(const Finding &finding);
nlohmann::ordered_json to_json(const Finding &finding);

} // namespace carpctl
