// SPDX-License-Identifier: GPL-2.0-or-later
#include "signature.hpp"

#include "core.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace carpctl {
namespace {

/// A list in the form that the core takes; it points into itself.
class List {
  public:
    explicit List(std::span<const carpnl::Address> addresses) {
        for (const auto &address : addresses)
            append(address.family() == carpnl::Family::inet ? v4_ : v6_, address.bytes());
        view_.v4 = reinterpret_cast<decltype(view_.v4)>(v4_.data());
        view_.n4 = v4_.size() / CARP_ADDR4_LEN;
        view_.v6 = reinterpret_cast<decltype(view_.v6)>(v6_.data());
        view_.n6 = v6_.size() / CARP_ADDR6_LEN;
        carp_addrs_normalise(&view_);
    }
    List(const List &) = delete;
    List &operator=(const List &) = delete;

    const carp_addrs *get() const noexcept { return &view_; }

  private:
    static void append(std::vector<std::uint8_t> &to, std::span<const std::byte> bytes) {
        std::transform(bytes.begin(), bytes.end(), std::back_inserter(to),
                       [](std::byte one) { return std::to_integer<std::uint8_t>(one); });
    }

    std::vector<std::uint8_t> v4_;
    std::vector<std::uint8_t> v6_;
    carp_addrs view_{};
};

} // namespace

bool signed_with(const Advert &advert, const carpnl::Key &key,
                 std::span<const carpnl::Address> addresses) {
    constexpr std::size_t at_counter = 8;
    constexpr std::size_t at_digest = 16;
    const List list(addresses);
    const auto bytes = key.bytes();
    std::array<std::uint8_t, carp_header_length> header{};
    std::transform(advert.header.begin(), advert.header.end(), header.begin(),
                   [](std::byte one) { return std::to_integer<std::uint8_t>(one); });
    bool fits = false;
    carp_digest digest{};
    for (const auto form : {CARP_DIGEST_ORIG, CARP_DIGEST_NOV6LL}) {
        carp_digest_prepare(&digest, reinterpret_cast<const u8 *>(bytes.data()), bytes.size(),
                            advert.vhid, list.get(), form);
        fits = fits || carp_digest_verify(&digest, &header.at(at_counter), &header.at(at_digest));
    }
    memzero_explicit(&digest, sizeof(digest));
    return fits;
}

std::array<std::byte, carp_header_length> make_advert(std::uint32_t vhid, const carpnl::Key &key,
                                                      std::span<const carpnl::Address> addresses) {
    const List list(addresses);
    const auto bytes = key.bytes();
    carp_advert advert{};
    advert.version = CARP_VERSION;
    advert.type = CARP_TYPE_ADVERT;
    advert.vhid = static_cast<u8>(vhid);
    advert.advbase = 1;
    carp_digest digest{};
    carp_digest_prepare(&digest, reinterpret_cast<const u8 *>(bytes.data()), bytes.size(),
                        advert.vhid, list.get(), CARP_DIGEST_ORIG);
    carp_digest_sign(&digest, &advert.counter[0], &advert.mac[0]);
    memzero_explicit(&digest, sizeof(digest));
    std::array<u8, carp_header_length> header{};
    carp_wire_encode(&advert, header.data());
    std::array<std::byte, carp_header_length> result{};
    std::transform(header.begin(), header.end(), result.begin(),
                   [](u8 one) { return static_cast<std::byte>(one); });
    return result;
}

} // namespace carpctl
