// SPDX-License-Identifier: GPL-2.0-only
// The main use: two firewalls, one address for the LAN's gateway and one for the WAN side.
// Documentation/guide/firewall.md tells what is measured here.
#include "carp_test.hpp"
#include "neighbours.hpp"
#include "packet_socket.hpp"
#include "ping_probe.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <gtest/gtest.h>
#include <map>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <thread>

namespace e2e {
namespace {

constexpr unsigned lan_vhid = 1;
constexpr unsigned wan_vhid = 2;
constexpr const char *gateway = "10.0.0.1";
constexpr const char *outside = "203.0.113.1";
constexpr const char *server_address = "203.0.113.9";

using Table = std::map<std::string, std::uint64_t>;

/// The rules that the guide gives.
constexpr const char *rules = R"(
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        iif "lo" accept
        ct state established,related accept
        meta iifkind "carp" icmp type echo-request accept
    }
    chain forward {
        type filter hook forward priority filter; policy drop;
        ct state established,related accept
        iifname { "carp0", "eth0" } oifname { "eth1", "carp1" } accept
    }
    chain output { type filter hook output priority filter; }
}
table ip nat {
    chain postrouting {
        type nat hook postrouting priority srcnat;
        ip saddr 10.0.0.0/24 oifname { "eth1", "carp1" } snat to 203.0.113.1
    }
}
)";

const std::vector<std::string> devices{"eth0", "eth1", "carp0", "carp1"};

/// Counts echo requests and replies at every hook by the interfaces that rules can name there.
std::string counting_rules() {
    std::string counters;
    const auto count = [&](const std::string &name, const std::string &match) {
        std::string text;
        for (const std::string type : {"request", "reply"}) {
            counters += "counter " + name + "-" + type + " { }\n";
            text +=
                match + " icmp type echo-" + type + " counter name \"" + name + "-" + type + "\"\n";
        }
        return text;
    };
    const auto quoted = [](const std::string &text) { return "\"" + text + "\""; };
    std::string chains;
    for (const auto &device : devices)
        chains += "chain " + device + " { type filter hook ingress device " + quoted(device) +
                  " priority 0;\n" + count("ingress-" + device, "") + "}\n";
    std::string all = "table netdev m {\n" + counters + chains + "}\n";
    counters.clear();
    chains.clear();
    for (const std::string hook : {"prerouting", "input", "output", "postrouting"}) {
        const bool in = hook == "prerouting" || hook == "input";
        chains += "chain " + hook + " { type filter hook " + hook + " priority -350;\n";
        for (const auto &device : devices)
            chains += count(hook + "-" + device, (in ? "iifname " : "oifname ") + quoted(device));
        chains += "}\n";
    }
    chains += "chain forward { type filter hook forward priority -350;\n";
    for (const auto &in : devices)
        for (const auto &out : devices)
            chains += count("forward-" + in + "-" + out,
                            "iifname " + quoted(in) + " oifname " + quoted(out));
    return all + "table inet m {\n" + counters + chains + "}\n}\n";
}

/// A TCP connection on which bytes go to and fro, or from the server alone, until it is closed.
class Stream {
  public:
    enum class Kind { Echo, Download };

