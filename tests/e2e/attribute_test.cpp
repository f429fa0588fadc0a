// SPDX-License-Identifier: GPL-2.0-only
// Settings by rtnetlink: whatever is wrong is refused by name and changes
// nothing, and what changes nothing disturbs nobody.
#include "carp_request.hpp"
#include "pair_test.hpp"
#include "ping_probe.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <gtest/gtest.h>
#include <linux/carp.h>
#include <linux/rtnetlink.h>
#include <set>
#include <sys/mount.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;

struct Setting {
    unsigned type;
    const char *name;
    std::uint32_t min;
    std::uint32_t max;
};

/// The numbers that can be set at any time.
constexpr std::array numbers{
    Setting{IFLA_CARP_ADVBASE, "advbase", 0, 255},
    Setting{IFLA_CARP_ADVSKEW, "advskew", 0, 254},
    Setting{IFLA_CARP_PREEMPT, "preempt", 0, 2},
    Setting{IFLA_CARP_ANNOUNCE_COUNT, "announce_count", 1, 100},
    Setting{IFLA_CARP_ANNOUNCE_INTERVAL, "announce_interval", 0, 60000},
    Setting{IFLA_CARP_ANNOUNCE_REFRESH, "announce_refresh", 0, 86400},
    Setting{IFLA_CARP_GRACE, "grace", 0, 86400},
    Setting{IFLA_CARP_PREEMPT_DELAY, "preempt_delay", 0, 3600000},
    Setting{IFLA_CARP_START_HOLD, "start_hold", 0, 3600000},
};

constexpr std::array read_only{
    std::pair{IFLA_CARP_KEY_SET, "key_set"},
    std::pair{IFLA_CARP_STATE, "state"},
    std::pair{IFLA_CARP_LAST_REASON, "last_reason"},
    std::pair{IFLA_CARP_LAST_CHANGE_AGE, "last_change_age"},
    std::pair{IFLA_CARP_MASTER_DOWN_IN, "master_down_in"},
    std::pair{IFLA_CARP_TRANSITIONS, "transitions"},
    std::pair{IFLA_CARP_DEMOTION, "demotion"},
    std::pair{IFLA_CARP_ADVSKEW_EFFECTIVE, "advskew_effective"},
    std::pair{IFLA_CARP_MASTER_ADDR4, "master_addr4"},
    std::pair{IFLA_CARP_MASTER_ADDR6, "master_addr6"},
    std::pair{IFLA_CARP_REFUSED, "refused"},
    std::pair{IFLA_CARP_HEARD_AS, "heard_as"},
    std::pair{IFLA_CARP_PREEMPT_IN, "preempt_in"},
    std::pair{IFLA_CARP_HOLD_LEFT, "hold_left"},
    std::pair{IFLA_CARP_DRAINED, "drained"},
    std::pair{IFLA_CARP_SEQUENCE, "sequence"},
};

/// What of IFLA_INFO_DATA stays as it is unless somebody changes it.
Bytes lasting(const Carp &carp) {
    static const std::set<unsigned> passing{IFLA_CARP_LAST_CHANGE_AGE, IFLA_CARP_MASTER_DOWN_IN,
                                            IFLA_CARP_REFUSED,         IFLA_CARP_PREEMPT_IN,
                                            IFLA_CARP_HOLD_LEFT,       IFLA_CARP_PAD};
    Bytes all;
    const Bytes data = carp.link().link().info_data;
    for (const Attribute &attribute : attributes(data)) {
        if (passing.count(attribute.type) != 0)
            continue;
        all.push_back(static_cast<std::uint8_t>(attribute.type));
        all.insert(all.end(), attribute.value.begin(), attribute.value.end());
    }
    return all;
}

class Attributes : public CarpTest {
  protected:
    Host &host = add_host("hosta", {"192.168.1.3/24"});
    Carp carp{host, config()};

    void SetUp() override { ASSERT_TRUE(carp.wait_for(State::Master, 4s)); }

    static CarpConfig config() {
        CarpConfig config;
        config.vhid = vhid;
        config.addresses = {"192.168.1.50/24"};
        return config;
    }

