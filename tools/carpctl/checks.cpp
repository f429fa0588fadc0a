// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks.hpp"

#include "advert_words.hpp"
#include "events.hpp"
#include "explain.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace carpctl {
namespace {

using carpnl::Address;
using carpnl::Cause;
using carpnl::Family;
using carpnl::Owner;
using carpnl::Scope;
using carpnl::Status;

Finding about(const Status &device, std::string_view id, Severity severity) {
    return {.id = id,
            .severity = severity,
            .device = device.name(),
            .vhid = device.vhid(),
            .parent = device.parent_name()};
}

std::string change(const Status &device, const std::string &words) {
    return "'carpctl configure " + device.name() + " " + words + "'";
}

unsigned width(const Address &address) { return address.family() == Family::inet ? 32 : 128; }

/// Link-local addresses have the same prefix everywhere, and a host's own says nothing of a
/// network.
bool tells_subnet(const Address &address) {
    constexpr unsigned link_local = 0xfe80;
    const auto bytes = address.bytes();
    const auto start =
        std::to_integer<unsigned>(bytes[0]) << 8U | std::to_integer<unsigned>(bytes[1]);
    return address.prefix() < width(address) &&
           (address.family() == Family::inet || (start & 0xffc0U) != link_local);
}

void check_init(const Status &device, const Sysctls &sysctls, std::vector<Finding> &findings) {
    if (device.state() != carpnl::State::init)
        return;
    auto finding = about(device, "init", Severity::error);
    finding.text = "takes no part: " + std::string(describe(device.reason()));
    for (const auto &sentence : explain(device, sysctls))
        finding.advice += (finding.advice.empty() ? "" : " ") + sentence;
    add(findings, std::move(finding));
}

void check_address(const Status &device, const Address &address, const Address &of_parent,
                   std::vector<Finding> &findings) {
    if (address.same_host(of_parent)) {
        auto finding = about(device, "address-on-parent", Severity::error);
        finding.address = address;
        finding.text = "its address " + address.host() + " is an address of " +
                       device.parent_name().value_or("its parent") +
                       " as well, so that this host answers for it as BACKUP, too";
        finding.advice = "Delete it there: 'ip address delete " + of_parent.to_string() + " dev " +
                         device.parent_name().value_or("IF") + "'.";
        add(findings, std::move(finding));
        return;
    }
    if (address.family() != of_parent.family() || address.prefix() == of_parent.prefix() ||
        !tells_subnet(address) || !tells_subnet(of_parent) ||
        !(of_parent.subnet_contains(address) || address.subnet_contains(of_parent)))
        return;
    auto finding = about(device, "prefix-mismatch", Severity::warning);
    finding.address = address;
    finding.text = "its address " + address.to_string() + " is in the network of the parent's " +
                   of_parent.to_string() + ", but with another prefix length";
    finding.advice = "Which hosts are neighbours depends on who is MASTER: give both the prefix "
                     "length of the network.";
    add(findings, std::move(finding));
}

bool sends_multicast(const Status &device) {
    for (const auto family : {Family::inet, Family::inet6}) {
        const auto of_family = [&](const Address &one) { return one.family() == family; };
        const auto &addresses = device.addresses();
        const auto &peers = device.peers();
        if (std::any_of(addresses.begin(), addresses.end(), of_family) &&
            std::none_of(peers.begin(), peers.end(), of_family))
            return true;
    }
    return false;
}

void check_bridge(const Patient &patient, std::vector<Finding> &findings) {
    const auto &bridge = patient.link.bridge;
    if (!bridge || !bridge->snooping || bridge->querier || !sends_multicast(patient.after))
        return;
    auto finding = about(patient.after, "igmp-snooping", Severity::warning);
    finding.text = "bridge " + bridge->name +
                   " sends multicast only where it was asked for (snooping), and nobody asks who "
                   "wants it (no querier): adverts may cease to arrive";
    finding.advice = "'ip link set " + bridge->name +
                     " type bridge mcast_querier 1', or "
                     "mcast_snooping 0.";
    add(findings, std::move(finding));
}

/// Old keys and lists count for a while only; whether they still do is seen by what is refused.
bool refuses(const Patient &patient) {
    const auto before = patient.before.counters();
    const auto after = patient.after.counters();
    return before && after &&
           before->get(carpnl::Counter::badauth) != after->get(carpnl::Counter::badauth);
}

/// What differs there, and what to do: empty for what is no fault.
Finding told_by(const carpnl::Verification &verification, const Status &device, bool refused) {
    const std::string host = verification.address ? verification.address->host() : "an address";
    switch (verification.match) {
    case carpnl::Match::none:
        return {.id = "other-key",
                .text = "another host's adverts do not fit: it has another key, or its list of "
                        "addresses differs in more than one",
                .advice = "Give all hosts the same key and the same addresses. Which of the two "
                          "differs cannot be told from an advert."};
    case carpnl::Match::key_cut:
        return {.id = "key-cut",
                .text = "another host has only the first 19 bytes of the key, as ifconfig of the "
                        "BSDs keeps them",
                .advice = "Give all hosts a key of 19 bytes at most."};
    case carpnl::Match::addr_less:
        return {.id = "other-list",
                .text = "another host does not have the address " + host + ", which this one has",
                .advice =
                    "Add it there, or delete it here: " + change(device, host + " delete") + "."};
    case carpnl::Match::addr_more:
        return {.id = "other-list",
                .text = "another host has the address " + host + ", which this one does not have",
                .advice =
                    "Add it here: " + change(device, host + "/LEN") + ", or delete it there."};
    case carpnl::Match::old_key:
        if (refused)
            return {.id = "other-key",
                    .text = "another host still has the key that this one had before, and it does "
                            "not count any more",
                    .advice = "Give it the new key."};
        break;
    case carpnl::Match::old_list:
        if (refused)
            return {.id = "other-list",
                    .text =
                        "another host still has the list of addresses that this one had before, "
                        "and it does not count any more",
                    .advice = "Give it the new addresses."};
        break;
    default:
        break;
    }
    return {};
}

/// Returns whether the digest is that of a peer.
bool check_digest(const Patient &patient, const Speaker &speaker,
                  const carpnl::Verification &verification, std::vector<Finding> &findings) {
    auto told = told_by(verification, patient.after, refuses(patient));
    if (told.id.empty())
        return true;
    auto finding = about(patient.after, told.id, Severity::error);
    finding.speakers = {speaker.last.source.host()};
    finding.address = verification.address;
    finding.text = std::move(told.text);
    finding.advice = std::move(told.advice);
    add(findings, std::move(finding));
    return false;
}

void check_skew(const Patient &patient, const Speaker &speaker, std::vector<Finding> &findings) {
    const auto &device = patient.after;
    const auto &advert = speaker.last;
    if (advert.bow_out || advert.advbase != device.advbase() || advert.advskew != device.advskew())
        return;
    auto finding = about(device, "same-skew", Severity::warning);
    finding.speakers = {advert.source.host()};
    finding.text = "another host has the same " + pace_words(advert) +
                   ": which of them leads is left to chance";
    finding.advice =
        "Give each host an advskew of its own, the lowest to the one that is to lead: " +
        change(device, "advskew N") + ".";
    add(findings, std::move(finding));
}

/// Whether the module has counted anything that may have been this speaker's.
bool arrived(const Patient &patient, const Speaker &speaker) {
    using carpnl::Counter;
    const auto before = patient.before.counters();
    const auto after = patient.after.counters();
    if (!before || !after)
        return true;
    const auto valid = speaker.last.source.family() == Family::inet ? Counter::rx4 : Counter::rx6;
    const std::array<Counter, 5> all{valid, Counter::loop, Counter::init, Counter::badauth,
                                     Counter::not_peer};
    return std::any_of(all.begin(), all.end(), [&](Counter counter) {
        return before->get(counter) != after->get(counter);
    });
}

void check_arrival(const Patient &patient, const Speaker &speaker, std::vector<Finding> &findings) {
    if (patient.after.state() == carpnl::State::init || arrived(patient, speaker))
        return;
    auto finding = about(patient.after, "not-heard", Severity::error);
    finding.speakers = {speaker.last.source.host()};
    finding.text = "another host's adverts reach " + patient.after.parent_name().value_or("IF") +
                   ", but not CARP: this host is MASTER beside it, or will be";
    finding.advice = "Something between drops protocol 112: look at 'tc filter show dev " +
                     patient.after.parent_name().value_or("IF") +
                     " ingress' and at 'nft list ruleset' for chains of type ingress (of input for "
                     "adverts to this host alone).";
    add(findings, std::move(finding));
}

/// An advert from a network that neither the parent nor the device is in.
void check_source(const Patient &patient, const Speaker &speaker, std::vector<Finding> &findings) {
    const auto &source = speaker.last.source;
    const auto &own = patient.link.addresses;
    const auto of_family = [](const Address &one) { return one.family() == Family::inet; };
    const auto holds = [&](const Address &one) { return one.subnet_contains(source); };
    const auto &virtuals = patient.after.addresses();
    const bool nowhere = std::to_integer<unsigned>(source.bytes().front()) == 0;
    if (source.family() != Family::inet || nowhere ||
        std::none_of(own.begin(), own.end(), of_family) ||
        std::any_of(own.begin(), own.end(), holds) ||
        std::any_of(virtuals.begin(), virtuals.end(), holds) || !patient.after.peers().empty())
        return;
    auto finding = about(patient.after, "prefix-mismatch", Severity::warning);
    finding.speakers = {source.host()};
    finding.text = "another host of the group is in no network of " +
                   patient.after.parent_name().value_or("the parent");
    finding.advice = "Compare addresses and prefix lengths of both hosts.";
    add(findings, std::move(finding));
}

void check_vrrp(const Patient &patient, const Speaker &speaker, std::vector<Finding> &findings) {
    const bool same_mac = speaker.last.source.family() == Family::inet;
    auto finding =
        about(patient.after, "vrrp-vhid", same_mac ? Severity::error : Severity::warning);
    finding.speakers = {speaker.last.source.host()};
    finding.text = std::string(describe(speaker.last.protocol)) + " uses the number " +
                   std::to_string(speaker.last.vhid) + " on this network, too";
    finding.text += same_mac ? ", and with it the same virtual MAC" : "";
    finding.advice = "Give one of them another number: " + change(patient.after, "vhid N") +
                     " on all hosts of this group, while they are down.";
    add(findings, std::move(finding));
}

std::string_view remedy(Owner owner) {
    switch (owner) {
    case Owner::kernel:
        return "It ends with the problem: look at that device's parent, and at the counter "
               "tx_errors of 'carpctl stats'.";
    case Owner::sysctl:
        return "Somebody wrote net.inet.carp.demotion: write the negative number to take it back.";
    default:
        return "";
    }
}

/// A cause of a group concerns whoever is demoted: which group a device is in is not told.
bool concerns(const Cause &cause, const Status &device) {
    if (cause.scope() == Scope::device)
        return cause.device_name() == device.name() || cause.device_index() == device.index();
    return cause.scope() == Scope::net || device.demotion() != 0;
}

std::string undo(const Cause &cause) {
    std::string command = cause.is_drain() && cause.name() == "maintenance"
                              ? "carpctl undrain"
                              : "carpctl undemote '" + cause.name() + "'";
    if (cause.scope() == Scope::group)
        command += " group " + std::to_string(cause.group().value_or(0));
    if (cause.scope() == Scope::device)
        command += " dev " + cause.device_name();
    return "If the reason is over: " + command + ".";
}

/// The parts of "1.10.2", compared as numbers; words behind them do not count.
std::vector<unsigned> parts(std::string_view release) {
    std::vector<unsigned> all;
    std::istringstream text{std::string(release)};
    for (unsigned number = 0; text >> number;) {
        all.push_back(number);
        if (text.get() != '.')
            break;
    }
    return all;
}

} // namespace

