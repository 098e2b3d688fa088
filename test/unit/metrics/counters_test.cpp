// Events in the metrics: rounds, steps, forwarded ports, calls to Docker and Gluetun.
#include <chrono>
#include <thread>
#include <vector>

#include "unit/metrics/scrape.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

Step step_of(Action action, Reason reason) {
    Step step;
    step.action = action;
    step.reason = reason;
    return step;
}

}  // namespace

TEST_SUITE("counters") {
    TEST_CASE("no event creates a series that did not exist") {
        MetricsBench bench;
        bench.board.accept(pool_of(2));
        const auto before = bench.scrape().series();
        bench.meters.round_ended(RoundOutcome::differs, Duration{3});
        bench.meters.round_ended(RoundOutcome::failed, Duration{3});
        bench.meters.round_ended(RoundOutcome::matched, Duration{3});
        for (const bool well : {true, false}) {
            bench.meters.step_ended(step_of(Action::create, Reason::missing), well, Duration{1});
            bench.meters.step_ended(step_of(Action::replace, Reason::exited), well, Duration{1});
            bench.meters.step_ended(step_of(Action::remove, Reason::surplus), well, Duration{1});
        }
        for (const DockerOperation operation : measured_operations) {
            bench.meters.docker_call_ended({operation, std::nullopt, 2ms});
            for (const FaultKind fault : possible_faults(operation))
                bench.meters.docker_call_ended({operation, fault, 2ms});
        }
        for (const int status : {200, 302, 401, 404, 500, 0})
            bench.meters.gluetun_request_ended({"gluetun", status, Duration{4}});
        bench.meters.forwarded_ports_changed("gluetun");
        bench.meters.http_unauthorized();
        CHECK(bench.scrape().series() == before);
        CHECK(bench.scrape().at("roundhouse_http_unauthorized_total") == 1);
    }

    TEST_CASE("a gateway or engine that is gone has no series") {
        MetricsBench bench;
        const EnginePool both = pool_of(2, {"a", "b"});
        bench.show(both, matching_world(both));
        bench.meters.gluetun_request_ended({"b", 200, Duration{4}});
        bench.meters.forwarded_ports_changed("b");
        const Scrape before = bench.scrape();
        CHECK(before.count("engine=\"acestream-1\"") == 3);
        CHECK(before.at("roundhouse_forwarded_port_changes_total{gateway=\"b\"}") == 1);

        const EnginePool one = pool_of(1, {"a"});
        bench.show(one, matching_world(one));
        const Scrape after = bench.scrape();
        CHECK(after.count("gateway=\"b\"") == 0);
        // An answer that was under way arrives late.
        bench.meters.gluetun_request_ended({"b", 200, Duration{4}});
        CHECK(bench.scrape().count("gateway=\"b\"") == 0);
        CHECK(after.count("acestream-1") == 0);
        CHECK(after.count("gateway=\"a\"") > 0);
    }

    TEST_CASE(
        "convergence is measured from the first round that differs to the next that matches") {
        MetricsBench bench;
        const auto round = [&](RoundOutcome outcome) {
            bench.meters.round_ended(outcome, Duration{2});
            bench.clock.advance(2s);
        };
        round(RoundOutcome::matched);
        CHECK(bench.scrape().at("roundhouse_convergence_seconds_count") == 0);
        round(RoundOutcome::differs);
        round(RoundOutcome::differs);
        round(RoundOutcome::failed);
        round(RoundOutcome::matched);
        round(RoundOutcome::matched);
        const Scrape scrape = bench.scrape();
        CHECK(scrape.at("roundhouse_convergence_seconds_count") == 1);
        CHECK(scrape.at("roundhouse_convergence_seconds_sum") == 6);
        CHECK(scrape.at("roundhouse_rounds_total{result=\"differs\"}") == 2);
        CHECK(scrape.at("roundhouse_round_duration_seconds_count") == 6);
        const double last_round =
            std::chrono::duration<double>((bench.clock.now() - 2s).time_since_epoch()).count();
        CHECK(scrape.at("roundhouse_last_round_timestamp_seconds") == last_round);
    }

    TEST_CASE("a failed look alone starts no convergence") {
        MetricsBench bench;
        for (const auto outcome :
             {RoundOutcome::matched, RoundOutcome::failed, RoundOutcome::matched})
            bench.meters.round_ended(outcome, Duration{2});
        CHECK(bench.scrape().at("roundhouse_convergence_seconds_count") == 0);
    }

    TEST_CASE("a re-host is a replacement that moved an engine, and went well") {
        MetricsBench bench;
        const auto moved = step_of(Action::replace, Reason::gateway_recreated);
        bench.meters.step_ended(moved, true, 3s);
        bench.meters.step_ended(moved, false, 1s);
        bench.meters.step_ended(step_of(Action::replace, Reason::exited), true, 1s);
        bench.meters.step_ended(step_of(Action::remove, Reason::gateway_gone), true, 1s);
        const Scrape scrape = bench.scrape();
        CHECK(scrape.at("roundhouse_rehosts_total{reason=\"GatewayRecreated\"}") == 1);
        CHECK(scrape.at("roundhouse_rehosts_total{reason=\"GatewayGone\"}") == 0);
        CHECK(scrape.at("roundhouse_steps_total{action=\"replace\",reason=\"GatewayRecreated\","
                        "result=\"failed\"}") == 1);
        CHECK(scrape.at("roundhouse_step_duration_seconds_sum{action=\"replace\"}") == 5);
    }

    TEST_CASE("no count is lost while several threads count and another one scrapes") {
        MetricsBench bench;
        bench.board.accept(pool_of(1));
        constexpr int calls = 500;
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 3; ++i) {
                threads.emplace_back([&] {
                    for (int call = 0; call < calls; ++call) {
                        bench.meters.docker_call_ended({DockerOperation::list, std::nullopt, 1ms});
                        bench.meters.gluetun_request_ended({"gluetun", 200, Duration{1}});
                        bench.meters.step_ended(step_of(Action::create, Reason::missing), true,
                                                Duration{1});
                    }
                });
            }
            for (int i = 0; i < 20; ++i)
                bench.scrape();
        }
        const Scrape scrape = bench.scrape();
        CHECK(scrape.at("roundhouse_docker_request_duration_seconds_count{operation=\"list\","
                        "result=\"ok\"}") == 3 * calls);
        CHECK(scrape.at("roundhouse_gluetun_request_duration_seconds_count{gateway=\"gluetun\","
                        "result=\"ok\"}") == 3 * calls);
        CHECK(scrape.at("roundhouse_steps_total{action=\"create\",reason=\"Missing\","
                        "result=\"ok\"}") == 3 * calls);
    }
}
