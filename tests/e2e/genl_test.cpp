// SPDX-License-Identifier: GPL-2.0-only
// The generic netlink family: what is wrong with a request is said, with the
// name of what is wrong, and nothing is done; who may not, may not.
#include "carp_test.hpp"
#include "journal.hpp"
#include "netlink_view.hpp"

#include <cerrno>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <linux/carp.h>
#include <linux/genetlink.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace e2e {
namespace {

struct Wrong {
    const char *name;
    std::uint8_t command;
    std::function<void(Message &)> fill;
    int error;
    /// All of this is in what the kernel says.
    std::vector<std::string> words;
};

/// No CAP_NET_ADMIN, for the calling thread.
void drop_privilege() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> sets{};
    check(static_cast<int>(syscall(SYS_capget, &header, sets.data())), "capget");
    sets[0].effective &= ~(1U << CAP_NET_ADMIN);
    check(static_cast<int>(syscall(SYS_capset, &header, sets.data())), "capset");
}

class Family : public CarpTest {
  protected:
    Host &host = add_lonely_host("hosta");
    std::optional<Carp> carp;

    void SetUp() override {
        host.run({"ip", "link", "add", "pair0", "type", "veth", "peer", "name", "pair1"});
        host.rtnl().set_up("pair0", true);
        host.rtnl().set_up("pair1", true);
        CarpConfig config;
        config.parent = "pair0";
        config.addresses = {"10.0.0.50/24"};
        carp.emplace(host, config);
        carp->force(State::Master);
    }

    [[nodiscard]] std::uint32_t index() const {
        return static_cast<std::uint32_t>(carp->link().link().index);
    }

    std::optional<Refusal> ask(std::uint8_t command, const Genl::Fill &fill = {}) {
        return host.in([&] { return Genl().request(command, fill); });
    }

    void expect_refused(const std::vector<Wrong> &all) {
        for (const Wrong &wrong : all) {
            SCOPED_TRACE(wrong.name);
            const auto refusal = ask(wrong.command, wrong.fill);
            ASSERT_TRUE(refusal) << "accepted";
            EXPECT_EQ(refusal->error, wrong.error) << refusal->text;
            for (const std::string &word : wrong.words)
                EXPECT_NE(refusal->text.find(word), std::string::npos) << refusal->text;
        }
    }
};

