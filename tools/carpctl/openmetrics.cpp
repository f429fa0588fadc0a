// SPDX-License-Identifier: GPL-2.0-or-later
#include "openmetrics.hpp"

#include <carpnl/carpnl.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carpctl {
namespace {

using carpnl::Counter;
using carpnl::State;
using carpnl::Status;

using Devices = std::span<const Status>;
using Tallies = std::span<const carpnl::Tally>;

/// In the order in which they are written.
using Labels = std::vector<std::pair<std::string_view, std::string>>;

/// The format is UTF-8, a device's name is bytes of any kind. What is no printable ASCII is written
/// in hexadecimal, so that two names stay two names.
std::string label_value(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    constexpr unsigned half = 4;
    constexpr unsigned low = 0xf;
    std::string value;
    for (const char one : text) {
        if (one == '"' || one == '\\') {
            value += {'\\', one};
        } else if (one < ' ' || one > '~') {
            const auto byte = static_cast<unsigned char>(one);
            value += "\\\\x";
            value += digits[byte >> half];
            value += digits[byte & low];
        } else {
            value += one;
        }
    }
    return value;
}

enum class Type : std::uint8_t { gauge, counter, histogram };

/// As Prometheus wants them, in seconds with so many digits behind the point.
std::string seconds(std::uint64_t parts, std::size_t digits) {
    constexpr std::uint64_t base = 10;
    std::uint64_t per_second = 1;
    for (std::size_t i = 0; i < digits; ++i)
        per_second *= base;
    auto rest = std::to_string(parts % per_second);
    rest.insert(0, digits - rest.size(), '0');
    return std::to_string(parts / per_second) + "." + rest;
}

/// A metric: what it is, then its samples.
class Family {
  public:
    Family(std::ostream &out, std::string_view name, Type type, std::string_view help,
           std::string_view unit = {})
        : out_(out), name_(name), type_(type) {
        out << "# HELP " << name << ' ' << help << "\n# TYPE " << name << ' '
            << names.at(static_cast<std::size_t>(type)) << '\n';
        if (!unit.empty())
            out << "# UNIT " << name << ' ' << unit << '\n';
    }

    void sample(const Labels &labels, std::uint64_t value) {
        write(type_ == Type::counter ? "_total" : "", labels, std::to_string(value));
    }
    void sample(const Labels &labels, std::chrono::milliseconds value) {
        write("", labels, seconds(static_cast<std::uint64_t>(value.count()), milli));
    }
    /// Each bucket has what those before it have, too.
    void histogram(const Labels &labels, const carpnl::Tally &tally);

  private:
    static constexpr std::array<std::string_view, 3> names{"gauge", "counter", "histogram"};
    static constexpr std::size_t milli = 3;
    static constexpr std::size_t micro = 6;

    void write(std::string_view suffix, const Labels &labels, const std::string &value) {
        out_ << name_ << suffix;
        char before = '{';
        for (const auto &[name, text] : labels) {
            out_ << before << name << "=\"" << label_value(text) << '"';
            before = ',';
        }
        out_ << (labels.empty() ? "" : "}") << ' ' << value << '\n';
    }

