// SPDX-License-Identifier: GPL-2.0-only
/// The ground every test stands on: a wire, hosts, a running capture, and the
/// checks that belong to the end of every test.
#pragma once

#include "capture.hpp"
#include "carp.hpp"
#include "dmesg.hpp"
#include "host.hpp"
#include "invariants.hpp"
#include "state_monitor.hpp"
#include "wire.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

namespace e2e {

/// A wire with a capture on it from the first frame on.
struct Segment {
    explicit Segment(const std::string &name)
        : wire(name), capture(wire), invariants(capture, wire) {}

    Wire wire;
    Capture capture;
    Invariants invariants;
};

class CarpTest : public ::testing::Test {
  protected:
    CarpTest();

    /// A host with eth0 on the first wire.
    Host &add_host(const std::string &name, const std::vector<std::string> &addresses = {});
    /// A host without any cable.
    Host &add_lonely_host(const std::string &name);
    Segment &add_segment(const std::string &name);
    /// Takes a host away before the end of the test.
    void remove_host(Host &host);

    /// Where memory runs out, reports of states may get lost.
    void allow_lost_reports() { reports_may_be_lost_ = true; }

    [[nodiscard]] Wire &wire() { return segments_.front()->wire; }
    [[nodiscard]] Capture &capture() { return segments_.front()->capture; }
    [[nodiscard]] Invariants &invariants() { return segments_.front()->invariants; }
    [[nodiscard]] Dmesg &dmesg() { return dmesg_; }
    [[nodiscard]] std::vector<StateChange> state_changes() const { return monitor_->changes(); }

    void TearDown() override;

  private:
    void keep_evidence();

    Dmesg dmesg_;
    std::vector<std::unique_ptr<Segment>> segments_;
    std::vector<std::unique_ptr<Host>> hosts_;
    std::unique_ptr<StateMonitor> monitor_;
    bool reports_may_be_lost_ = false;
};

} // namespace e2e
