// A bell that many threads ring and one waits for. Several rings before a wait count as one.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>

#include "loop/clock.h"

namespace roundhouse {

class Wakeup {
  public:
    // Any thread.
    void ring();

    // For callers that may ask too often: a ring at once, or when `interval` has passed since the
    // last ring of this kind. Until then further ones count as the same ring. Any thread.
    void ring_at_most_every(Duration interval);

    // Waits until a ring (also one since the last wait), until `at_most` has passed, or until
    // `stop` is requested. Returns whether there was a ring.
    bool wait(Duration at_most, const std::stop_token& stop);

  private:
    std::mutex mutex_;
    std::condition_variable_any rung_;
    bool ringing_ = false;
    // Of ring_at_most_every(): the ring that is due, and the earliest time of the next one.
    std::optional<std::chrono::steady_clock::time_point> due_;
    std::chrono::steady_clock::time_point earliest_{};
};

// Waits for `duration`, or until `stop` is requested.
void pause_for(Duration duration, const std::stop_token& stop);

}  // namespace roundhouse
