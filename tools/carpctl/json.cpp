// SPDX-License-Identifier: GPL-2.0-or-later
#include "json.hpp"

#include "explain.hpp"
#include "times.hpp"

#include <ostream>

namespace carpctl {
namespace {

using Json = nlohmann::ordered_json;
using carpnl::Status;

constexpr int indentation = 4;

template <class Value> Json or_null(const std::optional<Value> &value) {
    return value ? Json(*value) : Json(nullptr);
}

template <class Duration> Json count(const std::optional<Duration> &duration) {
    return duration ? Json(duration->count()) : Json(nullptr);
}

Json moment(std::chrono::system_clock::time_point now, std::chrono::milliseconds age) {
    using Step = std::chrono::system_clock::duration;
    return rfc3339(now - std::chrono::duration_cast<Step>(age));
}

Json addresses(const Status &status) {
    Json all = Json::array();
    for (const auto &address : status.addresses())
        all.push_back({
            {"family", address.family() == carpnl::Family::inet ? "inet" : "inet6"},
            {"address", address.host()},
            {"prefix", address.prefix()},
        });
    return all;
}

Json peers(const Status &status) {
    Json all = Json::array();
    for (const auto &peer : status.peers())
        all.push_back(peer.host());
    return all;
}

Json refused(const Status &status, std::chrono::system_clock::time_point now) {
    const auto advert = status.refused();
    if (!advert)
        return nullptr;
    return {
        {"reason", to_string(advert->why)},
        {"explanation", why_refused(advert->why)},
        {"source", advert->source ? Json(advert->source->host()) : Json(nullptr)},
        {"count", or_null(advert->count)},
        {"age_ms", advert->age.count()},
        {"time", moment(now, advert->age)},
    };
}

Json heard_as(const Status &status) {
    const auto match = status.heard_as();
    return match ? Json(to_string(*match)) : Json(nullptr);
}

Json counters(const Status &status) {
    const auto all = status.counters();
    return all ? to_json(*all) : Json(nullptr);
}

} // namespace

Json to_json(const Status &status, const Sysctls &sysctls,
             std::chrono::system_clock::time_point now, ShowOptions options) {
    // A device that never changed has no last change.
    const bool changed = status.transitions() != 0 && status.last_change_age();
    const auto age = status.last_change_age().value_or(std::chrono::milliseconds(0));
    Json json{
        {"name", status.name()},
        {"index", status.index()},
        {"state", to_string(status.state())},
        {"reason", to_string(status.reason())},
        {"last_change_age_ms", changed ? Json(age.count()) : Json(nullptr)},
        {"last_change_time", changed ? moment(now, age) : Json(nullptr)},
        {"transitions", status.transitions()},
        {"up", status.up()},
        {"parent", or_null(status.parent_name())},
        {"parent_index", or_null(status.parent_index())},
        {"parent_up", or_null(status.parent_up())},
        {"parent_carrier", or_null(status.parent_carrier())},
        {"mac", status.mac().empty() ? Json(nullptr) : Json(status.mac())},
        {"mtu", or_null(status.mtu())},
        {"vhid", or_null(status.vhid())},
        {"advbase", status.advbase()},
        {"advskew", status.advskew()},
        {"advskew_effective", status.advskew_effective()},
        {"interval_us", status.interval().count()},
        {"demotion", status.demotion()},
        {"key_set", status.key_set()},
        {"next_key_set", status.next_key_set()},
        {"grace_s", count(status.grace())},
        {"preempt", to_string(status.preempt())},
        {"preempt_effective", or_null(effective_preempt(status, sysctls))},
        {"preempt_delay_ms", count(status.preempt_delay())},
        {"start_hold_ms", count(status.start_hold())},
        {"announce_count", status.announce_count()},
        {"announce_interval_ms", status.announce_interval().count()},
        {"announce_refresh_s", status.announce_refresh().count()},
        {"peers", peers(status)},
        {"addresses", addresses(status)},
        {"master_addresses", master_addresses(status)},
        {"master_down_in_us", count(status.master_down_in())},
        {"preempt_in_us", count(status.preempt_in())},
        {"hold_left_ms", count(status.hold_left())},
        {"heard_as", heard_as(status)},
        {"drained", or_null(status.drained())},
        {"sequence", or_null(status.sequence())},
        {"refused", refused(status, now)},
        {"explanation", explain(status, sysctls)},
    };
    if (options.statistics)
        json["counters"] = counters(status);
    return json;
}

Json to_json(const carpnl::Counters &counters) {
    Json values = Json::object();
    for (const auto counter : carpnl::all_counters())
        values[std::string(to_string(counter))] = or_null(counters.get(counter));
    return values;
}

Json counters_to_json(const Status &status) {
    return {{"name", status.name()}, {"counters", counters(status)}};
}

void print_json(std::ostream &out, const Json &json, ShowOptions options) {
    // Names of interfaces are bytes of any kind.
    out << json.dump(options.pretty ? indentation : -1, ' ', false, Json::error_handler_t::replace)
        << '\n';
}

} // namespace carpctl
