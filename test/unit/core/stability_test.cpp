// The condition Stable: engines that fail again and again, while others of them are ready.
#include "core/stability.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "unit/core/worlds.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

namespace {

EngineFailure failure(FailureCause cause, const std::string& message = "exited with code 1") {
    return {"acestream-0", "id", cause, message, {}};
}

Condition judged(std::vector<EngineFailure> failures, const EnginePool& pool = pool_of(2)) {
    Observation seen = matching_world(pool);
    const int count = static_cast<int>(failures.size());
    seen.failures = {count, 4min + 9500ms, 30s, std::move(failures)};
    return judge_stability(pool, seen);
}

// What is remembered of the pool's only engine once it has failed.
std::optional<EngineFailure> failure_of_only(const EngineView& engine,
                                             const EnginePool& pool = pool_of(1)) {
    Observation seen = matching_world(pool);
    seen.engines = {engine};
    const Plan made = plan(pool, seen, noon);
    REQUIRE(made.decisions.size() == 1);
    return failure_of(made.decisions[0], seen);
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE("stability") {
    TEST_CASE("one failure is none, and a second makes the pool unstable") {
        CHECK(judged({}).status == Truth::yes);
        CHECK(judged({failure(FailureCause::exited)}).status == Truth::yes);
        CHECK(judged({failure(FailureCause::exited)}).message.empty());
        const Condition unstable =
            judged({failure(FailureCause::exited), failure(FailureCause::exited)});
        CHECK(unstable.status == Truth::no);
        CHECK(unstable.reason == "Exited");
    }

    TEST_CASE("the message has number, commonest cause, the field to change, and the last line") {
        EnginePool pool = pool_of(2);
        pool.engine_template.resources.memory_bytes = 64 << 20;
        EngineFailure last = failure(FailureCause::exited);
        last.last_lines = {"loading", "cannot open cache"};
        const Condition unstable = judged(
            {failure(FailureCause::out_of_memory), failure(FailureCause::out_of_memory), last},
            pool);
        CHECK(unstable.reason == "OutOfMemory");
        CHECK(unstable.message ==
              "3 engines failed within 4m10s (2 of them: out of memory): raise "
              "template.resources.memory (64 MiB). True again once none fails for 10m. The last "
              "one: acestream-0 exited with code 1; it wrote last: \"cannot open cache\"");
    }

    TEST_CASE("a last line that the decision had is not told twice") {
        EngineFailure last = failure(FailureCause::exited,
                                     "exited with code 1; it wrote last: \"cannot open cache\"");
        last.last_lines = {"cannot open cache"};
        const std::string message = judged({last, last}).message;
        const auto first = message.find("cannot open cache");
        CHECK(first != std::string::npos);
        CHECK(message.find("cannot open cache", first + 1) == std::string::npos);
    }

    TEST_CASE("each cause has its word, and names the field that ends it") {
        const struct {
            FailureCause cause;
            const char* reason;
            const char* field;
        } rows[] = {
            {FailureCause::out_of_memory, "OutOfMemory", "lower replicas"},
            {FailureCause::port_in_use, "PortInUse", "choose other `ports`"},
            {FailureCause::killed, "Killed", "template.resources.memory"},
            {FailureCause::exited, "Exited", "template.args"},
            {FailureCause::start_failed, "StartFailed", "the field of the template"},
            {FailureCause::startup_timed_out, "StartupTimedOut", "template.probe.startupTimeout"},
            {FailureCause::probe_failed, "ProbeFailed", "template.probe.path"},
            {FailureCause::p2p_port_closed, "P2PPortClosed", "--port=$(P2P_PORT)"},
            {FailureCause::port_conflict, "PortConflict", "choose other `ports`"},
        };
        for (const auto& row : rows) {
            CAPTURE(std::string(row.reason));
            const Condition unstable = judged({failure(row.cause), failure(row.cause)});
            CHECK(unstable.reason == row.reason);
            CHECK(contains(unstable.message, row.field));
        }
    }

    TEST_CASE("what is remembered of an engine is why it failed") {
        EngineView silent = engine(pool_of(1), 0);
        silent.probe.answered_last = false;
        silent.probe.failures = 3;
        silent.probe.failing_for = 15s;
        EngineView never = engine(pool_of(1), 0);
        never.probe = {};
        never.probe.failures = 20;
        never.probe.failing_for = 2min;
        EngineView starved = exited(engine(pool_of(1), 0), 137);
        starved.end->out_of_memory = true;
        EngineView blocked = exited(engine(pool_of(1), 0));
        blocked.last_lines = {"bind: address already in use"};
        EngineView refused = exited(engine(pool_of(1), 0), 128);
        refused.end->start_error = "no such file";
        const struct {
            EngineView engine;
            FailureCause cause;
        } rows[] = {
            {exited(engine(pool_of(1), 0)), FailureCause::exited},
            {exited(engine(pool_of(1), 0), 137), FailureCause::killed},
            {starved, FailureCause::out_of_memory},
            {blocked, FailureCause::port_in_use},
            {refused, FailureCause::start_failed},
            {silent, FailureCause::probe_failed},
            {never, FailureCause::startup_timed_out},
        };
        for (const auto& row : rows) {
            CAPTURE(to_string(row.cause));
            const auto found = failure_of_only(row.engine);
            REQUIRE(found);
            CHECK(found->cause == row.cause);
            CHECK(found->engine == "acestream-0");
        }
    }

    TEST_CASE("lines that arrive later show that a port was in use") {
        EngineFailure found = failure(FailureCause::exited);
        add_lines(found, {"listen tcp :19000: bind: address already in use"});
        CHECK(found.cause == FailureCause::port_in_use);
        EngineFailure other = failure(FailureCause::out_of_memory);
        add_lines(other, {"bind: address already in use"});
        CHECK(other.cause == FailureCause::out_of_memory);
    }

    TEST_CASE("an engine that serves, or waits for its turn after a failure, is not counted") {
        CHECK_FALSE(failure_of_only(engine(pool_of(1), 0)));
        CHECK_FALSE(failure_of_only(exited(engine(pool_of(1), 0), 1, 0s, 4)));  // Backoff
        EngineView outdated = engine(pool_of(1), 0);
        outdated.template_hash = "another";
        CHECK_FALSE(failure_of_only(outdated));
    }
}
