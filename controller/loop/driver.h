// Runs one round after another: soon after a wake-up, else at the time that the plan named, and at
// the check interval at the latest.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "loop/board.h"
#include "loop/clock.h"
#include "loop/reconciler.h"
#include "loop/wakeup.h"

namespace roundhouse {

// Decides how long to wait between two rounds. One thread.
class Pace {
  public:
    struct Pause {
        Duration quiet;    // this part of it a wake-up does not end: a burst causes few rounds
        Duration at_most;  // with it; a wake-up after the quiet part ends it
    };

    // After a round that ended at `now`. After looks that failed in a row the wait doubles from
    // 500 ms up to 15 s. The quiet part is 10 ms after a round that comes a second after the one
    // before, or later, else 40 ms; and it doubles up to 640 ms while rounds in quick succession
    // find nothing to do and nothing new. While steps are under way it is four times what the round
    // took, from 100 to 640 ms: the end of each step is a wake-up, too, and each look takes
    // Docker's time from the other steps.
    Pause after(const RoundResult& round, bool look_was_due, Duration check_interval,
                Monotonic now);

  private:
    Duration quiet_after(const RoundResult& round, Monotonic now);

    int failed_looks_ = 0;    // in a row
    int useless_rounds_ = 0;  // in quick succession
    std::optional<Monotonic> last_round_;
};

class Driver {
  public:
    Driver(Reconciler& reconciler, const Board& board, Wakeup& wakeup, const Clock& clock)
        : reconciler_(reconciler), board_(board), wakeup_(wakeup), clock_(clock) {}

    // Runs rounds until `stop` is requested or `after_round` returns false. One thread.
    void run(const std::stop_token& stop,
             const std::function<bool(const RoundResult&)>& after_round);

  private:
    Reconciler& reconciler_;
    const Board& board_;
    Wakeup& wakeup_;
    const Clock& clock_;
};

}  // namespace roundhouse
