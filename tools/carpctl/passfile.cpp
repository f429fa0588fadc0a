// SPDX-License-Identifier: GPL-2.0-or-later
#include "passfile.hpp"

#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <string>

namespace carpctl {
namespace {

/// Far more than any key, far less than what a wrong file might hold.
constexpr std::size_t longest = 256;
/// The BSD ifconfig copies a pass into 20 bytes, the last of which it keeps for the terminator.
constexpr std::size_t bsd_cuts_at = 20;

/// While it lives a terminal does not show what is typed.
class Unseen {
  public:
    Unseen() {
        if (::tcgetattr(STDIN_FILENO, &before_) != 0)
            return;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        terminal_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) == 0;
    }
    Unseen(const Unseen &) = delete;
    Unseen &operator=(const Unseen &) = delete;
    ~Unseen() {
        if (terminal_)
            ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    bool terminal() const noexcept { return terminal_; }

  private:
    termios before_{};
    bool terminal_ = false;
};

carpnl::Key read_line(std::istream &from, const std::string &file) {
    std::array<char, longest + 2> line{};
    from.read(line.data(), line.size());
    auto length = static_cast<std::size_t>(from.gcount());
    const bool broken = from.bad();
    if (length > 0 && length < line.size() && line.at(length - 1) == '\n')
        --length;
    const std::string_view text(line.data(), length);
    const bool several = text.find('\n') != std::string_view::npos;

    carpnl::Key key(several ? std::string_view() : text);
    ::explicit_bzero(line.data(), line.size());
    if (broken)
        throw FileError("passfile " + file + ": cannot be read");
    if (length > longest)
        throw FileError("passfile " + file + ": more than " + std::to_string(longest) + " bytes");
    if (several)
        throw FileError("passfile " + file + ": more than one line");
    return key;
}

/// From the keyboard it is one line, not all there is.
carpnl::Key read_typed(std::ostream &prompt) {
    prompt << "Key: " << std::flush;
    std::string line;
    std::getline(std::cin, line);
    prompt << '\n';
    carpnl::Key key(line);
    ::explicit_bzero(line.data(), line.size());
    return key;
}

} // namespace

carpnl::Key read_passfile(std::string_view file, std::istream &input, std::ostream &warnings) {
    if (file == "-") {
        if (&input == &std::cin)
            if (const Unseen unseen; unseen.terminal())
                return read_typed(warnings);
        return read_line(input, "-");
    }

    const std::string name(file);
    struct stat about{};
    if (::stat(name.c_str(), &about) != 0)
        throw FileError("passfile " + name + ": " + std::strerror(errno));
    if (S_ISDIR(about.st_mode))
        throw FileError("passfile " + name + ": " + std::strerror(EISDIR));
    if (S_ISREG(about.st_mode) && (about.st_mode & S_IROTH) != 0)
        warnings << "carpctl: warning: passfile " << name << " can be read by everybody\n";

    // Without a buffer of its own the stream leaves no copy of the key behind.
    std::ifstream stream;
    stream.rdbuf()->pubsetbuf(nullptr, 0);
    stream.open(name, std::ios::binary);
    if (!stream)
        throw FileError("passfile " + name + ": " + std::strerror(errno));
    return read_line(stream, name);
}

void warn_if_cut(const carpnl::Key &key, std::ostream &warnings) {
    if (key.size() == bsd_cuts_at)
        warnings << "carpctl: warning: the key has 20 bytes; the ifconfig of the BSDs keeps only "
                    "the first 19, so such a host will not match\n";
}

} // namespace carpctl
