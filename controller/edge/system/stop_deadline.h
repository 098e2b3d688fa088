// Ends a process that was asked to stop, even if its threads still wait for something.
#pragma once

#include <functional>
#include <stop_token>
#include <thread>

#include "core/time.h"
#include "loop/journal.h"

namespace roundhouse {

class StopDeadline {
  public:
    // Docker kills a container 10 s after it asked it to stop.
    static constexpr Duration within{8'000};

    // If this object still exists `within` after `stop` was requested, the process exits with the
    // code that `final_code` returns, without running destructors. Docker completes the requests
    // under way, and the next start looks at their results. A blocked log delays the exit by half
    // a second at most. `final_code` is called from another thread.
    StopDeadline(const std::stop_token& stop, std::function<int()> final_code, Journal& journal);

  private:
    std::jthread thread_;
};

}  // namespace roundhouse
