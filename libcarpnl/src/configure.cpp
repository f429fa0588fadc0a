// SPDX-License-Identifier: LGPL-2.1-or-later
#include "configure.hpp"

#include "links.hpp"
#include "rollback.hpp"
#include "status_reader.hpp"

#include <carpnl/error.hpp>

#include <linux/carp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

namespace carpnl::detail {
namespace {

/// The part of the settings that travels in IFLA_INFO_DATA.
struct LinkSettings {
    std::optional<std::uint32_t> parent;
    std::optional<std::uint32_t> vhid;
    std::optional<std::uint32_t> advbase;
    std::optional<std::uint32_t> advskew;
    std::optional<std::uint32_t> preempt;
    std::optional<std::uint32_t> grace;
    std::optional<std::uint32_t> preempt_delay;
    std::optional<std::uint32_t> start_hold;
    std::optional<std::uint32_t> announce_count;
    std::optional<std::uint32_t> announce_interval;
    std::optional<std::uint32_t> announce_refresh;
    std::optional<std::vector<Address>> peers4;
    std::optional<std::vector<Address>> peers6;
    const Key *key = nullptr;
    const Key *key_next = nullptr;
    std::optional<std::uint32_t> force;

    bool empty() const noexcept {
        return !parent && !vhid && !advbase && !advskew && !preempt && !grace && !preempt_delay &&
               !start_hold && !announce_count && !announce_interval && !announce_refresh &&
               !peers4 && !peers6 && key == nullptr && key_next == nullptr && !force;
    }
};

void put(Request &request, std::uint16_t type, const std::optional<std::uint32_t> &value) {
    if (value)
        request.put_u32(type, *value);
}

/// The family of each goes with it, and the kernel says what it thinks of one in the wrong list.
void put_peers(Request &request, std::uint16_t type,
               const std::optional<std::vector<Address>> &hosts) {
    if (!hosts)
        return;
    const Request::Nest list(request, type);
    for (const auto &host : *hosts)
        request.put(host.family() == Family::inet ? CARP_PEERS_ADDR4 : CARP_PEERS_ADDR6,
                    host.bytes());
}

void put_info(Request &request, const LinkSettings &settings) {
    const Request::Nest info(request, IFLA_LINKINFO);
    request.put_text(IFLA_INFO_KIND, CARP_KIND);
    const Request::Nest data(request, IFLA_INFO_DATA);
    put(request, IFLA_CARP_PARENT, settings.parent);
    put(request, IFLA_CARP_VHID, settings.vhid);
    put(request, IFLA_CARP_ADVBASE, settings.advbase);
    put(request, IFLA_CARP_ADVSKEW, settings.advskew);
    put(request, IFLA_CARP_PREEMPT, settings.preempt);
    put(request, IFLA_CARP_GRACE, settings.grace);
    put(request, IFLA_CARP_PREEMPT_DELAY, settings.preempt_delay);
    put(request, IFLA_CARP_START_HOLD, settings.start_hold);
    put(request, IFLA_CARP_ANNOUNCE_COUNT, settings.announce_count);
    put(request, IFLA_CARP_ANNOUNCE_INTERVAL, settings.announce_interval);
    put(request, IFLA_CARP_ANNOUNCE_REFRESH, settings.announce_refresh);
    put_peers(request, IFLA_CARP_PEERS4, settings.peers4);
    put_peers(request, IFLA_CARP_PEERS6, settings.peers6);
    if (settings.key != nullptr)
        request.put(IFLA_CARP_KEY, settings.key->bytes());
    if (settings.key_next != nullptr)
        request.put(IFLA_CARP_KEY_NEXT, settings.key_next->bytes());
    put(request, IFLA_CARP_FORCE_STATE, settings.force);
}

std::size_t room_for(const LinkSettings &settings) {
    constexpr std::size_t all_but_lists = 1024;
    constexpr std::size_t one_peer = 20;
    return all_but_lists + (settings.key != nullptr ? settings.key->size() : 0) +
           (settings.key_next != nullptr ? settings.key_next->size() : 0) +
           one_peer * ((settings.peers4 ? settings.peers4->size() : 0) +
                       (settings.peers6 ? settings.peers6->size() : 0));
}

void change_link(Exchange &exchange, const Link &link, const LinkSettings &settings) {
    if (settings.empty())
        return;
    Request request(RTM_NEWLINK, 0, room_for(settings));
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(link.index());
    request.fixed(header);
    put_info(request, settings);
    exchange.perform(request, link.name());
}

/// The interface that the settings name, or that the first address leads to.
std::optional<std::uint32_t> choose_parent(Exchange &exchange, std::string_view subject,
                                           const Settings &settings, bool has_one) {
    try {
        if (settings.parent) {
            if (const auto *index = std::get_if<std::uint32_t>(&*settings.parent))
                return *index;
            return get_link(exchange, std::get<std::string>(*settings.parent)).index();
        }
        if (!has_one && !settings.addresses.empty())
            return parent_by_subnet(exchange, settings.addresses.front()).index();
    } catch (const Error &error) {
        // In the words that ip(8) has for it.
        const bool unknown = error.code().value() == ENODEV && !error.subject().empty();
        throw Error(error.code().value(), std::string(subject),
                    unknown ? "parent: Cannot find device \"" + error.subject() + "\""
                            : error.text(),
                    "parent", error.from_kernel());
    }
    return std::nullopt;
}

LinkSettings link_settings(const Settings &settings, std::optional<std::uint32_t> parent) {
    LinkSettings link;
    link.parent = parent;
    link.vhid = settings.vhid;
    link.advbase = settings.advbase;
    link.advskew = settings.advskew;
    if (settings.preempt)
        link.preempt = static_cast<std::uint32_t>(*settings.preempt);
    link.grace = settings.grace;
    link.preempt_delay = settings.preempt_delay;
    link.start_hold = settings.start_hold;
    link.announce_count = settings.announce_count;
    link.announce_interval = settings.announce_interval;
    link.announce_refresh = settings.announce_refresh;
    link.peers4 = settings.peers4;
    link.peers6 = settings.peers6;
    link.key = settings.key ? &*settings.key : nullptr;
    link.key_next = settings.key_next ? &*settings.key_next : nullptr;
    return link;
}

/// The kernel lets addresses wait for a vhid. Who names both in one go means them to work: so what
/// the kernel says on a parent without vhid is said here.
void require_vhid(std::string_view subject, const Settings &settings, bool has_one) {
    if (!settings.addresses.empty() && !settings.vhid && !has_one)
        throw Error(EINVAL, std::string(subject),
                    "carp: vhid: not set (range " + std::to_string(CARP_VHID_MIN) + ".." +
                        std::to_string(CARP_VHID_MAX) + ")",
                    "vhid");
}

bool contains(const std::vector<AddressRecord> &records, const Address &address) {
    return std::any_of(records.begin(), records.end(),
                       [&](const AddressRecord &one) { return one.address == address; });
}

/// One run of configure(): what was there before, what is to be done, how to undo it.
class Transaction {
  public:
    Transaction(Exchange &exchange, Link link, const Settings &settings)
        : exchange_(exchange), link_(std::move(link)), settings_(settings), old_(link_.carp_data()),
          before_(get_addresses(exchange, link_.index(), link_.name())) {
        plan();
    }

