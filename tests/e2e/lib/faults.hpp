// SPDX-License-Identifier: GPL-2.0-only
/// What was done to the cables and when, so that a capture can be judged by
/// what each host could hear.
#pragma once

#include "time.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace e2e {

enum class Fault {
    Cut,  ///< cable pulled: no carrier
    Mute, ///< frames of the host vanish, carrier stays
    Deaf, ///< frames to the host vanish, carrier stays
};

class Faults {
  public:
    void begin(const std::string &host, Fault kind);
    void end(const std::string &host, Fault kind);

    /// Whether a frame that `host` sends at `time` gets onto the wire.
    [[nodiscard]] bool speaks(const std::string &host, Instant time) const;
    /// Whether `host` receives what is on the wire at `time`.
    [[nodiscard]] bool hears(const std::string &host, Instant time) const;
    [[nodiscard]] bool cut(const std::string &host, Instant time) const;
    /// When the last cut of `host` up to `time` ended.
    [[nodiscard]] std::optional<Instant> healed(const std::string &host, Instant time) const;

  private:
    struct Period {
        std::string host;
        Fault kind;
        Instant from;
        std::optional<Instant> to;
    };

    [[nodiscard]] bool any(const std::string &host, Instant time, Fault kind) const;

    mutable std::mutex mutex_;
    std::vector<Period> periods_;
};

} // namespace e2e
