// SPDX-License-Identifier: GPL-2.0-or-later
#include "generator.hpp"

#include "host.hpp"
#include "unit_name.hpp"

#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;

class Generator : public ::testing::Test {
  protected:
    bool generate() {
        complaints.clear();
        return carpgen::generate({host.directories(), "/units", host.root.path("out")},
                                 [&](const std::string &text) { complaints += text + "\n"; });
    }
    /// Where a link in the output leads.
    std::string link(const std::string &name) const {
        std::error_code failure;
        return fs::read_symlink(host.root.path("out/" + name), failure).string();
    }
    std::string drop_in(const std::string &unit) const {
        return host.root.read("out/" + unit + ".d/50-carp-generator.conf");
    }
    std::string head(const std::string &file) const {
        return "# Made by carp-generator.\n[Unit]\nSourcePath=" + host.root.path(file) + "\n";
    }

    systemdtest::Host host;
    std::string complaints;
};

const std::string wants = "multi-user.target.wants/";

TEST(UnitName, DevicesAreEscaped) {
    EXPECT_EQ(carpgen::device_unit("eth0"), "sys-subsystem-net-devices-eth0.device");
    EXPECT_EQ(carpgen::device_unit("br-lan.5"), "sys-subsystem-net-devices-br\\x2dlan.5.device");
    EXPECT_TRUE(carpgen::is_instance("carp-lan.5@x"));
    EXPECT_FALSE(carpgen::is_instance("carp%"));
}

TEST_F(Generator, NothingOfNothing) {
    EXPECT_TRUE(generate());
    EXPECT_TRUE(fs::is_empty(host.root.path("out")));
}

TEST_F(Generator, ADeviceComesAndGoesWithItsParent) {
    host.write("etc/carp0.carp", "[CARP]\nParent=br-lan\nVHID=1\n");
    EXPECT_TRUE(generate());
    EXPECT_EQ(complaints, "");
    EXPECT_EQ(link("sys-subsystem-net-devices-br\\x2dlan.device.wants/carp@carp0.service"),
              "/units/carp@.service");
    EXPECT_EQ(drop_in("carp@carp0.service"),
              head("etc/carp0.carp") + "BindsTo=sys-subsystem-net-devices-br\\x2dlan.device\n"
                                       "After=sys-subsystem-net-devices-br\\x2dlan.device\n"
                                       "Before=network-online.target\n");
    EXPECT_EQ(link(wants + "carp-targets.service"), "/units/carp-targets.service");
    EXPECT_EQ(link(wants + "carp-handover.service"), "/units/carp-handover.service");
    // Again, as by daemon-reload into a directory that is not empty.
    EXPECT_TRUE(generate());
}

TEST_F(Generator, WithoutParentTheNetworkIsWaitedFor) {
    host.write("etc/carp0.carp", "[CARP]\nVHID=1\nAddress=192.0.2.1/24\n");
    EXPECT_TRUE(generate());
    EXPECT_EQ(link(wants + "carp@carp0.service"), "/units/carp@.service");
    EXPECT_EQ(drop_in("carp@carp0.service"),
              head("etc/carp0.carp") +
                  "Wants=network-online.target\nAfter=network-online.target\n");
}

TEST_F(Generator, CredentialsAndHolds) {
    host.write("etc/carp0.carp", "[CARP]\nParent=eth0\nPasswordCredential=carp0.pass\n"
                                 "StartHoldUntil=nginx.service\n");
    EXPECT_TRUE(generate());
    const auto text = drop_in("carp@carp0.service");
    EXPECT_NE(text.find("\nWants=carp-release@carp0.service\n"), std::string::npos) << text;
    EXPECT_NE(text.find("\n[Service]\nLoadCredential=carp0.pass\n"), std::string::npos) << text;
    EXPECT_EQ(drop_in("carp-release@carp0.service"),
              head("etc/carp0.carp") + "Requires=nginx.service\nAfter=nginx.service\n");
}

TEST_F(Generator, AFaultyFileGetsAServiceThatFailsAndOthersTheirs) {
    host.write("etc/carp0.carp", "[CARP]\nParent=eth0\nVHID=300\n");
    host.write("etc/carp1.carp", "[CARP]\nParent=eth0\nVHID=1\n");
    host.write("etc/carp%.carp", "[CARP]\nParent=eth0\nVHID=2\n");
    host.link("etc/carp2.carp", "/none");
    EXPECT_TRUE(generate());
    EXPECT_EQ(complaints, host.root.path("etc/carp%.carp") +
                              ": the name of a service can not have these characters\n" +
                              host.root.path("etc/carp0.carp") +
                              ":3:6: VHID: '300': not in 1..255\n" +
                              host.root.path("etc/carp2.carp") + ": No such file or directory\n");
    EXPECT_EQ(link(wants + "carp@carp0.service"), "/units/carp@.service");
    EXPECT_EQ(drop_in("carp@carp0.service"), head("etc/carp0.carp"));
    EXPECT_EQ(link(wants + "carp@carp2.service"), "/units/carp@.service");
    EXPECT_EQ(link("sys-subsystem-net-devices-eth0.device.wants/carp@carp1.service"),
              "/units/carp@.service");
}

TEST_F(Generator, BothModesAtOnceAreAnError) {
    host.write("etc/carp0.carp", "[CARP]\nParent=eth0\nAddress=192.0.2.1/24\n");
    host.write("etc/carp0.network", "[Match]\nName=carp0\n[Network]\nAddress=192.0.2.1/24\n");
    EXPECT_TRUE(generate());
    EXPECT_NE(complaints.find("carp0.network gives carp0 to systemd-networkd"), std::string::npos);
    EXPECT_EQ(link(wants + "carp@carp0.service"), "/units/carp@.service");
}

TEST_F(Generator, WhatCannotBeWrittenIsSaid) {
    host.write("etc/carp0.carp", "[CARP]\nParent=eth0\n");
    host.write("out/carp@carp0.service.d", "in the way");
    EXPECT_FALSE(generate());
    EXPECT_NE(complaints, "");
    EXPECT_EQ(link(wants + "carp-targets.service"), "/units/carp-targets.service");
}

} // namespace
