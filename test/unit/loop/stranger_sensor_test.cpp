// The sensor of processes that are not ours, on scripted ports.
#include "loop/stranger_sensor.h"

#include <doctest/doctest.h>

#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

using Ports = std::set<int>;

struct StrangerBench {
    EnginePool pool = pool_of(3);
    ScriptedPorts ports;
    StrangerSensor sensor{ports};

    Ports found_in(Observation seen) {
        ports.asked.clear();
        sensor.recall(seen);
        sensor.look_for(plan(pool, seen, noon), seen);
        return seen.gateways.at(0).strangers_ports;
    }
    Ports recalled_in(Observation seen) {
        ports.asked.clear();
        sensor.recall(seen);
        return seen.gateways.at(0).strangers_ports;
    }
};

}  // namespace

TEST_SUITE("stranger sensor") {
    TEST_CASE("the HTTP ports that new engines are to have are asked for") {
        StrangerBench bench;
        bench.ports.taken = {19000, 19001, 19002};
        Observation seen = matching_world(bench.pool);
        CHECK(bench.found_in(seen).empty());
        CHECK(bench.ports.asked.empty());

        seen.engines.pop_back();
        CHECK(bench.found_in(seen) == Ports{19002});
        CHECK(bench.ports.asked == std::vector<PortAddress>{{"172.18.0.2", 19002}});

        seen.engines.clear();
        bench.ports.taken.clear();
        CHECK(bench.found_in(seen).empty());
        CHECK(bench.ports.asked.size() == 3);
        seen.gateways[0].address.clear();
        CHECK(bench.found_in(seen).empty());
        CHECK(bench.ports.asked.empty());
    }

    TEST_CASE("what replies where an engine runs is taken for that engine") {
        StrangerBench bench;
        bench.ports.taken = {19000, 19001, 19002, 19003};
        Observation seen = matching_world(bench.pool);
        SUBCASE("one that is outdated") {
            seen.engines[0] = exited(seen.engines[0]);
            seen.engines[1].template_hash = "former";
            CHECK(bench.found_in(seen) == Ports{19000});
        }
        SUBCASE("one that was created before its gateway was restarted, and started after that") {
            seen.gateways[0].incarnation.started_at = "started-2";
            CHECK(bench.found_in(seen).empty());
        }
        SUBCASE("one that joined another container") {
            seen.gateways[0].incarnation.id = "another container";
            CHECK(bench.found_in(seen) == Ports{19000, 19001, 19002});
        }
        SUBCASE("one whose port is not known, and which may listen on that of its slot") {
            seen.engines[1] = exited(seen.engines[1]);
            seen.engines[2].ports.http = 0;
            CHECK(bench.found_in(seen) == Ports{19001});
        }
    }

    TEST_CASE("the new port of an engine that was made with another one is asked for") {
        StrangerBench bench;
        bench.ports.taken = {19000, 19001, 19002, 19003};
        Observation seen = matching_world(bench.pool);
        for (auto& engine : seen.engines)
            engine.incarnation.started_at = "earlier";
        bench.pool.ports.http += 1;
        // The others may be the pool's own, which are listed with them.
        CHECK(bench.found_in(seen) == Ports{19003});
    }

    TEST_CASE("a stranger stays known, and is asked for in every look, until it refuses") {
        StrangerBench bench;
        bench.ports.taken = {19002};
        Observation seen = matching_world(bench.pool);
        seen.engines.pop_back();
        CHECK(bench.found_in(seen) == Ports{19002});
        seen.engines.push_back(engine(bench.pool, 3));  // all are there: none is created
        CHECK(bench.recalled_in(seen) == Ports{19002});
        CHECK(bench.ports.asked.size() == 1);
        bench.ports.out_of_reach = true;
        CHECK(bench.recalled_in(seen) == Ports{19002});
        bench.ports.out_of_reach = false;
        bench.ports.taken.clear();
        CHECK(bench.recalled_in(seen).empty());
        bench.ports.taken = {19002};
        CHECK(bench.recalled_in(seen).empty());
        CHECK(bench.ports.asked.empty());
    }

    TEST_CASE("a stranger is forgotten with its namespace, and when a list shows who it is") {
        StrangerBench bench;
        bench.ports.taken = {19002};
        Observation seen = matching_world(bench.pool);
        seen.engines.pop_back();
        REQUIRE(bench.found_in(seen) == Ports{19002});
        SUBCASE("the gateway was made again") {
            seen.gateways[0].incarnation.id = "another";
        }
        SUBCASE("the gateway does not run") {
            seen.gateways[0].address.clear();
        }
        SUBCASE("it was an engine of ours") {
            seen.engines.push_back(engine(bench.pool, 2));
        }
        SUBCASE("it is an engine of another pool") {
            seen.neighbours.push_back({"id", "other-2", "other", gateway_id("gluetun"),
                                       ports_of_slot(bench.pool.ports, 2), noon});
        }
        CHECK(bench.recalled_in(seen).empty());
        CHECK(bench.ports.asked.empty());
    }
}
