// SPDX-License-Identifier: GPL-2.0-only
/// An owned file descriptor, and the errors of system calls.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace e2e {

/// Throws std::system_error for errno, naming what was tried.
[[noreturn]] void throw_errno(const std::string &what);

/// Passes the result of a system call through, or throws.
int check(int result, std::string_view what);

class File {
  public:
    File() = default;
    explicit File(int fd) noexcept : fd_(fd) {}
    File(const File &) = delete;
    File &operator=(const File &) = delete;
    File(File &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    File &operator=(File &&other) noexcept;
    ~File();

    [[nodiscard]] int fd() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }

    /// A nameless file for the output of a program.
    static File temporary();
    /// Everything from the start, whoever else reads or writes it.
    [[nodiscard]] std::string contents() const;

  private:
    int fd_ = -1;
};

std::string read_file(const std::string &path);
void write_file(const std::string &path, std::string_view text);

} // namespace e2e
