// SPDX-License-Identifier: GPL-2.0-or-later
#include "passfile.hpp"

#include "terminal.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

namespace carpctl {
namespace {

/// Far more than any key, far less than what a wrong file might hold.
constexpr std::size_t longest = 256;
/// The BSD ifconfig copies a pass into 20 bytes, the last of which it keeps for the terminator.
constexpr std::size_t bsd_cuts_at = 20;

/// What a key file holds: one line, whose end does not belong to it.
carpnl::Key key_of(std::string_view text, const std::string &name) {
    if (!text.empty() && text.size() <= longest + 1 && text.back() == '\n')
        text.remove_suffix(1);
    if (text.size() > longest)
        throw FileError(name + ": more than " + std::to_string(longest) + " bytes");
    if (text.find('\n') != std::string_view::npos)
        throw FileError(name + ": more than one line");
    return carpnl::Key(text);
}

/// Room for the longest key, its line's end, and one byte that is too much; wiped.
struct Room {
    std::array<char, longest + 2> bytes{};

    Room() = default;
    Room(const Room &) = delete;
    Room &operator=(const Room &) = delete;
    ~Room() { ::explicit_bzero(bytes.data(), bytes.size()); }
};

carpnl::Key read_line(std::istream &from, const std::string &file) {
    Room room;
    from.read(room.bytes.data(), room.bytes.size());
    if (from.bad())
        throw FileError("passfile " + file + ": cannot be read");
    return key_of({room.bytes.data(), static_cast<std::size_t>(from.gcount())}, "passfile " + file);
}

} // namespace

carpnl::Key read_passfile(std::string_view file, std::istream &input, std::ostream &warnings) {
    if (file == "-") {
        if (&input == &std::cin && ::isatty(STDIN_FILENO) != 0)
            return type_key({.in = STDIN_FILENO, .out = STDERR_FILENO}, "Key: ", "passfile -");
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

carpnl::Key read_pass_descriptor(int descriptor, std::string_view keyword) {
    const std::string name = std::string(keyword) + " " + std::to_string(descriptor);
    Room room;
    std::size_t length = 0;
    while (length < room.bytes.size()) {
        const auto count =
            ::read(descriptor, std::next(room.bytes.data(), static_cast<std::ptrdiff_t>(length)),
                   room.bytes.size() - length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            throw FileError(name + ": " + std::strerror(errno));
        if (count == 0)
            break;
        length += static_cast<std::size_t>(count);
    }
    return key_of({room.bytes.data(), length}, name);
}

void warn_if_cut(const carpnl::Key &key, std::ostream &warnings) {
    if (key.size() == bsd_cuts_at)
        warnings << "carpctl: warning: the key has 20 bytes; the ifconfig of the BSDs keeps only "
                    "the first 19, so such a host will not match\n";
}

} // namespace carpctl
