// Random worlds for properties of the planner, and what becomes of them when plans are carried out.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>

#include "core/plan.h"
#include "fakes/dice.h"
#include "fakes/plan_rules.h"
#include "unit/core/worlds.h"

namespace roundhouse::test {

struct RandomWorld {
    EnginePool pool;
    Observation seen;
};

inline EnginePool random_pool(Dice& dice) {
    std::vector<std::string> gateways;
    for (int i = dice.below(4); i > 0; --i)
        gateways.push_back("g" + std::to_string(i));
    EnginePool pool = gateways.empty() ? pool_without_gateways(0) : pool_of(0, gateways);
    pool.max_active_replicas = 1 + dice.below(8);
    pool.replicas = dice.below(10);
    pool.max_unavailable = 1 + dice.below(3);
    pool.ports.http += dice.below(3) - 1;
    for (auto& each : pool.gateways) {
        if (dice.one_in(3)) each.ports.http = 19100 + dice.below(3);
        if (dice.one_in(6)) each.ports.p2p = 22100;
    }
    pool.forwarded_port.assign = static_cast<PortAssignment>(dice.one_in(2) ? 0 : dice.below(3));
    return pool;
}

// Two that any gateway may forward, one that is an engine's P2P port anyway, one that is of no use.
inline constexpr std::array forwardable = {40001, 40002, 22001, 20001};

inline void report_random_ports(Dice& dice, GatewayView& view) {
    std::map<int, Duration> ports;
    for (const int port : forwardable) {
        if (dice.one_in(3)) ports[port] = std::chrono::seconds{dice.below(40)};
    }
    forward(view, ports);
    if (dice.one_in(3)) {
        view.reported_for.clear();
        view.ports_answer = {static_cast<PortsAnswerKind>(2 + dice.below(4)), {}, "trouble"};
    }
    view.port_changes = dice.below(5);
    view.expects_port = dice.one_in(3);
    view.port_awaited_for = std::chrono::seconds{dice.below(60)};
    for (const auto& [port, reported_for] : view.reported_for) {
        if (dice.one_in(4)) view.first_ports.insert(port);
    }
}

inline GatewayView random_gateway(Dice& dice, const std::string& name, const EnginePool& pool) {
    const auto state =
        dice.one_in(2) ? GatewayState::ready : static_cast<GatewayState>(dice.below(6));
    GatewayView view = gateway(name, state, std::chrono::seconds{dice.below(120)});
    report_random_ports(dice, view);
    view.ready_for = std::chrono::seconds{dice.below(120)};
    if (dice.one_in(4)) view.reconnected_ago = std::chrono::seconds{dice.below(120)};
    if (dice.one_in(3)) view.incarnation.started_at = "started-2";
    if (dice.one_in(4)) view.incarnation.id = "other-" + name;
    if (dice.one_in(3)) {
        const int base = bases_behind(pool, name).http;
        for (int slot = 0; slot < pool.max_active_replicas; ++slot) {
            if (!dice.one_in(4)) view.published_tcp_ports.insert(base + slot);
        }
    }
    return view;
}

inline EngineView random_engine(Dice& dice, const EnginePool& pool, int number) {
    EnginePool made_from = pool;
    if (dice.one_in(4)) made_from.engine_template.image = "earlier";
    if (dice.one_in(6)) made_from.ports.http = 19000;
    for (auto& each : made_from.gateways) {
        if (dice.one_in(8)) each.ports = {0, 0, 0, 0};
    }
    const int slot = dice.below(pool.max_active_replicas + 2);
    const std::string behind = pool.gateways.empty() || dice.one_in(12)
                                   ? "elsewhere"
                                   : pool.gateways[static_cast<std::size_t>(dice.below(
                                                       static_cast<int>(pool.gateways.size())))]
                                         .container;
    EngineView view = engine(made_from, slot, behind);
    view.id = "engine-" + std::to_string(number);
    if (dice.one_in(10)) view.name = "renamed-" + std::to_string(number);
    if (dice.one_in(20)) view.slot.reset();
    if (dice.one_in(15)) view.network = {{}, "bridge"};
    if (dice.one_in(3)) view = holding(view, forwardable[static_cast<std::size_t>(dice.below(4))]);
    view.followed = view.made_with_forwarded_port && dice.one_in(2);
    if (dice.one_in(3)) view.created_at = noon - std::chrono::seconds{dice.below(600)};
    if (dice.one_in(3)) view = exited(view, 1, std::chrono::seconds{dice.below(20)}, dice.below(6));
    if (dice.one_in(10)) view.state = static_cast<EngineState>(dice.below(7));
    if (dice.one_in(4)) view.probe = {};
    if (dice.one_in(6)) view.probe.unreachable = true;
    if (dice.one_in(6)) view.probe.failures = dice.below(5);
    return view;
}

// Who uses the engines; for half of the worlds nobody knows.
inline void add_usage(Dice& dice, RandomWorld& world) {
    if (dice.one_in(2)) return;
    for (auto& engine : world.seen.engines) {
        if (dice.one_in(4)) continue;
        const int sessions = dice.one_in(2) ? dice.below(4) : 0;
        const Duration idle_for = std::chrono::seconds{sessions > 0 ? 0 : dice.below(30)};
        engine.usage = UsageView{sessions, idle_for, sessions == 0 && dice.one_in(3)};
        if (dice.one_in(2)) engine.wished_for = std::chrono::minutes{dice.below(40)};
        if (dice.one_in(12)) engine.drain_request = static_cast<DrainRequest>(dice.below(3));
        if (engine.drain_request == DrainRequest::remove) ++world.seen.stood_down;
    }
}

// What else there may be: engines of other pools, strangers, containers that cannot be removed.
inline void add_others(Dice& dice, RandomWorld& world) {
    for (auto& gateway : world.seen.gateways) {
        const int slot = dice.below(world.pool.max_active_replicas);
        const PortBases bases = bases_behind(world.pool, gateway.name);
        if (dice.one_in(6)) gateway.strangers_ports.insert(bases.http + slot);
        if (!dice.one_in(6)) continue;
        NeighbourView other{"other-" + gateway.name,    "other", "others", gateway.incarnation.id,
                            ports_of_slot(bases, slot), noon};
        if (dice.one_in(2)) other.created_at -= std::chrono::hours{2};
        world.seen.neighbours.push_back(other);
    }
    for (auto& engine : world.seen.engines) {
        if (dice.one_in(20)) engine.ports.http = 0;
        if (!engine.slot || !dice.one_in(12)) continue;
        const int times = 1 + dice.below(6);
        world.seen.failed_removals[engine.id] = {times, std::chrono::seconds{dice.below(40)},
                                                 "busy"};
    }
}

// Gateways and engines about which Docker gives no usable answer.
inline void add_doubts(Dice& dice, RandomWorld& world) {
    for (auto& gateway : world.seen.gateways) {
        if (dice.one_in(8)) gateway.state = GatewayState::unknown;
    }
    for (auto& engine : world.seen.engines) {
        if (dice.one_in(12)) engine.unknown = "the reply was cut";
    }
}

inline RandomWorld random_world(unsigned seed) {
    Dice dice(seed);
    RandomWorld world;
    world.pool = random_pool(dice);
    for (const auto& spec : world.pool.gateways) {
        world.seen.gateways.push_back(random_gateway(dice, spec.container, world.pool));
    }
    EnginePool made_from = world.pool;
    if (dice.one_in(4)) made_from.ports.http -= 1 + dice.below(2);  // where each had another's port
    const int engines = dice.below(10);
    for (int i = 0; i < engines; ++i) {
        world.seen.engines.push_back(random_engine(dice, made_from, i));
    }
    for (int slot = 0; slot < world.pool.max_active_replicas; ++slot) {
        if (dice.one_in(8)) {
            world.seen.steps_in_flight[slot] = {dice.one_in(2), "g1", {}};
        }
        if (dice.one_in(8)) world.seen.troubles[slot] = {1 + dice.below(4), {}, "trouble"};
        if (dice.one_in(12)) world.seen.foreign_names[slot] = "stranger";
    }
    world.seen.image.present = !dice.one_in(10);
    add_others(dice, world);
    add_doubts(dice, world);
    world.seen.runtime.pins_gateways = dice.one_in(4);
    add_usage(dice, world);
    return world;
}

// Reports what is broken, if anything is.
inline void check_rules(const RandomWorld& world, const Plan& result) {
    CHECK(broken_rule(world.pool, world.seen, result, noon).value_or("nothing") == "nothing");
}

inline EngineView engine_made_by(const EnginePool& pool, const Step& step, const std::string& id) {
    EngineView view = engine(pool, step.slot, step.placement->gateway);
    view.id = id;
    view.gateway = step.placement->gateway;
    view.incarnation = step.placement->incarnation;
    view.failures = step.placement->failures;
    view.ports = step.placement->ports;
    view.made_with_forwarded_port = step.placement->takes_forwarded_port;
    view.followed = step.placement->followed;
    view.created_at = noon;
    view.network =
        pool.gateways.empty() ? Network{{}, pool.network} : Network{view.incarnation.id, {}};
    return view;
}

// Carries the plan out, as if every step went well and every engine became ready.
inline void carry_out(RandomWorld& world, const std::vector<Step>& steps, int round) {
    auto& engines = world.seen.engines;
    for (const auto& step : steps) {
        const auto old = std::ranges::find(engines, step.engine_id, &EngineView::id);
        if (step.action == Action::start) {
            old->state = EngineState::running;
            old->end.reset();
            old->probe = {};
            old->probe.answered_ever = old->probe.answered_last = true;
            continue;
        }
        if (old != engines.end() && step.action != Action::create) engines.erase(old);
        if (!step.placement) continue;
        world.seen.created_ago[step.slot] = Duration{0};
        const std::string id = "made-" + std::to_string(round) + "-" + step.engine;
        engines.push_back(engine_made_by(world.pool, step, id));
    }
}

// Ends all faults, so that nothing stands in the way any more.
inline void heal(RandomWorld& world) {
    world.seen.steps_in_flight.clear();
    world.seen.troubles.clear();
    world.seen.failed_removals.clear();
    world.seen.foreign_names.clear();
    world.seen.image.present = true;
    for (auto& gateway : world.seen.gateways) {
        gateway.state = GatewayState::ready;
        gateway.published_tcp_ports.clear();
        gateway.port_awaited_for = std::chrono::hours{1};
        gateway.ready_for = std::chrono::hours{1};
    }
    for (auto& engine : world.seen.engines) {
        engine.unknown.clear();
        if (engine.usage) engine.usage = UsageView{0, std::chrono::hours{1}, false};
        if (engine.ports.http == 0) engine.created_at = noon - std::chrono::hours{1};
        const bool up = engine.state == EngineState::running ||
                        engine.state == EngineState::paused ||
                        engine.state == EngineState::restarting;
        if (up) {
            engine.state = EngineState::running;
            engine.probe = {};
            engine.probe.answered_ever = engine.probe.answered_last = true;
        }
        if (engine.state == EngineState::removing) engine.state = EngineState::exited;
        if (engine.state == EngineState::running) continue;
        if (!engine.end) engine.end = EngineEnd{};
        engine.created_at = noon - std::chrono::hours{2};
        engine.end->finished_at = noon - std::chrono::hours{1};
    }
}

// As on one machine, where two containers cannot publish the same port: each gateway publishes as
// many as all engines need and a few more, and none that another publishes.
inline void split_ports(RandomWorld& world) {
    const int each = world.pool.replicas + 3;
    int first = 0;
    for (auto& gateway : world.seen.gateways) {
        if (!gateway.declared) continue;
        const int base = bases_behind(world.pool, gateway.name).http;
        for (int slot = first; slot < first + each; ++slot)
            gateway.published_tcp_ports.insert(base + slot);
        first += each;
    }
    world.pool.max_active_replicas = std::max(world.pool.max_active_replicas, first);
}

inline bool is_well(const Decision& decision) {
    return decision.action || decision.fate == Fate::foreign ||
           (decision.fate == Fate::keep && decision.ready);
}

// Sanitizers look at every line, and need not see every world.
#ifdef ROUNDHOUSE_IS_SANITIZED
inline constexpr unsigned random_worlds = 1'000;
#else
inline constexpr unsigned random_worlds = 10'000;
#endif

}  // namespace roundhouse::test
