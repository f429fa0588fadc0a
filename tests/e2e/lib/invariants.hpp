// SPDX-License-Identifier: GPL-2.0-only
/// What must hold in every test, whatever it tests, judged from the capture:
/// nobody but the MASTER uses the virtual MAC, and there is one MASTER.
#pragma once

#include "capture.hpp"
#include "state_monitor.hpp"
#include "wire.hpp"

#include <set>
#include <string>
#include <vector>

namespace e2e {

/// A host counts as MASTER of a vhid from its first advert on, until its
/// bow-out, until it heard a better advert (plus a moment), until its cable was
/// pulled, or until its kernel said that it is no longer.
///
/// Violations are: any frame with a virtual MAC as Ethernet, ARP or neighbour
/// discovery sender from a host that is not MASTER; a bow-out from one; an
/// advert that begins or goes on although another master was heard less than
/// the own master-down time ago, unless that one bowed out or is slower.
class Invariants {
  public:
    Invariants(Capture &capture, const Wire &wire) : capture_(capture), wire_(wire) {}

    /// Frames of this host are planted by the test: not judged, heard by nobody
    /// as far as these rules know.
    void outsider(const Host &host) { outsiders_.insert(host.name()); }
    /// Another implementation: the others hear it, but it is not judged.
    void foreign(const Host &host) { foreign_.insert(host.name()); }
    /// The members of this vhid do not understand each other, so each is alone.
    void split(unsigned vhid) { split_.insert(vhid); }
    /// The administrator forces states of this vhid, at any time.
    void forced(unsigned vhid) { forced_.insert(vhid); }

    /// One line for each violation.
    [[nodiscard]] std::vector<std::string> violations(const std::vector<StateChange> &changes = {});

  private:
    class Judge;

    Capture &capture_;
    const Wire &wire_;
    std::set<std::string> outsiders_;
    std::set<std::string> foreign_;
    std::set<unsigned> split_;
    std::set<unsigned> forced_;
};

} // namespace e2e
