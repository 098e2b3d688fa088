// Wakes a thread that waits. Any thread may notify it; several notifications before a wait count as
// one.
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
    void notify();

    // For callers that may ask too often: notifies at once, or when `interval` has passed since the
    // last notification of this kind. Until then further calls add nothing. Any thread.
    void notify_at_most_every(Duration interval);

    // Waits for a notification (also one since the last wait), until `at_most` has passed, or until
    // `stop` is requested. Returns whether there was one.
    bool wait(Duration at_most, const std::stop_token& stop);

  private:
    std::mutex mutex_;
    std::condition_variable_any changed_;
    bool notified_ = false;
    // Of notify_at_most_every(): when a notification is due, and the earliest time of the next one.
    std::optional<std::chrono::steady_clock::time_point> due_;
    std::chrono::steady_clock::time_point earliest_{};
};

// Waits for `duration`, or until `stop` is requested.
void pause_for(Duration duration, const std::stop_token& stop);

}  // namespace roundhouse
