// SPDX-License-Identifier: GPL-2.0-only
#include "neighbours.hpp"

#include <nlohmann/json.hpp>

namespace e2e {

std::optional<Mac> neighbour_mac(Host &host, const Address &address, const std::string &device) {
    const std::string text = host.run({"ip", address.is_v4() ? "-4" : "-6", "-j", "neigh", "show",
                                       "to", address.text(), "dev", device});
    const auto list = nlohmann::json::parse(text.empty() ? "[]" : text);
    for (const auto &entry : list)
        if (entry.contains("lladdr"))
            return Mac::parse(entry["lladdr"].get<std::string>());
    return std::nullopt;
}

void forget_neighbours(Host &host) {
    host.run({"ip", "-4", "neigh", "flush", "all"});
    host.run({"ip", "-6", "neigh", "flush", "all"});
}

} // namespace e2e
