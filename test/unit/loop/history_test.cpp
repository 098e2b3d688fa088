// An hour of samples for small charts.
#include "loop/history.h"

#include <doctest/doctest.h>

#include "core/time.h"

using namespace roundhouse;
using namespace std::chrono_literals;

namespace {

const Time start = *parse_time("2026-01-01T00:00:00Z");

}  // namespace

TEST_SUITE("history") {
    TEST_CASE("rounds of ten seconds share a sample: fewest ready, longest round, most sessions") {
        History history;
        history.round_ended(start, 3, 3, 5ms);
        history.round_ended(start + 4s, 3, 2, 40ms, 7);
        history.round_ended(start + 9999ms, 4, 3, 6ms, 6);
        history.round_ended(start + 10s, 4, 4, 7ms);
        const auto samples = history.samples();
        REQUIRE(samples.size() == 2);
        CHECK(samples[0] == Sample{start, 4, 2, 40ms, 0, 0, 7});
        CHECK(samples[1] == Sample{start + 10s, 4, 4, 7ms, 0, 0, {}});
    }

    TEST_CASE("what happened is counted in the sample of the next round") {
        History history;
        history.engine_replaced();
        history.round_ended(start, 1, 1, 1ms);
        history.engine_replaced();
        history.ports_changed();
        history.round_ended(start + 1s, 1, 1, 1ms);
        history.ports_changed();
        history.round_ended(start + 10s, 1, 1, 1ms);
        const auto samples = history.samples();
        REQUIRE(samples.size() == 2);
        CHECK(samples[0] == Sample{start, 1, 1, 1ms, 2, 1, {}});
        CHECK(samples[1] == Sample{start + 10s, 1, 1, 1ms, 0, 1, {}});
    }

    TEST_CASE("an hour is kept, however often rounds come") {
        History history;
        for (int i = 0; i < 100'000; ++i)
            history.round_ended(start + i * 100ms, 1, 1, 1ms);
        const auto samples = history.samples();
        CHECK(samples.size() == History::capacity);
        CHECK(samples.back().at - samples.front().at == 1h - History::interval);
    }

    TEST_CASE("what is older than an hour goes, also when rounds are rare") {
        History history;
        history.round_ended(start, 1, 1, 1ms);
        history.round_ended(start + 1min, 1, 1, 1ms);
        history.round_ended(start + 1h, 1, 1, 1ms);
        const auto samples = history.samples();
        REQUIRE(samples.size() == 2);
        CHECK(samples[0].at == start + 1min);
    }

    TEST_CASE("a clock that is set back takes the samples of the future with it") {
        History history;
        history.round_ended(start, 1, 1, 1ms);
        history.round_ended(start + 30min, 1, 1, 1ms);
        history.round_ended(start + 1min, 2, 2, 1ms);
        const auto samples = history.samples();
        REQUIRE(samples.size() == 2);
        CHECK(samples[1].wanted == 2);
        history.round_ended(start + 1min + 10s, 2, 2, 1ms);
        CHECK(history.samples().size() == 3);
    }
}