    /// Refused with these words, in a change and in a new device.
    void expect_refused(const PutSettings &put, const std::string &words) {
        SCOPED_TRACE(words);
        const Bytes before = lasting(carp);
        for (const bool fresh : {false, true}) {
            const auto refusal = fresh ? try_create(host, "carp9", "eth0",
                                                    [&](Message &message) {
                                                        message.put_u32(IFLA_CARP_VHID, 9);
                                                        put(message);
                                                    })
                                       : try_change(carp, put);
            if (!refusal) {
                ADD_FAILURE() << (fresh ? "a new device" : "a change") << " was not refused";
                if (fresh)
                    host.rtnl().remove_link("carp9");
                continue;
            }
            EXPECT_NE(refusal->text.find(words), std::string::npos) << refusal->text;
            EXPECT_TRUE(refusal->offset) << "which one is not told";
        }
        EXPECT_EQ(lasting(carp), before);
        EXPECT_FALSE(host.rtnl().link("carp9"));
    }

    void expect_refused(unsigned type, const Bytes &value, const std::string &words) {
        expect_refused([&](Message &message) { message.put(type, value); }, words);
    }
};

TEST_F(Attributes, UnknownOnes) {
    for (const unsigned type :
         {static_cast<unsigned>(IFLA_CARP_UNSPEC), static_cast<unsigned>(IFLA_CARP_PAD),
          static_cast<unsigned>(IFLA_CARP_MAX) + 1, 200U, 16383U})
        expect_refused(type, {0, 0, 0, 0}, "attribute " + std::to_string(type) + ": unknown");
}

TEST_F(Attributes, WrongLengths) {
    for (const Setting &setting : numbers)
        for (const std::size_t size : {0U, 1U, 2U, 3U, 5U, 8U})
            expect_refused(setting.type, Bytes(size, 1),
                           std::string(setting.name) + ": " + std::to_string(size) +
                               " bytes: must be 4 bytes");
    for (const std::size_t size : {0U, 3U, 8U})
        expect_refused(IFLA_CARP_PARENT, Bytes(size, 1), "parent: ");
    expect_refused(IFLA_CARP_KEY, {}, "key of 0 bytes: out of range 1..20 bytes");
    expect_refused(IFLA_CARP_KEY, Bytes(21, 'x'), "key of 21 bytes: out of range 1..20 bytes");
    expect_refused(IFLA_CARP_KEY_NEXT, Bytes(21, 'x'),
                   "key_next of 21 bytes: out of range 0..20 bytes");
    for (const unsigned type : {IFLA_CARP_PEERS4, IFLA_CARP_PEERS6})
        expect_refused(type, {1, 2, 3}, "3 bytes left over");
}

TEST_F(Attributes, OutOfRange) {
    for (const Setting &setting : numbers) {
        const std::string range =
            ": out of range " + std::to_string(setting.min) + ".." + std::to_string(setting.max);
        std::vector<std::uint32_t> wrong{setting.max + 1, 0x80000000U, 0xffffffffU};
        if (setting.min > 0)
            wrong.push_back(setting.min - 1);
        for (const std::uint32_t value : wrong)
            expect_refused([&](Message &message) { message.put_u32(setting.type, value); },
                           std::string(setting.name) + " " + std::to_string(value) + range);
        for (const std::uint32_t value : {setting.min, setting.max})
            EXPECT_FALSE(try_change(carp, [&](Message &message) {
                message.put_u32(setting.type, value);
            })) << setting.name;
    }
}

TEST_F(Attributes, ReadOnlyOnes) {
    for (const auto &[type, name] : read_only)
        for (const std::size_t size : {0U, 4U, 8U})
            expect_refused(static_cast<unsigned>(type), Bytes(size, 1),
                           std::string(name) + ": read-only");
}

TEST_F(Attributes, GivenTwice) {
    for (const Setting &setting : numbers)
        expect_refused(
            [&](Message &message) {
                message.put_u32(setting.type, setting.min).put_u32(setting.type, setting.min);
            },
            std::string(setting.name) + ": given twice");
    expect_refused(
        [](Message &message) {
            message.put(IFLA_CARP_KEY, Bytes(5, 'a')).put(IFLA_CARP_KEY, Bytes(5, 'b'));
        },
        "key: given twice");
    expect_refused(
        [](Message &message) { message.put(IFLA_CARP_PEERS4, {}).put(IFLA_CARP_PEERS4, {}); },
        "peers4: given twice");
}

