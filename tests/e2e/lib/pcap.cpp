// SPDX-License-Identifier: GPL-2.0-only
#include "pcap.hpp"

#include <array>
#include <fstream>
#include <stdexcept>

namespace e2e {

namespace {

constexpr std::uint32_t magic_nanoseconds = 0xa1b23c4d;
constexpr std::uint32_t version_2_4 = 2 | 4 << 16;
constexpr std::uint32_t snap_length = 65535;
constexpr std::uint32_t link_ethernet = 1;

template <std::size_t N> void put(std::ofstream &file, const std::array<std::uint32_t, N> &words) {
    file.write(reinterpret_cast<const char *>(words.data()), sizeof words);
}

} // namespace

void write_pcap(const std::string &path, const std::vector<Frame> &frames) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    put(file, std::array{magic_nanoseconds, version_2_4, 0U, 0U, snap_length, link_ethernet});
    for (const Frame &frame : frames) {
        const auto time =
            static_cast<std::uint64_t>(Duration{frame.time().time_since_epoch()}.count());
        put(file, std::array{static_cast<std::uint32_t>(time / 1000000000U),
                             static_cast<std::uint32_t>(time % 1000000000U),
                             static_cast<std::uint32_t>(frame.bytes().size()),
                             static_cast<std::uint32_t>(frame.length())});
        file.write(reinterpret_cast<const char *>(frame.bytes().data()),
                   static_cast<std::streamsize>(frame.bytes().size()));
    }
    if (!file.flush())
        throw std::runtime_error("cannot write " + path);
}

} // namespace e2e
