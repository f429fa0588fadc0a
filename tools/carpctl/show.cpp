// SPDX-License-Identifier: GPL-2.0-or-later
#include "show.hpp"

#include "explain.hpp"
#include "times.hpp"

#include <algorithm>
#include <cctype>
#include <ostream>
#include <string_view>

namespace carpctl {
namespace {

using carpnl::State;
using carpnl::Status;

constexpr std::size_t label_width = 12;
/// Of announcements; who has these is told nothing of them.
constexpr std::uint32_t usual_count = 2;
constexpr std::chrono::seconds usual_grace{300};
constexpr std::string_view margin = "    ";

void line(std::ostream &out, std::string_view label, std::string_view text) {
    out << margin << label << ':' << std::string(label_width - label.size() - 1, ' ') << text
        << '\n';
}

std::string group(const Status &status) {
    const auto vhid = status.vhid();
    const auto name = status.parent_name();
    const auto index = status.parent_index();
    std::string text = vhid ? std::to_string(*vhid) : "not set";
    if (name)
        text += " on " + *name;
    else if (index)
        text += " on interface number " + std::to_string(*index);
    else
        text += ", no parent";
    if (vhid && !status.mac().empty())
        text += ", virtual MAC " + status.mac();
    return text;
}

std::string pace(const Status &status) {
    std::string text = "advbase " + std::to_string(status.advbase()) + ", advskew " +
                       std::to_string(status.advskew());
    if (status.advskew_effective() != status.advskew())
        text += " (counts as " + std::to_string(status.advskew_effective()) + ")";
    return text + ", one every " + for_people(status.interval());
}

std::string preempt_words(const Status &status, const Sysctls &sysctls) {
    std::string text(to_string(status.preempt()));
    if (status.preempt() == carpnl::Preempt::inherit) {
        const auto value = effective_preempt(status, sysctls);
        if (value)
            text += *value ? " (on)" : " (off)";
    }
    if (const auto delay = status.preempt_delay(); delay && delay->count() != 0)
        text += ", after " + for_people(*delay);
    if (const auto hold = status.start_hold(); hold && hold->count() != 0)
        text += "; nothing within " + for_people(*hold) + " of the parent's link";
    return text;
}

std::string keys(const Status &status) {
    std::string text = status.key_set() ? "set" : "not set";
    if (status.next_key_set())
        text += status.key_set() ? ", and a next one" : ", but a next one";
    const auto grace = status.grace();
    if (grace && *grace != usual_grace)
        text += grace->count() == 0 ? "; a replaced one does not count"
                                    : "; a replaced one counts for " + for_people(*grace);
    return text;
}

/// Empty if it is as it always is.
std::string announcements(const Status &status) {
    if (status.announce_count() == usual_count && status.announce_interval().count() == 0 &&
        status.announce_refresh().count() == 0)
        return {};
    const auto count = status.announce_count();
    std::string text = count == 1 ? "once" : std::to_string(count) + " times";
    if (count > 1)
        text += status.announce_interval().count() == 0
                    ? ", with every second advert"
                    : ", one every " + for_people(status.announce_interval());
    if (status.announce_refresh().count() != 0)
        text += "; again every " + for_people(status.announce_refresh());
    return text;
}

std::string addresses(const Status &status) {
    std::string text;
    for (const auto &address : status.addresses()) {
        if (!text.empty())
            text += ", ";
        text += address.to_string();
    }
    return text.empty() ? "none" : text;
}

std::string peers(const Status &status) {
    std::string text;
    for (const auto &peer : status.peers()) {
        if (!text.empty())
            text += ", ";
        text += peer.host();
    }
    return text;
}

void print_counters(std::ostream &out, const std::optional<carpnl::Counters> &all,
                    std::string_view indent) {
    if (!all)
        return;
    std::size_t widest = 0;
    for (const auto counter : carpnl::all_counters())
        if (const auto value = all->get(counter))
            widest = std::max(widest, std::to_string(*value).size());
    for (const auto counter : carpnl::all_counters())
        if (const auto value = all->get(counter)) {
            const std::string digits = std::to_string(*value);
            out << indent << std::string(widest - digits.size(), ' ') << digits << ' '
                << describe(counter) << '\n';
        }
}

} // namespace

std::string state_word(State state, bool colour) {
    std::string word(to_string(state));
    std::transform(word.begin(), word.end(), word.begin(),
                   [](char one) { return static_cast<char>(std::toupper(one)); });
    if (!colour)
        return word;
    const char *const code = state == State::master   ? "\033[1;32m"
                             : state == State::backup ? "\033[1;33m"
                                                      : "\033[1;31m";
    return code + word + "\033[0m";
}

void show(std::ostream &out, const Status &status, const Sysctls &sysctls,
          std::chrono::system_clock::time_point now, ShowOptions options, bool colour) {
    out << status.name() << ": " << state_word(status.state(), colour);
    if (const auto age = status.last_change_age(); age && status.transitions() != 0)
        out << " for " << for_people(*age) << ", since "
            << local_time(now -
                          std::chrono::duration_cast<std::chrono::system_clock::duration>(*age));
    out << '\n';

    if (status.transitions() != 0)
        line(out, "because", describe(status.reason()));
    line(out, "vhid", group(status));
    line(out, "adverts", pace(status));
    if (!status.peers().empty())
        line(out, "peers", peers(status));
    line(out, "key", keys(status));
    line(out, "preempt", preempt_words(status, sysctls));
    if (const auto text = announcements(status); !text.empty())
        line(out, "announces", text);
    line(out, "demotion", std::to_string(status.demotion()));
    line(out, "addresses", addresses(status));
    if (const auto refused = status.refused())
        line(out, "refused", describe_refused(*refused));
    std::string_view label = "now";
    for (const auto &sentence : explain(status, sysctls)) {
        if (label.empty())
            out << margin << std::string(label_width, ' ') << sentence << '\n';
        else
            line(out, label, sentence);
        label = {};
    }
    if (options.statistics && status.counters()) {
        out << margin << "counters:\n";
        print_counters(out, status.counters(), std::string(margin) + std::string(margin));
    }
}

void show_counters(std::ostream &out, std::string_view name,
                   const std::optional<carpnl::Counters> &counters) {
    out << name << ":\n";
    print_counters(out, counters, margin);
}

} // namespace carpctl