void check_device(const Patient &patient, const Sysctls &sysctls, std::vector<Finding> &findings) {
    check_init(patient.after, sysctls, findings);
    for (const auto &address : patient.after.addresses())
        for (const auto &of_parent : patient.link.addresses)
            check_address(patient.after, address, of_parent, findings);
    check_bridge(patient, findings);
}

void check_speakers(const Patient &patient, std::vector<Finding> &findings) {
    for (const auto &speaker : patient.speakers) {
        if (speaker.own)
            continue;
        if (speaker.last.protocol == Protocol::vrrp2 || speaker.last.protocol == Protocol::vrrp3)
            check_vrrp(patient, speaker, findings);
        if (!speaker.valid() || !speaker.verification ||
            !check_digest(patient, speaker, *speaker.verification, findings))
            continue;
        check_skew(patient, speaker, findings);
        check_source(patient, speaker, findings);
        check_arrival(patient, speaker, findings);
    }
}

void check_causes(std::span<const Cause> causes, std::span<const Patient> patients,
                  std::vector<Finding> &findings) {
    for (const auto &cause : causes) {
        const bool matters =
            cause.owner() != Owner::socket &&
            std::any_of(patients.begin(), patients.end(),
                        [&](const auto &patient) { return concerns(cause, patient.after); });
        if (!matters)
            continue;
        Finding finding{.id = "demoted",
                        .severity = Severity::warning,
                        .text = "demoted by " + describe(cause),
                        .advice = std::string(remedy(cause.owner()))};
        if (cause.scope() == Scope::device)
            finding.device = cause.device_name();
        if (finding.advice.empty())
            finding.advice = undo(cause);
        add(findings, std::move(finding));
    }
}

void check_module(const std::optional<ModuleVersion> &module, std::string_view tool,
                  std::vector<Finding> &findings) {
    if (!module || parts(module->version) >= parts(tool))
        return;
    add(findings,
        {.id = "module-older",
         .severity = Severity::warning,
         .text = "the loaded module is of release " + module->version + ", carpctl of " +
                 std::string(tool),
         .advice = "Load the new module when the addresses are elsewhere: 'carpctl drain', "
                   "'modprobe -r carp', and make the devices again; or restart the host."});
}

} // namespace carpctl
