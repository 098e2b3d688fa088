// One round, told once, is in the metrics and in the charts' history.
#include <doctest/doctest.h>

#include "edge/metrics/meters.h"
#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;

TEST_SUITE("instruments") {
    TEST_CASE("a round is in the metrics and in the history") {
        const ManualClock clock;
        Instruments instruments(clock);
        Board board;
        instruments.watch(board);
        const EnginePool pool = pool_of(2);
        board.accept(pool);

        instruments.round_ended(RoundOutcome::failed, Duration{7});
        CHECK(instruments.history().samples().empty());  // nothing is known of the pool yet

        const Observation seen = matching_world(pool);
        board.publish(std::make_shared<const RoundView>(
            RoundView{board.spec().pool, 1, seen, plan(pool, seen, noon), noon}));
        instruments.round_ended(RoundOutcome::matched, Duration{9});
        CHECK(instruments.history().samples() ==
              std::vector<Sample>{{clock.now(), 2, 2, Duration{9}}});
        const std::string text = instruments.metrics_text();
        CHECK(text.find("roundhouse_round_duration_seconds_count 2\n") != std::string::npos);
    }
}
