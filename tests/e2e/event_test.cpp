// SPDX-License-Identifier: GPL-2.0-only
// The journal: every change of state and every refused advert is told once, in
// order, with its reason; what was not told can be seen to be missing.
#include "carp_test.hpp"
#include "journal.hpp"
#include "netlink_view.hpp"
#include "packet_socket.hpp"
#include "rtnl_hold.hpp"

#include <gtest/gtest.h>
#include <linux/carp.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <map>
#include <sys/socket.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;
constexpr unsigned own_advskew = 50;
const std::vector<Address> addresses{"192.168.1.50", "2001:db8:1::50"};
const Address stranger4{"192.168.1.66"};
const Address stranger6{"2001:db8:1::66"};
const Address lower4{"192.168.1.2"};

Transition change(State old, State state, carp_reason reason,
                  std::optional<Address> peer = std::nullopt) {
    Transition expected;
    expected.old = old;
    expected.state = state;
    expected.reason = reason;
    expected.peer = peer;
    return expected;
}

class Events : public CarpTest {
  protected:
    Host &host = add_host("hosta", {"192.168.1.3/24", "2001:db8:1::3/64"});
    Host &stranger = add_host("stranger", {"192.168.1.66/24", "2001:db8:1::66/64"});
    const PacketSocket socket{stranger};
    Journal journal{host};
    std::optional<Carp> carp;

    void SetUp() override {
        invariants().outsider(stranger);
        invariants().forced(vhid);
    }

    void make() {
        CarpConfig config;
        config.vhid = vhid;
        config.advskew = own_advskew;
        config.addresses = {"192.168.1.50/24", "2001:db8:1::50/64"};
        carp.emplace(host, config);
    }

    void say(const Address &from, unsigned advbase, unsigned advskew,
             const std::string &key = "testpass") const {
        socket.send(make_advert(vhid, from, advbase, advskew, key, addresses).bytes());
    }

    /// That it happens, that it is told at once, and nothing else.
    void expect_change(const Transition &expected, const std::function<void()> &cause,
                       Duration timeout = 500ms) {
        const std::size_t before = journal.transitions().size();
        cause();
        EXPECT_TRUE(wait_until([&] { return journal.transitions().size() > before; }, timeout, 1ms))
            << "no event: " << expected;
        const std::vector<Transition> all = journal.transitions();
        ASSERT_EQ(all.size(), before + 1) << expected;
        EXPECT_TRUE(all.back().same(expected)) << all.back() << ", expected " << expected;
        EXPECT_LE(all.back().age, 10ms);
    }
};

