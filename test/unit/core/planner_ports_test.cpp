// The planner as a table: who gets a forwarded port, and when a running engine is replaced for one.
#include <doctest/doctest.h>

#include <algorithm>

#include "core/plan.h"
#include "core/status.h"
#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

// A pool behind one gateway whose forwarded ports a test sets.
struct PortWorld {
    EnginePool pool;
    Observation seen;

    explicit PortWorld(int replicas) : pool(pool_of(replicas)), seen(matching_world(pool)) {}

    GatewayView& gluetun() { return seen.gateways[0]; }
    EngineView& engine(std::size_t slot) { return seen.engines[slot]; }
    void hold(std::size_t slot, int port, Duration age = std::chrono::hours{1}) {
        engine(slot) = holding(engine(slot), port);
        engine(slot).created_at = noon - age;
    }
    // As hold(), and an engine that served gave way for that.
    void follow(std::size_t slot, int port, Duration age) {
        hold(slot, port, age);
        engine(slot).followed = true;
    }
    Plan planned() const { return plan(pool, seen, noon); }
    std::string steps() const { return steps_of(planned()); }
    std::string use() const { return std::string(to_string(planned().forwarded_ports.at(0).use)); }
    std::optional<Time> wake_at() const { return planned().wake_at; }
};

}  // namespace

