// The loop's smaller parts: the driver's pauses, which events concern it, the sensors.
#include <doctest/doctest.h>

#include <atomic>
#include <optional>
#include <thread>

#include "loop/driver.h"
#include "loop/event_listener.h"
#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;
using namespace std::chrono_literals;

TEST_SUITE("driver") {
    TEST_CASE("the next round comes when the plan says so, at the interval at the latest") {
        RoundResult round;
        round.looked = true;
        Pace pace;
        const auto pause = [&] { return pace.after(round, true, 5s, {}).at_most; };
        CHECK(pause() == 5s);
        round.wake_in = 2s;
        CHECK(pause() == 2s);
        round.wake_in = 2min;
        CHECK(pause() == 5s);
        round.wake_in = 20ms;
        CHECK(pause() == 20ms);
        CHECK(pace.after(round, true, 5s, {}).quiet == 20ms);
    }

    TEST_CASE("rounds that find nothing new, one soon after another, are further apart") {
        RoundResult round;
        round.looked = true;
        Pace pace;
        Monotonic now{};
        const auto quiet_after = [&](Duration later) {
            now += later;
            return pace.after(round, true, 5s, now).quiet;
        };
        for (const auto expected : {10ms, 40ms, 80ms, 160ms, 320ms, 640ms, 640ms})
            CHECK(quiet_after(999ms) == expected);
        CHECK(quiet_after(1s) == 10ms);
        CHECK(quiet_after(10ms) == 40ms);
        CHECK(quiet_after(10ms) == 80ms);
        round.shows_news = true;
        CHECK(quiet_after(10ms) == 40ms);
        round.shows_news = false;
        CHECK(quiet_after(10ms) == 40ms);
        CHECK(quiet_after(10ms) == 80ms);
    }

    TEST_CASE("while steps are under way, rounds are apart by a multiple of what one takes") {
        RoundResult round;
        round.looked = round.acts = round.plans_steps = true;
        Pace pace;
        const auto quiet = [&](Duration took) {
            round.took = took;
            return pace.after(round, true, 5s, {}).quiet;
        };
        CHECK(quiet(0ms) == 100ms);
        CHECK(quiet(40ms) == 160ms);
        CHECK(quiet(2s) == 640ms);
        round.plans_steps = false;
        CHECK(quiet(0ms) == 100ms);
        CHECK(quiet(0ms) == 100ms);
        CHECK(quiet(0ms) == 160ms);
    }

    TEST_CASE("a round shows news when an engine is in another state than in the one before") {
        LoopBench bench(pool_of(1));
        bench.docker.run_gateway("gluetun");
        CHECK(bench.round().shows_news);
        REQUIRE(bench.converges());
        CHECK_FALSE(bench.round().shows_news);
        bench.docker.kill_container("acestream-0");
        CHECK(bench.round().shows_news);
    }

    TEST_CASE("looks that fail back off, up to 15 s") {
        Pace pace;
        for (const auto expected : {500ms, 1000ms, 2000ms, 4000ms, 8000ms, 15000ms, 15000ms})
            CHECK(pace.after({}, true, 5s, {}).at_most == expected);
        CHECK(pace.after({}, false, 60s, {}).at_most == 60s);  // none was due
        CHECK(pace.after({}, true, 5s, {}).at_most == 500ms);
    }

    TEST_CASE("rounds whose looks fail are further and further apart") {
        LoopBench bench(pool_of(0));
        bench.docker.set_available(false);
        Driver driver(bench.reconciler, bench.board, bench.wakeup, bench.clock);
        std::vector<std::chrono::steady_clock::time_point> rounds;
        driver.run({}, [&](const RoundResult& round) {
            CHECK_FALSE(round.looked);
            rounds.push_back(std::chrono::steady_clock::now());
            return rounds.size() < 3;
        });
        CHECK(rounds[1] - rounds[0] >= 500ms);
        CHECK(rounds[2] - rounds[1] >= 1s);
    }

    TEST_CASE("a burst of a thousand wake-ups causes a few rounds") {
        LoopBench bench(pool_of(0));
        bench.docker.run_gateway("gluetun");
        Driver driver(bench.reconciler, bench.board, bench.wakeup, bench.clock);
        std::stop_source stop;
        int rounds = 0;
        std::thread ringing;
        driver.run(stop.get_token(), [&](const RoundResult&) {
            ++rounds;
            if (rounds == 1) {
                ringing = std::thread([&] {
                    for (int i = 0; i < 1000; ++i)
                        bench.wakeup.notify();
                    stop.request_stop();
                });
            }
            return true;
        });
        ringing.join();
        CHECK(rounds <= 3);
    }
}

