// SPDX-License-Identifier: GPL-2.0-only
/// Sockets that a test holds in its own hands, for what servers and probes hide:
/// bound addresses, connections that outlive a switch, errors of single calls.
#pragma once

#include "address.hpp"
#include "file.hpp"
#include "host.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace e2e {

class Socket {
  public:
    /// SOCK_STREAM or SOCK_DGRAM; it lives in `host` from then on.
    Socket(const Host &host, const Address &family_of, int type);

    /// Option IP_FREEBIND or IPV6_FREEBIND.
    void freebind() const;
    /// Errno, 0 if it worked.
    [[nodiscard]] int bind(const Address &address, std::uint16_t port = 0) const;
    /// Errno, 0 if it worked; ETIMEDOUT if nothing came of it in time.
    [[nodiscard]] int connect(const Address &address, std::uint16_t port,
                              Duration timeout = 2s) const;
    void listen() const;
    /// A connection that has come in.
    [[nodiscard]] std::optional<Socket> accept(Duration timeout = 2s) const;
    /// Errno, 0 if it worked.
    [[nodiscard]] int send(const std::string &text) const;
    [[nodiscard]] int send_to(const Address &address, std::uint16_t port,
                              const std::string &text) const;
    /// What has come; an error says itself by its errno: "!104".
    [[nodiscard]] std::string receive(Duration timeout = 2s) const;
    /// The address at this end.
    [[nodiscard]] Address local() const;
    /// Whether something is to be read.
    [[nodiscard]] bool readable(Duration timeout) const;

  private:
    Socket(File file, bool is_v4) : file_(std::move(file)), is_v4_(is_v4) {}

    File file_;
    bool is_v4_;
};

} // namespace e2e
