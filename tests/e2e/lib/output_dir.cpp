// SPDX-License-Identifier: GPL-2.0-only
#include "output_dir.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>

namespace e2e {

std::string output_dir() {
    if (const char *wanted = std::getenv("E2E_OUT"))
        return wanted;
    return std::filesystem::is_directory("/out") ? "/out" : ".";
}

std::string output_path(const std::string &suffix) {
    std::string name = "e2e";
    if (const auto *test = ::testing::UnitTest::GetInstance()->current_test_info())
        name = std::string{test->test_suite_name()} + "." + test->name();
    std::replace(name.begin(), name.end(), '/', '_');
    return output_dir() + "/" + name + suffix;
}

} // namespace e2e
