// SPDX-License-Identifier: GPL-2.0-or-later
// Any text as an address, a state, a key. What is understood can be written and is read again; a
// broken promise aborts.
#include <carpnl/address.hpp>
#include <carpnl/error.hpp>
#include <carpnl/key.hpp>
#include <carpnl/types.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace {

using carpnl::Address;

void require(bool holds, const char *promise) {
    if (holds)
        return;
    std::fprintf(stderr, "broken promise: %s\n", promise);
    std::abort();
}

/// Chance alone hardly ever makes an address.
std::string from_words(std::span<const std::uint8_t> bytes) {
    constexpr std::array<std::string_view, 20> words{
        "192.168.1.50", "10.0.0.1", "1",     "255", "256", "0", "32",
        "33",           "128",      "129",   ".",   "/",   ":", "::",
        "fe80",         "2001:db8", "%eth0", " ",   "-",   "+"};
    std::string text;
    for (const auto byte : bytes)
        text += words.at(byte % words.size());
    return text;
}

void check_address(std::string_view text) {
    try {
        const auto address = Address::parse(text);
        const auto again = Address::parse(address.to_string());
        require(again == address, "what is written is read again");
        require(address.subnet_contains(again), "an address lies in its subnet");
        require(Address::family_of(address.host()) == address.family(), "a host has its family");
        require(address.prefix() <= address.bytes().size() * 8, "a prefix fits");
        const auto apart = Address::parse(address.host(), address.prefix());
        require(apart == address, "host and prefix apart are the same");
    } catch (const carpnl::Error &error) {
        require(error.code().value() == EINVAL, "a wrong address is EINVAL");
    }
    if (const auto family = Address::family_of(text)) {
        const auto address = Address::parse(text, 0);
        require(address.family() == *family, "the family is what it was said to be");
    }
}

void check_words(std::string_view text) {
    if (const auto state = carpnl::state_from_string(text))
        require(to_string(*state) == text, "a state has one name");
    if (const auto preempt = carpnl::preempt_from_string(text))
        require(to_string(*preempt) == text, "so has preempt");
}

void check_key(std::string_view text) {
    carpnl::Key key(text);
    auto copy = key.copy();
    require(key.size() == text.size() && copy.size() == text.size(), "a key keeps its length");
    require(std::ranges::equal(key.bytes(), copy.bytes()), "and its bytes");
    const auto moved = std::move(key);
    require(moved.size() == text.size(), "also when it is moved");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const std::span bytes(data, size);
    for (const auto &text : {std::string(bytes.begin(), bytes.end()), from_words(bytes)}) {
        check_address(text);
        check_words(text);
        check_key(text);
    }
    return 0;
}
