// What ends each wait, in ten thousand random worlds.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

#include "core/drain.h"
#include "core/plan.h"
#include "unit/core/random_worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

// Whether no step of ours takes the engine away, as things are.
bool is_there_to_stay(const Decision& decision) {
    if (decision.action) return false;
    return decision.wait.needs_person() ||
           (decision.fate == Fate::keep && decision.ready && !decision.wait.until);
}

// Whether a fact that is awaited is true already, or cannot become true as its subject is not
// there.
bool is_pointless(const Awaited& awaited, const RandomWorld& world, const Plan& result) {
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
        case Fact::engine_idle:
            return std::ranges::none_of(world.seen.engines, [&](const EngineView& engine) {
                return engine.name == subject && in_use(engine, world.pool.drain);
            });
        case Fact::engine_gone:
            if (decided != result.decisions.end() && is_there_to_stay(*decided)) return true;
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
        case Fact::port_forwarded:
            return std::ranges::none_of(world.seen.gateways, [&](const GatewayView& gateway) {
                return gateway.name == subject && gateway.expects_port &&
                       gateway.ports_answer.kind == PortsAnswerKind::none;
            });
        case Fact::image_present:
            return world.seen.image.present &&
                   world.pool.engine_template.pull_policy != PullPolicy::always;
    }
    return true;
}

// Whether an engine waits until it is itself gone. Names are not unique in random worlds,
// as they are in Docker.
bool is_about_itself(const Awaited& awaited, const Decision& decision, const Plan& result) {
    if (decision.fate == Fate::busy || decision.engine != awaited.subject) return false;
    return awaited.fact == Fact::engine_gone &&
           std::ranges::count(result.decisions, awaited.subject, &Decision::engine) == 1;
}

}  // namespace

