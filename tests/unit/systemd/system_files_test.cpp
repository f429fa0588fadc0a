// SPDX-License-Identifier: GPL-2.0-or-later
#include "system_files.hpp"

#include "host.hpp"

#include <gtest/gtest.h>

namespace {

using carpctl::CarpFile;

class SystemFiles : public ::testing::Test {
  protected:
    std::string found() const {
        std::string text;
        for (const auto &file : carpctl::find_system_files(host.directories())) {
            text += file.name + "=" + relative(file.path);
            for (const auto &drop_in : file.drop_ins)
                text += "+" + relative(drop_in);
            text += " ";
        }
        return text;
    }
    std::string relative(const std::string &path) const {
        return path.substr(host.root.path("").size());
    }
    std::optional<std::string> conflict(const std::string &name) const {
        CarpFile file;
        file.name = name;
        file.source = "there";
        file.addresses.push_back(carpnl::Address::parse("192.0.2.1/24"));
        return carpctl::find_conflict(file, host.directories());
    }

    systemdtest::Host host;
};

TEST_F(SystemFiles, TheFirstDirectoryCounts) {
    EXPECT_EQ(found(), "");
    host.write("lib/carp0.carp", "[CARP]\n");
    host.write("lib/carp1.carp", "[CARP]\n");
    host.write("run/carp1.carp", "[CARP]\n");
    host.write("etc/carp1.carp", "[CARP]\n");
    host.write("etc/.carp", "[CARP]\n");
    host.write("etc/carp2.netdev", "[NetDev]\n");
    EXPECT_EQ(found(), "carp0=lib/carp0.carp carp1=etc/carp1.carp ");
}

TEST_F(SystemFiles, AnEmptyFileOrALinkToNowhereMasks) {
    host.write("lib/carp0.carp", "[CARP]\n");
    host.write("lib/carp1.carp", "[CARP]\n");
    host.write("run/carp0.carp", "");
    host.link("etc/carp1.carp", "/dev/null");
    EXPECT_EQ(found(), "");
}

TEST_F(SystemFiles, DropInsOfAllDirectoriesAreInOrderOfTheirNames) {
    host.write("lib/carp0.carp", "[CARP]\nVHID=1\n");
    host.write("lib/carp0.carp.d/b.conf", "[CARP]\nVHID=2\n");
    host.write("etc/carp0.carp.d/a.conf", "[CARP]\nVHID=3\n");
    host.write("lib/carp0.carp.d/c.conf", "[CARP]\nVHID=4\n");
    host.write("run/carp0.carp.d/c.conf", "");
    host.write("lib/carp0.carp.d/d.conf", "[CARP]\nVHID=5\n");
    host.write("run/carp0.carp.d/d.conf", "[CARP]\nAdvSkew=9\n");
    EXPECT_EQ(found(), "carp0=lib/carp0.carp+etc/carp0.carp.d/a.conf+lib/carp0.carp.d/b.conf"
                       "+run/carp0.carp.d/d.conf ");
    std::vector<carpctl::Problem> problems;
    const auto file =
        read_carp_file(carpctl::find_system_files(host.directories()).front(), problems);
    EXPECT_TRUE(problems.empty());
    EXPECT_EQ(file.vhid, 2U);
    EXPECT_EQ(file.advskew, 9U);
}

TEST_F(SystemFiles, AddressesAreSetByOneOfTwo) {
    EXPECT_FALSE(conflict("carp0"));
    host.write("lib/80-carp.network", "[Match]\nKind=carp\n[Link]\nUnmanaged=yes\n");
    EXPECT_FALSE(conflict("carp0"));
    host.write("etc/10-carp0.network", "[Match]\nName=carp0\n[Network]\nAddress=192.0.2.1/24\n");
    EXPECT_TRUE(conflict("carp0"));
    EXPECT_NE(conflict("carp0")->find("there: Address=: " + host.root.path("etc/10-carp0.network")),
              std::string::npos);
    EXPECT_FALSE(conflict("carp1"));
    EXPECT_FALSE(carpctl::find_conflict(CarpFile(), host.directories()));
    // What sorts behind the one that says Unmanaged= does not count.
    host.write("etc/90-all.network", "[Match]\nName=*\n");
    EXPECT_FALSE(conflict("carp1"));
    host.write("etc/20-some.network", "# [Match]\n[Match]\nName = !carp0 eth*\n");
    EXPECT_TRUE(conflict("carp1"));
    host.write("etc/20-some.network", "[Match]\nName=carp*\nKind=vlan\n");
    EXPECT_FALSE(conflict("carp1"));
    host.write("etc/20-some.network", "[Match]\nName=carp*\nDriver=virtio\n");
    EXPECT_FALSE(conflict("carp1"));
    host.write("etc/20-some.network", "[Network]\nDHCP=yes\n");
    EXPECT_FALSE(conflict("carp1"));
}

} // namespace
