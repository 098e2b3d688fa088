// A bell that many ring and one waits for. However often it rings, it wakes once.
#pragma once

#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "loop/clock.h"

namespace roundhouse {

class Wakeup {
  public:
    // Any thread.
    void ring();

    // Waits until it rings (or rang since the last wait), `at_most` is over, or `stop` is
    // requested. Returns whether it rang.
    bool wait(Duration at_most, const std::stop_token& stop);

  private:
    std::mutex mutex_;
    std::condition_variable_any rung_;
    bool ringing_ = false;
};

// Waits for `duration`, or until `stop` is requested.
void pause_for(Duration duration, const std::stop_token& stop);

}  // namespace roundhouse
