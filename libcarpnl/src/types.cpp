// SPDX-License-Identifier: LGPL-2.1-or-later
#include <carpnl/types.hpp>
#include <carpnl/version.hpp>

#include <linux/carp.h>

#include <algorithm>
#include <array>

namespace carpnl {
namespace {

static_assert(static_cast<int>(State::init) == CARP_STATE_INIT);
static_assert(static_cast<int>(State::backup) == CARP_STATE_BACKUP);
static_assert(static_cast<int>(State::master) == CARP_STATE_MASTER);
static_assert(static_cast<int>(Preempt::inherit) == CARP_PREEMPT_INHERIT);
static_assert(static_cast<int>(Preempt::off) == CARP_PREEMPT_OFF);
static_assert(static_cast<int>(Preempt::on) == CARP_PREEMPT_ON);

constexpr std::array<std::string_view, 3> states{"init", "backup", "master"};
constexpr std::array<std::string_view, 3> preempts{"inherit", "off", "on"};

struct ReasonWords {
    Reason reason;
    std::string_view name;
    std::string_view words;
};

constexpr std::array<ReasonWords, 17> reasons{{
    {Reason::none, "none", "no change yet"},
    {Reason::ready, "ready", "everything needed to take part is there"},
    {Reason::master_timeout, "master_timeout", "no advert for the master-down time"},
    {Reason::preempt, "preempt", "preempting a slower master"},
    {Reason::slow_master, "slow_master", "the master's interval exceeds our master-down time"},
    {Reason::bow_out, "bow_out", "the master resigned"},
    {Reason::better_master, "better_master", "a more frequent advertisement was received"},
    {Reason::tie, "tie", "an equal advertisement was received and this host yields"},
    {Reason::forced, "forced", "asked for by the administrator"},
    {Reason::down, "down", "the device was set down or is going away"},
    {Reason::parent_down, "parent_down", "the parent is down or has no carrier"},
    {Reason::no_parent, "no_parent", "no parent"},
    {Reason::no_vhid, "no_vhid", "no vhid"},
    {Reason::no_address, "no_address", "no address that counts"},
    {Reason::not_allowed, "not_allowed", "net.inet.carp.allow is 0"},
    {Reason::stopped, "stopped",
     "this host itself was stopped (suspend, pause of a virtual machine)"},
    {Reason::drained, "drained", "the administrator drains this host"},
}};

static_assert(static_cast<int>(Reason::drained) == CARP_REASON_DRAINED);
static_assert(reasons.size() == CARP_REASON_DRAINED + 1);

constexpr bool in_order() {
    for (std::size_t i = 0; i < reasons.size(); ++i)
        if (static_cast<std::size_t>(reasons.at(i).reason) != i)
            return false;
    return true;
}
static_assert(in_order());

struct MatchWords {
    std::string_view name;
    std::string_view words;
};

constexpr std::array<MatchWords, 9> matches{{
    {"none", "nothing that this host knows"},
    {"present", "the key and the address list of this host"},
    {"nov6ll", "its key and its address list without link-local addresses"},
    {"key_next", "the next key of this host"},
    {"old_list", "an address list that this host had before"},
    {"old_key", "a key that this host had before"},
    {"key_cut", "the first 19 bytes of its key"},
    {"addr_less", "its address list without one address"},
    {"addr_more", "its address list and one more address"},
}};

static_assert(static_cast<int>(Match::addr_more) == CARP_MATCH_ADDR_MORE);
static_assert(matches.size() == CARP_MATCH_ADDR_MORE + 1);

template <class Enum, std::size_t N>
std::string_view name_in(const std::array<std::string_view, N> &names, Enum value) noexcept {
    const auto index = static_cast<std::size_t>(value);
    return index < N ? names[index] : std::string_view("unknown");
}

template <class Enum, std::size_t N>
std::optional<Enum> value_in(const std::array<std::string_view, N> &names,
                             std::string_view word) noexcept {
    const auto *const found = std::find(names.begin(), names.end(), word);
    if (found == names.end())
        return std::nullopt;
    return static_cast<Enum>(found - names.begin());
}

} // namespace

std::string_view to_string(State state) noexcept { return name_in(states, state); }

std::string_view to_string(Preempt preempt) noexcept { return name_in(preempts, preempt); }

std::string_view to_string(Reason reason) noexcept {
    const auto index = static_cast<std::size_t>(reason);
    return index < reasons.size() ? reasons[index].name : std::string_view("unknown");
}

std::string_view describe(Reason reason) noexcept {
    const auto index = static_cast<std::size_t>(reason);
    return index < reasons.size()
               ? reasons[index].words
               : std::string_view("a reason that this library does not know; the kernel is newer");
}

std::string_view to_string(Match match) noexcept {
    const auto index = static_cast<std::size_t>(match);
    return index < matches.size() ? matches[index].name : std::string_view("unknown");
}

std::string_view describe(Match match) noexcept {
    const auto index = static_cast<std::size_t>(match);
    return index < matches.size()
               ? matches[index].words
               : std::string_view("something that this library does not know; the kernel is newer");
}

std::optional<State> state_from_string(std::string_view word) noexcept {
    return value_in<State>(states, word);
}

std::optional<Preempt> preempt_from_string(std::string_view word) noexcept {
    return value_in<Preempt>(preempts, word);
}

std::string_view version() noexcept { return header_version; }

} // namespace carpnl
