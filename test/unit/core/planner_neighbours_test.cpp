// The planner as a table: who else lives in a gateway's namespace, and what cannot be done.
#include <doctest/doctest.h>

#include <algorithm>

#include "core/plan.h"
#include "core/status.h"
#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

NeighbourView neighbour(const EnginePool& pool, int slot, Duration age) {
    return {"other-id-" + std::to_string(slot),
            "other-" + std::to_string(slot),
            "other",
            gateway_id("gluetun"),
            ports_of_slot(pool.ports, slot),
            noon - age};
}

std::string wait_of(const Plan& plan, const std::string& engine) {
    const auto found = std::ranges::find(plan.decisions, engine, &Decision::engine);
    return found == plan.decisions.end() ? "no such engine" : describe(found->wait);
}

}  // namespace

TEST_SUITE("planner: neighbours") {
    TEST_CASE("a new engine avoids the ports of other pools and of strangers") {
        const EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        seen.engines.clear();
        seen.neighbours = {neighbour(pool, 0, 1h)};
        seen.gateways[0].strangers_ports = {19002};
        CHECK(steps_of(plan(pool, seen, noon)) ==
              "create acestream-1 Missing @gluetun, create acestream-3 Missing @gluetun");
    }

    TEST_CASE("where all ports belong to others it waits, and says for whom") {
        EnginePool pool = pool_of(1);
        pool.max_active_replicas = 1;
        Observation seen = matching_world(pool);
        seen.engines.clear();
        seen.neighbours = {neighbour(pool, 0, 1h)};
        const Plan result = plan(pool, seen, noon);
        CHECK(steps_of(result) == "");
        CHECK(result.decisions[0].reason == Reason::port_conflict);
        CHECK(describe(result.decisions[0].wait) ==
              "nothing happens by itself: stop container other-0 of pool other, or choose other "
              "`ports` "
              "for this pool");
    }

    TEST_CASE("of two engines with one port the older has it, whatever the probe says") {
        const EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);  // engines an hour old
        seen.neighbours = {neighbour(pool, 0, 30min)};
        CHECK(plan(pool, seen, noon).matches());
        seen.neighbours = {neighbour(pool, 0, 2h)};
        const Plan result = plan(pool, seen, noon);
        CHECK(result.ready() == 1);
        CHECK(steps_of(result) == "remove acestream-0 PortConflict");  // and slot 2 is free
        CHECK(result.steps[0].next_place);
    }

    TEST_CASE("a wait for an engine that waits for a person is a wait for that person") {
        EnginePool pool = pool_of(2);
        pool.max_active_replicas = 2;
        Observation seen = matching_world(pool);
        seen.gateways[0].published_tcp_ports = {19000, 19001};
        seen.engines[0].incarnation.started_at = "earlier";
        pool.ports.http += 1;  // slot 0 gets the port of slot 1, and nobody publishes the next one
        const Plan result = plan(pool, seen, noon);
        CHECK(steps_of(result) == "");
        CHECK(decision_on(result, "acestream-0") == "stranded PortInUse");
        CHECK(decision_on(result, "acestream-1") == "outdated NoPublishedPort");
        CHECK(wait_of(result, "acestream-0") ==
              "nothing happens by itself: publish 19001-19002 on gluetun");
    }

    TEST_CASE("a missing engine also waits for the gateway that has room once it is ready") {
        EnginePool pool = pool_of(2, {"a", "b"});
        Observation seen = matching_world(pool);
        seen.engines.pop_back();
        seen.gateways[0].published_tcp_ports = {19000};
        seen.gateways[1] = gateway("b", GatewayState::starting);
        seen.gateways[1].published_tcp_ports = {19001};
        const Plan result = plan(pool, seen, noon);
        CHECK(decision_on(result, "") == "missing NoPublishedPort");
        CHECK(describe(result.decisions.back().wait) ==
              "until gateway b is ready, then created; or do this: publish 19000-19019 on a");
        pool.engine_template.image = "new";  // the others do not wait for that
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-0 TemplateChanged @a");
    }

    TEST_CASE("engines that nothing reaches do not wait for each other to be replaced") {
        const EnginePool pool = pool_of(2, {"a"});
        Observation seen = matching_world(pool);
        seen.gateways.push_back(gateway("b"));
        seen.gateways.back().declared = false;
        for (auto& each : seen.engines) {
            each = engine(pool, *each.slot, "b");
            each.probe.answered_last = false;
            each.probe.unreachable = true;
        }
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-1 GatewayUndeclared @a");
        seen.engines[1] = engine(pool, 1, "a");
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-0 GatewayUndeclared @a");
        // They may serve: the budget holds for them, too.
        seen.engines[1].probe = {};
        CHECK(steps_of(plan(pool, seen, noon)) == "");
        CHECK(wait_of(plan(pool, seen, noon), "acestream-0") ==
              "until acestream-1 is ready, then replaced");
    }

    TEST_CASE("another namespace's engines are in nobody's way") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.engines.clear();
        seen.neighbours = {neighbour(pool, 0, 1h)};
        seen.neighbours[0].gateway_id = "elsewhere";
        CHECK(steps_of(plan(pool, seen, noon)) == "create acestream-0 Missing @gluetun");
    }

    TEST_CASE("the control server's own port is in use") {
        EnginePool pool = pool_of(1);
        pool.ports.http = 8000;
        Observation seen = matching_world(pool);
        seen.engines.clear();
        CHECK(steps_of(plan(pool, seen, noon)) == "create acestream-1 Missing @gluetun");
    }
}