TEST_SUITE("planner: forwarded ports of new engines") {
    TEST_CASE("a free port is taken at once, however new; the others get their own") {
        PortWorld world(3);
        world.seen.engines.clear();
        forward(world.gluetun(), {{40001, 0s}, {40002, 0s}});
        CHECK(world.steps() ==
              "create acestream-0 Missing @gluetun :40001, "
              "create acestream-1 Missing @gluetun :40002, create acestream-2 Missing @gluetun");
        CHECK(world.planned().steps[2].placement->ports.p2p == 22002);
    }

    TEST_CASE("of several free ports the one that has been reported longest goes first") {
        PortWorld world(1);
        world.seen.engines.clear();
        forward(world.gluetun(), {{40001, 1s}, {40002, 9s}});
        CHECK(world.steps() == "create acestream-0 Missing @gluetun :40002");
    }

    TEST_CASE("a successor keeps its port while it is forwarded, or while nobody can say") {
        struct Row {
            PortsAnswerKind kind;
            std::map<int, Duration> ports;
            std::string step;
        };
        const std::vector<Row> rows = {
            {PortsAnswerKind::ports, {{40001, 1h}, {40002, 2h}}, " :40001"},
            {PortsAnswerKind::ports, {{40002, 0s}}, " :40002"},
            {PortsAnswerKind::none, {}, ""},
            {PortsAnswerKind::unreachable, {}, " :40001"},
            {PortsAnswerKind::unauthorized, {}, " :40001"},
            {PortsAnswerKind::malformed, {}, " :40001"},
        };
        for (const auto& row : rows) {
            PortWorld world(2);
            world.hold(0, 40001);
            world.engine(0) = exited(world.engine(0));
            forward(world.gluetun(), row.ports);
            world.gluetun().ports_answer.kind = row.kind;
            CHECK(world.steps() == "replace acestream-0 Exited @gluetun" + row.step);
        }
    }

    TEST_CASE("a port of an earlier run of the gateway is nobody's any more") {
        PortWorld world(1);
        world.hold(0, 40001);
        world.gluetun().incarnation.started_at = "started-2";
        world.gluetun().ports_answer.kind = PortsAnswerKind::unreachable;
        CHECK(world.steps() == "replace acestream-0 GatewayRestarted @gluetun");
        forward(world.gluetun(), {{40007, 0s}});
        CHECK(world.steps() == "replace acestream-0 GatewayRestarted @gluetun :40007");
    }

    TEST_CASE("a port that another engine listens on, or will, is not given out") {
        PortWorld world(3);
        forward(world.gluetun(), {{40001, 1h}, {40002, 1h}});
        world.hold(1, 40001);
        world.seen.engines.pop_back();
        world.seen.engines.erase(world.seen.engines.begin());
        world.seen.steps_in_flight[0] = {false, "gluetun", {19000, 20000, 21000, 40002}};
        CHECK(world.steps() == "create acestream-2 Missing @gluetun");
        // Its gateway was renamed since.
        world.seen.steps_in_flight[0].gateway = "vpn";
        world.seen.steps_in_flight[0].gateway_id = gateway_id("gluetun");
        CHECK(world.steps() == "create acestream-2 Missing @gluetun");
    }

    TEST_CASE("a port inside the pool's ranges is for the engine that listens on it anyway") {
        PortWorld world(2);
        world.seen.engines.clear();
        forward(world.gluetun(), {{22001, 1h}});
        CHECK(world.steps() ==
              "create acestream-0 Missing @gluetun, create acestream-1 Missing @gluetun :22001");
        forward(world.gluetun(), {{20000, 1h}});
        CHECK(world.steps() ==
              "create acestream-0 Missing @gluetun, create acestream-1 Missing @gluetun");
        forward(world.gluetun(), {{20000 + world.pool.max_active_replicas, 1h}});  // just beyond
        CHECK(world.steps() ==
              "create acestream-0 Missing @gluetun :20020, create acestream-1 Missing @gluetun");
        world = PortWorld(2);
        forward(world.gluetun(), {{20000, 1h}});
        CHECK(world.steps() == "");
        CHECK(world.use() == "InPoolRange");
    }

    TEST_CASE("every engine gets the first port when it is shared, and none when it is ignored") {
        PortWorld world(2);
        world.seen.engines.clear();
        forward(world.gluetun(), {{40001, 0s}, {40002, 1h}});
        world.pool.forwarded_port.assign = PortAssignment::shared;
        CHECK(world.steps() ==
              "create acestream-0 Missing @gluetun :40001, "
              "create acestream-1 Missing @gluetun :40001");
        world.pool.forwarded_port.assign = PortAssignment::none;
        CHECK(world.steps() ==
              "create acestream-0 Missing @gluetun, create acestream-1 Missing @gluetun");
        CHECK(world.planned().forwarded_ports.empty());
    }

    TEST_CASE("each gateway has ports of its own") {
        const EnginePool pool = pool_of(4, {"a", "b"});
        Observation seen;
        seen.gateways = {gateway("a"), gateway("b")};
        forward(seen.gateways[0], {{40001, 0s}});
        forward(seen.gateways[1], {{40001, 0s}, {40002, 0s}});
        CHECK(steps_of(plan(pool, seen, noon)) ==
              "create acestream-0 Missing @a :40001, create acestream-1 Missing @b :40001, "
              "create acestream-2 Missing @a, create acestream-3 Missing @b :40002");
    }

    TEST_CASE("scaling down keeps the engines that hold forwarded ports") {
        PortWorld world(3);
        forward(world.gluetun(), {{40001, 1h}});
        world.hold(2, 40001);
        world.hold(1, 40999);  // gone
        world.pool.replicas = 1;
        CHECK(world.steps() == "remove acestream-0 Surplus, remove acestream-1 Surplus");
    }
}

