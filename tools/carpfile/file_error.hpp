// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace carpctl {

/// A file cannot be used. Exit code 2.
class FileError : public std::exception {
  public:
    explicit FileError(std::string text) noexcept : text_(std::move(text)) {}
    const char *what() const noexcept override { return text_.c_str(); }

  private:
    std::string text_;
};

} // namespace carpctl
