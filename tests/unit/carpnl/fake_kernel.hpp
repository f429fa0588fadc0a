// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * A kernel small enough to read, on the other side of the library's transport.
 */
#pragma once

#include "attributes.hpp"
#include "fake_generic.hpp"
#include "request.hpp"
#include "transport.hpp"

#include <carpnl/address.hpp>
#include <carpnl/socket.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace carptest {

/// An interface of the fake kernel.
struct FakeLink {
    std::string name;
    std::string kind;
    std::string master_kind;
    std::uint32_t flags = 0;
    std::uint16_t hardware = 1; // ARPHRD_ETHER
    bool carrier = true;

    std::uint32_t parent = 0;
    std::uint32_t vhid = 0;
    std::uint32_t advbase = 1;
    std::uint32_t advskew = 0;
    std::uint32_t preempt = 0;
    std::uint32_t announce_count = 2;
    std::uint32_t announce_interval = 0;
    std::uint32_t announce_refresh = 0;
    std::uint32_t state = 0;
    std::string key;
    std::string key_next;
    std::uint32_t grace = 300;
    std::uint32_t preempt_delay = 0;
    std::uint32_t start_hold = 0;
    std::optional<std::uint32_t> forced;

    std::vector<carpnl::Address> peers4;
    std::vector<carpnl::Address> peers6;
    std::vector<carpnl::Address> addresses;

    bool operator==(const FakeLink &) const = default;
};

/// What a refusal looks like.
struct Refusal {
    int code;
    std::string text;
    std::optional<std::uint32_t> offset;
};

/**
 * The world and the rules of rtnetlink as far as libcarpnl meets them: links, addresses, dumps,
 * acknowledgements. Like the real one it deletes all addresses of a subnet with the first of them.
 */
class FakeKernel {
  public:
    FakeKernel();

    /// An Ethernet interface that is up. Returns its index.
    std::uint32_t add_ethernet(const std::string &name, const std::vector<std::string> &addresses);
    std::uint32_t add_carp(const std::string &name);
    FakeLink &link(const std::string &name);
    bool exists(const std::string &name) const;

    /// A socket that talks to this kernel, which must outlive it.
    carpnl::Socket socket();

    /// Asked before each request is done: a Refusal ends it.
    std::function<std::optional<Refusal>(const nlmsghdr &head, std::span<const std::byte> whole)>
        refuse;
    /// So many dumps from now on are marked as interrupted.
    int interruptions = 0;
    /// Said with the next success.
    std::string remark;
    /// The kernel takes a vhid away again if the parent goes with it.
    bool vhid_can_go = true;
    /// The other family, whose devices are listed apart.
    FakeGeneric generic;
    /// One word for each request, as in "newlink vhid key", "newaddr 192.168.1.50/24", "up".
    std::vector<std::string> log;

  private:
    class Wire;
    friend class Wire;

    void handle(std::span<const std::byte> message);
    std::optional<Refusal> perform(const nlmsghdr &head, std::span<const std::byte> whole,
                                   std::span<const std::byte> payload);
    std::optional<Refusal> newlink(const nlmsghdr &head, std::span<const std::byte> whole,
                                   std::span<const std::byte> payload);
    std::optional<Refusal> change_carp(FakeLink &link, const carpnl::detail::Attributes &data,
                                       std::span<const std::byte> whole);
    std::optional<Refusal> address_request(const nlmsghdr &head,
                                           std::span<const std::byte> payload);
    Bytes describe_link(std::uint32_t index, const FakeLink &link) const;
    Bytes describe_address(std::uint32_t index, const FakeLink &link,
                           const carpnl::Address &address) const;
    std::map<std::uint32_t, FakeLink>::iterator find(std::span<const std::byte> payload);
    void answer(std::uint16_t type, std::uint16_t flags, std::uint32_t sequence,
                std::span<const std::byte> payload);
    void acknowledge(const nlmsghdr &head, const std::optional<Refusal> &refusal);

    std::map<std::uint32_t, FakeLink> links_;
    std::uint32_t next_index_ = 1;
    std::deque<Bytes> answers_;
};

} // namespace carptest
