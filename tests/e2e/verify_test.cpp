// SPDX-License-Identifier: GPL-2.0-only
// The question what an advert was made with: each answer, each bad question,
// and that asking changes nothing.
#include "carp_request.hpp"
#include "carp_test.hpp"
#include "genl.hpp"

#include <algorithm>
#include <cerrno>
#include <gtest/gtest.h>
#include <linux/carp.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 7;
const std::string key = "exactly-twenty-bytes"; // as many as there may be

class Verify : public CarpTest {
  protected:
    Host &host = add_host("hosta", {"192.168.1.3/24"});
    std::vector<Address> list{"192.168.1.50", "192.168.1.51", "2001:db8:1::50", "2001:db8:1::51",
                              "fe80::50"};
    Carp carp{host, config()};

    void SetUp() override { ASSERT_TRUE(carp.wait_for(State::Master, 4s)); }

    static CarpConfig config() {
        CarpConfig config;
        config.vhid = vhid;
        config.pass = key;
        config.addresses = {"192.168.1.50/24", "192.168.1.51/24", "2001:db8:1::50/64",
                            "2001:db8:1::51/64", "fe80::50/64"};
        return config;
    }

    static Bytes advert(const std::string &with, const std::vector<Address> &addresses) {
        CarpHeader header;
        header.vhid = vhid;
        header.counter = {1, 2, 3, 4, 5, 6, 7, 8};
        header.sign(with, addresses);
        return header.bytes();
    }

    [[nodiscard]] std::vector<Address> without(const Address &address) const {
        std::vector<Address> rest = list;
        rest.erase(std::find(rest.begin(), rest.end(), address));
        return rest;
    }

    [[nodiscard]] std::vector<Address> with(const Address &address) const {
        std::vector<Address> more = list;
        more.push_back(address);
        return more;
    }

    struct Reply {
        unsigned match = 0;
        std::optional<Address> address;
    };

    std::optional<Refusal> try_ask(const Genl::Fill &fill, Reply *reply = nullptr) {
        return host.in([&] {
            Genl genl;
            std::vector<GenlMessage> answers;
            auto refusal = genl.request(CARP_CMD_VERIFY, fill, &answers);
            if (!refusal && reply != nullptr) {
                EXPECT_EQ(answers.size(), 1U);
                reply->match = static_cast<unsigned>(answers.at(0).number(CARP_A_MATCH));
                for (const unsigned type : {CARP_A_ADDR4, CARP_A_ADDR6})
                    if (const auto found = answers.at(0).find(type))
                        reply->address = Address{found->value};
            }
            return refusal;
        });
    }

    Reply ask(const Bytes &about, const std::optional<Address> &address = {}) {
        Reply reply;
        const auto refusal = try_ask(
            [&](Message &message) {
                message.put_text(CARP_A_IFNAME, "carp0").put(CARP_A_ADVERT, about);
                if (address)
                    message.put(address->is_v4() ? CARP_A_ADDR4 : CARP_A_ADDR6, address->bytes());
            },
            &reply);
        EXPECT_FALSE(refusal) << refusal->text;
        return reply;
    }

    void expect(enum carp_match match, const Bytes &about,
                const std::optional<Address> &address = {}) {
        const Reply reply = ask(about, address);
        EXPECT_EQ(reply.match, static_cast<unsigned>(match));
        EXPECT_FALSE(reply.address);
    }
};

TEST_F(Verify, WhatIsAccepted) {
    expect(CARP_MATCH_PRESENT, advert(key, list));
    expect(CARP_MATCH_NOV6LL, advert(key, without("fe80::50")));
    set_key(carp, IFLA_CARP_KEY_NEXT, "the-next-key");
    expect(CARP_MATCH_KEY_NEXT, advert("the-next-key", list));
    set_key(carp, IFLA_CARP_KEY, "the-next-key");
    expect(CARP_MATCH_PRESENT, advert("the-next-key", list));
    expect(CARP_MATCH_OLD_KEY, advert(key, list));
    host.add_address("carp0", "192.168.1.60/24");
    expect(CARP_MATCH_OLD_LIST, advert("the-next-key", list));
    expect(CARP_MATCH_PRESENT, advert("the-next-key", with("192.168.1.60")));
}