TEST_F(Attributes, Contradictions) {
    expect_refused(
        [](Message &message) {
            message.put(IFLA_CARP_KEY, Bytes(5, 'a')).put(IFLA_CARP_KEY_NEXT, Bytes(5, 'a'));
        },
        "key_next: the same as key");
    // Zeros at the end make no other key.
    expect_refused(
        [](Message &message) {
            message.put(IFLA_CARP_KEY, Bytes{'a', 'b'}).put(IFLA_CARP_KEY_NEXT, Bytes{'a', 'b', 0});
        },
        "key_next: the same as key");
    const auto same = try_change(
        carp, [](Message &message) { message.put(IFLA_CARP_KEY_NEXT, bytes_of("testpass")); });
    ASSERT_TRUE(same);
    EXPECT_EQ(same->error, EINVAL);
    EXPECT_NE(same->text.find("key_next: the same as key"), std::string::npos) << same->text;

    const auto other = try_create(host, "carp9", "eth0", [](Message &message) {
        message.put_u32(IFLA_CARP_VHID, 9).put_u32(IFLA_CARP_PARENT, 1);
    });
    ASSERT_TRUE(other);
    EXPECT_NE(other->text.find("parent: differs from link"), std::string::npos) << other->text;
}

/// What is found wrong late takes back what was right.
TEST_F(Attributes, AllOrNothing) {
    const auto good = [](Message &message) {
        message.put_u32(IFLA_CARP_ADVSKEW, 7)
            .put_u32(IFLA_CARP_GRACE, 7)
            .put_u32(IFLA_CARP_ANNOUNCE_COUNT, 7)
            .put(IFLA_CARP_KEY, Bytes(7, 'x'))
            .put(IFLA_CARP_KEY_NEXT, Bytes(7, 'y'));
    };
    const Bytes before = lasting(carp);
    const std::uint64_t transitions = carp.link().transitions();
    // A peer that is none, a device that is not there, a vhid that has to wait.
    const std::vector<PutSettings> bad{
        [](Message &message) {
            const std::size_t nest = message.begin(IFLA_CARP_PEERS4);
            message.put(CARP_PEERS_ADDR4, Address{"224.0.0.18"}.bytes());
            message.end(nest);
        },
        [](Message &message) { message.put_u32(IFLA_CARP_PARENT, 9999); },
        [](Message &message) { message.put_u32(IFLA_CARP_VHID, 9); },
    };
    for (const PutSettings &put : bad) {
        const auto refusal = try_change(carp, [&](Message &message) {
            good(message);
            put(message);
        });
        EXPECT_TRUE(refusal);
        EXPECT_EQ(lasting(carp), before);
    }
    const Instant since = now();
    const auto advert = capture().wait_for(match::advert(vhid), 3s, since);
    ASSERT_TRUE(advert);
    EXPECT_EQ(advert->advert()->digest,
              carp_digest("testpass", vhid, {"192.168.1.50"}, advert->advert()->counter));

    // On a device that is down the vhid is taken last of all.
    CarpConfig of_other = config();
    of_other.device = "carp1";
    of_other.vhid = 2;
    of_other.addresses = {"192.168.1.51/24"};
    of_other.up = false;
    const Carp other(host, of_other);
    const Bytes of_before = lasting(other);
    const auto taken = try_change(other, [&](Message &message) {
        good(message);
        message.put_u32(IFLA_CARP_VHID, vhid);
    });
    ASSERT_TRUE(taken);
    EXPECT_EQ(taken->error, EEXIST);
    EXPECT_EQ(lasting(other), of_before);
    other.up();
    ASSERT_TRUE(other.wait_for(State::Master, 4s));
    const auto second = capture().first(match::advert(2));
    ASSERT_TRUE(second);
    EXPECT_EQ(second->advert()->digest,
              carp_digest("testpass", 2, {"192.168.1.51"}, second->advert()->counter));
    EXPECT_EQ(carp.link().transitions(), transitions);
}