TEST_SUITE("events") {
    TEST_CASE("only what concerns the pool wakes the loop") {
        const EnginePool pool = pool_of(1, {"gluetun", "spare"});
        const auto event = [](const std::string& name, const std::string& label_pool = "") {
            RuntimeEvent result;
            result.action = "die";
            result.container_name = name;
            if (!label_pool.empty()) result.labels["roundhouse.pool"] = label_pool;
            return result;
        };
        CHECK(concerns(event("acestream-0", "acestream"), pool));
        CHECK(concerns(event("renamed", "acestream"), pool));
        CHECK(concerns(event("spare"), pool));
        CHECK(concerns(event("acestream-3"), pool));  // frees the name of a slot
        CHECK_FALSE(concerns(event("acestream-web"), pool));
        CHECK_FALSE(concerns(event("gluetun2"), pool));
        CHECK_FALSE(concerns(event("other-0", "other"), pool));
    }

    TEST_CASE("a stream that breaks is opened again, and each opening wakes the loop") {
        LoopBench bench(pool_of(1));
        Wakeup changed;
        EventListener listener(bench.docker, bench.workers, bench.board, bench.steps,
                               bench.last_lines, bench.journal, [&] { changed.notify(); });
        std::jthread listening([&](const std::stop_token& stop) { listener.run(stop); });
        const std::stop_token never;
        CHECK(changed.wait(10s, never));
        REQUIRE(bench.docker.wait_until_followed(1));
        bench.docker.run_gateway("gluetun");
        CHECK(changed.wait(10s, never));
        bench.docker.set_available(false);
        bench.docker.set_available(true);
        CHECK(changed.wait(10s, never));
    }

    struct Listening {
        LoopBench bench{pool_of(1)};
        Wakeup look_due;
        std::atomic<int> looks = 0;
        std::optional<EventListener> listener;

        Listening() {
            listener.emplace(bench.docker, bench.workers, bench.board, bench.steps,
                             bench.last_lines, bench.journal, [this] {
                                 ++looks;
                                 look_due.notify();
                             });
        }

        void tell(const std::string& action, const std::string& name, const std::string& id) {
            listener->take({action, name, id, {{"roundhouse.pool", "acestream"}}});
        }
        bool is_due(Duration within) { return look_due.wait(within, {}); }
    };

    TEST_CASE("an event about an engine is followed by an inspect of it, and that by the look") {
        Listening world;
        world.bench.docker.hold(Operation::inspect_end);
        world.tell("die", "acestream-0", "id-0");
        world.tell("die", "acestream-0", "id-0");
        REQUIRE(world.bench.docker.wait_until_held(Operation::inspect_end, 1));
        CHECK_FALSE(world.is_due(0s));
        SUBCASE("whatever it says") {}
        SUBCASE("or that it gets no answer") {
            world.bench.docker.fail_next(Operation::inspect_end);
        }
        world.bench.docker.release(Operation::inspect_end);
        CHECK(world.is_due(10s));
    }

    TEST_CASE("the death of an engine that somebody removes: the look waits until it is gone") {
        Listening world;
        world.bench.docker.run_gateway("gluetun");
        REQUIRE(world.bench.converges());
        const std::string id = world.bench.docker.find("acestream-0")->id;
        world.bench.docker.set_state("acestream-0", EngineState::removing);
        world.bench.docker.clear_calls();
        world.tell("die", "acestream-0", id);
        while (world.bench.calls_of(Operation::inspect_end) < 1)
            std::this_thread::yield();
        world.bench.docker.remove_container("acestream-0");
        world.tell("destroy", "acestream-0", id);
        CHECK(world.is_due(10s));
        world.listener.reset();  // waits for its inspects
        CHECK(world.looks == 1);
        CHECK(world.bench.calls_of(Operation::last_lines) == 0);
    }

    TEST_CASE("one inspect that hangs delays no other, and few are made at a time") {
        Listening world;
        world.bench.docker.hold(Operation::inspect_end);
        const auto most = static_cast<int>(EventListener::most_inspects);
        for (int i = 0; i < 3 * most; ++i)
            world.tell("die", "acestream-" + std::to_string(i), "id-" + std::to_string(i));
        REQUIRE(world.bench.docker.wait_until_held(Operation::inspect_end, most));
        CHECK_FALSE(world.is_due(0s));
        world.bench.docker.release(Operation::inspect_end);
        while (world.bench.calls_of(Operation::inspect_end) < std::ptrdiff_t{3} * most)
            REQUIRE(world.is_due(10s));
    }

    TEST_CASE("an event about a gateway is followed by the look, which inspects it") {
        Listening world;
        world.listener->take({"health_status: healthy", "gluetun", "id", {}});
        CHECK(world.is_due(0s));
        CHECK(world.bench.calls_of(Operation::inspect_end) == 0);
    }

    TEST_CASE("events that a step in flight causes are ignored, but not the end of a new engine") {
        Listening world;
        world.bench.docker.run_gateway("gluetun");
        REQUIRE(world.bench.converges());
        const std::string old = world.bench.docker.find("acestream-0")->id;
        world.bench.docker.kill_container("acestream-0");
        world.bench.docker.hold(Operation::create);
        world.bench.reconciler.round({});
        REQUIRE(world.bench.docker.wait_until_held(Operation::create, 1));
        world.bench.docker.clear_calls();
        for (const std::string action : {"die", "destroy", "create", "start"})
            world.tell(action, "acestream-0", old);
        CHECK_FALSE(world.is_due(0s));
        world.tell("die", "acestream-0", "the new one");
        CHECK(world.is_due(10s));
        CHECK(world.bench.calls_of(Operation::inspect_end) == 1);
        world.bench.docker.release(Operation::create);
        world.bench.wait_for_steps();
    }

    TEST_CASE("without a thread for the inspect the look comes at once") {
        class NoThreads : public Workers {
            bool begin(Job) override { return false; }
            void do_all(const std::vector<Job>&) override {}
            void do_all_within(std::vector<Job>, Duration) override {}
        };
        LoopBench bench(pool_of(1));
        NoThreads workers;
        int looks = 0;
        EventListener listener(bench.docker, workers, bench.board, bench.steps, bench.last_lines,
                               bench.journal, [&] { ++looks; });
        listener.take({"die", "acestream-0", "id", {}});
        listener.take({"die", "acestream-0", "id", {}});
        CHECK(looks == 2);
    }
}

