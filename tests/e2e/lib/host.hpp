// SPDX-License-Identifier: GPL-2.0-only
/// A host of the test network: a network namespace of its own.
#pragma once

#include "file.hpp"
#include "process.hpp"
#include "rtnl.hpp"

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace e2e {

class Host {
  public:
    /// Makes the namespace; `ip netns exec NAME` sees it too.
    explicit Host(std::string name);
    Host(const Host &) = delete;
    Host &operator=(const Host &) = delete;
    ~Host();

    [[nodiscard]] const std::string &name() const { return name_; }

    /// Runs a program to its end; throws with all it printed if it fails.
    std::string run(std::vector<std::string> arguments);
    /// Runs a program to its end, whatever comes of it.
    Output try_run(std::vector<std::string> arguments, Duration timeout = 60s);
    /// Starts a program in the background.
    Process spawn(std::vector<std::string> arguments);

    /// Runs `function` inside the namespace, on a thread of its own.
    template <class Function> std::invoke_result_t<Function> in(Function &&function) const {
        std::packaged_task<std::invoke_result_t<Function>()> task([&] {
            enter();
            return function();
        });
        auto result = task.get_future();
        std::thread(std::move(task)).join();
        return result.get();
    }
    /// Puts the calling thread into the namespace, for threads that stay there.
    void enter() const;

    [[nodiscard]] std::string sysctl(const std::string &name) const;
    void set_sysctl(const std::string &name, const std::string &value) const;

    /// rtnetlink inside the namespace.
    [[nodiscard]] Rtnl &rtnl() { return *rtnl_; }

    [[nodiscard]] int namespace_fd() const { return namespace_.fd(); }
    /// "192.0.2.1/24"; IPv6 with `nodad` is usable at once.
    void add_address(const std::string &device, const std::string &with_prefix, bool nodad = false);

    /// Kills every process that lives in the namespace.
    void kill_all() const;
    /// Ends the namespace now, although the object lives on; nothing but
    /// the destructor may be called afterwards.
    void remove();

  private:
    [[nodiscard]] std::string mount_point() const;
    void forget_mount() const;

    std::string name_;
    File namespace_;
    std::unique_ptr<Rtnl> rtnl_;
};

} // namespace e2e
