// One story for each fault of the planner's that only time or order shows, by the rows of its
// review. What the watchdog looks at in every world is not looked at once more.
#include <doctest/doctest.h>

#include <algorithm>

#include "sim/disturber.h"
#include "sim/simulation.h"
#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

using Happening = Story::Happening;
using What = std::function<void(World&)>;

EnginePool brisk(EnginePool pool) {
    pool.check_interval = 5s;
    pool.engine_template.image = "engine:1";
    pool.engine_template.probe.startup_timeout = 10s;
    return pool;
}

What saves(const std::function<void(EnginePool&)>& change) {
    return [change](World& world) {
        EnginePool pool = world.spec();
        change(pool);
        world.save(std::move(pool));
    };
}

What happens(Disturbance what) {
    return [what](World& world) { Disturber(world).happen(what); };
}

What has_ports(std::vector<int> ports) {
    return [ports](World& world) { world.control_server("gluetun").ports = ports; };
}

What has_ip(const std::string& ip) {
    return [ip](World& world) {
        auto& server = world.control_server("gluetun");
        const bool comes = server.reading.public_ip == "";
        server.reading.public_ip = ip;
        if (!comes) server.connects.push_back(world.clock.elapsed);
    };
}

void vpn_is(World& world, VpnStatus status) {
    auto& server = world.control_server("gluetun");
    server.reading.vpn_status = status;
    if (status == VpnStatus::running) server.connects.push_back(world.clock.elapsed);
    if (status != VpnStatus::running) server.reading.public_ip = "";
}

struct Outcome {
    std::string violation;
    int creates = 0;          // of all engines
    int creates_in_slot = 0;  // the most
};

Outcome outcome_of(const EnginePool& pool, std::vector<Happening> happenings, Duration lasts) {
    Simulation simulation(Story{"", pool, std::move(happenings), lasts});
    const SimulationResult result = simulation.run();
    Outcome outcome;
    outcome.violation = result.violation.value_or("none");
    for (const auto& [slot, creates] : simulation.creates()) {
        outcome.creates += creates;
        outcome.creates_in_slot = std::max(outcome.creates_in_slot, creates);
    }
    return outcome;
}

}  // namespace

TEST_CASE("row 1: an engine whose accept queue is full is replaced, once") {
    const Outcome outcome =
        outcome_of(brisk(pool_of(1)), {{20s, happens(Disturbance::queue_full)}}, 2min);
    CHECK(outcome.violation == "none");
    CHECK(outcome.creates == 2);
}

TEST_CASE("row 2: an engine without a place holds up no rollout of the others") {
    EnginePool pool = brisk(pool_of(3));
    pool.max_active_replicas = 3;
    const Outcome outcome = outcome_of(pool,
                                       {{20s,
                                         [](World& world) {
                                             FakeContainer gateway = *world.docker.find("gluetun");
                                             gateway.published_tcp_ports = {19000, 19001};
                                             world.docker.remove_container("gluetun");
                                             world.docker.run_container(gateway);
                                             world.note_gateway("gluetun");
                                         }},
                                        {60s, saves([](EnginePool& spec) {
                                             spec.engine_template.env = {{"EDIT", "1"}};
                                         })}},
                                       3min);
    CHECK(outcome.violation == "none");
    CHECK(outcome.creates == 3 + 2 + 2);
}

TEST_CASE("row 4: a lowered cap moves engines within the budget") {
    const auto strangers = [](bool come) {
        return [come](World& world) {
            for (int slot = 0; slot < 4; ++slot) {
                FakeContainer stranger;
                stranger.name = "acestream-" + std::to_string(slot);
                stranger.image = "other";
                stranger.network_mode = "bridge";
                if (come) world.docker.run_container(stranger);
                if (!come) world.docker.remove_container(stranger.name);
            }
        };
    };
    const Outcome outcome =
        outcome_of(brisk(pool_of(4)),
                   {{0s, strangers(true)},
                    {30s, strangers(false)},
                    {40s, saves([](EnginePool& spec) { spec.max_active_replicas = 4; })}},
                   2min);
    CHECK(outcome.violation == "none");
    CHECK(outcome.creates == 8);
}

