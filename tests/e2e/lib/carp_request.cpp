// SPDX-License-Identifier: GPL-2.0-only
#include "carp_request.hpp"

#include "netlink_view.hpp"

#include <linux/carp.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdexcept>

namespace e2e {

namespace {

void put_info(Message &message, const PutSettings &put) {
    const std::size_t info = message.begin(IFLA_LINKINFO);
    message.put_text(IFLA_INFO_KIND, CARP_KIND);
    const std::size_t data = message.begin(IFLA_INFO_DATA);
    put(message);
    message.end(data);
    message.end(info);
}

} // namespace

Message change_message(int index, const PutSettings &put) {
    ifinfomsg header{};
    header.ifi_index = index;
    Message message(RTM_NEWLINK, 0, view_of(header));
    put_info(message, put);
    return message;
}

std::optional<Refusal> try_change(const Carp &carp, const PutSettings &put) {
    return carp.host().rtnl().ask(change_message(carp.link().link().index, put));
}

void change(const Carp &carp, const PutSettings &put) {
    if (const auto refusal = try_change(carp, put))
        throw std::runtime_error(carp.host().name() + ": " + carp.device() +
                                 " cannot be changed: " + refusal->text);
}

std::optional<Refusal> try_create(Host &host, const std::string &device, const std::string &parent,
                                  const PutSettings &put) {
    const ifinfomsg header{};
    Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, view_of(header));
    message.put_text(IFLA_IFNAME, device);
    message.put_u32(IFLA_LINK, static_cast<std::uint32_t>(host.rtnl().link(parent).value().index));
    put_info(message, put);
    return host.rtnl().ask(message);
}

View bytes_of(const std::string &text) {
    return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()};
}

void set_key(const Carp &carp, unsigned type, const std::string &key) {
    change(carp, [&](Message &message) { message.put(type, bytes_of(key)); });
}

} // namespace e2e
