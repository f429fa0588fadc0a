// SPDX-License-Identifier: GPL-2.0-or-later
#include "bsd_words.hpp"

#include "configure_words.hpp"

#include <carpnl/error.hpp>

#include <linux/carp.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace carpctl {
namespace {

using carpnl::Address;
using carpnl::Family;

/// What ifconfig keeps of a longer pass, without a word.
constexpr std::size_t key_kept = 19;

/// Nothing has to be done for these.
constexpr std::array<std::string_view, 5> needless{"alias", "add", "up", "create", "NONE"};

struct Untranslatable {
    std::string_view word;
    std::size_t arguments;
    std::string_view why;
};

constexpr std::array<Untranslatable, 18> untranslatable{{
    {"state", 1, "'carpctl state' asks for a state, once"},
    {"carpver", 1, "VRRP is not CARP"},
    {"vrrpprio", 1, "VRRP is not CARP"},
    {"vrrpinterval", 1, "VRRP is not CARP"},
    {"carpnodes", 1, "IP balancing is not supported; make one device for each vhid"},
    {"balancing", 1, "IP balancing is not supported; see arpbalance in carp(4)"},
    {"lladdr", 1, "the MAC address follows from the vhid"},
    {"ether", 1, "the MAC address follows from the vhid"},
    {"group", 1, "see 'ip link set group'"},
    {"mtu", 1, "the MTU is that of the parent"},
    {"metric", 1, "not for this file"},
    {"rdomain", 1, "see VRF"},
    {"fib", 1, "see VRF"},
    {"name", 1, "the device keeps its name"},
    {"down", 0, "apply sets the device up"},
    {"-alias", 0, "name the addresses that are to be there"},
    {"delete", 0, "name the addresses that are to be there"},
    {"autoconf", 0, "the addresses of a group are fixed"},
}};

std::optional<std::uint32_t> number(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || failure != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

/// What a host of the BSDs makes of an address without a mask.
unsigned class_prefix(const Address &address) {
    const auto first = std::to_integer<unsigned>(address.bytes().front());
    return first < 128 ? 8 : first < 192 ? 16 : 24;
}

class Reader {
  public:
    Reader(std::span<const BsdWord> words, BsdDialect dialect, BsdGroup &group,
           std::vector<Remark> &remarks)
        : words_(words), dialect_(dialect), group_(group), remarks_(remarks) {}

    void run() {
        while (next_ < words_.size())
            one();
    }

  private:
    std::string_view peek() const {
        return next_ < words_.size() ? std::string_view(words_[next_].text) : std::string_view();
    }

    void remark(const BsdWord &where, std::string text) {
        remarks_.push_back({where.place, std::move(text)});
    }

    const BsdWord *argument(const BsdWord &keyword) {
        if (next_ < words_.size())
            return &words_[next_++];
        remark(keyword, keyword.text + ": nothing follows");
        return nullptr;
    }

    void take_number(const BsdWord &keyword, std::optional<std::uint32_t> &into,
                     std::uint32_t lowest, std::uint32_t highest) {
        const auto *const word = argument(keyword);
        if (word == nullptr)
            return;
        const auto value = number(word->text);
        if (value && *value >= lowest && *value <= highest)
            into = value;
        else
            remark(*word, keyword.text + ": not in " + std::to_string(lowest) + ".." +
                              std::to_string(highest));
    }

    void take_pass(const BsdWord &keyword) {
        const auto *const word = argument(keyword);
        if (word == nullptr)
            return;
        group_.key.emplace(std::string_view(word->text).substr(0, key_kept));
        if (word->text.size() > key_kept)
            remarks_.push_back({word->place,
                                "pass: longer than the 19 characters that ifconfig keeps of it; "
                                "so is the key",
                                false});
    }

    void take_peer(const BsdWord &keyword) {
        const auto *const word = argument(keyword);
        if (word == nullptr)
            return;
        const auto family = Address::family_of(word->text);
        if (!family)
            return remark(*word, keyword.text + ": not an address");
        auto &peers = group_.file.peers;
        const auto peer = Address::parse(word->text, *family == Family::inet ? 32 : 128);
        if (std::find(peers.begin(), peers.end(), peer) != peers.end())
            return;
        const auto present = std::count_if(
            peers.begin(), peers.end(), [&](const Address &one) { return one.family() == family; });
        if (present >= CARP_PEERS_MAX)
            return remark(*word, keyword.text + ": more than " + std::to_string(CARP_PEERS_MAX) +
                                     " of a family");
        peers.push_back(peer);
    }

    void drop_peers(Family family) {
        std::erase_if(group_.file.peers,
                      [&](const Address &one) { return one.family() == family; });
    }

    /// The address at @p word and what follows it about its mask.
    void take_address(const BsdWord &word) {
        const std::string_view text = word.text;
        const auto host = text.substr(0, std::min(text.find('/'), text.find('%')));
        const auto family = Address::family_of(host);
        if (!family)
            return remark(word, "not an address");
        std::optional<unsigned> prefix;
        if (const auto slash = text.find('/'); slash != std::string_view::npos)
            prefix = number(text.substr(slash + 1)).value_or(999);
        for (bool more = true; more;) {
            more = true;
            if (*family == Family::inet && peek() == "netmask")
                prefix = mask_after_keyword();
            else if (peek() == "prefixlen")
                prefix = length_after_keyword();
            else if (peek() == "broadcast")
                next_ = std::min(next_ + 2, words_.size());
            else if (dialect_ == BsdDialect::openbsd && !prefix) {
                prefix = positional(*family);
                more = prefix.has_value();
                if (more)
                    ++next_;
            } else
                more = false;
        }
        // On OpenBSD the broadcast address follows the mask.
        if (dialect_ == BsdDialect::openbsd && *family == Family::inet &&
            Address::family_of(peek()) == Family::inet)
            ++next_;
        const auto alone = Address::parse(host, 0);
        const unsigned length = prefix.value_or(*family == Family::inet ? class_prefix(alone) : 64);
        if (length > (*family == Family::inet ? 32U : 128U))
            return remark(word, "the mask or prefix length of this address is none");
        const auto address = Address::parse(host, length);
        auto &addresses = group_.file.addresses;
        if (std::find(addresses.begin(), addresses.end(), address) == addresses.end())
            addresses.push_back(address);
    }

    std::optional<unsigned> positional(Family family) const {
        if (family == Family::inet)
            return prefix_of_netmask(peek());
        return number(peek());
    }

    unsigned mask_after_keyword() {
        const auto *const word = argument(words_[next_++]);
        return word == nullptr ? 999 : prefix_of_netmask(word->text).value_or(999);
    }

    unsigned length_after_keyword() {
        const auto *const word = argument(words_[next_++]);
        return word == nullptr ? 999 : number(word->text).value_or(999);
    }

    void one() {
        const auto &word = words_[next_++];
        const std::string_view text = word.text;
        auto &file = group_.file;
        if (text == "vhid")
            return take_number(word, file.vhid, CARP_VHID_MIN, CARP_VHID_MAX);
        if (text == "advbase")
            return take_number(word, file.advbase, 0, CARP_ADVBASE_MAX);
        if (text == "advskew")
            return take_number(word, file.advskew, 0, CARP_ADVSKEW_MAX);
        if (text == "pass")
            return take_pass(word);
        if (text == "peer" || text == "peer6" || text == "carppeer")
            return take_peer(word);
        if (text == "mcast" || text == "-carppeer")
            return drop_peers(Family::inet);
        if (text == "mcast6")
            return drop_peers(Family::inet6);
        if (text == "carpdev") {
            if (const auto *const parent = argument(word))
                group_.parent = parent->text;
            return;
        }
        if (text == "inet" || text == "inet6") {
            while (peek() == "alias")
                ++next_;
            return;
        }
        if (std::find(needless.begin(), needless.end(), text) != needless.end())
            return;
        if (text == "description" || text == "descr")
            return rest(word, "a description: see 'ip link set alias'");
        const auto *const known =
            std::find_if(untranslatable.begin(), untranslatable.end(),
                         [&](const Untranslatable &other) { return other.word == text; });
        if (known != untranslatable.end()) {
            const bool usual = (text == "carpver" && peek() == "2") ||
                               (text == "group" && peek() == "carp") ||
                               (text == "balancing" && peek() == "none");
            next_ = std::min(next_ + known->arguments, words_.size());
            if (!usual)
                remark(word, word.text + ": " + std::string(known->why));
            return;
        }
        if (Address::family_of(text.substr(0, std::min(text.find('/'), text.find('%')))))
            return take_address(word);
        remark(word, "a word that carpctl does not know");
    }

    void rest(const BsdWord &word, std::string text) {
        remark(word, std::move(text));
        next_ = words_.size();
    }

    std::span<const BsdWord> words_;
    BsdDialect dialect_;
    BsdGroup &group_;
    std::vector<Remark> &remarks_;
    std::size_t next_ = 0;
};

} // namespace

void read_bsd_words(std::span<const BsdWord> words, BsdDialect dialect, BsdGroup &group,
                    std::vector<Remark> &remarks) {
    Reader(words, dialect, group, remarks).run();
}

} // namespace carpctl
