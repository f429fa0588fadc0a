// SPDX-License-Identifier: GPL-2.0-only
/// Settings of carp devices as the kernel takes them, right or wrong, without
/// any tool between.
#pragma once

#include "carp.hpp"
#include "netlink.hpp"

#include <functional>
#include <optional>
#include <string>

namespace e2e {

/// Puts attributes into IFLA_INFO_DATA.
using PutSettings = std::function<void(Message &)>;

/// The request to change the device of that index.
Message change_message(int index, const PutSettings &put);
/// Changes a device; why not, if the kernel refuses.
std::optional<Refusal> try_change(const Carp &carp, const PutSettings &put);
/// The same, throwing if the kernel refuses.
void change(const Carp &carp, const PutSettings &put);
/// Makes one over `parent`.
std::optional<Refusal> try_create(Host &host, const std::string &device, const std::string &parent,
                                  const PutSettings &put);

/// The bytes of a text, as those of a key.
View bytes_of(const std::string &text);
/// IFLA_CARP_KEY or IFLA_CARP_KEY_NEXT.
void set_key(const Carp &carp, unsigned type, const std::string &key);

} // namespace e2e