TEST_SUITE("planner waits") {
    TEST_CASE("an engine on its way counts, whoever else has its slot") {
        EnginePool pool = pool_of(4);
        pool.max_active_replicas = 3;
        pool.max_unavailable = 2;
        Observation seen = matching_world(pool_of(3));
        seen.engines[0].template_hash = "earlier";
        seen.engines[1].name = "moved-1";
        seen.steps_in_flight[1] = {false, "gluetun", {19001, 20001, 21001, 22001}};
        CHECK(steps_of(plan(pool, seen, noon)) == "");
        // It is the one that is replaced.
        seen.steps_in_flight[1].engine_id = seen.engines[1].id;
        CHECK(steps_of(plan(pool, seen, noon)) == "replace acestream-0 TemplateChanged @gluetun");
    }

    TEST_CASE("no engine is started in the slot of a container that is not known") {
        EnginePool pool = pool_of(3, {"a", "b"});
        pool.max_unavailable = 3;
        Observation seen = matching_world(pool);
        seen.engines[2] = engine(pool, 1, "a");
        seen.engines[2].id = "moved";
        seen.engines[2].name = "moved-1";
        seen.engines[2].unknown = "the reply lacks Created";
        CHECK(steps_of(plan(pool, seen, noon)) == "");
        SUBCASE("start") {
            seen.engines[1].state = EngineState::created;
            seen.engines[1].end = EngineEnd{};
        }
        SUBCASE("replace a failed one") {
            seen.engines[1] = exited(seen.engines[1]);
        }
        SUBCASE("roll out") {
            seen.engines[1].template_hash = "earlier";
        }
        const Plan waits = plan(pool, seen, noon);
        CHECK(steps_of(waits) == "");
        const auto decision = std::ranges::find(waits.decisions, "acestream-1", &Decision::engine);
        REQUIRE(decision != waits.decisions.end());
        if (decision->fate == Fate::keep) return;
        CHECK(decision->reason == Reason::not_understood);
        CHECK(decision->wait.fact == Awaited{Fact::engine_known, "moved-1"});
        seen.engines.pop_back();
        CHECK(plan(pool, seen, noon).steps.size() == 2);  // one is missing besides
    }

    TEST_CASE("every wait names what ends it, and that can still come") {
        for (unsigned seed = 0; seed < random_worlds; ++seed) {
            CAPTURE(seed);
            const RandomWorld world = random_world(seed);
            const Plan result = plan(world.pool, world.seen, noon);
            for (const auto& decision : result.decisions) {
                if (is_well(decision)) continue;
                CAPTURE(decision.engine);
                CAPTURE(to_string(decision.reason));
                CHECK(decision.wait.ends());
                const auto& fact = decision.wait.fact;
                if (fact) CAPTURE(to_string(*fact));
                CHECK_FALSE((fact && is_pointless(*fact, world, result)));
                CHECK_FALSE((fact && is_about_itself(*fact, decision, result)));
            }
        }
    }

    TEST_CASE("no engines wait for each other, and one that is not known is named") {
        EnginePool pool = pool_of(4);
        pool.max_active_replicas = 4;
        Observation seen = matching_world(pool);
        for (const int slot : {0, 1}) {
            EngineView& holder = seen.engines[static_cast<std::size_t>(slot) + 2];
            holder = holding(holder, 22000 + slot);
            holder.template_hash = "earlier";
            EngineView& ended = seen.engines[static_cast<std::size_t>(slot)];
            ended = exited(ended, 1, 1h);
        }
        seen.engines.push_back(engine(pool, 4));
        seen.engines[4].unknown = "the reply was cut";
        const Plan above_cap = plan(pool, seen, noon);
        CHECK(above_cap.decisions[0].wait.fact == Awaited{Fact::engine_gone, "acestream-2"});
        CHECK(above_cap.decisions[1].wait.fact == Awaited{Fact::engine_gone, "acestream-3"});
        CHECK(above_cap.decisions[2].wait.fact == Awaited{Fact::engine_known, "acestream-4"});
        CHECK(above_cap.decisions[3].wait.fact == Awaited{Fact::engine_known, "acestream-4"});

        pool = pool_of(1);
        pool.max_active_replicas = 1;
        seen.engines = {engine(pool, 0), exited(engine(pool, 3), 1, 1h)};
        seen.engines[0].unknown = "the reply was cut";
        const Plan full = plan(pool, seen, noon);
        CHECK(full.steps.empty());
        CHECK(full.decisions[1].reason == Reason::no_free_slot);
        CHECK(full.decisions[1].wait.fact == Awaited{Fact::engine_known, "acestream-0"});
    }

    TEST_CASE("an engine for which only a rollout can make room waits for that rollout") {
        int in_the_way = 0;
        for (unsigned seed = 0; seed < random_worlds; ++seed) {
            CAPTURE(seed);
            RandomWorld world = random_world(seed);
            heal(world);
            if (world.seen.gateways.size() < 2) continue;
            GatewayView& lost = world.seen.gateways.front();
            lost.state = GatewayState::missing;
            lost.missing_for = lost.not_ready_for = std::chrono::hours{1};
            Plan before = plan(world.pool, world.seen, noon);
            for (int round = 1; !before.steps.empty() && round < 60; ++round) {
                carry_out(world, before.steps, round);
                before = plan(world.pool, world.seen, noon);
            }
            RandomWorld rolled_out = world;
            for (auto& engine : rolled_out.seen.engines) {
                const bool outdated =
                    std::ranges::any_of(before.decisions, [&](const Decision& decision) {
                        return decision.engine_id == engine.id && decision.fate == Fate::outdated;
                    });
                if (!outdated) continue;
                engine.ports =
                    ports_of_slot(bases_behind(world.pool, engine.gateway), *engine.slot);
            }
            const Plan after = plan(rolled_out.pool, rolled_out.seen, noon);
            for (const auto& decision : before.decisions) {
                const bool waits = is_replaced_at_once(decision.fate) && !decision.action &&
                                   decision.reason == Reason::gateway_not_ready;
                if (!waits) continue;
                const auto then =
                    std::ranges::find(after.decisions, decision.engine_id, &Decision::engine_id);
                REQUIRE(then != after.decisions.end());
                if (!then->action || then->fate == Fate::surplus) continue;
                ++in_the_way;
                CAPTURE(decision.engine);
                CHECK(decision.wait.fact->fact == Fact::engine_gone);
            }
        }
        // Of a thousand worlds, as sanitizers see them, none has such an engine.
        if (random_worlds >= 10'000) CHECK(in_the_way > 0);
    }

    TEST_CASE("where everything that is created comes up, no plan rests on an engine of ours") {
        int rests_on_a_person = 0;
        for (unsigned seed = 0; seed < random_worlds; ++seed) {
            CAPTURE(seed);
            RandomWorld world = random_world(seed);
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

    TEST_CASE("engines that nothing reaches are replaced without waiting for each other") {
        std::size_t replaced = 0;
        for (unsigned seed = 0; seed < random_worlds; ++seed) {
            CAPTURE(seed);
            RandomWorld world = random_world(seed);
            heal(world);
            std::set<std::string> lost;
            for (auto& engine : world.seen.engines) {
                const bool answers = engine.probe.answered_last && engine.ports.http != 0;
                if (!answers) continue;
                engine.probe.answered_last = false;
                engine.probe.unreachable = true;
                lost.insert(engine.id);
            }
            Plan result = plan(world.pool, world.seen, noon);
            for (int round = 1; !result.steps.empty() && round < 60; ++round) {
                check_rules(world, result);
                for (const auto& step : result.steps)
                    replaced += lost.erase(step.engine_id);
                carry_out(world, result.steps, round);
                result = plan(world.pool, world.seen, noon);
            }
            CHECK(result.steps.empty());
            for (const auto& decision : result.decisions) {
                if (decision.reason != Reason::rollout_budget || !decision.wait.fact) continue;
                CAPTURE(decision.engine);
                const auto awaited = std::ranges::find(
                    result.decisions, decision.wait.fact->subject, &Decision::engine);
                REQUIRE(awaited != result.decisions.end());
                CHECK(awaited->reason != Reason::rollout_budget);
            }
        }
        CHECK(replaced > random_worlds / 20);
    }
}
