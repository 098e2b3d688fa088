// The planner as a table: engines spread evenly over the gateways.
#include <doctest/doctest.h>

#include "core/plan.h"
#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;

TEST_SUITE("planner: an even spread") {
    // Four engines, all on "b"; "a" has been ready for so long.
    struct Uneven {
        EnginePool pool = pool_of(4, {"a", "b"});
        Observation seen = matching_world(pool);

        explicit Uneven(Duration ready_for = 1min) {
            for (int slot = 0; slot < 4; ++slot)
                seen.engines[static_cast<std::size_t>(slot)] = engine(pool, slot, "b");
            seen.gateways[0].ready_for = ready_for;
        }
        std::string steps() const { return steps_of(plan(pool, seen, noon)); }
    };

    TEST_CASE("is restored one engine at a time, those first that are least missed") {
        Uneven world;
        world.pool.max_unavailable = 3;
        forward(world.seen.gateways[1], {{40001, 1h}});
        world.seen.engines[3] = holding(world.seen.engines[3], 40001);
        CHECK(world.steps() == "replace acestream-2 Rebalanced @a");
        CHECK(plan(world.pool, world.seen, noon).steps[0].graceful);
        world.seen.engines[2] = engine(world.pool, 2, "a");
        world.seen.engines[2].probe = {};
        CHECK(world.steps() == "");  // until the last one is ready
        world.seen.engines[2] = engine(world.pool, 2, "a");
        CHECK(world.steps() == "replace acestream-1 Rebalanced @a");
        world.seen.engines[1] = engine(world.pool, 1, "a");
        CHECK(world.steps() == "");
        CHECK(plan(world.pool, world.seen, noon).matches());
    }

    TEST_CASE("waits until the gateway has been ready for failover.after") {
        const Uneven world(59'999ms);
        CHECK(world.steps() == "");
        CHECK(plan(world.pool, world.seen, noon).matches());
    }

    TEST_CASE("moves none to a gateway that is not ready, however soon one may move") {
        EnginePool pool = pool_of(6, {"a", "b", "c"});
        pool.failover_after = 0s;
        Observation seen = matching_world(pool);
        for (int slot = 0; slot < 6; ++slot)
            seen.engines[static_cast<std::size_t>(slot)] = engine(pool, slot, slot < 4 ? "b" : "c");
        seen.gateways[0] = gateway("a", GatewayState::unhealthy);
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-3 Rebalanced @c");
    }

    TEST_CASE("waits for everything else") {
        Uneven failing;
        failing.seen.engines[0] = exited(failing.seen.engines[0], 1, 0s, 5);
        CHECK(failing.steps() == "");
        Uneven busy;
        busy.seen.steps_in_flight[0] = {false, "b", {}};
        CHECK(busy.steps() == "");
        Uneven arriving;
        arriving.seen.steps_in_flight[4] = {false, "a", {}};  // and not listed yet
        CHECK(arriving.steps() == "");
        Uneven surplus;
        surplus.pool.replicas = 3;
        CHECK(surplus.steps() == "remove acestream-3 Surplus");
    }

    TEST_CASE("takes no engine where its HTTP port is not published") {
        Uneven world;
        world.seen.gateways[0].published_tcp_ports = {19001};
        CHECK(world.steps() == "replace acestream-1 Rebalanced @a");
        world.seen.engines[1] = engine(world.pool, 1, "a");
        CHECK(world.steps() == "");
    }

    TEST_CASE(
        "gateways that publish different ports: it goes, and one is created in another slot") {
        Uneven world;
        world.pool.max_active_replicas = 8;
        world.seen.gateways[0].published_tcp_ports = {19004, 19005, 19006, 19007};
        world.seen.gateways[1].published_tcp_ports = {19000, 19001, 19002, 19003};
        CHECK(world.steps() == "remove acestream-3 Rebalanced");
        CHECK(plan(world.pool, world.seen, noon).steps[0].graceful);
        world.seen.engines.pop_back();
        CHECK(world.steps() == "create acestream-4 Missing @a");
        world.seen.engines.push_back(engine(world.pool, 4, "a"));
        CHECK(world.steps() == "remove acestream-2 Rebalanced");
        world.seen.engines[2] = engine(world.pool, 5, "a");
        CHECK(world.steps() == "");
        CHECK(plan(world.pool, world.seen, noon).matches());
    }

    TEST_CASE("nothing goes for an engine that could not be created") {
        Uneven world;
        world.pool.max_active_replicas = 5;
        world.seen.gateways[0].published_tcp_ports = {19004};
        world.seen.gateways[1].published_tcp_ports = {19000, 19001, 19002, 19003};
        CHECK(world.steps() == "remove acestream-3 Rebalanced");
        CHECK(plan(world.pool, world.seen, noon).steps[0].creates_engine());
        Uneven named = world;
        named.seen.foreign_names.emplace(4, "a stranger");
        CHECK(named.steps() == "");
        Uneven without_image = world;
        without_image.seen.image.present = false;
        CHECK(without_image.steps() == "pull ImageMissing");
    }

    TEST_CASE("a difference of one is even") {
        Uneven world;
        world.pool.replicas = 3;
        world.seen.engines.pop_back();
        world.seen.engines[0] = engine(world.pool, 0, "a");
        CHECK(world.steps() == "");
    }

    TEST_CASE("the moved engine takes a port of its new gateway") {
        Uneven world;
        forward(world.seen.gateways[0], {{50001, 0s}});
        forward(world.seen.gateways[1], {{40001, 1h}});
        world.seen.engines[0] = holding(world.seen.engines[0], 40001);
        CHECK(world.steps() == "replace acestream-3 Rebalanced @a :50001");
    }
}
