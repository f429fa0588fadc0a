// SPDX-License-Identifier: GPL-2.0-or-later
#include "terminal.hpp"

#include "passfile.hpp"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>

namespace carpctl {
namespace {

/// Far more than any key.
constexpr std::size_t longest = 256;

volatile std::sig_atomic_t caught = 0;

extern "C" void catch_signal(int number) { caught = number; }

/// While it lives the terminal does not show what is typed. A signal that would end the program is
/// let in by wait() alone, and does so when it goes.
class Unseen {
  public:
    explicit Unseen(int terminal) : terminal_(terminal) {
        caught = 0;
        sigset_t blocked{};
        ::sigemptyset(&blocked);
        for (const int number : signals)
            ::sigaddset(&blocked, number);
        ::sigprocmask(SIG_BLOCK, &blocked, &mask_);
        struct sigaction action{};
        action.sa_handler = catch_signal;
        for (std::size_t i = 0; i < signals.size(); ++i) {
            ::sigaction(signals.at(i), &action, &actions_.at(i));
            // As for a program in the background.
            if (actions_.at(i).sa_handler == SIG_IGN)
                ::sigaction(signals.at(i), &actions_.at(i), nullptr);
        }
        known_ = ::tcgetattr(terminal_, &before_) == 0;
        if (!known_)
            return;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(terminal_, TCSAFLUSH, &quiet);
    }
    Unseen(const Unseen &) = delete;
    Unseen &operator=(const Unseen &) = delete;
    ~Unseen() {
        if (known_)
            ::tcsetattr(terminal_, TCSAFLUSH, &before_);
        for (std::size_t i = 0; i < signals.size(); ++i)
            ::sigaction(signals.at(i), &actions_.at(i), nullptr);
        ::sigprocmask(SIG_SETMASK, &mask_, nullptr);
        if (caught != 0)
            ::raise(caught);
    }

    /// Until there is something to read. False: a signal came.
    bool wait() const {
        pollfd wanted{.fd = terminal_, .events = POLLIN, .revents = 0};
        while (::ppoll(&wanted, 1, nullptr, &mask_) < 0 && errno == EINTR && caught == 0) {
        }
        return caught == 0;
    }

  private:
    static constexpr std::array<int, 4> signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

    int terminal_;
    termios before_{};
    bool known_ = false;
    sigset_t mask_{};
    std::array<struct sigaction, signals.size()> actions_{};
};

/// Bytes that do not stay in memory.
struct Line {
    std::array<char, longest> bytes{};
    std::size_t length = 0;

    Line() = default;
    Line(const Line &) = delete;
    Line &operator=(const Line &) = delete;
    ~Line() { ::explicit_bzero(bytes.data(), bytes.size()); }
};

void say(int terminal, std::string_view text) {
    while (!text.empty()) {
        const auto written = ::write(terminal, text.data(), text.size());
        if (written <= 0)
            return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

/// Up to the end of the line. False: it is too long.
bool read_line(int terminal, const Unseen &unseen, Line &line, std::string_view name) {
    for (char one = 0;;) {
        if (!unseen.wait())
            throw FileError(std::string(name) + ": interrupted");
        const auto count = ::read(terminal, &one, 1);
        if (count < 0)
            throw FileError(std::string(name) + ": " + std::strerror(errno));
        if (count == 0 && line.length == 0)
            throw FileError(std::string(name) + ": nothing was typed");
        if (count == 0 || one == '\n')
            return true;
        if (line.length == line.bytes.size())
            return false;
        line.bytes.at(line.length++) = one;
    }
}

} // namespace

carpnl::Key type_key(Terminal terminal, std::string_view prompt, std::string_view name) {
    const Unseen unseen(terminal.in);
    say(terminal.out, prompt);
    Line line;
    const bool whole = read_line(terminal.in, unseen, line, name);
    say(terminal.out, "\n");
    if (!whole)
        throw FileError(std::string(name) + ": more than " + std::to_string(longest) + " bytes");
    return carpnl::Key(std::string_view(line.bytes.data(), line.length));
}

carpnl::Key ask_for_key(std::string_view what, std::string_view name) {
    const int file = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
    if (file < 0)
        throw FileError(std::string(name) + ": there is no terminal: " + std::strerror(errno));
    struct Closer {
        int file;
        explicit Closer(int number) : file(number) {}
        Closer(const Closer &) = delete;
        Closer &operator=(const Closer &) = delete;
        ~Closer() { ::close(file); }
    };
    const Closer closer(file);
    const Terminal terminal{.in = file, .out = file};
    const std::string subject(what);
    auto key = type_key(terminal, "Key of " + subject + ": ", name);
    const auto again = type_key(terminal, "Once more: ", name);
    const auto bytes = key.bytes();
    const auto others = again.bytes();
    if (!std::equal(bytes.begin(), bytes.end(), others.begin(), others.end()))
        throw FileError(std::string(name) + ": the two are not the same");
    return key;
}

} // namespace carpctl
