// SPDX-License-Identifier: GPL-2.0-only
#include "carp_test.hpp"

#include "output_dir.hpp"

#include <algorithm>
#include <fstream>

namespace e2e {

namespace {

/// For namespaces to be taken apart, so that their last frames are judged too.
constexpr Duration aftermath = 300ms;

} // namespace

CarpTest::CarpTest() : monitor_(std::make_unique<StateMonitor>()) { add_segment("wire"); }

Segment &CarpTest::add_segment(const std::string &name) {
    segments_.push_back(std::make_unique<Segment>(name));
    return *segments_.back();
}

Host &CarpTest::add_lonely_host(const std::string &name) {
    hosts_.push_back(std::make_unique<Host>(name));
    monitor_->watch(*hosts_.back());
    return *hosts_.back();
}

Host &CarpTest::add_host(const std::string &name, const std::vector<std::string> &addresses) {
    Host &host = add_lonely_host(name);
    wire().attach(host, "eth0", addresses);
    return host;
}

void CarpTest::remove_host(Host &host) {
    monitor_->forget(host);
    const auto found = std::find_if(hosts_.begin(), hosts_.end(),
                                    [&](const auto &owned) { return owned.get() == &host; });
    hosts_.erase(found);
}

void CarpTest::TearDown() {
    const std::vector<StateChange> changes = monitor_->changes();
    EXPECT_TRUE(monitor_->complete() || reports_may_be_lost_) << "state reports were lost";
    // Its sockets would keep the namespaces alive.
    monitor_.reset();
    hosts_.clear();
    sleep_for(aftermath);
    for (const auto &segment : segments_) {
        EXPECT_EQ(segment->capture.lost(), 0U) << "the capture lost frames";
        for (const std::string &violation : segment->invariants.violations(changes))
            ADD_FAILURE() << violation;
    }
    for (const std::string &line : dmesg_.complaints())
        ADD_FAILURE() << "kernel log: " << line;
    if (HasFailure())
        keep_evidence();
}

void CarpTest::keep_evidence() {
    for (std::size_t i = 0; i < segments_.size(); ++i)
        segments_[i]->capture.save(output_path(i == 0 ? "" : "." + std::to_string(i)));
    std::ofstream log(output_path(".dmesg"), std::ios::trunc);
    for (const std::string &line : dmesg_.lines())
        log << line << '\n';
}

} // namespace e2e
