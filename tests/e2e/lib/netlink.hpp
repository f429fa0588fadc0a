// SPDX-License-Identifier: GPL-2.0-only
/// Netlink messages and sockets, as much as tests need.
#pragma once

#include "file.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace e2e {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

/// One netlink attribute; its value lies in the message it was read from.
struct Attribute {
    unsigned type = 0;
    View value;

    [[nodiscard]] std::uint64_t number() const;
    [[nodiscard]] std::string text() const;
};

/// The attributes in `bytes`, one level.
std::vector<Attribute> attributes(View bytes);
/// The attribute `type` in `bytes`.
std::optional<Attribute> find_attribute(View bytes, unsigned type);

/// A netlink message under construction.
class Message {
  public:
    Message(std::uint16_t type, std::uint16_t flags, View header);

    Message &put(unsigned type, View value);
    Message &put_u8(unsigned type, std::uint8_t value);
    Message &put_u32(unsigned type, std::uint32_t value);
    /// A fixed header inside an attribute.
    Message &put_header(View header);
    void add_flags(std::uint16_t flags);
    Message &put_text(unsigned type, const std::string &value);
    std::size_t begin(unsigned type);
    void end(std::size_t nest);

    [[nodiscard]] Bytes finish(std::uint32_t sequence) const;

  private:
    Bytes bytes_;
};

/// What the kernel said to a request; text is its extended acknowledgement.
struct Refusal {
    int error = 0;
    std::string text;
    std::optional<std::uint32_t> offset;
};

/// A message without its netlink header.
struct Answer {
    std::uint16_t type = 0;
    Bytes body;
};

class Netlink {
  public:
    /// A socket in the network namespace of the calling thread; groups as in
    /// sockaddr_nl.
    explicit Netlink(int protocol, std::uint32_t groups = 0);

    [[nodiscard]] int fd() const { return socket_.fd(); }
    void close() { socket_ = File{}; }

    /// Sends a request and waits for its acknowledgement; what else comes for
    /// it goes to `answers`.
    std::optional<Refusal> ask(const Message &message, std::vector<Answer> *answers = nullptr);
    /// The same, throwing if the kernel refuses.
    std::vector<Answer> demand(const Message &message, const std::string &what);

    /// Hands every message that waits to `take(type, body)`; false if the kernel
    /// dropped some.
    bool drain(const std::function<void(std::uint16_t, View)> &take);

  private:
    File socket_;
    std::mutex mutex_;
    std::uint32_t sequence_ = 0;
};

} // namespace e2e
