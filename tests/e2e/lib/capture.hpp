// SPDX-License-Identifier: GPL-2.0-only
/// Everything that the hosts of a wire send, in the order in which it got there.
#pragma once

#include "file.hpp"
#include "frame.hpp"
#include "wire.hpp"

#include <condition_variable>
#include <gtest/gtest.h>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace e2e {

class Capture {
  public:
    explicit Capture(Wire &wire);
    Capture(const Capture &) = delete;
    Capture &operator=(const Capture &) = delete;
    ~Capture();

    [[nodiscard]] std::vector<Frame> frames();
    [[nodiscard]] std::vector<Frame> select(const FramePredicate &predicate);
    [[nodiscard]] std::size_t count(const FramePredicate &predicate);
    [[nodiscard]] std::optional<Frame> first(const FramePredicate &predicate);
    [[nodiscard]] std::optional<Frame> last(const FramePredicate &predicate);
    /// The first matching frame from `since` on, which may be still to come.
    std::optional<Frame> wait_for(const FramePredicate &predicate, Duration timeout,
                                  Instant since = now());
    /// Frames that the ring had no room for; a test with any proves nothing.
    [[nodiscard]] std::size_t lost();

    /// PREFIX.pcap and PREFIX.txt, the latter with the name of each sender.
    void save(const std::string &prefix);

  private:
    class Ring;

    void drain();
    void drain_regularly();

    Wire &wire_;
    File socket_;
    std::unique_ptr<Ring> ring_;
    std::mutex mutex_;
    std::vector<Frame> frames_;
    std::size_t lost_ = 0;
    std::condition_variable stop_condition_;
    bool stop_ = false;
    std::thread drainer_;
};

/// Passes if the capture holds no `forbidden` frame and at least one `witness`,
/// without which a dead capture would pass.
::testing::AssertionResult no_frame(Capture &capture, const FramePredicate &forbidden,
                                    const FramePredicate &witness);

/// Passes if the capture holds a matching frame.
::testing::AssertionResult has_frame(Capture &capture, const FramePredicate &wanted,
                                     std::size_t at_least = 1);

#define EXPECT_NO_FRAME(capture, forbidden, witness)                                               \
    EXPECT_TRUE(::e2e::no_frame((capture), (forbidden), (witness)))
#define EXPECT_FRAME(capture, wanted) EXPECT_TRUE(::e2e::has_frame((capture), (wanted)))

/// Words for predicates.
namespace match {

FramePredicate from(const Host &host);
FramePredicate since(Instant start);
FramePredicate between(Instant start, Instant end);
FramePredicate advert(unsigned vhid);
FramePredicate bow_out(unsigned vhid);
/// The virtual MAC of `vhid` as any kind of sender.
FramePredicate claims(unsigned vhid);

template <class... Predicates> FramePredicate all(Predicates... predicates) {
    return [predicates...](const Frame &frame) { return (predicates(frame) && ...); };
}

} // namespace match

} // namespace e2e
