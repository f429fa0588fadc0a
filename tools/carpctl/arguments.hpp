// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * The words of the command line, secrets taken out of it.
 */
#pragma once

#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace carpctl {

/// Whether that word is meant: it may be written with '-' where it has '_'.
bool same_word(std::string_view word, std::string_view written) noexcept;

/// What the user wrote does not make a command. Exit code 1.
class UsageError : public std::exception {
  public:
    explicit UsageError(std::string text) noexcept : text_(std::move(text)) {}
    const char *what() const noexcept override { return text_.c_str(); }

  private:
    std::string text_;
};

/**
 * The words after the program's name, read one after the other. Wiped when it goes away.
 *
 * The word after `pass` is a key, and everybody can read the command line of a running program: its
 * bytes in @p argv are overwritten at once, before anything else looks at any of it.
 */
class Arguments {
  public:
    explicit Arguments(std::span<char *> argv);
    Arguments(const Arguments &) = delete;
    Arguments &operator=(const Arguments &) = delete;
    ~Arguments();

    bool at_end() const noexcept { return next_ == words_.size(); }
    /// The next word, which stays; empty at the end.
    std::string_view peek() const noexcept;
    /// The next word, which is taken. @p what names it if it is missing: "NAME is missing".
    /// @throws UsageError
    std::string_view take(std::string_view what);
    /// Takes the next word if it is @p word.
    bool take_if(std::string_view word) noexcept;
    /// The word behind an option that was taken. @p what names it: "OPTION: WHAT is missing".
    /// @throws UsageError also if it is empty, or if the option has one already, in @p into
    void take_value(std::string_view option, std::string_view what, std::string &into);
    /// @throws UsageError if a word is left
    void require_end() const;

  private:
    std::vector<std::string> words_;
    std::size_t next_ = 0;
};

} // namespace carpctl
