// SPDX-License-Identifier: GPL-2.0-or-later
#include "configure_words.hpp"

#include "words.hpp"

#include <gtest/gtest.h>

namespace {

using carpctl::Arguments;
using carpctl::ConfigureWords;
using carpctl::parse_configure;
using carpctl::prefix_of_netmask;
using carpctl::UsageError;
using Words = std::vector<std::string>;

ConfigureWords parse(const Words &words) {
    carptest::WordList list(words);
    Arguments arguments(list.argv());
    auto parsed = parse_configure(arguments);
    // A key would point into arguments that are gone.
    for (auto *const source : {&parsed.key, &parsed.next_key})
        if (*source)
            (*source)->word = {};
    return parsed;
}

std::string refusal(const Words &words) {
    try {
        parse(words);
    } catch (const UsageError &error) {
        return error.what();
    }
    return "accepted";
}

TEST(ConfigureWords, AllSettings) {
    carptest::WordList list({"vhid", "1", "advbase", "2", "advskew", "100", "pass", "testpass",
                             "carpdev", "eth0", "preempt", "on", "192.168.1.50/24"});
    Arguments arguments(list.argv());
    const auto words = parse_configure(arguments);
    EXPECT_EQ(words.vhid, 1U);
    EXPECT_EQ(words.advbase, 2U);
    EXPECT_EQ(words.advskew, 100U);
    ASSERT_TRUE(words.key);
    EXPECT_EQ(words.key->kind, carpctl::KeySource::Kind::word);
    EXPECT_EQ(words.key->word, "testpass");
    EXPECT_EQ(words.parent, "eth0");
    EXPECT_EQ(words.preempt, carpnl::Preempt::on);
    ASSERT_EQ(words.addresses.size(), 1U);
    EXPECT_EQ(words.addresses[0].to_string(), "192.168.1.50/24");
    EXPECT_TRUE(words.deletions.empty());
    for (const char *word : {"passfile", "pass_file", "pass-file"})
        EXPECT_EQ(parse({word, "-"}).key->file, "-");
    for (const char *word : {"next_passfile", "next-passfile", "next-pass-file"})
        EXPECT_EQ(parse({word, "-"}).next_key->file, "-");
    EXPECT_EQ(parse({"pass-fd", "7"}).key->descriptor, 7);
    EXPECT_EQ(parse({"next_pass_fd", "0"}).next_key->descriptor, 0);
    EXPECT_EQ(parse({"pass-prompt"}).key->kind, carpctl::KeySource::Kind::prompt);
    EXPECT_EQ(parse({"next_pass_prompt"}).next_key->kind, carpctl::KeySource::Kind::prompt);
    EXPECT_EQ(parse({"no-next-pass"}).next_key->kind, carpctl::KeySource::Kind::none);
    EXPECT_EQ(parse({"grace", "60"}).grace, 60U);
    EXPECT_EQ(parse({"preempt_delay", "60"}).preempt_delay, 60U);
    EXPECT_EQ(parse({"start-hold", "60"}).start_hold, 60U);
    EXPECT_EQ(parse({"announce_count", "3"}).announce_count, 3U);
    EXPECT_EQ(parse({"announce_interval", "100"}).announce_interval, 100U);
    EXPECT_EQ(parse({"announce_refresh", "60"}).announce_refresh, 60U);
}

TEST(ConfigureWords, RangesAreTheKernelsBusiness) {
    EXPECT_EQ(parse({"vhid", "0"}).vhid, 0U);
    EXPECT_EQ(parse({"vhid", "256"}).vhid, 256U);
    EXPECT_EQ(parse({"advskew", "4294967295"}).advskew, 4294967295U);
    EXPECT_EQ(parse({"advbase", "007"}).advbase, 7U);
}

TEST(ConfigureWords, NumbersAreNumbers) {
    for (const char *word : {"", "x", "-1", "+1", "1x", " 1", "0x1", "4294967296", "1.5"})
        EXPECT_EQ(refusal({"vhid", word}), "vhid: '" + std::string(word) + "' is not a number");
    EXPECT_EQ(refusal({"advbase"}), "advbase: the number is missing");
}

TEST(ConfigureWords, AddressesInEveryWay) {
    const auto one = [](const Words &words) {
        const auto parsed = parse(words);
        return parsed.addresses.size() == 1 ? parsed.addresses[0].to_string() : "none";
    };
    EXPECT_EQ(one({"inet", "192.168.1.50/24"}), "192.168.1.50/24");
    EXPECT_EQ(one({"inet", "192.168.1.50", "netmask", "255.255.255.0"}), "192.168.1.50/24");
    EXPECT_EQ(one({"192.168.1.50", "netmask", "0xffff0000"}), "192.168.1.50/16");
    EXPECT_EQ(one({"192.168.1.50", "prefixlen", "28"}), "192.168.1.50/28");
    EXPECT_EQ(one({"inet6", "2001:db8::50/64"}), "2001:db8::50/64");
    EXPECT_EQ(one({"inet6", "2001:db8::50", "prefixlen", "64"}), "2001:db8::50/64");
    EXPECT_EQ(one({"2001:db8::50/64"}), "2001:db8::50/64");
    EXPECT_EQ(parse({"10.0.0.1/8", "10.0.0.2/8", "::1/128"}).addresses.size(), 3U);
}

TEST(ConfigureWords, Deletions) {
    const auto parsed = parse({"10.0.0.1/8", "delete", "inet", "10.0.0.2", "delete", "10.0.0.3/8"});
    ASSERT_EQ(parsed.deletions.size(), 2U);
    EXPECT_EQ(parsed.deletions[0].address->to_string(), "10.0.0.1/8");
    EXPECT_EQ(parsed.deletions[1].address, std::nullopt);
    EXPECT_EQ(parsed.deletions[1].text, "10.0.0.2");
    ASSERT_EQ(parsed.addresses.size(), 1U);
    EXPECT_EQ(parsed.addresses[0].to_string(), "10.0.0.3/8");
}

TEST(ConfigureWords, WhatIsWrongIsSaid) {
    EXPECT_EQ(refusal({}), "nothing to configure");
    EXPECT_EQ(refusal({"vhi", "1"}), "'vhi' is neither a setting nor an address");
    EXPECT_EQ(refusal({""}), "'' is neither a setting nor an address");
    EXPECT_EQ(refusal({"vhid", "1", "vhid", "2"}), "vhid: given twice");
    EXPECT_EQ(refusal({"pass"}), "pass: the key is missing");
    EXPECT_EQ(refusal({"pass", "a", "pass", "b"}), "pass: given twice");
    EXPECT_EQ(refusal({"pass", "a", "passfile", "b"}), "pass and passfile: one of them is enough");
    EXPECT_EQ(refusal({"passfile"}), "passfile: the file is missing");
    EXPECT_EQ(refusal({"next_pass"}), "next_pass: the key is missing");
    EXPECT_EQ(refusal({"next_pass", ""}),
              "next_pass: the key is empty; no_next_pass takes it away");
    EXPECT_EQ(refusal({"next_pass", "a", "no_next_pass"}),
              "next_pass and no_next_pass: one of them is enough");
    EXPECT_EQ(refusal({"next_pass", "a", "next_passfile", "b"}),
              "next_pass and next_passfile: one of them is enough");
    EXPECT_EQ(refusal({"pass", "a", "pass_prompt"}), "pass and pass_prompt: one of them is enough");
    EXPECT_EQ(refusal({"pass_fd", "3", "pass-fd", "4"}), "pass_fd: given twice");
    EXPECT_EQ(refusal({"pass_fd", "3", "passfile", "-"}),
              "pass_fd and passfile: one of them is enough");
    EXPECT_EQ(refusal({"next_pass_fd", "3", "next_pass_prompt"}),
              "next_pass_fd and next_pass_prompt: one of them is enough");
    EXPECT_EQ(refusal({"pass_fd"}), "pass_fd: the number is missing");
    EXPECT_EQ(refusal({"pass_fd", "x"}), "pass_fd: 'x' is not a number");
    EXPECT_EQ(refusal({"pass_fd", "4294967295"}), "pass_fd: 4294967295 is not a descriptor");
    EXPECT_EQ(refusal({"pass_fd", "0", "next_passfile", "-"}),
              "pass_fd and next_passfile: standard input holds one key");
    EXPECT_EQ(refusal({"pass_fd", "5", "next_pass_fd", "5"}),
              "pass_fd and next_pass_fd: descriptor 5 holds one key");
    EXPECT_EQ(refusal({"passfile", "-", "next_passfile", "-"}),
              "passfile and next_passfile: standard input holds one key");
    EXPECT_EQ(refusal({"carpdev"}), "carpdev: the interface is missing");
    EXPECT_EQ(refusal({"carpdev", ""}), "carpdev: the interface is empty");
    EXPECT_EQ(refusal({"preempt"}), "preempt: inherit, on or off is missing");
    EXPECT_EQ(refusal({"preempt", "yes"}), "preempt: 'yes' is not inherit, on or off");
    EXPECT_EQ(refusal({"announce_count", "often"}), "announce_count: 'often' is not a number");
    EXPECT_EQ(refusal({"announce_refresh", "1", "announce_refresh", "1"}),
              "announce_refresh: given twice");
    EXPECT_EQ(refusal({"192.168.1.50"}),
              "'192.168.1.50': the prefix length is missing, as in 192.168.1.50/24");
    EXPECT_EQ(refusal({"2001:db8::50"}),
              "'2001:db8::50': the prefix length is missing, as in 2001:db8::50/64");
    EXPECT_EQ(refusal({"192.168.1.50/33"}), "'192.168.1.50/33': the prefix length is not in 0..32");
    EXPECT_EQ(refusal({"inet", "2001:db8::50/64"}), "'2001:db8::50/64' is not an IPv4 address");
    EXPECT_EQ(refusal({"inet6", "10.0.0.1/8"}), "'10.0.0.1/8' is not an IPv6 address");
    EXPECT_EQ(refusal({"inet", "eth0"}), "'eth0' is not an address");
    EXPECT_EQ(refusal({"inet"}), "inet: the address is missing");
    EXPECT_EQ(refusal({"10.0.0.1", "netmask"}), "netmask: the mask is missing");
    EXPECT_EQ(refusal({"10.0.0.1", "netmask", "255.0.255.0"}), "netmask: '255.0.255.0' is not one");
    EXPECT_EQ(refusal({"10.0.0.1/8", "netmask", "255.0.0.0"}),
              "netmask: '10.0.0.1/8' has a prefix length already");
    EXPECT_EQ(refusal({"10.0.0.1", "prefixlen", "33"}),
              "'10.0.0.1/33': the prefix length is not in 0..32");
    EXPECT_EQ(refusal({"10.0.0.1", "prefixlen", "x"}), "prefixlen: 'x' is not one");
    EXPECT_EQ(refusal({"delete"}), "'delete' is neither a setting nor an address");
}

TEST(ConfigureWords, Peers) {
    const auto hosts = [](const std::optional<std::vector<carpnl::Address>> &peers) {
        std::string text = peers ? "" : "not set";
        for (const auto &peer : peers.value_or(std::vector<carpnl::Address>()))
            text += peer.to_string() + " ";
        return text;
    };
    const auto some = parse({"peer", "10.0.0.1,10.0.0.2", "peer", "10.0.0.3", "peer6", "fe80::1"});
    EXPECT_EQ(hosts(some.peers4), "10.0.0.1/32 10.0.0.2/32 10.0.0.3/32 ");
    EXPECT_EQ(hosts(some.peers6), "fe80::1/128 ");
    EXPECT_EQ(hosts(parse({"mcast"}).peers4), "");
    EXPECT_EQ(hosts(parse({"mcast"}).peers6), "not set");
    EXPECT_EQ(hosts(parse({"mcast6"}).peers6), "");
    EXPECT_EQ(refusal({"peer"}), "peer: the address is missing");
    EXPECT_EQ(refusal({"peer", "10.0.0.1,"}), "peer: '' is not an IPv4 address");
    EXPECT_EQ(refusal({"peer", "10.0.0.1/24"}), "peer: '10.0.0.1/24' is not an IPv4 address");
    EXPECT_EQ(refusal({"peer", "fe80::1"}), "peer: 'fe80::1' is not an IPv4 address");
    EXPECT_EQ(refusal({"peer6", "10.0.0.1"}), "peer6: '10.0.0.1' is not an IPv6 address");
    EXPECT_EQ(refusal({"peer", "10.0.0.1", "mcast"}), "mcast: not together with peer");
    EXPECT_EQ(refusal({"mcast6", "peer6", "fe80::1"}), "peer6: not together with mcast");
    EXPECT_EQ(refusal({"mcast", "mcast"}), "mcast: given twice");
}

TEST(ConfigureWords, Netmasks) {
    EXPECT_EQ(prefix_of_netmask("255.255.255.255"), 32U);
    EXPECT_EQ(prefix_of_netmask("0.0.0.0"), 0U);
    EXPECT_EQ(prefix_of_netmask("128.0.0.0"), 1U);
    EXPECT_EQ(prefix_of_netmask("0xffffff00"), 24U);
    for (const char *mask : {"255.255.255.1", "0x", "0xfffffff00", "24", "", "::", "0.255.0.0"})
        EXPECT_EQ(prefix_of_netmask(mask), std::nullopt) << mask;
}

} // namespace