TEST_SUITE("planner: changed ports") {
    TEST_CASE("a running engine is replaced once the port was reported for stableFor") {
        PortWorld world(2);
        world.hold(0, 40001);
        forward(world.gluetun(), {{40002, 19'999ms}});
        CHECK(world.steps() == "");
        CHECK(world.planned().matches());
        CHECK(world.use() == "Settling");
        CHECK(world.wake_at() == noon + 1ms);
        forward(world.gluetun(), {{40002, 20s}});
        CHECK(world.steps() == "replace acestream-0 ForwardedPortChanged @gluetun :40002");
        CHECK(world.planned().steps[0].graceful);
        CHECK(world.use() == "NotHeld");
    }

    TEST_CASE("the holder of a port that is gone goes first, else the lowest slot") {
        PortWorld world(3);
        forward(world.gluetun(), {{40002, 1h}});
        CHECK(world.steps() == "replace acestream-0 ForwardedPortChanged @gluetun :40002");
        world.hold(2, 40001);
        CHECK(world.steps() == "replace acestream-2 ForwardedPortChanged @gluetun :40002");
    }

    TEST_CASE("what is due first wakes the loop: a port that settles, or a start that takes long") {
        PortWorld world(1);
        const auto started = [&](Duration ago) {
            world.engine(0).created_at = noon - ago;
            world.engine(0).probe = {};
            world.engine(0).probe.failures = 1;
            world.engine(0).probe.failing_for = ago;
        };
        forward(world.gluetun(), {{40001, 15s}});
        started(30s);
        CHECK(world.wake_at() == noon + 5s);
        started(58s);
        CHECK(world.wake_at() == noon + 2s);
    }

    TEST_CASE("of several ports the one that has been reported longest is followed") {
        PortWorld world(1);
        forward(world.gluetun(), {{40001, 1s}, {40002, 1h}});
        CHECK(world.steps() == "replace acestream-0 ForwardedPortChanged @gluetun :40002");
    }

    TEST_CASE("a port is free whatever is made behind another gateway with one of that number") {
        EnginePool pool = pool_of(2, {"a", "b"});
        pool.max_unavailable = 2;
        Observation seen = matching_world(pool);
        seen.steps_in_flight[0] = {false, "a", {19000, 20000, 21000, 40001}};
        forward(seen.gateways[1], {{40001, 1h}});
        CHECK(steps_of(plan(pool, seen, noon)) ==
              "replace acestream-1 ForwardedPortChanged @b :40001");
    }

    TEST_CASE("no port, or no answer, changes nothing, for however long") {
        PortWorld world(2);
        world.hold(0, 40001);
        struct Row {
            PortsAnswerKind kind;
            std::string use;
        };
        const std::vector<Row> rows = {{PortsAnswerKind::none, "NoForwardedPort"},
                                       {PortsAnswerKind::unauthorized, "Unauthorized"},
                                       {PortsAnswerKind::lacks_route, "RoleLacksRoute"},
                                       {PortsAnswerKind::unsupported, "NotSupported"},
                                       {PortsAnswerKind::unreachable, "ControlServerUnreachable"},
                                       {PortsAnswerKind::malformed, "MalformedReply"}};
        for (const auto& row : rows) {
            world.gluetun().ports_answer = {row.kind, {}, "what to do"};
            CHECK(world.steps() == "");
            CHECK(world.planned().matches());
            CHECK(world.use() == row.use);
            CHECK(world.planned().forwarded_ports[0].message.ends_with(": what to do"));
            // What is unknown is shown as it was last known.
            const bool is_forwarded = row.kind != PortsAnswerKind::none;
            CHECK(world.planned().decisions[0].has_forwarded_port == is_forwarded);
        }
    }

    TEST_CASE("behind one gateway it happens as often in minInterval as there are ports") {
        PortWorld world(3);
        world.follow(0, 40001, 4min + 59s);
        forward(world.gluetun(), {{40002, 1h}});
        CHECK(world.steps() == "");
        CHECK(world.use() == "HeldBack");
        CHECK(world.wake_at() == noon + 1s);
        world.follow(0, 40001, 5min);
        CHECK(world.steps() == "replace acestream-0 ForwardedPortChanged @gluetun :40002");

        // Two ports, one of which was followed lately: one more may be.
        world.follow(1, 40003, 10s);
        forward(world.gluetun(), {{40002, 1h}, {40003, 1h}});
        CHECK(world.steps() == "replace acestream-0 ForwardedPortChanged @gluetun :40002");
        world.follow(2, 40004, 20s);
        CHECK(world.steps() == "");
        CHECK(world.wake_at() == noon + 4min + 40s);
    }

    TEST_CASE("an engine that was made anyway and took a port does not count") {
        PortWorld world(2);
        world.hold(0, 40001, 1s);
        forward(world.gluetun(), {{40002, 20s}});
        CHECK(world.steps() == "replace acestream-0 ForwardedPortChanged @gluetun :40002");
        CHECK(world.planned().steps[0].placement->followed);
    }

    TEST_CASE("one that was replaced for a port, and again for another reason, still counts") {
        PortWorld world(1);
        forward(world.gluetun(), {{40001, 1h}});
        for (const auto age : {Duration{4min}, Duration{5min}}) {
            world.follow(0, 40001, age);
            world.engine(0).state = EngineState::exited;
            world.engine(0).end = EngineEnd{1, false, "", noon};
            REQUIRE(world.steps() == "replace acestream-0 Exited @gluetun :40001");
            CHECK(world.planned().steps[0].placement->followed == (age < 5min));
        }
    }

    TEST_CASE("an engine made for a port lately is not replaced again, whatever others need") {
        PortWorld world(2);
        world.follow(0, 40001, 1min);
        world.hold(1, 40002);
        forward(world.gluetun(), {{40002, 1h}, {40003, 1h}});
        CHECK(world.steps() == "");
        CHECK(world.use() == "HeldBack");
        CHECK(world.wake_at() == noon + 4min);
    }

    TEST_CASE("a first port that appears late waits for stableFor only") {
        PortWorld world(1);
        world.engine(0).created_at = noon - 30s;
        forward(world.gluetun(), {{40001, 20s}});
        CHECK(world.steps() == "replace acestream-0 ForwardedPortChanged @gluetun :40001");
    }

    TEST_CASE("a port that moves all the time is called what it is") {
        PortWorld world(1);
        world.follow(0, 40001, 1min);
        forward(world.gluetun(), {{40007, 30s}});
        world.gluetun().port_changes = 6;
        CHECK(world.steps() == "");
        CHECK(world.use() == "Rotating");
    }

    TEST_CASE("who is created anyway takes the port, and nobody is replaced for it") {
        PortWorld world(3);
        world.hold(0, 40001);
        forward(world.gluetun(), {{40002, 1h}});
        world.engine(2) = exited(world.engine(2));
        CHECK(world.steps() == "replace acestream-2 Exited @gluetun :40002");
        CHECK(decision_on(world.planned(), "acestream-0") == "keep UpToDate");
    }

    TEST_CASE("nor is one that is still coming up") {
        PortWorld world(3);
        world.hold(2, 40001);
        world.engine(2).probe = {};
        world.engine(2).probe.failures = 1;
        forward(world.gluetun(), {{40002, 1h}});
        CHECK(world.steps() == "replace acestream-2 ForwardedPortChanged @gluetun :40002");
        world.engine(0) = exited(world.engine(0));
        CHECK(world.steps() == "replace acestream-0 Exited @gluetun :40002");
    }

    TEST_CASE("it counts against the rollout budget") {
        PortWorld world(2);
        forward(world.gluetun(), {{40001, 1h}, {40002, 1h}});
        CHECK(world.planned().steps.size() == 1);
        world.pool.max_unavailable = 2;
        CHECK(world.planned().steps.size() == 2);
        world.pool.max_unavailable = 1;
        world.engine(1) = exited(world.engine(1), 1, 1s, 5);
        CHECK(world.steps() == "");
        CHECK(decision_on(world.planned(), "acestream-0") == "outdated RolloutBudget");
    }

    TEST_CASE("a shared port moves for all, each at most once in minInterval") {
        PortWorld world(2);
        world.pool.forwarded_port.assign = PortAssignment::shared;
        world.pool.max_unavailable = 2;
        world.hold(0, 40001);
        world.follow(1, 40001, 1min);
        forward(world.gluetun(), {{40002, 1h}});
        CHECK(world.steps() == "replace acestream-0 ForwardedPortChanged @gluetun :40002");
        CHECK(world.wake_at() == noon + 4min);
    }

    TEST_CASE("a shared port is kept while it is forwarded, whatever comes beside it") {
        PortWorld world(2);
        world.pool.forwarded_port.assign = PortAssignment::shared;
        world.hold(0, 40005);
        world.hold(1, 40005);
        forward(world.gluetun(), {{40001, 1h}, {40005, 1h}});
        CHECK(world.steps() == "");
        world.seen.engines.pop_back();
        CHECK(world.steps() == "create acestream-1 Missing @gluetun :40005");
    }

    TEST_CASE("an edited assignment is rolled out") {
        PortWorld world(2);
        forward(world.gluetun(), {{40001, 1h}});
        world.hold(0, 40001);
        world.hold(1, 40001);
        CHECK(world.steps() == "replace acestream-1 TemplateChanged @gluetun");  // was shared
        world.pool.forwarded_port.assign = PortAssignment::none;
        CHECK(world.steps() == "replace acestream-1 TemplateChanged @gluetun");
    }

    TEST_CASE("a forwarded port that an old engine uses for HTTP is free when that one is gone") {
        PortWorld world(3);
        EnginePool before = world.pool;
        before.ports.http = 40000;
        world.engine(0) = test::engine(before, 0);
        world.engine(1) = test::engine(before, 1);
        forward(world.gluetun(), {{40000, 1h}});
        CHECK(world.steps() == "replace acestream-1 TemplateChanged @gluetun");
        world.engine(1) = test::engine(world.pool, 1);
        CHECK(world.steps() == "replace acestream-0 TemplateChanged @gluetun :40000");
    }

    TEST_CASE("a gateway that no engine is missing behind has nothing to wait for") {
        EnginePool pool = pool_of(1, {"a", "b"});
        Observation seen = matching_world(pool);
        for (auto& view : seen.gateways)
            forward(view, {{40001, 1h}});
        seen.engines[0] = holding(seen.engines[0], 40001);
        CHECK(plan(pool, seen, noon).forwarded_ports[1].use == PortUse::held);
        pool.replicas = 2;
        CHECK(plan(pool, seen, noon).forwarded_ports[1].use == PortUse::not_held);
    }

    TEST_CASE("a new engine takes the port that has settled: nobody is replaced for another one") {
        PortWorld world(2);
        forward(world.gluetun(), {{40001, 1h}, {40002, 1s}});
        world.seen.engines.pop_back();
        CHECK(world.steps() == "create acestream-1 Missing @gluetun :40001");
        CHECK(decision_on(world.planned(), "acestream-0") == "keep UpToDate");
    }

    TEST_CASE("an engine does not leave its gateway for one of its ports") {
        PortWorld world(1);
        world.pool = pool_of(1, {"gluetun", "spare"});
        world.seen = matching_world(world.pool);
        forward(world.gluetun(), {{40001, 1h}});
        world.seen.steps_in_flight[1] = {false, "gluetun", {19000, 0, 0, 0}};
        CHECK(world.steps() == "");
    }

    TEST_CASE("a gateway that is not ready is not followed") {
        PortWorld world(1);
        forward(world.gluetun(), {{40002, 1h}});
        world.gluetun().state = GatewayState::unhealthy;
        CHECK(world.steps() == "");
        CHECK(world.use() == "GatewayNotReady");
    }
}

TEST_SUITE("planner: P2P ports that are not open") {
    TEST_CASE("the holder of a forwarded port has failed, another engine serves as it can") {
        PortWorld world(2);
        forward(world.gluetun(), {{40001, 1h}});
        world.hold(0, 40001);
        for (std::size_t slot = 0; slot < 2; ++slot)
            world.engine(slot).probe.p2p_refusals = 3;
        CHECK(world.steps() == "replace acestream-0 P2PPortClosed @gluetun :40001");
        CHECK(world.planned().steps[0].placement->failures == 1);
        CHECK(decision_on(world.planned(), "acestream-1") == "keep P2PPortClosed");
        world.engine(0).probe.p2p_refusals = 2;
        CHECK(world.steps() == "");
        world.engine(0).probe.p2p_refusals = 3;
        world.engine(0).created_at = noon - 59s;  // it may still open it
        CHECK(world.steps() == "");
        CHECK(world.planned().matches());
    }

    TEST_CASE("it is tried again with growing pauses") {
        PortWorld world(1);
        forward(world.gluetun(), {{40001, 1h}});
        world.hold(0, 40001, 1min);
        world.engine(0).failures = 2;
        world.engine(0).probe.p2p_refusals = 3;
        world.engine(0).probe.p2p_refused_for = 1s;
        CHECK(world.steps() == "");
        CHECK(decision_on(world.planned(), "acestream-0") == "failed Backoff");
        CHECK(world.wake_at() == noon + 1s);
    }
}
