// SPDX-License-Identifier: GPL-2.0-or-later
#include "import.hpp"

#include "passfile.hpp"
#include "temporary_directory.hpp"
#include "words.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <sstream>

namespace {

using carpctl::BsdGroup;
using Words = std::vector<std::string>;

std::string key_of(const BsdGroup &group) {
    std::string text;
    if (group.key)
        for (const std::byte one : group.key->bytes())
            text += static_cast<char>(one);
    return text;
}

class Import : public ::testing::Test {
  protected:
    std::vector<BsdGroup> freebsd(const std::string &text) {
        return noted([&](auto &some) { return carpctl::read_freebsd_rc(text, "rc.conf", some); });
    }
    std::vector<BsdGroup> openbsd(const std::string &text) {
        return noted([&](auto &some) {
            return carpctl::read_openbsd_hostname(text, "etc/hostname.carp0", some);
        });
    }
    template <class Read> std::vector<BsdGroup> noted(const Read &read) {
        std::vector<carpctl::Remark> some;
        auto groups = read(some);
        remarks.clear();
        for (const auto &remark : some)
            remarks += std::to_string(remark.place.line) + ":" +
                       std::to_string(remark.place.column) + ": " + remark.text + "\n";
        return groups;
    }
    /// What the words of a carp interface come to, in the file's own words.
    std::string words(const std::string &words) {
        auto groups = freebsd("ifconfig_carp0=\"" + words + "\"\n");
        std::ostringstream text;
        write_carp(text, groups.at(0).file, carpctl::WithName::no);
        return text.str().substr(std::string_view("[CARP]\n").size());
    }

    int run(const Words &arguments) {
        out.str("");
        err.str("");
        carptest::WordList list(arguments);
        carpctl::Arguments parsed(list.argv());
        carpctl::Environment environment{.in = in,
                                         .out = out,
                                         .err = err,
                                         .open = {},
                                         .sysctls = {},
                                         .now = {},
                                         .colour = false,
                                         .systemd_directory = directory.path("network")};
        return carpctl::import(parsed, environment);
    }