TEST_F(Verify, WhatIsNot) {
    expect(CARP_MATCH_NONE, advert("something-else", list));
    expect(CARP_MATCH_KEY_CUT, advert(key.substr(0, 19), list));
    expect(CARP_MATCH_NONE, advert(key.substr(0, 18), list));
    for (const Address &address : list) {
        if (address == Address{"fe80::50"})
            continue; // that one may be missing
        SCOPED_TRACE(address.text());
        const Reply reply = ask(advert(key, without(address)));
        EXPECT_EQ(reply.match, static_cast<unsigned>(CARP_MATCH_ADDR_LESS));
        EXPECT_EQ(reply.address, address);
    }
    for (const char *text : {"10.0.0.1", "192.168.1.99", "2001:db8::1", "fe80::99"}) {
        SCOPED_TRACE(text);
        const Address address{text};
        expect(CARP_MATCH_NONE, advert(key, with(address)));
        const Reply reply = ask(advert(key, with(address)), address);
        EXPECT_EQ(reply.match, static_cast<unsigned>(CARP_MATCH_ADDR_MORE));
        EXPECT_EQ(reply.address, address);
    }
    // An address to try changes no other answer.
    expect(CARP_MATCH_PRESENT, advert(key, list), Address{"192.168.1.99"});
    expect(CARP_MATCH_NONE, advert(key, with("192.168.1.99")), Address{"192.168.1.98"});
    expect(CARP_MATCH_NONE, advert(key, {}));
}

TEST_F(Verify, ShortKeyIsNotCut) {
    set_key(carp, IFLA_CARP_KEY, key.substr(0, 19));
    expect(CARP_MATCH_PRESENT, advert(key.substr(0, 19), list));
    expect(CARP_MATCH_NONE, advert(key.substr(0, 18), list));
}

struct BadQuestion {
    const char *name;
    Genl::Fill fill;
    int error;
    const char *text;
};

TEST_F(Verify, BadQuestions) {
    const Bytes good = advert(key, list);
    const Bytes longer = [&] {
        Bytes bytes = good;
        bytes.push_back(0);
        return bytes;
    }();
    const View shorter = View{good}.first(35);
    Bytes wrong_sum = good;
    wrong_sum[6] ^= 1;
    Bytes wrong_version = good;
    wrong_version[0] = 0x31;
    CarpHeader of_other;
    of_other.vhid = 9;
    of_other.sign(key, list);
    const Bytes other = of_other.bytes();
    const auto put = [](const std::string &device, View bytes) {
        return [device, bytes](Message &message) {
            message.put_text(CARP_A_IFNAME, device).put(CARP_A_ADVERT, bytes);
        };
    };
    const std::vector<BadQuestion> questions{
        {"NoDevice", [&](Message &message) { message.put(CARP_A_ADVERT, good); }, EINVAL,
         "ifindex or ifname: missing"},
        {"UnknownDevice", put("carp9", good), ENODEV, "ifname carp9: no carp device"},
        {"NotOurs", put("eth0", good), ENODEV, "ifname eth0: no carp device"},
        {"NoAdvert", [](Message &message) { message.put_text(CARP_A_IFNAME, "carp0"); }, EINVAL,
         "advert: missing"},
        {"Short", put("carp0", shorter), EINVAL, "advert: 35 bytes: must be 36 bytes"},
        {"Long", put("carp0", longer), EINVAL, "advert: 37 bytes: must be 36 bytes"},
        {"Empty", put("carp0", {}), EINVAL, "advert: 0 bytes: must be 36 bytes"},
        {"Checksum", put("carp0", wrong_sum), EINVAL, "wrong checksum"},
        {"Version", put("carp0", wrong_version), EINVAL, "not one of version 2"},
        {"Vhid", put("carp0", other), EINVAL, "of vhid 9, carp0 has vhid 7"},
        {"BothFamilies",
         [&](Message &message) {
             put("carp0", good)(message);
             message.put(CARP_A_ADDR4, Address{"10.0.0.1"}.bytes())
                 .put(CARP_A_ADDR6, Address{"2001:db8::1"}.bytes());
         },
         EINVAL, "addr4 and addr6: one of them"},
    };
    for (const BadQuestion &question : questions) {
        SCOPED_TRACE(question.name);
        const auto refusal = try_ask(question.fill);
        if (!refusal) {
            ADD_FAILURE() << "was answered";
            continue;
        }
        EXPECT_EQ(refusal->error, question.error);
        EXPECT_NE(refusal->text.find(question.text), std::string::npos) << refusal->text;
    }
    for (const unsigned size : {0U, 3U, 5U, 16U}) {
        const auto refusal = try_ask([&](Message &message) {
            put("carp0", good)(message);
            message.put(CARP_A_ADDR4, Bytes(size, 1));
        });
        EXPECT_TRUE(refusal) << size;
    }
}