    Stream(const Host &client, const Host &server, Kind kind) : kind_(kind) {
        listener_ = server.in([] {
            File socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
            sockaddr_in any{};
            any.sin_family = AF_INET;
            any.sin_port = htons(5001);
            if (::bind(socket.fd(), reinterpret_cast<sockaddr *>(&any), sizeof(any)) != 0 ||
                ::listen(socket.fd(), 1) != 0)
                throw std::runtime_error("no listener");
            return socket;
        });
        near_ = client.in([] {
            File socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
            sockaddr_storage to{};
            const socklen_t size = Address{server_address}.to_sockaddr(to, 5001);
            if (::connect(socket.fd(), reinterpret_cast<sockaddr *>(&to), size) != 0)
                throw std::runtime_error("no connection");
            return socket;
        });
        far_ = File{::accept(listener_.fd(), nullptr, nullptr)};
        for (const File *end : {&near_, &far_}) {
            const timeval patience{0, 20000};
            ::setsockopt(end->fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
            ::setsockopt(end->fd(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
        }
        server_ = std::thread([this] { serve(); });
        client_ = std::thread([this] { use(); });
    }
    Stream(const Stream &) = delete;
    Stream &operator=(const Stream &) = delete;
    ~Stream() {
        stop_ = true;
        client_.join();
        server_.join();
    }

    /// Bytes that the client has got.
    [[nodiscard]] std::size_t got() const { return got_; }
    /// Whether it gets `more` bytes in time.
    [[nodiscard]] bool moves(Duration timeout, std::size_t more = 1000) const {
        const std::size_t target = got() + more;
        return wait_until([&] { return got() >= target || broken_; }, timeout) && !broken_;
    }
    [[nodiscard]] bool broken() const { return broken_; }
    /// The client says one byte.
    void speak() const { (void)!::send(near_.fd(), "x", 1, MSG_NOSIGNAL); }

  private:
    void serve() {
        std::array<char, 4096> buffer{};
        while (!stop_) {
            if (kind_ == Kind::Download)
                sleep_for(500ms);
            const ssize_t length =
                kind_ == Kind::Download ? 200 : ::recv(far_.fd(), buffer.data(), buffer.size(), 0);
            if (length > 0)
                (void)!::send(far_.fd(), buffer.data(), static_cast<std::size_t>(length),
                              MSG_NOSIGNAL);
            else
                sleep_for(2ms);
        }
    }

    void use() {
        std::array<char, 4096> buffer{};
        while (!stop_) {
            if (kind_ == Kind::Echo)
                (void)!::send(near_.fd(), buffer.data(), 500, MSG_NOSIGNAL);
            const ssize_t length = ::recv(near_.fd(), buffer.data(), buffer.size(), 0);
            if (length > 0)
                got_ += static_cast<std::size_t>(length);
            else if (length == 0 || (errno != EAGAIN && errno != EINTR))
                broken_ = true;
            if (kind_ == Kind::Echo || broken_)
                sleep_for(2ms);
        }
    }

    Kind kind_;
    File listener_;
    File near_;
    File far_;
    std::atomic<std::size_t> got_{0};
    std::atomic<bool> broken_{false};
    std::atomic<bool> stop_{false};
    std::thread server_;
    std::thread client_;
};

class Firewall : public CarpTest {
  protected:
    Segment &wan = add_segment("wan");
    Host &client = add_host("client", {"10.0.0.9/24"});
    Host &first = add_host("fw1", {"10.0.0.2/24"});
    Host &second = add_host("fw2", {"10.0.0.3/24"});
    Host &server = add_lonely_host("server");
    std::vector<Carp> on_first;
    std::vector<Carp> on_second;

    void SetUp() override {
        wan.wire.attach(first, "eth1", {"203.0.113.2/24"});
        wan.wire.attach(second, "eth1", {"203.0.113.3/24"});
        wan.wire.attach(server, "eth0", {"203.0.113.9/24"});
        client.run({"ip", "route", "add", "default", "via", gateway});
        for (Host *host : {&first, &second}) {
            host->set_sysctl("net.ipv4.ip_forward", "1");
            host->set_sysctl("net.inet.carp.preempt", "1");
        }
    }

    /// `first` leads both sides.
    void start() {
        for (Host *host : {&first, &second}) {
            auto &list = host == &first ? on_first : on_second;
            CarpConfig lan;
            lan.vhid = lan_vhid;
            lan.advskew = host == &first ? 0 : 100;
            lan.addresses = {std::string{gateway} + "/24"};
            list.emplace_back(*host, lan);
            CarpConfig other = lan;
            other.device = "carp1";
            other.parent = "eth1";
            other.vhid = wan_vhid;
            other.addresses = {std::string{outside} + "/24"};
            list.emplace_back(*host, other);
            host->run({"nft", rules});
        }
        ASSERT_TRUE(on_first[0].wait_for(State::Master, 5s));
        ASSERT_TRUE(on_first[1].wait_for(State::Master, 5s));
        sleep_for(2s);
        ASSERT_EQ(on_second[0].state(), State::Backup);
        ASSERT_EQ(on_second[1].state(), State::Backup);
    }

    void count() {
        for (Host *host : {&first, &second})
            host->run({"nft", counting_rules()});
    }

    /// What was counted since the last time; zeros left out.
    static Table counted(Host &host) {
        Table table;
        for (const char *family : {"netdev", "inet"}) {
            const auto answer = nlohmann::json::parse(
                host.run({"nft", "-j", "reset", "counters", "table", family, "m"}));
            for (const auto &entry : answer.at("nftables"))
                if (entry.contains("counter") && entry["counter"].at("packets") != 0)
                    table[entry["counter"].at("name")] = entry["counter"].at("packets");
        }
        return table;
    }

    static void ping_times(Host &from, const char *to, int times) {
        from.run({"ping", "-n", "-q", "-c", std::to_string(times), "-i", "0.01", "-W", "1", to});
    }

    /// Planned: the first host leaves both groups, or comes back to them.
    void hand_over() {
        for (const Carp &carp : on_first)
            carp.down();
        for (const Carp &carp : on_second)
            ASSERT_TRUE(carp.wait_for(State::Master, 100ms));
    }

    void hand_back() {
        for (const Carp &carp : on_first)
            carp.up();
        // Preempting takes the first advert of the other.
        for (const Carp &carp : on_first)
            ASSERT_TRUE(carp.wait_for(State::Master, 3s));
        for (const Carp &carp : on_second)
            ASSERT_TRUE(carp.wait_for(State::Backup, 100ms));
    }

    /// The last echo request or reply on a wire.
    static Frame last_icmp(Segment &segment, std::uint8_t type) {
        auto frame = segment.capture.last([&](const Frame &f) { return f.icmp_type() == type; });
        if (!frame)
            throw std::runtime_error("nothing captured");
        return *frame;
    }

    void expect_forwarded_table() {
        ping_times(client, server_address, 5);
        EXPECT_EQ(counted(first), (Table{{"ingress-eth0-request", 5},
                                         {"ingress-carp0-request", 5},
                                         {"prerouting-carp0-request", 5},
                                         {"forward-carp0-eth1-request", 5},
                                         {"postrouting-eth1-request", 5},
                                         {"ingress-eth1-reply", 5},
                                         {"ingress-carp1-reply", 5},
                                         {"prerouting-carp1-reply", 5},
                                         {"forward-carp1-eth0-reply", 5},
                                         {"postrouting-eth0-reply", 5}}));
        EXPECT_EQ(counted(second), Table{});
    }
};

TEST_F(Firewall, TableOfInterfacesAndMacs) {
    start();
    count();
    ASSERT_TRUE(ping(client, server_address));
    counted(first);
    counted(second);

    // A client's traffic through the MASTER.
    Process dump = first.spawn({"tcpdump", "-n", "-l", "-i", "any", "icmp"});
    ASSERT_TRUE(
        wait_until([&] { return dump.printed().err.find("listening") != std::string::npos; }, 5s));
    expect_forwarded_table();
    sleep_for(500ms);
    const std::string seen = dump.printed().out;
    dump.kill();
    for (const char *line : {"eth0  P   IP 10.0.0.9 > 203.0.113.9: ICMP echo request",
                             "carp0 In  IP 10.0.0.9 > 203.0.113.9: ICMP echo request",
                             "eth1  Out IP 203.0.113.1 > 203.0.113.9: ICMP echo request",
                             "eth1  P   IP 203.0.113.9 > 203.0.113.1: ICMP echo reply",
                             "carp1 In  IP 203.0.113.9 > 203.0.113.1: ICMP echo reply",
                             "eth0  Out IP 203.0.113.9 > 10.0.0.9: ICMP echo reply"})
        EXPECT_NE(seen.find(line), std::string::npos) << line << "\n" << seen;
    EXPECT_EQ(seen.find("carp0 Out"), std::string::npos);
    EXPECT_EQ(seen.find("carp1 Out"), std::string::npos);

    const auto on_lan = [&](std::uint8_t type) {
        return *capture().last([&](const Frame &frame) { return frame.icmp_type() == type; });
    };
    EXPECT_EQ(on_lan(8).destination(), Mac::of_vhid(lan_vhid));
    EXPECT_EQ(on_lan(0).source(), wire().mac(first));
    EXPECT_EQ(last_icmp(wan, 8).source(), wan.wire.mac(first, "eth1"));
    EXPECT_EQ(last_icmp(wan, 8).ip()->source, Address{outside});
    EXPECT_EQ(last_icmp(wan, 0).destination(), Mac::of_vhid(wan_vhid));

    // To the gateway itself.
    ping_times(client, gateway, 5);
    EXPECT_EQ(counted(first), (Table{{"ingress-eth0-request", 5},
                                     {"ingress-carp0-request", 5},
                                     {"prerouting-carp0-request", 5},
                                     {"input-carp0-request", 5},
                                     {"output-eth0-reply", 5},
                                     {"postrouting-eth0-reply", 5}}));
    // Each host's own traffic has to do with the parents alone, whatever the state.
    const Table own{{"output-eth1-request", 5},
                    {"postrouting-eth1-request", 5},
                    {"ingress-eth1-reply", 5},
                    {"prerouting-eth1-reply", 5},
                    {"input-eth1-reply", 5}};
    ping_times(first, server_address, 5);
    EXPECT_EQ(counted(first), own);
    EXPECT_EQ(last_icmp(wan, 8).ip()->source, Address{"203.0.113.2"});
    ping_times(second, server_address, 5);
    EXPECT_EQ(counted(second), own);
    EXPECT_EQ(last_icmp(wan, 8).ip()->source, Address{"203.0.113.3"});
    EXPECT_EQ(last_icmp(wan, 0).destination(), wan.wire.mac(second, "eth1"));
    EXPECT_EQ(counted(first), Table{});
    // The BACKUP to the MASTER.
    ping_times(second, gateway, 5);
    EXPECT_EQ(counted(second), (Table{{"output-eth0-request", 5},
                                      {"postrouting-eth0-request", 5},
                                      {"ingress-eth0-reply", 5},
                                      {"prerouting-eth0-reply", 5},
                                      {"input-eth0-reply", 5}}));
    EXPECT_EQ(counted(first)["input-carp0-request"], 5U);
}

/// Without an address on the parent everything leaves by the carp device, with the virtual MAC.
TEST_F(Firewall, TableWithoutAddressesOnTheParents) {
    for (Host *host : {&first, &second})
        for (const char *device : {"eth0", "eth1"})
            host->run({"ip", "addr", "flush", "dev", device});
    start();
    count();
    ASSERT_TRUE(ping(client, server_address));
    counted(first);
    counted(second);
    ping_times(client, server_address, 5);
    EXPECT_EQ(counted(first), (Table{{"ingress-eth0-request", 5},
                                     {"ingress-carp0-request", 5},
                                     {"prerouting-carp0-request", 5},
                                     {"forward-carp0-carp1-request", 5},
                                     {"postrouting-carp1-request", 5},
                                     {"ingress-eth1-reply", 5},
                                     {"ingress-carp1-reply", 5},
                                     {"prerouting-carp1-reply", 5},
                                     {"forward-carp1-carp0-reply", 5},
                                     {"postrouting-carp0-reply", 5}}));
    EXPECT_EQ(counted(second), Table{});
    EXPECT_EQ(last_icmp(wan, 8).source(), Mac::of_vhid(wan_vhid));
}

TEST_F(Firewall, StrictReversePathFilter) {
    for (Host *host : {&first, &second})
        for (const char *name : {"all", "eth0", "eth1"})
            host->set_sysctl(std::string{"net.ipv4.conf."} + name + ".rp_filter", "1");
    start();
    count();
    ASSERT_TRUE(ping(client, server_address));
    counted(first);
    counted(second);
    expect_forwarded_table();
    hand_over();
    EXPECT_TRUE(ping(client, server_address));
}

/// Frames with a priority and no VLAN.
TEST_F(Firewall, PriorityTags) {
    start();
    count();
    ASSERT_TRUE(ping(client, server_address));
    counted(first);
    counted(second);
    // The last request again, with a tag.
    const auto request = capture().last(
        [](const Frame &frame) { return frame.host() == "client" && frame.icmp_type() == 8; });
    ASSERT_TRUE(request);
    Bytes tagged = request->bytes();
    const Bytes tag{0x81, 0x00, 0xa0, 0x00};
    tagged.insert(tagged.begin() + 12, tag.begin(), tag.end());
    PacketSocket{client}.send(tagged);
    sleep_for(20ms);
    Table table = counted(first);
    EXPECT_EQ(table["prerouting-carp0-request"], 1U);
    EXPECT_EQ(table["forward-carp0-eth1-request"], 1U);
    EXPECT_EQ(table["postrouting-eth0-reply"], 1U);
    EXPECT_EQ(counted(second), Table{});
}

/// A router on the LAN that the gateway knows and the client does not: on one interface the kernel
/// would say so by a redirect, from the address of the wrong interface.
TEST_F(Firewall, NoRedirects) {
    Host &branch = add_host("branch", {"10.0.0.77/24"});
    branch.run({"ip", "addr", "add", "10.77.0.1/32", "dev", "lo"});
    branch.run({"ip", "link", "set", "lo", "up"});
    start();
    for (Host *host : {&first, &second}) {
        host->run({"ip", "route", "add", "10.77.0.0/24", "via", "10.0.0.77"});
        host->run(
            {"nft", "add rule inet filter forward iifname { carp0, eth0 } oifname eth0 accept"});
    }
    ping_times(client, "10.77.0.1", 5);
    ping_times(client, server_address, 5);
    EXPECT_NO_FRAME(
        capture(), [](const Frame &frame) { return frame.icmp_type() == 5; },
        [](const Frame &frame) {
            return frame.host() == "fw1" && frame.ip() &&
                   frame.ip()->destination == Address{"10.77.0.1"};
        });
}

/// One that translates its own traffic, too, loses it as BACKUP: the answers go to the MASTER.
TEST_F(Firewall, TranslatingEverythingCutsTheBackupOff) {
    start();
    EXPECT_TRUE(ping(second, server_address));
    for (Host *host : {&first, &second})
        host->run({"nft", "add rule ip nat postrouting oifname eth1 snat to 203.0.113.1"});
    EXPECT_TRUE(ping(first, server_address));
    EXPECT_FALSE(ping(second, server_address, 1s));
}

TEST_F(Firewall, ConnectionsSurviveAPlannedSwitch) {
    start();
    Stream stream(client, server, Stream::Kind::Echo);
    ASSERT_TRUE(stream.moves(1s));
    hand_over();
    EXPECT_TRUE(stream.moves(1s));
    // New ones as well.
    EXPECT_TRUE(ping(client, server_address));
    EXPECT_FALSE(stream.broken());
}

/// The way back finds what the first host remembers of the connection: by then it is far outside
/// the window that this host knows, unless tracking is liberal.
TEST_F(Firewall, TheWayBackNeedsLiberalTracking) {
    start();
    Stream stream(client, server, Stream::Kind::Echo);
    ASSERT_TRUE(stream.moves(1s));
    hand_over();
    ASSERT_TRUE(stream.moves(2s, 50000));
    hand_back();
    EXPECT_FALSE(stream.moves(5s));
    first.set_sysctl("net/netfilter/nf_conntrack_tcp_be_liberal", "1");
    EXPECT_TRUE(stream.moves(20s));
    EXPECT_FALSE(stream.broken());
}

TEST_F(Firewall, ConnectionsSurviveThereAndBack) {
    start();
    for (Host *host : {&first, &second})
        host->set_sysctl("net/netfilter/nf_conntrack_tcp_be_liberal", "1");
    Stream stream(client, server, Stream::Kind::Echo);
    for (int round = 0; round < 2; ++round) {
        ASSERT_TRUE(stream.moves(1s));
        hand_over();
        EXPECT_TRUE(stream.moves(500ms));
        hand_back();
        EXPECT_TRUE(stream.moves(500ms));
    }
    EXPECT_FALSE(stream.broken());
}

/// One dead interface moves both addresses, so that no traffic comes in by a host that cannot send
/// it on.
TEST_F(Firewall, OneDeadInterfaceMovesBoth) {
    start();
    PingProbe probe(client, server_address, 5ms);
    ASSERT_TRUE(probe.wait_answer(3s));
    wan.wire.cut(first, "eth1");
    const Instant death = now();
    ASSERT_TRUE(on_second[0].wait_for(State::Master, 100ms));
    ASSERT_TRUE(on_second[1].wait_for(State::Master, 5s));
    EXPECT_EQ(on_first[0].state(), State::Backup);
    sleep_for(100ms);
    probe.stop();
    EXPECT_LE(probe.worst_outage(death - 50ms).first_after - death,
              master_down_time(1, 100) + 10ms + 4 * timer_resolution())
        << probe.worst_outage(death - 50ms).text();
}

/// What only the server drives stands still until the client says something, unless an
/// acknowledgement was under way.
TEST_F(Firewall, ADownloadWaitsForTheClient) {
    start();
    Stream stream(client, server, Stream::Kind::Download);
    ASSERT_TRUE(stream.moves(2s, 400));
    sleep_for(100ms); // acknowledged, and nothing under way
    hand_over();
    const std::size_t before = stream.got();
    sleep_for(2s);
    EXPECT_EQ(stream.got(), before);
    stream.speak();
    EXPECT_TRUE(stream.moves(10s, 400));
    EXPECT_FALSE(stream.broken());
}

/// A host that answers segments it does not know resets what it could have taken up.
TEST_F(Firewall, AnOpenInputEndsConnections) {
    start();
    second.run({"nft", "add rule inet filter input accept"});
    Stream stream(client, server, Stream::Kind::Download);
    ASSERT_TRUE(stream.moves(2s, 400));
    sleep_for(100ms); // as above
    hand_over();
    sleep_for(1s);
    stream.speak();
    EXPECT_FALSE(stream.moves(2s, 400));
    EXPECT_TRUE(stream.broken());
}

/// Without it nothing is taken up in the middle.
TEST_F(Firewall, WithoutLooseTrackingConnectionsEnd) {
    start();
    for (Host *host : {&first, &second})
        host->set_sysctl("net/netfilter/nf_conntrack_tcp_loose", "0");
    Stream stream(client, server, Stream::Kind::Echo);
    ASSERT_TRUE(stream.moves(1s));
    hand_over();
    sleep_for(200ms);
    EXPECT_FALSE(stream.moves(2s));
}

/// Whether a kernel takes flows of a carp device onto the fast path (6.1 and 6.12 do, 7.2 does not)
/// or not: they flow, here, there and back.
TEST_F(Firewall, FlowTable) {
    for (Host *host : {&first, &second})
        host->run({"nft", R"(
table ip fast {
    flowtable ft { hook ingress priority 0; devices = { eth0, eth1 }; }
    chain forward { type filter hook forward priority 10; ip protocol tcp flow add @ft; }
}
)"});
    start();
    for (Host *host : {&first, &second})
        host->set_sysctl("net/netfilter/nf_conntrack_tcp_be_liberal", "1");
    Stream stream(client, server, Stream::Kind::Echo);
    ASSERT_TRUE(stream.moves(1s, 50000));
    hand_over();
    EXPECT_TRUE(stream.moves(2s, 50000));
    hand_back();
    EXPECT_TRUE(stream.moves(2s, 50000));
    EXPECT_FALSE(stream.broken());
}

} // namespace
} // namespace e2e
