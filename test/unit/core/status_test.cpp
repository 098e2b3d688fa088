// Conditions in Kubernetes' form.
#include <doctest/doctest.h>

#include <algorithm>

#include "core/status.h"
#include "unit/core/worlds.h"

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
        seen.gateways[0].published_tcp_ports = {19000, 19001};
        const auto conditions = judged(pool, seen);
        CHECK(find(conditions, "Ready").status == Truth::yes);
        CHECK(find(conditions, "Progressing").status == Truth::no);
        CHECK(find(conditions, "GatewayReady").status == Truth::yes);
        CHECK(find(conditions, "Capped").status == Truth::no);
        CHECK(find(conditions, "PortsPublished").status == Truth::yes);
    }

    TEST_CASE("ports that are published for some of the wanted engines are not enough") {
        const EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        seen.gateways[0].published_tcp_ports = {19000};
        const Condition half = find(judged(pool, seen), "PortsPublished");
        CHECK(half.status == Truth::no);
        CHECK(half.reason == "PartlyPublished");
        CHECK(half.message ==
              "gateway gluetun publishes only 1 of the ports 19000-19019, and 2 engines are "
              "wanted: publish more of them");
    }

    TEST_CASE("each gateway has to publish ports for its share of the engines") {
        const EnginePool pool = pool_of(4, {"a", "b"});
        Observation seen = matching_world(pool);
        seen.gateways[0].published_tcp_ports = {19000};
        seen.gateways[1].published_tcp_ports = {19000, 19001, 19002, 19003};
        const Condition half = find(judged(pool, seen), "PortsPublished");
        CHECK(half.status == Truth::no);
        CHECK(half.reason == "PartlyPublished");
        CHECK(half.message ==
              "gateway a publishes only 1 of the ports 19000-19019, and 2 engines belong behind "
              "it: publish more of them");
        seen.gateways[0].published_tcp_ports = {19000, 19001};
        CHECK(find(judged(pool, seen), "PortsPublished").status == Truth::yes);
    }

    TEST_CASE("whether the VPN runs is not known without the route that tells it") {
        EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        GatewayView& gluetun = seen.gateways[0];
        const auto known = [&] { return find(judged(pool, seen), "VpnStatusKnown"); };
        gluetun.vpn_status = VpnStatus::running;
        CHECK(known().status == Truth::yes);
        gluetun.vpn_status = VpnStatus::unknown;
        gluetun.vpn_detail = "the role lacks a route";
        CHECK(known().status == Truth::no);
        CHECK(known().message == "the role lacks a route");
        // What is wrong with all routes is said once.
        gluetun.vpn_detail.clear();
        gluetun.ports_answer = {PortsAnswerKind::unreachable, {}, "nothing listens there"};
        CHECK(known().status == Truth::unknown);
        CHECK(known().message.find("ForwardedPortReady says why") != std::string::npos);
        pool.forwarded_port.assign = PortAssignment::none;
        CHECK(known().status == Truth::no);
        CHECK(known().message == "nothing listens there");
        // One that does not run is the matter of GatewayReady.
        gluetun.state = GatewayState::stopped;
        CHECK(known().status == Truth::yes);
    }

    TEST_CASE("a gateway that is not ready says what goes on by itself, then what to do") {
        struct Row {
            GatewayState state;
            const char* to_do;
        };
        const Row rows[] = {
            {GatewayState::missing,
             "; to do: start a container named gluetun, or correct the name in `gateways`"},
            {GatewayState::stopped,
             "; to do: docker start gluetun, and see docker logs gluetun if it stops again"},
            {GatewayState::paused, "; to do: docker unpause gluetun"},
            {GatewayState::starting, "; to do: if it takes minutes, see docker logs gluetun"},
            {GatewayState::unhealthy,
             "; to do: see docker logs gluetun for why its VPN does not work"},
            {GatewayState::unknown, "; to do: see docker inspect gluetun"},
        };
        const EnginePool pool = pool_of(1);
        for (const auto& row : rows) {
            Observation seen = matching_world(pool);
            seen.gateways[0] = gateway("gluetun", row.state);
            CHECK(find(judged(pool, seen), "GatewayReady").message ==
                  std::string("gateway gluetun is not ready; engines start by themselves once it "
                              "is ready") +
                      row.to_do);
        }
    }

    TEST_CASE("a port of a slot that somebody else uses has a condition that names its user") {
        const EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        CHECK(find(judged(pool, seen), "PortsFree").status == Truth::yes);
        seen.neighbours.push_back(
            {"id", "other-3", "other", gateway_id("gluetun"), ports_of_slot(pool.ports, 3), noon});
        const Condition clash = find(judged(pool, seen), "PortsFree");
        CHECK(clash.status == Truth::no);
        CHECK(clash.reason == "PortConflict");
        CHECK(clash.message.find("port 19003 is in use by container other-3 of pool other") !=
              std::string::npos);
    }

    TEST_CASE("where everything waits for a person Progressing is False, and says what to do") {
        EnginePool pool = pool_of(3);
        pool.max_active_replicas = 3;
        Observation seen = matching_world(pool);
        seen.engines.pop_back();
        seen.gateways[0].published_tcp_ports = {19000, 19001};
        const Condition stuck = find(judged(pool, seen), "Progressing");
        CHECK(stuck.status == Truth::no);
        CHECK(stuck.reason == "Stuck");
        CHECK(stuck.message.find("publish 19000-19002 on gluetun") != std::string::npos);
    }

    TEST_CASE("a pool is Ready while what serves is rolled out, or too much") {
        EnginePool pool = pool_of(2);
        const Observation seen = matching_world(pool);
        pool.replicas = 1;
        CHECK(find(judged(pool, seen), "Ready").status == Truth::yes);
        CHECK(find(judged(pool, seen), "Progressing").status == Truth::yes);
        pool.replicas = 3;
        CHECK(find(judged(pool, seen), "Ready").status == Truth::no);
        pool.replicas = 2;
        pool.engine_template.image = "new";
        CHECK(find(judged(pool, seen), "Ready").message == "2 of 2 engines ready");
        CHECK(find(judged(pool, seen), "Progressing").status == Truth::yes);
    }

    TEST_CASE("ForwardedPortReady is the worst that is to be said of any gateway") {
        struct Row {
            PortsAnswerKind first;
            PortsAnswerKind second;
            Truth status;
            std::string reason;
        };
        using Kind = PortsAnswerKind;
        const std::vector<Row> rows = {
            {Kind::ports, Kind::ports, Truth::yes, "Held"},
            {Kind::ports, Kind::none, Truth::no, "NoForwardedPort"},
            {Kind::unreachable, Kind::ports, Truth::unknown, "ControlServerUnreachable"},
            {Kind::malformed, Kind::unauthorized, Truth::no, "Unauthorized"},
            {Kind::unsupported, Kind::none, Truth::no, "NotSupported"},
        };
        EnginePool pool = pool_of(2, {"a", "b"});
        for (const auto& row : rows) {
            Observation seen = matching_world(pool);
            for (std::size_t i = 0; i < 2; ++i) {
                forward(seen.gateways[i], {{40001, 1h}});
                seen.engines[i] = holding(seen.engines[i], 40001);
            }
            seen.gateways[0].ports_answer.kind = row.first;
            seen.gateways[1].ports_answer.kind = row.second;
            const Condition ready = find(judged(pool, seen), "ForwardedPortReady");
            CHECK(ready.status == row.status);
            CHECK(ready.reason == row.reason);
        }
        pool.forwarded_port.assign = PortAssignment::none;
        CHECK(find(judged(pool, matching_world(pool)), "ForwardedPortReady").reason == "Ignored");
        const EnginePool bare = pool_without_gateways(1);
        CHECK(find(judged(bare, matching_world(bare)), "ForwardedPortReady").status == Truth::yes);
    }

    TEST_CASE("progress says what is awaited, and when something else is done about it") {
        const EnginePool pool = pool_of(3);
        Observation seen = matching_world(pool);
        for (const std::size_t slot : {1U, 2U}) {
            seen.engines[slot].probe = {};
            seen.engines[slot].probe.failures = 1;
            seen.engines[slot].probe.detail = "connection refused";
        }
        seen.engines[1].created_at = noon - 5s;
        seen.engines[1].probe.failing_for = 5s;
        seen.engines[2].created_at = noon - 20s;
        seen.engines[2].probe.failing_for = 20s;
        const auto conditions = judged(pool, seen);
        // Of two, the one that is judged first.
        CHECK(find(conditions, "Progressing").message ==
              "1 of 3 engines ready; acestream-1 and 1 more: Starting until " +
                  format_time(noon + 40s) +
                  ", then replaced unless it is ready (connection refused)");
    }

    TEST_CASE("a look that failed leaves nothing to be known but why it failed") {
        const auto conditions = judge_failed_look("Docker does not answer");
        for (const auto& each : conditions) {
            const bool is_cause = each.type == "RuntimeReachable";
            CHECK(each.status == (is_cause ? Truth::no : Truth::unknown));
            CHECK(each.message.starts_with(is_cause ? "Docker does not answer"
                                                    : "the containers cannot be looked at: "));
        }
        const EnginePool pool = pool_of(1);
        for (const auto& each : judged(pool, matching_world(pool))) {
            // What the spec or a create alone decides is as it was.
            const bool stays = each.type == "Capped" || each.type == "PortsPublished" ||
                               each.type == "PortsFree" || each.type == "TemplateAccepted" ||
                               each.type == "CreatedAsAsked";
            CHECK(find(conditions, each.type).type == (stays ? "" : each.type));
        }
    }

    TEST_CASE("progress names engines that await the same together") {
        EnginePool pool = pool_of(3);
        pool.max_active_replicas = 3;
        Observation seen = matching_world(pool);
        seen.gateways[0] = gateway("gluetun", GatewayState::stopped);
        pool.replicas = 4;
        const auto conditions = judged(pool, seen);
        CHECK(find(conditions, "Ready").status == Truth::no);
        CHECK(find(conditions, "Ready").message ==
              "0 of 3 engines ready; acestream-0 and 2 more: GatewayNotReady until gateway gluetun "
              "is ready, then replaced (gateway gluetun is not ready)");
        CHECK(find(conditions, "GatewayReady").status == Truth::no);
        CHECK(find(conditions, "Capped").status == Truth::yes);
        CHECK(find(conditions, "PortsPublished").status == Truth::unknown);
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
