// SPDX-License-Identifier: GPL-2.0-only
/// Puts hand-made frames on a host's wire.
#pragma once

#include "file.hpp"
#include "host.hpp"
#include "rtnl.hpp"

namespace e2e {

class PacketSocket {
  public:
    explicit PacketSocket(const Host &host, const std::string &device = "eth0");
    void send(const Bytes &frame) const;

  private:
    File socket_;
};

} // namespace e2e
