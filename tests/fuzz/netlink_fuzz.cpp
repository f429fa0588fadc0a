// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as what a kernel says: as the answer to each kind of question, as events, and to each
// reader alone. Good seeds are in tests/recorded. A broken promise aborts.
#include "attributes.hpp"
#include "datagram.hpp"
#include "event_reader.hpp"
#include "exchange.hpp"
#include "generic.hpp"
#include "links.hpp"
#include "monitor_impl.hpp"
#include "status_reader.hpp"
#include "values.hpp"

#include <carpnl/error.hpp>

#include <linux/carp.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace {

using carpnl::Error;
using carpnl::detail::Exchange;
using carpnl::detail::Request;

using Bytes = std::vector<std::byte>;
using View = std::span<const std::byte>;

void require(bool holds, const char *promise) {
    if (holds)
        return;
    std::fprintf(stderr, "broken promise: %s\n", promise);
    std::abort();
}

/// The same messages as if they answered question @p sequence; 0: as events.
Bytes renumbered(View bytes, std::uint32_t sequence) {
    Bytes copy(bytes.begin(), bytes.end());
    std::size_t at = 0;
    while (at + NLMSG_HDRLEN <= copy.size()) {
        nlmsghdr head{};
        std::memcpy(&head, copy.data() + at, sizeof(head));
        head.nlmsg_seq = sequence;
        std::memcpy(copy.data() + at, &head, sizeof(head));
        if (head.nlmsg_len < NLMSG_HDRLEN || head.nlmsg_len > copy.size() - at)
            break;
        at += NLMSG_ALIGN(static_cast<std::size_t>(head.nlmsg_len));
    }
    return copy;
}

/// Says the same once, and then nothing more.
class Once final : public carpnl::detail::Transport {
  public:
    explicit Once(Bytes answer) : answer_(std::move(answer)) {}
    void send(View /*message*/) override {}
    std::vector<std::byte> receive() override {
        if (!answer_)
            throw Error(ETIME, {}, {});
        return *std::exchange(answer_, std::nullopt);
    }

  private:
    std::optional<Bytes> answer_;
};

class OnceHeard final : public carpnl::detail::EventTransport {
  public:
    OnceHeard(Bytes events, Bytes answer) {
        datagrams_.push_back(std::move(answer));
        datagrams_.push_back(std::move(events));
    }
    void send(View /*message*/) override {}
    std::optional<std::vector<std::byte>> receive() override {
        if (datagrams_.empty())
            return std::nullopt;
        auto last = std::move(datagrams_.back());
        datagrams_.pop_back();
        return last;
    }
    void join(std::uint32_t /*group*/) override {}
    bool wait(std::optional<std::chrono::milliseconds> /*timeout*/) override {
        return !datagrams_.empty();
    }
    int fd() const noexcept override { return -1; }

  private:
    std::vector<Bytes> datagrams_;
};

template <class Ask> void ask(View bytes, Ask ask) {
    Exchange exchange(std::make_unique<Once>(renumbered(bytes, 1)));
    try {
        ask(exchange);
    } catch (const Error &error) {
        require(error.code().value() > 0, "an error has a number");
        require(!error.text().empty(), "an error has words");
    }
}

void check_questions(View bytes) {
    Request change(RTM_NEWLINK, 0);
    change.fixed(ifinfomsg{}).put_u32(IFLA_LINK, 1);
    ask(bytes, [&](Exchange &exchange) { exchange.perform(change, "carp0"); });
    ask(bytes, [](Exchange &exchange) { carpnl::detail::get_carp(exchange, "carp0"); });
    ask(bytes, [](Exchange &exchange) { carpnl::detail::all_carps(exchange); });
    ask(bytes, [](Exchange &exchange) { carpnl::detail::get_addresses(exchange, 0, {}); });
    ask(bytes, [](Exchange &exchange) { carpnl::detail::find_family(exchange, {}); });
}

void check_status(std::uint16_t type, View payload) {
    auto link = carpnl::detail::Link::read({type, Bytes(payload.begin(), payload.end())});
    if (!link)
        return;
    require(link->index() > 0, "a link has an index");
    (void)link->can_be_parent();
    const auto status = carpnl::detail::read_status(*link, &*link, {});
    require(status.interval().count() >= 0, "no interval is negative");
    for (const auto &peer : status.peers())
        require(peer.prefix() == (peer.family() == carpnl::Family::inet ? 32U : 128U),
                "a peer is one host");
    if (const auto refused = status.refused())
        require(!describe(refused->why).empty(), "every counter has words");
    if (const auto left = status.master_down_in())
        require(left->count() >= 0 && status.state() == carpnl::State::backup,
                "only a BACKUP takes over, and not in the past");
}

void check_values(View payload) {
    if (const auto device = carpnl::detail::read_device(payload))
        for (const auto &change : device->history())
            require(change.age().count() >= 0, "no age is negative");
    if (const auto cause = carpnl::detail::read_cause(payload))
        require(!to_string(cause->owner()).empty(), "every owner has a name");
    (void)carpnl::detail::read_family(payload);
    if (const auto heard = carpnl::detail::read_event(payload); heard && heard->event) {
        const auto &event = *heard->event;
        require(event.cause().has_value() == (event.kind() == carpnl::EventKind::demotion),
                "a demotion has a cause");
        require(event.counter().has_value() == (event.kind() == carpnl::EventKind::refused),
                "a refusal has a counter");
        require(event.state().has_value() == (event.kind() == carpnl::EventKind::transition),
                "a transition has a state");
    }
    const carpnl::detail::Attributes attributes(payload);
    (void)carpnl::detail::read_counters(attributes);
    (void)carpnl::detail::read_counters(attributes.nested(CARP_A_COUNTERS));
}

void check_monitor(View bytes) {
    carpnl::detail::GenericFamily family{.id = NLMSG_MIN_TYPE + 1, .events = 1};
    if (const auto head = carpnl::detail::read_fixed<nlmsghdr>(bytes);
        head && head->nlmsg_type > GENL_ID_CTRL)
        family.id = head->nlmsg_type;
    carpnl::Monitor monitor(std::make_unique<carpnl::Monitor::Impl>(
        std::make_unique<OnceHeard>(renumbered(bytes, 0), renumbered(bytes, 1)), family));
    // Each datagram, and what is left of a broken one.
    for (int i = 0; i < 4; ++i)
        try {
            for (const auto &event : monitor.process())
                require(event.resync_reason().has_value() ==
                            (event.kind() == carpnl::EventKind::resync),
                        "a resync has a reason");
        } catch (const Error &error) {
            require(error.code().value() > 0, "an error has a number");
        }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    check_questions(bytes);
    check_monitor(bytes);
    check_values(bytes);
    check_status(RTM_NEWLINK, bytes);
    carpnl::detail::Datagram datagram(bytes);
    try {
        while (const auto message = datagram.next({})) {
            check_values(message->second);
            check_status(message->first.nlmsg_type, message->second);
        }
    } catch (const Error &error) {
        require(error.code().value() == EBADMSG, "what is broken is said to be");
    }
    return 0;
}
