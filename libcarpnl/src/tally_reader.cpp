// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tally_reader.hpp"

#include "generic.hpp"
#include "tally_data.hpp"
#include "values.hpp"

#include <linux/carp.h>

#include <memory>
#include <utility>

namespace carpnl::detail {
namespace {

using std::chrono::microseconds;

std::optional<ChangeCount> change(const Attributes &attributes) {
    const auto old_state = attributes.u32(CARP_A_OLD_STATE);
    const auto state = attributes.u32(CARP_A_STATE);
    const auto count = attributes.u64(CARP_A_COUNT);
    if (!old_state || !state || !count)
        return std::nullopt;
    return ChangeCount{
        .old_state = static_cast<State>(*old_state),
        .state = static_cast<State>(*state),
        .reason = static_cast<Reason>(attributes.u32(CARP_A_REASON).value_or(0)),
        .count = *count,
    };
}

std::optional<MarginCount> margin(const Attributes &attributes) {
    const auto count = attributes.u64(CARP_A_COUNT);
    if (!count)
        return std::nullopt;
    MarginCount margin{.upto = std::nullopt, .count = *count};
    if (const auto upto = attributes.u64(CARP_A_BOUND))
        margin.upto = time_of<microseconds>(*upto);
    return margin;
}

} // namespace

std::optional<Tally> read_tally(std::span<const std::byte> payload) {
    const auto attributes = generic_attributes(payload, CARP_CMD_COUNTERS_GET);
    if (!attributes)
        return std::nullopt;
    const auto index = attributes->u32(CARP_A_IFINDEX);
    auto counters = read_counters(attributes->nested(CARP_A_COUNTERS));
    if (!index || !counters)
        return std::nullopt;

    TallyData data{
        .name = attributes->text(CARP_A_IFNAME).value_or(""),
        .index = *index,
        .counters = std::move(*counters),
        .changes = {},
        .margins = {},
        .margin_sum = time_of<microseconds>(attributes->u64(CARP_A_MARGIN_SUM).value_or(0)),
    };
    for (const auto &one : attributes->every(CARP_A_CHANGE))
        if (const auto read = change(Attributes(one)))
            data.changes.push_back(*read);
    for (const auto &one : attributes->every(CARP_A_MARGIN))
        if (const auto read = margin(Attributes(one)))
            data.margins.push_back(*read);
    return Tally(std::make_shared<TallyData>(std::move(data)));
}

} // namespace carpnl::detail
