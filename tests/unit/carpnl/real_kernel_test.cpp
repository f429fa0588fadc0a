// SPDX-License-Identifier: GPL-2.0-or-later
// The transport on the running kernel, in a network namespace of its own. It needs no carp module.
#include "links.hpp"

#include <carpnl/carpnl.hpp>

#include <gtest/gtest.h>

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <functional>

namespace {

using carpnl::Address;
using carpnl::Error;
using carpnl::Socket;
using carpnl::detail::Exchange;
using carpnl::detail::Request;

constexpr int skipped = 77;

/// Runs in a child, so that the test's own namespace stays as it is. Returns its exit code.
int in_namespace(const std::function<int()> &work) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
            ::_exit(skipped);
        int code = 1;
        try {
            code = work();
        } catch (const std::exception &error) {
            std::fprintf(stderr, "%s\n", error.what());
        }
        ::_exit(code);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void add_bridge(Exchange &exchange, const char *name) {
    Request request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    request.fixed(ifinfomsg{}).put_text(IFLA_IFNAME, name);
    {
        const Request::Nest info(request, IFLA_LINKINFO);
        request.put_text(IFLA_INFO_KIND, "bridge");
    }
    exchange.perform(request, name);
}

class RealKernel : public ::testing::Test {
  protected:
    /// @p work returns 0, or the number of the check that failed.
    void check(const std::function<int()> &work) {
        const int code = in_namespace(work);
        if (code == skipped)
            GTEST_SKIP() << "no network namespace, or no bridges in this kernel";
        EXPECT_EQ(code, 0) << "the number of the check that failed";
    }
};

TEST_F(RealKernel, LinksAndAddresses) {
    check([] {
        Exchange exchange(carpnl::detail::open_route_transport());
        try {
            add_bridge(exchange, "parent0");
        } catch (const Error &error) {
            return error.code().value() == EOPNOTSUPP ? skipped : 2;
        }
        const auto link = carpnl::detail::get_link(exchange, "parent0");
        if (link.name() != "parent0" || link.up() || link.is_carp())
            return 3;
        const auto four = Address::parse("192.168.1.3/24");
        const auto second = Address::parse("192.168.1.4/24");
        const auto six = Address::parse("2001:db8::3/64");
        carpnl::detail::set_up(exchange, link, true);
        for (const auto &address : {four, second, six})
            carpnl::detail::add_address(exchange, link, address);
        try {
            carpnl::detail::add_address(exchange, link, four);
            return 4;
        } catch (const Error &error) {
            if (error.code().value() != EEXIST)
                return 5;
        }
        auto records = carpnl::detail::get_addresses(exchange, link.index(), "parent0");
        if (records.size() < 3 || !(records[0].address == four))
            return 6;

        // What was deleted comes back as it was.
        const auto first = records[0];
        carpnl::detail::delete_address(exchange, link, four);
        carpnl::detail::restore_address(exchange, link, first);
        carpnl::detail::delete_address(exchange, link, six);
        for (const auto &one : records)
            if (one.address == six)
                carpnl::detail::restore_address(exchange, link, one);
        std::size_t found = 0;
        for (const auto &one : carpnl::detail::get_addresses(exchange, link.index(), "parent0"))
            found += one.address == four || one.address == six ? 1 : 0;
        if (found != 2)
            return 7;
        const std::vector<Address> wanted{Address::parse("192.168.1.50/24")};
        return Socket::open().parent_by_subnet(wanted) == "parent0" ? 0 : 8;
    });
}

TEST_F(RealKernel, AnswersForOtherKindsAndNames) {
    check([] {
        auto socket = Socket::open();
        if (!socket.list().empty())
            return 2;
        try {
            (void)socket.status("lo");
            return 3;
        } catch (const Error &error) {
            if (error.text() != "not a carp device")
                return 4;
        }
        try {
            (void)socket.status("nope");
            return 5;
        } catch (const Error &error) {
            if (error.text() != "no such device")
                return 6;
        }
        const std::vector<Address> addresses{Address::parse("10.0.0.1/8")};
        try {
            (void)socket.parent_by_subnet(addresses);
            return 7;
        } catch (const Error &error) {
            return error.code().value() == EADDRNOTAVAIL ? 0 : 8;
        }
    });
}

TEST_F(RealKernel, OtherNamespaces) {
    check([] {
        // This thread stays where it is.
        Exchange here(carpnl::detail::open_route_transport());
        try {
            add_bridge(here, "parent0");
        } catch (const Error &error) {
            return error.code().value() == EOPNOTSUPP ? skipped : 2;
        }
        const std::string before = "/proc/self/ns/net";
        if (!Socket::open_in(before).list().empty())
            return 3;
        try {
            (void)Socket::open_in("/nonexistent");
            return 4;
        } catch (const Error &error) {
            if (error.code().value() != ENOENT || error.subject() != "/nonexistent")
                return 5;
        }
        try {
            (void)carpnl::Monitor::open_in("/dev/null");
            return 6;
        } catch (const Error &error) {
            if (error.code().value() != EINVAL)
                return 7;
        }
        Exchange still(carpnl::detail::open_route_transport());
        return carpnl::detail::get_link(still, "parent0").name() == "parent0" ? 0 : 8;
    });
}

TEST_F(RealKernel, ThousandsOfLinksArriveWhole) {
    check([] {
        constexpr int many = 300;
        Exchange exchange(carpnl::detail::open_route_transport());
        for (int i = 0; i < many; ++i)
            try {
                add_bridge(exchange, ("d" + std::to_string(i)).c_str());
            } catch (const Error &error) {
                return error.code().value() == EOPNOTSUPP ? skipped : 2;
            }
        return carpnl::detail::all_links(exchange).size() > many ? 0 : 3;
    });
}

} // namespace
