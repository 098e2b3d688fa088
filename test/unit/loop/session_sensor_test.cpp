// Sessions and their ages, and for how long wishes exist.
#include <doctest/doctest.h>

#include "loop/session_sensor.h"
#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

using State = SocketRow::State;

// A gateway with two engines, on ports 19000 and 19001.
struct SessionBench {
    explicit SessionBench(EnginePool of = pool_of(2)) : pool(std::move(of)) {
        engines = matching_world(pool).engines;
        GatewayContainer container;
        container.id = gateway_id("gluetun");
        container.started_at = "started-1";
        container.pid = 42;
        container.running = true;
        GatewaySighting sighting;
        sighting.name = "gluetun";
        sighting.container = container;
        if (!pool.gateways.empty()) gateways.push_back(std::move(sighting));
        sockets.readable = true;
    }

    // Another look, `later` after the last.
    void look(Duration later = 0s) {
        clock.advance(later);
        for (auto& each : engines) {
            each.usage.reset();
            each.usage_unknown.clear();
            each.wished_for = 0s;
            each.p2p_listens.reset();
            each.p2p_unheard_for = 0s;
        }
        sensor.measure(gateways, engines);
    }
    void row(State state, const Endpoint& peer, Duration ended_for = 0s) {
        sockets.rows[gateway_id("gluetun")].push_back({state, 19000, peer, ended_for});
    }
    std::string run(const std::string& name) {
        FakeContainer container;
        container.name = name;
        container.network_mode = "bridge";
        return docker.run_container(container);
    }
    void no_rows() { sockets.rows.clear(); }
    UsageView usage(std::size_t engine = 0) const {
        REQUIRE(engines[engine].usage);
        return *engines[engine].usage;
    }

    EnginePool pool;
    std::vector<EngineView> engines;
    std::vector<GatewaySighting> gateways;
    ManualClock clock;
    FakeRuntime docker;
    ThreadWorkers workers;
    ScriptedSockets sockets;
    OwnConnections own{clock};
    SessionSensor sensor{docker, workers, sockets, own, clock};
};

const Endpoint viewer{"203.0.113.9", 50'000};

}  // namespace

