// SPDX-License-Identifier: GPL-2.0-only
/// Says the name of its host to everybody who connects, at any address.
#pragma once

#include "address.hpp"
#include "file.hpp"
#include "host.hpp"

#include <optional>
#include <string>
#include <thread>

namespace e2e {

constexpr std::uint16_t default_port = 7777;

class TcpServer {
  public:
    explicit TcpServer(const Host &host, std::uint16_t port = default_port);
    TcpServer(const TcpServer &) = delete;
    TcpServer &operator=(const TcpServer &) = delete;
    ~TcpServer();

  private:
    void serve();

    std::string name_;
    File listener_;
    File stop_;
    std::thread thread_;
};

/// The name of the host that answers a connection to `target`; empty if none
/// does in time.
std::optional<std::string> who_answers(const Host &client, const Address &target,
                                       Duration timeout = 3s, std::uint16_t port = default_port);

} // namespace e2e