TEST_SUITE("planner: one that cannot go") {
    TEST_CASE("a leftover that Docker does not remove gives its place to another slot") {
        const EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        seen.engines[0] = exited(seen.engines[0]);
        seen.failed_removals["engine-0"] = {many_removals, {}, "Docker says busy"};
        const Plan result = plan(pool, seen, noon);
        CHECK(steps_of(result) == "create acestream-2 Missing @gluetun");
        CHECK(decision_on(result, "acestream-0") == "stuck Backoff");
        CHECK(wait_of(result, "acestream-0").find("docker rm --force acestream-0") !=
              std::string::npos);
        seen.engines[0].state = EngineState::created;
        CHECK(steps_of(plan(pool, seen, noon)) == "create acestream-2 Missing @gluetun");
        seen.failed_removals["engine-0"].failures = many_removals - 1;
        CHECK(steps_of(plan(pool, seen, noon)) == "");
    }

    TEST_CASE("a leftover does not keep ports from others") {
        EnginePool pool = pool_of(2);
        pool.max_active_replicas = 3;
        Observation seen = matching_world(pool);
        pool.ports.http += 1;
        seen.engines[0] = engine(pool, 0);
        seen.engines[1] = exited(seen.engines[1]);
        seen.engines[1].slot = 2;  // listened on the port that slot 0 has by now
        seen.engines[1].ports = ports_of_slot(pool.ports, 1);
        seen.failed_removals["engine-1"] = {many_removals, {}, "Docker says busy"};
        CHECK(steps_of(plan(pool, seen, noon)) == "create acestream-1 Missing @gluetun");
    }

    TEST_CASE("the removal that failed holds up no other step in its slot") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.engines.push_back(seen.engines[0]);
        seen.engines[0].incarnation.started_at = "earlier";
        seen.engines[1].id = "double";
        seen.engines[1].name = "a-double";
        seen.engines[1].state = EngineState::exited;
        seen.engines[1].probe = {};
        REQUIRE(plan(pool, seen, noon).steps.size() == 2);
        CHECK(plan(pool, seen, noon).steps[0].engine_id == "double");
        seen.failed_removals["double"] = {1, {}, "Docker says busy"};
        const Plan result = plan(pool, seen, noon);
        CHECK(steps_of(result) == "remove acestream-0 GatewayRestarted");
        CHECK(decision_on(result, "a-double") == "duplicate Backoff");
    }

    TEST_CASE("of two containers in a slot that Docker does not remove each is named") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.engines.push_back(seen.engines[0]);
        seen.engines[1].id = "double";
        seen.engines[1].name = "a-double";
        for (auto& each : seen.engines) {
            each.state = EngineState::exited;
            each.probe = {};
        }
        seen.failed_removals = {{"double", {3, {}, "busy"}},
                                {"engine-0", {3, {}, "permission denied"}}};
        const Plan result = plan(pool, seen, noon);
        CHECK(steps_of(result) == "create acestream-1 Missing @gluetun");
        for (const char* name : {"acestream-0", "a-double"}) {
            CHECK(decision_on(result, name) == "stuck Backoff");
            CHECK(wait_of(result, name).ends_with(std::string("docker rm --force ") + name));
        }
    }

    TEST_CASE("one that serves and cannot be stopped uses no budget: the others roll") {
        EnginePool pool = pool_of(3);
        Observation seen = matching_world(pool);
        pool.engine_template.image = "new";
        seen.failed_removals["engine-2"] = {4, {}, "Docker says busy"};
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-1 TemplateChanged @gluetun");
    }

    TEST_CASE("an engine that cannot be removed keeps no free slot from a missing one") {
        EnginePool pool = pool_of(3);
        pool.max_active_replicas = 3;
        Observation seen = matching_world(pool);
        seen.gateways[0].published_tcp_ports = {19000, 19001};
        seen.engines.erase(seen.engines.begin() + 1);
        seen.engines[1].probe.answered_last = false;
        seen.engines[1].probe.failures = 9;
        CHECK(steps_of(plan(pool, seen, noon)) == "remove acestream-2 ProbeFailed");
        seen.failed_removals["engine-2"] = {9, 1min, "cannot stop: permission denied"};
        CHECK(steps_of(plan(pool, seen, noon)) == "create acestream-1 Missing @gluetun");
    }

    TEST_CASE("of too many the one that serves and cannot be removed stays, and the others roll") {
        EnginePool pool = pool_of(3);
        Observation seen = matching_world(pool);
        pool.replicas = 2;
        pool.engine_template.image = "new";
        CHECK(steps_of(plan(pool, seen, noon)) == "remove acestream-2 Surplus");
        seen.failed_removals["engine-2"] = {9, 1min, "cannot stop: permission denied"};
        CHECK(steps_of(plan(pool, seen, noon)) == "remove acestream-1 Surplus");
        seen.engines.erase(seen.engines.begin() + 1);
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-0 TemplateChanged @gluetun");
    }

    TEST_CASE("an engine whose port cannot be read is replaced") {
        const EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        seen.engines[1].ports.http = 0;
        seen.engines[1].probe = {};
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-1 UnreadableLabels @gluetun");
    }
}

