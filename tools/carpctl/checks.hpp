// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * What can be wrong with a device, judged by what is known of it. Pure: nothing is asked here.
 */
#pragma once

#include "environment.hpp"
#include "finding.hpp"
#include "kernel_module.hpp"
#include "link_facts.hpp"
#include "speakers.hpp"

#include <carpnl/demotion.hpp>
#include <carpnl/status.hpp>

#include <span>
#include <string_view>

namespace carpctl {

/// What is known of a device.
struct Patient {
    carpnl::Status before;         ///< when listening began
    carpnl::Status after;          ///< when it ended
    LinkFacts link;                ///< of its parent
    std::vector<Speaker> speakers; ///< those of its number on its parent, of any protocol
};

/// The device's own settings, its addresses and its parent.
void check_device(const Patient &patient, const Sysctls &sysctls, std::vector<Finding> &findings);
/// What others say on the wire, and whether it arrives.
void check_speakers(const Patient &patient, std::vector<Finding> &findings);
/// Causes of demotion that concern one of these devices and that no running program holds.
void check_causes(std::span<const carpnl::Cause> causes, std::span<const Patient> patients,
                  std::vector<Finding> &findings);
/// @param module the one that is loaded
void check_module(const std::optional<ModuleVersion> &module, std::string_view tool,
                  std::vector<Finding> &findings);

} // namespace carpctl
