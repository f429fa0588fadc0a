// SPDX-License-Identifier: GPL-2.0-only
/// What a client sees of an address: it asks at a fixed rhythm and notes which
/// questions were answered.
#pragma once

#include "address.hpp"
#include "host.hpp"
#include "time.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace e2e {

/// The longest time in which no question was answered: from the last answered
/// one to the next answered one, by the times of asking.
struct Outage {
    Instant last_before;
    Instant first_after;
    std::size_t lost = 0;

    [[nodiscard]] Duration length() const { return first_after - last_before; }
    [[nodiscard]] std::string text() const;
};

class Probe {
  public:
    struct Shot {
        Instant sent;
        std::optional<Instant> answered;
        std::string by; ///< who answered, if the answer says so
    };

    Probe(const Probe &) = delete;
    Probe &operator=(const Probe &) = delete;
    virtual ~Probe() = default;

    /// Ends asking, after a last chance for answers under way.
    void stop();

    [[nodiscard]] std::vector<Shot> shots() const;
    [[nodiscard]] std::size_t answered() const;
    [[nodiscard]] std::size_t lost() const;
    /// The worst outage among questions from `since` on. If the last ones have no
    /// answer it lasts until the last question. Throws if none was answered.
    [[nodiscard]] Outage worst_outage(Instant since = {}) const;
    /// How many questions were in vain but for a gap that begins at `start` or later, and ends with
    /// the first answer to one asked after `taken`. Throws if there is none.
    [[nodiscard]] std::size_t lost_outside(Instant start, Instant taken) const;
    /// True if a question asked at `since` or later is answered in time.
    [[nodiscard]] bool wait_answer(Duration timeout, Instant since = now()) const;

  protected:
    Probe(const Host &client, Duration interval);

    /// Called by the most derived constructor when all is ready to ask.
    void start();
    /// Must be called by the most derived destructor: the thread calls ask().
    void finish();

    /// Asks question `number`; runs in the client's namespace.
    virtual void ask(std::size_t number) = 0;
    /// Takes answers that have come.
    virtual void collect() = 0;
    void note_answer(std::size_t number, Instant when, std::string by = {});

  private:
    void run();

    const Host &client_;
    Duration interval_;
    mutable std::mutex mutex_;
    std::vector<Shot> shots_;
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

} // namespace e2e
