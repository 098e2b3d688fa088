// Which events people are told, and when.
#include "edge/client/outbox.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace roundhouse;
using namespace std::chrono_literals;

namespace {

Event event(Severity severity, std::string what, std::string engine = "", std::string reason = "") {
    Event result;
    result.severity = severity;
    result.what = std::move(what);
    result.engine = std::move(engine);
    result.reason = std::move(reason);
    return result;
}

Event waits(std::string engine, std::string reason = "Backoff") {
    return event(Severity::warning, "engine waits", std::move(engine), std::move(reason));
}

Event ready(std::string engine) {
    return event(Severity::info, "engine ready", std::move(engine));
}

// An outbox, a clock, and what was told.
struct OutboxBench {
    Outbox outbox{Outbox::Pace{}};
    Monotonic now{};

    void add(const Event& what) { outbox.add(what, now); }

    // "engine waits a, engine ready a" of all that waits; it is delivered.
    std::string told() {
        std::string all;
        for (const auto& each : outbox.take().events)
            all += (all.empty() ? "" : ", ") + each.what + " " + each.engine;
        outbox.delivered(now);
        return all;
    }
};

}  // namespace

TEST_SUITE("outbox") {
    TEST_CASE("what is well is not told, but for what was told to be wrong") {
        OutboxBench bench;
        bench.add(event(Severity::info, "roundhouse starts"));
        bench.add(event(Severity::debug, "condition changed"));
        bench.add(ready("a"));
        CHECK_FALSE(bench.outbox.due());
        bench.add(waits("a"));
        CHECK(bench.told() == "engine waits a");
        bench.add(event(Severity::info, "engine replaced", "a"));
        bench.add(ready("b"));
        CHECK_FALSE(bench.outbox.due());
        bench.add(ready("a"));
        bench.add(ready("a"));
        CHECK(bench.told() == "engine ready a");
    }

    TEST_CASE("what is over before it is sent is not told") {
        OutboxBench bench;
        bench.add(waits("a"));
        bench.add(waits("b"));
        bench.add(ready("a"));
        CHECK(bench.told() == "engine waits b");
        bench.add(waits("b", "ImagePullBackoff"));
        bench.add(ready("b"));
        CHECK(bench.told() == "engine ready b");
    }

    TEST_CASE("what another event tells is not told twice") {
        OutboxBench bench;
        bench.add(event(Severity::warning, "the last good spec stays in force"));
        bench.add(event(Severity::warning, "there is no good spec yet: nothing is done"));
        bench.add(waits("a", "GatewayNotReady"));
        CHECK_FALSE(bench.outbox.due());
    }

    TEST_CASE("every kind of trouble that can recover does") {
        const std::vector<std::pair<std::string, std::string>> rows{
            {"spec refused", "spec accepted"},
            {"cannot look at the containers: nothing is done until that works",
             "the containers can be looked at again"},
            {"no events from Docker: changes are seen at the check interval only",
             "Docker's events are back"},
            {"image pull failed", "image pulled"},
            {"condition changed", "all engines are ready"},
        };
        for (const auto& [trouble, recovery] : rows) {
            const std::string& name = trouble;
            CAPTURE(name);
            OutboxBench bench;
            bench.add(event(Severity::error, trouble));
            CHECK(bench.told() == trouble + " ");
            bench.add(event(Severity::info, recovery));
            CHECK(bench.told() == recovery + " ");
        }
    }

    TEST_CASE("a trouble is told once until it is over, and again after six hours") {
        OutboxBench bench;
        bench.add(waits("a"));
        bench.add(waits("a"));
        bench.add(waits("a", "ImagePullBackoff"));
        bench.add(waits("b"));
        CHECK(bench.told() == "engine waits a, engine waits a, engine waits b");
        bench.now += Outbox::told_for - 1ms;
        bench.add(waits("a"));
        CHECK_FALSE(bench.outbox.due());
        bench.now += 1ms;
        bench.add(waits("a"));
        CHECK(bench.told() == "engine waits a");
        bench.add(ready("a"));
        bench.add(waits("a"));
        CHECK(bench.told() == "engine ready a, engine waits a");
    }

    TEST_CASE("a batch waits for what follows, and the next one for a minute") {
        OutboxBench bench;
        bench.now += 1h;
        bench.add(waits("a"));
        CHECK(bench.outbox.due() == bench.now + 5s);
        bench.now += 4s;
        bench.add(waits("b"));
        CHECK(bench.outbox.due() == bench.now + 1s);
        bench.now += 1s;
        CHECK(bench.told() == "engine waits a, engine waits b");
        bench.add(waits("c"));
        CHECK(bench.outbox.due() == bench.now + 1min);
    }

    TEST_CASE("what could not be delivered is tried again, later each time, with what came since") {
        OutboxBench bench;
        bench.add(waits("a"));
        for (const Duration wait : {5'000ms, 10'000ms, 20'000ms, 40'000ms}) {
            bench.outbox.failed(bench.outbox.take(), bench.now);
            CHECK(bench.outbox.due() == bench.now + wait);
        }
        for (int i = 0; i < 40; ++i)
            bench.outbox.failed(bench.outbox.take(), bench.now);
        CHECK(bench.outbox.due() == bench.now + 10min);
        auto sent = bench.outbox.take();
        bench.add(waits("b"));
        bench.outbox.failed(std::move(sent), bench.now);
        CHECK(bench.told() == "engine waits a, engine waits b");
        bench.add(waits("c"));
        bench.outbox.failed(bench.outbox.take(), bench.now);
        CHECK(bench.outbox.due() == bench.now + 5s);
    }

    TEST_CASE("what is refused is not tried again") {
        OutboxBench bench;
        bench.add(waits("a"));
        bench.outbox.take();
        bench.outbox.refused(bench.now);
        CHECK_FALSE(bench.outbox.due());
    }

    TEST_CASE("of too many the newest are kept, and the others counted") {
        OutboxBench bench;
        for (int i = 0; i < 70; ++i)
            bench.add(waits(std::to_string(i)));
        const auto batch = bench.outbox.take();
        CHECK(batch.events.size() == Outbox::capacity);
        CHECK(batch.events.back().engine == "69");
        CHECK(batch.left_out == 20);
    }
}