TEST_SUITE("step runner") {
    TEST_CASE("a replacement stops politely, removes, creates and starts, in this order") {
        LoopBench bench(pool_of(1));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        bench.docker.clear_calls();
        EnginePool edited = pool_of(1);
        edited.engine_template.env = {{"A", "B"}};
        bench.board.accept(edited);
        bench.round();
        std::vector<Operation> order;
        for (const auto& call : bench.docker.changing_calls())
            order.push_back(call.operation);
        CHECK(order == std::vector<Operation>{Operation::stop, Operation::remove, Operation::create,
                                              Operation::start});
    }

    TEST_CASE("a replacement that cannot remove creates nothing") {
        LoopBench bench(pool_of(1));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        bench.docker.kill_container("acestream-0");
        bench.docker.clear_calls();
        bench.docker.fail_next(Operation::remove);
        bench.round();
        REQUIRE(bench.docker.changing_calls().size() == 1);
        CHECK(bench.docker.changing_calls()[0].operation == Operation::remove);
    }

    TEST_CASE("an engine that could not be asked to stop is not removed by force") {
        LoopBench bench(pool_of(1));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        bench.docker.clear_calls();
        bench.docker.fail_next(Operation::stop);
        bench.board.accept(pool_of(0));
        bench.round();
        REQUIRE(bench.docker.changing_calls().size() == 1);
        CHECK(bench.docker.changing_calls()[0].operation == Operation::stop);
        CHECK(bench.running().size() == 1);
    }

    TEST_CASE("draining lets the steps under way end and begins no other") {
        LoopBench bench(pool_of(20));
        bench.docker.run_gateway("gluetun");
        bench.docker.hold(Operation::create);
        bench.reconciler.round({});
        constexpr auto most = StepRunner::usual_in_flight;
        REQUIRE(bench.docker.wait_until_held(Operation::create, static_cast<int>(most)));
        std::thread draining([&] { bench.steps.drain(); });
        bench.docker.release(Operation::create);
        draining.join();
        CHECK(bench.steps.idle());
        CHECK(bench.running().size() >= most);
        const std::size_t ended = bench.running().size();
        bench.reconciler.round({});
        CHECK(bench.steps.idle());
        CHECK(bench.running().size() == ended);
    }

    TEST_CASE("steps that were not begun are forgotten when the plan changes") {
        LoopBench bench(pool_of(20));
        bench.docker.run_gateway("gluetun");
        REQUIRE(bench.converges());
        bench.docker.hold(Operation::stop);
        bench.board.accept(pool_of(0));
        bench.reconciler.round({});
        constexpr auto most = StepRunner::usual_in_flight;
        REQUIRE(bench.docker.wait_until_held(Operation::stop, static_cast<int>(most)));
        bench.board.accept(pool_of(20));
        bench.reconciler.round({});
        bench.docker.clear_calls();
        bench.docker.release(Operation::stop);
        bench.wait_for_steps();
        std::size_t removed = 0;
        for (const auto& call : bench.docker.changing_calls()) {
            removed += call.operation == Operation::remove ? 1 : 0;
        }
        CHECK(removed == most);
        CHECK(bench.converges());
    }

    TEST_CASE("no step is begun between the look and the plan, nor after a stop is requested") {
        LoopBench bench(pool_of(3));
        bench.docker.run_gateway("gluetun");
        std::stop_source stop;
        stop.request_stop();
        bench.reconciler.round(stop.get_token());
        CHECK(bench.steps.idle());
        CHECK(bench.docker.changing_calls().empty());
    }

    TEST_CASE("a start that is refused without a trace is tried again ever more rarely") {
        LoopBench bench(pool_of(1));
        bench.docker.run_gateway("gluetun");
        const Fault refused{FaultKind::rejected, "the socket proxy forbids it"};
        bench.docker.fail_next(Operation::start, {Mishap::When::before, refused}, 1000);
        for (int tenth = 0; tenth < 100; ++tenth) {
            bench.round();
            bench.advance(100ms);
        }
        int starts = 0;
        for (const auto& call : bench.docker.changing_calls()) {
            starts += call.operation == Operation::start ? 1 : 0;
        }
        CHECK(starts == 4);  // at 0, 1, 3 and 7 s
    }

    TEST_CASE("engines that Docker makes otherwise than asked are made ever more rarely") {
        class Disobedient : public FakeRuntime {
            Result<CreatedContainer> create(const EngineRequest& request) override {
                EngineRequest altered = request;
                altered.network_mode = "bridge";
                return FakeRuntime::create(altered);
            }
        };
        LoopBenchOn<Disobedient> bench(pool_of(1));
        bench.docker.run_gateway("gluetun");
        bench.run_for(60s);
        CHECK(bench.calls_of(Operation::create) >= 4);
        CHECK(bench.calls_of(Operation::create) <= 7);
        const auto& troubles = bench.board.round()->seen.troubles;
        CHECK(troubles.at(0).detail.starts_with("was created and found unchanged: runs in"));
    }

    TEST_CASE("an image that is missing after each pull is pulled ever more rarely") {
        class Forgetful : public FakeRuntime {
            Result<bool> has_image(const std::string&) override { return false; }
        };
        LoopBenchOn<Forgetful> bench(pool_of(1));
        bench.docker.offer_image(bench.board.spec().pool->engine_template.image);
        bench.docker.run_gateway("gluetun");
        bench.run_for(60s);
        CHECK(bench.calls_of(Operation::pull) >= 4);
        CHECK(bench.calls_of(Operation::pull) <= 7);
    }
}
