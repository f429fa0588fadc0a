// SPDX-License-Identifier: GPL-2.0-or-later
#include "advert_words.hpp"

#include "times.hpp"

namespace carpctl {
namespace {

using Json = nlohmann::ordered_json;

bool is_vrrp(const Advert &advert) {
    return advert.protocol == Protocol::vrrp2 || advert.protocol == Protocol::vrrp3;
}

bool is_multicast(const carpnl::Address &address) {
    const auto first = std::to_integer<unsigned>(address.bytes().front());
    constexpr unsigned class_d = 0xe0;
    return address.family() == carpnl::Family::inet ? (first & 0xf0U) == class_d : first == 0xffU;
}

} // namespace

std::string pace_words(const Advert &advert) {
    if (is_vrrp(advert))
        return "priority " + std::to_string(advert.priority);
    std::string text =
        "advbase " + std::to_string(advert.advbase) + ", advskew " + std::to_string(advert.advskew);
    if (advert.demote != 0)
        text += ", demote " + std::to_string(advert.demote);
    return text;
}

std::string describe(const Advert &advert, const Sighting &sighting) {
    std::string text = rfc3339(sighting.time) + " " + std::string(sighting.interface) + ": " +
                       std::string(describe(advert.protocol));
    if (advert.vhid != 0)
        text += (is_vrrp(advert) ? " vrid " : " vhid ") + std::to_string(advert.vhid);
    text += " from " + (sighting.own ? "this host, " : std::string()) + advert.source.host() +
            " at " + to_string(advert.source_mac);
    if (!is_multicast(advert.destination))
        text += " to " + advert.destination.host();
    if (advert.vhid != 0)
        text += ": " + pace_words(advert);
    if (advert.bow_out)
        text += ", resigns";
    else if (advert.vhid != 0)
        text += ", one every " + for_people(advert.interval);
    if (advert.flaw != Flaw::none)
        text += ", refused by everybody: " + std::string(describe(advert.flaw));
    return text;
}

Json to_json(const Advert &advert) {
    const bool vrrp = is_vrrp(advert);
    const bool carp = advert.protocol == Protocol::carp;
    const bool known = advert.vhid != 0;
    const bool paced = known && !advert.bow_out;
    Json addresses = Json::array();
    for (const auto &address : advert.addresses)
        addresses.push_back(address.host());
    return {
        {"protocol", to_string(advert.protocol)},
        {"vhid", known ? Json(advert.vhid) : Json(nullptr)},
        {"family", advert.source.family() == carpnl::Family::inet ? "inet" : "inet6"},
        {"source", advert.source.host()},
        {"source_mac", to_string(advert.source_mac)},
        {"destination", advert.destination.host()},
        {"ttl", advert.ttl},
        {"advbase", carp && known ? Json(advert.advbase) : Json(nullptr)},
        {"advskew", carp && known ? Json(advert.advskew) : Json(nullptr)},
        {"demote", carp && known ? Json(advert.demote) : Json(nullptr)},
        {"priority", vrrp && known ? Json(advert.priority) : Json(nullptr)},
        {"addresses", vrrp ? addresses : Json(nullptr)},
        {"interval_us", paced ? Json(advert.interval.count()) : Json(nullptr)},
        {"bow_out", advert.bow_out},
        {"flaw", advert.flaw == Flaw::none ? Json(nullptr) : Json(to_string(advert.flaw))},
    };
}

Json to_json(const Advert &advert, const Sighting &sighting) {
    Json json{
        {"time", rfc3339(sighting.time)},
        {"parent", sighting.interface},
        {"own", sighting.own},
    };
    json.update(to_json(advert));
    return json;
}

} // namespace carpctl
