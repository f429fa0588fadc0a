// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * How this library fails.
 */
#pragma once

#include <carpnl/export.hpp>

#include <memory>
#include <string>
#include <system_error>

namespace carpnl {

/**
 * What went wrong, with which device, and in the kernel's own words where it gave any.
 *
 * code() is an errno value of std::generic_category(). Frequent ones: EPERM (needs CAP_NET_ADMIN),
 * ENODEV (no such device), EEXIST (name or vhid is taken), ERANGE and EINVAL (a value was refused),
 * EOPNOTSUPP (the kernel has no carp module).
 *
 * what() is "SUBJECT: TEXT", or TEXT alone if there is no subject. Copies never throw.
 */
class CARPNL_API Error : public std::system_error {
  public:
    /**
     * @param code an errno value
     * @param subject the device, or empty
     * @param text what happened; empty: the system's words for @p code
     * @param attribute the setting that was refused, as in "vhid", or empty
     * @param kernel whether the kernel wrote @p text
     */
    Error(int code, std::string subject, std::string text, std::string attribute = {},
          bool kernel = false);
    Error(const Error &other) noexcept;
    Error &operator=(const Error &other) noexcept;
    ~Error() override;

    const char *what() const noexcept override;
    /// The device that it is about, as in "carp0"; may be empty.
    const std::string &subject() const noexcept;
    /// What happened, without the subject.
    const std::string &text() const noexcept;
    /// The refused setting: "vhid", "advbase", "advskew", "key", "preempt", "parent", "state",
    /// "address", "name"; empty if it is not known.
    const std::string &attribute() const noexcept;
    /// Whether text() is the kernel's own (its extended acknowledgement).
    bool from_kernel() const noexcept;

  private:
    struct Detail;
    std::shared_ptr<const Detail> detail_;
};

} // namespace carpnl
