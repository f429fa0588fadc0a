// SPDX-License-Identifier: GPL-2.0-only
/// The three-host example, played in front of the reader: two servers, a third host that stands in
/// for both, and a client that connects to both addresses the whole time.
#include "carp.hpp"
#include "host.hpp"
#include "neighbours.hpp"
#include "tcp_probe.hpp"
#include "tcp_server.hpp"
#include "wire.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace e2e;

constexpr auto interval = 4ms;
const char *const address_a = "192.168.1.50";
const char *const address_b = "192.168.1.51";

double milliseconds(Duration length) {
    return std::chrono::duration<double, std::milli>(length).count();
}

struct Row {
    std::string what;
    std::string address;
    std::string expected;
    Duration outage;
};

/// The longest time without any answer. Attempts made meanwhile may well be answered after it: TCP
/// asks again.
Duration longest_silence(const Probe &probe, Instant since) {
    std::vector<Instant> answers;
    for (const auto &shot : probe.shots())
        if (shot.answered)
            answers.push_back(*shot.answered);
    std::sort(answers.begin(), answers.end());

    Duration longest{};
    for (std::size_t i = 1; i < answers.size(); i++)
        if (answers[i] >= since)
            longest = std::max<Duration>(longest, answers[i] - answers[i - 1]);
    return longest;
}

class Example {
  public:
    int play();

  private:
    void say(const std::string &text) const;
    void title(const std::string &text);
    std::string type(Host &host, const std::vector<std::string> &command) const;
    void give(Host &host, const std::string &device, std::vector<std::string> words) const;
    void expect_answer(const char *address, const Host &host) const;
    void expect_state(Host &host, const std::string &device, const std::string &state) const;
    void wait_state(Host &host, const std::string &device, const std::string &state) const;
    void measured(const std::string &what, const char *address, const std::string &expected,
                  Instant since);
    void check_macs();

    void set_up();
    void elect();
    void lose_hosta();
    void return_hosta();
    void nudge();
    void preempt();
    void shut_hostb_down();
    void table() const;

    Instant begin_ = now();
    int step_ = 0;
    std::vector<Row> rows_;
    Wire wire_;
    Host hosta_{"hosta"};
    Host hostb_{"hostb"};
    Host provider_{"provider"};
    Host client_{"client"};
    TcpServer server_a_{hosta_};
    TcpServer server_b_{hostb_};
    TcpServer server_p_{provider_};
    std::unique_ptr<TcpProbe> probe_a_;
    std::unique_ptr<TcpProbe> probe_b_;
};

void Example::say(const std::string &text) const {
    std::printf("  [%8.3f s] %s\n", milliseconds(now() - begin_) / 1000, text.c_str());
    std::fflush(stdout);
}

void Example::title(const std::string &text) {
    std::printf("\n%d. %s\n", ++step_, text.c_str());
    std::fflush(stdout);
}

std::string Example::type(Host &host, const std::vector<std::string> &command) const {
    std::string line;
    for (const auto &word : command)
        line += (line.empty() ? "" : " ") + word;
    say(host.name() + "# " + line);
    return host.run(command);
}

void Example::give(Host &host, const std::string &device, std::vector<std::string> words) const {
    type(host, {"carpctl", "create", device});
    words.insert(words.begin(), {"carpctl", "configure", device});
    type(host, words);
}

void Example::expect_state(Host &host, const std::string &device, const std::string &state) const {
    auto is = host.run({"carpctl", "state", device});
    while (!is.empty() && is.back() == '\n')
        is.pop_back();
    if (is != state)
        throw std::runtime_error(host.name() + ": " + device + " is " + is + ", not " + state);
}

void Example::wait_state(Host &host, const std::string &device, const std::string &state) const {
    const bool reached = wait_until(
        [&] { return host.run({"carpctl", "state", device}).starts_with(state); }, 20s, 20ms);
    if (!reached)
        throw std::runtime_error(host.name() + ": " + device + " did not become " + state);
}

void Example::expect_answer(const char *address, const Host &host) const {
    const auto who = who_answers(client_, address);
    if (who != host.name())
        throw std::runtime_error(std::string(address) + " is answered by " +
                                 who.value_or("nobody") + ", not " + host.name());
    say(std::string("client: ") + address + " is served by " + *who);
}

void Example::check_macs() {
    for (const auto &[address, vhid] : {std::pair{address_a, 1U}, std::pair{address_b, 2U}}) {
        const auto mac = neighbour_mac(client_, address);
        if (mac != Mac::of_vhid(vhid))
            throw std::runtime_error(std::string("the client's MAC for ") + address + " is " +
                                     (mac ? mac->text() : "unknown"));
    }
}

void Example::measured(const std::string &what, const char *address, const std::string &expected,
                       Instant since) {
    auto &probe = address == address_a ? *probe_a_ : *probe_b_;
    sleep_for(200ms);
    const auto outage = longest_silence(probe, since);
    rows_.push_back({what, address, expected, outage});
    char text[100];
    std::snprintf(text, sizeof(text), "client: %s was away for %.0f ms", address,
                  milliseconds(outage));
    say(text);
    check_macs();
}

