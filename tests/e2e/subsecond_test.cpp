// SPDX-License-Identifier: GPL-2.0-only
// advbase 0: an advert every 3.9 ms and a takeover after 11.7 ms of silence. A
// busy host must not be taken for a dead one: busy processors, packets to work
// off in softirq, and an RTNL lock that is hardly ever free.
//
// A minute of it belongs to every check. SUBSECOND_SECONDS asks for another
// length, in real time on two processors as well (tests/full/run).
#include "carp_test.hpp"
#include "ping_probe.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iostream>
#include <net/if.h>
#include <netinet/in.h>
#include <optional>
#include <sched.h>
#include <string>
#include <sys/socket.h>
#include <sys/utsname.h>

namespace e2e {
namespace {

constexpr unsigned vhid = 1;

Duration length() {
    const char *seconds = std::getenv("SUBSECOND_SECONDS");
    return std::chrono::seconds{seconds != nullptr ? std::atoi(seconds) : 60};
}

bool older_than_6_5() {
    utsname name{};
    check(uname(&name), "uname");
    int major = 0;
    int minor = 0;
    EXPECT_EQ(std::sscanf(name.release, "%d.%d", &major, &minor), 2);
    return major < 6 || (major == 6 && minor < 5);
}

/// Before 6.5 a softirq that found the processor busy waited for ksoftirqd, and that waited for its
/// turn among all programs: 10 ms are soon gone. What the guide says to do about it.
class KsoftirqdFirst {
  public:
    KsoftirqdFirst() { EXPECT_GT(set(SCHED_FIFO, 1), 0); }
    KsoftirqdFirst(const KsoftirqdFirst &) = delete;
    KsoftirqdFirst &operator=(const KsoftirqdFirst &) = delete;
    ~KsoftirqdFirst() { set(SCHED_OTHER, 0); }

  private:
    /// How many of these threads there are.
    static int set(int policy, int priority) {
        int found = 0;
        for (const auto &entry : std::filesystem::directory_iterator("/proc")) {
            std::ifstream file(entry.path() / "comm");
            std::string name;
            if (!std::getline(file, name) || !name.starts_with("ksoftirqd/"))
                continue;
            const sched_param parameter{.sched_priority = priority};
            EXPECT_EQ(sched_setscheduler(std::stoi(entry.path().filename()), policy, &parameter),
                      0);
            ++found;
        }
        return found;
    }
};

/// Something that works for a while, rests, and works again until it dies.
class Load {
  public:
    Load(Duration work, Duration rest, std::function<void()> piece)
        : thread_([this, work, rest, piece = std::move(piece)] {
              while (!stop_) {
                  const Instant end = now() + work;
                  while (now() < end && !stop_) {
                      piece();
                      ++pieces_;
                  }
                  sleep_for(rest);
              }
          }) {}
    Load(const Load &) = delete;
    Load &operator=(const Load &) = delete;
    ~Load() {
        stop_ = true;
        thread_.join();
    }

    [[nodiscard]] std::uint64_t pieces() const { return pieces_; }

  private:
    std::atomic<bool> stop_ = false;
    std::atomic<std::uint64_t> pieces_ = 0;
    std::thread thread_;
};

class Subsecond : public CarpTest {
  protected:
    Host &a = add_host("hosta", {"192.168.1.3/24"});
    Host &b = add_host("hostb", {"192.168.1.4/24"});
    Host &flooder = add_lonely_host("flooder");
    std::optional<Carp> on_a;
    std::optional<Carp> on_b;

    void elect() {
        CarpConfig config;
        config.vhid = vhid;
        config.advbase = 0;
        config.addresses = {"192.168.1.50/24"};
        on_a.emplace(a, config);
        ASSERT_TRUE(on_a->wait_for(State::Master, 1s));
        config.advskew = 1; // the same times, but it does not win
        on_b.emplace(b, config);
        sleep_for(500ms);
        ASSERT_EQ(on_a->state(), State::Master);
        ASSERT_EQ(on_b->state(), State::Backup);
    }

