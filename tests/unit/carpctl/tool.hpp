// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * The tool in a world of its own: a kernel that a test can look into, streams, a clock that stands.
 */
#pragma once

#include "cli.hpp"

#include "fake_kernel.hpp"
#include "words.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>
#include <vector>

namespace carptest {

class Tool : public ::testing::Test {
  protected:
    using Words = std::vector<std::string>;

    /// @return the exit status
    int run(const Words &words) {
        out.str("");
        err.str("");
        WordList list(words);
        carpctl::Arguments arguments(list.argv());
        return carpctl::run(arguments, world);
    }
    int run(const Words &words, const std::string &input) {
        in.clear();
        in.str(input);
        return run(words);
    }

    /// Fails with 1 and that message.
    void expect_usage(const Words &words, const std::string &message) {
        EXPECT_EQ(run(words), 1) << message;
        EXPECT_EQ(err.str(), "carpctl: " + message + " ('carpctl help' tells more)\n");
    }

    FakeKernel kernel;
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    /// A test adds what else its commands meet.
    carpctl::Environment world{
        .in = in,
        .out = out,
        .err = err,
        .open = [this] { return kernel.socket(); },
        .sysctls = [] { return carpctl::Sysctls{.allow = true, .preempt = false}; },
        .now = [] { return std::chrono::system_clock::time_point(); },
    };
};

} // namespace carptest
