// SPDX-License-Identifier: GPL-2.0-only
/// Two hosts that share an IPv4 and an IPv6 address, and a client of them.
#pragma once

#include "carp_test.hpp"
#include "tcp_server.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace e2e {

class PairTest : public CarpTest {
  protected:
    static constexpr unsigned vhid = 1;

    /// Makes a host's way to the wire, with these addresses; returns the name of
    /// the device that has them.
    using Build = std::function<std::string(Host &host, const std::vector<std::string> &addresses)>;

    Host &client = add_lonely_host("client");
    Host &a = add_lonely_host("hosta");
    Host &b = add_lonely_host("hostb");
    std::string of_client; ///< its device
    std::string parent_a;
    std::string parent_b;
    std::optional<Carp> on_a; ///< advskew 0
    std::optional<Carp> on_b; ///< advskew 100
    std::vector<Address> virtuals{"192.168.1.50", "2001:db8:1::50"};

    [[nodiscard]] const Address &virtual4() const { return virtuals[0]; }
    [[nodiscard]] const Address &virtual6() const { return virtuals[1]; }

    /// The client's end, and both hosts' parents.
    void build(const Build &end);
    void build(const Build &client_end, const Build &host_end);
    /// Their carp devices; A is MASTER at the end.
    void start(CarpConfig config = {});
    /// Servers on both hosts, for a test that makes its carp devices itself.
    void serve();
    void build_and_start(const Build &end) {
        build(end);
        start();
    }

    /// A plain cable.
    Build cable();

    /// Ping and TCP to every virtual address are answered by `master`.
    void expect_served(const Host &from, const Host &master);
    /// The same from everybody.
    void expect_all_served(const Host &master);
    /// A resigns and B serves, then A comes back as the better one.
    void switch_to_b();
    void switch_back_to_a();

    void TearDown() override;

  private:
    std::vector<std::unique_ptr<TcpServer>> servers_;
};

} // namespace e2e
