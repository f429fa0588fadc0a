// SPDX-License-Identifier: GPL-2.0-only
#include "genl.hpp"

#include "netlink_view.hpp"

#include <linux/carp.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdexcept>
#include <sys/socket.h>

namespace e2e {

namespace {

GenlMessage parse(View body) {
    const auto header = load<genlmsghdr>(body, 0);
    const View rest = body.subspan(sizeof header);
    return {header.cmd, {rest.begin(), rest.end()}};
}

} // namespace

std::uint64_t GenlMessage::number(unsigned type) const {
    const auto attribute = find(type);
    if (!attribute)
        throw std::runtime_error("no attribute " + std::to_string(type) + " in message " +
                                 std::to_string(command));
    return attribute->number();
}

Genl::Genl() : Netlink(NETLINK_GENERIC) {
    genlmsghdr header{};
    header.cmd = CTRL_CMD_GETFAMILY;
    header.version = 1;
    Message question(GENL_ID_CTRL, 0, view_of(header));
    question.put_text(CTRL_ATTR_FAMILY_NAME, CARP_GENL_NAME);
    const GenlMessage answer = parse(demand(question, "find the family carp").at(0).body);
    family_ = static_cast<std::uint16_t>(answer.number(CTRL_ATTR_FAMILY_ID));
    for (const Attribute &group : attributes(answer.find(CTRL_ATTR_MCAST_GROUPS).value().value))
        if (find_attribute(group.value, CTRL_ATTR_MCAST_GRP_NAME).value().text() ==
            CARP_GENL_MCGRP_EVENTS)
            group_ = static_cast<std::uint32_t>(
                find_attribute(group.value, CTRL_ATTR_MCAST_GRP_ID).value().number());
}

void Genl::subscribe() {
    check(setsockopt(fd(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group_, sizeof group_),
          "join the group of events");
}

bool Genl::events(std::vector<GenlMessage> &into) {
    return drain([&](std::uint16_t type, View body) {
        if (type == family_)
            into.push_back(parse(body));
    });
}

Message Genl::message(std::uint8_t command, std::uint16_t flags, const Fill &fill) const {
    genlmsghdr header{};
    header.cmd = command;
    header.version = CARP_GENL_VERSION;
    Message result(family_, flags, view_of(header));
    if (fill)
        fill(result);
    return result;
}

std::optional<Refusal> Genl::request(std::uint8_t command, const Fill &fill,
                                     std::vector<GenlMessage> *answers) {
    std::vector<Answer> raw;
    const auto refusal = ask(message(command, 0, fill), &raw);
    if (answers != nullptr)
        for (const Answer &answer : raw)
            answers->push_back(parse(answer.body));
    return refusal;
}

std::vector<GenlMessage> Genl::get(std::uint8_t command, const Fill &fill) {
    std::vector<GenlMessage> answers;
    for (const Answer &answer :
         demand(message(command, 0, fill), "carp request " + std::to_string(command)))
        answers.push_back(parse(answer.body));
    return answers;
}

std::vector<GenlMessage> Genl::dump(std::uint8_t command, const Fill &fill) {
    std::vector<GenlMessage> answers;
    for (const Answer &answer :
         demand(message(command, NLM_F_DUMP, fill), "carp dump " + std::to_string(command)))
        answers.push_back(parse(answer.body));
    return answers;
}

} // namespace e2e
