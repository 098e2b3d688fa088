// The port to time.
#pragma once

#include <chrono>

#include "core/time.h"

namespace roundhouse {

// A clock that never jumps; for ages and deadlines.
using Monotonic = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// Any thread.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;
    virtual Monotonic monotonic() const = 0;
};

}  // namespace roundhouse
