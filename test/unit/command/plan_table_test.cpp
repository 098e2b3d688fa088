// The table of `roundhouse plan`.
#include "edge/command/plan_table.h"

#include <doctest/doctest.h>

#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

TEST_SUITE("plan table") {
    TEST_CASE("each engine has its step, or what it waits for") {
        const EnginePool pool = pool_of(4);
        Observation seen = matching_world(pool);
        seen.engines[1] = exited(seen.engines[1], 137, 0s, 2);
        seen.engines[2].template_hash = "another";
        seen.engines.pop_back();
        forward(seen.gateways[0], {{40001, 1h}});
        seen.engines[0] = holding(seen.engines[0], 40001);
        const std::string text = plan_as_table(pool, plan(pool, seen, noon), noon, false);
        const auto shows = [&text](const std::string& line) {
            return text.find(line) != std::string::npos;
        };
        CHECK(shows(
            "  FATE      STEP    REASON         WAITS FOR                            MESSAGE\n"));
        CHECK(shows("  keep      -       UpToDate       -\n"));
        CHECK(shows(
            "  failed    -       Backoff        in 2s, then replaced                 exited"));
        CHECK(shows("  outdated  -       RolloutBudget  acestream-1 is ready, then replaced  was"));
        CHECK(shows("  missing   create  Missing        -\n"));
    }

    TEST_CASE("what a person has to do stands in the table") {
        EnginePool pool = pool_of(2);
        Observation seen = matching_world(pool);
        seen.gateways[0].published_tcp_ports = {19000};
        seen.engines.pop_back();
        const std::string text = plan_as_table(pool, plan(pool, seen, noon), noon, false);
        CHECK(text.find(
                  "NoPublishedPort  nothing by itself: publish 19000-19019 on gluetun  no ready") !=
              std::string::npos);
    }
    TEST_CASE("the preset that tells engines their ports is named") {
        EnginePool pool = pool_of(1);
        const Plan nothing = plan(pool, matching_world(pool), noon);
        CHECK(plan_as_table(pool, nothing, noon, false).find("preset") == std::string::npos);
        pool.engine_template.image = "jopsis/aceserve:latest";
        pool.engine_template.preset = "jopsis/aceserve";
        const std::string text = plan_as_table(pool, nothing, noon, false);
        CHECK(text.find("\nengines of jopsis/aceserve:latest are told their ports by the preset "
                        "jopsis/aceserve\n") != std::string::npos);
    }
}
