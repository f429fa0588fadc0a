// SPDX-License-Identifier: GPL-2.0-or-later
#include "arguments.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace {

using carpctl::Arguments;
using carpctl::UsageError;

/// A command line as the kernel hands it over: memory that others can read.
class Line {
  public:
    explicit Line(const std::vector<std::string> &words) {
        for (const auto &word : words)
            memory_.insert(memory_.end(), word.c_str(), word.c_str() + word.size() + 1);
        char *next = memory_.data();
        for (const auto &word : words) {
            argv_.push_back(next);
            next += word.size() + 1;
        }
    }
    std::span<char *> argv() { return argv_; }
    bool shows(const std::string &text) const {
        return std::search(memory_.begin(), memory_.end(), text.begin(), text.end()) !=
               memory_.end();
    }

  private:
    std::vector<char> memory_;
    std::vector<char *> argv_;
};

TEST(Arguments, TakesTheKeyOutOfTheCommandLine) {
    Line line({"configure", "carp0", "vhid", "1", "pass", "testpass", "10.0.0.1/8"});
    Arguments arguments(line.argv());
    EXPECT_FALSE(line.shows("testpass"));
    EXPECT_TRUE(line.shows("10.0.0.1/8"));
    std::string_view word;
    while (word != "pass")
        word = arguments.take("a word");
    EXPECT_EQ(arguments.take("the key"), "testpass");
    EXPECT_EQ(arguments.take("the address"), "10.0.0.1/8");
    EXPECT_TRUE(arguments.at_end());
}

TEST(Arguments, TakesEveryKeyAndEvenTheWordPass) {
    Line line({"pass", "one", "pass", "two", "pass", "pass"});
    const Arguments arguments(line.argv());
    EXPECT_FALSE(line.shows("one"));
    EXPECT_FALSE(line.shows("two"));
    Line open({"configure", "carp0", "pass"});
    const Arguments fine(open.argv());
    EXPECT_TRUE(open.shows("pass"));
}

TEST(Arguments, SaysWhatIsMissingOrTooMuch) {
    Line line({"show", "carp0", "carp1"});
    Arguments arguments(line.argv());
    EXPECT_EQ(arguments.peek(), "show");
    EXPECT_FALSE(arguments.take_if("up"));
    EXPECT_TRUE(arguments.take_if("show"));
    arguments.take("NAME");
    try {
        arguments.require_end();
        FAIL();
    } catch (const UsageError &error) {
        EXPECT_STREQ(error.what(), "'carp1' is too much");
    }
    arguments.take("NAME");
    EXPECT_EQ(arguments.peek(), "");
    try {
        arguments.take("NAME");
        FAIL();
    } catch (const UsageError &error) {
        EXPECT_STREQ(error.what(), "NAME is missing");
    }
}

} // namespace