    /// A cable beside the wire, so that the capture need not hold the flood.
    void lay_cable(Host &to, const std::string &device, const std::string &subnet) {
        flooder.run({"ip", "link", "add", device, "type", "veth", "peer", "name", device, "netns",
                     to.name()});
        flooder.run({"ip", "addr", "add", subnet + ".1/24", "dev", device});
        flooder.run({"ip", "link", "set", device, "up"});
        to.run({"ip", "addr", "add", subnet + ".2/24", "dev", device});
        to.run({"ip", "link", "set", device, "up"});
        ASSERT_TRUE(ping(flooder, subnet + ".2"));
    }

    /// Datagrams that nobody wants, as fast as they can be sent.
    [[nodiscard]] File flood_socket(const Address &to) {
        return flooder.in([&] {
            File file{check(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "UDP socket")};
            sockaddr_storage storage{};
            const socklen_t size = to.to_sockaddr(storage, 9);
            check(connect(file.fd(), reinterpret_cast<sockaddr *>(&storage), size), "connect");
            return file;
        });
    }

    /// The longest silence of the MASTER on the wire since `start`.
    Duration longest_silence(Instant start) {
        const auto adverts =
            capture().select(match::all(match::from(a), match::advert(vhid), match::since(start)));
        Duration longest{};
        for (std::size_t i = 1; i < adverts.size(); ++i)
            longest = std::max<Duration>(longest, adverts[i].time() - adverts[i - 1].time());
        return longest;
    }

    void expect_no_takeover(Instant start, Duration lasted) {
        EXPECT_EQ(on_a->link().transitions(), 2U) << "INIT, BACKUP, MASTER, and no more";
        EXPECT_EQ(on_b->link().transitions(), 1U) << "INIT, BACKUP, and no more";
        EXPECT_NO_FRAME(capture(), match::all(match::from(b), match::claims(vhid)),
                        match::all(match::from(a), match::advert(vhid), match::since(start)));
        // It was at that pace indeed.
        const auto sent =
            capture().count(match::all(match::from(a), match::advert(vhid), match::since(start)));
        EXPECT_GE(sent, static_cast<std::size_t>(lasted / advert_interval(0, 0)) * 9 / 10);
        std::cout << sent << " adverts in " << to_text(lasted) << ", longest silence "
                  << to_text(longest_silence(start)) << '\n';
    }
};

TEST_F(Subsecond, NoFalseTakeoverOnABusyHost) {
    std::optional<KsoftirqdFirst> first;
    if (older_than_6_5())
        first.emplace();
    elect();
    ASSERT_FALSE(HasFatalFailure());
    lay_cable(a, "flood-a", "10.1.0");
    lay_cable(b, "flood-b", "10.2.0");
    const Instant start = now();
    const Duration lasted = length();
    std::uint64_t datagrams = 0;
    std::uint64_t changes = 0;
    {
        const File to_a = flood_socket("10.1.0.2");
        const File to_b = flood_socket("10.2.0.2");
        // One piece of a hog's work is short, so that it ends in time.
        const auto burn = [] {
            for (int i = 0; i < 1000; ++i)
                std::atomic_signal_fence(std::memory_order_seq_cst);
        };
        const Load hog1(60ms, 940ms, burn);
        const Load hog2(60ms, 940ms, burn);
        const Load hog3(60ms, 940ms, burn);
        const Load flood(20ms, 480ms, [&] {
            static_cast<void>(send(to_a.fd(), "x", 1, MSG_DONTWAIT));
            static_cast<void>(send(to_b.fd(), "x", 1, MSG_DONTWAIT));
        });
        const Load churn(5ms, 195ms, [&] {
            b.rtnl().set_up("lo", false);
            b.rtnl().set_up("lo", true);
        });
        sleep_until(start + lasted);
        datagrams = flood.pieces();
        changes = churn.pieces();
    }
    const Duration took = now() - start;
    // The loads were loads.
    EXPECT_GE(datagrams, static_cast<std::uint64_t>(lasted / 1s) * 200);
    EXPECT_GE(changes, static_cast<std::uint64_t>(lasted / 1s) * 5);
    expect_no_takeover(start, took);
    std::cout << 2 * datagrams << " datagrams, " << changes << " changes under RTNL\n";
}

} // namespace
} // namespace e2e
