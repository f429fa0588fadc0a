// SPDX-License-Identifier: GPL-2.0-or-later
#include <carpnl/config.hpp>
#include <carpnl/key.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <new>
#include <ostream>
#include <string_view>
#include <type_traits>

namespace {

/// Looks at memory in the moment in which it is given back.
struct Watch {
    std::array<std::byte, 4> secret{std::byte{0xde}, std::byte{0xad}, std::byte{0xbe},
                                    std::byte{0xef}};
    bool on = false;
    int freed = 0;
    int leaked = 0;

    void look(const void *memory, std::size_t size) noexcept {
        if (!on || size < secret.size())
            return;
        ++freed;
        const auto *const first = static_cast<const std::byte *>(memory);
        if (std::search(first, first + size, secret.begin(), secret.end()) != first + size)
            ++leaked;
    }
};

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): operator delete has no other
Watch watch;

constexpr std::size_t room = 16;

} // namespace

// Each block knows its size, so that all of it can be looked at when it is freed.
void *operator new(std::size_t size) {
    void *const block = std::malloc(size + room);
    if (block == nullptr)
        throw std::bad_alloc();
    *static_cast<std::size_t *>(block) = size;
    return static_cast<std::byte *>(block) + room;
}

void operator delete(void *memory) noexcept {
    if (memory == nullptr)
        return;
    auto *const block = static_cast<std::byte *>(memory) - room;
    watch.look(memory, *reinterpret_cast<std::size_t *>(block));
    std::free(block);
}

void operator delete(void *memory, std::size_t) noexcept { operator delete(memory); }

void *operator new[](std::size_t size) { return operator new(size); }
void operator delete[](void *memory) noexcept { operator delete(memory); }
void operator delete[](void *memory, std::size_t) noexcept { operator delete(memory); }

namespace {

using carpnl::Key;

class KeyWiping : public ::testing::Test {
  protected:
    void SetUp() override {
        watch.freed = 0;
        watch.leaked = 0;
        watch.on = true;
    }
    void TearDown() override { watch.on = false; }

    std::string_view secret() const {
        return {reinterpret_cast<const char *>(watch.secret.data()), watch.secret.size()};
    }
};

TEST_F(KeyWiping, TheWatchSeesALeak) {
    // By hand, since a compiler may leave out a new that is followed by its delete.
    void *const block = ::operator new(watch.secret.size());
    auto *place = static_cast<volatile std::byte *>(block);
    for (const std::byte one : watch.secret)
        *place++ = one;
    ::operator delete(block);
    EXPECT_EQ(watch.leaked, 1);
}

TEST_F(KeyWiping, OnDestruction) {
    {
        const Key key(secret());
    }
    EXPECT_GT(watch.freed, 0);
    EXPECT_EQ(watch.leaked, 0);
}

TEST_F(KeyWiping, OnAssignment) {
    Key key(secret());
    key = Key("other");
    EXPECT_GT(watch.freed, 0);
    EXPECT_EQ(watch.leaked, 0);
    EXPECT_EQ(key.size(), 5U);
}

TEST_F(KeyWiping, OfMovedAndCopied) {
    {
        Key key(secret());
        const Key moved(std::move(key));
        // NOLINTNEXTLINE: what is left of it is promised
        EXPECT_EQ(key.size(), 0U);
        EXPECT_EQ(key.bytes().size(), 0U);
        const Key second = moved.copy();
        EXPECT_EQ(second.size(), moved.size());
    }
    EXPECT_EQ(watch.leaked, 0);
}

TEST_F(KeyWiping, InsideConfigAndChanges) {
    {
        carpnl::Config config;
        config.key(Key(secret())).key(Key("other"));
        carpnl::Changes changes;
        changes.key(Key(secret()));
    }
    EXPECT_GT(watch.freed, 0);
    EXPECT_EQ(watch.leaked, 0);
}

template <class Stream, class Value>
concept Printable = requires(Stream &stream, const Value &value) { stream << value; };

TEST(Key, CannotBePrintedOrCopiedByAccident) {
    EXPECT_FALSE((Printable<std::ostream, Key>));
    EXPECT_FALSE(std::is_copy_constructible_v<Key>);
    EXPECT_FALSE(std::is_copy_assignable_v<Key>);
    EXPECT_TRUE(std::is_nothrow_move_constructible_v<Key>);
    EXPECT_FALSE((std::is_convertible_v<const char *, Key>));
}

TEST(Key, HoldsAnyBytesOfAnyLength) {
    const std::array<std::byte, 3> bytes{std::byte{0}, std::byte{255}, std::byte{0}};
    const Key key{std::span<const std::byte>(bytes)};
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), key.bytes().begin(), key.bytes().end()));
    EXPECT_EQ(Key("").size(), 0U);
    EXPECT_EQ(Key(std::string(255, 'x')).size(), 255U);
    Key self("abc");
    Key &same = self;
    self = std::move(same);
    EXPECT_EQ(self.size(), 3U);
}

} // namespace
