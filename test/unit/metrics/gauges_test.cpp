// The state of a pool in the metrics.
#include "unit/metrics/scrape.h"

using namespace roundhouse;
using namespace roundhouse::test;

TEST_SUITE("gauges") {
    TEST_CASE("a pool that matches, in numbers") {
        MetricsBench bench;
        const EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        forward(seen.gateways[0], {{40001, 1h}, {40002, 1h}});
        seen.engines[0] = holding(seen.engines[0], 40001);
        seen.engines[1] = holding(seen.engines[1], 40002);
        bench.show(pool, seen);
        const Scrape scrape = bench.scrape();
        CHECK(scrape.at("roundhouse_converged") == 1);
        CHECK(scrape.at("roundhouse_engines_ready") == 2);
        CHECK(scrape.at("roundhouse_replicas_max") == 20);
        CHECK(scrape.at("roundhouse_engines{gateway=\"gluetun\",state=\"running\"}") == 2);
        CHECK(scrape.at("roundhouse_engines{gateway=\"gluetun\",state=\"exited\"}") == 0);
        CHECK(scrape.at("roundhouse_engine_info{engine=\"acestream-1\",gateway=\"gluetun\","
                        "host=\"gluetun\",port=\"19001\",p2p_port=\"40002\",forwarded=\"true\"}") ==
              1);
        CHECK(scrape.at("roundhouse_gateway_ready{gateway=\"gluetun\"}") == 1);
        CHECK(scrape.at("roundhouse_gateway_forwarded_ports{gateway=\"gluetun\"}") == 2);
        CHECK(scrape.at("roundhouse_gateway_forwarded_port{gateway=\"gluetun\"}") == 40001);
        CHECK(scrape.at("roundhouse_gateway_forwarded_port_info{gateway=\"gluetun\","
                        "reason=\"Held\"}") == 1);
        CHECK(scrape.at("roundhouse_condition{type=\"Ready\",status=\"True\"}") == 1);
    }

    TEST_CASE("every condition of a pool is in the metrics") {
        MetricsBench bench;
        const EnginePool pool = pool_of(1);
        bench.show(pool, matching_world(pool));
        const Scrape scrape = bench.scrape();
        for (const auto& condition : bench.board.conditions()) {
            const std::string type = condition.type;
            const std::string status{to_string(condition.status)};
            CAPTURE(type);
            CHECK(scrape.at("roundhouse_condition{type=\"" + type + "\",status=\"" + status +
                            "\"}") == 1);
        }
    }

    TEST_CASE("a gateway that is not ready has the reason") {
        MetricsBench bench;
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.gateways[0] = gateway("gluetun", GatewayState::unhealthy);
        bench.show(pool, seen);
        const Scrape scrape = bench.scrape();
        CHECK(scrape.at("roundhouse_gateway_ready{gateway=\"gluetun\"}") == 0);
        CHECK(scrape.at("roundhouse_gateway_info{gateway=\"gluetun\",reason=\"Unhealthy\"}") == 1);
        CHECK(scrape.at("roundhouse_converged") == 0);
    }

    TEST_CASE("a pool is not converged while Docker does not answer") {
        MetricsBench bench;
        const EnginePool pool = pool_of(1);
        bench.show(pool, matching_world(pool));
        REQUIRE(bench.scrape().at("roundhouse_converged") == 1);
        Condition away;
        away.type = "RuntimeReachable";
        away.status = Truth::no;
        bench.board.set_conditions({away}, noon);
        CHECK(bench.scrape().at("roundhouse_converged") == 0);
    }

    TEST_CASE("a pool is not converged until a round has seen the last edit") {
        MetricsBench bench;
        bench.show(pool_of(1), matching_world(pool_of(1)));
        bench.board.accept(pool_of(2));
        const Scrape scrape = bench.scrape();
        CHECK(scrape.at("roundhouse_converged") == 0);
        CHECK(scrape.at("roundhouse_replicas_wanted") == 2);
        CHECK(scrape.at("roundhouse_spec_generation") == 2);
    }

    TEST_CASE("a pool without gateways has engines, too") {
        MetricsBench bench;
        const EnginePool pool = pool_without_gateways(2);
        bench.show(pool, matching_world(pool));
        const Scrape scrape = bench.scrape();
        CHECK(scrape.at("roundhouse_engines{gateway=\"\",state=\"running\"}") == 2);
        CHECK(!scrape.has_name("roundhouse_gateway_ready"));
    }

    TEST_CASE("sessions are told where they are known") {
        MetricsBench bench;
        const EnginePool pool = pool_of(3);
        Observation seen = matching_world(pool);
        seen.engines[0].usage = UsageView{2, {}, false};
        seen.engines[1].usage = UsageView{};
        bench.show(pool, seen);
        const Scrape scrape = bench.scrape();
        const auto series = [](const std::string& engine) {
            return "roundhouse_engine_sessions{engine=\"" + engine + "\",gateway=\"gluetun\"}";
        };
        CHECK(scrape.at(series("acestream-0")) == 2);
        CHECK(scrape.at(series("acestream-1")) == 0);
        CHECK(scrape.count(series("acestream-2")) == 0);
        CHECK(scrape.at("roundhouse_sessions") == 2);
    }

    TEST_CASE("an engine that somebody drained is not wanted") {
        MetricsBench bench;
        const EnginePool pool = pool_of(3);
        Observation seen = matching_world(pool_of(2));
        seen.stood_down = 1;
        bench.show(pool, seen);
        CHECK(bench.scrape().at("roundhouse_replicas_wanted") == 2);
    }

    TEST_CASE("containers that only carry our label are not counted as engines") {
        MetricsBench bench;
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        EngineView stranger = engine(pool, 5);
        stranger.slot.reset();
        seen.engines.push_back(stranger);
        bench.show(pool, seen);
        const Scrape scrape = bench.scrape();
        CHECK(scrape.at("roundhouse_engines{gateway=\"gluetun\",state=\"running\"}") == 1);
        CHECK(scrape.count("acestream-5") == 0);
    }
}