TEST_F(Verify, NotForEverybody) {
    const Bytes about = advert(key, list);
    const auto refusal = host.in([&] {
        // Of this thread alone, which the C library's setresuid() would not do.
        constexpr long nobody = 65534;
        check(static_cast<int>(syscall(SYS_setresuid, nobody, nobody, nobody)), "become nobody");
        Genl genl;
        return genl.request(CARP_CMD_VERIFY, [&](Message &message) {
            message.put_text(CARP_A_IFNAME, "carp0").put(CARP_A_ADVERT, about);
        });
    });
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->error, EPERM);
}

/// To ask about an old key does not keep it alive, nor is an answer an advert.
TEST_F(Verify, ChangesNothing) {
    Host &peer = add_host("hostb", {"192.168.1.4/24"});
    CarpConfig of_peer = config();
    of_peer.advskew = 100;
    const Carp backup(peer, of_peer);
    ASSERT_TRUE(backup.wait_for(State::Backup, 1s));
    sleep_for(3s);
    const std::uint64_t transitions = carp.link().transitions();
    const auto sent = [&] { return carp.link().counter(CARP_XSTATS_TX4); };
    const std::uint64_t before = sent();
    const Instant start = now();
    for (unsigned i = 0; i < 20; ++i) {
        ask(advert(key, list));
        ask(advert("wrong", list));
        ask(advert(key, without("192.168.1.50")));
    }
    EXPECT_LE(sent() - before, static_cast<std::uint64_t>((now() - start) / 1s + 1));
    EXPECT_EQ(carp.link().transitions(), transitions);
    EXPECT_EQ(carp.link().counter(CARP_XSTATS_BADAUTH), 0U);
    EXPECT_EQ(carp.link().counter(CARP_XSTATS_RX4), 0U);
    EXPECT_FALSE(carp.link().refused());
    EXPECT_FALSE(carp.link().has(IFLA_CARP_HEARD_AS));

    // Grace runs out on time, however often it is asked.
    invariants().split(vhid);
    change(carp, [](Message &message) {
        message.put_u32(IFLA_CARP_GRACE, 5).put(IFLA_CARP_KEY, bytes_of("new-key"));
    });
    const Bytes old = advert(key, list);
    for (unsigned i = 0; i < 6; ++i) {
        EXPECT_EQ(ask(old).match, static_cast<unsigned>(CARP_MATCH_OLD_KEY));
        sleep_for(1s);
    }
    ASSERT_TRUE(backup.wait_for(State::Master, 5s)) << "it has the old key alone";
    sleep_for(3s);
    EXPECT_GE(carp.link().counter(CARP_XSTATS_BADAUTH), 1U);
}

} // namespace
} // namespace e2e
