// SPDX-License-Identifier: LGPL-2.1-or-later
#include <carpnl/counters.hpp>

#include "counters_data.hpp"

#include <array>
#include <utility>

namespace carpnl {
namespace {

struct CounterWords {
    Counter counter;
    std::string_view name;
    std::string_view words;
};

constexpr std::array<CounterWords, 24> table{{
    {Counter::rx4, "rx4", "valid IPv4 adverts received"},
    {Counter::rx6, "rx6", "valid IPv6 adverts received"},
    {Counter::tx4, "tx4", "IPv4 adverts sent"},
    {Counter::tx6, "tx6", "IPv6 adverts sent"},
    {Counter::tx_errors, "tx_errors", "adverts that the parent did not take"},
    {Counter::badver, "badver", "adverts of another CARP version"},
    {Counter::badauth, "badauth", "adverts with a wrong digest"},
    {Counter::loop, "loop", "our own adverts that came back"},
    {Counter::init, "init", "adverts received while in INIT"},
    {Counter::wrong_state_rx, "wrong_state_rx", "frames to the virtual MAC while not MASTER"},
    {Counter::wrong_state_tx, "wrong_state_tx", "frames to send while not MASTER"},
    {Counter::arp_replies, "arp_replies", "ARP requests answered"},
    {Counter::nd_replies, "nd_replies", "neighbour solicitations answered"},
    {Counter::announces, "announces", "gratuitous ARP and unsolicited neighbour adverts sent"},
    {Counter::conflicts, "conflicts", "claims of our addresses by another MAC"},
    {Counter::parent_badttl, "parent_badttl", "adverts whose TTL is not 255 (whole parent)"},
    {Counter::parent_badlen, "parent_badlen", "adverts of a wrong length (whole parent)"},
    {Counter::parent_badsum, "parent_badsum", "adverts with a wrong checksum (whole parent)"},
    {Counter::parent_badvhid, "parent_badvhid", "adverts of a vhid not used here (whole parent)"},
    {Counter::parent_fragment, "parent_fragment", "fragmented adverts (whole parent)"},
    {Counter::parent_not_allowed, "parent_not_allowed",
     "adverts while net.inet.carp.allow was 0 (whole parent)"},
    {Counter::not_peer, "not_peer", "unicast adverts from a host that is not a peer"},
    {Counter::reply_errors, "reply_errors",
     "answers and announcements that the parent did not take"},
    {Counter::nomem, "nomem", "received frames dropped for want of memory"},
}};

constexpr auto counters = [] {
    std::array<Counter, table.size()> all{};
    for (std::size_t i = 0; i < all.size(); ++i)
        all.at(i) = table.at(i).counter;
    return all;
}();

// A kernel header with one more counter stops the build here until it has a name.
static_assert(static_cast<int>(Counter::rx4) == CARP_XSTATS_RX4);
static_assert(static_cast<int>(Counter::badauth) == CARP_XSTATS_BADAUTH);
static_assert(static_cast<int>(Counter::conflicts) == CARP_XSTATS_CONFLICTS);
static_assert(static_cast<int>(Counter::parent_not_allowed) == CARP_XSTATS_PARENT_NOT_ALLOWED);
static_assert(static_cast<int>(Counter::not_peer) == CARP_XSTATS_NOT_PEER);
static_assert(static_cast<int>(Counter::nomem) == CARP_XSTATS_NOMEM);
static_assert(table.size() == CARP_XSTATS_MAX - CARP_XSTATS_RX4 + 1);

const CounterWords *find(Counter counter) noexcept {
    for (const auto &row : table)
        if (row.counter == counter)
            return &row;
    return nullptr;
}

} // namespace

std::span<const Counter> all_counters() noexcept { return counters; }

std::string_view to_string(Counter counter) noexcept {
    const auto *const row = find(counter);
    return row != nullptr ? row->name : "unknown";
}

std::string_view describe(Counter counter) noexcept {
    const auto *const row = find(counter);
    return row != nullptr ? row->words : "something that this library does not know";
}

Counters::Counters(std::shared_ptr<const detail::CountersData> data) noexcept
    : data_(std::move(data)) {}

std::optional<std::uint64_t> Counters::get(Counter counter) const noexcept {
    const auto index = static_cast<std::size_t>(counter);
    return index < data_->values.size() ? data_->values[index] : std::nullopt;
}

} // namespace carpnl