    carptest::TemporaryDirectory directory;
    std::string remarks;
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
};

TEST_F(Import, WordsOfFreebsd) {
    EXPECT_EQ(words("vhid 1 pass testpass 192.168.1.50/24"), "VHID=1\nAddress=192.168.1.50/24\n");
    EXPECT_EQ(words("inet 10.0.0.1 netmask 255.255.0.0 vhid 2 advbase 0 advskew 254"),
              "VHID=2\nAdvBase=0\nAdvSkew=254\nAddress=10.0.0.1/16\n");
    EXPECT_EQ(words("10.0.0.1 netmask 0xffffff00 broadcast 10.0.0.255 up vhid 3"),
              "VHID=3\nAddress=10.0.0.1/24\n");
    // Without a mask as the host would have it.
    EXPECT_EQ(words("10.0.0.1 172.16.0.1 192.168.1.1"),
              "Address=10.0.0.1/8\nAddress=172.16.0.1/16\nAddress=192.168.1.1/24\n");
    EXPECT_EQ(words("inet6 2001:db8::1 prefixlen 56 inet6 fe80::1%carp0"),
              "Address=2001:db8::1/56\nAddress=fe80::1/64\n");
    EXPECT_EQ(words("vhid 1 peer 10.0.0.2 peer6 2001:db8::2"),
              "VHID=1\nPeer=10.0.0.2\nPeer=2001:db8::2\n");
    EXPECT_EQ(remarks, "");
}

TEST_F(Import, WhatCannotBeTranslatedIsSaid) {
    words("vhid 256 advskew x 10.0.0.1/33 carpver 3 mtu 1400 secretword pass");
    EXPECT_EQ(remarks, "1:22: vhid: not in 1..255\n"
                       "1:34: advskew: not in 0..254\n"
                       "1:36: the mask or prefix length of this address is none\n"
                       "1:48: carpver: VRRP is not CARP\n"
                       "1:58: mtu: the MTU is that of the parent\n"
                       "1:67: a word that carpctl does not know\n"
                       "1:78: pass: nothing follows\n");
    freebsd("ifconfig_carp0=\"vhid 1 pass $(cat /etc/pass)\"\n");
    EXPECT_EQ(remarks, "1:1: ifconfig_carp0: its value is not known before the shell has it\n");
    freebsd("cloned_interfaces=\"vlan0 carp3\"\nifconfig_em0=\"DHCP\"\n");
    EXPECT_EQ(remarks, "1:26: carp3: no line ifconfig_carp3\n");
    EXPECT_THROW(freebsd("ifconfig_carp0=\"vhid 1\n"), carpctl::FileError);
}

TEST_F(Import, RcConf) {
    const auto groups =
        freebsd("# rc.conf\n. /etc/rc.local\nifconfig_fxp0=\"inet 192.168.1.3/24\"\n"
                "ifconfig_fxp1='inet 10.0.0.3/8'\n"
                "cloned_interfaces=\"carp0 carp1\"\n"
                "ifconfig_carp0=\"old\"\nifconfig_carp0=\"vhid 1 pass testpass \\\n"
                "  192.168.1.50/24\"; ifconfig_carp1=up # later\n"
                "ifconfig_carp1=\"vhid 2 10.0.0.9/8\"\n"
                "ifconfig_carp0_alias1=\"192.168.1.52/32\"\n"
                "ifconfig_carp0_alias0=\"inet 192.168.1.51/32\"\n"
                "ifconfig_carp0_alias3=\"inet 192.168.1.53/32\"\n"
                "ifconfig_carp0_ipv6=\"inet6 2001:db8::50/64\"\n"
                "ipv6_ifconfig_carp0_alias0=\"2001:db8::51/64\"\n");
    ASSERT_EQ(groups.size(), 2U);
    EXPECT_EQ(groups[0].file.name, "carp0");
    EXPECT_EQ(groups[0].parent, "fxp0");
    EXPECT_EQ(key_of(groups[0]), "testpass");
    std::string addresses;
    for (const auto &address : groups[0].file.addresses)
        addresses += address.to_string() + " ";
    EXPECT_EQ(addresses, "192.168.1.50/24 2001:db8::50/64 192.168.1.51/32 2001:db8::51/64 "
                         "192.168.1.52/32 ");
    EXPECT_EQ(groups[1].parent, "fxp1");
    EXPECT_EQ(remarks, "12:1: ifconfig_carp0_alias3: FreeBSD does not read it either, since the "
                       "alias with the number before is missing\n");
}

TEST_F(Import, RcConfSinceFreebsd10) {
    const auto groups =
        freebsd("ifconfig_em0=\"inet 192.168.1.5/24\"\n"
                "ifconfig_em0_alias0=\"inet vhid 1 advskew 100 pass x alias 192.168.1.50/32\"\n"
                "ifconfig_em0_alias1=\"inet vhid 2 pass y alias 192.168.1.51/32\"\n"
                "ifconfig_em0_aliases=\"inet vhid 1 192.168.1.52/32 inet6 2001:db8::1/64 vhid 1\"\n"
                "ifconfig_em1_alias0=\"inet vhid 1 10.0.0.1/32\"\n");
    ASSERT_EQ(groups.size(), 3U);
    EXPECT_EQ(remarks, "");
    for (const auto &group : groups) {
        if (group.parent == "em0" && group.file.vhid == 1U) {
            EXPECT_EQ(group.file.name, "carp1");
            EXPECT_EQ(group.file.addresses.size(), 3U);
            EXPECT_EQ(key_of(group), "x");
        } else if (group.parent == "em0") {
            EXPECT_EQ(group.file.name, "carp2");
            EXPECT_EQ(key_of(group), "y");
        } else {
            EXPECT_EQ(group.parent, "em1");
            EXPECT_EQ(group.file.name, "carp3");
        }
    }
}

TEST_F(Import, HostnameIf) {
    const auto groups = openbsd("# the group\ninet 10.0.0.1 255.255.255.0 NONE vhid 1 carpdev em0 "
                                "pass \"two words\" advskew 100\n"
                                "inet alias 10.0.0.2 255.255.255.255 10.0.0.255\n"
                                "inet6 2001:db8::1 64\ninet6 alias 2001:db8::2 \\\n\tprefixlen 56\n"
                                "carppeer 10.0.0.4\ngroup carp\nup\n!route add x\n"
                                "carpnodes 3:0,4:100 balancing ip-stealth\n"
                                "description \"of pass x\"\ngroup web\n");
    ASSERT_EQ(groups.size(), 1U);
    const auto &group = groups[0];
    EXPECT_EQ(group.parent, "em0");
    EXPECT_EQ(key_of(group), "two words");
    std::ostringstream text;
    write_carp(text, group.file, carpctl::WithName::yes);
    EXPECT_EQ(text.str(), "[CARP]\nName=carp0\nVHID=1\nAdvSkew=100\nAddress=10.0.0.1/24\n"
                          "Address=10.0.0.2/32\nAddress=2001:db8::1/64\nAddress=2001:db8::2/56\n"
                          "Peer=10.0.0.4\n");
    EXPECT_EQ(remarks, "10:1: a command\n"
                       "11:1: carpnodes: IP balancing is not supported; make one device for each "
                       "vhid\n"
                       "11:21: balancing: IP balancing is not supported; see arpbalance in "
                       "carp(4)\n"
                       "12:1: a description: see 'ip link set alias'\n"
                       "13:1: group: see 'ip link set group'\n");
}

TEST_F(Import, FilesAndKeys) {
    const auto rc = directory.write("rc.conf", "ifconfig_carp0=\"vhid 1 pass twenty-characters-key "
                                               "10.0.0.1/8\"\n");
    EXPECT_EQ(run({"freebsd-rc", rc}), 0);
    EXPECT_NE(out.str().find("Name=carp0\nVHID=1\n# key set, not shown\n"), std::string::npos);
    EXPECT_EQ((out.str() + err.str()).find("twenty-char"), std::string::npos);
    EXPECT_NE(err.str().find(":1:29: note: pass: longer than the 19 characters"),
              std::string::npos);

    directory.make("new");
    EXPECT_EQ(run({"freebsd-rc", rc, "--output", directory.path("new"), "--parent", "fxp0=eth0"}),
              0);
    EXPECT_EQ(directory.read("new/carp0.pass"), "twenty-characters-k\n");
    struct stat about{};
    ASSERT_EQ(::stat(directory.path("new/carp0.pass").c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 07777U, 0600U);
    EXPECT_NE(directory.read("new/carp0.carp").find("PasswordFile=carp0.pass\n"),
              std::string::npos);

    // Nothing that is there is replaced, and nothing is left behind.
    std::filesystem::remove(directory.path("new/carp0.pass"));
    EXPECT_THROW(run({"freebsd-rc", rc, "--output", directory.path("new")}), carpctl::FileError);
    EXPECT_FALSE(std::filesystem::exists(directory.path("new/carp0.pass")));
    EXPECT_THROW(run({"freebsd-rc", rc, "--output", directory.path("none")}), carpctl::FileError);
    EXPECT_THROW(run({"freebsd-rc", directory.write("empty", "a=b\n")}), carpctl::FileError);
    EXPECT_EQ(run({"freebsd-rc", directory.write("odd", "ifconfig_carp0=\"vhid 1 mtu 9\"\n")}), 3);
    EXPECT_THROW(run({"netbsd", rc}), carpctl::UsageError);
    EXPECT_THROW(run({"freebsd-rc", rc, "--parent", "fxp0"}), carpctl::UsageError);
}

TEST_F(Import, AHostOfSystemd) {
    const auto rc =
        directory.write("rc.conf", "ifconfig_fxp0=\"inet 192.168.1.3/24\"\n"
                                   "ifconfig_carp0=\"vhid 1 pass a 192.168.1.50/24\"\n");
    directory.make("network");
    EXPECT_EQ(run({"freebsd-rc", rc, "--output", "systemd"}), 0);
    EXPECT_NE(err.str().find("note: fxp0: its own addresses are not written; --parent fxp0=NAME"),
              std::string::npos);
    EXPECT_EQ(directory.read("network/carp0.pass"), "a\n");
    EXPECT_FALSE(std::filesystem::exists(directory.path("network/fxp0.network")));

    std::filesystem::remove_all(directory.path("network"));
    directory.make("network");
    EXPECT_EQ(run({"freebsd-rc", rc, "--output", "systemd", "--parent", "fxp0=eth0"}), 0);
    EXPECT_EQ(err.str(), "");
    EXPECT_NE(directory.read("network/carp0.carp").find("Parent=eth0\n"), std::string::npos);
    EXPECT_NE(directory.read("network/eth0.network")
                  .find("[Match]\nName=eth0\n\n[Network]\nAddress=192.168.1.3/24\n"),
              std::string::npos);
}

} // namespace
