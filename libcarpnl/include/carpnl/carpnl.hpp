// SPDX-License-Identifier: LGPL-2.1-or-later
/** @file
 * All of libcarpnl: create, configure, query and watch carp devices of the Linux kernel.
 *
 *     try {
 *         auto socket = carpnl::Socket::open();
 *         socket.create("carp0", carpnl::Config()
 *                                    .parent("eth0")
 *                                    .vhid(1)
 *                                    .key(carpnl::Key("testpass"))
 *                                    .address(carpnl::Address::parse("192.168.1.50/24"))
 *                                    .up(true));
 *         for (const auto &status : socket.list())
 *             std::cout << status.name() << ' ' << to_string(status.state()) << '\n';
 *     } catch (const carpnl::Error &error) {
 *         std::cerr << error.what() << '\n'; // "carp0: carp: vhid 300: out of range 1..255"
 *     }
 *
 * socket.hpp is where to begin, monitor.hpp for who wants to be told. The rules are the same for
 * all of it:
 *
 * Errors. Functions that are not noexcept throw Error, or std::bad_alloc. What fails has changed
 * nothing, except where it says otherwise.
 *
 * Threads. An object is for one thread at a time; different objects can be used at once, copies of
 * the same Status, Device, Event, Cause, Transition or Counters included. There is no global state.
 *
 * Lifetime. Values own what they show: a reference that a Status or Event gives out is valid as
 * long as that object or a copy of it. Socket, Monitor, Config, Changes and Key can be moved; of
 * one that was moved from, only destruction and assignment are defined.
 *
 * Processes. File descriptors are closed by exec. A Socket or Monitor is not to be used on both
 * sides of a fork.
 *
 * Units. Times are of std::chrono, addresses and keys bytes in network order, numbers those of
 * linux/carp.h. A value that only a newer kernel knows is kept as it is.
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
#include <carpnl/tally.hpp>
#include <carpnl/types.hpp>
#include <carpnl/version.hpp>
