// The planner as a table: which engine waits for a forwarded port that comes after "healthy".
#include <doctest/doctest.h>

#include <algorithm>

#include "core/plan.h"
#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

// All engines are missing, behind one gateway that was just found to be ready and forwards none.
struct FreshWorld {
    EnginePool pool;
    Observation seen;

    explicit FreshWorld(int replicas, std::vector<std::string> gateways = {"gluetun"})
        : pool(pool_of(replicas, std::move(gateways))) {
        for (const auto& spec : pool.gateways) {
            seen.gateways.push_back(gateway(spec.container));
            forward(seen.gateways.back(), {});
            seen.gateways.back().expects_port = true;
        }
    }

    GatewayView& gluetun() { return seen.gateways[0]; }
    Plan planned() const { return plan(pool, seen, noon); }
    std::string steps() const { return steps_of(planned()); }
};

Decision waiting(const Plan& plan) {
    const auto found = std::ranges::find(plan.decisions, Reason::forwarded_port_awaited,
                                         [](const Decision& each) { return each.reason; });
    REQUIRE(found != plan.decisions.end());
    return *found;
}

}  // namespace

TEST_SUITE("planner: forwarded ports that are awaited") {
    TEST_CASE("one engine waits, the others are made at once") {
        FreshWorld world(3);
        CHECK(world.steps() ==
              "create acestream-1 Missing @gluetun, create acestream-2 Missing @gluetun");
        const Decision held = waiting(world.planned());
        CHECK(held.engine == "acestream-0");
        CHECK(describe(held.wait) ==
              "until gateway gluetun forwards a port, at the latest at 2026-01-01T12:00:30Z, then "
              "created");
        CHECK(world.planned().wake_at == noon + 30s);
    }

    TEST_CASE("one that cannot be made again yet is not the one that waits") {
        FreshWorld world(2);
        world.seen.engines = {exited(engine(world.pool, 1), 1, 1h)};
        CHECK(world.steps() == "create acestream-0 Missing @gluetun");
        world.seen.troubles[1] = {3, 0s, "Docker says no"};
        CHECK(world.steps().empty());
        CHECK(waiting(world.planned()).engine == "acestream-0");
    }

    TEST_CASE("one that was never started is made again for a port that it can have at once") {
        FreshWorld world(1);
        world.seen.engines = {engine(world.pool, 0)};
        world.seen.engines[0].state = EngineState::created;
        CHECK(world.steps() == "start acestream-0 NotStarted");
        forward(world.gluetun(), {{40001, 0s}});
        CHECK(world.steps() == "replace acestream-0 NotStarted @gluetun :40001");
        world.seen.engines[0] = holding(world.seen.engines[0], 40001);
        CHECK(world.steps() == "start acestream-0 NotStarted");
    }

    TEST_CASE(
        "what an engine may hold of which Docker does not tell the ports is given to nobody") {
        FreshWorld world(3);
        forward(world.gluetun(), {{40001, 1h}});
        world.seen.engines = {engine(world.pool, 0), holding(engine(world.pool, 1), 40001)};
        CHECK(world.steps() == "create acestream-2 Missing @gluetun");
        EngineView& unknown = world.seen.engines[1];
        unknown.unknown = "the reply lacks Labels";
        unknown.ports = {};
        unknown.made_with_forwarded_port = false;
        CHECK(world.steps() == "create acestream-2 Missing @gluetun");
        unknown.network = {"another", {}};
        CHECK(world.steps() == "create acestream-2 Missing @gluetun :40001");
        unknown.network = {};
        world.seen.engines.push_back(engine(world.pool, 2));
        CHECK(world.steps() == "");
    }

    TEST_CASE("it takes the port as soon as there is one, and waits no longer than waitFor") {
        FreshWorld world(1);
        world.gluetun().port_awaited_for = 29s;
        CHECK(world.steps().empty());
        world.gluetun().port_awaited_for = 30s;
        CHECK(world.steps() == "create acestream-0 Missing @gluetun");
        world.gluetun().port_awaited_for = 5s;
        forward(world.gluetun(), {{40001, 0s}});
        CHECK(world.steps() == "create acestream-0 Missing @gluetun :40001");
    }

    TEST_CASE("nobody waits for what will not come") {
        const std::string all =
            "create acestream-0 Missing @gluetun, create acestream-1 Missing @gluetun";
        FreshWorld world(2);
        SUBCASE("the gateway neither asks for a port nor had one") {
            world.gluetun().expects_port = false;
        }
        SUBCASE("the spec ignores ports") {
            world.pool.forwarded_port.assign = PortAssignment::none;
        }
        SUBCASE("all are to share the port, so that all would have to wait") {
            world.pool.forwarded_port.assign = PortAssignment::shared;
        }
        SUBCASE("the spec says so") {
            world.pool.forwarded_port.wait_for = 0s;
        }
        SUBCASE("nobody can say whether there is one") {
            world.gluetun().ports_answer.kind = PortsAnswerKind::unauthorized;
        }
        CHECK(world.steps() == all);
    }

    TEST_CASE(
        "nobody waits beside an engine that was made with a port, or is being made with one") {
        FreshWorld world(2);
        SUBCASE("it is there") {
            world.seen.engines.push_back(holding(engine(world.pool, 0), 40001));
        }
        SUBCASE("it is on its way") {
            world.seen.steps_in_flight[0] = {false, "gluetun", {19000, 20000, 21000, 40001}};
        }
        CHECK(world.steps() == "create acestream-1 Missing @gluetun");
    }

    TEST_CASE("an engine that was to join the gateway's former container takes no port here") {
        FreshWorld world(3);
        world.seen.steps_in_flight[0] = {false, "gluetun", {19000, 20000, 21000, 40001}, "former"};
        CHECK(world.steps() == "create acestream-2 Missing @gluetun");
        CHECK(waiting(world.planned()).engine == "acestream-1");
        forward(world.gluetun(), {{40001, 0s}});
        CHECK(world.steps() ==
              "create acestream-1 Missing @gluetun :40001, create acestream-2 Missing @gluetun");
    }

    TEST_CASE("the engine that had the port waits, when it is the one to be replaced") {
        FreshWorld world(1);
        world.seen.engines.push_back(exited(holding(engine(world.pool, 0), 40001)));
        CHECK(world.steps().empty());
        CHECK(decision_on(world.planned(), "acestream-0") == "failed ForwardedPortAwaited");
    }

    TEST_CASE("after a restart of the gateway one of its engines waits") {
        FreshWorld world(3);
        for (int slot = 0; slot < 3; ++slot)
            world.seen.engines.push_back(engine(world.pool, slot));
        world.seen.engines[1] = holding(world.seen.engines[1], 40001);
        world.gluetun().incarnation.started_at = "started-2";
        CHECK(world.steps() ==
              "replace acestream-1 GatewayRestarted @gluetun, "
              "replace acestream-2 GatewayRestarted @gluetun");
    }

    TEST_CASE("behind each gateway one waits, and gateways fill evenly all the same") {
        FreshWorld world(4, {"east", "west"});
        CHECK(world.steps() ==
              "create acestream-2 Missing @east, create acestream-3 Missing @west");
        world.seen.gateways[0].expects_port = false;
        CHECK(world.steps() ==
              "create acestream-0 Missing @east, create acestream-2 Missing @east, "
              "create acestream-3 Missing @west");
    }

    TEST_CASE("its image is pulled meanwhile") {
        FreshWorld world(1);
        world.seen.image.present = false;
        CHECK(world.steps() == "pull ImageMissing");
    }
}

