// SPDX-License-Identifier: GPL-2.0-or-later
// Keys from descriptors and from a terminal.
#include "key_source.hpp"

#include "passfile.hpp"

#include <gtest/gtest.h>

#include <pty.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <sstream>
#include <string>

namespace {

using carpctl::KeySource;

/// The key, or why there is none.
std::string read(const KeySource &source) {
    std::istringstream input;
    std::ostringstream warnings;
    try {
        const auto key = carpctl::read_key(source, "carp0", input, warnings);
        std::string text = "key ";
        for (const std::byte one : key.bytes())
            text += static_cast<char>(one);
        return text;
    } catch (const carpctl::FileError &error) {
        return error.what();
    }
}

std::string through_pipe(const std::string &text) {
    std::array<int, 2> pipe{};
    EXPECT_EQ(::pipe(pipe.data()), 0);
    EXPECT_EQ(::write(pipe[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(pipe[1]);
    auto result =
        read({.kind = KeySource::Kind::descriptor, .keyword = "pass_fd", .descriptor = pipe[0]});
    ::close(pipe[0]);
    const auto number = "pass_fd " + std::to_string(pipe[0]);
    if (result.starts_with(number))
        result.replace(0, number.size(), "pass_fd N");
    return result;
}

TEST(KeySource, ADescriptorHoldsOneLine) {
    EXPECT_EQ(through_pipe("testpass\n"), "key testpass");
    EXPECT_EQ(through_pipe("testpass"), "key testpass");
    EXPECT_EQ(through_pipe(""), "key ");
    EXPECT_EQ(through_pipe("one\ntwo\n"), "pass_fd N: more than one line");
    EXPECT_EQ(through_pipe(std::string(256, 'x') + "\n"), "key " + std::string(256, 'x'));
    EXPECT_EQ(through_pipe(std::string(257, 'x')), "pass_fd N: more than 256 bytes");
    EXPECT_EQ(through_pipe(std::string(5000, 'x')), "pass_fd N: more than 256 bytes");
    EXPECT_EQ(read({.kind = KeySource::Kind::descriptor, .keyword = "pass_fd", .descriptor = 987}),
              "pass_fd 987: Bad file descriptor");
}

/// A process with a terminal of its own, which somebody types at.
class Typing {
  public:
    Typing() {
        std::array<int, 2> result{};
        EXPECT_EQ(::pipe(result.data()), 0);
        child_ = ::forkpty(&terminal_, nullptr, nullptr, nullptr);
        if (child_ == 0) {
            std::signal(SIGINT, SIG_DFL);
            const auto text = read({.kind = KeySource::Kind::prompt, .keyword = "pass_prompt"});
            const bool written = ::write(result[1], text.data(), text.size()) >= 0;
            ::_exit(written ? 0 : 1);
        }
        ::close(result[1]);
        result_ = result[0];
    }
    Typing(const Typing &) = delete;
    Typing &operator=(const Typing &) = delete;
    ~Typing() {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
        ::close(terminal_);
        ::close(result_);
    }

    void wait_for(const std::string &prompt) {
        while (shown_.find(prompt) == std::string::npos) {
            std::array<char, 64> part{};
            const auto count = ::read(terminal_, part.data(), part.size());
            ASSERT_GT(count, 0) << "never asked: " << prompt;
            shown_.append(part.data(), static_cast<std::size_t>(count));
        }
    }
    /// Types when that was asked.
    void answer(const std::string &prompt, const std::string &text) {
        wait_for(prompt);
        ASSERT_EQ(::write(terminal_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    }
    std::string result() const {
        std::string text;
        std::array<char, 512> part{};
        for (ssize_t count = 0; (count = ::read(result_, part.data(), part.size())) > 0;)
            text.append(part.data(), static_cast<std::size_t>(count));
        return text;
    }
    bool echoes() const {
        termios settings{};
        EXPECT_EQ(::tcgetattr(terminal_, &settings), 0);
        return (settings.c_lflag & static_cast<tcflag_t>(ECHO)) != 0;
    }
    int ended_by() {
        int status = 0;
        ::waitpid(child_, &status, 0);
        return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    }
    const std::string &shown() const { return shown_; }

  private:
    int terminal_ = -1;
    int result_ = -1;
    pid_t child_ = -1;
    std::string shown_;
};

TEST(KeySource, APromptAsksTwiceAndShowsNothing) {
    Typing typing;
    typing.wait_for("Key of carp0: ");
    EXPECT_FALSE(typing.echoes());
    typing.answer("Key of carp0: ", "secretword\n");
    typing.answer("Once more: ", "secretword\n");
    EXPECT_EQ(typing.result(), "key secretword");
    EXPECT_EQ(typing.shown().find("secret"), std::string::npos) << typing.shown();
}

TEST(KeySource, APromptNoticesASlip) {
    Typing typing;
    typing.answer("Key of carp0: ", "secretword\n");
    typing.answer("Once more: ", "secretwort\n");
    EXPECT_EQ(typing.result(), "pass_prompt: the two are not the same");
}

TEST(KeySource, AnInterruptLeavesATerminalThatEchoes) {
    Typing typing;
    typing.answer("Key of carp0: ", "secr\003");
    EXPECT_EQ(typing.result(), "");
    EXPECT_EQ(typing.ended_by(), SIGINT);
    EXPECT_TRUE(typing.echoes());
}

TEST(KeySource, APromptNeedsATerminal) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::setsid();
        const auto text = read({.kind = KeySource::Kind::prompt, .keyword = "pass_prompt"});
        ::_exit(::write(pipe[1], text.data(), text.size()) < 0);
    }
    ::close(pipe[1]);
    std::array<char, 256> text{};
    const auto count = ::read(pipe[0], text.data(), text.size());
    ::close(pipe[0]);
    ::waitpid(child, nullptr, 0);
    ASSERT_GT(count, 0);
    EXPECT_EQ(std::string(text.data(), static_cast<std::size_t>(count)),
              "pass_prompt: there is no terminal: No such device or address");
}

} // namespace
