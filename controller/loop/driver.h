// Runs one round after another: at once when something rings, else when the plan said so, and at
// the check interval at the latest.
#pragma once

#include <functional>
#include <stop_token>

#include "core/backoff.h"
#include "loop/board.h"
#include "loop/reconciler.h"
#include "loop/wakeup.h"

namespace roundhouse {

// How long to wait before the next round, unless something rings. `failed_looks` in a row lengthen
// the wait from 500 ms, doubling, to 15 s. After a ring the world is looked at again three times,
// 40 ms, 100 ms and 1 s later (`rounds_since_ring` is 0, then 1, then 2): Docker tells of a death
// before its lists show it (20.10: 20 to 35 ms before), so the look that a ring brings may come too
// early.
Duration pause_after(const RoundResult& round, int failed_looks, int rounds_since_ring,
                     Duration check_interval);
constexpr int looks_after_ring = 3;

// What is waited out of that even when something rings: bursts of rings become few rounds. The
// ends of steps ring too, and each look takes time of Docker's that steps need.
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
