// Conditions in Kubernetes' form.
#include <doctest/doctest.h>

#include <algorithm>

#include "core/status.h"
#include "unit/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

Condition find(const std::vector<Condition>& conditions, const std::string& type) {
    const auto found = std::ranges::find(conditions, type, &Condition::type);
    return found == conditions.end() ? Condition{} : *found;
}

std::vector<Condition> judged(const EnginePool& pool, const Observation& seen) {
    return judge_conditions(pool, seen, plan(pool, seen, noon));
}

}  // namespace

TEST_SUITE("status") {
    TEST_CASE("a matching pool is Ready and no longer Progressing") {
        const EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        seen.gateways[0].published_tcp_ports = {19000};
        const auto conditions = judged(pool, seen);
        CHECK(find(conditions, "Ready").status == Truth::yes);
        CHECK(find(conditions, "Progressing").status == Truth::no);
        CHECK(find(conditions, "GatewayReady").status == Truth::yes);
        CHECK(find(conditions, "Capped").status == Truth::no);
        CHECK(find(conditions, "PortsPublished").status == Truth::yes);
    }

    TEST_CASE("what is awaited is told for engines of a kind together") {
        EnginePool pool = pool_of(3);
        pool.max_active_replicas = 3;
        Observation seen = matching_world(pool);
        seen.gateways[0] = gateway("gluetun", GatewayState::stopped);
        pool.replicas = 4;
        const auto conditions = judged(pool, seen);
        CHECK(find(conditions, "Ready").status == Truth::no);
        CHECK(find(conditions, "Ready").message ==
              "0 of 3 engines ready; acestream-0 and 2 more: GatewayNotReady "
              "(gateway gluetun is not ready)");
        CHECK(find(conditions, "GatewayReady").status == Truth::no);
        CHECK(find(conditions, "Capped").status == Truth::yes);
        CHECK(find(conditions, "PortsPublished").status == Truth::no);
    }

    TEST_CASE("a condition keeps its time until its status changes") {
        std::vector<Condition> conditions;
        Condition ready;
        ready.type = "Ready";
        ready.status = Truth::no;
        ready.reason = "A";
        CHECK(update_conditions(conditions, {ready}, 1, noon).size() == 1);
        CHECK(update_conditions(conditions, {ready}, 1, noon + Duration{1}).empty());
        ready.message = "more is known";
        CHECK(update_conditions(conditions, {ready}, 1, noon + Duration{2}).empty());
        CHECK(find(conditions, "Ready").message == "more is known");
        ready.reason = "B";
        CHECK(update_conditions(conditions, {ready}, 2, noon + Duration{3}).size() == 1);
        CHECK(find(conditions, "Ready").last_transition == noon);
        CHECK(find(conditions, "Ready").observed_generation == 2);
        ready.status = Truth::yes;
        CHECK(update_conditions(conditions, {ready}, 2, noon + Duration{4}).size() == 1);
        CHECK(find(conditions, "Ready").last_transition == noon + Duration{4});
    }
}
