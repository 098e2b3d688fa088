// Sees to it that a process that was asked to end does end, whatever its threads still wait for.
#pragma once

#include <functional>
#include <stop_token>
#include <thread>

#include "core/time.h"
#include "loop/journal.h"

namespace roundhouse {

class StopDeadline {
  public:
    // Docker gives a container 10 s before it kills it.
    static constexpr Duration within{8'000};

    // When `stop` was requested `within` ago and this object still lives, the process ends with
    // what `last_words` returns, without destructors. What was asked of Docker then goes on without
    // us, and the next start looks at what became of it. Not even a log that nobody reads holds it
    // up for more than another half second. `last_words` is called from another thread.
    StopDeadline(const std::stop_token& stop, std::function<int()> last_words, Journal& journal);

  private:
    std::jthread thread_;
};

}  // namespace roundhouse
