// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * All of libcarpnl: create, configure, query and watch carp devices of the Linux kernel.
 *
 *     auto socket = carpnl::Socket::open();
 *     for (const auto &status : socket.list())
 *         std::cout << status.name() << ' ' << to_string(status.state()) << '\n';
 */
#pragma once

#include <carpnl/address.hpp>
#include <carpnl/config.hpp>
#include <carpnl/counters.hpp>
#include <carpnl/demotion.hpp>
#include <carpnl/error.hpp>
#include <carpnl/event.hpp>
#include <carpnl/key.hpp>
#include <carpnl/monitor.hpp>
#include <carpnl/socket.hpp>
#include <carpnl/status.hpp>
#include <carpnl/types.hpp>
#include <carpnl/version.hpp>
