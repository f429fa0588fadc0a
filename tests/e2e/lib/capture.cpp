// SPDX-License-Identifier: GPL-2.0-only
#include "capture.hpp"

#include "pcap.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/socket.h>

namespace e2e {

namespace {

// 176 bytes of each frame remain; all that is decoded fits.
constexpr unsigned slot_size = 256;
constexpr unsigned block_size = 1U << 16;
constexpr unsigned slot_count = 1U << 15;
constexpr Duration drain_interval = 1s;

template <class T> void set_option(int fd, int level, int name, const T &value, const char *what) {
    check(setsockopt(fd, level, name, &value, sizeof value), what);
}

/// The bridge hands broadcasts to itself as well; those are copies.
void ignore_device(int fd, unsigned ifindex) {
    std::array<sock_filter, 4> code{{
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_IFINDEX)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ifindex, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 0x40000),
    }};
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    set_option(fd, SOL_SOCKET, SO_ATTACH_FILTER, program, "filter the capture");
}

} // namespace

/// The kernel writes frames into this memory whether or not somebody reads, so
/// that capturing costs a test no time.
class Capture::Ring {
  public:
    explicit Ring(int fd) {
        const int version = TPACKET_V2;
        set_option(fd, SOL_PACKET, PACKET_VERSION, version, "ring version");
        tpacket_req request{};
        request.tp_block_size = block_size;
        request.tp_frame_size = slot_size;
        request.tp_block_nr = slot_count / (block_size / slot_size);
        request.tp_frame_nr = slot_count;
        set_option(fd, SOL_PACKET, PACKET_RX_RING, request, "capture ring");
        memory_ = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (memory_ == MAP_FAILED)
            throw_errno("map the capture ring");
    }
    Ring(const Ring &) = delete;
    Ring &operator=(const Ring &) = delete;
    ~Ring() { munmap(memory_, length); }

    /// The oldest slot that holds a frame, or null.
    std::uint8_t *filled() {
        auto *slot = static_cast<std::uint8_t *>(memory_) + std::size_t{next_} * slot_size;
        const auto *header = reinterpret_cast<const tpacket2_hdr *>(slot);
        const auto status = __atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE);
        return (status & TP_STATUS_USER) != 0 ? slot : nullptr;
    }

    void release(std::uint8_t *slot) {
        auto *header = reinterpret_cast<tpacket2_hdr *>(slot);
        __atomic_store_n(&header->tp_status, std::uint32_t{TP_STATUS_KERNEL}, __ATOMIC_RELEASE);
        next_ = (next_ + 1) % slot_count;
    }

  private:
    static constexpr std::size_t length = std::size_t{slot_size} * slot_count;
    void *memory_ = nullptr;
    unsigned next_ = 0;
};

Capture::Capture(Wire &wire) : wire_(wire) {
    wire.bridge().in([&] {
        // Protocol 0 until the filter stands, so that nothing slips through.
        socket_ = File{check(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), "packet socket")};
        const int on = 1;
        set_option(socket_.fd(), SOL_PACKET, PACKET_IGNORE_OUTGOING, on, "capture one direction");
        // Without this the ring stamps frames when it copies them, not on arrival.
        set_option(socket_.fd(), SOL_SOCKET, SO_TIMESTAMPNS, on, "time stamps");
        ignore_device(socket_.fd(), if_nametoindex("br0"));
        ring_ = std::make_unique<Ring>(socket_.fd());
        sockaddr_ll address{};
        address.sll_family = AF_PACKET;
        address.sll_protocol = htons(ETH_P_ALL);
        check(bind(socket_.fd(), reinterpret_cast<sockaddr *>(&address), sizeof address),
              "start the capture");
    });
    drainer_ = std::thread([this] { drain_regularly(); });
}

Capture::~Capture() {
    {
        const std::scoped_lock lock(mutex_);
        stop_ = true;
    }
    stop_condition_.notify_all();
    drainer_.join();
}

void Capture::drain_regularly() {
    std::unique_lock lock(mutex_);
    while (!stop_condition_.wait_for(lock, drain_interval, [this] { return stop_; }))
        drain();
}

/// Needs mutex_.
void Capture::drain() {
    while (std::uint8_t *slot = ring_->filled()) {
        const auto *header = reinterpret_cast<const tpacket2_hdr *>(slot);
        const auto *address =
            reinterpret_cast<const sockaddr_ll *>(slot + TPACKET_ALIGN(sizeof(tpacket2_hdr)));
        std::string host = wire_.host_behind(address->sll_ifindex);
        if (!host.empty()) {
            const timespec stamp{header->tp_sec, header->tp_nsec};
            const std::uint8_t *start = slot + header->tp_mac;
            frames_.emplace_back(from_realtime(stamp), std::move(host),
                                 Bytes(start, start + header->tp_snaplen), header->tp_len);
        }
        ring_->release(slot);
    }
    tpacket_stats statistics{};
    socklen_t length = sizeof statistics;
    if (getsockopt(socket_.fd(), SOL_PACKET, PACKET_STATISTICS, &statistics, &length) == 0)
        lost_ += statistics.tp_drops;
}