TEST_CASE("row 6: while the control server is silent, a shared port is kept") {
    EnginePool pool = brisk(pool_of(2));
    pool.forwarded_port.assign = PortAssignment::shared;
    int listens_on = 0;
    const Outcome outcome =
        outcome_of(pool,
                   {{0s, has_ports({40000})},
                    {60s,
                     [](World& world) {
                         world.control_server("gluetun").broken = PortsAnswerKind::unreachable;
                     }},
                    {70s, [](World& world) { world.docker.kill_container("acestream-1"); }},
                    {90s,
                     [&](World& world) {
                         for (const auto& life : world.lives())
                             listens_on = life.slot == 1 ? life.ports.p2p : listens_on;
                     }}},
                   2min);
    CHECK(outcome.violation == "none");
    CHECK(listens_on == 40000);
    CHECK(outcome.creates <= 2 + 2 + 1);
}

TEST_CASE("row 7: a public IP that comes 40 s after the VPN is part of the same reconnect") {
    const Outcome outcome =
        outcome_of(brisk(pool_of(2)),
                   {{60s, [](World& world) { vpn_is(world, VpnStatus::stopped); }},
                    {75s, [](World& world) { vpn_is(world, VpnStatus::running); }},
                    {115s, has_ip("198.51.100.7")}},
                   10min);
    CHECK(outcome.violation == "none");
    CHECK(outcome.creates == 4);
}

TEST_CASE("row 7: a public IP that alternates all the time restarts engines each 5 minutes") {
    std::vector<Happening> happenings;
    for (int i = 0; i < 150; ++i)
        happenings.push_back({60s + i * 8s, has_ip(i % 2 == 0 ? "198.51.100.7" : "198.51.100.8")});
    const Outcome outcome = outcome_of(brisk(pool_of(2)), happenings, 22min);
    CHECK(outcome.violation == "none");
    CHECK(outcome.creates_in_slot >= 2);
    CHECK(outcome.creates_in_slot <= 1 + 6);
}

TEST_CASE("row 7b: Docker's health flaps, the control server says that the VPN runs") {
    std::vector<Happening> happenings;
    using Health = GatewayContainer::Health;
    for (int i = 0; i < 7; ++i) {
        const auto set = [](Health health) {
            return [health](World& world) { world.docker.set_health("gluetun", health); };
        };
        happenings.push_back({60s + i * 90s, set(Health::unhealthy)});
        happenings.push_back({64s + i * 90s, set(Health::healthy)});
    }
    const Outcome outcome = outcome_of(brisk(pool_of(3)), happenings, 12min);
    CHECK(outcome.violation == "none");
    CHECK(outcome.creates == 3);
}

TEST_CASE("row 9: an image that never listens on its forwarded port is tried a few times a day") {
    const Outcome outcome = outcome_of(
        brisk(pool_of(2)),
        {{0s, [](World& world) { world.p2p_ignored = true; }}, {0s, has_ports({40000})}}, 24h);
    CHECK(outcome.violation == "none");
    CHECK(outcome.creates <= 12);
}

TEST_CASE("row 10: a renamed gateway is the same gateway") {
    const Outcome outcome =
        outcome_of(brisk(pool_of(3)),
                   {{0s, has_ports({40000})}, {60s, happens(Disturbance::gateway_renamed)}}, 3min);
    CHECK(outcome.violation == "none");
    CHECK(outcome.creates <= 3 + 3 + 1);
}

TEST_CASE("row 12: of too many, those go that leave the gateways even") {
    const auto wants = [](int replicas) {
        return saves([replicas](EnginePool& spec) { spec.replicas = replicas; });
    };
    const Outcome outcome =
        outcome_of(brisk(pool_of(2, {"a", "b"})),
                   {{0s, [](World& world) { world.docker.stop_container("b"); }},
                    {30s, [](World& world) { world.docker.start_container("b"); }},
                    {40s, wants(4)},
                    {100s, wants(2)}},
                   3min);
    CHECK(outcome.violation == "none");
    CHECK(outcome.creates == 4);
}

