// What the loop reports to its meters: each round, each step, each change of a forwarded port.
#include <doctest/doctest.h>

#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;

TEST_SUITE("meters") {
    TEST_CASE("rounds are counted by what they found") {
        LoopBench bench(pool_of(2));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        CHECK(bench.meters.rounds(RoundOutcome::differs) > 0);
        CHECK(bench.meters.rounds(RoundOutcome::matched) == 1);
        bench.docker.set_available(false);
        bench.round();
        CHECK(bench.meters.rounds(RoundOutcome::failed) == 1);
    }

    TEST_CASE("without a spec no round is counted") {
        LoopBench bench(pool_of(1));
        Board empty;
        Reconciler idle({bench.docker, bench.gateways, bench.workers, bench.clock, bench.journal,
                         empty, bench.prober, bench.puller, bench.steps, bench.last_lines,
                         bench.meters, bench.port_check, bench.sockets, bench.own, [] {},
                         GatewayReader::full_patience});
        idle.round({});
        CHECK(bench.meters.rounds(RoundOutcome::failed) == 0);
    }

    TEST_CASE("each step is reported once") {
        LoopBench bench(pool_of(2));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        REQUIRE(bench.meters.steps().size() == 2);
        CHECK(bench.meters.steps().front().action == Action::create);
        CHECK(bench.meters.steps().front().reason == Reason::missing);
        CHECK(bench.meters.failed_steps() == 0);
    }

    TEST_CASE("a failed step is reported as failed") {
        LoopBench bench(pool_of(1));
        bench.docker.run_gateway("gluetun");
        bench.docker.fail_next(Operation::create);
        bench.round();
        CHECK(bench.meters.steps().size() == 1);
        CHECK(bench.meters.failed_steps() == 1);
    }

    TEST_CASE("the first forwarded port is no change, the next one is") {
        LoopBench bench(pool_of(1));
        bench.docker.run_gateway("gluetun");
        bench.gateways.say_ports("gluetun", {40001});
        bench.round();
        bench.round();
        CHECK(bench.meters.port_changes("gluetun") == 0);
        bench.gateways.say_ports("gluetun", {40002});
        bench.advance(std::chrono::seconds(5));
        bench.round();
        bench.round();
        CHECK(bench.meters.port_changes("gluetun") == 1);
    }
}
