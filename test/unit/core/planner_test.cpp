// The planner as a table: a world, and the steps that it gives.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <random>

#include "core/backoff.h"
#include "core/plan.h"
#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;

TEST_SUITE("planner") {
    TEST_CASE("a matching world gives no steps") {
        for (const auto& pool :
             {pool_of(3), pool_of(0), pool_of(4, {"a", "b"}), pool_without_gateways(2)}) {
            const Plan result = plan(pool, matching_world(pool), noon);
            CHECK(steps_of(result) == "");
            CHECK(result.matches());
            CHECK(result.ready() == pool.replicas);
            CHECK_FALSE(result.wake_at.has_value());
        }
    }

    TEST_CASE("missing engines are created in the lowest free slots") {
        const EnginePool pool = pool_of(3);
        Observation seen = matching_world(pool);
        seen.engines.erase(seen.engines.begin());
        CHECK(steps_of(plan(pool, seen, noon)) == "create acestream-0 Missing @gluetun");
        seen.engines.clear();
        CHECK(steps_of(plan(pool, seen, noon)) ==
              "create acestream-0 Missing @gluetun, create acestream-1 Missing @gluetun, "
              "create acestream-2 Missing @gluetun");
    }

    TEST_CASE("a paused engine does not serve, whatever its last probe said") {
        const EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        seen.engines[1].state = EngineState::paused;
        const Plan planned = plan(pool, seen, noon);
        CHECK(steps_of(planned) == "");
        CHECK(!planned.matches());
        CHECK(planned.ready() == 1);
        CHECK(planned.decisions[1].reason == Reason::paused);
    }

    TEST_CASE(
        "with its only gateway down an engine waits for no time, and is as up to date as ever") {
        for (const bool has_another : {false, true}) {
            const EnginePool pool = has_another ? pool_of(2, {"gluetun", "other"}) : pool_of(2);
            Observation seen = matching_world(pool);
            seen.gateways[0].state = GatewayState::unhealthy;
            const Plan planned = plan(pool, seen, noon);
            CHECK(planned.updated() == 2);
            CHECK(planned.decisions[0].wait.until.has_value() == has_another);
        }
    }

    TEST_CASE("the cap holds however many are asked for") {
        EnginePool pool = pool_of(50);
        pool.max_active_replicas = 2;
        Observation seen;
        seen.gateways = {gateway("gluetun")};
        const Plan result = plan(pool, seen, noon);
        CHECK(result.steps.size() == 2);
        CHECK(result.wanted == 2);
        CHECK(result.capped);
    }

    TEST_CASE("engines that are on their way out still count: nothing is created beside them") {
        const EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        SUBCASE("removed by somebody else") {
            seen.engines[1].state = EngineState::removing;
            CHECK(decision_on(plan(pool, seen, noon), "acestream-1") == "busy BeingRemoved");
        }
        SUBCASE("a duplicate that is removed in this round") {
            seen.engines[1] = engine(pool, 0);
            seen.engines[1].name = "copy";
            seen.engines[1].id = "zz";
            CHECK(steps_of(plan(pool, seen, noon)) == "remove copy DuplicateSlot");
        }
        SUBCASE("outside its gateway") {
            seen.engines[1].network = {{}, "bridge"};
            CHECK(steps_of(plan(pool, seen, noon)) == "remove acestream-1 OutsideGateway");
        }
        SUBCASE("a step in flight that creates an engine which is not listed yet") {
            seen.engines.pop_back();
            seen.steps_in_flight[1] = {false, "gluetun", {}};
        }
        SUBCASE("a step in flight that removes") {
            seen.steps_in_flight[1] = {true, "", {}};
        }
        for (const auto& step : plan(pool, seen, noon).steps) {
            CHECK(step.action != Action::create);
        }
    }

    TEST_CASE("surplus engines go: the useless first, then the highest slots") {
        EnginePool pool = pool_of(4);
        Observation seen = matching_world(pool);
        pool.replicas = 2;
        const auto victims = [&] { return steps_of(plan(pool, seen, noon)); };
        CHECK(victims() == "remove acestream-2 Surplus, remove acestream-3 Surplus");
        seen.engines[3].made_with_forwarded_port = true;
        CHECK(victims() == "remove acestream-1 Surplus, remove acestream-2 Surplus");
        seen.engines[0].probe.answered_last = false;
        seen.engines[0].probe.failures = 1;
        CHECK(victims() == "remove acestream-1 Surplus, remove acestream-2 Surplus");
        seen.engines[0].probe.failures = 3;
        CHECK(victims() == "remove acestream-0 Surplus, remove acestream-2 Surplus");
        seen.engines[1] = exited(seen.engines[1]);
        CHECK(victims() == "remove acestream-0 Surplus, remove acestream-1 Surplus");
    }

    TEST_CASE("a removal in flight is not made up for with a second victim") {
        EnginePool pool = pool_of(3);
        Observation seen = matching_world(pool);
        pool.replicas = 2;
        seen.steps_in_flight[1] = {true, "", {}};
        CHECK(steps_of(plan(pool, seen, noon)) == "");
    }

    TEST_CASE("of several containers for a slot the best keeps it: by name, by running, by age") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.engines.push_back(engine(pool, 0));
        EngineView& best = seen.engines[0];
        EngineView& copy = seen.engines[1];
        copy.id = "a copy";
        copy.name = "copy";
        SUBCASE("the right name, however young") {
            copy.created_at = best.created_at - 1h;
        }
        SUBCASE("else the one that runs, however young") {
            best.name = "renamed";
            copy.state = EngineState::exited;
            copy.created_at = best.created_at - 1h;
        }
        SUBCASE("else the oldest") {
            best.name = "renamed";
            copy.created_at = best.created_at + 1s;
        }
        CHECK(steps_of(plan(pool, seen, noon)) == "remove copy DuplicateSlot");
    }

    TEST_CASE("a removal that the list shows as done makes room at once, in another slot") {
        EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        seen.engines.pop_back();
        seen.steps_in_flight[1] = {true, "", {}};
        CHECK(steps_of(plan(pool, seen, noon)) == "create acestream-2 Missing @gluetun");
        pool.max_active_replicas = 2;
        CHECK(decision_on(plan(pool, seen, noon), "") == "missing NoFreeSlot");
    }

    TEST_CASE("slots beyond the last go, whatever is wanted") {
        EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        seen.engines[1] = engine(pool, 7);
        pool.max_active_replicas = 5;
        CHECK(steps_of(plan(pool, seen, noon)) == "remove acestream-7 SlotOutOfRange");
    }

    TEST_CASE("gateways fill evenly") {
        const EnginePool pool = pool_of(5, {"a", "b"});
        Observation seen;
        seen.gateways = {gateway("a"), gateway("b")};
        CHECK(steps_of(plan(pool, seen, noon)) ==
              "create acestream-0 Missing @a, create acestream-1 Missing @b, "
              "create acestream-2 Missing @a, create acestream-3 Missing @b, "
              "create acestream-4 Missing @a");
        seen.engines = {engine(pool, 0, "a"), engine(pool, 1, "a"), engine(pool, 2, "a")};
        CHECK(steps_of(plan(pool, seen, noon)) ==
              "create acestream-3 Missing @b, create acestream-4 Missing @b");
    }

    TEST_CASE("a slot is created only where its HTTP port is published") {
        const EnginePool pool = pool_of(3, {"a", "b"});
        Observation seen;
        seen.gateways = {gateway("a"), gateway("b")};
        seen.gateways[0].published_tcp_ports = {8888, 19001};
        seen.gateways[1].published_tcp_ports = {19000, 19003};
        const Plan result = plan(pool, seen, noon);
        CHECK(steps_of(result) ==
              "create acestream-0 Missing @b, create acestream-1 Missing @a, "
              "create acestream-3 Missing @b");
        seen.gateways[1].published_tcp_ports = {19000};
        CHECK(decision_on(plan(pool, seen, noon), "") == "missing Missing");
        CHECK(plan(pool, seen, noon).decisions.back().reason == Reason::no_published_port);

        // Ports beside the pool's range say nothing about slots.
        seen.gateways[1].published_tcp_ports = {18999, 19000 + pool.max_active_replicas};
        CHECK(steps_of(plan(pool, seen, noon)) ==
              "create acestream-0 Missing @b, create acestream-1 Missing @a, "
              "create acestream-2 Missing @b");
    }

    TEST_CASE("nothing is created behind a gateway that is not ready, and it is said why") {
        const EnginePool pool = pool_of(1);
        for (const auto state : {GatewayState::missing, GatewayState::stopped,
                                 GatewayState::starting, GatewayState::unhealthy}) {
            Observation seen;
            seen.gateways = {gateway("gluetun", state, std::chrono::hours{1}), gateway("former")};
            seen.gateways[1].declared = false;
            const Plan result = plan(pool, seen, noon);
            CHECK(steps_of(result) == "");
            CHECK(decision_on(result, "") == "missing GatewayNotReady");
            CHECK(result.decisions[0].message == "gateway gluetun is not ready");
            CHECK_FALSE(result.matches());
        }
    }

    TEST_CASE("stranded engines are replaced at once, all of them") {
        const EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        SUBCASE("the gateway was restarted") {
            seen.gateways[0].incarnation.started_at = "started-2";
            CHECK(steps_of(plan(pool, seen, noon)) ==
                  "replace acestream-0 GatewayRestarted @gluetun, "
                  "replace acestream-1 GatewayRestarted @gluetun");
        }
        SUBCASE("the gateway was made again") {
            seen.gateways[0].incarnation = {"another", "started-2"};
            seen.engines[0].failures = 3;
            const Plan result = plan(pool, seen, noon);
            CHECK(steps_of(result) ==
                  "replace acestream-0 GatewayRecreated @gluetun, "
                  "replace acestream-1 GatewayRecreated @gluetun");
            CHECK(result.steps[0].placement->incarnation.id == "another");
            CHECK(result.steps[0].placement->failures == 3);
            CHECK_FALSE(result.steps[0].graceful);
        }
        SUBCASE("onto each other's ports: those of the earlier namespace are in nobody's way") {
            seen.gateways[0].incarnation.started_at = "started-2";
            EnginePool edited = pool;
            edited.ports.http += 1;
            CHECK(steps_of(plan(edited, seen, noon)) ==
                  "replace acestream-0 GatewayRestarted @gluetun, "
                  "replace acestream-1 GatewayRestarted @gluetun");
        }
    }

    TEST_CASE("stranded engines stay until a gateway can take them") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        SUBCASE("stopped") {
            seen.gateways = {gateway("gluetun", GatewayState::stopped)};
        }
        SUBCASE("gone") {
            seen.gateways = {gateway("gluetun", GatewayState::missing)};
        }
        SUBCASE("restarted and starting") {
            seen.gateways = {gateway("gluetun", GatewayState::starting)};
            seen.gateways[0].incarnation.started_at = "started-2";
        }
        const Plan result = plan(pool, seen, noon);
        CHECK(steps_of(result) == "");
        CHECK(decision_on(result, "acestream-0") == "stranded GatewayNotReady");
        CHECK_FALSE(result.matches());
    }

    TEST_CASE(
        "failover: gone after ten seconds, not ready after failover.after, and only where there is "
        "room") {
        const EnginePool pool = pool_of(2, {"a", "b"});
        Observation seen = matching_world(pool);
        const auto steps = [&] { return steps_of(plan(pool, seen, noon)); };

        // Compose removes a container for a moment when it creates it again.
        seen.gateways[0] = gateway("a", GatewayState::missing, std::chrono::seconds{9});
        CHECK(steps() == "");
        CHECK(plan(pool, seen, noon).wake_at == noon + std::chrono::seconds{1});
        seen.gateways[0] = gateway("a", GatewayState::missing, std::chrono::seconds{10});
        CHECK(steps() == "replace acestream-0 GatewayGone @b");

        seen.gateways[0] = gateway("a", GatewayState::unhealthy, std::chrono::seconds{59});
        CHECK(steps() == "");
        CHECK(plan(pool, seen, noon).wake_at == noon + std::chrono::seconds{1});
        seen.gateways[0].not_ready_for = std::chrono::seconds{60};
        CHECK(steps() == "replace acestream-0 GatewayNotReady @b");

        seen.gateways[0].state = GatewayState::stopped;
        CHECK(steps() == "replace acestream-0 GatewayNotReady @b");
        seen.gateways[0].not_ready_for = std::chrono::seconds{3};
        CHECK(steps() == "");
        CHECK(plan(pool, seen, noon).wake_at == noon + std::chrono::seconds{57});

        // b does not publish slot 0's port, but has a free slot: make room here, create there.
        seen.gateways[0].not_ready_for = std::chrono::seconds{60};
        seen.gateways[1].published_tcp_ports = {19001, 19002};
        CHECK(steps() == "remove acestream-0 GatewayNotReady");
        seen.gateways[1].published_tcp_ports = {19001};
        CHECK(steps() == "");
        CHECK(decision_on(plan(pool, seen, noon), "acestream-0") == "stranded GatewayNotReady");
    }

    TEST_CASE("the age that this controller measured bounds what Docker's clock says") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.engines[0] = exited(seen.engines[0], 1, std::chrono::hours{1}, 5);
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-0 Exited @gluetun");
        seen.created_ago[0] = std::chrono::seconds{1};
        CHECK(steps_of(plan(pool, seen, noon)) == "");
        CHECK(plan(pool, seen, noon).wake_at == noon + std::chrono::seconds{15});
    }

    TEST_CASE("a failed engine is replaced at once, then after 1 s, 2 s ... 5 min") {
        const EnginePool pool = pool_of(1);
        struct Row {
            int failures_before;
            Duration dead_for;
            std::string steps;
            std::optional<Time> wake_at;
        };
        using std::chrono::milliseconds;
        const std::string replaced = "replace acestream-0 Exited @gluetun";
        const std::vector<Row> rows = {
            {0, milliseconds{0}, replaced, {}},
            {1, milliseconds{0}, "", noon + milliseconds{1000}},
            {1, milliseconds{999}, "", noon + milliseconds{1}},
            {1, milliseconds{1000}, replaced, {}},
            {2, milliseconds{500}, "", noon + milliseconds{1500}},
            {20, milliseconds{0}, "", noon + longest_backoff},
            {1'000'000, milliseconds{0}, "", noon + longest_backoff},
            {20, longest_backoff, replaced, {}},
        };
        for (const auto& row : rows) {
            CAPTURE(row.failures_before);
            CAPTURE(row.dead_for.count());
            Observation seen = matching_world(pool);
            seen.engines[0] = exited(seen.engines[0], 1, row.dead_for, row.failures_before);
            const Plan result = plan(pool, seen, noon);
            CHECK(steps_of(result) == row.steps);
            CHECK(result.wake_at == row.wake_at);
            if (!result.steps.empty()) {
                CHECK(result.steps[0].placement->failures == row.failures_before + 1);
            }
        }
    }

    TEST_CASE("of all that is due the first wakes the loop") {
        const EnginePool pool = pool_of(3);
        Observation seen = matching_world(pool);
        const std::array failures = {3, 1, 2};
        for (std::size_t i = 0; i < failures.size(); ++i)
            seen.engines[i] = exited(seen.engines[i], 1, Duration{0}, failures[i]);
        CHECK(plan(pool, seen, noon).wake_at == noon + std::chrono::seconds{1});
    }

    TEST_CASE("an engine that Docker restarts by itself has failed, as one that stays down") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.engines[0] = exited(seen.engines[0]);
        for (const auto state : {EngineState::exited, EngineState::dead, EngineState::restarting}) {
            seen.engines[0].state = state;
            CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-0 Exited @gluetun");
        }
    }

    TEST_CASE("ten minutes of running forgive earlier failures") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.engines[0] = exited(seen.engines[0], 1, Duration{0}, 7);
        seen.engines[0].created_at = noon - failure_reset_after;
        const Plan result = plan(pool, seen, noon);
        REQUIRE(steps_of(result) == "replace acestream-0 Exited @gluetun");
        CHECK(result.steps[0].placement->failures == 1);
    }

    TEST_CASE("a clock that was set back does not park an engine") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.engines[0] = exited(seen.engines[0], 1, -std::chrono::hours{24}, 3);
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-0 Exited @gluetun");
    }

    TEST_CASE("an engine that was never started is started; one that could not be is replaced") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.engines[0].state = EngineState::created;
        seen.engines[0].end = EngineEnd{};
        CHECK(steps_of(plan(pool, seen, noon)) == "start acestream-0 NotStarted");
        seen.engines[0].end->start_error = "no such file";
        seen.engines[0].end->exit_code = 127;
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-0 StartFailed @gluetun");
        seen.gateways[0].state = GatewayState::unhealthy;
        CHECK(steps_of(plan(pool, seen, noon)) == "");
        seen.engines[0].end = EngineEnd{};
        CHECK(steps_of(plan(pool, seen, noon)) == "");
        CHECK(decision_on(plan(pool, seen, noon), "acestream-0") == "unstarted GatewayNotReady");
    }

    TEST_CASE("troubles of a slot hold its steps back, and no others") {
        const EnginePool pool = pool_of(2);
        Observation seen;
        seen.gateways = {gateway("gluetun")};
        seen.troubles[0] = {1, std::chrono::milliseconds{400}, "docker: refused"};
        const Plan result = plan(pool, seen, noon);
        CHECK(steps_of(result) == "create acestream-1 Missing @gluetun");
        CHECK(decision_on(result, "acestream-0") == "missing Backoff");
        CHECK(result.wake_at == noon + std::chrono::milliseconds{600});
    }

    TEST_CASE("a name that a stranger holds is passed over") {
        const EnginePool pool = pool_of(2);
        Observation seen;
        seen.gateways = {gateway("gluetun")};
        seen.foreign_names = {{0, "stranger"}, {9, "far away"}};
        const Plan result = plan(pool, seen, noon);
        CHECK(steps_of(result) ==
              "create acestream-1 Missing @gluetun, create acestream-2 Missing @gluetun");
        CHECK(result.passed_over == std::vector<int>{0});
    }

    TEST_CASE("containers whose labels cannot be read are left alone") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.engines.push_back(engine(pool, 5));
        seen.engines.back().slot.reset();
        const Plan result = plan(pool, seen, noon);
        CHECK(steps_of(result) == "");
        CHECK(decision_on(result, "acestream-5") == "foreign UnreadableLabels");
        CHECK(result.matches());
    }

    TEST_CASE("no decision depends on the order of the listing") {
        EnginePool pool = pool_of(12, {"a", "b", "c"});
        Observation seen = matching_world(pool);
        seen.gateways[1].incarnation.started_at = "later";
        seen.engines[3] = exited(seen.engines[3]);
        seen.engines[5].template_hash = "old";
        seen.engines[6].template_hash = "old";
        seen.engines[9].name = "renamed";
        seen.engines.push_back(engine(pool, 9, "a"));
        seen.engines.back().id = "second";
        pool.replicas = 10;
        const Plan expected = plan(pool, seen, noon);
        std::mt19937 random(7);
        for (int i = 0; i < 50; ++i) {
            std::shuffle(seen.engines.begin(), seen.engines.end(), random);
            CHECK(plan(pool, seen, noon) == expected);
        }
    }
}
