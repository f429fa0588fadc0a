// SPDX-License-Identifier: GPL-2.0-only
/// As much rtnetlink as tests need when starting a program would take too much
/// guest time, or when only the kernel's own answer will do.
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

/// One link as RTM_NEWLINK tells it.
struct Link {
    int index = 0;
    unsigned flags = 0;
    std::string name;
    std::string kind;
    std::string mac;
    unsigned oper_state = 0;
    bool carrier = false;
    std::optional<unsigned> port_state; ///< BR_STATE_* of a bridge port
    Bytes info_data;
    Bytes info_xstats;

    /// From the body of an RTM_NEWLINK, behind the netlink header.
    static Link parse(View body);
};

/// What the kernel said to a request; text is its extended acknowledgement.
struct Refusal {
    int error = 0;
    std::string text;
    std::optional<std::uint32_t> offset;
};

class Rtnl {
  public:
    /// A socket in the network namespace of the calling thread; groups as
    /// RTMGRP_*.
    explicit Rtnl(std::uint32_t groups = 0);

    [[nodiscard]] int fd() const { return socket_.fd(); }
    void close() { socket_ = File{}; }

    /// Sends a request and waits for its acknowledgement.
    std::optional<Refusal> ask(const Message &message);
    /// The same, throwing if the kernel refuses.
    void demand(const Message &message, const std::string &what);

    void set_up(const std::string &device, bool up);
    /// A bridge that forwards at once, floods groups and knows no spanning tree.
    void add_bridge(const std::string &device);
    /// A cable: `device` here, and `peer` in the namespace behind the descriptor.
    void add_veth(const std::string &device, const std::string &peer, int peer_namespace,
                  View peer_mac);
    void set_master(const std::string &device, const std::string &master);
    /// IPv6 addresses without duplicate address detection, if so wished.
    void add_address(const std::string &device, View address, unsigned prefix, bool nodad);
    void set_port_state(int index, std::uint8_t state);
    void remove_link(const std::string &device);
    [[nodiscard]] std::optional<Link> link(const std::string &device);

    /// Hands every message that waits to `take(type, body)`; false if the kernel
    /// dropped some.
    bool drain(const std::function<void(std::uint16_t, View)> &take);

  private:
    std::optional<Refusal> exchange(const Message &message, Bytes *answer);

    File socket_;
    std::mutex mutex_;
    std::uint32_t sequence_ = 0;
};

} // namespace e2e
