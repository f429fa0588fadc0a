// SPDX-License-Identifier: LGPL-2.1-or-later
#include <carpnl/socket.hpp>

#include "configure.hpp"
#include "links.hpp"
#include "network_namespace.hpp"
#include "socket_impl.hpp"
#include "status_reader.hpp"

#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <utility>

namespace carpnl {

Socket::Socket(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Socket::Socket(Socket &&) noexcept = default;
Socket &Socket::operator=(Socket &&) noexcept = default;
Socket::~Socket() = default;

Socket Socket::open() {
    return Socket(
        std::make_unique<Impl>(detail::open_route_transport(), detail::open_generic_transport()));
}

Socket Socket::open_in(const std::string &path) {
    return detail::in_network_namespace(path, [] { return open(); });
}

void Socket::create(std::string_view name, const Config &config) {
    detail::create(impl_->exchange, name, config.settings());
}

void Socket::configure(std::string_view name, const Changes &changes) {
    detail::configure(impl_->exchange, name, changes.settings());
}

Status Socket::status(std::string_view name) {
    auto &exchange = impl_->exchange;
    const auto link = detail::get_carp(exchange, name);
    const auto addresses = detail::get_addresses(exchange, link.index(), name);
    std::optional<detail::Link> parent;
    if (const auto index = link.parent())
        parent = detail::find_link(exchange, *index);
    return detail::read_status(link, parent ? &*parent : nullptr, addresses);
}

std::vector<Status> Socket::list() {
    auto &exchange = impl_->exchange;
    auto links = detail::all_carps(exchange);
    if (links.empty())
        return {};
    std::sort(links.begin(), links.end(),
              [](const auto &a, const auto &b) { return a.index() < b.index(); });

    // One dump of addresses however many devices there are, and each parent asked for once.
    std::map<std::uint32_t, std::vector<detail::AddressRecord>> addresses;
    for (auto &record : detail::get_addresses(exchange, 0, {}))
        addresses[record.link].push_back(std::move(record));
    std::map<std::uint32_t, std::optional<detail::Link>> parents;

    std::vector<Status> all;
    all.reserve(links.size());
    for (const auto &link : links) {
        const detail::Link *parent = nullptr;
        if (const auto index = link.parent()) {
            auto known = parents.find(*index);
            if (known == parents.end())
                known = parents.emplace(*index, detail::find_link(exchange, *index)).first;
            const auto &found = known->second;
            parent = found.has_value() ? &found.value() : nullptr;
        }
        all.push_back(detail::read_status(link, parent, addresses[link.index()]));
    }
    return all;
}

void Socket::destroy(std::string_view name) {
    const auto link = detail::get_carp(impl_->exchange, name);
    detail::Request request(RTM_DELLINK, 0);
    ifinfomsg header{};
    header.ifi_index = static_cast<int>(link.index());
    request.fixed(header);
    impl_->exchange.perform(request, name);
}

void Socket::set_up(std::string_view name, bool up) {
    detail::set_up(impl_->exchange, detail::get_carp(impl_->exchange, name), up);
}

void Socket::force_state(std::string_view name, State state) {
    Changes changes;
    changes.force_state(state);
    configure(name, changes);
}

void Socket::add_address(std::string_view name, const Address &address) {
    detail::add_address(impl_->exchange, detail::get_carp(impl_->exchange, name), address);
}

void Socket::delete_address(std::string_view name, const Address &address) {
    Changes changes;
    changes.delete_address(address);
    configure(name, changes);
}

std::vector<Address> Socket::addresses(std::string_view name) {
    const auto link = detail::get_carp(impl_->exchange, name);
    std::vector<Address> all;
    for (const auto &record : detail::get_addresses(impl_->exchange, link.index(), name))
        all.push_back(record.address);
    return all;
}

std::string Socket::parent_by_subnet(std::span<const Address> addresses) {
    if (addresses.empty())
        throw Error(EINVAL, {}, "no address to find the parent by", "parent");
    return detail::parent_by_subnet(impl_->exchange, addresses.front()).name();
}

std::vector<std::string> Socket::take_warnings() {
    auto warnings = impl_->exchange.take_warnings();
    for (auto &warning : impl_->generic.take_warnings())
        warnings.push_back(std::move(warning));
    return warnings;
}

} // namespace carpnl
