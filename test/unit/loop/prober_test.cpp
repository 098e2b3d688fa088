// The probe sensor with scripted answers and a clock that is moved by hand.
#include <doctest/doctest.h>

#include "loop/prober.h"
#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

struct ProbeBench {
    ManualClock clock;
    ScriptedProbes probes;
    int changes = 0;
    Prober prober{probes, clock, [this] { ++changes; }};

    explicit ProbeBench(bool young = false) {
        prober.set_targets({{"a", "172.18.0.2", 19000, young, "", 0}}, {});
    }

    ProbeView probe(ProbeOutcome outcome) {
        probes.otherwise = outcome;
        prober.turn(0ms);
        return prober.views()["a"];
    }

    // Two engines at one host, with its control server as the witness.
    void aim_with_witness(bool young = false) {
        const auto target = [&](const std::string& id, int port) {
            ProbeTarget result{id, "172.18.0.2", port, young, "", 0};
            result.witness_port = 8000;
            return result;
        };
        prober.set_targets({target("a", 19000), target("b", 19001)}, {});
    }
};

}  // namespace

TEST_SUITE("prober") {
    TEST_CASE("nothing is known before the first answer") {
        ProbeBench bench;
        CHECK(bench.prober.views().empty());
        CHECK_FALSE(bench.prober.asked_all());
        CHECK(bench.probe(ProbeOutcome::answered).answered_last);
        CHECK(bench.prober.asked_all());
        CHECK(bench.changes == 1);
        CHECK(bench.probes.asked[0].host == "172.18.0.2");
        CHECK(bench.probes.asked[0].path == ProbeSpec{}.path);
    }

    TEST_CASE("an engine that serves is asked once a period, one that comes up often") {
        for (const bool young : {false, true}) {
            ProbeBench bench(young);
            bench.probe(ProbeOutcome::failed);
            bench.clock.advance(250ms);
            bench.prober.turn(0ms);
            CHECK(bench.probes.asked.size() == 2);
            bench.clock.advance(ProbeSpec{}.startup_timeout);
            bench.prober.turn(0ms);
            bench.clock.advance(250ms);
            bench.prober.turn(0ms);
            CHECK(bench.probes.asked.size() == (young ? 4 : 3));
        }
        ProbeBench bench(true);
        bench.probe(ProbeOutcome::answered);
        bench.clock.advance(4999ms);
        bench.prober.turn(0ms);
        CHECK(bench.probes.asked.size() == 1);
        bench.clock.advance(1ms);
        bench.prober.turn(0ms);
        CHECK(bench.probes.asked.size() == 2);
    }

    TEST_CASE("an engine that is well is asked a little early, together with another") {
        const std::vector<ProbeTarget> both = {{"a", "172.18.0.2", 19000, false, "", 0},
                                               {"b", "172.18.0.2", 19001, false, "", 0}};
        struct Row {
            Duration later;  // that the second one is first asked
            ProbeOutcome reply;
            bool together;
        };
        for (const Row& row :
             {Row{500ms, ProbeOutcome::answered, true}, Row{501ms, ProbeOutcome::answered, false},
              Row{500ms, ProbeOutcome::stalled, false}}) {
            ProbeBench bench;
            bench.probe(row.reply);
            bench.clock.advance(row.later);
            bench.prober.set_targets(both, {});
            bench.probe(row.reply);
            CHECK(bench.probes.asked.size() == 2);
            bench.clock.advance(5000ms - row.later);
            bench.prober.turn(0ms);
            CHECK(bench.probes.asked.size() == (row.together ? 4 : 3));
        }
    }

    TEST_CASE("a turn waits no longer than until the next probe is due") {
        ProbeBench bench;
        bench.probe(ProbeOutcome::answered);
        bench.clock.advance(4200ms);
        bench.prober.turn(1000ms);
        CHECK(bench.probes.waits.back() == 800ms);
    }

    TEST_CASE("failures are counted in a row, and the loop is woken when they matter") {
        ProbeBench bench;
        bench.probe(ProbeOutcome::answered);
        bench.changes = 0;
        const std::vector<int> changes_after = {1, 1, 2, 2};
        for (std::size_t i = 0; i < changes_after.size(); ++i) {
            bench.clock.advance(5s);
            const ProbeView view = bench.probe(ProbeOutcome::failed);
            CHECK(view.failures == static_cast<int>(i) + 1);
            CHECK(view.answered_ever);
            CHECK(bench.changes == changes_after[i]);
        }
        bench.clock.advance(5s);
        CHECK(bench.prober.views()["a"].failing_for == 20s);
        CHECK(bench.probe(ProbeOutcome::answered).failures == 0);
        CHECK(bench.changes == 3);
    }

    TEST_CASE("a probe that does not get there counts for nothing") {
        ProbeBench bench;
        for (int i = 0; i < 10; ++i) {
            const ProbeView view = bench.probe(ProbeOutcome::unreachable);
            CHECK(view.failures == 0);
            CHECK(view.unreachable);
            bench.clock.advance(5s);
        }
        CHECK(bench.changes == 1);
        CHECK(bench.probe(ProbeOutcome::answered).answered_last);
        bench.clock.advance(5s);
        CHECK_FALSE(bench.probe(ProbeOutcome::unreachable).answered_last);
        bench.clock.advance(5s);
        bench.probe(ProbeOutcome::answered);
        CHECK(bench.changes == 4);
    }

    TEST_CASE("silence counts against an engine only where something replies at the same moment") {
        using enum ProbeOutcome;
        struct Row {
            ProbeOutcome of_a, of_witness, of_b;
            bool counts;
            std::string detail;
        };
        const std::string hangs = ": its accept queue is full, or it hangs";
        const std::string replies =
            "no reply to a connection attempt within 2s, though 172.18.0.2 replies on port ";
        const std::vector<Row> rows = {
            {silent, answered, silent, true, replies + "8000" + hangs},
            {silent, failed, silent, true, replies + "8000" + hangs},
            {silent, silent, silent, false, "connection timed out"},
            {silent, unreachable, silent, false, "connection timed out"},
            {silent, silent, answered, true, replies + "19001" + hangs},  // the other engine
            {unreachable, answered, answered, false, "no route to host"},
            {stalled, silent, silent, true, "no whole reply within 2s"},
        };
        for (const auto& row : rows) {
            CAPTURE(row.detail);
            ProbeBench bench;
            bench.aim_with_witness();
            bench.probes.outcomes = {{19000, row.of_a}, {8000, row.of_witness}, {19001, row.of_b}};
            bench.prober.turn(0ms);
            bench.clock.advance(1ms);
            bench.prober.turn(0ms);  // with the witnesses, where it was silent
            const ProbeView view = bench.prober.views()["a"];
            CHECK(view.failures == (row.counts ? 1 : 0));
            CHECK(view.unreachable == !row.counts);
            CHECK(view.detail == row.detail);
        }
    }

    TEST_CASE("nothing is known of a silent engine before it was asked beside its witness") {
        ProbeBench bench;
        bench.aim_with_witness();
        bench.probes.otherwise = ProbeOutcome::silent;
        bench.prober.turn(0ms);
        CHECK(bench.prober.views().empty());
        CHECK_FALSE(bench.prober.asked_all());
        REQUIRE(bench.probes.asked.size() == 2);
        bench.clock.advance(1ms);
        bench.prober.turn(0ms);
        CHECK(bench.prober.asked_all());
        REQUIRE(bench.probes.asked.size() == 6);
        CHECK(bench.probes.asked[2].kind == ProbeKind::http);
        CHECK(bench.probes.asked[3].kind == ProbeKind::connection);
        CHECK(bench.probes.asked[3].port == 8000);
    }

    TEST_CASE("a network that comes and goes says nothing") {
        ProbeBench bench;
        bench.aim_with_witness();
        for (int i = 0; i < 6; ++i) {
            bench.probes.otherwise = i % 2 == 0 ? ProbeOutcome::silent : ProbeOutcome::answered;
            bench.prober.turn(0ms);
            CHECK(bench.prober.views()["a"].failures == 0);
            bench.clock.advance(i % 2 == 0 ? 1ms : 5s);
        }
        CHECK(bench.prober.views()["a"].answered_last);
    }

    TEST_CASE("a witness speaks only for the probe that began with it") {
        ProbeBench bench;
        bench.aim_with_witness();
        bench.probes.otherwise = ProbeOutcome::silent;
        bench.probes.outcomes = {{8000, ProbeOutcome::answered}};
        bench.prober.turn(0ms);
        bench.clock.advance(1ms);
        bench.prober.turn(0ms);
        REQUIRE(bench.prober.views()["a"].failures == 1);
        bench.probes.outcomes = {{8000, ProbeOutcome::silent}};
        bench.clock.advance(5s);
        bench.prober.turn(0ms);
        CHECK(bench.prober.views()["a"].failures == 1);
        CHECK(bench.prober.views()["a"].unreachable);
    }

    TEST_CASE("a young engine that takes connections and does not reply is asked once a period") {
        using enum ProbeOutcome;
        for (const auto outcome : {failed, stalled, silent, unreachable}) {
            CAPTURE(static_cast<int>(outcome));
            ProbeBench bench;
            bench.aim_with_witness(true);
            bench.probes.otherwise = outcome;
            const auto http_asked = [&] {
                return std::ranges::count(bench.probes.asked, ProbeKind::http, &ProbeRequest::kind);
            };
            bench.prober.turn(0ms);
            const bool often = outcome == failed || outcome == unreachable;
            bench.clock.advance(250ms);
            bench.prober.turn(0ms);
            // The first silence is asked about at once.
            CHECK(http_asked() == (often || outcome == silent ? 4 : 2));
            bench.clock.advance(5s);
            bench.prober.turn(0ms);
            CHECK(http_asked() == (outcome == stalled ? 4 : 6));
        }
    }

    TEST_CASE("a reply to a probe from before its target was left out is ignored") {
        ProbeBench bench;
        bench.probes.holds = true;
        CHECK_FALSE(bench.probe(ProbeOutcome::answered).probed());
        bench.prober.set_targets({}, {});
        bench.prober.set_targets({{"a", "172.18.0.2", 19000, false, "", 0}}, {});
        bench.probes.holds = false;
        const ProbeView view = bench.probe(ProbeOutcome::failed);
        CHECK(bench.probes.asked.size() == 2);
        CHECK_FALSE(view.answered_ever);
        CHECK(view.failures == 1);
        CHECK(bench.changes == 0);
    }

    TEST_CASE("at an address that the spec names, failures count once an engine has answered") {
        ProbeBench bench;
        const ProbeTarget a{"a", "localhost", 19000, false, "", 0, true};
        const ProbeTarget b{"b", "localhost", 19001, false, "", 0, true};
        bench.prober.set_targets({a, b}, {});
        const auto views_after = [&](ProbeOutcome outcome) {
            bench.probe(outcome);
            bench.clock.advance(5s);
            return bench.prober.views();
        };
        for (int i = 0; i < 10; ++i) {
            auto views = views_after(ProbeOutcome::failed);
            CHECK(views["a"].unreachable);
            CHECK(views["a"].failures == 0);
            CHECK(views["a"].detail ==
                  "connection refused at localhost:19000, and no engine has answered at that host "
                  "yet (controlServer.address)");
        }
        bench.prober.set_targets({a}, {});
        CHECK(views_after(ProbeOutcome::answered)["a"].answered_last);
        // From here on it is known to lead to them: that of another one counts as well.
        bench.prober.set_targets({b}, {});
        auto views = views_after(ProbeOutcome::failed);
        CHECK_FALSE(views["b"].unreachable);
        CHECK(views["b"].failures == 1);
        CHECK(views["b"].detail == "connection refused");
    }

    TEST_CASE(
        "P2P is asked for once HTTP answers; refusals count, and an open port is asked rarely") {
        ProbeBench bench;
        bench.prober.set_targets({{"a", "localhost", 19000, false, "172.18.0.2", 40001}}, {});
        const auto p2p_asked = [&] {
            return std::ranges::count(bench.probes.asked, ProbeKind::connection,
                                      &ProbeRequest::kind);
        };
        bench.probe(ProbeOutcome::failed);
        CHECK(p2p_asked() == 0);

        bench.probes.p2p = ProbeOutcome::failed;
        bench.clock.advance(5s);
        bench.probe(ProbeOutcome::answered);
        bench.changes = 0;
        for (int refusals = 1; refusals <= 4; ++refusals) {
            bench.prober.turn(0ms);
            CHECK(p2p_asked() == refusals);
            CHECK(bench.probes.asked.back().port == 40001);
            CHECK(bench.probes.asked.back().host == "172.18.0.2");
            CHECK(bench.prober.views()["a"].p2p_refusals == refusals);
            CHECK(bench.changes == (refusals >= 3 ? 1 : 0));
            bench.clock.advance(5s);
            bench.prober.turn(0ms);  // HTTP
        }
        CHECK(bench.prober.views()["a"].p2p_refused_for == 20s);

        bench.probes.p2p = ProbeOutcome::unreachable;
        bench.clock.advance(5s);
        bench.prober.turn(0ms);
        bench.prober.turn(0ms);
        CHECK(bench.prober.views()["a"].p2p_refusals == 5);  // it says nothing

        bench.probes.p2p = ProbeOutcome::answered;
        bench.clock.advance(5s);
        bench.prober.turn(0ms);
        bench.prober.turn(0ms);
        CHECK(bench.prober.views()["a"].p2p_refusals == 0);
        CHECK(bench.changes == 2);
    }

    TEST_CASE("what is left out is forgotten") {
        ProbeBench bench;
        bench.probe(ProbeOutcome::failed);
        bench.prober.set_targets({}, {});
        CHECK(bench.prober.views().empty());
        bench.prober.set_targets({{"a", "172.18.0.2", 19000, false, "", 0}}, {});
        CHECK(bench.prober.views().empty());
    }

    TEST_CASE("an edited probe is asked at once") {
        ProbeBench bench;
        bench.probe(ProbeOutcome::answered);
        ProbeSpec edited;
        edited.path = "/other";
        bench.prober.set_targets({{"a", "172.18.0.2", 19000, false, "", 0}}, edited);
        bench.prober.turn(0ms);
        REQUIRE(bench.probes.asked.size() == 2);
        CHECK(bench.probes.asked[1].path == "/other");
    }

    TEST_CASE("an engine at an address that nobody knows is out of reach") {
        EnginePool pool = pool_of(1);
        Observation seen = matching_world(pool);
        seen.gateways[0].address.clear();
        seen.engines[0].probe = {};
        CHECK(probe_targets(pool, seen, noon).empty());
        mark_unreachable(pool, seen);
        CHECK(seen.engines[0].probe.unreachable);
        pool.gateways[0].control_server.address = "localhost";
        CHECK(probe_targets(pool, seen, noon).size() == 1);
    }

    TEST_CASE("without gateways an engine's P2P port is the witness for its HTTP port") {
        const EnginePool pool = pool_without_gateways(1);
        Observation seen = matching_world(pool);
        seen.engines[0].address = "172.17.0.5";
        REQUIRE(probe_targets(pool, seen, noon).size() == 1);
        CHECK(probe_targets(pool, seen, noon)[0].host == "172.17.0.5");
        CHECK(probe_targets(pool, seen, noon)[0].witness_port == 22000);
    }

    TEST_CASE("only engines behind a ready gateway, in its incarnation, are asked") {
        EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        CHECK(probe_targets(pool, seen, noon).size() == 2);
        CHECK(probe_targets(pool, seen, noon)[0].host == "172.18.0.2");
        CHECK(probe_targets(pool, seen, noon)[0].witness_port == 8000);
        CHECK_FALSE(probe_targets(pool, seen, noon)[0].named_in_spec);
        CHECK_FALSE(probe_targets(pool, seen, noon)[0].young);
        seen.engines[0].created_at = noon - 59s;
        CHECK(probe_targets(pool, seen, noon)[0].young);
        pool.gateways[0].control_server.address = "localhost";
        CHECK(probe_targets(pool, seen, noon)[0].named_in_spec);
        CHECK(probe_targets(pool, seen, noon)[0].host == "localhost");
        CHECK(probe_targets(pool, seen, noon)[0].p2p_host == "172.18.0.2");
        CHECK(probe_targets(pool, seen, noon)[0].p2p_port == 22000);
        pool.forwarded_port.assign = PortAssignment::shared;
        seen.engines[0].made_with_forwarded_port = true;  // and so are others, perhaps on this port
        CHECK(probe_targets(pool, seen, noon)[0].p2p_port == 0);
        CHECK(probe_targets(pool, seen, noon)[1].p2p_port == 22001);
        seen.engines[0] = exited(seen.engines[0]);
        CHECK(probe_targets(pool, seen, noon).size() == 1);
        seen.engines[1].incarnation.started_at = "earlier";
        CHECK(probe_targets(pool, seen, noon).empty());
        seen = matching_world(pool);
        seen.gateways[0].state = GatewayState::unhealthy;
        CHECK(probe_targets(pool, seen, noon).empty());
    }
}
