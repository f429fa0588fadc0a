// SPDX-License-Identifier: GPL-2.0-only
#include "faults.hpp"

#include <algorithm>

namespace e2e {

void Faults::begin(const std::string &host, Fault kind) {
    const std::scoped_lock lock(mutex_);
    periods_.push_back({host, kind, now(), std::nullopt});
}

void Faults::end(const std::string &host, Fault kind) {
    const std::scoped_lock lock(mutex_);
    for (Period &period : periods_)
        if (period.host == host && period.kind == kind && !period.to)
            period.to = now();
}

bool Faults::any(const std::string &host, Instant time, Fault kind) const {
    return std::any_of(periods_.begin(), periods_.end(), [&](const Period &period) {
        return period.host == host && period.kind == kind && period.from <= time &&
               (!period.to || time < *period.to);
    });
}

bool Faults::speaks(const std::string &host, Instant time) const {
    const std::scoped_lock lock(mutex_);
    return !any(host, time, Fault::Cut) && !any(host, time, Fault::Mute);
}

bool Faults::hears(const std::string &host, Instant time) const {
    const std::scoped_lock lock(mutex_);
    return !any(host, time, Fault::Cut) && !any(host, time, Fault::Deaf);
}

bool Faults::cut(const std::string &host, Instant time) const {
    const std::scoped_lock lock(mutex_);
    return any(host, time, Fault::Cut);
}

std::optional<Instant> Faults::healed(const std::string &host, Instant time) const {
    const std::scoped_lock lock(mutex_);
    std::optional<Instant> latest;
    for (const Period &period : periods_)
        if (period.host == host && period.kind == Fault::Cut && period.to && *period.to <= time)
            latest = std::max(latest.value_or(*period.to), *period.to);
    return latest;
}

} // namespace e2e
