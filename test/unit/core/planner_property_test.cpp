// The planner in ten thousand random worlds: what holds of every plan, and that carrying plans out
// ends in a world that matches.
#include <doctest/doctest.h>

#include <algorithm>

#include "core/plan.h"
#include "core/status.h"
#include "unit/core/random_worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

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
void check_world(const RandomWorld& before, const RandomWorld& after) {
    const auto is_new = [&](const EngineView& engine) {
        return std::ranges::find(before.seen.engines, engine.id, &EngineView::id) ==
               before.seen.engines.end();
    };
    std::ptrdiff_t fresh = 0;
    for (const auto& engine : after.seen.engines) {
        if (!is_new(engine)) continue;
        ++fresh;
        if (!after.pool.gateways.empty()) {
            CHECK(engine.network.joins == engine.incarnation.id);
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

}  // namespace

TEST_SUITE("planner properties") {
    TEST_CASE("every plan keeps the rules") {
        for (unsigned seed = 0; seed < random_worlds; ++seed) {
            CAPTURE(seed);
            const RandomWorld world = random_world(seed);
            const Plan result = plan(world.pool, world.seen, noon);
            check_rules(world, result);
            CHECK((result.matches() || !result.decisions.empty()));

            RandomWorld shuffled = world;
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
            const RandomWorld world = random_world(seed);
            const Plan whole = plan(world.pool, world.seen, noon);
            if (whole.steps.size() > small) continue;
            for (unsigned bits = 0; bits < 1U << whole.steps.size(); ++bits) {
                CAPTURE(bits);
                RandomWorld after = world;
                carry_out(after, subset_of(whole.steps, bits), 1);
                check_world(world, after);
                check_rules(after, plan(after.pool, after.seen, noon));
                ++subsets;
            }
        }
        CHECK(subsets > 5'000);
    }

    TEST_CASE("when faults end, carrying out plans leads to a world that matches, and to silence") {
        for (unsigned seed = 0; seed < random_worlds; ++seed) {
            CAPTURE(seed);
            RandomWorld world = random_world(seed);
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
