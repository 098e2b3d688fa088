// The planner as a table: engines that serve and have to change, a few at a time.
#include <doctest/doctest.h>

#include "core/plan.h"
#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;

TEST_SUITE("planner rollout") {
    TEST_CASE("outdated engines are replaced within the budget, the next when the last is ready") {
        EnginePool pool = pool_of(3);
        Observation seen = matching_world(pool);
        pool.engine_template.env = {{"CACHE_LIMIT", "2"}};
        const auto steps = [&] { return steps_of(plan(pool, seen, noon)); };
        CHECK(steps() == "replace acestream-2 TemplateChanged @gluetun");
        CHECK(plan(pool, seen, noon).steps[0].graceful);
        CHECK(decision_on(plan(pool, seen, noon), "acestream-0") == "outdated RolloutBudget");

        seen.engines[2] = engine(pool, 2);
        seen.engines[2].probe = {};
        CHECK(steps() == "");  // not asked yet
        seen.engines[2].probe.answered_ever = seen.engines[2].probe.answered_last = true;
        CHECK(steps() == "replace acestream-1 TemplateChanged @gluetun");

        pool.max_unavailable = 2;
        CHECK(steps() ==
              "replace acestream-0 TemplateChanged @gluetun, "
              "replace acestream-1 TemplateChanged @gluetun");
    }

    TEST_CASE("an outdated engine that serves nobody needs no budget and no backoff") {
        EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        seen.engines[0] = exited(seen.engines[0], 1, Duration{0}, 9);
        seen.engines[1].probe = {};
        seen.engines[1].probe.failures = 1;  // coming up
        pool.engine_template.image = "fixed";
        CHECK(steps_of(plan(pool, seen, noon)) ==
              "replace acestream-0 TemplateChanged @gluetun, "
              "replace acestream-1 TemplateChanged @gluetun");
        CHECK(plan(pool, seen, noon).steps[0].placement->failures == 0);
    }

    TEST_CASE("engines out of the probe's reach are not given up for it; rollouts go by time") {
        EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        for (auto& each : seen.engines) {
            each.probe = {};
            each.probe.unreachable = true;
        }
        CHECK(steps_of(plan(pool, seen, noon)) == "");
        pool.engine_template.image = "new";
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-1 TemplateChanged @gluetun");
        CHECK(plan(pool, seen, noon).steps[0].graceful);  // it may serve somebody
        seen.engines[1] = engine(pool, 1);
        seen.engines[1].probe = seen.engines[0].probe;
        seen.engines[1].created_at = noon - std::chrono::seconds{59};
        CHECK(steps_of(plan(pool, seen, noon)) == "");
        seen.engines[1].created_at = noon - std::chrono::seconds{60};
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-0 TemplateChanged @gluetun");
    }

    TEST_CASE("a paused engine is not available, in reach of the probe or not") {
        EnginePool pool = pool_of(3);
        Observation seen = matching_world(pool);
        pool.engine_template.image = "new";
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-2 TemplateChanged @gluetun");
        seen.engines[0] = engine(pool, 0);
        seen.engines[0].state = EngineState::paused;
        seen.engines[0].probe.answered_last = false;
        seen.engines[0].probe.unreachable = true;
        CHECK(steps_of(plan(pool, seen, noon)) == "");
        CHECK(decision_on(plan(pool, seen, noon), "acestream-2") == "outdated RolloutBudget");
    }

    TEST_CASE("refusals before the way was lost do not add up to a failure") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.engines[0].probe = {};
        seen.engines[0].probe.failures = 9;
        seen.engines[0].probe.failing_for = 1min;
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-0 StartupTimedOut @gluetun");
        seen.engines[0].probe.unreachable = true;
        CHECK(steps_of(plan(pool, seen, noon)) == "");
    }

    TEST_CASE("an engine that was started long after its creation has its whole startup timeout") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);  // created an hour ago
        seen.engines[0].probe = {};
        seen.engines[0].probe.failures = 99;
        seen.engines[0].probe.failing_for = pool.engine_template.probe.startup_timeout - 1s;
        CHECK(steps_of(plan(pool, seen, noon)) == "");
        CHECK(plan(pool, seen, noon).wake_at == noon + 1s);
        seen.engines[0].probe.failing_for += 1s;
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-0 StartupTimedOut @gluetun");
    }

    TEST_CASE("engines without a place do not hold up a rollout") {
        EnginePool pool = pool_of(4);
        Observation seen = matching_world(pool);
        seen.engines.pop_back();
        seen.gateways[0].published_tcp_ports = {19000, 19001, 19002};
        pool.engine_template.image = "new";
        const Plan result = plan(pool, seen, noon);
        CHECK(steps_of(result) == "replace acestream-2 TemplateChanged @gluetun");
        CHECK(result.decisions.back().reason == Reason::no_published_port);
    }

    TEST_CASE("a rollout does not wait for an engine that only the rollout can make room for") {
        EnginePool pool = pool_of(2, {"a", "b"});
        pool.max_active_replicas = 2;
        Observation seen;
        seen.gateways = {gateway("a", GatewayState::missing, 1h), gateway("b")};
        seen.engines = {engine(pool, 0, "a"), engine(pool, 1, "b")};
        seen.engines[1].ports.http = 19000;  // of slot 0: the spec's ports were other ones
        for (const int slot : {0, 5}) {      // where it has to have its own slot, or any
            CAPTURE(slot);
            seen.engines[0].slot = slot;
            const Plan result = plan(pool, seen, noon);
            CHECK(steps_of(result) == "replace acestream-1 TemplateChanged @b");
            CHECK(decision_on(result, "acestream-0") == "stranded GatewayNotReady");
        }
    }

    TEST_CASE("a rollout does not wait for engines whose gateway is lost, once they may move") {
        EnginePool pool = pool_of(4, {"a", "b"});
        Observation seen = matching_world(pool);
        for (int slot = 0; slot < 4; ++slot) {
            seen.gateways[static_cast<std::size_t>(slot) % 2].published_tcp_ports.insert(19000 +
                                                                                         slot);
            seen.engines[static_cast<std::size_t>(slot)].template_hash = "earlier";
        }
        GatewayView& lost = seen.gateways[1];
        const std::set<int> published = lost.published_tcp_ports;
        lost = gateway("b", GatewayState::unhealthy, pool.failover_after - 1s);
        lost.published_tcp_ports = published;
        CHECK(steps_of(plan(pool, seen, noon)) == "");
        lost.not_ready_for = pool.failover_after;
        const Plan result = plan(pool, seen, noon);
        CHECK(steps_of(result) == "replace acestream-2 TemplateChanged @a");
        CHECK(decision_on(result, "acestream-1") == "displaced GatewayNotReady");
        // The budget is kept among the others.
        seen.engines[2] = engine(pool, 2, "a");
        seen.engines[2].probe = {};
        CHECK(steps_of(plan(pool, seen, noon)) == "");
    }

    TEST_CASE("one that serves nobody and has no place leaves another one's port") {
        EnginePool pool = pool_of(3);
        pool.max_active_replicas = 3;
        Observation seen = matching_world(pool);
        seen.engines[1] = exited(seen.engines[1], 1, 1h);
        seen.engines[2] = holding(engine(pool, 5), 22001);
        seen.engines[2].state = EngineState::paused;
        seen.foreign_names[2] = "stranger";
        CHECK(steps_of(plan(pool, seen, noon)) == "remove acestream-5 SlotOutOfRange");
    }

    TEST_CASE("a serving engine is not given up for a port that nobody publishes") {
        EnginePool pool = pool_of(2);
        pool.max_active_replicas = 2;
        Observation seen = matching_world(pool);
        seen.gateways[0].published_tcp_ports = {19000, 19001};
        pool.ports.http += 1;
        const Plan result = plan(pool, seen, noon);
        CHECK(steps_of(result) == "remove acestream-0 TemplateChanged");  // the knot of slot 0
        CHECK(decision_on(result, "acestream-1") == "outdated NoPublishedPort");

        // Where it serves nobody it goes: another one may wait for its port.
        seen.engines[1].state = EngineState::paused;
        CHECK(steps_of(plan(pool, seen, noon)) == "remove acestream-1 TemplateChanged");
    }

    TEST_CASE("engines of a gateway that was given up move, at once when it does not work") {
        const EnginePool pool = pool_of(3, {"a"});
        Observation seen = matching_world(pool);
        seen.gateways.push_back(gateway("b"));
        seen.gateways.back().declared = false;
        seen.engines[1] = engine(pool, 1, "b");
        seen.engines[2] = engine(pool, 2, "b");
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-2 GatewayUndeclared @a");
        seen.gateways.back().state = GatewayState::unhealthy;
        CHECK(steps_of(plan(pool, seen, noon)) ==
              "replace acestream-1 GatewayUndeclared @a, replace acestream-2 GatewayUndeclared @a");
        // a publishes other slots only: room is made where there is a free one.
        seen.gateways.back().state = GatewayState::ready;
        seen.gateways[0].published_tcp_ports = {19000, 19003};
        CHECK(steps_of(plan(pool, seen, noon)) == "remove acestream-2 GatewayUndeclared");
    }

    TEST_CASE("an undone edit does not cost ready engines in favour of ones that are coming") {
        const EnginePool pool = pool_of(3);
        Observation seen = matching_world(pool);
        seen.steps_in_flight[3] = {false, "gluetun", {}};
        seen.steps_in_flight[4] = {false, "gluetun", {}};
        CHECK(steps_of(plan(pool, seen, noon)) == "");
    }

    TEST_CASE("ports of an engine that is on its way are taken") {
        EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        seen.engines.clear();
        seen.steps_in_flight[1] = {false, "gluetun", ports_of_slot(pool.ports, 1)};
        pool.ports.http += 1;  // slot 0 would now get the port of slot 1
        CHECK(steps_of(plan(pool, seen, noon)) == "create acestream-2 Missing @gluetun");
    }

    TEST_CASE("a failed engine stays where another one is on its way to its port") {
        EnginePool pool = pool_of(1);
        pool.max_active_replicas = 1;
        Observation seen = matching_world(pool);
        seen.engines[0] = exited(seen.engines[0]);
        seen.steps_in_flight[1] = {false, "gluetun", {19000, 20001, 21001, 22001}};
        CHECK(steps_of(plan(pool, seen, noon)) == "");
        CHECK(decision_on(plan(pool, seen, noon), "acestream-0") == "failed PortInUse");
    }

    TEST_CASE("the silence behind a gateway that is not ready is the gateway's") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.engines[0].probe.answered_last = false;
        seen.engines[0].probe.failures = 9;
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-0 ProbeFailed @gluetun");
        seen.gateways[0] = gateway("gluetun", GatewayState::unhealthy);
        CHECK(decision_on(plan(pool, seen, noon), "acestream-0") == "keep GatewayNotReady");
    }

    TEST_CASE("changed ports roll out without two engines ever sharing one") {
        EnginePool pool = pool_of(3);
        pool.max_active_replicas = 3;
        pool.max_unavailable = 3;
        Observation seen = matching_world(pool);
        SUBCASE("upwards: the highest slot first") {
            pool.ports.http += 1;
            CHECK(steps_of(plan(pool, seen, noon)) ==
                  "replace acestream-2 TemplateChanged @gluetun");
        }
        SUBCASE("downwards: the lowest slot first") {
            pool.ports.http -= 1;
            CHECK(steps_of(plan(pool, seen, noon)) ==
                  "replace acestream-0 TemplateChanged @gluetun");
        }
        SUBCASE("what frees ports anyway is waited for") {
            seen.engines.push_back(engine(pool, 3));
            pool.max_active_replicas = 4;
            pool.ports.http += 1;
            CHECK(steps_of(plan(pool, seen, noon)) == "remove acestream-3 Surplus");
        }
        SUBCASE("in a knot: one makes room, and the others follow") {
            seen.engines[1].ports.api = pool.ports.http + 1 + 0;
            seen.engines[0].ports.api = pool.ports.http + 1 + 1;
            seen.engines[2].ports.api = pool.ports.http + 1 + 2;
            seen.engines[2].ports.https = pool.ports.http + 3;
            pool.ports.http += 1;
            seen.engines[0].ports.https = pool.ports.http + 2;
            CHECK(steps_of(plan(pool, seen, noon)) == "remove acestream-2 TemplateChanged");
        }
    }

    TEST_CASE("an engine behind a gateway that the spec no longer names moves within the budget") {
        const EnginePool pool = pool_of(2, {"a"});
        Observation seen = matching_world(pool);
        seen.gateways.push_back(gateway("b"));
        seen.gateways.back().declared = false;
        seen.engines[0] = engine(pool, 0, "b");
        seen.engines[1] = engine(pool, 1, "b");
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-1 GatewayUndeclared @a");
    }

    TEST_CASE("without the image nothing is given up, and one pull is made for all") {
        EnginePool pool = pool_of(3);
        Observation seen = matching_world(pool);
        seen.engines.pop_back();
        seen.engines[1] = exited(seen.engines[1]);
        seen.image.present = false;
        CHECK(steps_of(plan(pool, seen, noon)) == "pull ImageMissing");
        CHECK(decision_on(plan(pool, seen, noon), "acestream-1") == "failed ImageMissing");
        CHECK(decision_on(plan(pool, seen, noon), "acestream-2") == "missing ImageMissing");

        seen.image.pulling = true;
        CHECK(steps_of(plan(pool, seen, noon)) == "");
        CHECK(decision_on(plan(pool, seen, noon), "acestream-2") == "missing ImagePulling");

        seen.image.pulling = false;
        seen.image.pull_failures = 1;
        seen.image.since_last_failure = 999ms;
        CHECK(steps_of(plan(pool, seen, noon)) == "");
        CHECK(plan(pool, seen, noon).wake_at == noon + 1ms);
        seen.image.since_last_failure = 1s;
        CHECK(steps_of(plan(pool, seen, noon)) == "pull ImageMissing");

        pool.replicas = 1;  // nothing to create: nothing to pull
        CHECK(steps_of(plan(pool, seen, noon)) == "remove acestream-1 Surplus");
    }
}

