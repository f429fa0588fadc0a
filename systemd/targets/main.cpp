// SPDX-License-Identifier: GPL-2.0-or-later
// carp-targets: keeps carp-master@NAME.target and carp-backup@NAME.target as the devices are.
#include "notify.hpp"
#include "systemctl.hpp"
#include "wanted.hpp"

#include <carpnl/monitor.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <thread>

namespace {

/// After a refusal, as of a service manager that shuts down.
constexpr std::chrono::milliseconds pause_before_retry(500);
/// A device that flaps is not to keep the service manager busy.
constexpr std::chrono::milliseconds pause_between_jobs(50);

[[noreturn]] void run() {
    // First, so that whatever happens from here on is seen.
    auto monitor = carpnl::Monitor::open();
    carptargets::Wanted wanted(carptargets::active_targets());
    bool known = false;
    bool told = false;
    std::optional<std::chrono::milliseconds> limit;
    while (true) {
        monitor.wait(limit);
        // All of it: many changes make one job.
        while (monitor.process([&](const carpnl::Event &event) {
            wanted.take(event);
            known = known || event.kind() == carpnl::EventKind::resync;
        }) > 0)
            ;
        if (!known)
            continue;
        limit.reset();
        if (const auto jobs = wanted.jobs(); !jobs.empty()) {
            if (!carptargets::give(jobs)) {
                limit = pause_before_retry;
                continue;
            }
            wanted.done();
            std::this_thread::sleep_for(pause_between_jobs);
        }
        told = told || carptargets::notify("READY=1");
    }
}

} // namespace

int main() {
    try {
        run();
    } catch (const std::exception &error) {
        std::fprintf(stderr, "carp-targets: %s\n", error.what());
        return EXIT_FAILURE;
    }
}
