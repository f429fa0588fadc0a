// SPDX-License-Identifier: GPL-2.0-or-later
#include "speakers.hpp"

#include <algorithm>
#include <cerrno>
#include <tuple>

namespace carpctl {
namespace {

using carpnl::Match;
using std::chrono::microseconds;

auto order(const Speaker &speaker) {
    const auto &advert = speaker.last;
    return std::tuple(std::string_view(speaker.parent), advert.vhid, advert.protocol,
                      advert.source.family(), advert.source.host(), speaker.own, advert.source_mac);
}

bool same(const Speaker &speaker, const Heard &heard, const Advert &advert) {
    return speaker.parent == heard.interface && speaker.own == heard.own &&
           speaker.last.vhid == advert.vhid && speaker.last.protocol == advert.protocol &&
           speaker.last.source == advert.source && speaker.last.source_mac == advert.source_mac;
}

const carpnl::Status *device_of(const Speaker &speaker,
                                const std::vector<carpnl::Status> &devices) {
    const auto found = std::find_if(devices.begin(), devices.end(), [&](const auto &device) {
        return device.parent_name() == speaker.parent && device.vhid() == speaker.last.vhid;
    });
    return found == devices.end() ? nullptr : &*found;
}

} // namespace

std::optional<microseconds> Speaker::seen_interval() const {
    if (count < 2)
        return std::nullopt;
    return std::chrono::duration_cast<microseconds>(last_time - first_time) /
           static_cast<std::int64_t>(count - 1);
}

void Speakers::hear(const Heard &heard) {
    auto advert = read_advert(heard.frame);
    if (!advert)
        return;
    const auto known = std::find_if(speakers_.begin(), speakers_.end(), [&](const auto &speaker) {
        return same(speaker, heard, *advert);
    });
    if (known == speakers_.end()) {
        speakers_.push_back({.parent = std::string(heard.interface),
                             .own = heard.own,
                             .last = std::move(*advert),
                             .count = 1,
                             .first_time = heard.time,
                             .last_time = heard.time});
        return;
    }
    ++known->count;
    known->last_time = heard.time;
    if (advert->flaw == Flaw::none || known->last.flaw != Flaw::none)
        known->last = std::move(*advert);
}

std::vector<Speaker> Speakers::all() const {
    auto sorted = speakers_;
    std::sort(sorted.begin(), sorted.end(),
              [](const auto &a, const auto &b) { return order(a) < order(b); });
    return sorted;
}

bool verify(std::vector<Speaker> &speakers, const std::vector<carpnl::Status> &devices,
            carpnl::Socket &socket) {
    bool allowed = true;
    for (auto &speaker : speakers) {
        const auto *const device = device_of(speaker, devices);
        if (device == nullptr)
            continue;
        speaker.device = device->name();
        if (!speaker.valid())
            continue;
        try {
            speaker.verification = socket.verify(device->name(), speaker.last.header);
        } catch (const carpnl::Error &error) {
            // What is not known is said to be so. The device may just have gone or changed.
            const int code = error.code().value();
            if (code != EPERM && code != ENODEV && code != EINVAL && code != EOPNOTSUPP)
                throw;
            allowed = allowed && code != EPERM;
        }
    }
    return allowed;
}

std::string describe(const carpnl::Verification &verification) {
    const std::string address = verification.address ? verification.address->host() : "one address";
    switch (verification.match) {
    case Match::none:
        return "no";
    case Match::present:
        return "yes";
    case Match::nov6ll:
        return "yes, without link-local addresses";
    case Match::key_next:
        return "yes, the next key";
    case Match::old_list:
        return "yes, the list of before";
    case Match::old_key:
        return "yes, the key of before";
    case Match::key_cut:
        return "no: the key is cut at 19 bytes";
    case Match::addr_less:
        return "no: " + address + " is missing there";
    case Match::addr_more:
        return "no: " + address + " is there too";
    }
    return std::string(carpnl::describe(verification.match));
}

} // namespace carpctl
