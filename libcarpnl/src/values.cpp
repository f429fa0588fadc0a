// SPDX-License-Identifier: LGPL-2.1-or-later
#include "values.hpp"

#include "counters_data.hpp"

#include <memory>

namespace carpnl::detail {

std::optional<Address> host(Family family, const Attributes &attributes, std::uint16_t type) {
    const std::size_t size = family == Family::inet ? 4 : 16;
    const auto bytes = attributes.bytes(type);
    if (!bytes || bytes->size() != size)
        return std::nullopt;
    // All zero says: none yet.
    if (std::all_of(bytes->begin(), bytes->end(), [](std::byte one) { return one == std::byte{}; }))
        return std::nullopt;
    return Address(family, *bytes, static_cast<unsigned>(size * 8));
}

std::optional<Counters> read_counters(const Attributes &attributes) {
    auto data = std::make_shared<CountersData>();
    bool any = false;
    for (const auto &[type, value] : attributes.pairs())
        if (const auto number = read_fixed<std::uint64_t>(value);
            number && type < data->values.size()) {
            data->values.at(type) = number;
            any = true;
        }
    if (!any)
        return std::nullopt;
    return Counters(std::move(data));
}

} // namespace carpnl::detail