TEST_SUITE("planner: reconnects") {
    TEST_CASE("engines older than their gateway's reconnect are replaced within the budget") {
        const EnginePool pool = pool_of(3);
        Observation seen = matching_world(pool);
        seen.gateways[0].reconnected_ago = 10s;
        seen.created_ago[1] = 9s;  // made since
        const auto steps = [&] { return steps_of(plan(pool, seen, noon)); };
        CHECK(steps() == "replace acestream-2 GatewayReconnected @gluetun");
        seen.created_ago[2] = 1s;
        CHECK(steps() == "replace acestream-0 GatewayReconnected @gluetun");
        seen.created_ago[0] = 1s;
        CHECK(steps() == "");
        CHECK(plan(pool, seen, noon).matches());
        seen.created_ago[0] = 11s;
        CHECK(steps() == "replace acestream-0 GatewayReconnected @gluetun");
    }

    TEST_CASE("nothing is replaced with the setting off, or before the gateway is ready") {
        EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.gateways[0].reconnected_ago = 0s;
        seen.gateways[0].state = GatewayState::unhealthy;
        CHECK(steps_of(plan(pool, seen, noon)) == "");
        CHECK(decision_on(plan(pool, seen, noon), "acestream-0") == "keep GatewayNotReady");
        seen.gateways[0].state = GatewayState::ready;
        pool.restart_engines_on_reconnect = false;
        CHECK(plan(pool, seen, noon).matches());
    }

    TEST_CASE("an engine that fails anyway keeps its backoff") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.gateways[0].reconnected_ago = 0s;
        seen.engines[0] = exited(seen.engines[0], 1, 1s, 6);
        CHECK(steps_of(plan(pool, seen, noon)) == "");
        CHECK(decision_on(plan(pool, seen, noon), "acestream-0") == "failed Backoff");
    }

    TEST_CASE("it concerns the engines of that gateway only") {
        const EnginePool pool = pool_of(2, {"a", "b"});
        Observation seen = matching_world(pool);
        seen.gateways[1].reconnected_ago = 0s;
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-1 GatewayReconnected @b");
    }
}