TEST_SUITE("planner: identity and order") {
    TEST_CASE("slots beyond a lowered cap are left within the budget") {
        EnginePool pool = pool_of(4);
        Observation seen = matching_world(pool);
        for (int i = 0; i < 4; ++i)
            seen.engines[static_cast<std::size_t>(i)] = engine(pool, 4 + i);
        pool.max_active_replicas = 4;
        const Plan result = plan(pool, seen, noon);
        CHECK(steps_of(result) == "remove acestream-7 SlotOutOfRange");
        CHECK(result.steps[0].next_place);
        CHECK(decision_on(result, "acestream-4") == "outdated RolloutBudget");
        CHECK(wait_of(result, "acestream-4") == "until acestream-7 is ready, then replaced");
    }

    TEST_CASE("of too many engines those go that share their gateway with most") {
        EnginePool pool = pool_of(4, {"a", "b"});
        Observation seen;
        seen.gateways = {gateway("a"), gateway("b")};
        seen.engines = {engine(pool, 0, "a"), engine(pool, 1, "a"), engine(pool, 2, "b"),
                        engine(pool, 3, "b")};
        pool.replicas = 2;
        CHECK(steps_of(plan(pool, seen, noon)) ==
              "remove acestream-1 Surplus, remove acestream-3 Surplus");
    }

    TEST_CASE("of two containers for a slot the one that serves stays, whatever its name") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.engines.push_back(seen.engines[0]);
        seen.engines[1].id = "broken";
        seen.engines[1].state = EngineState::exited;
        seen.engines[1].end = EngineEnd{1, false, "", noon};
        seen.engines[1].probe = {};
        seen.engines[0].name = "acestream-0-old";
        CHECK(steps_of(plan(pool, seen, noon)) == "remove acestream-0 DuplicateSlot");
        CHECK(plan(pool, seen, noon).steps[0].engine_id == "broken");
        // While it is paused, too.
        seen.engines[0].state = EngineState::paused;
        CHECK(plan(pool, seen, noon).steps[0].engine_id == "broken");
    }

    TEST_CASE("an engine that no port fits does not hold up the others") {
        EnginePool pool = pool_of(3);
        pool.max_active_replicas = 3;
        Observation seen = matching_world(pool);
        seen.engines[2] = exited(seen.engines[2]);
        seen.gateways[0].published_tcp_ports = {19000, 19001};
        pool.engine_template.image = "new";
        const Plan result = plan(pool, seen, noon);
        CHECK(steps_of(result) == "replace acestream-1 TemplateChanged @gluetun");
        CHECK(wait_of(result, "acestream-2") ==
              "nothing happens by itself: publish 19000-19002 on gluetun");
    }
}

