// SPDX-License-Identifier: GPL-2.0-only
#include "probe.hpp"

#include <algorithm>
#include <stdexcept>
#include <sys/prctl.h>

namespace e2e {

namespace {

constexpr Duration last_chance = 50ms;

} // namespace

std::string Outage::text() const {
    return to_text(length()) + " (" + std::to_string(lost) + " lost, from " + to_text(last_before) +
           " to " + to_text(first_after) + ")";
}

Probe::Probe(const Host &client, Duration interval) : client_(client), interval_(interval) {}

void Probe::start() {
    thread_ = std::thread([this] { run(); });
}

void Probe::stop() {
    stop_ = true;
    if (thread_.joinable())
        thread_.join();
}

void Probe::finish() { stop(); }

void Probe::run() {
    client_.enter();
    prctl(PR_SET_TIMERSLACK, 1);
    Instant next = now();
    while (!stop_) {
        std::size_t number = 0;
        {
            const std::scoped_lock lock(mutex_);
            number = shots_.size();
            shots_.push_back({now(), std::nullopt, {}});
        }
        ask(number);
        collect();
        next += interval_;
        // A stopped probe must not make up for lost time with a burst.
        next = std::max(next, now());
        sleep_until(next);
    }
    sleep_for(last_chance + lab_slack());
    collect();
}

void Probe::note_answer(std::size_t number, Instant when, std::string by) {
    const std::scoped_lock lock(mutex_);
    if (number < shots_.size() && !shots_[number].answered) {
        shots_[number].answered = when;
        shots_[number].by = std::move(by);
    }
}

std::vector<Probe::Shot> Probe::shots() const {
    const std::scoped_lock lock(mutex_);
    return shots_;
}

std::size_t Probe::answered() const {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::size_t>(std::count_if(
        shots_.begin(), shots_.end(), [](const Shot &shot) { return shot.answered.has_value(); }));
}

std::size_t Probe::lost() const { return shots().size() - answered(); }

Outage Probe::worst_outage(Instant since) const {
    const std::vector<Shot> all = shots();
    std::optional<Outage> worst;
    std::optional<Instant> last;
    std::size_t lost = 0;
    const auto consider = [&](Instant next) {
        if (last && (!worst || next - *last > worst->length()))
            worst = Outage{*last, next, lost};
    };
    for (const Shot &shot : all) {
        if (shot.sent < since)
            continue;
        if (!shot.answered) {
            ++lost;
            continue;
        }
        consider(shot.sent);
        last = shot.sent;
        lost = 0;
    }
    if (lost != 0)
        consider(all.back().sent);
    if (!worst)
        throw std::runtime_error("the probe got no two answers out of " +
                                 std::to_string(all.size()) + " questions");
    return *worst;
}

std::size_t Probe::lost_outside(Instant start, Instant taken) const {
    bool served = false;
    std::size_t lost = 0;
    for (const Shot &shot : shots()) {
        served |= shot.answered && shot.sent > taken;
        if (!shot.answered && (shot.sent < start || served))
            ++lost;
    }
    if (!served)
        throw std::runtime_error("nothing was answered after " + to_text(taken));
    return lost;
}

bool Probe::wait_answer(Duration timeout, Instant since) const {
    return wait_until(
        [&] {
            const std::scoped_lock lock(mutex_);
            return std::any_of(shots_.rbegin(), shots_.rend(), [&](const Shot &shot) {
                return shot.answered && shot.sent >= since;
            });
        },
        timeout);
}

} // namespace e2e
