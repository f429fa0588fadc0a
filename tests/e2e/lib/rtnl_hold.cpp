// SPDX-License-Identifier: GPL-2.0-only
#include "rtnl_hold.hpp"

#include <cstring>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <linux/userfaultfd.h>
#include <net/if.h>
#include <poll.h>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace e2e {

namespace {

constexpr int patience_ms = 5000;

} // namespace

/// Two pages; the second is missing until it is delivered.
class RtnlHold::Pages {
  public:
    Pages()
        : size_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))),
          fault_(check(static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK)),
                       "userfaultfd")) {
        memory_ =
            mmap(nullptr, 2 * size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory_ == MAP_FAILED)
            throw_errno("map two pages");
        uffdio_api api{};
        api.api = UFFD_API;
        check(ioctl(fault_.fd(), UFFDIO_API, &api), "userfaultfd version");
        uffdio_register request{};
        request.range = second();
        request.mode = UFFDIO_REGISTER_MODE_MISSING;
        check(ioctl(fault_.fd(), UFFDIO_REGISTER, &request), "watch a page");
    }
    Pages(const Pages &) = delete;
    Pages &operator=(const Pages &) = delete;
    ~Pages() { munmap(memory_, 2 * size_); }

    /// An ethtool request whose command is there and whose answer is not.
    [[nodiscard]] char *request() const {
        return static_cast<char *>(memory_) + size_ - sizeof(std::uint32_t);
    }

    void wait_for_fault() const {
        pollfd polled{fault_.fd(), POLLIN, 0};
        if (poll(&polled, 1, patience_ms) != 1)
            throw std::runtime_error("the kernel did not ask for the missing page");
    }

    void deliver() const {
        uffdio_zeropage page{};
        page.range = second();
        static_cast<void>(ioctl(fault_.fd(), UFFDIO_ZEROPAGE, &page));
    }

  private:
    [[nodiscard]] uffdio_range second() const {
        uffdio_range range{};
        range.start = reinterpret_cast<std::uintptr_t>(memory_) + size_;
        range.len = size_;
        return range;
    }

    std::size_t size_;
    File fault_;
    void *memory_ = nullptr;
};

RtnlHold::RtnlHold(const Host &host) : host_(host), pages_(std::make_unique<Pages>()) {
    const std::uint32_t command = ETHTOOL_GLINK;
    std::memcpy(pages_->request(), &command, sizeof command);
    asker_ = std::thread([this] { ask(); });
    try {
        pages_->wait_for_fault();
    } catch (...) {
        pages_->deliver();
        asker_.join();
        throw;
    }
}

RtnlHold::~RtnlHold() {
    pages_->deliver();
    asker_.join();
}

void RtnlHold::ask() const {
    host_.enter();
    const File socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    ifreq request{};
    std::strncpy(request.ifr_name, "eth0", sizeof request.ifr_name - 1);
    request.ifr_data = pages_->request();
    static_cast<void>(ioctl(socket.fd(), SIOCETHTOOL, &request));
}

} // namespace e2e
