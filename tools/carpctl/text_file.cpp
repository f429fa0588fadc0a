// SPDX-License-Identifier: GPL-2.0-or-later
#include "text_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <istream>

namespace carpctl {
namespace {

constexpr std::size_t largest = 1024UL * 1024UL;

[[noreturn]] void fail(const std::string &name, int error) {
    throw FileError(name + ": " + std::strerror(error));
}

/// Closes what it was given.
class Descriptor {
  public:
    explicit Descriptor(int number) noexcept : number_(number) {}
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    ~Descriptor() {
        if (number_ >= 0)
            ::close(number_);
    }
    int number() const noexcept { return number_; }

  private:
    int number_;
};

void write_all(const Descriptor &file, std::string_view text, const std::string &path) {
    while (!text.empty()) {
        const auto written = ::write(file.number(), text.data(), text.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            fail(path, errno);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(file.number()) != 0 && errno != EINVAL)
        fail(path, errno);
}

} // namespace

std::string read_text(std::istream &from, const std::string &name) {
    std::string text;
    std::array<char, 4096> part{};
    while (from.read(part.data(), part.size()), from.gcount() > 0) {
        text.append(part.data(), static_cast<std::size_t>(from.gcount()));
        if (text.size() > largest)
            throw FileError(name + ": larger than " + std::to_string(largest) + " bytes");
    }
    if (from.bad())
        throw FileError(name + ": cannot be read");
    return text;
}

std::string read_text_file(const std::string &path) {
    struct stat about{};
    if (::stat(path.c_str(), &about) != 0)
        fail(path, errno);
    if (S_ISDIR(about.st_mode))
        fail(path, EISDIR);
    std::ifstream file(path, std::ios::binary);
    if (!file)
        fail(path, errno);
    return read_text(file, path);
}

NewFiles::~NewFiles() {
    if (committed_)
        return;
    for (const auto &file : files_)
        ::unlink((file.placed ? file.path : file.temporary).c_str());
}

void NewFiles::add(const std::string &path, std::string_view text, unsigned mode) {
    if (::access(path.c_str(), F_OK) == 0)
        fail(path, EEXIST);
    std::string temporary = path + ".XXXXXX";
    const Descriptor file(::mkstemp(temporary.data()));
    if (file.number() < 0)
        fail(path, errno);
    files_.push_back({path, temporary});
    // mkstemp() made it for the owner alone, which it stays while it is written.
    write_all(file, text, path);
    if (::fchmod(file.number(), static_cast<mode_t>(mode)) != 0)
        fail(path, errno);
}

void NewFiles::commit() {
    for (auto &file : files_) {
        // Unlike rename() this replaces nothing; a few file systems have no links.
        if (::link(file.temporary.c_str(), file.path.c_str()) == 0)
            ::unlink(file.temporary.c_str());
        else if ((errno != EPERM && errno != EOPNOTSUPP) ||
                 ::rename(file.temporary.c_str(), file.path.c_str()) != 0)
            fail(file.path, errno);
        file.placed = true;
    }
    committed_ = true;
}

} // namespace carpctl
