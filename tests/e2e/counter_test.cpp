// SPDX-License-Identifier: GPL-2.0-only
// Counters of a device and of the whole namespace: nothing that was counted is
// lost with a device, its parent or its state, and each can begin anew.
#include "carp_test.hpp"
#include "journal.hpp"
#include "packet_socket.hpp"

#include <gtest/gtest.h>
#include <linux/carp.h>
#include <map>

namespace e2e {
namespace {

using Counters = std::map<unsigned, std::uint64_t>;

const std::vector<Address> addresses{"192.168.1.50"};
constexpr const char *stranger4 = "192.168.1.66";

Counters counters_of(View attributes_of) {
    Counters all;
    for (const Attribute &counter :
         attributes(find_attribute(attributes_of, CARP_A_COUNTERS).value().value))
        if (counter.type != CARP_XSTATS_PAD)
            all[counter.type] = counter.number();
    return all;
}

class CountersOfAll : public CarpTest {
  protected:
    Host &host = add_host("hosta", {"192.168.1.3/24"});
    Host &stranger = add_host("stranger", {"192.168.1.66/24"});
    const PacketSocket socket{stranger};

    void SetUp() override {
        invariants().outsider(stranger);
        invariants().forced(1);
        invariants().forced(2);
    }

    Carp master(const std::string &device, unsigned vhid) {
        CarpConfig config;
        config.device = device;
        config.vhid = vhid;
        config.advskew = 50;
        config.addresses = {"192.168.1.50/24"};
        if (vhid != 1)
            config.addresses = {"192.168.1.60/24"};
        Carp carp(host, config);
        EXPECT_TRUE(carp.wait_for(State::Master, 5s));
        return carp;
    }

    /// Of a device, or of the namespace.
    Counters get(const std::string &device = {}) {
        return host.in([&] {
            Genl genl;
            const auto answers = genl.get(CARP_CMD_COUNTERS_GET, [&](Message &m) {
                if (!device.empty())
                    m.put_text(CARP_A_IFNAME, device);
            });
            return counters_of(answers.at(0).attributes);
        });
    }

    void reset(const std::string &device = {}) {
        host.in([&] {
            Genl genl;
            genl.get(CARP_CMD_COUNTERS_RESET, [&](Message &m) {
                if (!device.empty())
                    m.put_text(CARP_A_IFNAME, device);
            });
        });
    }

    void send_wrong_key(unsigned vhid, int count) const {
        for (int i = 0; i < count; ++i)
            socket.send(make_advert(vhid, stranger4, 1, 0, "testpast", addresses).bytes());
    }

    void send_wrong_ttl(int count) const {
        AdvertFrame frame = make_advert(1, stranger4, 1, 0, "testpass", addresses);
        frame.ttl = 254;
        for (int i = 0; i < count; ++i)
            socket.send(frame.bytes());
    }

    /// What was sent has arrived.
    void expect_refused(const std::string &where, std::uint64_t keys, std::uint64_t ttls) {
        const bool arrived = wait_until(
            [&] {
                const Counters all = get(where);
                return all.at(CARP_XSTATS_BADAUTH) == keys &&
                       all.at(CARP_XSTATS_PARENT_BADTTL) == ttls;
            },
            200ms);
        EXPECT_TRUE(arrived) << (where.empty() ? "namespace" : where) << ": "
                             << get(where).at(CARP_XSTATS_BADAUTH) << " and "
                             << get(where).at(CARP_XSTATS_PARENT_BADTTL) << ", expected " << keys
                             << " and " << ttls;
    }
};

/// The same numbers, whichever way one asks.
TEST_F(CountersOfAll, AgreeWithTheLink) {
    const Carp one = master("carp0", 1);
    const Carp two = master("carp1", 2);
    send_wrong_key(1, 3);
    send_wrong_key(2, 4);
    send_wrong_ttl(5);
    expect_refused("carp0", 3, 5);
    expect_refused("carp1", 4, 5);
    expect_refused("", 7, 5);
    one.down();
    two.down();
    const auto dump = host.in([] { return Genl().dump(CARP_CMD_COUNTERS_GET); });
    ASSERT_EQ(dump.size(), 2U);
    Counters sum;
    for (const Carp *carp : {&one, &two}) {
        const CarpLink link = carp->link();
        const GenlMessage &answer = dump[carp == &two ? 1 : 0];
        EXPECT_EQ(answer.find(CARP_A_IFNAME).value().text(), carp->device());
        const Counters all = get(carp->device());
        EXPECT_EQ(counters_of(answer.attributes), all);
        for (unsigned i = CARP_XSTATS_RX4; i <= CARP_XSTATS_MAX; ++i) {
            EXPECT_EQ(all.at(i), link.counter(i)) << i;
            const bool of_parent =
                i >= CARP_XSTATS_PARENT_BADTTL && i <= CARP_XSTATS_PARENT_NOT_ALLOWED;
            sum[i] = of_parent ? all.at(i) : sum[i] + all.at(i);
        }
    }
    EXPECT_EQ(get(), sum);
}

TEST_F(CountersOfAll, OutliveDevicesAndParents) {
    const Carp one = master("carp0", 1);
    {
        const Carp two = master("carp1", 2);
        send_wrong_key(2, 4);
        expect_refused("", 4, 0);
        two.destroy();
    }
    send_wrong_key(1, 3);
    send_wrong_ttl(5);
    expect_refused("", 7, 5);
    one.force(State::Backup);
    one.force(State::Master);
    expect_refused("carp0", 3, 5);
    one.down();
    one.up();
    expect_refused("carp0", 3, 5);
    const std::uint64_t sent = get().at(CARP_XSTATS_TX4);
    EXPECT_GT(sent, 0U);
    one.destroy();
    // With the last of its devices the parent's port goes, after a grace period.
    expect_refused("", 7, 5);
    sleep_for(200ms);
    expect_refused("", 7, 5);
    EXPECT_GE(get().at(CARP_XSTATS_TX4), sent);
    const Carp again = master("carp0", 1);
    expect_refused("carp0", 0, 0);
    send_wrong_key(1, 1);
    send_wrong_ttl(1);
    expect_refused("", 8, 6);
}

TEST_F(CountersOfAll, BeginAnew) {
    const Carp one = master("carp0", 1);
    const Carp two = master("carp1", 2);
    send_wrong_key(1, 3);
    send_wrong_key(2, 4);
    send_wrong_ttl(5);
    expect_refused("", 7, 5);
    reset("carp0");
    // Its parent's are not its own.
    expect_refused("carp0", 0, 5);
    expect_refused("carp1", 4, 5);
    expect_refused("", 7, 5);
    send_wrong_key(1, 1);
    expect_refused("carp0", 1, 5);
    expect_refused("", 8, 5);
    one.down();
    two.down();
    sleep_for(100ms);
    reset();
    for (const auto &[counter, value] : get())
        EXPECT_EQ(value, 0U) << counter;
    expect_refused("carp0", 1, 5);
    expect_refused("carp1", 4, 5);
    two.up();
    ASSERT_TRUE(two.wait_for(State::Master, 5s));
    send_wrong_key(2, 2);
    send_wrong_ttl(1);
    expect_refused("carp1", 6, 6);
    expect_refused("", 2, 1);
    two.destroy();
    expect_refused("", 2, 1);
}

} // namespace
} // namespace e2e