TEST_SUITE("planner: shared and second ports") {
    TEST_CASE("a shared port that nobody can tell any more is kept") {
        EnginePool pool = pool_of(3);
        pool.forwarded_port.assign = PortAssignment::shared;
        Observation seen = matching_world(pool);
        for (auto& each : seen.engines)
            each = holding(each, 40001);
        seen.gateways[0].ports_answer.kind = PortsAnswerKind::unreachable;
        seen.engines[1] = exited(seen.engines[1]);
        const Plan result = plan(pool, seen, noon);
        CHECK(steps_of(result) == "replace acestream-1 Exited @gluetun :40001");
        seen.engines.pop_back();
        CHECK(plan(pool, seen, noon).steps.back().placement->ports.p2p == 40001);
    }

    TEST_CASE("when one engine has just moved for a port the next one takes the second port") {
        EnginePool pool = pool_of(3);
        Observation seen = matching_world(pool);
        forward(seen.gateways[0], {{40001, 1h}, {40002, 1h}});
        seen.engines[0] = holding(seen.engines[0], 40003);  // a port that is gone again
        seen.engines[0].followed = true;
        seen.engines[0].created_at = noon - 1min;
        CHECK(steps_of(plan(pool, seen, noon)) ==
              "replace acestream-1 ForwardedPortChanged @gluetun :40001");
    }

    TEST_CASE("an engine that is coming up stays Starting, although a port is meant for it") {
        EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        forward(seen.gateways[0], {{40001, 1h}});
        seen.engines[0].probe = {};
        seen.engines[0].probe.failures = 1;
        seen.engines[1] = exited(seen.engines[1]);
        const Plan result = plan(pool, seen, noon);
        CHECK(steps_of(result) == "replace acestream-1 Exited @gluetun :40001");
        CHECK(decision_on(result, "acestream-0") == "keep Starting");
        CHECK_FALSE(result.matches());
    }

    TEST_CASE("an engine whose forwarded port is closed is kept after a few tries, with advice") {
        const EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        forward(seen.gateways[0], {{40001, 1h}});
        seen.engines[0] = holding(seen.engines[0], 40001);
        seen.engines[0].failures = many_closed_ports;
        seen.engines[0].probe.p2p_refusals = 300;
        seen.engines[0].probe.p2p_refused_for = 1h;
        const Plan result = plan(pool, seen, noon);
        CHECK(result.matches());
        CHECK(decision_on(result, "acestream-0") == "keep P2PPortClosed");
        CHECK(result.forwarded_ports[0].use == PortUse::closed);
        const auto conditions = judge_conditions(pool, seen, result);
        const auto ready = std::ranges::find(conditions, "ForwardedPortReady", &Condition::type);
        CHECK(ready->status == Truth::no);
        CHECK(ready->message.find("P2P_PORT") != std::string::npos);
    }

    TEST_CASE("where the socket table can be read, that tells, and not who is refused") {
        EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        forward(seen.gateways[0], {{40001, 1h}});
        seen.engines[0] = holding(seen.engines[0], 40001);
        EngineView& holder = seen.engines[0];
        const auto planned = [&] { return plan(pool, seen, noon); };
        holder.p2p_listens = false;
        holder.p2p_unheard_for = 14s;
        CHECK(steps_of(planned()) == "");
        CHECK(planned().forwarded_ports[0].use == PortUse::held);
        holder.p2p_unheard_for = 15s;
        CHECK(steps_of(planned()) == "replace acestream-0 P2PPortClosed @gluetun :40001");
        // Also before engines of that image are given up.
        const PortOutlook outlook = planned().forwarded_ports[0];
        CHECK(outlook.use == PortUse::closed);
        CHECK(
            outlook.message ==
            "gateway gluetun forwards port 40001, and acestream-0, which is to have it, answers "
            "over HTTP, but nothing listens on its P2P port 40001: the template does not pass "
            "$(P2P_PORT): unless the image reads the variable P2P_PORT, add --port=$(P2P_PORT) to "
            "template.args");
        holder.p2p_listens = true;
        holder.probe.p2p_refusals = 3;
        CHECK(steps_of(planned()) == "");
        CHECK(planned().forwarded_ports[0].use == PortUse::held);
        holder.p2p_listens = false;
        pool.forwarded_port.assign = PortAssignment::shared;
        CHECK(steps_of(planned()) == "");
    }

    TEST_CASE("above the cap a failed engine goes, and comes back once there is room") {
        const EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        seen.engines.push_back(engine(pool, 2));  // one too many, on its way out
        seen.steps_in_flight[2].leaving = true;
        seen.engines[0] = exited(seen.engines[0]);
        CHECK(steps_of(plan(pool, seen, noon)) == "remove acestream-0 Exited");
    }
}
