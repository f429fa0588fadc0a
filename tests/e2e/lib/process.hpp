// SPDX-License-Identifier: GPL-2.0-only
/// A program that runs in some host; it never outlives its object.
#pragma once

#include "file.hpp"
#include "time.hpp"

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace e2e {

/// What a finished program left: the exit status as a shell would show it
/// (128 + signal if one ended it), and what it printed.
struct Output {
    int status = 0;
    std::string out;
    std::string err;
};

class Process {
  public:
    /// Starts it in the network namespace of the calling thread.
    explicit Process(std::vector<std::string> arguments);
    Process(const Process &) = delete;
    Process &operator=(const Process &) = delete;
    Process(Process &&other) noexcept;
    Process &operator=(Process &&) = delete;
    ~Process();

    [[nodiscard]] bool running();
    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] std::string command() const;
    void signal(int number) const;
    /// Ends it by SIGKILL, with all that it started in its process group.
    void kill();
    /// Empty if it still runs after `timeout`.
    std::optional<Output> wait(Duration timeout);
    /// What it has printed so far, standard output and error.
    [[nodiscard]] Output printed() const;

  private:
    void reap(int flags);

    std::vector<std::string> arguments_;
    File out_;
    File err_;
    File handle_;
    pid_t pid_ = -1;
    std::optional<int> status_;
};

} // namespace e2e