/// Every allocation of a request fails once, on kernels that can do that.
TEST_F(Attributes, AllOrNothingWithoutMemory) {
    const std::string knob = "/proc/thread-self/fail-nth";
    if (!std::ifstream(knob))
        GTEST_SKIP() << "only where allocations can be made to fail";
    allow_lost_reports();
    ::mount("debugfs", "/sys/kernel/debug", "debugfs", 0, nullptr);
    std::ofstream("/sys/kernel/debug/failslab/ignore-gfp-wait") << "N";
    std::ofstream("/sys/kernel/debug/failslab/verbose") << "0";
    const auto fill = [](Message &message) {
        message.put_u32(IFLA_CARP_ADVSKEW, 7)
            .put_u32(IFLA_CARP_GRACE, 7)
            .put(IFLA_CARP_KEY, Bytes(7, 'x'))
            .put(IFLA_CARP_KEY_NEXT, Bytes(7, 'y'));
        const std::size_t nest = message.begin(IFLA_CARP_PEERS4);
        message.put(CARP_PEERS_ADDR4, Address{"192.168.1.99"}.bytes());
        message.end(nest);
    };
    const auto back = [](Message &message) {
        message.put_u32(IFLA_CARP_ADVSKEW, 0)
            .put_u32(IFLA_CARP_GRACE, CARP_GRACE_DEFAULT)
            .put(IFLA_CARP_KEY, bytes_of("testpass"))
            .put(IFLA_CARP_KEY_NEXT, {})
            .put(IFLA_CARP_PEERS4, {});
    };
    const int index = carp.link().link().index;
    const Bytes before = lasting(carp);
    change(carp, fill);
    const Bytes after = lasting(carp);
    change(carp, back);
    ASSERT_EQ(lasting(carp), before);

    unsigned failed = 0;
    bool beyond = false;
    for (unsigned nth = 1; nth < 500 && !beyond; ++nth) {
        SCOPED_TRACE(nth);
        std::optional<Refusal> refusal;
        host.in([&] {
            Rtnl rtnl;
            const Message message = change_message(index, fill);
            std::ofstream(knob) << nth;
            try {
                refusal = rtnl.ask(message);
            } catch (const std::exception &) {
                refusal = Refusal{ENOBUFS, {}, {}}; // no memory for the message itself
            }
            unsigned left = 0;
            std::ifstream(knob) >> left;
            beyond = left != 0;
            std::ofstream(knob) << 0;
        });
        failed += refusal ? 1 : 0;
        // An answer may get lost, too: then it is done, though not told.
        const Bytes now_is = lasting(carp);
        if (refusal && refusal->error != ENOBUFS)
            EXPECT_EQ(now_is, before);
        else if (!refusal)
            EXPECT_EQ(now_is, after);
        else
            EXPECT_TRUE(now_is == before || now_is == after);
        if (now_is != before)
            change(carp, back);
    }
    EXPECT_TRUE(beyond) << "there is no end to it";
    EXPECT_GE(failed, 6U) << "nothing was made to fail";
}

class Probed : public PairTest {
  protected:
    void SetUp() override {
        build_and_start(cable());
        sleep_for(5s); // the announcements of the takeover are over
    }

    static PutSettings peers(const std::vector<Address> &hosts) {
        return [hosts](Message &message) {
            const std::size_t nest = message.begin(IFLA_CARP_PEERS4);
            for (const Address &host : hosts)
                message.put(CARP_PEERS_ADDR4, host.bytes());
            message.end(nest);
        };
    }

    std::size_t adverts_of_a(Instant since) {
        return capture().count(
            match::all(match::from(a), match::advert(vhid), match::since(since)));
    }
};

