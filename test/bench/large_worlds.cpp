#include "bench/large_worlds.h"

#include <algorithm>
#include <string>
#include <vector>

#include "fakes/dice.h"
#include "unit/core/worlds.h"

namespace roundhouse::bench {

namespace {

// So far apart that the ranges of any number of engines do not touch: there are not as many ports
// in one namespace, but the planner only counts.
constexpr PortBases far_apart{1'000'000, 2'000'000, 3'000'000, 4'000'000};
constexpr int first_forwarded_port = 40'000;

EnginePool pool_of(int engines, int gateways) {
    std::vector<std::string> names;
    for (int i = 0; i < gateways; ++i)
        names.push_back("gluetun-" + std::to_string(i));
    EnginePool pool = test::pool_of(engines, std::move(names));
    pool.max_active_replicas = engines;
    pool.ports = far_apart;
    return pool;
}

// As long as Docker's: what is short enough is copied for nothing.
std::string id_of(const std::string& name) {
    return std::string(64 - name.size(), '0') + name;
}

void join(EngineView& engine, const std::string& gateway) {
    engine.gateway = gateway;
    engine.incarnation.id = id_of(gateway);
    engine.network = {engine.incarnation.id, {}};
}

}  // namespace

// Each gateway forwards one port, which its first engine holds.
World matching(int engines, int gateways) {
    World world{pool_of(engines, gateways), {}, 0};
    world.seen = test::matching_world(world.pool);
    int port = first_forwarded_port;
    for (auto& gateway : world.seen.gateways) {
        gateway.incarnation.id = id_of(gateway.name);
        gateway.ready_for = std::chrono::hours{1};
        test::forward(gateway, {{port++, std::chrono::hours{1}}});
    }
    for (auto& engine : world.seen.engines) {
        if (*engine.slot < gateways) {
            engine = test::holding(std::move(engine), first_forwarded_port + *engine.slot);
        }
        engine.id = id_of(engine.name);
        join(engine, engine.gateway);
    }
    // Docker lists the newest first, and slots are made in any order. The copy lies in memory as a
    // list that was just read does.
    auto shuffled = world.seen.engines;
    std::shuffle(shuffled.begin(), shuffled.end(), test::Dice(1));
    world.seen.engines = std::vector<EngineView>(shuffled);
    return world;
}

World missing(int engines, int gateways) {
    World world = matching(engines, gateways);
    world.seen.engines.clear();
    world.steps = engines;
    return world;
}

World stranded(int engines, int gateways) {
    World world = matching(engines, gateways);
    for (auto& gateway : world.seen.gateways)
        gateway.incarnation.started_at = "started-2";
    world.steps = engines;
    return world;
}

World outdated(int engines, int gateways) {
    World world = matching(engines, gateways);
    world.pool.engine_template.image = "acestream:later";
    world.steps = world.pool.max_unavailable;
    return world;
}

World lopsided(int engines, int gateways) {
    World world = matching(engines, gateways);
    for (auto& engine : world.seen.engines) {
        join(engine, world.pool.gateways.front().container);
        if (*engine.slot == 0) continue;
        engine.made_with_forwarded_port = false;
        engine.ports = ports_of_slot(far_apart, *engine.slot);
    }
    world.steps = gateways > 1 ? 1 : 0;
    return world;
}

World sharing(int engines, int gateways) {
    World world = stranded(engines, gateways);
    world.pool.forwarded_port.assign = PortAssignment::shared;
    return world;
}

World among_strangers(int engines, int gateways) {
    World world = missing(engines, gateways);
    for (int slot = 0; slot < engines / 2; ++slot)
        world.seen.foreign_names[slot] = "stranger";
    world.steps = engines - engines / 2;
    return world;
}

}  // namespace roundhouse::bench