std::vector<Frame> Capture::frames() {
    const std::scoped_lock lock(mutex_);
    drain();
    return frames_;
}

std::vector<Frame> Capture::select(const FramePredicate &predicate) {
    const std::scoped_lock lock(mutex_);
    drain();
    std::vector<Frame> found;
    std::copy_if(frames_.begin(), frames_.end(), std::back_inserter(found), predicate);
    return found;
}

std::size_t Capture::count(const FramePredicate &predicate) {
    const std::scoped_lock lock(mutex_);
    drain();
    return static_cast<std::size_t>(std::count_if(frames_.begin(), frames_.end(), predicate));
}

std::optional<Frame> Capture::first(const FramePredicate &predicate) {
    const std::scoped_lock lock(mutex_);
    drain();
    const auto found = std::find_if(frames_.begin(), frames_.end(), predicate);
    return found == frames_.end() ? std::nullopt : std::optional{*found};
}

std::optional<Frame> Capture::last(const FramePredicate &predicate) {
    const std::scoped_lock lock(mutex_);
    drain();
    const auto found = std::find_if(frames_.rbegin(), frames_.rend(), predicate);
    return found == frames_.rend() ? std::nullopt : std::optional{*found};
}

std::optional<Frame> Capture::wait_for(const FramePredicate &predicate, Duration timeout,
                                       Instant since) {
    std::optional<Frame> found;
    std::size_t looked_at = 0;
    wait_until(
        [&] {
            const std::scoped_lock lock(mutex_);
            drain();
            for (; looked_at < frames_.size() && !found; ++looked_at) {
                const Frame &frame = frames_[looked_at];
                if (frame.time() >= since && predicate(frame))
                    found = frame;
            }
            return found.has_value();
        },
        timeout, 1ms);
    return found;
}

std::size_t Capture::lost() {
    const std::scoped_lock lock(mutex_);
    drain();
    return lost_;
}

void Capture::save(const std::string &prefix) {
    const std::vector<Frame> all = frames();
    write_pcap(prefix + ".pcap", all);
    std::ofstream text(prefix + ".txt", std::ios::trunc);
    for (const Frame &frame : all)
        text << frame.text() << '\n';
}

::testing::AssertionResult no_frame(Capture &capture, const FramePredicate &forbidden,
                                    const FramePredicate &witness) {
    constexpr std::size_t shown = 10;
    const std::vector<Frame> offenders = capture.select(forbidden);
    if (!offenders.empty()) {
        auto failure = ::testing::AssertionFailure();
        failure << offenders.size() << " frames that must not be there:";
        for (std::size_t i = 0; i < std::min(shown, offenders.size()); ++i)
            failure << "\n  " << offenders[i].text();
        return failure;
    }
    if (!capture.first(witness))
        return ::testing::AssertionFailure()
               << "none of the frames that must be there is; the capture has "
               << capture.frames().size() << " frames";
    return ::testing::AssertionSuccess();
}

::testing::AssertionResult has_frame(Capture &capture, const FramePredicate &wanted,
                                     std::size_t at_least) {
    const std::size_t found = capture.count(wanted);
    if (found >= at_least)
        return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure()
           << found << " of " << at_least << " wanted frames; the capture has "
           << capture.frames().size() << " frames";
}

namespace match {

FramePredicate from(const Host &host) {
    return [name = host.name()](const Frame &frame) { return frame.host() == name; };
}

FramePredicate since(Instant start) {
    return [start](const Frame &frame) { return frame.time() >= start; };
}

FramePredicate between(Instant start, Instant end) {
    return [start, end](const Frame &frame) { return frame.time() >= start && frame.time() < end; };
}

FramePredicate advert(unsigned vhid) {
    return [vhid](const Frame &frame) {
        const auto header = frame.advert();
        return header && header->vhid == vhid && !header->bow_out();
    };
}

FramePredicate bow_out(unsigned vhid) {
    return [vhid](const Frame &frame) {
        const auto header = frame.advert();
        return header && header->vhid == vhid && header->bow_out();
    };
}

FramePredicate claims(unsigned vhid) {
    return [vhid](const Frame &frame) { return frame.claims_vhid() == vhid; };
}

} // namespace match

} // namespace e2e
