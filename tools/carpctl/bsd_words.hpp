// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * The words that the BSDs' ifconfig(8) takes for CARP.
 */
#pragma once

#include "carp_file.hpp"
#include "carp_lines.hpp"

#include <carpnl/key.hpp>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace carpctl {

struct BsdWord {
    std::string text;
    Place place;
};

/// A group as a BSD host has it: a carp interface, or a vhid of an interface.
struct BsdGroup {
    /// The interface below, as it is called there; empty if nothing tells.
    std::string parent;
    /// Those of that interface itself.
    std::vector<carpnl::Address> parent_addresses = {};
    CarpFile file;
    std::optional<carpnl::Key> key;
};

/// Something in the file that needs a reader's eye.
struct Remark {
    Place place;
    std::string text;
    /// It is not in what was written.
    bool left_out = true;
};

enum class BsdDialect : bool { freebsd, openbsd };

/**
 * Adds what the words say to @p group. A word after `pass` is never repeated in a remark, nor is
 * any that is not known, which might belong to one.
 */
void read_bsd_words(std::span<const BsdWord> words, BsdDialect dialect, BsdGroup &group,
                    std::vector<Remark> &remarks);

} // namespace carpctl