    void run() {
        try {
            steps();
        } catch (const Error &error) {
            const auto left = rollback_.run();
            if (left.empty())
                throw;
            std::string text = error.text() + "; this stays:";
            for (std::size_t i = 0; i < left.size(); ++i)
                text.append(i == 0 ? " " : ", ").append(left[i]);
            throw Error(error.code().value(), error.subject(), text, error.attribute(),
                        error.from_kernel());
        }
    }

  private:
    bool has_vhid() const { return old_.u32(IFLA_CARP_VHID).value_or(0) != 0; }
    bool has_parent() const { return link_.parent().has_value(); }

    /// Everything that can be refused without asking the kernel to change anything.
    void plan() {
        for (const auto &address : settings_.addresses)
            if (!contains(before_, address) &&
                std::find(additions_.begin(), additions_.end(), address) == additions_.end())
                additions_.push_back(address);
        for (const auto &address : settings_.deletions) {
            if (std::find(settings_.addresses.begin(), settings_.addresses.end(), address) !=
                settings_.addresses.end())
                refuse_address(EINVAL, address, "both set and deleted");
            if (!contains(before_, address))
                refuse_address(EADDRNOTAVAIL, address, "not set");
        }
        require_vhid(link_.name(), settings_, has_vhid());
        wanted_ = link_settings(settings_,
                                choose_parent(exchange_, link_.name(), settings_, has_parent()));
    }

