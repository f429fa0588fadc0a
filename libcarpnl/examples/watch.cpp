// SPDX-License-Identifier: LGPL-2.1-or-later
// watch [NETNS]: what happens to the carp devices of this host, or of another network namespace
// (/run/netns/NAME), until it is ended. An event loop of one's own would wait for fd() instead.
#include <carpnl/carpnl.hpp>

#include <iostream>

namespace {

void print(const carpnl::Event &event) {
    switch (event.kind()) {
    case carpnl::EventKind::resync:
        // The truth about all devices; forget what was known before.
        for (const auto &device : event.devices())
            std::cout << device.name() << " is " << to_string(device.state()) << '\n';
        break;
    case carpnl::EventKind::transition:
        if (const auto state = event.state())
            std::cout << event.name() << " becomes " << to_string(*state) << ": "
                      << describe(event.reason().value_or(carpnl::Reason::none)) << '\n';
        break;
    case carpnl::EventKind::demotion:
        if (const auto cause = event.cause())
            std::cout << "demoted by " << cause->value() << ": " << cause->name() << '\n';
        break;
    case carpnl::EventKind::refused:
        if (const auto why = event.counter())
            std::cout << "refused: " << describe(*why) << '\n';
        break;
    }
    std::cout.flush();
}

} // namespace

int main(int argc, char **argv) {
    try {
        auto monitor = argc > 1 ? carpnl::Monitor::open_in(argv[1]) : carpnl::Monitor::open();
        do
            monitor.process(print);
        while (monitor.wait());
    } catch (const carpnl::Error &error) {
        std::cerr << "watch: " << error.what() << '\n';
        return 2;
    }
}