TEST_CASE("row 14: an engine that cannot be removed holds up no rollout of the others") {
    const auto is_stuck = [](World& world) {
        const auto id = world.docker.find("acestream-3")->id;
        world.stuck.insert(id);
        world.unstoppable.insert(id);
    };
    std::ptrdiff_t rolled_out = 0;
    const Outcome outcome = outcome_of(brisk(pool_of(4)),
                                       {{20s, is_stuck},
                                        {30s, saves([](EnginePool& spec) {
                                             spec.engine_template.env = {{"EDIT", "1"}};
                                         })},
                                        {4min,
                                         [&](World& world) {
                                             rolled_out = std::ranges::count(
                                                 world.lives(), "EDIT=1", &EngineLife::edit);
                                         }}},
                                       5min);
    CHECK(outcome.violation == "none");
    CHECK(rolled_out == 3);
}

TEST_CASE("row 14: a dead engine that cannot be removed leaves its place to another") {
    const auto is_stuck = [](World& world) {
        world.stuck.insert(world.docker.find("acestream-1")->id);
        world.docker.kill_container("acestream-1");
    };
    std::ptrdiff_t serving = 0;
    const Outcome outcome = outcome_of(
        brisk(pool_of(3)),
        {{20s, is_stuck},
         {4min,
          [&](World& world) {
              serving = std::ranges::count_if(
                  world.lives(), [&](const EngineLife& life) { return world.serves(life); });
          }}},
        5min);
    CHECK(outcome.violation == "none");
    CHECK(serving == 3);
}

TEST_CASE("row 15: of two containers of a slot the one that serves stays") {
    const Outcome outcome =
        outcome_of(brisk(pool_of(1)), {{30s, happens(Disturbance::engine_doubled)}}, 2min);
    CHECK(outcome.violation == "none");
    CHECK(outcome.creates == 1);
}

TEST_CASE("row 17: a gateway that is made again at once keeps its engines") {
    std::string homes;
    const auto note_homes = [&](World& world) {
        homes.clear();
        for (const auto& life : world.lives())
            homes += world.docker.find(life.gateway_id)->name;
        std::ranges::sort(homes);
    };
    const Outcome outcome =
        outcome_of(brisk(pool_of(4, {"a", "b"})),
                   {{60s, [](World& world) { world.docker.remove_container("a"); }},
                    {60s + 1500ms, [](World& world) { world.run_gateway("a"); }},
                    {100s, note_homes}},
                   3min);
    CHECK(outcome.violation == "none");
    CHECK(homes == "aabb");
    CHECK(outcome.creates == 4 + 2);
}

TEST_CASE("row 18: engines are not created at each start of a gateway that restarts all the time") {
    std::vector<Happening> happenings;
    for (int i = 0; i < 40; ++i) {
        happenings.push_back(
            {30s + i * 10s, [](World& world) { world.docker.restart_container("gluetun"); }});
    }
    const Outcome outcome = outcome_of(brisk(pool_of(2)), happenings, 9min);
    CHECK(outcome.violation == "none");
    CHECK(outcome.creates_in_slot <= 6);
}

TEST_CASE("a stopped gateway that its engines pin can be removed soon, and made again") {
    bool is_pinned = false;
    bool is_free = false;
    const Outcome outcome =
        outcome_of(brisk(pool_of(2)),
                   {{0s,
                     [](World& world) {
                         world.docker.set_runtime({"Podman", "4.3.1", "1.41", true});
                     }},
                    {30s,
                     [&](World& world) {
                         is_pinned = world.docker.is_pinned("gluetun");
                         world.docker.stop_container("gluetun");
                     }},
                    {45s,
                     [&](World& world) {
                         is_free = !world.docker.is_pinned("gluetun");
                         world.docker.recreate_container("gluetun");
                         world.note_gateway("gluetun");
                     }}},
                   2min);
    CHECK(outcome.violation == "none");
    CHECK(is_pinned);
    CHECK(is_free);
    CHECK(outcome.creates == 2 + 2);
}
