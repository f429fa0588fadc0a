// SPDX-License-Identifier: GPL-2.0-only
/// ICMP and ICMPv6 echo requests, one per millisecond by default.
#pragma once

#include "file.hpp"
#include "probe.hpp"

namespace e2e {

class PingProbe final : public Probe {
  public:
    PingProbe(const Host &client, const Address &target, Duration interval = 1ms);
    ~PingProbe() override { finish(); }

  private:
    void ask(std::size_t number) override;
    void collect() override;

    Address target_;
    File socket_;
    std::uint16_t id_;
    std::size_t newest_ = 0;
};

/// One ping; false if no answer came in time.
bool ping(const Host &client, const Address &target, Duration timeout = 3s);

/// How many echo requests `host` has answered so far, over both families.
std::uint64_t echoes_answered(const Host &host);

} // namespace e2e
