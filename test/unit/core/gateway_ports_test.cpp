// Gateways that publish other ports than the pool's: their engines listen on those.
#include <doctest/doctest.h>

#include <algorithm>

#include "core/status.h"
#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

// Two gateways; the engines behind "b" listen on 19100 and up, and on the pool's other ports.
EnginePool pool_with_two_ranges(int replicas) {
    EnginePool pool = pool_of(replicas, {"a", "b"});
    pool.gateways[1].ports.http = 19100;
    return pool;
}

Condition publication(const EnginePool& pool, const Observation& seen) {
    const auto conditions = judge_conditions(pool, seen, plan(pool, seen, noon));
    return *std::ranges::find(conditions, "PortsPublished", &Condition::type);
}

std::string said(const EnginePool& pool, const Observation& seen) {
    const Condition condition = publication(pool, seen);
    return std::string(to_string(condition.status)) + " " + condition.reason +
           (condition.message.empty() ? "" : ": " + condition.message);
}

}  // namespace

TEST_SUITE("ports of a gateway") {
    TEST_CASE(
        "an engine listens on the bases of its gateway, and those that it lacks are the pool's") {
        const EnginePool pool = pool_with_two_ranges(2);
        CHECK(bases_behind(pool, "a") == PortBases{});
        CHECK(bases_behind(pool, "b") == PortBases{19100, 20000, 21000, 22000});
        CHECK(bases_behind(pool, "elsewhere") == PortBases{});
        CHECK(bases_behind(pool_without_gateways(1), "") == PortBases{});
        Observation seen = matching_world(pool);
        CHECK(plan(pool, seen, noon).matches());
        seen.engines.clear();
        const Plan first = plan(pool, seen, noon);
        REQUIRE(first.steps.size() == 2);
        CHECK(first.steps[0].placement->ports == EnginePorts{19000, 20000, 21000, 22000});
        CHECK(first.steps[1].placement->ports == EnginePorts{19101, 20001, 21001, 22001});
    }

    TEST_CASE("an engine that moves gets the ports of the gateway that it moves to") {
        const EnginePool pool = pool_with_two_ranges(2);
        Observation seen = matching_world(pool);
        seen.gateways[0] = gateway("a", GatewayState::unhealthy, 1h);
        const Plan moved = plan(pool, seen, noon);
        CHECK(steps_of(moved) == "replace acestream-0 GatewayNotReady @b");
        CHECK(moved.steps[0].placement->ports.http == 19100);
    }

    TEST_CASE("an engine with the ports of another gateway, or of an earlier spec, is outdated") {
        EnginePool pool = pool_with_two_ranges(2);
        Observation seen = matching_world(pool);
        pool.gateways[1].ports.http = 19200;
        CHECK(decision_on(plan(pool, seen, noon), "acestream-0") == "keep UpToDate");
        CHECK(decision_on(plan(pool, seen, noon), "acestream-1") == "outdated TemplateChanged");
        seen.engines[1].ports.http = 19201;
        CHECK(plan(pool, seen, noon).matches());
    }

    TEST_CASE("slots are those whose own port the gateway publishes") {
        EnginePool pool = pool_with_two_ranges(3);
        pool.gateways.erase(pool.gateways.begin());
        Observation seen = matching_world(pool);
        seen.engines.clear();
        seen.gateways[0].published_tcp_ports = {19000, 19001, 19002, 19101};
        const Plan one = plan(pool, seen, noon);
        CHECK(one.steps.size() == 1);
        CHECK(one.steps[0].slot == 1);
        CHECK(decision_on(one, "") == "missing Missing");
        const auto& waits = one.decisions.back().wait;
        CHECK(waits.remedy == "publish 19100-19119 on b");
    }

    TEST_CASE("a forwarded port is the pool's own only by the ranges of its gateway") {
        EnginePool pool = pool_with_two_ranges(1);
        pool.gateways.erase(pool.gateways.begin());
        Observation seen = matching_world(pool);
        seen.engines.clear();
        forward(seen.gateways[0], {{19005, 1h}});
        CHECK(steps_of(plan(pool, seen, noon)) == "create acestream-0 Missing @b :19005");
        forward(seen.gateways[0], {{19105, 1h}});
        CHECK(steps_of(plan(pool, seen, noon)) == "create acestream-0 Missing @b");
    }

    TEST_CASE("an engine on its way has a forwarded port only by the base of its gateway") {
        EnginePool pool = pool_with_two_ranges(2);
        pool.gateways.erase(pool.gateways.begin());
        pool.gateways[0].ports.p2p = 22100;
        Observation seen = matching_world(pool);
        seen.engines.clear();
        forward(seen.gateways[0], {});
        seen.gateways[0].expects_port = true;
        EnginePorts ports = ports_of_slot(bases_behind(pool, "b"), 1);
        seen.steps_in_flight[1] = {false, "b", ports};
        CHECK(steps_of(plan(pool, seen, noon)).empty());  // the next engine waits for the port
        ports.p2p = 40001;
        seen.steps_in_flight[1] = {false, "b", ports};
        CHECK(steps_of(plan(pool, seen, noon)) == "create acestream-0 Missing @b");
    }

    TEST_CASE("a gateway that publishes another range is told with what to write") {
        EnginePool pool = pool_of(2, {"a", "b"});
        Observation seen = matching_world(pool);
        seen.gateways[0].published_tcp_ports = {19000, 19001};
        seen.gateways[1].published_tcp_ports = {8000, 8888, 19100, 19101, 19102};
        CHECK(said(pool, seen) ==
              "False InsideDockerOnly: gateway b publishes none of the ports 19000-19019, but "
              "8000, 8888, 19100-19102: engines are reachable inside its Docker networks only; "
              "publish 19000-19019, or write ports: {http: 19100} under this gateway in the spec");
        pool.gateways[1].ports.http = 19100;
        CHECK(said(pool, seen) == "True Published");
        seen.gateways[1].published_tcp_ports = {8000, 8888};
        CHECK(said(pool, seen) ==
              "False InsideDockerOnly: gateway b publishes none of the ports 19100-19119, but "
              "8000, 8888: engines are reachable inside its Docker networks only; publish "
              "19100-19119");
        seen.gateways[0].published_tcp_ports = {19000};
        seen.gateways[1].published_tcp_ports = {19100};
        CHECK(said(pool, seen) ==
              "False PartlyPublished: gateway a and b publishes only 1 of the ports 19000-19019 "
              "and 19100-19119, and 2 engines are wanted: publish more of them");
    }

    TEST_CASE("what a gateway publishes that does not run is not known") {
        const EnginePool pool = pool_of(2, {"a", "b"});
        Observation seen = matching_world(pool);
        for (auto& each : seen.gateways)
            each.published_tcp_ports = {19000, 19001};
        CHECK(said(pool, seen) == "True Published");
        for (const auto state : {GatewayState::missing, GatewayState::stopped}) {
            seen.gateways[1] = gateway("b", state);
            CHECK(said(pool, seen) ==
                  "Unknown PortsNotKnown: which ports are published is not known: gateway b is not "
                  "ready");
        }
    }
}
