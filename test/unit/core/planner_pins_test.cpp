// Engines of a gateway that stands still, where the runtime keeps that gateway as long as they are
// there: they go at once.
#include <doctest/doctest.h>

#include "core/classify.h"
#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

struct PinnedWorld {
    explicit PinnedWorld(GatewayView gateway, bool pins = true) {
        seen.gateways = {std::move(gateway)};
        seen.engines = {engine(pool, 0), engine(pool, 1)};
        seen.runtime = {"Podman", "4.3.1", "1.41", pins};
    }

    std::string steps() const { return steps_of(plan(pool, seen, noon)); }

    EnginePool pool = pool_of(2);
    Observation seen;
};

GatewayView stopped() {
    return gateway("gluetun", GatewayState::stopped, 1s);
}

}  // namespace

TEST_CASE("engines of a stopped gateway go at once where they pin it, and else wait") {
    CHECK(PinnedWorld(stopped(), false).steps().empty());
    const PinnedWorld world(stopped());
    CHECK(world.steps() ==
          "remove acestream-0 GatewayNotReady, remove acestream-1 GatewayNotReady");
    const Plan result = plan(world.pool, world.seen, noon);
    for (const auto& step : result.steps)
        CHECK_FALSE(step.graceful);
    CHECK(result.decisions[0].fate == Fate::pinning);
    CHECK(result.decisions[0].message.find("Podman keeps that gateway while engines joined it") !=
          std::string::npos);
}

TEST_CASE("an engine whose gateway has another container by now goes before that one is ready") {
    for (const auto state : {GatewayState::starting, GatewayState::unhealthy}) {
        GatewayView made_again = gateway("gluetun", state, 1s);
        made_again.incarnation.id = "another";
        CHECK(PinnedWorld(made_again, false).steps().empty());
        CHECK(PinnedWorld(made_again).steps() ==
              "remove acestream-0 GatewayRecreated, remove acestream-1 GatewayRecreated");
    }
    CHECK(PinnedWorld(gateway("gluetun", GatewayState::missing, 1s)).steps() ==
          "remove acestream-0 GatewayGone, remove acestream-1 GatewayGone");
    GatewayView ready = gateway("gluetun");
    ready.incarnation.id = "another";
    CHECK(PinnedWorld(ready).steps() ==
          "replace acestream-0 GatewayRecreated @gluetun, "
          "replace acestream-1 GatewayRecreated @gluetun");
}

TEST_CASE("an engine of a gateway that runs, or is not known, pins nothing that anybody removes") {
    GatewayView restarted = gateway("gluetun", GatewayState::starting, 1s);
    restarted.incarnation.started_at = "started-2";
    CHECK(PinnedWorld(restarted).steps().empty());
    restarted.state = GatewayState::stopped;
    CHECK(PinnedWorld(restarted).steps() ==
          "remove acestream-0 GatewayRestarted, remove acestream-1 GatewayRestarted");
    for (const auto state :
         {GatewayState::unknown, GatewayState::paused, GatewayState::unhealthy}) {
        CHECK(PinnedWorld(gateway("gluetun", state)).steps().empty());
    }
    PinnedWorld stuck(stopped());
    stuck.seen.failed_removals[stuck.seen.engines[0].id] = {1, 0s, "dataset is busy"};
    CHECK(stuck.steps() == "remove acestream-1 GatewayNotReady");
}

TEST_CASE("a gateway that is restarted has a moment to run again") {
    PinnedWorld world(gateway("gluetun", GatewayState::stopped, 900ms));
    const Plan result = plan(world.pool, world.seen, noon);
    CHECK(result.steps.empty());
    CHECK(result.wake_at == noon + 100ms);
    world.seen.gateways[0] = gateway("gluetun");
    world.seen.gateways[0].incarnation.started_at = "started-2";
    CHECK(world.steps() ==
          "replace acestream-0 GatewayRestarted @gluetun, "
          "replace acestream-1 GatewayRestarted @gluetun");
}
