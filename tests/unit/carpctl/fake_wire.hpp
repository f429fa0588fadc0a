// SPDX-License-Identifier: GPL-2.0-or-later
/** @file
 * A wire on which is what a test puts there.
 */
#pragma once

#include "wire.hpp"

#include <carpnl/error.hpp>

#include <nlohmann/json.hpp>

#include <cerrno>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace carptest {

inline std::vector<std::byte> from_hex(const std::string &hex) {
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        bytes.push_back(static_cast<std::byte>(std::stoul(hex.substr(i, 2), nullptr, 16)));
    return bytes;
}

/// The packets of tests/vectors/PROTOCOL-vectors.json.
inline nlohmann::json packets(const std::string &protocol) {
    std::ifstream file(std::string(CARP_VECTOR_DIR) + "/" + protocol + "-vectors.json");
    return nlohmann::json::parse(file).at("packets");
}

/// The Ethernet frame of one of them.
inline std::vector<std::byte> packet(const std::string &protocol, const std::string &name) {
    const auto all = packets(protocol);
    for (const auto &one : all)
        if (one.at("name") == name)
            return from_hex(one.at("frame_hex"));
    throw std::runtime_error("no vector " + name);
}

struct FakeFrame {
    std::string interface;
    std::vector<std::byte> bytes;
    std::chrono::milliseconds time{}; ///< since 1970
    bool own = false;
};

/// What listens to it hears all of it at once.
struct FakeWire {
    std::vector<FakeFrame> frames;
    std::vector<std::string> listened; ///< the interfaces that were asked for
    std::optional<std::chrono::milliseconds> time;
    int error = 0; ///< listening fails with that

    std::function<std::unique_ptr<carpctl::Wire>(const std::vector<std::string> &)> opener() {
        return [this](const std::vector<std::string> &interfaces) {
            if (error != 0)
                throw carpnl::Error(error, interfaces.front(), {});
            listened = interfaces;
            return std::make_unique<End>(*this);
        };
    }

  private:
    class End : public carpctl::Wire {
      public:
        explicit End(FakeWire &wire) : wire_(wire) {}
        void listen(std::optional<std::chrono::milliseconds> limit,
                    const Callback &callback) override {
            wire_.time = limit;
            for (const auto &frame : wire_.frames)
                if (!callback({.frame = frame.bytes,
                               .interface = frame.interface,
                               .time = std::chrono::system_clock::time_point(frame.time),
                               .own = frame.own}))
                    return;
        }

      private:
        FakeWire &wire_;
    };
};

} // namespace carptest