TEST_SUITE("session sensor") {
    TEST_CASE("whether anything listens on the P2P port, while the engine answers over HTTP") {
        SessionBench bench;
        bench.look();
        CHECK(bench.engines[0].p2p_listens == true);
        bench.sockets.unheard = {22000};
        bench.look(5s);
        CHECK(bench.engines[0].p2p_listens == false);
        CHECK(bench.engines[0].p2p_unheard_for == 0s);
        CHECK(bench.engines[1].p2p_listens == true);
        bench.look(20s);
        CHECK(bench.engines[0].p2p_unheard_for == 20s);
        bench.sockets.readable = false;
        bench.look(5s);
        CHECK_FALSE(bench.engines[0].p2p_listens);
        bench.sockets.readable = true;
        bench.engines[0].probe.answered_last = false;
        bench.look(5s);
        CHECK(bench.engines[0].p2p_unheard_for == 0s);
        bench.engines[0].probe.answered_last = true;
        bench.sockets.unheard.clear();
        bench.look(5s);
        CHECK(bench.engines[0].p2p_listens == true);
    }

    TEST_CASE(
        "an engine that one list lacks is the same afterwards, and after a minute another one") {
        SessionBench bench;
        bench.row(State::established, viewer);
        bench.look();
        Plan plan;
        plan.decisions.emplace_back().engine_id = bench.engines[0].id;
        plan.decisions[0].wished = true;
        bench.sensor.note_wishes(plan);
        const std::vector<EngineView> all = std::exchange(bench.engines, {});
        bench.look(5s);
        bench.engines = all;
        bench.no_rows();
        bench.look(2s);
        CHECK(bench.usage() == UsageView{0, 7s, false});
        CHECK(bench.engines[0].wished_for == 7s);
        bench.engines.clear();
        bench.look(61s);
        bench.engines = all;
        bench.look();
        CHECK(bench.usage().never_used);
        CHECK(bench.engines[0].wished_for == 0s);
    }

    TEST_CASE("established connections to an engine's port are its sessions; one read a gateway") {
        SessionBench bench;
        bench.row(State::established, viewer);
        bench.row(State::established, {"203.0.113.9", 50'001});
        bench.look();
        CHECK(bench.usage(0) == UsageView{2, 0s, false});
        CHECK(bench.usage(1) == UsageView{0, 0s, false});
        CHECK(bench.sockets.reads == std::vector<ContainerProcess>{{gateway_id("gluetun"), 42}});
        bench.no_rows();
        bench.look(5s);
        CHECK(bench.usage(0) == UsageView{0, 5s, false});
        bench.look(5s);
        CHECK(bench.usage(0) == UsageView{0, 10s, false});
    }

    TEST_CASE("our own connections are none, by address and port, and only while they are ours") {
        SessionBench bench;
        const Endpoint probe{"172.18.0.1", 40'000};
        bench.own.opened(probe);
        bench.row(State::established, probe);
        bench.look();
        CHECK(bench.usage().sessions == 0);
        bench.own.closed(probe);
        bench.look(1s);
        CHECK(bench.usage().sessions == 0);
        // Somebody else got the port, through a proxy on this machine.
        bench.look(5s);
        CHECK(bench.usage().sessions == 1);
        bench.no_rows();
        bench.row(State::established, {"172.18.0.1", 40'001});
        bench.look();
        CHECK(bench.usage().sessions == 1);
    }

    TEST_CASE("what the kernel remembers of our own connections is no use") {
        SessionBench bench;
        const Endpoint probe{"172.18.0.1", 40'000};
        bench.own.opened(probe);
        bench.own.closed(probe);
        bench.look();
        bench.row(State::ended, probe, 20s);
        bench.look(20s);
        CHECK(bench.usage().idle_for == 20s);
        bench.no_rows();
        bench.row(State::half_closed, probe);
        bench.look(10s);
        CHECK(bench.usage().idle_for == 30s);
    }

    TEST_CASE("a connection that has ended was use until then; one half closed counts once") {
        SessionBench bench;
        bench.look();
        bench.row(State::ended, viewer, 7s);
        bench.look(30s);
        CHECK(bench.usage() == UsageView{0, 7s, false});
        bench.no_rows();
        bench.row(State::half_closed, viewer);
        bench.look(10s);
        CHECK(bench.usage() == UsageView{0, 0s, false});
        bench.look(20s);  // the engine never closes it
        CHECK(bench.usage() == UsageView{0, 20s, false});
    }

    TEST_CASE("health checks of the image end within the namespace, and are no use") {
        SessionBench bench;
        bench.look();
        bench.row(State::ended, {"127.0.0.1", 50'000}, 1s);
        bench.row(State::ended, {"::1", 50'000}, 1s);
        bench.look(30s);
        CHECK(bench.usage().idle_for == 30s);
        bench.row(State::established, {"127.0.0.1", 50'001});  // a player beside the engine
        bench.look();
        CHECK(bench.usage().sessions == 1);
    }

    TEST_CASE("an engine that came while the sensor looked, and had no session, was never used") {
        SessionBench bench;
        EngineView late = bench.engines.back();
        bench.engines.pop_back();
        bench.look();
        CHECK_FALSE(bench.usage().never_used);
        bench.engines.push_back(late);
        bench.look(5s);
        CHECK(bench.usage(1) == UsageView{0, 0s, true});
        bench.look(5s);
        CHECK(bench.usage(1) == UsageView{0, 5s, true});
        bench.sockets.connect(gateway_id("gluetun"), 19001, 1);
        bench.look(5s);
        bench.no_rows();
        bench.look(1h);
        CHECK(bench.usage(1) == UsageView{0, 1h, false});
    }

    TEST_CASE("a session that ended before the engine came was its predecessor's") {
        SessionBench bench;
        const EngineView late = bench.engines.front();
        bench.engines.clear();
        bench.look();
        bench.engines.push_back(late);
        bench.row(State::ended, viewer, 2s);
        bench.look(5s);
        CHECK(bench.usage().never_used);
        bench.no_rows();
        bench.row(State::ended, viewer, 2s);
        bench.look(5s);
        CHECK(bench.usage() == UsageView{0, 2s, false});
    }

    TEST_CASE("a table that cannot be read: what was known holds for a minute, then nothing") {
        SessionBench bench;
        bench.row(State::established, viewer);
        bench.look();
        bench.sockets.readable = false;
        bench.look(30s);
        CHECK(bench.usage() == UsageView{1, 0s, false});
        CHECK(bench.usage(1).idle_for == 0s);  // nobody knows
        bench.look(31s);
        CHECK_FALSE(bench.engines[0].usage);
        CHECK(bench.engines[0].usage_unknown == "no table here");
        bench.sockets.readable = true;
        bench.no_rows();
        bench.look(1s);
        CHECK(bench.usage() == UsageView{0, 1s, false});  // unknown was not idle
    }

    TEST_CASE("what was never known is unknown at once") {
        SessionBench bench;
        bench.sockets.readable = false;
        bench.look();
        CHECK_FALSE(bench.engines[0].usage);
        CHECK(bench.engines[0].usage_unknown == "no table here");
    }

    TEST_CASE("engines of another start of the gateway, and those that do not run, have none") {
        SessionBench bench;
        bench.engines[0].incarnation.started_at = "started-0";
        bench.engines[1].state = EngineState::exited;
        bench.look();
        CHECK_FALSE(bench.engines[0].usage);
        CHECK_FALSE(bench.engines[1].usage);
        CHECK(bench.engines[0].usage_unknown.empty());
        CHECK(bench.engines[1].usage_unknown.empty());
        CHECK(bench.sockets.reads.empty());
    }

    TEST_CASE("time in which a gateway was not there is not idle") {
        SessionBench bench;
        bench.look();
        bench.look(20s);
        const auto container = bench.gateways[0].container;
        bench.gateways[0].container.reset();
        bench.look(1s);
        CHECK(bench.engines[0].usage_unknown.empty());
        bench.gateways[0].container = container;
        bench.look(1s);
        CHECK(bench.usage().idle_for == 1s);
    }

    TEST_CASE("a gateway that Docker does not tell of leaves what was known of its engines") {
        SessionBench bench;
        bench.row(State::established, viewer);
        bench.look();
        bench.gateways[0].container.reset();
        bench.gateways[0].unknown = "docker: cannot inspect gluetun";
        bench.look(5s);
        CHECK(bench.usage().sessions == 1);
        bench.look(60s);
        CHECK(bench.engines[0].usage_unknown == "docker: cannot inspect gluetun");
    }

    TEST_CASE("without gateways each engine's process is asked for once") {
        SessionBench bench(pool_without_gateways(2));
        for (auto& each : bench.engines) {
            each.id = bench.run(each.name);
            bench.sockets.connect(each.id, each.ports.http, 1);
        }
        bench.look();
        CHECK(bench.usage(0).sessions == 1);
        CHECK(bench.usage(1).sessions == 1);
        bench.look(5s);
        const auto inspections =
            std::ranges::count(bench.docker.calls(), Operation::inspect_pid, &FakeCall::operation);
        CHECK(inspections == 2);
        CHECK(bench.sockets.reads[0].pid == bench.docker.find(bench.engines[0].id)->pid);
        bench.docker.fail_next(Operation::inspect_pid);
        bench.engines[1].id = bench.run("third");
        bench.look(5s);
        CHECK_FALSE(bench.engines[1].usage);
        CHECK(bench.engines[1].usage_unknown == "docker: the connection broke");
    }

    TEST_CASE("a session was there when the table was read, however long the look had taken") {
        SessionBench bench(pool_without_gateways(1));
        bench.engines[0].id = bench.run("engine");
        bench.sockets.connect(bench.engines[0].id, bench.engines[0].ports.http, 1);
        bench.docker.set_mishap_source([&](const FakeCall& call) -> std::optional<Mishap> {
            if (call.operation == Operation::inspect_pid) bench.clock.advance(5s);
            return std::nullopt;
        });
        bench.look();
        bench.sockets.connect(bench.engines[0].id, bench.engines[0].ports.http, 0);
        bench.look(2s);
        CHECK(bench.usage() == UsageView{0, 2s, false});
    }

    TEST_CASE("between two measures, what was known holds, and time passes") {
        SessionBench bench;
        bench.row(State::established, viewer);
        bench.look();
        const auto recall = [&](Duration later) {
            bench.clock.advance(later);
            bench.sensor.recall(bench.engines);
        };
        bench.no_rows();
        recall(5s);
        CHECK(bench.usage(0) == UsageView{1, 0s, false});
        CHECK(bench.usage(1) == UsageView{0, 5s, false});
        EngineView late = bench.engines[1];
        late.id = "late";
        bench.engines.push_back(late);
        recall(0s);
        recall(2s);
        CHECK(bench.usage(2) == UsageView{0, 2s, true});
        CHECK(bench.sockets.reads.size() == 1);
    }

    TEST_CASE("tables are read before a serving engine goes, and seldom while nobody watches") {
        SessionBench bench;
        Plan plan;
        const auto due_after = [&](Duration time) {
            bench.clock.advance(time);
            const bool is_due = bench.sensor.is_due(plan, 5s);
            bench.clock.advance(-time);
            return is_due;
        };
        CHECK(due_after(0s));
        bench.look();
        CHECK_FALSE(due_after(49s));
        CHECK(due_after(50s));
        bench.row(State::established, viewer);
        CHECK(due_after(2500ms));
        bench.look();
        CHECK_FALSE(due_after(2s));
        CHECK(due_after(2500ms));
        // A step for an engine that serves nobody does not wait for tables.
        plan.steps.emplace_back();
        CHECK_FALSE(due_after(24s));
        CHECK(due_after(25s));
        plan.steps.back().graceful = true;
        CHECK(due_after(0s));
        plan.steps.clear();
        plan.decisions.emplace_back();
        CHECK_FALSE(due_after(0s));
        plan.decisions.back().wished = true;
        CHECK(due_after(0s));
    }

    TEST_CASE("a wish is as old as its first plan, while every plan has it") {
        SessionBench bench;
        const auto wish = [&](bool wished, Fate fate = Fate::outdated) {
            Plan plan;
            Decision decision;
            decision.engine_id = bench.engines[0].id;
            decision.wished = wished;
            decision.fate = fate;
            plan.decisions.push_back(decision);
            bench.sensor.note_wishes(plan);
        };
        bench.look();
        wish(true);
        bench.look(5s);
        CHECK(bench.engines[0].wished_for == 5s);
        wish(true);
        bench.look(5s);
        CHECK(bench.engines[0].wished_for == 10s);
        wish(false, Fate::busy);  // a step that may fail
        bench.look(5s);
        CHECK(bench.engines[0].wished_for == 15s);
        wish(false, Fate::keep);
        bench.look(5s);
        CHECK(bench.engines[0].wished_for == 0s);
        wish(true);
        bench.look(5s);
        CHECK(bench.engines[0].wished_for == 5s);
    }
}