    [[noreturn]] void refuse_address(int code, const Address &address, const char *why) const {
        throw Error(code, link_.name(), "address " + address.to_string() + ": " + why, "address");
    }

    /**
     * The order is what makes an undoing possible. A key cannot be put back: it comes after the
     * addresses, where most refusals are met, so that what is still to come hardly ever fails. With
     * nothing to come it goes along with the rest, and the kernel takes all or nothing.
     */
    void steps() {
        const bool move = settings_.up.value_or(link_.up()) != link_.up();
        const bool more_to_do =
            !additions_.empty() || !settings_.deletions.empty() || move || settings_.force;
        if (!more_to_do || hopeless_key()) {
            change_all(wanted_);
            change_addresses();
        } else {
            LinkSettings without_key = wanted_;
            without_key.key = nullptr;
            without_key.key_next = nullptr;
            change_all(without_key);
            change_addresses();
            LinkSettings key;
            key.key = wanted_.key;
            key.key_next = wanted_.key_next;
            change_all(key);
        }
        if (move)
            change_up(*settings_.up);
        if (settings_.force) {
            LinkSettings force;
            force.force = static_cast<std::uint32_t>(*settings_.force);
            change_link(exchange_, link_, force);
        }
    }

    /// One that the kernel is going to refuse goes first: then there is nothing to undo.
    bool hopeless_key() const noexcept {
        return (wanted_.key != nullptr &&
                (wanted_.key->size() == 0 || wanted_.key->size() > CARP_KEY_MAX)) ||
               (wanted_.key_next != nullptr && wanted_.key_next->size() > CARP_KEY_MAX);
    }

    void change_all(const LinkSettings &settings) {
        change_link(exchange_, link_, settings);

        LinkSettings back;
        if (settings.advbase)
            back.advbase = old_.u32(IFLA_CARP_ADVBASE);
        if (settings.advskew)
            back.advskew = old_.u32(IFLA_CARP_ADVSKEW);
        if (settings.preempt)
            back.preempt = old_.u32(IFLA_CARP_PREEMPT);
        if (settings.grace)
            back.grace = old_.u32(IFLA_CARP_GRACE);
        if (settings.preempt_delay)
            back.preempt_delay = old_.u32(IFLA_CARP_PREEMPT_DELAY);
        if (settings.start_hold)
            back.start_hold = old_.u32(IFLA_CARP_START_HOLD);
        if (settings.announce_count)
            back.announce_count = old_.u32(IFLA_CARP_ANNOUNCE_COUNT);
        if (settings.announce_interval)
            back.announce_interval = old_.u32(IFLA_CARP_ANNOUNCE_INTERVAL);
        if (settings.announce_refresh)
            back.announce_refresh = old_.u32(IFLA_CARP_ANNOUNCE_REFRESH);
        if (settings.peers4)
            back.peers4 = read_peers(old_, Family::inet);
        if (settings.peers6)
            back.peers6 = read_peers(old_, Family::inet6);
        if (settings.vhid && has_vhid())
            back.vhid = old_.u32(IFLA_CARP_VHID);
        if (settings.parent)
            back.parent = link_.parent().value_or(0);
        // No vhid goes with no parent only, so this one is undone last and says both.
        if (settings.vhid && !has_vhid())
            rollback_.add("the vhid", [this] {
                LinkSettings none;
                none.parent = 0;
                none.vhid = 0;
                change_link(exchange_, link_, none);
            });
        if (!back.empty())
            rollback_.add("the new settings",
                          [this, back] { change_link(exchange_, link_, back); });
        if (settings.key != nullptr)
            rollback_.add_lasting("the new key");
        if (settings.key_next != nullptr)
            rollback_.add_lasting("the new next key");
    }

