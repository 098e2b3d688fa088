// Runs one round after another: at once after a wake-up, else at the time that the plan named, and
// at the check interval at the latest.
#pragma once

#include <functional>
#include <stop_token>

#include "core/backoff.h"
#include "loop/board.h"
#include "loop/reconciler.h"
#include "loop/wakeup.h"

namespace roundhouse {

// How long to wait before the next round unless a wake-up comes. After `failed_looks` in a row the
// wait doubles from 500 ms up to 15 s. After a wake-up there are three more looks, 40 ms,
// 100 ms and 1 s later (`rounds_since_wakeup` is 0, then 1, then 2): Docker reports a container's
// death before its lists show it (20.10: 20 to 35 ms before), so the first look may come too early.
Duration pause_after(const RoundResult& round, int failed_looks, int rounds_since_wakeup,
                     Duration check_interval);
constexpr int looks_after_wakeup = 3;

// The part of that wait which a wake-up does not end, so that a burst of wake-ups causes few
// rounds. The end of a step is a wake-up, too, and each look takes Docker's time from the other
// steps.
Duration shortest_pause_after(const RoundResult& round);

class Driver {
  public:
    Driver(Reconciler& reconciler, const Board& board, Wakeup& wakeup)
        : reconciler_(reconciler), board_(board), wakeup_(wakeup) {}

    // Runs rounds until `stop` is requested or `after_round` returns false. One thread.
    void run(const std::stop_token& stop,
             const std::function<bool(const RoundResult&)>& after_round);

  private:
    Reconciler& reconciler_;
    const Board& board_;
    Wakeup& wakeup_;
};

}  // namespace roundhouse
