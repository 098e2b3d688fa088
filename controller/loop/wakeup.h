// A bell that many threads ring and one waits for. Several rings before a wait count as one.
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

    // Waits until a ring (also one since the last wait), until `at_most` has passed, or until
    // `stop` is requested. Returns whether there was a ring.
    bool wait(Duration at_most, const std::stop_token& stop);

  private:
    std::mutex mutex_;
    std::condition_variable_any rung_;
    bool ringing_ = false;
};

// Waits for `duration`, or until `stop` is requested.
void pause_for(Duration duration, const std::stop_token& stop);

}  // namespace roundhouse
