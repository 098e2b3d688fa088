// The planner in ten thousand random worlds: what holds of every plan, and that carrying plans out
// ends in a world that matches.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>

#include "core/plan.h"
#include "core/status.h"
#include "fakes/dice.h"
#include "fakes/plan_rules.h"
#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

struct World {
    EnginePool pool;
    Observation seen;
};

EnginePool random_pool(Dice& dice) {
    std::vector<std::string> gateways;
    for (int i = dice.below(4); i > 0; --i)
        gateways.push_back("g" + std::to_string(i));
    EnginePool pool = gateways.empty() ? pool_without_gateways(0) : pool_of(0, gateways);
    pool.max_active_replicas = 1 + dice.below(8);
    pool.replicas = dice.below(10);
    pool.max_unavailable = 1 + dice.below(3);
    pool.ports.http += dice.below(3) - 1;
    pool.forwarded_port.assign = static_cast<PortAssignment>(dice.one_in(2) ? 0 : dice.below(3));
    return pool;
}

// Two that any gateway may forward, one that is an engine's P2P port anyway, one that is of no use.
constexpr std::array forwardable = {40001, 40002, 22001, 20001};

void report_random_ports(Dice& dice, GatewayView& view) {
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
}

GatewayView random_gateway(Dice& dice, const std::string& name, const EnginePool& pool) {
    const auto state =
        dice.one_in(2) ? GatewayState::ready : static_cast<GatewayState>(dice.below(6));
    GatewayView view = gateway(name, state, std::chrono::seconds{dice.below(120)});
    report_random_ports(dice, view);
    view.ready_for = std::chrono::seconds{dice.below(120)};
    if (dice.one_in(4)) view.reconnected_ago = std::chrono::seconds{dice.below(120)};
    if (dice.one_in(3)) view.incarnation.started_at = "started-2";
    if (dice.one_in(4)) view.incarnation.id = "other-" + name;
    if (dice.one_in(3)) {
        for (int slot = 0; slot < pool.max_active_replicas; ++slot) {
            if (!dice.one_in(4)) view.published_tcp_ports.insert(pool.ports.http + slot);
        }
    }
    return view;
}

