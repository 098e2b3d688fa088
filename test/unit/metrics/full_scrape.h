// What /metrics says of a pool in which there is something of everything.
#pragma once

#include <memory>
#include <string>

#include "edge/metrics/counters.h"
#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

namespace roundhouse::test {

inline std::string full_scrape() {
    const ManualClock clock;
    Metrics metrics(clock);
    Board board;
    const EnginePool pool = pool_of(1);
    board.accept(pool);
    const Observation seen = matching_world(pool);
    board.publish(std::make_shared<const RoundView>(
        RoundView{board.spec().pool, 1, seen, plan(pool, seen, noon), noon}));
    return metrics.text(board);
}

}  // namespace roundhouse::test
