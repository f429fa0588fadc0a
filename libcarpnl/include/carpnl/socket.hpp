// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * The way to the kernel.
 */
#pragma once

#include <carpnl/address.hpp>
#include <carpnl/config.hpp>
#include <carpnl/counters.hpp>
#include <carpnl/demotion.hpp>
#include <carpnl/error.hpp>
#include <carpnl/event.hpp>
#include <carpnl/export.hpp>
#include <carpnl/status.hpp>
#include <carpnl/tally.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace carpnl {

/// What an advert's digest was made with.
struct Verification {
    Match match;
    /// Of Match::addr_less and Match::addr_more: the address that makes the difference (prefix
    /// length 32 or 128).
    std::optional<Address> address;
};

/**
 * One connection to the kernel, in the network namespace in which it was opened.
 *
 * For one thread at a time; any number of Sockets may be open. Everything throws Error; all calls
 * that change something need CAP_NET_ADMIN. Each call returns when the kernel has done it, and a
 * call that throws has changed nothing, except where it says otherwise. Interrupted system calls
 * and dumps are repeated.
 */
class CARPNL_API Socket {
  public:
    /// @throws Error if the kernel gives no netlink socket
    static Socket open();
    /// In another network namespace.
    /// @param path as in "/run/netns/NAME" or "/proc/PID/ns/net"
    /// @throws Error ENOENT, EINVAL: no such namespace; EPERM: needs CAP_SYS_ADMIN
    static Socket open_in(const std::string &path);
    Socket(Socket &&) noexcept;
    Socket &operator=(Socket &&) noexcept;
    ~Socket();

    /**
     * Makes a carp device; the kernel loads its module if it must. If a later step than the making
     * fails (an address is refused, it cannot go up), the device is removed again.
     * @throws Error EEXIST: the name is taken; EOPNOTSUPP: no carp module; EINVAL, ERANGE: refused
     */
    void create(std::string_view name, const Config &config = Config());

    /**
     * Changes a device, all or nothing: when a step fails, those before it are undone and the Error
     * is that of the failed step. Two things stay and are then named in its text: a new key once
     * the kernel has it, and whatever the kernel refuses to undo.
     *
     * If addresses are named and the device has no parent, the parent is parent_by_subnet().
     * @throws Error ENODEV: no such device, or not a carp device; EINVAL: an address is named and
     *         there is no vhid, or an address to delete is not there; whatever the kernel refuses
     */
    void configure(std::string_view name, const Changes &changes);

    /// @throws Error ENODEV: no such device, or not a carp device
    Status status(std::string_view name);
    /// All carp devices of the namespace, by interface index.
    std::vector<Status> list();
    /// A MASTER tells its peers first.
    void destroy(std::string_view name);
    /// As `ip link set NAME up|down`; a MASTER that goes down tells its peers first.
    void set_up(std::string_view name, bool up);
    /// State::master or State::backup, once; the election goes on from there.
    void force_state(std::string_view name, State state);

    /// @throws Error EEXIST: it is there already
    void add_address(std::string_view name, const Address &address);
    /// Other addresses stay, whatever the sysctl promote_secondaries says.
    /// @throws Error EADDRNOTAVAIL: it is not there
    void delete_address(std::string_view name, const Address &address);
    /// In the kernel's order.
    std::vector<Address> addresses(std::string_view name);

    /**
     * The interface over which a device with these addresses belongs: up, Ethernet, able to
     * multicast, no carp device, and with an address in whose subnet the first of @p addresses
     * lies.
     * @throws Error EINVAL: none is given; EADDRNOTAVAIL: no interface fits; ENOTUNIQ: several do
     */
    std::string parent_by_subnet(std::span<const Address> addresses);

    /// State and history of a device, with the number of the namespace's last event: what a Monitor
    /// begins with. Of its settings there is little; status() has those.
    /// @throws Error ENODEV: no such carp device; EOPNOTSUPP: no carp module
    Device device(std::string_view name);
    /// Those of all carp devices of the namespace, by interface index. All have the number that was
    /// the last when the kernel began to tell.
    /// @throws Error EOPNOTSUPP: no carp module
    std::vector<Device> devices();
    /// The last changes of state, 32 at most, the newest at the end.
    /// @throws Error ENODEV: no such carp device; EOPNOTSUPP: no carp module
    std::vector<Transition> history(std::string_view name);

    /// What demotes the devices of the namespace.
    /// @throws Error EOPNOTSUPP: no carp module
    std::vector<Cause> causes();
    /// Sets a cause, or changes the one of this name, target and kind of owner.
    /// @throws Error EINVAL, ERANGE: refused; ENODEV: no such carp device; ENOSPC: 64 are enough
    void demote(const Demotion &demotion);
    /// Takes one away: this Socket's lease, else what a user set.
    /// @throws Error ENOENT: there is none; EPERM: it is the kernel's or another Socket's
    void undemote(std::string_view cause, const Target &target = Target());

    /// @throws Error ENODEV: no such carp device
    Counters counters(std::string_view name);
    /// Counters and more, of a device.
    /// @throws Error ENODEV: no such carp device; EOPNOTSUPP: no carp module
    Tally tally(std::string_view name);
    /// Those of all carp devices of the namespace, by interface index.
    /// @throws Error EOPNOTSUPP: no carp module
    std::vector<Tally> tallies();
    /// Of the namespace: of all devices, those that are gone included.
    Counters total_counters();
    /// Sets all that tally() tells to zero; the totals stay.
    void reset_counters(std::string_view name);
    /// Sets the totals to zero; those of the devices stay.
    void reset_total_counters();

    /**
     * Asks what the digest of an advert was made with. Nothing changes: what is tried here is
     * neither accepted nor remembered. Needs CAP_NET_ADMIN.
     * @param advert the CARP header, 36 bytes
     * @param extra an address that whoever made the advert may have on its list
     * @throws Error EINVAL: refused
     */
    Verification verify(std::string_view name, std::span<const std::byte> advert,
                        const std::optional<Address> &extra = std::nullopt);

    /// What the kernel remarked on calls that succeeded; empty afterwards.
    std::vector<std::string> take_warnings();

    class Impl;
    /// @private
    explicit Socket(std::unique_ptr<Impl> impl) noexcept;

  private:
    std::unique_ptr<Impl> impl_;
};

} // namespace carpnl
