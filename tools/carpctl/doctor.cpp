// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor.hpp"

#include "checks.hpp"
#include "cli.hpp"
#include "json.hpp"
#include "seconds.hpp"

#include <carpnl/carpnl.hpp>

#include <algorithm>
#include <cerrno>
#include <ostream>

namespace carpctl {
namespace {

using carpnl::Address;
using carpnl::Error;
using carpnl::Socket;
using carpnl::Status;
using std::chrono::milliseconds;

/// Two adverts at least of everybody who has the usual advbase.
constexpr milliseconds usual_time{4000};
/// So many intervals of this host's own groups, which may be slower.
constexpr int intervals = 3;

struct DoctorWords {
    std::vector<std::string> names;
    std::optional<milliseconds> time;
};

DoctorWords parse(Arguments &arguments) {
    DoctorWords words;
    while (!arguments.at_end()) {
        if (arguments.take_if("--time") || arguments.take_if("-t")) {
            if (words.time)
                throw UsageError("--time: given twice");
            words.time = take_seconds(arguments, "--time");
            continue;
        }
        const auto name = arguments.take("NAME");
        if (name.empty() || name.front() == '-')
            throw UsageError("'" + std::string(name) + "' is not a NAME");
        words.names.emplace_back(name);
    }
    return words;
}

std::vector<Status> chosen(Socket &socket, const std::vector<std::string> &names) {
    if (names.empty())
        return socket.list();
    std::vector<Status> devices;
    devices.reserve(names.size());
    for (const auto &name : names)
        devices.push_back(socket.status(name));
    return devices;
}

/// The parents of those that take part; the others hear nothing anyway.
std::vector<std::string> parents_of(const std::vector<Status> &devices) {
    std::vector<std::string> parents;
    for (const auto &device : devices) {
        const auto parent = device.parent_name();
        if (parent && device.state() != carpnl::State::init &&
            std::find(parents.begin(), parents.end(), *parent) == parents.end())
            parents.push_back(*parent);
    }
    return parents;
}

milliseconds time_for(const std::vector<Status> &devices) {
    auto time = usual_time;
    for (const auto &device : devices)
        time = std::max(time, std::chrono::ceil<milliseconds>(device.interval() * intervals));
    return time;
}

struct Listened {
    std::vector<Speaker> speakers;
    std::vector<std::pair<std::string, Claim>> claims; ///< and where they were heard
};

Listened listen(Environment &environment, const std::vector<Status> &devices,
                const std::optional<milliseconds> &time) {
    const auto parents = parents_of(devices);
    if (parents.empty())
        return {};
    Listened heard;
    Speakers speakers;
    environment.open_wire(parents)->listen(
        time.value_or(time_for(devices)), [&](const Heard &frame) {
            speakers.hear(frame);
            const auto claim = read_claim(frame.frame);
            constexpr std::size_t enough = 1024;
            if (claim && heard.claims.size() < enough)
                heard.claims.emplace_back(frame.interface, *claim);
            return true;
        });
    heard.speakers = speakers.all();
    return heard;
}

bool has(const std::vector<Address> &addresses, const Address &address) {
    return std::any_of(addresses.begin(), addresses.end(),
                       [&](const auto &one) { return one.same_host(address); });
}

/// Addresses that a peer may have and this device has not, the likely ones first.
std::vector<Address> candidates(const Patient &patient, const Listened &heard,
                                const std::vector<Status> &devices) {
    std::vector<Address> all;
    const auto consider = [&](const Address &address) {
        if (!has(patient.after.addresses(), address) && !has(all, address))
            all.push_back(address);
    };
    for (const auto &[parent, claim] : heard.claims)
        if (parent == patient.after.parent_name() && claim.vhid == patient.after.vhid())
            consider(claim.address);
    for (const auto &claim : patient.link.neighbours)
        if (claim.vhid == patient.after.vhid())
            consider(claim.address);
    for (const auto &device : devices)
        for (const auto &address : device.addresses())
            consider(address);
    for (const auto &address : patient.link.addresses)
        consider(address);
    for (const auto &speaker : patient.speakers)
        consider(speaker.last.source);
    return all;
}

/// Asks again for adverts that fit nothing, each time with one address more.
void try_candidates(Socket &socket, Patient &patient, const std::vector<Address> &addresses) {
    for (auto &speaker : patient.speakers) {
        if (!speaker.verification || speaker.verification->match != carpnl::Match::none)
            continue;
        for (const auto &address : addresses) {
            const auto answer = socket.verify(patient.after.name(), speaker.last.header, address);
            if (answer.match == carpnl::Match::none)
                continue;
            speaker.verification = answer;
            break;
        }
    }
}

/// The counters come last: what was heard has been counted by then.
Patient examine(Environment &environment, Socket &socket, const Status &before,
                const Listened &heard) {
    Patient patient{
        .before = before, .after = socket.status(before.name()), .link = {}, .speakers = {}};
    const auto parent = patient.after.parent_name();
    if (parent)
        patient.link = environment.look_at(*parent);
    for (const auto &speaker : heard.speakers)
        if (speaker.parent == parent && speaker.last.vhid == patient.after.vhid())
            patient.speakers.push_back(speaker);
    return patient;
}

std::vector<Finding> find_all(Environment &environment, const DoctorWords &words) {
    auto socket = environment.open();
    const auto devices = chosen(socket, words.names);
    auto heard = listen(environment, devices, words.time);
    std::vector<Patient> patients;
    patients.reserve(devices.size());
    for (const auto &device : devices)
        patients.push_back(examine(environment, socket, device, heard));

    std::vector<Finding> findings;
    const auto sysctls = environment.sysctls();
    for (auto &patient : patients) {
        if (!verify(patient.speakers, {patient.after}, socket))
            throw Error(EPERM, patient.after.name(),
                        "asking what adverts were made with needs CAP_NET_ADMIN");
        try_candidates(socket, patient, candidates(patient, heard, devices));
        check_device(patient, sysctls, findings);
        check_speakers(patient, findings);
    }
    if (!patients.empty()) {
        check_causes(socket.causes(), patients, findings);
        check_module(environment.module_versions().loaded, carpnl::header_version, findings);
    }
    return findings;
}

} // namespace

int doctor(Arguments &arguments, Environment &environment, bool json, ShowOptions options) {
    const auto findings = find_all(environment, parse(arguments));
    if (json) {
        auto all = nlohmann::ordered_json::array();
        for (const auto &finding : findings)
            all.push_back(to_json(finding));
        print_json(environment.out, all, options);
    } else if (findings.empty()) {
        environment.out << "nothing found\n";
    } else {
        for (const auto &finding : findings)
            environment.out << describe(finding) << '\n';
    }
    return findings.empty() ? exit_ok : exit_condition;
}

} // namespace carpctl
