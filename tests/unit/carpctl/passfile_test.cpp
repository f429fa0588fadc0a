// SPDX-License-Identifier: GPL-2.0-or-later
#include "passfile.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace {

using carpctl::FileError;
using carpctl::read_passfile;

std::string text_of(const carpnl::Key &key) {
    std::string text;
    for (const std::byte one : key.bytes())
        text += static_cast<char>(one);
    return text;
}

class Passfile : public ::testing::Test {
  protected:
    void SetUp() override {
        std::array<char, 32> name{"/tmp/carp-passfile-XXXXXX"};
        const int file = ::mkstemp(name.data());
        ASSERT_GE(file, 0);
        ::close(file);
        path = name.data();
    }
    void TearDown() override { ::unlink(path.c_str()); }

    void write(const std::string &text) const { std::ofstream(path) << text; }

    std::string read(const std::string &from) {
        try {
            return text_of(read_passfile(from, input, warnings));
        } catch (const FileError &error) {
            return error.what();
        }
    }

    std::string path;
    std::istringstream input;
    std::ostringstream warnings;
};

TEST_F(Passfile, OneLineWithOrWithoutItsEnd) {
    write("testpass\n");
    EXPECT_EQ(read(path), "testpass");
    write("testpass");
    EXPECT_EQ(read(path), "testpass");
    write(" two words ");
    EXPECT_EQ(read(path), " two words ");
    write(std::string("a\0b", 3));
    EXPECT_EQ(read(path), std::string("a\0b", 3));
    EXPECT_EQ(warnings.str(), "");
}

TEST_F(Passfile, HowLongIsTheKernelsBusiness) {
    write("");
    EXPECT_EQ(read(path), "");
    write("\n");
    EXPECT_EQ(read(path), "");
    write(std::string(256, 'x') + "\n");
    EXPECT_EQ(read(path), std::string(256, 'x'));
    write(std::string(257, 'x') + "\n");
    EXPECT_EQ(read(path), "passfile " + path + ": more than 256 bytes");
    write(std::string(257, 'x'));
    EXPECT_EQ(read(path), "passfile " + path + ": more than 256 bytes");
    write(std::string(100000, 'x'));
    EXPECT_EQ(read(path), "passfile " + path + ": more than 256 bytes");
}

TEST_F(Passfile, WhatIsNoKeyFile) {
    write("one\ntwo\n");
    EXPECT_EQ(read(path), "passfile " + path + ": more than one line");
    EXPECT_EQ(read("/nonexistent/key"), "passfile /nonexistent/key: No such file or directory");
    EXPECT_EQ(read("/tmp"), "passfile /tmp: Is a directory");
}

TEST_F(Passfile, StandardInput) {
    input.str("testpass\n");
    EXPECT_EQ(read("-"), "testpass");
}

TEST_F(Passfile, WarnsIfEverybodyCanReadIt) {
    write("testpass\n");
    ::chmod(path.c_str(), 0644);
    EXPECT_EQ(read(path), "testpass");
    EXPECT_EQ(warnings.str(), "carpctl: warning: passfile " + path + " can be read by everybody\n");
}

} // namespace