TEST_F(Events, EveryReasonAndItsPeer) {
    using enum State;
    expect_change(change(Init, Backup, CARP_REASON_READY), [&] { make(); }, 2s);
    expect_change(change(Backup, Master, CARP_REASON_MASTER_TIMEOUT), [] {}, 4s);
    expect_change(change(Master, Backup, CARP_REASON_BETTER_MASTER, stranger4),
                  [&] { say(stranger4, 1, 0); });
    EXPECT_EQ(address_of(DeviceAnswer::of(host, "carp0").message().attributes), stranger4);
    expect_change(change(Backup, Master, CARP_REASON_BOW_OUT, stranger4),
                  [&] { say(stranger4, 255, 255); });
    expect_change(change(Master, Backup, CARP_REASON_BETTER_MASTER, stranger6),
                  [&] { say(stranger6, 1, 0); });
    expect_change(change(Backup, Master, CARP_REASON_SLOW_MASTER, stranger6),
                  [&] { say(stranger6, 10, 0); });
    expect_change(change(Master, Backup, CARP_REASON_TIE, lower4),
                  [&] { say(lower4, 1, own_advskew); });
    host.set_sysctl("net.inet.carp.preempt", "1");
    expect_change(change(Backup, Master, CARP_REASON_PREEMPT, stranger6),
                  [&] { say(stranger6, 1, 200); });
    expect_change(change(Master, Backup, CARP_REASON_FORCED), [&] { carp->force(Backup); });
    expect_change(change(Backup, Master, CARP_REASON_FORCED), [&] { carp->force(Master); });
    expect_change(change(Master, Init, CARP_REASON_NOT_ALLOWED),
                  [&] { host.set_sysctl("net.inet.carp.allow", "0"); });
    expect_change(change(Init, Backup, CARP_REASON_READY),
                  [&] { host.set_sysctl("net.inet.carp.allow", "1"); });
    expect_change(
        change(Backup, Init, CARP_REASON_NO_ADDRESS),
        [&] {
            host.run({"ip", "address", "del", "192.168.1.50/24", "dev", "carp0"});
            host.run({"ip", "address", "del", "2001:db8:1::50/64", "dev", "carp0"});
        },
        2s);
    expect_change(change(Init, Backup, CARP_REASON_READY),
                  [&] { host.add_address("carp0", "192.168.1.50/24"); });
    expect_change(change(Backup, Init, CARP_REASON_PARENT_DOWN), [&] { wire().cut(host); }, 2s);
    expect_change(change(Init, Backup, CARP_REASON_READY), [&] { wire().heal(host); }, 2s);
    expect_change(change(Backup, Init, CARP_REASON_DOWN), [&] { carp->down(); });

    EXPECT_TRUE(journal.complete());
    std::uint64_t number = 0;
    for (const GenlMessage &event : journal.events())
        EXPECT_EQ(event.number(CARP_A_SEQUENCE), ++number);
    std::uint64_t count = 0;
    const DeviceAnswer answer = DeviceAnswer::of(host, "carp0");
    for (const GenlMessage &event : journal.of(CARP_CMD_TRANSITION_NTF)) {
        EXPECT_EQ(event.number(CARP_A_TRANSITIONS), ++count);
        EXPECT_EQ(event.number(CARP_A_VHID), vhid);
        for (const unsigned type : {CARP_A_IFINDEX, CARP_A_PARENT, CARP_A_BOOT_ID, CARP_A_IFNAME}) {
            const View told = event.find(type).value().value;
            const View asked = answer.message().find(type).value().value;
            EXPECT_TRUE(std::equal(told.begin(), told.end(), asked.begin(), asked.end()))
                << "attribute " << type;
        }
    }
    EXPECT_EQ(answer.message().find(CARP_A_BOOT_ID)->value.size(), 16U);
    EXPECT_EQ(answer.number(CARP_A_SEQUENCE), number);
    EXPECT_EQ(answer.number(CARP_A_TRANSITIONS), count);
}

/// What a device remembers is what was told.
TEST_F(Events, HistoryIsWhatWasTold) {
    make();
    ASSERT_TRUE(carp->wait_for(State::Master, 4s));
    for (int i = 0; i < 20; ++i) {
        say(i % 2 == 0 ? stranger4 : stranger6, 1, 0);
        ASSERT_TRUE(carp->wait_for(State::Backup, 100ms));
        // The rules about frames see links, not events, and ages in milliseconds.
        sleep_for(5ms);
        carp->force(State::Master);
        sleep_for(30ms);
    }
    ASSERT_TRUE(journal.wait_for(42, 1s));
    const std::vector<Transition> told = journal.transitions();
    const std::vector<Transition> history = DeviceAnswer::of(host, "carp0").history();
    ASSERT_EQ(told.size(), 42U);
    ASSERT_EQ(history.size(), static_cast<std::size_t>(CARP_HISTORY_MAX));
    for (std::size_t i = 0; i < history.size(); ++i) {
        const Transition &event = told[told.size() - history.size() + i];
        EXPECT_TRUE(history[i].same(event)) << history[i] << ", told " << event;
        EXPECT_EQ(history[i].sequence, event.sequence);
        if (i > 0) {
            EXPECT_LE(history[i].age, history[i - 1].age);
        }
    }
}

TEST_F(Events, ToldWhileRtnlIsHeld) {
    make();
    ASSERT_TRUE(carp->wait_for(State::Master, 4s));
    const RtnlHold hold(stranger);
    expect_change(
        change(State::Master, State::Backup, CARP_REASON_BETTER_MASTER, stranger4),
        [&] { say(stranger4, 1, 0); }, 20ms);
    // Who asks for the state is not kept waiting either.
    EXPECT_EQ(DeviceAnswer::of(host, "carp0").state(), State::Backup);
    expect_change(
        change(State::Backup, State::Master, CARP_REASON_BOW_OUT, stranger4),
        [&] { say(stranger4, 255, 255); }, 20ms);
    sleep_for(2s);
}

