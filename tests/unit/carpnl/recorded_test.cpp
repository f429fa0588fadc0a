// SPDX-License-Identifier: GPL-2.0-or-later
// What a real kernel said, from tests/recorded: read as it is, cut short anywhere, and forged.
#include "attributes.hpp"
#include "generic.hpp"
#include "monitor_impl.hpp"
#include "socket_impl.hpp"

#include <carpnl/carpnl.hpp>

#include <gtest/gtest.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <set>

namespace {

using carpnl::Error;
using carpnl::EventKind;
using carpnl::Monitor;
using carpnl::Socket;
using carpnl::State;
using Bytes = std::vector<std::byte>;
using Datagrams = std::vector<Bytes>;

/// All datagrams of a recording, in their order.
Datagrams recorded(const std::string &name) {
    Datagrams all;
    for (;;) {
        const auto path =
            std::string(CARP_RECORDED) + "/" + name + "." + std::to_string(all.size() + 1);
        std::ifstream file(path, std::ios::binary);
        if (!file)
            break;
        const std::string text(std::istreambuf_iterator<char>(file), {});
        const auto bytes = std::as_bytes(std::span(text));
        all.emplace_back(bytes.begin(), bytes.end());
    }
    EXPECT_FALSE(all.empty()) << name;
    return all;
}

class Replay final : public carpnl::detail::Transport {
  public:
    explicit Replay(Datagrams datagrams) : left_(datagrams.begin(), datagrams.end()) {}
    void send(std::span<const std::byte> /*message*/) override {}
    std::vector<std::byte> receive() override {
        if (left_.empty())
            throw Error(ETIME, {}, "the recording is over");
        Bytes next = std::move(left_.front());
        left_.pop_front();
        return next;
    }

  private:
    std::deque<Bytes> left_;
};

class EventReplay final : public carpnl::detail::EventTransport {
  public:
    explicit EventReplay(const Datagrams &datagrams) : left_(datagrams.begin(), datagrams.end()) {}
    void send(std::span<const std::byte> /*message*/) override {}
    std::optional<std::vector<std::byte>> receive() override {
        if (left_.empty())
            return std::nullopt;
        Bytes next = std::move(left_.front());
        left_.pop_front();
        return next;
    }
    void join(std::uint32_t /*group*/) override {}
    bool wait(std::optional<std::chrono::milliseconds> /*timeout*/) override {
        return !left_.empty();
    }
    int fd() const noexcept override { return -1; }

