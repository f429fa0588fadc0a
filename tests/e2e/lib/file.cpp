// SPDX-License-Identifier: GPL-2.0-only
#include "file.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace e2e {

void throw_errno(const std::string &what) {
    throw std::system_error(errno, std::generic_category(), what);
}

int check(int result, std::string_view what) {
    if (result < 0)
        throw_errno(std::string{what});
    return result;
}

File &File::operator=(File &&other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

File::~File() {
    if (fd_ >= 0)
        close(fd_);
}

File File::temporary() {
    std::string path = "/tmp/e2e-XXXXXX";
    File file{check(mkostemp(path.data(), O_CLOEXEC), "mkostemp /tmp")};
    unlink(path.c_str());
    return file;
}

std::string File::contents() const {
    std::string text;
    std::array<char, 4096> buffer{};
    for (;;) {
        const ssize_t n = pread(fd_, buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
        if (n < 0)
            throw_errno("pread");
        if (n == 0)
            return text;
        text.append(buffer.data(), static_cast<std::size_t>(n));
    }
}

std::string read_file(const std::string &path) {
    const File file{check(open(path.c_str(), O_RDONLY | O_CLOEXEC), "open " + path)};
    return file.contents();
}

void write_file(const std::string &path, std::string_view text) {
    const File file{check(open(path.c_str(), O_WRONLY | O_CLOEXEC), "open " + path)};
    // One write, since a sysctl takes its value in one piece.
    if (write(file.fd(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        throw_errno("write " + path);
}

} // namespace e2e
