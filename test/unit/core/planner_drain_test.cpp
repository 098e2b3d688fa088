// The planner as a table: engines in use, which steps by choice wait for.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "core/plan.h"
#include "core/status.h"
#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

constexpr UsageView idle{0, 1h, false};
constexpr UsageView watched{2, 0s, false};

struct Bench {
    explicit Bench(int replicas) : pool(pool_of(replicas)), seen(matching_world(pool)) { use({}); }

    // The engines of these slots are in use, the others idle.
    void use(const std::set<int>& slots) {
        for (auto& each : seen.engines)
            each.usage = slots.contains(*each.slot) ? watched : idle;
    }
    Plan made() const { return plan(pool, seen, noon); }
    std::string steps() const { return steps_of(made()); }
    Decision on(int slot) const {
        for (const auto& decision : made().decisions)
            if (decision.slot == slot) return decision;
        return {};
    }
    // "acestream-0 acestream-2"
    std::string draining() const {
        std::string names;
        for (const auto& decision : made().decisions)
            if (decision.draining) names += (names.empty() ? "" : " ") + decision.engine;
        return names;
    }

    EnginePool pool;
    Observation seen;
};

}  // namespace

TEST_SUITE("planner drain") {
    TEST_CASE("a template waits for the engine's sessions, at most until drain.timeout is over") {
        Bench world(1);
        world.use({0});
        world.pool.engine_template.image = "new";
        CHECK(world.steps() == "");
        Decision decision = world.on(0);
        CHECK(decision.fate == Fate::outdated);
        CHECK(decision.reason == Reason::in_use);
        CHECK(decision.message == "was made from an earlier template; has 2 sessions");
        CHECK(describe(decision.wait) ==
              "until acestream-0 is idle, at the latest at 2026-01-01T12:30:00Z, then replaced");
        CHECK(decision.wished);
        CHECK(decision.draining);

        world.seen.engines[0].wished_for = 10min;
        CHECK(world.on(0).wait.until == noon + 20min);
        CHECK(world.made().wake_at == noon + 20min);

        world.seen.engines[0].wished_for = 30min;
        CHECK(world.steps() == "replace acestream-0 TemplateChanged @gluetun");
        const Step step = world.made().steps[0];
        CHECK(step.message ==
              "was made from an earlier template; 2 sessions end, as drain.timeout (30m) is over");
        CHECK(step.graceful);
    }

    TEST_CASE("drain.timeout 0s never waits") {
        Bench world(1);
        world.use({0});
        world.pool.engine_template.image = "new";
        world.pool.drain.timeout = 0s;
        CHECK(world.steps() == "replace acestream-0 TemplateChanged @gluetun");
        CHECK(world.made().steps[0].message ==
              "was made from an earlier template; 2 sessions end, as drain.timeout is 0s");
    }

    TEST_CASE("an engine is idle once it was without a session for drain.idleFor") {
        Bench world(1);
        world.pool.engine_template.image = "new";
        UsageView& usage = *world.seen.engines[0].usage;
        usage.idle_for = 5s;
        CHECK(world.steps() == "");
        CHECK(world.on(0).wait.until == noon + 10s);
        CHECK(world.on(0).message.ends_with("; may have had a session less than 15s ago"));
        usage.idle_for = 15s;
        CHECK(world.steps() == "replace acestream-0 TemplateChanged @gluetun");
        usage = {0, 0s, true};  // it never had one
        CHECK(world.steps() == "replace acestream-0 TemplateChanged @gluetun");
        world.seen.engines[0].usage.reset();  // not known: as if there were none
        CHECK(world.steps() == "replace acestream-0 TemplateChanged @gluetun");
    }

    TEST_CASE("the idle are replaced first, and not more drain than may be replaced at once") {
        Bench world(4);
        world.pool.engine_template.image = "new";
        world.use({1, 2, 3});
        CHECK(world.steps() == "replace acestream-0 TemplateChanged @gluetun");
        CHECK(world.draining() == "");
        world.use({0, 1, 2, 3});
        CHECK(world.steps() == "");
        CHECK(world.draining() == "acestream-3");
        CHECK(world.on(0).reason == Reason::in_use);
        CHECK(world.on(0).wished);
        world.pool.max_unavailable = 2;
        CHECK(world.draining() == "acestream-2 acestream-3");
    }

    TEST_CASE("of too many engines the idle go; one that is in use stays until it is idle") {
        Bench world(4);
        world.pool.replicas = 2;
        world.use({1, 3});
        CHECK(world.steps() == "remove acestream-0 Surplus, remove acestream-2 Surplus");
        world.use({1, 2, 3});
        CHECK(world.steps() == "remove acestream-0 Surplus");
        const Decision waits = world.on(3);
        CHECK(waits.fate == Fate::surplus);
        CHECK(waits.reason == Reason::in_use);
        CHECK(waits.message == "2 engines are wanted; has 2 sessions");
        CHECK(waits.draining);
        CHECK_FALSE(world.made().matches());
    }

    TEST_CASE("nothing is created on top of engines that drain") {
        Bench world(3);
        world.pool.replicas = 2;
        world.use({0, 1, 2});
        world.seen.engines[0] = exited(world.seen.engines[0]);
        CHECK(world.steps() == "remove acestream-0 Surplus");
        world.seen.engines.erase(world.seen.engines.begin());
        CHECK(world.steps() == "");
        CHECK(world.made().matches());
    }

    TEST_CASE("what is above a lowered cap goes at once") {
        Bench world(4);
        world.use({0, 1, 2, 3});
        world.pool.max_active_replicas = 3;
        world.pool.replicas = 2;
        CHECK(world.steps() == "remove acestream-3 Surplus");
        CHECK(world.on(2).reason == Reason::in_use);
    }

    TEST_CASE("what is broken does not wait") {
        Bench world(1);
        world.use({0});
        SUBCASE("its gateway was restarted") {
            world.seen.gateways[0].incarnation.started_at = "started-2";
            CHECK(world.steps() == "replace acestream-0 GatewayRestarted @gluetun");
        }
        SUBCASE("it does not answer") {
            world.seen.engines[0].probe.answered_last = false;
            world.seen.engines[0].probe.failures = 3;
            world.seen.engines[0].probe.failing_for = 1min;
            CHECK(world.steps() == "replace acestream-0 ProbeFailed @gluetun");
        }
        SUBCASE("it is outdated and serves nobody") {
            world.pool.engine_template.image = "new";
            world.seen.engines[0].probe = {};
            world.seen.engines[0].probe.failures = 1;
            CHECK(world.steps() == "replace acestream-0 TemplateChanged @gluetun");
        }
        SUBCASE("it runs outside every gateway") {
            world.seen.engines[0].network = {{}, "bridge"};
            CHECK(world.steps() == "remove acestream-0 OutsideGateway");
        }
    }

    TEST_CASE("an engine whose P2P port is closed serves: it waits for its sessions") {
        Bench world(2);
        EngineView& closed = world.seen.engines[0];
        closed = holding(closed, 40001);
        closed.probe.p2p_refusals = 3;
        forward(world.seen.gateways[0], {{40001, 1h}});
        CHECK(world.steps() == "replace acestream-0 P2PPortClosed @gluetun :40001");
        world.use({0});
        CHECK(world.steps() == "");
        CHECK(world.on(0).reason == Reason::in_use);
        CHECK(world.on(0).wished);
        closed.wished_for = 30min;
        CHECK(world.steps() == "replace acestream-0 P2PPortClosed @gluetun :40001");
        CHECK(world.made().steps[0].graceful);
        closed.wished_for = 0s;
        world.pool.replicas = 1;
        CHECK(world.steps() == "");
        CHECK(world.on(0).fate == Fate::surplus);
    }

    TEST_CASE("a forwarded port goes to an idle engine; to the one in use once it is idle") {
        Bench world(2);
        forward(world.seen.gateways[0], {{40002, 1min}});
        world.seen.engines[0] = holding(world.seen.engines[0], 40001);
        world.use({0});
        CHECK(world.steps() == "replace acestream-1 ForwardedPortChanged @gluetun :40002");
        world.use({0, 1});
        CHECK(world.steps() == "");
        CHECK(world.on(0).reason == Reason::in_use);
        CHECK(world.on(0).message.starts_with("forwarded port 40002 takes the place of 40001; "));
        CHECK_FALSE(world.on(1).wished);
        world.seen.engines[0].wished_for = 30min;
        CHECK(world.steps() == "replace acestream-0 ForwardedPortChanged @gluetun :40002");
    }

    TEST_CASE("a person may ask for an engine to be replaced, or to go for good") {
        Bench world(3);
        world.seen.engines[1].drain_request = DrainRequest::replace;
        CHECK(world.steps() == "replace acestream-1 DrainRequested @gluetun");
        world.use({0, 1, 2});
        CHECK(world.steps() == "");
        CHECK(world.draining() == "acestream-1");

        world.seen.engines[1].drain_request = DrainRequest::remove;
        world.seen.stood_down = 1;
        CHECK(world.steps() == "");
        CHECK(world.draining() == "acestream-1");
        CHECK(world.made().wanted == 2);
        world.use({0, 2});
        CHECK(world.steps() == "remove acestream-1 Surplus");
        world.seen.engines.erase(world.seen.engines.begin() + 1);
        CHECK(world.made().matches());
        const auto conditions = judge_conditions(world.pool, world.seen, world.made());
        const auto progress = std::ranges::find(conditions, "Progressing", &Condition::type);
        CHECK(progress->message.starts_with("1 engine fewer than replicas says"));
    }

    TEST_CASE("a condition says of which engines the sessions are not known, and why") {
        Bench world(3);
        const auto found = [&] {
            const auto conditions = judge_conditions(world.pool, world.seen, world.made());
            return *std::ranges::find(conditions, "SessionsKnown", &Condition::type);
        };
        CHECK(found().status == Truth::yes);
        world.seen.engines[0].usage_unknown = world.seen.engines[2].usage_unknown = "no table";
        CHECK(found().status == Truth::no);
        CHECK(found().message ==
              "acestream-0 and 1 more: no table; nothing waits for the sessions of such engines");
    }
}