TEST_F(Family, NamesWhatIsWrong) {
    const std::uint32_t own = index();
    const std::uint32_t other = host.rtnl().link("pair0").value().index;
    constexpr std::uint8_t get = CARP_CMD_DEVICE_GET;
    constexpr std::uint8_t reset = CARP_CMD_COUNTERS_RESET;
    const Bytes two_bytes{1, 0};
    const Bytes eight_bytes(8);
    const Bytes not_ended{'c', 'a', 'r', 'p', '0'};
    const Bytes ended_twice{'c', 0, 'p', 0};
    expect_refused({
        {"none", get, {}, EINVAL, {"carp: ifindex or ifname: missing"}},
        {"both",
         get,
         [&](Message &m) { m.put_u32(CARP_A_IFINDEX, own).put_text(CARP_A_IFNAME, "carp0"); },
         EINVAL,
         {"carp: ifindex and ifname: one of them"}},
        {"index twice",
         get,
         [&](Message &m) { m.put_u32(CARP_A_IFINDEX, own).put_u32(CARP_A_IFINDEX, own); },
         EINVAL,
         {"carp: ifindex: given twice"}},
        {"name twice",
         reset,
         [&](Message &m) { m.put_text(CARP_A_IFNAME, "carp0").put_text(CARP_A_IFNAME, "carp0"); },
         EINVAL,
         {"carp: ifname: given twice"}},
        {"short index",
         get,
         [&](Message &m) { m.put(CARP_A_IFINDEX, two_bytes); },
         EINVAL,
         {"carp: ifindex: 2 bytes: must be 4 bytes"}},
        {"long index",
         reset,
         [&](Message &m) { m.put(CARP_A_IFINDEX, eight_bytes); },
         EINVAL,
         {"carp: ifindex: 8 bytes: must be 4 bytes"}},
        {"no index",
         get,
         [&](Message &m) { m.put(CARP_A_IFINDEX, {}); },
         EINVAL,
         {"carp: ifindex: 0 bytes: must be 4 bytes"}},
        {"no name",
         get,
         [&](Message &m) { m.put(CARP_A_IFNAME, {}); },
         EINVAL,
         {"carp: ifname: does not end"}},
        {"empty name",
         get,
         [&](Message &m) { m.put_text(CARP_A_IFNAME, ""); },
         ERANGE,
         {"carp: ifname of 0 bytes", "1..15 bytes"}},
        {"long name",
         get,
         [&](Message &m) { m.put_text(CARP_A_IFNAME, "carp012345678901"); },
         ERANGE,
         {"carp: ifname of 16 bytes", "1..15 bytes"}},
        {"name without end",
         get,
         [&](Message &m) { m.put(CARP_A_IFNAME, not_ended); },
         EINVAL,
         {"carp: ifname: does not end"}},
        {"name with two ends",
         get,
         [&](Message &m) { m.put(CARP_A_IFNAME, ended_twice); },
         EINVAL,
         {"carp: ifname: does not end"}},
        {"state",
         get,
         [&](Message &m) { m.put_u32(CARP_A_IFINDEX, own).put_u32(CARP_A_STATE, 2); },
         EPERM,
         {"carp: state: read-only"}},
        {"sequence",
         reset,
         [&](Message &m) { m.put(CARP_A_SEQUENCE, eight_bytes); },
         EPERM,
         {"carp: sequence: read-only"}},
        {"counters",
         reset,
         [&](Message &m) { m.put(CARP_A_COUNTERS, {}); },
         EPERM,
         {"carp: counters: read-only"}},
        {"advert",
         get,
         [&](Message &m) { m.put_u32(CARP_A_IFINDEX, own).put(CARP_A_ADVERT, Bytes(36)); },
         EINVAL,
         {"carp: advert: not part of this request"}},
        {"group",
         reset,
         [&](Message &m) { m.put_u32(CARP_A_GROUP, 1); },
         EINVAL,
         {"carp: group: not part of this request"}},
        {"unknown",
         get,
         [&](Message &m) { m.put_u32(CARP_A_IFINDEX, own).put_u32(CARP_A_MAX + 1, 1); },
         EINVAL,
         {"Unknown attribute"}},
        {"no such index",
         get,
         [&](Message &m) { m.put_u32(CARP_A_IFINDEX, 9999); },
         ENODEV,
         {"carp: ifindex 9999: no carp device"}},
        {"no such name",
         reset,
         [&](Message &m) { m.put_text(CARP_A_IFNAME, "carp9"); },
         ENODEV,
         {"carp: ifname carp9: no carp device"}},
        {"no carp index",
         get,
         [&](Message &m) { m.put_u32(CARP_A_IFINDEX, other); },
         ENODEV,
         {"carp: ifindex " + std::to_string(other) + ": no carp device"}},
        {"no carp name",
         CARP_CMD_COUNTERS_GET,
         [&](Message &m) { m.put_text(CARP_A_IFNAME, "pair0"); },
         ENODEV,
         {"carp: ifname pair0: no carp device"}},
        {"no such command", CARP_CMD_MAX + 1, {}, EOPNOTSUPP, {}},
        {"an event", CARP_CMD_TRANSITION_NTF, {}, EOPNOTSUPP, {}},
    });
    EXPECT_FALSE(ask(get, [&](Message &m) { m.put_u32(CARP_A_IFINDEX, own); }));
}

