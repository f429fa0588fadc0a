// SPDX-License-Identifier: GPL-2.0-only
#include "causes.hpp"

#include <linux/carp.h>
#include <stdexcept>

namespace e2e {

namespace {

void name_scope(Message &message, const Cause &cause) {
    message.put_text(CARP_A_CAUSE_NAME, cause.name);
    if (cause.group)
        message.put_u32(CARP_A_GROUP, *cause.group);
    if (cause.ifindex)
        message.put_u32(CARP_A_IFINDEX, *cause.ifindex);
    if (!cause.ifname.empty())
        message.put_text(CARP_A_IFNAME, cause.ifname);
}

void expect_taken(const std::optional<Refusal> &refusal, const Cause &cause) {
    if (refusal)
        throw std::runtime_error("cause " + cause.name + ": " + refusal->text);
}

} // namespace

std::optional<Refusal> Causes::try_set(const Cause &cause) {
    return request(CARP_CMD_DEMOTE, [&](Message &message) {
        name_scope(message, cause);
        message.put_u32(CARP_A_CAUSE_VALUE, cause.value);
        if (cause.flags != 0)
            message.put_u32(CARP_A_CAUSE_FLAGS, cause.flags);
    });
}

std::optional<Refusal> Causes::try_clear(const Cause &cause) {
    return request(CARP_CMD_UNDEMOTE, [&](Message &message) { name_scope(message, cause); });
}

void Causes::set(const Cause &cause) { expect_taken(try_set(cause), cause); }

void Causes::clear(const Cause &cause) { expect_taken(try_clear(cause), cause); }

std::vector<Cause> Causes::list() {
    std::vector<Cause> causes;
    for (const GenlMessage &row : genl_->dump(CARP_CMD_CAUSE_GET)) {
        Cause cause;
        cause.name = row.find(CARP_A_CAUSE_NAME).value().text();
        cause.value = static_cast<unsigned>(row.number(CARP_A_CAUSE_VALUE));
        cause.scope = static_cast<unsigned>(row.number(CARP_A_CAUSE_SCOPE));
        cause.owner = static_cast<unsigned>(row.number(CARP_A_CAUSE_OWNER));
        cause.flags = static_cast<unsigned>(row.number(CARP_A_CAUSE_FLAGS));
        if (const auto group = row.find(CARP_A_GROUP))
            cause.group = static_cast<unsigned>(group->number());
        if (const auto ifindex = row.find(CARP_A_IFINDEX))
            cause.ifindex = static_cast<unsigned>(ifindex->number());
        if (const auto ifname = row.find(CARP_A_IFNAME))
            cause.ifname = ifname->text();
        cause.age = std::chrono::milliseconds{row.number(CARP_A_AGE)};
        causes.push_back(std::move(cause));
    }
    return causes;
}

std::optional<Cause> Causes::find(const std::string &name) {
    for (Cause &cause : list())
        if (cause.name == name)
            return std::move(cause);
    return std::nullopt;
}

} // namespace e2e