    std::ostream &out_;
    std::string_view name_;
    Type type_;
};

/// An empty label is none.
std::string or_empty(const std::optional<std::uint32_t> &number) {
    return number ? std::to_string(*number) : std::string();
}

Labels labels_of(const Status &device) {
    return {{"device", device.name()}, {"vhid", or_empty(device.vhid())}};
}

Labels with(Labels labels, std::string_view name, std::string_view value) {
    labels.emplace_back(name, value);
    return labels;
}

void Family::histogram(const Labels &labels, const carpnl::Tally &tally) {
    std::uint64_t count = 0;
    for (const auto &margin : tally.margins()) {
        count += margin.count;
        auto upto = std::string("+Inf");
        if (margin.upto) {
            upto = seconds(static_cast<std::uint64_t>(margin.upto->count()), micro);
            // In the shortest form that is still a number with a point.
            upto.erase(std::max(upto.find_last_not_of('0') + 1, upto.find('.') + 2));
        }
        write("_bucket", with(labels, "le", upto), std::to_string(count));
    }
    write("_count", labels, std::to_string(count));
    write("_sum", labels, seconds(static_cast<std::uint64_t>(tally.margin_sum().count()), micro));
}

std::string parent_of(const Status &device) {
    if (auto name = device.parent_name())
        return std::move(*name);
    const auto index = or_empty(device.parent_index());
    return index.empty() ? index : "if" + index;
}

void identity(std::ostream &out, Devices devices) {
    Family build(out, "carp_build_info", Type::gauge, "Release of the tool that wrote this.");
    build.sample({{"version", std::string(carpnl::header_version)}}, 1);
    Family info(out, "carp_info", Type::gauge, "What a device is.");
    for (const auto &device : devices)
        info.sample(with(with(labels_of(device), "parent", parent_of(device)), "mac", device.mac()),
                    1);
}

/// What the kernel has counted beyond a device's counters; nothing of an older one.
const carpnl::Tally *tally_of(const Status &device, Tallies tallies) {
    const auto found = std::lower_bound(
        tallies.begin(), tallies.end(), device.index(),
        [](const auto &tally, std::uint32_t index) { return tally.index() < index; });
    const bool told =
        found != tallies.end() && found->index() == device.index() && !found->margins().empty();
    return told ? &*found : nullptr;
}

void transitions(std::ostream &out, Devices devices, Tallies tallies) {
    Family changes(out, "carp_transitions", Type::counter, "Changes of state.");
    for (const auto &device : devices) {
        const auto *const tally = tally_of(device, tallies);
        if (tally == nullptr) {
            changes.sample(labels_of(device), device.transitions());
            continue;
        }
        for (const auto &change : tally->changes()) {
            auto labels = with(labels_of(device), "from", to_string(change.old_state));
            labels = with(std::move(labels), "to", to_string(change.state));
            changes.sample(with(std::move(labels), "reason", to_string(change.reason)),
                           change.count);
        }
    }
    Family margin(out, "carp_master_down_margin_seconds", Type::histogram,
                  "Time that was left until a takeover when the master was heard.", "seconds");
    for (const auto &device : devices)
        if (const auto *const tally = tally_of(device, tallies))
            margin.histogram(labels_of(device), *tally);
}

void states(std::ostream &out, Devices devices, std::chrono::system_clock::time_point now) {
    Family state(out, "carp_state", Type::gauge,
                 "State of a device: 1 for the one that it is in, 0 for the others.");
    for (const auto &device : devices)
        for (const auto one : {State::init, State::backup, State::master})
            state.sample(with(labels_of(device), "state", to_string(one)),
                         device.state() == one ? 1 : 0);
    Family when(out, "carp_last_transition_timestamp_seconds", Type::gauge,
                "When the state changed last, since 1970.", "seconds");
    for (const auto &device : devices)
        if (const auto age = device.last_change_age(); age && device.transitions() != 0)
            when.sample(labels_of(device), std::chrono::duration_cast<std::chrono::milliseconds>(
                                               now.time_since_epoch() - *age));
    Family why(out, "carp_last_transition_reason", Type::gauge,
               "Why the state changed last: 1 for the reason that it was.");
    for (const auto &device : devices)
        if (device.transitions() != 0)
            why.sample(with(labels_of(device), "reason", to_string(device.reason())), 1);
}

void pace(std::ostream &out, Devices devices) {
    Family skew(out, "carp_advskew", Type::gauge,
                "What is advertised: advskew and demotion, in 1/256 s, at most 254.");
    for (const auto &device : devices)
        skew.sample(labels_of(device), device.advskew_effective());
    Family interval(out, "carp_advertisement_interval_seconds", Type::gauge,
                    "Time between two adverts of this host as master.", "seconds");
    for (const auto &device : devices)
        interval.sample(labels_of(device),
                        std::chrono::duration_cast<std::chrono::milliseconds>(device.interval()));
}

/// Several sockets may hold leases of one name, which no label tells apart.
void demotions(std::ostream &out, Devices devices, std::span<const carpnl::Cause> causes) {
    std::map<Labels, std::uint64_t> sums;
    for (const auto &cause : causes)
        sums[{{"cause", cause.name()},
              {"scope", std::string(to_string(cause.scope()))},
              {"owner", std::string(to_string(cause.owner()))},
              {"device", cause.device_name()},
              {"group", or_empty(cause.group())}}] += cause.value();
    Family demotion(out, "carp_demotion", Type::gauge,
                    "What is added to advskew, by its cause: carpctl causes.");
    for (const auto &[labels, value] : sums)
        demotion.sample(labels, value);
    Family sum(out, "carp_device_demotion", Type::gauge,
               "The sum of the causes that count for a device, at most 240.");
    for (const auto &device : devices)
        sum.sample(labels_of(device), device.demotion());
    Family drained(out, "carp_drained", Type::gauge, "1: the device gives its addresses away.");
    for (const auto &device : devices)
        if (const auto value = device.drained())
            drained.sample(labels_of(device), *value ? 1 : 0);
}

/// A counter of libcarpnl, and the label that it has in its family.
struct Source {
    Counter counter;
    std::string_view first;
    std::string_view second = {};
};

constexpr std::array<Source, 4> adverts{{
    {Counter::rx4, "received", "inet"},
    {Counter::rx6, "received", "inet6"},
    {Counter::tx4, "sent", "inet"},
    {Counter::tx6, "sent", "inet6"},
}};

constexpr std::array<Source, 10> dropped{{
    {Counter::tx_errors, "tx_errors"},
    {Counter::badver, "badver"},
    {Counter::badauth, "badauth"},
    {Counter::loop, "loop"},
    {Counter::init, "init"},
    {Counter::wrong_state_rx, "wrong_state_rx"},
    {Counter::wrong_state_tx, "wrong_state_tx"},
    {Counter::not_peer, "not_peer"},
    {Counter::reply_errors, "reply_errors"},
    {Counter::nomem, "nomem"},
}};

constexpr std::array<Source, 6> dropped_by_parent{{
    {Counter::parent_badttl, "badttl"},
    {Counter::parent_badlen, "badlen"},
    {Counter::parent_badsum, "badsum"},
    {Counter::parent_badvhid, "badvhid"},
    {Counter::parent_fragment, "fragment"},
    {Counter::parent_not_allowed, "not_allowed"},
}};

constexpr std::array<Source, 2> replies{{
    {Counter::arp_replies, "arp"},
    {Counter::nd_replies, "nd"},
}};

constexpr std::array<Source, 1> announcements{{{Counter::announces, {}}}};
constexpr std::array<Source, 1> conflicts{{{Counter::conflicts, {}}}};

/// Every counter has its place in exactly one metric.
static_assert(adverts.size() + dropped.size() + dropped_by_parent.size() + replies.size() +
                  announcements.size() + conflicts.size() ==
              static_cast<std::size_t>(Counter::nomem) - static_cast<std::size_t>(Counter::rx4) +
                  1);

struct LabelNames {
    std::string_view first = {};
    std::string_view second = {};
};

void counted(Family &family, const Status &device, const Labels &labels,
             std::span<const Source> sources, LabelNames names) {
    const auto counters = device.counters();
    if (!counters)
        return;
    for (const auto &source : sources) {
        const auto value = counters->get(source.counter);
        if (!value)
            continue;
        auto all = labels;
        if (!names.first.empty())
            all = with(std::move(all), names.first, source.first);
        if (!names.second.empty())
            all = with(std::move(all), names.second, source.second);
        family.sample(all, *value);
    }
}

void counters(std::ostream &out, Devices devices) {
    const auto family = [&](std::string_view name, std::span<const Source> sources,
                            LabelNames labels, std::string_view help) {
        Family all(out, name, Type::counter, help);
        for (const auto &device : devices)
            counted(all, device, labels_of(device), sources, labels);
    };
    family("carp_advertisements", adverts, {"direction", "family"},
           "Adverts sent, and valid ones received.");
    family("carp_dropped", dropped, {"reason"}, "What a device did not accept, or could not send.");
    family("carp_replies", replies, {"protocol"}, "Questions for the virtual MAC answered.");
    family("carp_announcements", announcements, {},
           "Gratuitous ARP and unsolicited neighbour adverts sent.");
    family("carp_conflicts", conflicts, {}, "Claims of our addresses by another MAC.");

    // Devices over one parent all tell the same numbers.
    Family parents(out, "carp_parent_dropped", Type::counter,
                   "Adverts refused before it was known for which device they are.");
    std::set<std::string> told;
    for (const auto &device : devices)
        if (const auto parent = parent_of(device); !parent.empty() && told.insert(parent).second)
            counted(parents, device, {{"parent", parent}}, dropped_by_parent, {"reason"});
}

} // namespace

void write_openmetrics(std::ostream &out, Devices devices, Tallies tallies,
                       std::span<const carpnl::Cause> causes,
                       std::chrono::system_clock::time_point now) {
    identity(out, devices);
    states(out, devices, now);
    transitions(out, devices, tallies);
    pace(out, devices);
    demotions(out, devices, causes);
    counters(out, devices);
    out << "# EOF\n";
}

} // namespace carpctl