/// A dump takes no attributes, rather than to pass over them.
TEST_F(Family, DumpsAreOfAll) {
    const auto refused = [&](std::uint8_t command, const Genl::Fill &fill) -> std::string {
        try {
            host.in([&] { Genl().dump(command, fill); });
        } catch (const std::system_error &error) {
            return error.what();
        }
        return {};
    };
    EXPECT_NE(refused(CARP_CMD_DEVICE_GET, [](Message &m) { m.put_text(CARP_A_IFNAME, "carp0"); })
                  .find("carp: ifname: not part of this request"),
              std::string::npos);
    EXPECT_NE(refused(CARP_CMD_COUNTERS_GET, [](Message &m) { m.put_u32(CARP_A_STATE, 1); })
                  .find("carp: state: read-only"),
              std::string::npos);
    EXPECT_EQ(refused(CARP_CMD_COUNTERS_GET, {}), "");
}

/// Devices of other namespaces are not there.
TEST_F(Family, IsOfOneNamespace) {
    Host &other = add_lonely_host("hostb");
    EXPECT_TRUE(DeviceAnswer::all(other).empty());
    const auto refusal = other.in([&] {
        return Genl().request(CARP_CMD_DEVICE_GET,
                              [](Message &m) { m.put_text(CARP_A_IFNAME, "carp0"); });
    });
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->error, ENODEV);
    Journal there(other);
    carp->force(State::Backup);
    sleep_for(50ms);
    EXPECT_TRUE(there.events().empty());
    EXPECT_EQ(DeviceAnswer::all(host).size(), 1U);
}

TEST_F(Family, OnlyAdministratorsReset) {
    const auto refusal = host.in([&] {
        drop_privilege();
        Genl genl;
        EXPECT_FALSE(genl.request(CARP_CMD_COUNTERS_GET));
        EXPECT_EQ(genl.dump(CARP_CMD_DEVICE_GET).size(), 1U);
        return genl.request(CARP_CMD_COUNTERS_RESET);
    });
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->error, EPERM);
    EXPECT_FALSE(ask(CARP_CMD_COUNTERS_RESET));
}

/// The errno of a reset by a process that has made itself these namespaces.
int reset_errno(int namespaces, bool privileged) {
    const pid_t child = fork();
    if (child == 0) {
        int result = 250;
        try {
            check(unshare(namespaces), "unshare");
            if (!privileged)
                drop_privilege();
            const auto refusal = Genl().request(CARP_CMD_COUNTERS_RESET);
            result = refusal ? refusal->error : 0;
        } catch (const std::exception &) {
            result = 251;
        }
        _exit(result);
    }
    int status = 0;
    check(waitpid(child, &status, 0), "wait for a process");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 252;
}

TEST_F(Family, OwnersOfNamespacesMay) {
    host.in([&] {
        EXPECT_EQ(reset_errno(CLONE_NEWUSER | CLONE_NEWNET, true), 0);
        EXPECT_EQ(reset_errno(CLONE_NEWUSER | CLONE_NEWNET, false), EPERM);
        // All powers in a user namespace, but the network is not its own.
        EXPECT_EQ(reset_errno(CLONE_NEWUSER, true), EPERM);
    });
}

/// Two questions at once: who has not read an answer does not hurt others.
TEST_F(Family, AbandonedDumpIsForgotten) {
    for (int i = 0; i < 20; ++i)
        host.in([&] {
            Netlink socket(NETLINK_GENERIC);
            genlmsghdr header{};
            header.cmd = CARP_CMD_DEVICE_GET;
            header.version = CARP_GENL_VERSION;
            const Genl family;
            const Bytes request = Message(family.family(), NLM_F_DUMP, view_of(header)).finish(1);
            check(static_cast<int>(send(socket.fd(), request.data(), request.size(), 0)),
                  "send a dump request");
        });
    carp->destroy();
    EXPECT_TRUE(DeviceAnswer::all(host).empty());
}

} // namespace
} // namespace e2e
