// SPDX-License-Identifier: LGPL-2.1-or-later
#include <carpnl/monitor.hpp>

#include "datagram.hpp"
#include "event_data.hpp"
#include "monitor_impl.hpp"
#include "network_namespace.hpp"

#include <linux/carp.h>
#include <linux/genetlink.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

namespace carpnl {
namespace {

// The families that come and go. Its number is the same on every kernel.
constexpr std::uint32_t family_group = GENL_ID_CTRL;
// So many datagrams at a time, lest a flood keep an event loop from everything else.
constexpr int batch = 256;

} // namespace

Monitor::Impl::Impl(std::unique_ptr<detail::EventTransport> transport,
                    const detail::GenericFamily &family)
    : transport_(std::move(transport)) {
    transport_->join(family_group);
    join(family);
    resync(ResyncReason::start);
    ask();
}

void Monitor::Impl::join(const detail::GenericFamily &family) {
    if (!family.events)
        throw Error(EOPNOTSUPP, {}, "the carp module of this kernel tells no events");
    transport_->join(*family.events);
    family_ = family;
}

bool Monitor::Impl::wait(std::optional<std::chrono::milliseconds> timeout) {
    return !ready_.empty() || (wanted_ && !asked_) || transport_->wait(timeout);
}

void Monitor::Impl::resync(ResyncReason reason) {
    again_ = again_ || asked_;
    if (!wanted_ || *wanted_ == ResyncReason::asked)
        wanted_ = reason;
}

void Monitor::Impl::ask() {
    // All families, and not this one by its name: the kernel would load a module for that, which
    // somebody may just have unloaded.
    auto request = family_ ? detail::generic_request(*family_, CARP_CMD_DEVICE_GET)
                           : detail::families_request();
    request.add_flags(NLM_F_DUMP);
    request.set_sequence(++request_);
    answer_.clear();
    again_ = false;
    for_families_ = !family_;
    transport_->send(request.bytes());
    asked_ = true;
}

void Monitor::Impl::fill() {
    for (int i = 0; i < batch; ++i) {
        if (wanted_ && !asked_)
            ask();
        try {
            const auto datagram = transport_->receive();
            if (!datagram)
                return;
            read(*datagram);
        } catch (const Error &error) {
            if (error.code().value() != ENOBUFS)
                throw;
            resync(ResyncReason::overrun);
        }
    }
    if (wanted_ && !asked_)
        ask();
}

std::optional<Event> Monitor::Impl::next() {
    if (ready_.empty())
        return std::nullopt;
    auto event = std::move(ready_.front());
    ready_.pop_front();
    return event;
}

void Monitor::Impl::read(std::span<const std::byte> bytes) {
    detail::Datagram datagram(bytes);
    try {
        while (const auto message = datagram.next({})) {
            const auto &[head, payload] = *message;
            if (head.nlmsg_seq != 0)
                read_answer(head, payload);
            else if (head.nlmsg_type == GENL_ID_CTRL)
                read_family(payload);
            else if (family_ && head.nlmsg_type == family_->id)
                read_event(payload);
        }
    } catch (const Error &error) {
        // What the rest of it said nobody knows; the answer to a question may be among it.
        if (error.code().value() == EBADMSG) {
            asked_ = false;
            resync(ResyncReason::gap);
        }
        throw;
    }
}

void Monitor::Impl::read_answer(const nlmsghdr &head, std::span<const std::byte> payload) {
    if (!asked_ || head.nlmsg_seq != request_)
        return;
    if ((head.nlmsg_flags & NLM_F_DUMP_INTR) != 0)
        again_ = true;
    if (head.nlmsg_type == NLMSG_DONE || head.nlmsg_type == NLMSG_ERROR) {
        const auto code = detail::read_fixed<std::int32_t>(payload).value_or(0);
        finish(code == INT32_MIN ? EPROTO : std::max(-code, 0));
    } else if (head.nlmsg_type == GENL_ID_CTRL) {
        read_family(payload);
    } else if (family_ && head.nlmsg_type == family_->id) {
        if (auto device = detail::read_device(payload))
            answer_.push_back(std::move(*device));
    }
}

void Monitor::Impl::read_family(std::span<const std::byte> payload) {
    const auto news = detail::read_family(payload);
    if (!news)
        return;
    if (news->gone) {
        if (family_ && family_->id == news->family.id)
            unloaded();
        return;
    }
    // It may be told twice: to us, who asked, and to everybody.
    if (family_ && family_->id == news->family.id)
        return;
    join(news->family);
    resync(ResyncReason::reloaded);
}

void Monitor::Impl::unloaded() {
    family_.reset();
    position_.reset();
    included_.clear();
    held_.clear();
    wanted_.reset();
    asked_ = false;
    detail::EventData data;
    data.kind = EventKind::resync;
    data.resync_reason = ResyncReason::unloaded;
    ready_.emplace_back(std::make_shared<detail::EventData>(std::move(data)));
}

void Monitor::Impl::finish(int error) {
    asked_ = false;
    if (error == ENOENT) {
        // Another load has another number.
        family_.reset();
        wanted_ = ResyncReason::reloaded;
        return;
    }
    if (error != 0 && error != EINTR)
        throw Error(error, {}, {});
    if (error != 0 || again_)
        return;
    if (for_families_ && !family_)
        unloaded();
    else if (!for_families_)
        complete();
}

void Monitor::Impl::complete() {
    std::sort(answer_.begin(), answer_.end(),
              [](const auto &a, const auto &b) { return a.index() < b.index(); });
    detail::EventData data;
    data.kind = EventKind::resync;
    data.resync_reason = std::exchange(wanted_, std::nullopt);
    data.devices = std::exchange(answer_, {});

    included_.clear();
    position_.reset();
    if (!data.devices.empty()) {
        data.sequence = data.devices.front().sequence();
        data.boot_id = data.devices.front().boot_id();
        position_ = Position{data.boot_id, data.sequence};
    }
    for (const auto &device : data.devices)
        if (!device.history().empty())
            included_[device.index()] = device.history().back().sequence();
    ready_.emplace_back(std::make_shared<detail::EventData>(std::move(data)));

    for (const auto &heard : std::exchange(held_, {}))
        hear(heard);
}

void Monitor::Impl::read_event(std::span<const std::byte> payload) {
    if (const auto heard = detail::read_event(payload))
        hear(*heard);
}

void Monitor::Impl::hear(const detail::HeardEvent &heard) {
    if (position_ && !wanted_) {
        if (heard.boot_id != position_->boot_id)
            resync(ResyncReason::reloaded);
        else if (heard.sequence <= position_->sequence)
            return;
        else if (heard.sequence - position_->sequence > 1)
            resync(ResyncReason::gap);
    }
    if (wanted_) {
        held_.push_back(heard);
        return;
    }
    position_ = Position{heard.boot_id, heard.sequence};
    if (!heard.event)
        return;
    if (heard.event->kind() == EventKind::transition) {
        const auto included = included_.find(heard.event->index().value_or(0));
        if (included != included_.end() && heard.sequence <= included->second)
            return;
    }
    ready_.push_back(*heard.event);
}

Monitor::Monitor(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Monitor::Monitor(Monitor &&) noexcept = default;
Monitor &Monitor::operator=(Monitor &&) noexcept = default;
Monitor::~Monitor() = default;

Monitor Monitor::open() {
    detail::Exchange exchange(detail::open_generic_transport());
    const auto family = detail::find_family(exchange, {});
    return Monitor(std::make_unique<Impl>(detail::open_event_transport(), family));
}

Monitor Monitor::open_in(const std::string &path) {
    return detail::in_network_namespace(path, [] { return open(); });
}

int Monitor::fd() const noexcept { return impl_->fd(); }

std::size_t Monitor::process(const Callback &callback) {
    std::size_t count = 0;
    impl_->fill();
    while (const auto event = impl_->next()) {
        ++count;
        callback(*event);
    }
    return count;
}

std::vector<Event> Monitor::process() {
    std::vector<Event> events;
    process([&](const Event &event) { events.push_back(event); });
    return events;
}

bool Monitor::wait(std::optional<std::chrono::milliseconds> timeout) {
    return impl_->wait(timeout);
}

void Monitor::resync() {
    impl_->resync(ResyncReason::asked);
    impl_->fill();
}

bool Monitor::wait_for(std::string_view device, State state,
                       std::optional<std::chrono::milliseconds> timeout) {
    using Clock = std::chrono::steady_clock;
    using std::chrono::milliseconds;
    const auto start = Clock::now();
    bool known = false;
    const auto reached = [&](const Event &event) {
        if (event.kind() == EventKind::transition)
            return known && event.name() == device && event.state() == state;
        if (event.kind() != EventKind::resync)
            return false;
        const auto &all = event.devices();
        const auto found = std::find_if(all.begin(), all.end(),
                                        [&](const Device &one) { return one.name() == device; });
        if (found == all.end() && !known)
            throw Error(ENODEV, std::string(device), "no such carp device");
        known = true;
        return found != all.end() && found->state() == state;
    };

    impl_->fill();
    impl_->forget();
    impl_->resync(ResyncReason::asked);
    for (;;) {
        impl_->fill();
        while (const auto event = impl_->next())
            if (reached(*event)) {
                impl_->forget();
                return true;
            }
        std::optional<milliseconds> left;
        if (timeout)
            left = std::max(std::chrono::ceil<milliseconds>(*timeout - (Clock::now() - start)),
                            milliseconds(0));
        if (!impl_->wait(left))
            return false;
    }
}

} // namespace carpnl