EngineView random_engine(Dice& dice, const EnginePool& pool, int number) {
    EnginePool made_from = pool;
    if (dice.one_in(4)) made_from.engine_template.image = "earlier";
    if (dice.one_in(6)) made_from.ports.http = 19000;
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
    if (dice.one_in(15)) view.network_mode = "bridge";
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

// What else there may be: engines of other pools, strangers, containers that cannot be removed.
void add_others(Dice& dice, World& world) {
    for (auto& gateway : world.seen.gateways) {
        const int slot = dice.below(world.pool.max_active_replicas);
        if (dice.one_in(6)) gateway.strangers_ports.insert(world.pool.ports.http + slot);
        if (!dice.one_in(6)) continue;
        NeighbourView other{"other-" + gateway.name,
                            "other",
                            "others",
                            gateway.incarnation.id,
                            ports_of_slot(world.pool.ports, slot),
                            noon};
        if (dice.one_in(2)) other.created_at -= std::chrono::hours{2};
        world.seen.neighbours.push_back(other);
    }
    for (auto& engine : world.seen.engines) {
        if (dice.one_in(20)) engine.ports.http = 0;
        if (!engine.slot || !dice.one_in(12)) continue;
        world.seen.troubles[*engine.slot] = {
            1 + dice.below(6), std::chrono::seconds{dice.below(40)}, "busy", engine.id};
    }
}

// What Docker does not tell of.
void add_doubts(Dice& dice, World& world) {
    for (auto& gateway : world.seen.gateways) {
        if (dice.one_in(8)) gateway.state = GatewayState::unknown;
    }
    for (auto& engine : world.seen.engines) {
        if (dice.one_in(12)) engine.unknown = "the reply was cut";
    }
}

World random_world(unsigned seed) {
    Dice dice(seed);
    World world;
    world.pool = random_pool(dice);
    for (const auto& spec : world.pool.gateways) {
        world.seen.gateways.push_back(random_gateway(dice, spec.container, world.pool));
    }
    const int engines = dice.below(10);
    for (int i = 0; i < engines; ++i) {
        world.seen.engines.push_back(random_engine(dice, world.pool, i));
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
    return world;
}

// Reports what is broken, if anything is.
void check_rules(const World& world, const Plan& result) {
    CHECK(broken_rule(world.pool, world.seen, result, noon).value_or("nothing") == "nothing");
}

EngineView engine_made_by(const EnginePool& pool, const Step& step, const std::string& id) {
    EngineView view = engine(pool, step.slot, step.placement->gateway);
    view.id = id;
    view.gateway = step.placement->gateway;
    view.incarnation = step.placement->incarnation;
    view.failures = step.placement->failures;
    view.ports = step.placement->ports;
    view.made_with_forwarded_port = step.placement->takes_forwarded_port;
    view.followed = step.placement->followed;
    view.created_at = noon;
    view.network_mode = pool.gateways.empty() ? pool.network : "container:" + view.incarnation.id;
    return view;
}

// Carries the plan out, as if every step went well and every engine became ready.
void carry_out(World& world, const std::vector<Step>& steps, int round) {
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

// Of `steps`, those whose bit is set.
std::vector<Step> subset_of(const std::vector<Step>& steps, unsigned bits) {
    std::vector<Step> chosen;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if ((bits >> i & 1U) != 0) chosen.push_back(steps[i]);
    }
    return chosen;
}

bool same_namespace(const EngineView& a, const EngineView& b) {
    return !a.gateway.empty() && a.gateway == b.gateway && a.incarnation == b.incarnation;
}

// The rules A3, A4 and A5 of a world in which a plan for `before` was carried out in part.
void check_world(const World& before, const World& after) {
    const auto is_new = [&](const EngineView& engine) {
        return std::ranges::find(before.seen.engines, engine.id, &EngineView::id) ==
               before.seen.engines.end();
    };
    std::ptrdiff_t fresh = 0;
    for (const auto& engine : after.seen.engines) {
        if (!is_new(engine)) continue;
        ++fresh;
        if (!after.pool.gateways.empty()) {
            CHECK(engine.network_mode == "container:" + engine.incarnation.id);
        }
        for (const auto& other : after.seen.engines) {
            if (&other == &engine || !other.slot) continue;
            // A duplicate that was there before goes by a step of its own.
            if (is_new(other)) CHECK(other.slot != engine.slot);
            if (same_namespace(engine, other)) CHECK(other.ports.http != engine.ports.http);
        }
    }
    const auto ours = [&](const EngineView& engine) {
        return engine.slot && !is_leftover(engine, before.seen);
    };
    const auto now = std::ranges::count_if(after.seen.engines, ours);
    const auto then = std::ranges::count_if(before.seen.engines, ours);
    const auto cap = std::min(after.pool.replicas, after.pool.max_active_replicas);
    if (fresh > 0) CHECK(now <= std::max<std::ptrdiff_t>(then, cap));
}

// Ends all faults, so that nothing stands in the way any more.
void heal(World& world) {
    world.seen.steps_in_flight.clear();
    world.seen.troubles.clear();
    world.seen.foreign_names.clear();
    world.seen.image.present = true;
    for (auto& gateway : world.seen.gateways) {
        gateway.state = GatewayState::ready;
        gateway.published_tcp_ports.clear();
        gateway.ready_for = std::chrono::hours{1};
    }
    for (auto& engine : world.seen.engines) {
        engine.unknown.clear();
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
void split_ports(World& world) {
    const int each = world.pool.replicas + 3;
    int first = 0;
    for (auto& gateway : world.seen.gateways) {
        if (!gateway.declared) continue;
        for (int slot = first; slot < first + each; ++slot)
            gateway.published_tcp_ports.insert(world.pool.ports.http + slot);
        first += each;
    }
    world.pool.max_active_replicas = std::max(world.pool.max_active_replicas, first);
}

// Whether a fact that is awaited is true already, or cannot become true as its subject is not
// there.
bool is_pointless(const Awaited& awaited, const World& world, const Plan& result) {
    const std::string& subject = awaited.subject;
    const auto decided = std::ranges::find(result.decisions, subject, &Decision::engine);
    const auto listed = std::ranges::find(world.seen.engines, subject, &EngineView::name);
    switch (awaited.fact) {
        case Fact::gateway_ready:
            return subject.empty() ||
                   std::ranges::any_of(world.seen.gateways, [&](const GatewayView& gateway) {
                       const bool named = (" " + subject + " ").find(" " + gateway.name + " ") !=
                                          std::string::npos;
                       return named && gateway.state == GatewayState::ready;
                   });
        case Fact::engine_ready:
            return std::ranges::none_of(result.decisions, [&](const Decision& decision) {
                return decision.engine == subject && (!decision.ready || decision.action);
            });
        case Fact::engine_gone:
            return listed == world.seen.engines.end() && decided == result.decisions.end();
        case Fact::step_ended:
            return std::ranges::none_of(world.seen.steps_in_flight,
                                        [&](const auto& step) {
                                            return engine_name(world.pool.name, step.first) ==
                                                   subject;
                                        }) &&
                   std::ranges::none_of(result.decisions, [&](const Decision& decision) {
                       return decision.engine == subject &&
                              (decision.action || decision.reason == Reason::in_flight);
                   });
        case Fact::probe_ended:
            return std::ranges::none_of(world.seen.engines, [&](const EngineView& engine) {
                return engine.name == subject && engine.ports.http != 0;
            });
        case Fact::engine_known:
            return std::ranges::none_of(world.seen.engines, [&](const EngineView& engine) {
                return engine.name == subject && !engine.unknown.empty();
            });
        case Fact::image_present:
            return world.seen.image.present &&
                   world.pool.engine_template.pull_policy != PullPolicy::always;
    }
    return true;
}

bool is_well(const Decision& decision) {
    return decision.action || decision.fate == Fate::foreign ||
           (decision.fate == Fate::keep && decision.ready);
}

// Sanitizers look at every line, and need not see every world.
#ifdef ROUNDHOUSE_IS_SANITIZED
constexpr unsigned random_worlds = 1'000;
#else
constexpr unsigned random_worlds = 10'000;
#endif

}  // namespace

TEST_SUITE("planner properties") {
    TEST_CASE("every plan keeps the rules") {
        for (unsigned seed = 0; seed < random_worlds; ++seed) {
            CAPTURE(seed);
            const World world = random_world(seed);
            const Plan result = plan(world.pool, world.seen, noon);
            check_rules(world, result);
            CHECK((result.matches() || !result.decisions.empty()));

            World shuffled = world;
            Dice dice(seed);
            std::shuffle(shuffled.seen.engines.begin(), shuffled.seen.engines.end(), dice);
            CHECK(plan(shuffled.pool, shuffled.seen, noon) == result);
        }
    }

    TEST_CASE(
        "every subset of a plan can be carried out alone, and what is left is planned again") {
        constexpr std::size_t small = 6;
        int subsets = 0;
        for (unsigned seed = 0; seed < 2'000; ++seed) {
            CAPTURE(seed);
            const World world = random_world(seed);
            const Plan whole = plan(world.pool, world.seen, noon);
            if (whole.steps.size() > small) continue;
            for (unsigned bits = 0; bits < 1U << whole.steps.size(); ++bits) {
                CAPTURE(bits);
                World after = world;
                carry_out(after, subset_of(whole.steps, bits), 1);
                check_world(world, after);
                check_rules(after, plan(after.pool, after.seen, noon));
                ++subsets;
            }
        }
        CHECK(subsets > 5'000);
    }

    TEST_CASE("every wait names what ends it, and that can still come") {
        for (unsigned seed = 0; seed < random_worlds; ++seed) {
            CAPTURE(seed);
            const World world = random_world(seed);
            const Plan result = plan(world.pool, world.seen, noon);
            for (const auto& decision : result.decisions) {
                if (is_well(decision)) continue;
                CAPTURE(decision.engine);
                CAPTURE(to_string(decision.reason));
                CHECK(decision.wait.ends());
                const auto& fact = decision.wait.fact;
                if (fact) CAPTURE(to_string(*fact));
                CHECK_FALSE((fact && is_pointless(*fact, world, result)));
            }
        }
    }

    TEST_CASE("where everything that is created comes up, no plan rests on an engine of ours") {
        int rests_on_a_person = 0;
        for (unsigned seed = 0; seed < random_worlds; ++seed) {
            CAPTURE(seed);
            World world = random_world(seed);
            const auto published = world.seen.gateways;
            heal(world);
            for (std::size_t i = 0; i < published.size(); ++i)
                world.seen.gateways[i].published_tcp_ports = published[i].published_tcp_ports;
            Plan result = plan(world.pool, world.seen, noon);
            for (int round = 1; !result.steps.empty() && round < 60; ++round) {
                check_rules(world, result);
                carry_out(world, result.steps, round);
                result = plan(world.pool, world.seen, noon);
            }
            CHECK(result.steps.empty());
            for (const auto& decision : result.decisions) {
                if (is_well(decision)) continue;
                CAPTURE(decision.engine);
                CAPTURE(to_string(decision.reason));
                CAPTURE(describe(decision.wait));
                CHECK((decision.wait.needs_person() || decision.wait.until));
                rests_on_a_person += decision.wait.needs_person() ? 1 : 0;
            }
        }
        CHECK(rests_on_a_person > static_cast<int>(random_worlds / 50));  // the worlds show it
    }

    TEST_CASE("when faults end, carrying out plans leads to a world that matches, and to silence") {
        for (unsigned seed = 0; seed < random_worlds; ++seed) {
            CAPTURE(seed);
            World world = random_world(seed);
            heal(world);
            world.seen.neighbours.clear();
            for (auto& gateway : world.seen.gateways)
                gateway.strangers_ports.clear();
            if (seed % 2 == 1) split_ports(world);
            int rounds = 0;
            Plan result = plan(world.pool, world.seen, noon);
            while (!result.steps.empty() && rounds < 40) {
                check_rules(world, result);
                carry_out(world, result.steps, ++rounds);
                result = plan(world.pool, world.seen, noon);
            }
            CHECK(result.steps.empty());
            CHECK(result.matches());
            if (!result.matches()) MESSAGE(describe_progress(result));
        }
    }
}
