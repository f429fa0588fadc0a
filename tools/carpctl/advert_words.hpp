// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * Adverts for people and for programs: Documentation/schema/carpctl-wire.schema.json.
 */
#pragma once

#include "advert.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace carpctl {

/// Where and when an advert was seen.
struct Sighting {
    std::string_view interface;
    std::chrono::system_clock::time_point time;
    bool own = false;
};

/// One line: "TIME eth0: CARP vhid 1 from 192.168.1.3 at MAC: every 1.000 s (1/0)".
std::string describe(const Advert &advert, const Sighting &sighting);
/// The pace: "advbase 1, advskew 0" or "priority 100".
std::string pace_words(const Advert &advert);

/// What an advert says, without place and time. Null is what its protocol does not have.
nlohmann::ordered_json to_json(const Advert &advert);
nlohmann::ordered_json to_json(const Advert &advert, const Sighting &sighting);

} // namespace carpctl