    /// New ones first, so that a MASTER never stands without any.
    void change_addresses() {
        for (const auto &address : additions_) {
            add_address(exchange_, link_, address);
            rollback_.add("address " + address.to_string(),
                          [this, address] { delete_address(exchange_, link_, address); });
        }
        if (settings_.deletions.empty())
            return;
        for (const auto &address : settings_.deletions) {
            rollback_.add("address " + address.to_string() + " deleted",
                          [this] { restore_missing({}); });
            delete_address(exchange_, link_, address);
        }
        restore_missing(settings_.deletions);
    }

    /// With its first address of a subnet the kernel deletes the others of that subnet, unless the
    /// sysctl promote_secondaries is set. Those that are to stay come back here.
    void restore_missing(const std::vector<Address> &gone) {
        const auto present = get_addresses(exchange_, link_.index(), link_.name());
        for (const auto &record : before_)
            if (!contains(present, record.address) &&
                std::find(gone.begin(), gone.end(), record.address) == gone.end())
                restore_address(exchange_, link_, record);
        for (const auto &address : additions_)
            if (!gone.empty() && !contains(present, address))
                add_address(exchange_, link_, address);
    }

    void change_up(bool up) {
        set_up(exchange_, link_, up);
        rollback_.add(up ? "the device up" : "the device down",
                      [this, up] { set_up(exchange_, link_, !up); });
    }

    Exchange &exchange_;
    Link link_;
    const Settings &settings_;
    Attributes old_;
    std::vector<AddressRecord> before_;
    std::vector<Address> additions_;
    LinkSettings wanted_;
    Rollback rollback_;
};

} // namespace

void configure(Exchange &exchange, std::string_view name, const Settings &settings) {
    Transaction(exchange, get_carp(exchange, name), settings).run();
}

void create(Exchange &exchange, std::string_view name, const Settings &settings) {
    if (name.empty())
        throw Error(EINVAL, {}, "the name of a device is empty", "name");
    require_vhid(name, settings, false);
    const LinkSettings wanted =
        link_settings(settings, choose_parent(exchange, name, settings, false));

    Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, room_for(wanted));
    request.fixed(ifinfomsg{});
    request.put_text(IFLA_IFNAME, name);
    if (wanted.parent)
        request.put_u32(IFLA_LINK, *wanted.parent);
    put_info(request, wanted);
    try {
        exchange.perform(request, name);
    } catch (const Error &error) {
        if (error.code().value() == EEXIST && !error.from_kernel())
            throw Error(EEXIST, std::string(name), "a device of this name exists already", "name");
        throw;
    }

    if (settings.addresses.empty() && !settings.up.value_or(false))
        return;
    const Link link = get_carp(exchange, name);
    try {
        for (const auto &address : settings.addresses)
            add_address(exchange, link, address);
        if (settings.up.value_or(false))
            set_up(exchange, link, true);
    } catch (const Error &) {
        Rollback rollback;
        rollback.add({}, [&] {
            Request removal(RTM_DELLINK, 0);
            ifinfomsg header{};
            header.ifi_index = static_cast<int>(link.index());
            removal.fixed(header);
            exchange.perform(removal, name);
        });
        rollback.run();
        throw;
    }
}

} // namespace carpnl::detail
