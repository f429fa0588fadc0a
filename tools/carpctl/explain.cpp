// SPDX-License-Identifier: GPL-2.0-or-later
#include "explain.hpp"

#include "times.hpp"

namespace carpctl {
namespace {

using carpnl::Counter;
using carpnl::Preempt;
using carpnl::State;
using carpnl::Status;

/// A refused advert older than this says nothing about the present.
constexpr std::chrono::seconds recent{10};

std::string command(const Status &status, std::string_view verb, std::string_view rest = {}) {
    std::string text = "'carpctl ";
    text.append(verb).append(" ").append(status.name());
    if (!rest.empty())
        text.append(" ").append(rest);
    return text + "'";
}

/// Everything that a device in INIT lacks, each with its remedy.
std::vector<std::string> what_is_missing(const Status &status, const Sysctls &sysctls) {
    std::vector<std::string> lines;
    if (!status.parent_index())
        lines.push_back("No parent: " + command(status, "configure", "carpdev IF vhid N") +
                        ", or name an address in the subnet of one.");
    if (!status.vhid())
        lines.push_back("No vhid: " + command(status, "configure", "vhid N") + ".");
    if (status.addresses().empty())
        lines.push_back("No address: " + command(status, "configure", "ADDR/LEN") + ".");
    if (!status.up())
        lines.push_back("It is down: " + command(status, "up") + ".");
    if (const auto index = status.parent_index()) {
        const std::string parent =
            status.parent_name().value_or("(interface number " + std::to_string(*index) + ")");
        if (status.parent_up() == false)
            lines.push_back("Its parent " + parent + " is down" +
                            (status.parent_name() ? ": 'ip link set " + parent + " up'." : "."));
        else if (status.parent_carrier() == false)
            lines.push_back("Its parent " + parent + " has no carrier: look at the cable.");
    }
    if (sysctls.allow == false)
        lines.emplace_back("CARP is not allowed: 'sysctl net.inet.carp.allow=1'.");
    if (lines.empty())
        lines.push_back("The kernel says: " + std::string(describe(status.reason())) + ".");
    return lines;
}

std::string joined(const std::vector<std::string> &words, std::string_view by) {
    std::string text;
    for (const auto &word : words) {
        if (!text.empty())
            text += by;
        text += word;
    }
    return text;
}

void explain_backup(const Status &status, const Sysctls &sysctls, std::vector<std::string> &lines) {
    const auto masters = master_addresses(status);
    std::string first = masters.empty() ? "No advert of a master was accepted yet"
                                        : "The master is " + joined(masters, " and ");
    if (const auto left = status.master_down_in())
        first += masters.empty() ? ": takes over in " + for_people(*left) + " unless one comes"
                                 : "; takes over in " + for_people(*left) + " if no advert comes";
    lines.push_back(first + ".");
    if (masters.empty())
        return;

    const auto preempt = effective_preempt(status, sysctls);
    if (!preempt)
        lines.emplace_back(
            "Whether it preempts a slower master is for net.inet.carp.preempt to say, "
            "which cannot be read here.");
    else if (*preempt)
        lines.push_back("Preempt is on, but the master advertises at least as often as this host "
                        "would (every " +
                        for_people(status.interval()) +
                        "): " + command(status, "configure", "advskew N") +
                        " with a lower N changes that.");
    else
        lines.push_back("Preempt is off, so it waits until the master resigns or falls silent: " +
                        command(status, "configure", "preempt on") + " or " +
                        command(status, "state", "master") + " changes that.");
}

/// Times that hold it back, and what the others are not ready with.
void explain_waiting(const Status &status, std::vector<std::string> &lines) {
    if (const auto left = status.preempt_in())
        lines.push_back("Preempts the master in " + for_people(*left) + ".");
    if (const auto left = status.hold_left(); left && left->count() != 0)
        lines.push_back("Takes nothing over for another " + for_people(*left) +
                        ", the rest of its start_hold.");
    if (status.drained() == true)
        lines.emplace_back("This host is drained: it takes over from a dead master alone.");
}

void explain_heard(const Status &status, std::vector<std::string> &lines) {
    const std::string who = status.state() == State::backup ? "The master" : "The host heard last";
    switch (status.heard_as().value_or(carpnl::Match::present)) {
    case carpnl::Match::old_key:
        lines.push_back(who + " still uses the old key.");
        break;
    case carpnl::Match::key_next:
        lines.push_back(who + " uses the next key already.");
        break;
    case carpnl::Match::old_list:
        lines.push_back(who + " still has the old list of addresses.");
        break;
    default:
        break;
    }
}

} // namespace

std::optional<bool> effective_preempt(const Status &status, const Sysctls &sysctls) {
    switch (status.preempt()) {
    case Preempt::off:
        return false;
    case Preempt::on:
        return true;
    case Preempt::inherit:
        return sysctls.preempt;
    }
    return std::nullopt;
}

std::vector<std::string> explain(const Status &status, const Sysctls &sysctls) {
    std::vector<std::string> lines;
    switch (status.state()) {
    case State::init:
        return what_is_missing(status, sysctls);
    case State::backup:
        explain_backup(status, sysctls, lines);
        break;
    case State::master:
        lines.push_back("Serves its addresses and advertises every " +
                        for_people(status.interval()) + ".");
        break;
    default:
        lines.emplace_back("In a state that this tool does not know; the kernel is newer.");
    }

    explain_waiting(status, lines);
    explain_heard(status, lines);
    if (status.demotion() != 0)
        lines.push_back("Demoted by " + std::to_string(status.demotion()) + ": its advskew " +
                        std::to_string(status.advskew()) + " counts as " +
                        std::to_string(status.advskew_effective()) + ".");
    const auto refused = status.refused();
    if (refused && refused->age < recent && refused->why == Counter::badauth)
        lines.push_back("Adverts of its group" +
                        (refused->source ? " from " + refused->source->host() : std::string()) +
                        " are refused: as long as pass or address list differ, both hosts can be "
                        "MASTER.");
    if (refused && refused->age < recent && refused->why == Counter::not_peer && refused->source)
        lines.push_back("Adverts of " + refused->source->host() +
                        " are refused as long as it is not a peer: both hosts can be MASTER.");
    return lines;
}

std::string_view why_refused(Counter counter) {
    switch (counter) {
    case Counter::badver:
        return "another version of CARP";
    case Counter::badauth:
        return "digest does not match: wrong pass or address list";
    case Counter::loop:
        return "our own advert came back: a loop on the wire";
    case Counter::init:
        return "this device was in INIT";
    case Counter::not_peer:
        return "sent to this host alone, and its source is not on the list of peers";
    case Counter::parent_badttl:
        return "TTL is not 255: it did not start on this wire";
    case Counter::parent_badlen:
        return "wrong length: perhaps VRRP on the same wire";
    case Counter::parent_badsum:
        return "wrong checksum";
    case Counter::parent_badvhid:
        return "no device of its vhid on this parent";
    case Counter::parent_fragment:
        return "fragmented";
    case Counter::parent_not_allowed:
        return "net.inet.carp.allow was 0";
    default:
        return describe(counter);
    }
}

std::string describe_refused(const carpnl::RefusedAdvert &advert) {
    std::string text;
    if (advert.source)
        text = "from " + advert.source->host() + ": ";
    text.append(why_refused(advert.why)).append(", last ").append(for_people(advert.age));
    text += " ago";
    if (advert.count)
        text += ", " + std::to_string(*advert.count) + " in all";
    return text;
}

std::vector<std::string> master_addresses(const Status &status) {
    std::vector<std::string> hosts;
    for (const auto &address : {status.master_address4(), status.master_address6()})
        if (address)
            hosts.push_back(address->host());
    return hosts;
}

} // namespace carpctl