/// Numbers go on whether somebody listens or not.
TEST_F(Events, LateListenerKnowsWhatItMissed) {
    journal.close();
    make();
    ASSERT_TRUE(carp->wait_for(State::Master, 4s));
    carp->force(State::Backup);
    Journal late(host);
    const DeviceAnswer answer = DeviceAnswer::of(host, "carp0");
    EXPECT_EQ(answer.number(CARP_A_SEQUENCE), 3U);
    EXPECT_EQ(answer.state(), State::Backup);
    carp->force(State::Master);
    ASSERT_TRUE(late.wait_for(1, 100ms));
    EXPECT_EQ(late.transitions().at(0).sequence, 4U);
}

TEST_F(Events, RefusedAdvertsAreToldOnceASecond) {
    make();
    ASSERT_TRUE(carp->wait_for(State::Master, 4s));
    const auto refused = [&] { return journal.of(CARP_CMD_REFUSED_NTF); };
    const auto of_parent = [](const GenlMessage &event) { return !event.find(CARP_A_IFINDEX); };
    const auto send_bad = [&](int count) {
        for (int i = 0; i < count; ++i)
            say(stranger4, 1, 0, "testpast");
        for (int i = 0; i < count; ++i) {
            AdvertFrame frame = make_advert(vhid, stranger6, 1, 0, "testpass", addresses);
            frame.ttl = 254;
            socket.send(frame.bytes());
        }
    };
    send_bad(50);
    sleep_for(500ms);
    EXPECT_EQ(refused().size(), 2U) << "one of the device, one of its parent";
    sleep_for(600ms);
    send_bad(1);
    EXPECT_TRUE(wait_until([&] { return refused().size() == 4; }, 100ms));
    std::uint64_t told = 0;
    std::uint64_t told_of_parent = 0;
    for (const GenlMessage &event : refused()) {
        (of_parent(event) ? told_of_parent : told) += 1 + event.number(CARP_A_MISSED);
        const DeviceAnswer answer = DeviceAnswer::of(host, "carp0");
        EXPECT_EQ(event.number(CARP_A_PARENT), answer.number(CARP_A_PARENT));
        if (of_parent(event)) {
            EXPECT_FALSE(event.find(CARP_A_IFNAME));
            EXPECT_EQ(event.number(CARP_A_COUNTER), CARP_XSTATS_PARENT_BADTTL);
            EXPECT_EQ(address_of(event.attributes), stranger6);
        } else {
            EXPECT_EQ(event.number(CARP_A_IFINDEX), answer.number(CARP_A_IFINDEX));
            EXPECT_EQ(event.number(CARP_A_COUNTER), CARP_XSTATS_BADAUTH);
            EXPECT_EQ(address_of(event.attributes), stranger4);
        }
    }
    EXPECT_EQ(told, carp->link().counter(CARP_XSTATS_BADAUTH));
    EXPECT_EQ(told, 51U);
    EXPECT_EQ(told_of_parent, carp->link().counter(CARP_XSTATS_PARENT_BADTTL));
    EXPECT_EQ(told_of_parent, 51U);
}