  private:
    std::deque<Bytes> left_;
};

/// A Socket that hears the same on both of its wires, since only one is used at a time.
Socket socket_on(const Datagrams &datagrams) {
    return Socket(std::make_unique<Socket::Impl>(std::make_unique<Replay>(datagrams),
                                                 std::make_unique<Replay>(datagrams)));
}

Monitor monitor_on(Datagrams datagrams) {
    carpnl::detail::Exchange exchange(std::make_unique<Replay>(Datagrams{datagrams.front()}));
    const auto family = carpnl::detail::find_family(exchange, {});
    datagrams.erase(datagrams.begin());
    return Monitor(
        std::make_unique<Monitor::Impl>(std::make_unique<EventReplay>(datagrams), family));
}

/// A recording, and what was asked then.
struct Question {
    const char *recording;
    std::function<void(const Datagrams &)> ask;
};

const std::vector<Question> &questions() {
    static const std::vector<Question> all{
        {"show", [](const Datagrams &said) { (void)socket_on(said).list(); }},
        {"show-refused", [](const Datagrams &said) { (void)socket_on(said).list(); }},
        {"show-one", [](const Datagrams &said) { (void)socket_on(said).status("carp0"); }},
        {"history", [](const Datagrams &said) { (void)socket_on(said).history("carp0"); }},
        {"causes", [](const Datagrams &said) { (void)socket_on(said).causes(); }},
        {"monitor",
         [](const Datagrams &said) {
             auto monitor = monitor_on(said);
             for (std::size_t i = 0; i < said.size(); ++i)
                 (void)monitor.process();
         }},
    };
    return all;
}

/// The error with which it ends; 0: it does not.
int ends_with(const Question &question, const Datagrams &said) {
    try {
        question.ask(said);
    } catch (const Error &error) {
        EXPECT_FALSE(error.text().empty());
        EXPECT_NE(error.code().value(), 0);
        return error.code().value();
    }
    return 0;
}

/// Where messages begin in a datagram, its end included.
std::set<std::size_t> borders(const Bytes &datagram) {
    std::set<std::size_t> all{0};
    for (std::size_t at = 0; at < datagram.size();) {
        const auto head =
            carpnl::detail::read_fixed<nlmsghdr>(std::span<const std::byte>(datagram).subspan(at));
        at += head ? NLMSG_ALIGN(static_cast<std::size_t>(head->nlmsg_len)) : datagram.size();
        all.insert(at);
    }
    return all;
}

TEST(Recorded, Devices) {
    const auto all = socket_on(recorded("show")).list();
    ASSERT_EQ(all.size(), 2U);
    const auto &carp0 = all[0];
    EXPECT_EQ(carp0.name(), "carp0");
    EXPECT_EQ(carp0.state(), State::backup);
    EXPECT_EQ(carp0.reason(), carpnl::Reason::better_master);
    EXPECT_EQ(carp0.vhid(), 1U);
    EXPECT_EQ(carp0.advskew(), 100U);
    EXPECT_EQ(carp0.mac(), "00:00:5e:00:01:01");
    EXPECT_EQ(carp0.parent_name(), "eth0");
    EXPECT_EQ(carp0.parent_up(), true);
    EXPECT_TRUE(carp0.key_set());
    EXPECT_TRUE(carp0.next_key_set());
    EXPECT_EQ(carp0.preempt(), carpnl::Preempt::on);
    EXPECT_EQ(carp0.preempt_delay(), std::chrono::milliseconds(500));
    EXPECT_EQ(carp0.start_hold(), std::chrono::seconds(60));
    EXPECT_EQ(carp0.grace(), std::chrono::seconds(300));
    EXPECT_EQ(carp0.drained(), false);
    ASSERT_GE(carp0.addresses().size(), 2U);
    EXPECT_EQ(carp0.addresses()[0].to_string(), "192.168.1.50/24");
    ASSERT_TRUE(carp0.counters());
    for (const auto counter : carpnl::all_counters())
        EXPECT_TRUE(carp0.counters()->get(counter)) << to_string(counter);

    const auto &carp1 = all[1];
    EXPECT_EQ(carp1.state(), State::init);
    EXPECT_EQ(carp1.vhid(), std::nullopt);
    EXPECT_EQ(carp1.parent_index(), std::nullopt);
    EXPECT_FALSE(carp1.key_set());
    EXPECT_FALSE(carp1.next_key_set());
}

TEST(Recorded, RefusedAdverts) {
    const auto all = socket_on(recorded("show-refused")).list();
    ASSERT_EQ(all.size(), 1U);
    ASSERT_TRUE(all[0].refused());
    EXPECT_EQ(all[0].refused()->why, carpnl::Counter::badauth);
    ASSERT_TRUE(all[0].refused()->source);
    EXPECT_GT(all[0].refused()->count.value_or(0), 0U);
}

TEST(Recorded, OneDevice) {
    const auto carp0 = socket_on(recorded("show-one")).status("carp0");
    EXPECT_EQ(carp0.name(), "carp0");
    EXPECT_EQ(carp0.advskew(), 0U);
}

TEST(Recorded, HistoryAndCauses) {
    const auto history = socket_on(recorded("history")).history("carp0");
    ASSERT_GE(history.size(), 2U);
    EXPECT_EQ(history.front().old_state(), State::init);
    EXPECT_EQ(history.back().reason(), carpnl::Reason::better_master);
    EXPECT_TRUE(history.back().peer());
    const auto &forced = history.at(history.size() - 2);
    EXPECT_EQ(forced.state(), State::master);
    EXPECT_EQ(forced.reason(), carpnl::Reason::forced);

    const auto causes = socket_on(recorded("causes")).causes();
    ASSERT_EQ(causes.size(), 2U);
    const auto disk = std::find_if(causes.begin(), causes.end(),
                                   [](const auto &cause) { return cause.name() == "disk"; });
    ASSERT_NE(disk, causes.end());
    EXPECT_EQ(disk->value(), 20U);
    EXPECT_EQ(disk->scope(), carpnl::Scope::device);
    EXPECT_EQ(disk->device_name(), "carp0");
    EXPECT_EQ(disk->owner(), carpnl::Owner::user);
}

TEST(Recorded, Events) {
    auto monitor = monitor_on(recorded("monitor"));
    std::vector<carpnl::Event> events;
    while (monitor.wait(std::chrono::milliseconds(0)))
        for (auto &event : monitor.process())
            events.push_back(std::move(event));
    ASSERT_FALSE(events.empty());
    EXPECT_EQ(events.front().resync_reason(), carpnl::ResyncReason::start);
    const auto count = [&](EventKind kind) {
        return std::count_if(events.begin(), events.end(),
                             [kind](const auto &event) { return event.kind() == kind; });
    };
    EXPECT_EQ(count(EventKind::resync), 1);
    EXPECT_EQ(count(EventKind::demotion), 3);
    EXPECT_GE(count(EventKind::refused), 1);
    EXPECT_GE(count(EventKind::transition), 1);
    EXPECT_EQ(events.back().boot_id(), events.front().boot_id());
}

TEST(Recorded, Refusals) {
    try {
        carpnl::Changes changes;
        changes.advskew(255);
        socket_on(recorded("refusal")).configure("carp0", changes);
        FAIL();
    } catch (const Error &error) {
        EXPECT_EQ(error.code().value(), ERANGE);
        EXPECT_EQ(error.text(), "carp: advskew 255: out of range 0..254");
        EXPECT_EQ(error.attribute(), "advskew");
        EXPECT_TRUE(error.from_kernel());
    }
    try {
        (void)socket_on(recorded("no-device")).history("carp9");
        FAIL();
    } catch (const Error &error) {
        EXPECT_EQ(error.code().value(), ENODEV);
        EXPECT_EQ(error.subject(), "carp9");
        EXPECT_TRUE(error.from_kernel());
    }
}

/// Cut inside a message, it is refused; cut between two, the rest never comes.
TEST(Recorded, CutShortAnywhereIsAnError) {
    for (const auto &question : questions()) {
        SCOPED_TRACE(question.recording);
        const auto whole = recorded(question.recording);
        EXPECT_EQ(ends_with(question, whole), 0);
        for (std::size_t i = 0; i < whole.size(); ++i) {
            const auto between = borders(whole[i]);
            auto cut = whole;
            cut.resize(i + 1);
            for (std::size_t length = 1; length < whole[i].size(); ++length) {
                cut[i] =
                    Bytes(whole[i].begin(), whole[i].begin() + static_cast<std::ptrdiff_t>(length));
                const int error = ends_with(question, cut);
                const bool inside = between.count(length) == 0;
                ASSERT_TRUE(error == EBADMSG || !inside) << "datagram " << i << " at " << length;
            }
        }
    }
}

/// What says that it is something else is not taken for what was asked.
TEST(Recorded, ForgedTypesAreNoAnswers) {
    for (const auto &question : questions()) {
        SCOPED_TRACE(question.recording);
        const auto whole = recorded(question.recording);
        for (std::size_t i = 0; i < whole.size(); ++i)
            for (const unsigned number : {0U, 1U, 4U, 15U, 16U, 17U, 20U, 24U, 36U, 0xffffU}) {
                const auto type = static_cast<std::uint16_t>(number);
                auto forged = whole;
                std::memcpy(forged[i].data() + offsetof(nlmsghdr, nlmsg_type), &type, sizeof(type));
                (void)ends_with(question, forged);
            }
    }
    auto said = recorded("show-one");
    const std::uint16_t address = RTM_NEWADDR;
    std::memcpy(said[0].data() + offsetof(nlmsghdr, nlmsg_type), &address, sizeof(address));
    EXPECT_EQ(ends_with(questions()[2], said), EBADMSG);
    // An answer to another command of the family.
    said = recorded("history");
    said[1][NLMSG_HDRLEN] = std::byte{2};
    EXPECT_EQ(ends_with(questions()[3], said), EBADMSG);
}

} // namespace
