// SPDX-License-Identifier: GPL-2.0-only
#include <csignal>
#include <cstdio>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv) {
    ::testing::InitGoogleTest(&argc, argv);
    if (geteuid() != 0) {
        std::fputs("these tests make network namespaces and must run as root\n", stderr);
        return 1;
    }
    // A peer that goes away is an error to look at, not a reason to die.
    std::signal(SIGPIPE, SIG_IGN);
    // Threads inherit it: sleeps end when they should, not up to 50 us later.
    prctl(PR_SET_TIMERSLACK, 1);
    return RUN_ALL_TESTS();
}
