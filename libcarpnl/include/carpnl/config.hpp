// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * What a carp device should be (Config, for a new one) or become (Changes, for an existing one).
 *
 * Numbers are handed to the kernel as they are: it knows the ranges and refuses with a text that
 * names the setting, the value and the range. The ranges written here are those of this release.
 */
#pragma once

#include <carpnl/address.hpp>
#include <carpnl/export.hpp>
#include <carpnl/key.hpp>
#include <carpnl/types.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace carpnl {

namespace detail {
struct Settings;
}

/**
 * A device to create. Everything is optional: an empty Config makes a device in INIT, like
 * `ifconfig carp0 create`, to be configured later.
 *
 *     socket.create("carp0", Config().parent("eth0").vhid(1).key(Key("testpass"))
 *                                .address(Address::parse("192.168.1.50/24")).up(true));
 *
 * Move-only, since a Key is.
 */
class CARPNL_API Config {
  public:
    Config();
    Config(Config &&) noexcept;
    Config &operator=(Config &&) noexcept;
    ~Config();

    /// The Ethernet-like interface below, by name. Without it and with addresses, the one in whose
    /// subnet the first address lies is taken: Socket::parent_by_subnet().
    Config &parent(std::string name);
    /// The same by interface index.
    Config &parent(std::uint32_t index);
    /// The group's number, 1..255, unique on its parent. Needed with a parent.
    Config &vhid(std::uint32_t vhid);
    /// Seconds between adverts, 0..255, default 1.
    Config &advbase(std::uint32_t seconds);
    /// 1/256 seconds added to advbase, 0..254, default 0: the host with the lowest leads.
    Config &advskew(std::uint32_t skew);
    /// The secret of the group, 1..20 bytes.
    Config &key(Key key);
    /// A second secret, 1..20 bytes, not the same: adverts made with it are accepted too, none is
    /// sent. An empty one is none, which is the default.
    Config &key_next(Key key);
    /// For how long a key that is replaced later on is still accepted, 0..86400 s, default 300; 0:
    /// not at all.
    Config &grace(std::chrono::seconds time);
    /// Default Preempt::inherit.
    Config &preempt(Preempt preempt);
    /// How long a BACKUP waits before it preempts a slower MASTER, 0..3600000 ms, default 0.
    Config &preempt_delay(std::chrono::milliseconds time);
    /// How long the device takes nothing over after its parent's link came up, not even from a
    /// MASTER that it cannot hear, 0..3600000 ms, default 0.
    Config &start_hold(std::chrono::milliseconds time);
    /// How often a new MASTER announces its addresses (gratuitous ARP, unsolicited neighbour
    /// advertisements), the first time included, 1..100, default 2.
    Config &announce_count(std::uint32_t count);
    /// Time between these announcements, 0..60000 ms; 0, the default: with every second advert.
    Config &announce_interval(std::chrono::milliseconds interval);
    /// Time after which a MASTER announces them once more, again and again, 0..86400 s; 0, the
    /// default: never.
    Config &announce_refresh(std::chrono::seconds refresh);
    /// Where adverts of a family go, up to 16 hosts; default, and with an empty list: to the
    /// multicast group. Their prefix lengths do not count.
    Config &peers(Family family, std::vector<Address> hosts);
    /// One more virtual address.
    Config &address(const Address &address);
    /// Whether to bring the device up once everything else is set; default no.
    Config &up(bool up);

    /// @private
    const detail::Settings &settings() const noexcept { return *settings_; }

  private:
    std::unique_ptr<detail::Settings> settings_;
};

/**
 * Changes to a device: only what is set here is touched.
 *
 * Parent and vhid can be changed while the device is down; the rest at any time, without an
 * election.
 */
class CARPNL_API Changes {
  public:
    Changes();
    Changes(Changes &&) noexcept;
    Changes &operator=(Changes &&) noexcept;
    ~Changes();

    /// As in Config; a device that has a parent keeps it unless told otherwise.
    Changes &parent(std::string name);
    Changes &parent(std::uint32_t index);
    Changes &vhid(std::uint32_t vhid);
    Changes &advbase(std::uint32_t seconds);
    Changes &advskew(std::uint32_t skew);
    /// Replaces the key. The one setting that cannot be put back when a later step fails.
    Changes &key(Key key);
    /// As in Config; an empty Key takes it away. Setting key() to the same bytes does so, too: the
    /// next key has become the key. Cannot be put back either.
    Changes &key_next(Key key);
    Changes &grace(std::chrono::seconds time);
    Changes &preempt(Preempt preempt);
    Changes &preempt_delay(std::chrono::milliseconds time);
    Changes &start_hold(std::chrono::milliseconds time);
    Changes &announce_count(std::uint32_t count);
    Changes &announce_interval(std::chrono::milliseconds interval);
    Changes &announce_refresh(std::chrono::seconds refresh);
    /// As in Config; replaces the list.
    Changes &peers(Family family, std::vector<Address> hosts);
    /// Ensures a virtual address: adds it if it is not there. Other addresses stay.
    Changes &address(const Address &address);
    /// Deletes a virtual address, which must be there.
    Changes &delete_address(const Address &address);
    Changes &up(bool up);
    /// Asks for a step to State::master or State::backup, once, after everything else.
    Changes &force_state(State state);

    /// Whether nothing is set.
    bool empty() const noexcept;

    /// @private
    const detail::Settings &settings() const noexcept { return *settings_; }

  private:
    std::unique_ptr<detail::Settings> settings_;
};

} // namespace carpnl
