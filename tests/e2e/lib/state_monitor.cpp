// SPDX-License-Identifier: GPL-2.0-only
#include "state_monitor.hpp"

#include <linux/carp.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace e2e {

struct StateMonitor::Watched {
    explicit Watched(std::string name) : host(std::move(name)) {}

    std::string host;
    Rtnl socket{RTMGRP_LINK};
    std::map<std::string, State> last;
};

StateMonitor::StateMonitor() : wake_(check(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
    thread_ = std::thread([this] { run(); });
}

StateMonitor::~StateMonitor() {
    {
        const std::scoped_lock lock(mutex_);
        stop_ = true;
    }
    eventfd_write(wake_.fd(), 1);
    thread_.join();
}

void StateMonitor::watch(const Host &host) {
    host.in([&] {
        const std::scoped_lock lock(mutex_);
        watched_.push_back(std::make_unique<Watched>(host.name()));
    });
    eventfd_write(wake_.fd(), 1);
}

void StateMonitor::forget(const Host &host) {
    const std::scoped_lock lock(mutex_);
    for (const auto &watched : watched_) {
        if (watched->host == host.name() && watched->socket.fd() >= 0) {
            take(*watched);
            watched->socket.close();
        }
    }
    // A poll under way holds the socket.
    eventfd_write(wake_.fd(), 1);
}

void StateMonitor::run() {
    for (;;) {
        std::vector<pollfd> polled;
        {
            const std::scoped_lock lock(mutex_);
            if (stop_)
                return;
            polled.push_back({wake_.fd(), POLLIN, 0});
            // poll() passes over the -1 of a closed socket.
            for (const auto &watched : watched_)
                polled.push_back({watched->socket.fd(), POLLIN, 0});
        }
        poll(polled.data(), polled.size(), -1);
        const std::scoped_lock lock(mutex_);
        eventfd_t ignored = 0;
        eventfd_read(wake_.fd(), &ignored);
        for (std::size_t i = 1; i < polled.size(); ++i)
            if (polled[i].revents != 0 && watched_[i - 1]->socket.fd() >= 0)
                take(*watched_[i - 1]);
    }
}

/// Needs mutex_.
void StateMonitor::take(Watched &watched) {
    complete_ &= watched.socket.drain([&](std::uint16_t type, View body) {
        if (type != RTM_NEWLINK && type != RTM_DELLINK)
            return;
        Link link = Link::parse(body);
        if (link.kind != CARP_KIND)
            return;
        const CarpLink carp{std::move(link)};
        // Not every report is about its state, and not all carry it.
        if (!carp.has(IFLA_CARP_STATE) || !carp.has(IFLA_CARP_VHID))
            return;
        const State state = type == RTM_DELLINK ? State::Init : carp.state();
        const auto known = watched.last.find(carp.link().name);
        if (known != watched.last.end() && known->second == state)
            return;
        watched.last[carp.link().name] = state;
        const Duration age = carp.has(IFLA_CARP_LAST_CHANGE_AGE) && type == RTM_NEWLINK
                                 ? carp.last_change_age()
                                 : Duration{0};
        // Reports may come in while others are read: the age is as of this one.
        changes_.push_back({watched.host, carp.link().name, carp.vhid(), state, now() - age});
    });
}

std::vector<StateChange> StateMonitor::changes() const {
    const std::scoped_lock lock(mutex_);
    return changes_;
}

bool StateMonitor::complete() const {
    const std::scoped_lock lock(mutex_);
    return complete_;
}

} // namespace e2e
