// SPDX-License-Identifier: GPL-2.0-or-later
#include "text_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
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

/// While it lives no signal ends the process, which would leave something behind.
class Undisturbed {
  public:
    Undisturbed() noexcept {
        sigset_t all{};
        ::sigfillset(&all);
        ::sigprocmask(SIG_SETMASK, &all, &before_);
    }
    Undisturbed(const Undisturbed &) = delete;
    Undisturbed &operator=(const Undisturbed &) = delete;
    ~Undisturbed() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

  private:
    sigset_t before_{};
};

/// Unlinks what was not renamed.
class Temporary {
  public:
    explicit Temporary(const std::string &path)
        : name_(path + ".XXXXXX"), file_(::mkstemp(name_.data())) {
        if (file_.number() < 0)
            fail(path, errno);
    }
    Temporary(const Temporary &) = delete;
    Temporary &operator=(const Temporary &) = delete;
    ~Temporary() {
        if (!name_.empty())
            ::unlink(name_.c_str());
    }
    const Descriptor &file() const noexcept { return file_; }
    void rename_to(const std::string &path) {
        if (::rename(name_.c_str(), path.c_str()) != 0)
            fail(path, errno);
        name_.clear();
    }

  private:
    std::string name_;
    Descriptor file_;
};

/// What is there and shall be replaced: behind links, and a file.
std::string to_be_replaced(const std::string &path) {
    namespace fs = std::filesystem;
    std::error_code failure;
    const auto kind = fs::status(path, failure).type();
    if (kind == fs::file_type::not_found)
        return path;
    if (failure)
        fail(path, failure.value());
    if (kind == fs::file_type::directory)
        fail(path, EISDIR);
    if (kind != fs::file_type::regular)
        throw FileError(path + ": not a regular file");
    auto target = fs::canonical(path, failure);
    if (failure)
        fail(path, failure.value());
    return target.string();
}

} // namespace

void replace_file(const std::string &path, std::string_view text, unsigned mode) {
    const auto target = to_be_replaced(path);
    const Undisturbed undisturbed;
    Temporary temporary(target);
    write_all(temporary.file(), text, path);
    if (::fchmod(temporary.file().number(), static_cast<mode_t>(mode)) != 0)
        fail(path, errno);
    temporary.rename_to(target);
    // The name, too, should outlive a loss of power. The text is whole either way.
    const auto directory = std::filesystem::path(target).parent_path().string();
    const Descriptor place(
        ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (place.number() >= 0)
        ::fsync(place.number());
}

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
