// Stories without chance, in which the controller is killed before and after each single call: each
// ends as it does without that, with at most one engine more or less created in a slot.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "sim/simulation.h"
#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

EnginePool brisk(EnginePool pool) {
    pool.check_interval = 5s;
    pool.failover_after = 5s;
    pool.forwarded_port.stable_for = 2s;
    pool.forwarded_port.min_interval = 5s;
    pool.engine_template.image = "engine:1";
    pool.engine_template.probe.startup_timeout = 10s;
    pool.drain = {.timeout = 10s, .idle_for = 2s};
    return pool;
}

Story::Happening edit(Duration at, const std::function<void(EnginePool&)>& change) {
    return {at, [change](World& world) {
                EnginePool pool = world.spec();
                change(pool);
                world.save(std::move(pool));
            }};
}

std::vector<Story> stories() {
    const EnginePool three = brisk(pool_of(3));
    const EnginePool two_gateways = brisk(pool_of(3, {"a", "b"}));
    const auto docker = [](Duration at, const std::function<void(FakeRuntime&)>& what) {
        return Story::Happening{at, [what](World& world) { what(world.docker); }};
    };
    return {
        {"from nothing to three", three, {}, 10s},
        {"without a gateway", brisk(pool_without_gateways(2)), {}, 10s},
        {"down to one", three, {edit(15s, [](EnginePool& pool) { pool.replicas = 1; })}, 30s},
        {"an edited template",
         three,
         {edit(5s,
               [](EnginePool& pool) {
                   pool.engine_template.env = {{"EDIT", "1"}};
               })},
         30s},
        {"an engine is killed",
         three,
         {docker(5s,
                 [](FakeRuntime& world) {
                     if (world.has_network("acestream-1")) world.kill_container("acestream-1");
                 })},
         20s},
        {"the gateway is restarted",
         three,
         {docker(5s, [](FakeRuntime& world) { world.restart_container("gluetun"); })},
         20s},
        {"one of two gateways is lost, and comes back",
         two_gateways,
         {docker(5s, [](FakeRuntime& world) { world.stop_container("a"); }),
          docker(25s, [](FakeRuntime& world) { world.start_container("a"); })},
         60s},
        {"a gateway leaves the spec",
         two_gateways,
         {edit(5s, [](EnginePool& pool) { pool.gateways.pop_back(); })},
         40s},
        {"the image is missing",
         three,
         {docker(0s, [](FakeRuntime& world) { world.remove_image("engine:1"); })},
         30s},
    };
}

// What there is in the end: engines by slot, with what they were made from and for.
std::string end_of(const World& world) {
    std::vector<std::string> lines;
    for (const auto& life : world.lives()) {
        const auto gateway = world.docker.find(life.gateway_id);
        lines.push_back(std::to_string(life.slot) + " behind " + (gateway ? gateway->name : "-") +
                        " on " + std::to_string(life.ports.http) + " and " +
                        std::to_string(life.ports.p2p) + " of " + life.image + " " + life.edit);
    }
    std::ranges::sort(lines);
    std::string text;
    for (const auto& line : lines)
        text += line + "\n";
    return text;
}

struct Ending {
    std::string world;
    std::map<int, int> creates;
    int calls = 0;
};

Ending ending_of(const Story& story, std::optional<Death> death) {
    Simulation simulation(story, death);
    const SimulationResult result = simulation.run();
    CHECK(result.violation.value_or("none") == "none");
    return {end_of(simulation.world()), simulation.creates(), result.step};
}

}  // namespace

TEST_CASE("killed before or after any call, it ends where it would have ended") {
    for (const auto& story : stories()) {
        CAPTURE(story.name);
        const Ending undisturbed = ending_of(story, {});
        CHECK(!undisturbed.world.empty());
        CHECK(undisturbed.calls > 10);
        for (int call = 1; call <= undisturbed.calls; call += ROUNDHOUSE_EVERY_CALL) {
            for (const bool after : {false, true}) {
                CAPTURE(call);
                CAPTURE(after);
                const Ending ending = ending_of(story, Death{call, after});
                CHECK(ending.world == undisturbed.world);
                for (const auto& expected : undisturbed.creates) {
                    const int slot = expected.first;
                    const auto found = ending.creates.find(slot);
                    const int here = found == ending.creates.end() ? 0 : found->second;
                    CAPTURE(slot);
                    CHECK(std::abs(here - expected.second) <= 1);
                }
            }
        }
    }
}
