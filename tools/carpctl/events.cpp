// SPDX-License-Identifier: GPL-2.0-or-later
#include "events.hpp"

#include "explain.hpp"
#include "show.hpp"
#include "times.hpp"

#include <array>
#include <cstdio>
#include <optional>

namespace carpctl {
namespace {

using Json = nlohmann::ordered_json;
using carpnl::Cause;
using carpnl::Event;
using carpnl::EventKind;
using carpnl::Owner;
using carpnl::ResyncReason;
using carpnl::Scope;
using carpnl::Transition;
using std::chrono::milliseconds;

std::string moment(TimePoint now, milliseconds age) {
    return rfc3339(now - std::chrono::duration_cast<TimePoint::duration>(age));
}

std::string change(carpnl::State from, carpnl::State to, carpnl::Reason reason,
                   const std::optional<carpnl::Address> &peer) {
    std::string text = state_word(from, false) + " -> " + state_word(to, false) + ": " +
                       std::string(describe(reason));
    if (peer)
        text += ", " + peer->host();
    return text;
}

std::string_view owner_words(Owner owner) {
    switch (owner) {
    case Owner::kernel:
        return "found by the kernel";
    case Owner::user:
        return "set by a user";
    case Owner::socket:
        return "held by a running program";
    case Owner::sysctl:
        return "set by net.inet.carp.demotion";
    }
    return "of an owner that carpctl does not know";
}

std::string target_words(const Cause &cause) {
    switch (cause.scope()) {
    case Scope::group:
        return "group " + std::to_string(cause.group().value_or(0));
    case Scope::device:
        return cause.device_name().empty()
                   ? "interface number " + std::to_string(cause.device_index().value_or(0))
                   : cause.device_name();
    default:
        return "every device";
    }
}

std::string refusal(const Event &event) {
    std::string text = event.name().empty() ? "" : event.name() + ": ";
    text += "advert";
    if (const auto peer = event.peer())
        text += " from " + peer->host();
    text += " refused";
    if (const auto why = event.counter())
        text += ": " + std::string(why_refused(*why));
    if (event.missed() != 0)
        text += " (" + std::to_string(event.missed()) + " more before it)";
    return text;
}

std::string_view resync_words(ResyncReason reason) {
    switch (reason) {
    case ResyncReason::start:
    case ResyncReason::asked:
        break;
    case ResyncReason::gap:
        return "events were missed; ";
    case ResyncReason::overrun:
        return "events came faster than they were read; ";
    case ResyncReason::reloaded:
        return "the module was loaded anew; ";
    case ResyncReason::unloaded:
        return "the module was unloaded; ";
    }
    return "";
}

bool meant(const carpnl::Device &device, std::string_view only) {
    return only.empty() || device.name() == only;
}

std::string resync(const Event &event, std::string_view only) {
    std::string text("resync: " +
                     std::string(resync_words(event.resync_reason().value_or(ResyncReason::gap))));
    bool any = false;
    for (const auto &device : event.devices())
        if (meant(device, only)) {
            text += (any ? ", " : "") + device.name() + " " + state_word(device.state(), false);
            any = true;
        }
    return any ? text : text + "no device";
}

std::string hex(const carpnl::BootId &id) {
    std::string text;
    for (const auto byte : id) {
        std::array<char, 3> digits{};
        std::snprintf(digits.data(), digits.size(), "%02x", byte);
        text += digits.data();
    }
    return text;
}

template <class Value> Json or_null(const std::optional<Value> &value) {
    return value ? Json(*value) : Json(nullptr);
}

template <class Word> Json word(const std::optional<Word> &value) {
    return value ? Json(to_string(*value)) : Json(nullptr);
}

Json text_or_null(const std::string &text) { return text.empty() ? Json(nullptr) : Json(text); }

Json host(const std::optional<carpnl::Address> &address) {
    return address ? Json(address->host()) : Json(nullptr);
}

Json count(const std::optional<milliseconds> &duration) {
    return duration ? Json(duration->count()) : Json(nullptr);
}

Json device_json(const carpnl::Device &device) {
    return {
        {"name", device.name()},
        {"index", device.index()},
        {"vhid", or_null(device.vhid())},
        {"parent_index", or_null(device.parent_index())},
        {"state", to_string(device.state())},
        {"reason", to_string(device.reason())},
        {"age_ms", device.age().count()},
        {"transitions", device.transitions()},
        {"demotion", device.demotion()},
        {"drained", or_null(device.drained())},
    };
}

} // namespace

std::string describe(const Event &event, TimePoint now, std::string_view only) {
    const std::string time = moment(now, event.age().value_or(milliseconds(0))) + " ";
    switch (event.kind()) {
    case EventKind::transition: {
        const auto from = event.old_state();
        const auto to = event.state();
        const auto why = event.reason();
        if (from && to && why)
            return time + event.name() + ": " + change(*from, *to, *why, event.peer());
        break;
    }
    case EventKind::demotion:
        if (const auto cause = event.cause())
            return time + "demotion: " + describe(*cause);
        break;
    case EventKind::refused:
        return time + refusal(event);
    case EventKind::resync:
        return time + resync(event, only);
    }
    return time + "something that carpctl does not know";
}

std::string describe(const Transition &transition, TimePoint now) {
    return moment(now, transition.age()) + " " +
           change(transition.old_state(), transition.state(), transition.reason(),
                  transition.peer());
}

std::string describe(const Cause &cause) {
    std::string text = cause.name() + ": ";
    if (cause.value() == 0)
        return text + "no more for " + target_words(cause);
    text += std::to_string(cause.value()) + " for " + target_words(cause);
    if (cause.is_drain())
        text += ", drains";
    text += ", " + std::string(owner_words(cause.owner()));
    if (cause.scope() == Scope::net && !cause.device_name().empty())
        text += " at " + cause.device_name();
    if (const auto age = cause.age())
        text += ", for " + for_people(*age);
    return text;
}

Json to_json(const Event &event, TimePoint now, std::string_view only) {
    Json devices = Json::array();
    for (const auto &device : event.devices())
        if (meant(device, only))
            devices.push_back(device_json(device));
    const auto cause = event.cause();
    const bool resync = event.kind() == EventKind::resync;
    const bool transition = event.kind() == EventKind::transition;
    const bool refused = event.kind() == EventKind::refused;
    return {
        {"event", to_string(event.kind())},
        {"time", moment(now, event.age().value_or(milliseconds(0)))},
        {"sequence", event.sequence()},
        {"boot_id", hex(event.boot_id())},
        {"name", text_or_null(event.name())},
        {"index", or_null(event.index())},
        {"vhid", or_null(event.vhid())},
        {"parent_index", or_null(event.parent_index())},
        {"old_state", word(event.old_state())},
        {"state", word(event.state())},
        {"reason", word(event.reason())},
        {"age_ms", count(event.age())},
        {"transitions", transition ? Json(event.transitions()) : Json(nullptr)},
        {"peer", host(event.peer())},
        {"cause", cause ? to_json(*cause) : Json(nullptr)},
        {"counter", word(event.counter())},
        {"missed", refused ? Json(event.missed()) : Json(nullptr)},
        {"resync_reason", word(event.resync_reason())},
        {"devices", resync ? devices : Json(nullptr)},
    };
}

Json to_json(const Transition &transition, TimePoint now) {
    return {
        {"sequence", transition.sequence()},
        {"time", moment(now, transition.age())},
        {"age_ms", transition.age().count()},
        {"old_state", to_string(transition.old_state())},
        {"state", to_string(transition.state())},
        {"reason", to_string(transition.reason())},
        {"explanation", describe(transition.reason())},
        {"peer", host(transition.peer())},
    };
}

Json to_json(const Cause &cause) {
    return {
        {"name", cause.name()},
        {"value", cause.value()},
        {"scope", to_string(cause.scope())},
        {"group", or_null(cause.group())},
        {"device", text_or_null(cause.device_name())},
        {"device_index", or_null(cause.device_index())},
        {"owner", to_string(cause.owner())},
        {"lease", cause.is_lease()},
        {"drain", cause.is_drain()},
        {"age_ms", count(cause.age())},
    };
}

} // namespace carpctl