/// For rules of udev: the state and its number, once it has settled.
TEST_F(Events, DeviceManagersAreTold) {
    const auto devices =
        host.in([] { return std::make_unique<Netlink>(NETLINK_KOBJECT_UEVENT, 1); });
    using Properties = std::map<std::string, std::string>;
    const auto next = [&]() -> std::optional<Properties> {
        std::array<char, 8192> buffer{};
        for (;;) {
            const ssize_t got = recv(devices->fd(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (got < 0)
                return std::nullopt;
            Properties all;
            const std::string text(buffer.data(), static_cast<std::size_t>(got));
            for (std::size_t at = 0; at < text.size(); at = text.find('\0', at) + 1) {
                const std::string line = text.c_str() + at;
                if (const auto equals = line.find('='); equals != std::string::npos)
                    all[line.substr(0, equals)] = line.substr(equals + 1);
            }
            if (all.count("CARP_STATE") != 0)
                return all;
        }
    };
    const auto expect_told = [&](const char *state, carp_reason reason, std::uint64_t sequence) {
        std::optional<Properties> told;
        ASSERT_TRUE(wait_until([&] { return (told = next()).has_value(); }, 1s)) << state;
        EXPECT_EQ(told->at("ACTION"), "change");
        EXPECT_EQ(told->at("INTERFACE"), "carp0");
        EXPECT_EQ(told->at("CARP_STATE"), state);
        EXPECT_EQ(told->at("CARP_REASON"), std::to_string(reason));
        EXPECT_EQ(told->at("CARP_SEQUENCE"), std::to_string(sequence));
    };
    make();
    expect_told("backup", CARP_REASON_READY, 1);
    ASSERT_TRUE(carp->wait_for(State::Master, 4s));
    expect_told("master", CARP_REASON_MASTER_TIMEOUT, 2);
    carp->down();
    expect_told("init", CARP_REASON_DOWN, 3);
    sleep_for(500ms);
    EXPECT_FALSE(next()) << "told twice";
}

/// Who follows links can tell which event a link's state is of.
TEST_F(Events, LinksCarryTheNumber) {
    const auto watch = host.in([] { return std::make_unique<Rtnl>(RTMGRP_LINK); });
    std::map<std::uint64_t, State> told;
    const auto see = [&] {
        watch->drain([&](std::uint16_t type, View body) {
            const Link link = Link::parse(body);
            const auto number = find_attribute(link.info_data, IFLA_CARP_SEQUENCE);
            if (type == RTM_NEWLINK && link.kind == CARP_KIND && number)
                told[number->number()] = CarpLink{link}.state();
        });
        return told.size();
    };
    make();
    EXPECT_TRUE(wait_until([&] { return see() == 2; }, 500ms)) << told.size();
    ASSERT_TRUE(carp->wait_for(State::Master, 4s));
    EXPECT_TRUE(wait_until([&] { return see() == 3; }, 500ms)) << told.size();
    carp->down();
    EXPECT_TRUE(wait_until([&] { return see() == 4; }, 500ms)) << told.size();
    const std::map<std::uint64_t, State> expected{
        {0, State::Init}, {1, State::Backup}, {2, State::Master}, {3, State::Init}};
    EXPECT_EQ(told, expected);
}

/// On no wire, so that nothing but the journal has to keep up.
class ManyEvents : public CarpTest {
  protected:
    Host &host = add_lonely_host("hosta");

    void SetUp() override {
        host.run({"ip", "link", "add", "pair0", "type", "veth", "peer", "name", "pair1"});
        host.rtnl().set_up("pair0", true);
        host.rtnl().set_up("pair1", true);
    }

    Carp master(unsigned number = 0) {
        CarpConfig config;
        config.device = "carp" + std::to_string(number);
        config.parent = "pair0";
        config.vhid = number + 1;
        config.addresses = {"10.0." + std::to_string(number) + ".50/24"};
        Carp carp(host, config);
        carp.force(State::Master);
        return carp;
    }
};

TEST_F(ManyEvents, SlowListenerSeesWhatItMisses) {
    constexpr unsigned changes = 10000;
    const Carp carp = master();
    Journal fast(host);
    Journal slow(host, 16384);
    auto dead = std::make_unique<Journal>(host, 16384);
    for (unsigned i = 0; i < changes; ++i) {
        carp.force(i % 2 == 0 ? State::Backup : State::Master);
        if (i % 64 == 63)
            fast.events();
        if (i % 512 == 511)
            slow.events();
        if (i == changes / 2)
            dead.reset();
    }
    ASSERT_TRUE(fast.wait_for(changes, 1s)) << fast.events().size();
    EXPECT_TRUE(fast.complete());
    std::uint64_t number = 2;
    for (const Transition &told : fast.transitions())
        ASSERT_EQ(told.sequence, ++number);

    const std::vector<Transition> some = slow.transitions();
    EXPECT_FALSE(slow.complete());
    EXPECT_LT(some.size(), changes);
    EXPECT_GT(some.size(), changes / 512);
    for (std::size_t i = 1; i < some.size(); ++i)
        ASSERT_LT(some[i - 1].sequence, some[i].sequence);

    const DeviceAnswer answer = DeviceAnswer::of(host, "carp0");
    EXPECT_EQ(answer.number(CARP_A_SEQUENCE), changes + 2);
    EXPECT_EQ(answer.number(CARP_A_TRANSITIONS), changes + 2);
    EXPECT_EQ(answer.state(), State::Master);
    EXPECT_EQ(answer.history().size(), static_cast<std::size_t>(CARP_HISTORY_MAX));
    EXPECT_EQ(answer.history().back().sequence, changes + 2);
    const std::size_t before = slow.events().size();
    carp.force(State::Backup);
    ASSERT_TRUE(slow.wait_for(before + 1, 100ms));
    EXPECT_EQ(slow.transitions().back().sequence, changes + 3);
}

/// More of them than fit into one part of an answer.
class ManyDevices : public ManyEvents {
  protected:
    static constexpr unsigned devices = 30;
    std::vector<Carp> carps;

    void SetUp() override {
        ManyEvents::SetUp();
        for (unsigned i = 0; i < devices; ++i)
            carps.push_back(master(i));
        for (const Carp &carp : carps)
            for (int i = 0; i < CARP_HISTORY_MAX; ++i)
                carp.force(i % 2 == 0 ? State::Backup : State::Master);
    }
};

/// Each once, in order.
TEST_F(ManyDevices, AreAllInTheDump) {
    carps[7].force(State::Backup);
    const std::vector<DeviceAnswer> all = DeviceAnswer::all(host);
    ASSERT_EQ(all.size(), devices);
    for (unsigned i = 0; i < devices; ++i) {
        EXPECT_EQ(all[i].name(), "carp" + std::to_string(i));
        EXPECT_EQ(all[i].number(CARP_A_VHID), i + 1);
        EXPECT_EQ(all[i].state(), i == 7 ? State::Backup : State::Master);
        EXPECT_EQ(all[i].number(CARP_A_SEQUENCE), devices * (CARP_HISTORY_MAX + 2) + 1);
        EXPECT_EQ(all[i].history().size(), static_cast<std::size_t>(CARP_HISTORY_MAX));
        if (i > 0) {
            EXPECT_LT(all[i - 1].number(CARP_A_IFINDEX), all[i].number(CARP_A_IFINDEX));
        }
    }
}

/// A device that goes while the dump is read: the rest is complete, and the
/// dump says that it is of no one moment. A change of state does not spoil it.
TEST_F(ManyDevices, ThatComeOrGoInterruptADump) {
    const auto dump = [&](const std::function<void()> &meanwhile) {
        return host.in([&] {
            const Genl family;
            Netlink socket(NETLINK_GENERIC);
            genlmsghdr header{};
            header.cmd = CARP_CMD_DEVICE_GET;
            header.version = CARP_GENL_VERSION;
            const Bytes request = Message(family.family(), NLM_F_DUMP, view_of(header)).finish(1);
            check(static_cast<int>(send(socket.fd(), request.data(), request.size(), 0)),
                  "ask for all devices");
            std::pair<unsigned, bool> result{0, false};
            Bytes buffer(65536);
            for (unsigned part = 0;; ++part) {
                const int got =
                    check(static_cast<int>(recv(socket.fd(), buffer.data(), buffer.size(), 0)),
                          "read a part of a dump");
                View rest{buffer.data(), static_cast<std::size_t>(got)};
                while (rest.size() >= sizeof(nlmsghdr)) {
                    const auto head = load<nlmsghdr>(rest, 0);
                    rest = rest.subspan(std::min(rest.size(), align4(head.nlmsg_len)));
                    result.second |= (head.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
                    if (head.nlmsg_type == NLMSG_DONE)
                        return result;
                    ++result.first;
                }
                if (part == 0)
                    meanwhile();
            }
        });
    };
    EXPECT_EQ(dump([&] { carps[29].force(State::Backup); }), std::make_pair(devices, false));
    EXPECT_EQ(dump([&] { carps[29].destroy(); }), std::make_pair(devices - 1, true));
    EXPECT_EQ(dump([] {}), std::make_pair(devices - 1, false));
}

} // namespace
} // namespace e2e
