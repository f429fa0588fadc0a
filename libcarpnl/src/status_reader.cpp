// SPDX-License-Identifier: LGPL-2.1-or-later
#include "status_reader.hpp"

#include "status_data.hpp"
#include "values.hpp"

#include <linux/carp.h>

#include <memory>

namespace carpnl::detail {
namespace {

std::optional<RefusedAdvert> refused(const Attributes &attributes,
                                     const std::optional<Counters> &counters) {
    const auto counter = attributes.u32(CARP_REFUSED_COUNTER);
    if (!counter || *counter == CARP_XSTATS_UNSPEC)
        return std::nullopt;
    const auto why = static_cast<Counter>(*counter);
    auto source = host(Family::inet, attributes, CARP_REFUSED_ADDR4);
    if (!source)
        source = host(Family::inet6, attributes, CARP_REFUSED_ADDR6);
    return RefusedAdvert{
        .why = why,
        .count = counters ? counters->get(why) : std::nullopt,
        .age = time_of<std::chrono::milliseconds>(attributes.u64(CARP_REFUSED_AGE).value_or(0)),
        .source = source,
    };
}

} // namespace

std::vector<Address> read_peers(const Attributes &carp, Family family) {
    const bool v4 = family == Family::inet;
    const std::size_t size = v4 ? 4 : 16;
    const auto list = carp.nested(v4 ? IFLA_CARP_PEERS4 : IFLA_CARP_PEERS6);
    std::vector<Address> all;
    for (const auto &bytes : list.every(v4 ? CARP_PEERS_ADDR4 : CARP_PEERS_ADDR6))
        if (bytes.size() == size)
            all.emplace_back(family, bytes, static_cast<unsigned>(size * 8));
    return all;
}

Status read_status(const Link &link, const Link *parent, std::span<const AddressRecord> addresses) {
    auto data = std::make_shared<StatusData>();
    const Attributes &carp = link.carp_data();

    data->name = link.name();
    data->index = link.index();
    data->up = link.up();
    data->mac = link.mac();
    data->mtu = link.mtu();

    data->parent_index = link.parent();
    if (parent != nullptr) {
        data->parent_name = parent->name();
        data->parent_up = parent->up();
        data->parent_carrier = parent->carrier();
    }

    if (const auto vhid = carp.u32(IFLA_CARP_VHID); vhid && *vhid != 0)
        data->vhid = vhid;
    data->advbase = carp.u32(IFLA_CARP_ADVBASE).value_or(data->advbase);
    data->advskew = carp.u32(IFLA_CARP_ADVSKEW).value_or(data->advskew);
    data->advskew_effective = carp.u32(IFLA_CARP_ADVSKEW_EFFECTIVE);
    data->demotion = carp.u32(IFLA_CARP_DEMOTION).value_or(0);
    const auto keys = carp.u8(IFLA_CARP_KEY_SET).value_or(0);
    data->key_set = (keys & CARP_KEY_SET_PRESENT) != 0;
    data->next_key_set = (keys & CARP_KEY_SET_NEXT) != 0;
    data->grace = carp.u32(IFLA_CARP_GRACE);
    data->preempt_delay = carp.u32(IFLA_CARP_PREEMPT_DELAY);
    data->start_hold = carp.u32(IFLA_CARP_START_HOLD);
    data->preempt = static_cast<Preempt>(carp.u32(IFLA_CARP_PREEMPT).value_or(0));
    data->peers = read_peers(carp, Family::inet);
    const auto peers6 = read_peers(carp, Family::inet6);
    data->peers.insert(data->peers.end(), peers6.begin(), peers6.end());

    data->announce_count = carp.u32(IFLA_CARP_ANNOUNCE_COUNT).value_or(data->announce_count);
    data->announce_interval = carp.u32(IFLA_CARP_ANNOUNCE_INTERVAL).value_or(0);
    data->announce_refresh = carp.u32(IFLA_CARP_ANNOUNCE_REFRESH).value_or(0);

    data->state = static_cast<State>(carp.u32(IFLA_CARP_STATE).value_or(0));
    data->reason = static_cast<Reason>(carp.u32(IFLA_CARP_LAST_REASON).value_or(0));
    if (const auto age = carp.u64(IFLA_CARP_LAST_CHANGE_AGE))
        data->last_change_age = time_of<std::chrono::milliseconds>(*age);
    if (const auto left = carp.u64(IFLA_CARP_MASTER_DOWN_IN); left && data->state == State::backup)
        data->master_down_in = time_of<std::chrono::microseconds>(*left);
    if (const auto left = carp.u64(IFLA_CARP_PREEMPT_IN))
        data->preempt_in = time_of<std::chrono::microseconds>(*left);
    if (const auto left = carp.u64(IFLA_CARP_HOLD_LEFT))
        data->hold_left = time_of<std::chrono::milliseconds>(*left);
    data->sequence = carp.u64(IFLA_CARP_SEQUENCE);
    if (const auto match = carp.u32(IFLA_CARP_HEARD_AS); match && *match != CARP_MATCH_NONE)
        data->heard_as = static_cast<Match>(*match);
    if (const auto drained = carp.u8(IFLA_CARP_DRAINED))
        data->drained = *drained != 0;
    data->transitions = carp.u64(IFLA_CARP_TRANSITIONS).value_or(0);
    data->master_address4 = host(Family::inet, carp, IFLA_CARP_MASTER_ADDR4);
    data->master_address6 = host(Family::inet6, carp, IFLA_CARP_MASTER_ADDR6);

    data->counters = read_counters(link.carp_counters());
    data->refused = refused(carp.nested(IFLA_CARP_REFUSED), data->counters);

    for (const auto &record : addresses)
        if (record.link == link.index())
            data->addresses.push_back(record.address);
    return Status(std::move(data));
}

} // namespace carpnl::detail
