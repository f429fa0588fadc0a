// SPDX-License-Identifier: GPL-2.0-only
#include "carp.hpp"

#include <filesystem>
#include <linux/carp.h>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace e2e {

namespace {

nlohmann::json only_element(const std::string &text) {
    const auto list = nlohmann::json::parse(text);
    if (!list.is_array() || list.size() != 1)
        throw std::runtime_error("not an array of one object: " + text);
    return list.front();
}

void run_here(std::vector<std::string> arguments) {
    Process process(std::move(arguments));
    const auto output = process.wait(60s);
    if (!output)
        throw std::runtime_error("\"" + process.command() + "\" does not end");
    if (output->status != 0)
        throw std::runtime_error("\"" + process.command() + "\" fails: " + output->err);
}

} // namespace

Carp::Carp(Host &host, const CarpConfig &config)
    : host_(&host), device_(config.device), vhid_(config.vhid) {
    std::vector<std::string> create{
        "ip",          "link", "add",  device_, "link",
        config.parent, "type", "carp", "vhid",  std::to_string(config.vhid)};
    if (config.advbase != 1)
        create.insert(create.end(), {"advbase", std::to_string(config.advbase)});
    if (config.advskew != 0)
        create.insert(create.end(), {"advskew", std::to_string(config.advskew)});
    if (!config.pass.empty())
        create.insert(create.end(), {"pass", config.pass});
    host.run(create);
    for (const std::string &address : config.addresses)
        host.add_address(device_, address);
    if (config.up)
        up();
}

void Carp::up() const { host_->rtnl().set_up(device_, true); }

void Carp::down() const { host_->rtnl().set_up(device_, false); }

void Carp::destroy() const { host_->rtnl().remove_link(device_); }

void Carp::set(const std::vector<std::string> &arguments) const {
    std::vector<std::string> command{"ip", "link", "set", "dev", device_, "type", "carp"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    host_->run(command);
}

std::optional<Refusal> Carp::try_set(unsigned type, std::uint32_t value) const {
    return host_->rtnl().set_info(device_, CARP_KIND, type, value);
}

void Carp::set(unsigned type, std::uint32_t value) const {
    if (const auto refusal = try_set(type, value))
        throw std::runtime_error(device_ + ": attribute " + std::to_string(type) + ": " +
                                 refusal->text);
}

void Carp::force(State state) const {
    set(IFLA_CARP_FORCE_STATE, static_cast<std::uint32_t>(state));
}

CarpLink Carp::link() const {
    auto link = host_->rtnl().link(device_);
    if (!link)
        throw std::runtime_error(host_->name() + ": no device " + device_);
    return CarpLink{std::move(*link)};
}

bool Carp::wait_for(State state, Duration timeout) const {
    return wait_until([&] { return this->state() == state; }, timeout, 10ms);
}

nlohmann::json carpctl_show(Host &host, const std::string &device, bool statistics) {
    std::vector<std::string> command{"carpctl", "-j", "show", device};
    if (statistics)
        command.insert(command.begin() + 2, "-s");
    return only_element(host.run(command));
}

nlohmann::json ip_link_show(Host &host, const std::string &device, bool statistics) {
    std::vector<std::string> command{"ip", "-d", "-j", "link", "show", "dev", device};
    if (statistics)
        command.insert(command.begin() + 2, "-s");
    return only_element(host.run(command));
}

namespace module {

void load() { run_here({"modprobe", "carp"}); }

void unload() { run_here({"modprobe", "-r", "carp"}); }

bool loaded() { return std::filesystem::exists("/sys/module/carp"); }

} // namespace module

} // namespace e2e
