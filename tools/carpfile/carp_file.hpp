// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * NAME.carp, the file that describes a device: carp(5).
 */
#pragma once

#include <carpnl/address.hpp>
#include <carpnl/types.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace carpctl {

/// What is wrong in a file, and where. Lines and columns (bytes) count from 1.
struct Problem {
    std::string file;
    unsigned line = 0;
    unsigned column = 0;
    std::string text;
};

/// "FILE:LINE:COLUMN: TEXT"
std::string to_string(const Problem &problem);

/// What a file says of one device. What it does not say has the value that a new device has, except
/// for parent, vhid and addresses, which it then leaves alone.
struct CarpFile {
    std::string name;
    /// Where it was read from.
    std::string source;

    std::optional<std::string> parent;
    std::optional<std::uint32_t> vhid;
    std::optional<std::uint32_t> advbase;
    std::optional<std::uint32_t> advskew;
    std::optional<carpnl::Preempt> preempt;
    /// As it can be opened from here.
    std::optional<std::string> password_file;
    /// Likewise of the next key.
    std::optional<std::string> next_password_file;
    /// The name of a credential that the service manager has.
    std::optional<std::string> password_credential;
    /// The device has a key that the file does not lead to.
    bool key_not_shown = false;
    bool next_key_not_shown = false;
    std::vector<carpnl::Address> addresses;
    std::vector<carpnl::Address> peers;
    std::optional<std::uint32_t> announce_count;
    std::optional<std::chrono::milliseconds> announce_interval;
    std::optional<std::chrono::seconds> announce_refresh;
    std::optional<std::chrono::seconds> grace;
    std::optional<std::chrono::milliseconds> preempt_delay;
    std::optional<std::chrono::milliseconds> start_hold;
    /// The unit whose start ends the hold of a new device.
    std::optional<std::string> start_hold_until;

    bool operator==(const CarpFile &) const = default;
};

/**
 * Reads one text on top of what @p into holds already, as a drop-in does: a key replaces what was
 * said before, a list grows, an empty value goes back to nothing.
 * @param path for messages; a relative PasswordFile= starts in its directory
 */
void parse_carp(std::string_view text, const std::string &path, CarpFile &into,
                std::vector<Problem> &problems);

/// Several devices in one text: each section is one, and names it.
std::vector<CarpFile> parse_carp_stream(std::string_view text, const std::string &path,
                                        std::vector<Problem> &problems);

/// NAME.carp, then NAME.carp.d/*.conf in the order of their names.
/// @throws FileError if one cannot be read
CarpFile read_carp_file(const std::string &path, std::vector<Problem> &problems);
/// The same with these drop-ins.
CarpFile read_carp_file(const std::string &path, const std::vector<std::string> &drop_ins,
                        std::vector<Problem> &problems);

/// Whether an interface can have that name.
bool is_device_name(std::string_view name) noexcept;

enum class WithName : bool { no, yes };

/// What parse_carp() reads as the same.
void write_carp(std::ostream &out, const CarpFile &file, WithName with_name);

} // namespace carpctl
