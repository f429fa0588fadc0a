// SPDX-License-Identifier: GPL-2.0-only
/// A new TCP connection at a fixed rhythm, each answered with the server's name.
#pragma once

#include "file.hpp"
#include "probe.hpp"
#include "tcp_server.hpp"

#include <deque>

namespace e2e {

class TcpProbe final : public Probe {
  public:
    TcpProbe(const Host &client, const Address &target, Duration interval = 10ms,
             std::uint16_t port = default_port);
    ~TcpProbe() override { finish(); }

  private:
    struct Attempt {
        std::size_t number;
        Instant begun;
        File connection;
    };

    void ask(std::size_t number) override;
    void collect() override;

    Address target_;
    std::uint16_t port_;
    std::deque<Attempt> attempts_;
};

} // namespace e2e