/// What was read is written back.
TEST_F(Probed, RoundTripChangesNothing) {
    const std::set<unsigned> writable{IFLA_CARP_PARENT,          IFLA_CARP_VHID,
                                      IFLA_CARP_ADVBASE,         IFLA_CARP_ADVSKEW,
                                      IFLA_CARP_PREEMPT,         IFLA_CARP_ANNOUNCE_COUNT,
                                      IFLA_CARP_PEERS4,          IFLA_CARP_PEERS6,
                                      IFLA_CARP_GRACE,           IFLA_CARP_ANNOUNCE_INTERVAL,
                                      IFLA_CARP_PREEMPT_DELAY,   IFLA_CARP_START_HOLD,
                                      IFLA_CARP_ANNOUNCE_REFRESH};
    change(*on_a, [](Message &message) {
        message.put_u32(IFLA_CARP_ANNOUNCE_REFRESH, 30).put_u32(IFLA_CARP_GRACE, 77);
    });
    change(*on_a, peers({"192.168.1.4"}));
    change(*on_b, peers({"192.168.1.3"}));
    PingProbe probe(client, virtual4());
    sleep_for(1s);
    for (const Carp *carp : {&*on_a, &*on_b}) {
        const Bytes before = lasting(*carp);
        const Bytes data = carp->link().link().info_data;
        const auto put = [&](Message &message) {
            for (const Attribute &attribute : attributes(data))
                if (writable.count(attribute.type) != 0)
                    message.put(attribute.type, attribute.value);
        };
        // Right behind an advert, so that the next one is a second away.
        const auto advert = capture().wait_for(match::all(match::from(a), match::advert(vhid)), 3s);
        ASSERT_TRUE(advert);
        const Instant since = advert->time() + 10ms;
        while (now() < since)
            sleep_for(1ms);
        for (unsigned i = 0; i < 10; ++i)
            change(*carp, put);
        ASSERT_LT(now(), advert->time() + 900ms) << "too slow to prove anything";
        EXPECT_EQ(adverts_of_a(since), 0U);
        EXPECT_EQ(lasting(*carp), before);
    }
    // Nor is the rhythm of the announcements a new one.
    sleep_for(2s);
    probe.stop();
    EXPECT_EQ(probe.lost(), 0U);
    EXPECT_GT(probe.answered(), 1000U);
    EXPECT_EQ(on_a->link().transitions(), 2U);
    EXPECT_EQ(on_b->link().transitions(), 1U);
}

/// Each setting of a MASTER and of its BACKUP, one after the other.
TEST_F(Probed, ChangesLoseNothing) {
    const auto number = [](unsigned type, std::uint32_t value) {
        return [type, value](Message &message) { message.put_u32(type, value); };
    };
    const auto text = [](unsigned type, const std::string &value) {
        return [type, value](Message &message) { message.put(type, bytes_of(value)); };
    };
    PingProbe probe4(client, virtual4());
    PingProbe probe6(client, virtual6());
    sleep_for(500ms);
    const std::vector<PutSettings> both{
        text(IFLA_CARP_KEY_NEXT, "next-key"),
        text(IFLA_CARP_KEY, "next-key"),
        number(IFLA_CARP_GRACE, 60),
        number(IFLA_CARP_ANNOUNCE_COUNT, 5),
        number(IFLA_CARP_ANNOUNCE_INTERVAL, 100),
        number(IFLA_CARP_ANNOUNCE_REFRESH, 1),
        number(IFLA_CARP_PREEMPT, CARP_PREEMPT_ON),
        number(IFLA_CARP_PREEMPT_DELAY, 100),
        number(IFLA_CARP_START_HOLD, 60000),
        number(IFLA_CARP_START_HOLD, 0),
    };
    for (const PutSettings &put : both)
        for (const Carp *carp : {&*on_a, &*on_b}) {
            change(*carp, put);
            sleep_for(200ms);
        }
    change(*on_a, peers({"192.168.1.4"}));
    sleep_for(200ms);
    change(*on_b, peers({"192.168.1.3"}));
    sleep_for(2s);
    change(*on_a, peers({}));
    change(*on_b, peers({}));
    // The slower one first.
    change(*on_b, number(IFLA_CARP_ADVBASE, 2));
    change(*on_a, number(IFLA_CARP_ADVBASE, 2));
    sleep_for(3s);
    change(*on_a, number(IFLA_CARP_ADVSKEW, 50));
    sleep_for(3s);
    change(*on_a, number(IFLA_CARP_ADVBASE, 0));
    sleep_for(1s);
    for (PingProbe *probe : {&probe4, &probe6}) {
        probe->stop();
        EXPECT_EQ(probe->lost(), 0U);
        EXPECT_GT(probe->answered(), 5000U);
    }
    EXPECT_EQ(on_a->link().transitions(), 2U);
    EXPECT_EQ(on_b->link().transitions(), 1U);
}

} // namespace
} // namespace e2e