void Example::set_up() {
    title("Three hosts on one segment. provider stands in for hosta and hostb.");
    wire_.attach(hosta_, "eth0", {"192.168.1.3/24"});
    wire_.attach(hostb_, "eth0", {"192.168.1.4/24"});
    wire_.attach(provider_, "eth0", {"192.168.1.5/24"});
    wire_.attach(client_, "eth0", {"192.168.1.100/24"});
    give(hosta_, "carp0", {"vhid", "1", "pass", "testpass", "192.168.1.50/24"});
    give(hostb_, "carp0", {"vhid", "2", "pass", "testpass", "192.168.1.51/24"});
    give(provider_, "carp0",
         {"vhid", "1", "advskew", "100", "pass", "testpass", "192.168.1.50/24"});
    give(provider_, "carp1",
         {"vhid", "2", "advskew", "100", "pass", "testpass", "192.168.1.51/24"});
}

void Example::elect() {
    title("Election: the lower advskew wins, after three seconds of listening.");
    wait_state(hosta_, "carp0", "master");
    wait_state(hostb_, "carp0", "master");
    expect_state(provider_, "carp0", "backup");
    expect_state(provider_, "carp1", "backup");
    expect_answer(address_a, hosta_);
    expect_answer(address_b, hostb_);
    check_macs();
    say("client: knows both addresses by their virtual MACs 00:00:5e:00:01:01 and :02");
    probe_a_ = std::make_unique<TcpProbe>(client_, address_a, interval);
    probe_b_ = std::make_unique<TcpProbe>(client_, address_b, interval);
    sleep_for(200ms);
    const auto since = now();
    type(client_, {"ip", "-br", "link", "show", "eth0"});
    measured("nothing", address_a, "none: the guest's own jitter", since);
}

void Example::lose_hosta() {
    title("hosta's cable is pulled.");
    const auto since = now();
    wire_.cut(hosta_);
    wait_state(provider_, "carp0", "master");
    expect_answer(address_a, provider_);
    measured("hosta dies (cable)", address_a, "up to 3.39 s", since);
}

void Example::return_hosta() {
    title("hosta is back. Preempt is off, so provider keeps the address.");
    const auto since = now();
    wire_.heal(hosta_);
    sleep_for(5s);
    expect_state(provider_, "carp0", "master");
    expect_state(hosta_, "carp0", "backup");
    expect_answer(address_a, provider_);
    measured("hosta returns, no preempt", address_a, "none", since);
}

void Example::nudge() {
    title("A nudge: down and up on provider gives the address back.");
    const auto since = now();
    type(provider_, {"carpctl", "down", "carp0"});
    type(provider_, {"carpctl", "up", "carp0"});
    wait_state(hosta_, "carp0", "master");
    expect_answer(address_a, hosta_);
    expect_state(provider_, "carp0", "backup");
    measured("provider set down and up", address_a, "milliseconds", since);
}

void Example::preempt() {
    title("With preempt on, hosta takes the address back by itself.");
    type(hosta_, {"sysctl", "-w", "net.inet.carp.preempt=1"});
    type(provider_, {"sysctl", "-w", "net.inet.carp.preempt=1"});
    auto since = now();
    wire_.cut(hosta_);
    wait_state(provider_, "carp0", "master");
    measured("hosta dies again", address_a, "up to 3.39 s", since);
    since = now();
    wire_.heal(hosta_);
    wait_state(hosta_, "carp0", "master");
    expect_answer(address_a, hosta_);
    measured("hosta preempts", address_a, "milliseconds", since);
}

void Example::shut_hostb_down() {
    title("hostb is shut down cleanly: it says goodbye, and provider need not wait.");
    const auto since = now();
    type(hostb_, {"ip", "link", "set", "eth0", "down"});
    wait_state(provider_, "carp1", "master");
    expect_answer(address_b, provider_);
    measured("hostb shut down", address_b, "milliseconds", since);
}

void Example::table() const {
    std::printf("\n%-28s %-14s %12s   %s\n", "what happened", "address", "outage", "expected");
    for (const auto &row : rows_)
        std::printf("%-28s %-14s %9.0f ms   %s\n", row.what.c_str(), row.address.c_str(),
                    milliseconds(row.outage), row.expected.c_str());
    std::printf("\nMeasured in guest time by a client that opens a TCP connection to each address\n"
                "every %d ms. The MACs in its ARP table never changed.\n",
                static_cast<int>(interval.count()));
}

int Example::play() {
    set_up();
    elect();
    lose_hosta();
    return_hosta();
    nudge();
    preempt();
    shut_hostb_down();
    table();
    return 0;
}

} // namespace

int main() {
    try {
        return Example().play();
    } catch (const std::exception &error) {
        std::printf("FAILED: %s\n", error.what());
        return 1;
    }
}
