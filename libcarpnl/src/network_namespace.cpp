// SPDX-License-Identifier: LGPL-2.1-or-later
#include "network_namespace.hpp"

#include <carpnl/error.hpp>

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <thread>

namespace carpnl::detail {
namespace {

class File {
  public:
    explicit File(const std::string &path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
        if (fd_ < 0)
            throw Error(errno, path, {});
    }
    File(const File &) = delete;
    File &operator=(const File &) = delete;
    ~File() { ::close(fd_); }

    int fd() const noexcept { return fd_; }

  private:
    int fd_;
};

} // namespace

void run_in_network_namespace(const std::string &path, const std::function<void()> &work) {
    const File file(path);
    std::exception_ptr failure;
    const auto body = [&] {
        try {
            if (::setns(file.fd(), CLONE_NEWNET) != 0)
                throw Error(errno, path, {});
            work();
        } catch (...) {
            failure = std::current_exception();
        }
    };
    try {
        std::thread(body).join();
    } catch (const std::system_error &error) {
        throw Error(error.code().value(), path, "no thread to enter the network namespace with");
    }
    if (failure)
        std::rethrow_exception(failure);
}

} // namespace carpnl::detail
