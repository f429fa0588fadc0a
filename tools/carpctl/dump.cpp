// SPDX-License-Identifier: GPL-2.0-or-later
#include "apply.hpp"
#include "text_file.hpp"

#include <linux/carp.h>

#include <filesystem>
#include <ostream>
#include <sstream>

namespace carpctl {
namespace {

template <class Value> std::optional<Value> unless(const std::optional<Value> &value, Value usual) {
    return value == usual ? std::nullopt : value;
}

void warn_if_down(const carpnl::Status &status, std::ostream &err) {
    if (!status.up())
        err << "carpctl: " << status.name() << ": warning: it is set down; apply sets it up\n";
}

} // namespace

CarpFile to_carp_file(const carpnl::Status &status) {
    CarpFile file;
    file.name = status.name();
    file.parent = status.parent_name();
    file.vhid = status.vhid();
    file.advbase = unless<std::uint32_t>(status.advbase(), 1);
    file.advskew = unless<std::uint32_t>(status.advskew(), 0);
    file.preempt = unless<carpnl::Preempt>(status.preempt(), carpnl::Preempt::inherit);
    file.key_not_shown = status.key_set();
    file.next_key_not_shown = status.next_key_set();
    file.addresses = status.addresses();
    file.peers = status.peers();
    file.announce_count = unless<std::uint32_t>(status.announce_count(), 2);
    file.announce_interval =
        unless<std::chrono::milliseconds>(status.announce_interval(), std::chrono::milliseconds(0));
    file.announce_refresh =
        unless<std::chrono::seconds>(status.announce_refresh(), std::chrono::seconds(0));
    file.grace = unless(status.grace(), std::chrono::seconds(CARP_GRACE_DEFAULT));
    file.preempt_delay = unless(status.preempt_delay(), std::chrono::milliseconds(0));
    file.start_hold = unless(status.start_hold(), std::chrono::milliseconds(0));
    return file;
}

void dump(Arguments &arguments, Environment &environment) {
    std::string name;
    std::string directory;
    while (!arguments.at_end()) {
        if (arguments.take_if("--output"))
            arguments.take_value("--output", "the directory", directory);
        else if (name.empty())
            name = arguments.take("NAME");
        else
            arguments.require_end();
    }

    auto socket = environment.open();
    const auto devices = name.empty() ? socket.list() : std::vector{socket.status(name)};
    NewFiles files;
    for (const auto &device : devices) {
        std::ostringstream text;
        write_carp(text, to_carp_file(device), directory.empty() ? WithName::yes : WithName::no);
        if (directory.empty())
            environment.out << (&device == devices.data() ? "" : "\n") << text.str();
        else
            files.add((std::filesystem::path(directory) / (device.name() + ".carp")).string(),
                      text.str(), 0644);
        warn_if_down(device, environment.err);
    }
    files.commit();
}

} // namespace carpctl