TEST_SUITE("planner: the first port of a connection") {
    // Slot 0 took the place of a serving engine for another port a minute ago.
    FreshWorld followed_a_minute_ago() {
        FreshWorld world(2);
        for (int slot = 0; slot < 2; ++slot)
            world.seen.engines.push_back(engine(world.pool, slot));
        world.seen.engines[0] = holding(world.seen.engines[0], 40001);
        world.seen.engines[0].followed = true;
        world.seen.engines[0].created_at = noon - 1min;
        return world;
    }

    TEST_CASE("it is followed within minInterval, and does not count") {
        FreshWorld world = followed_a_minute_ago();
        forward(world.gluetun(), {{40002, 1min}});
        CHECK(world.steps().empty());
        world.gluetun().first_ports = {40002};
        const Plan planned = world.planned();
        CHECK(steps_of(planned) == "replace acestream-0 ForwardedPortChanged @gluetun :40002");
        CHECK_FALSE(planned.steps[0].placement->followed);
    }

    TEST_CASE("who follows it gets that one, and not another that was reported for longer") {
        FreshWorld world = followed_a_minute_ago();
        world.seen.engines[1] = world.seen.engines[0];
        world.seen.engines[1].id = "engine-1";
        world.seen.engines[1].name = "acestream-1";
        world.seen.engines[1].slot = 1;
        world.seen.engines[1].ports = ports_of_slot(world.pool.ports, 1);
        world.seen.engines[1].ports.p2p = 40009;
        forward(world.gluetun(), {{40002, 1min}, {40003, 2min}});
        world.gluetun().first_ports = {40002};
        const Plan planned = world.planned();
        CHECK(steps_of(planned) == "replace acestream-1 ForwardedPortChanged @gluetun :40002");
        CHECK_FALSE(planned.steps[0].placement->followed);
    }

    TEST_CASE("it has to settle as any other") {
        FreshWorld world = followed_a_minute_ago();
        forward(world.gluetun(), {{40002, 5s}});
        world.gluetun().first_ports = {40002};
        CHECK(world.steps().empty());
        CHECK(world.planned().wake_at == noon + 15s);
    }
}
