// The loop's smaller parts: the driver's pauses, which events concern it, the sensors.
#include <doctest/doctest.h>

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
        CHECK(pause_after(round, 0, 9, 5s) == 5s);
        round.wake_in = 2s;
        CHECK(pause_after(round, 0, 9, 5s) == 2s);
        round.wake_in = 2min;
        CHECK(pause_after(round, 0, 9, 5s) == 5s);
    }

    TEST_CASE("after a wake-up there are three more looks: Docker's lists lag its events") {
        RoundResult round;
        round.looked = true;
        CHECK(pause_after(round, 0, 0, 5s) == 40ms);
        CHECK(pause_after(round, 0, 1, 5s) == 100ms);
        CHECK(pause_after(round, 0, 2, 5s) == 1s);
        CHECK(pause_after(round, 0, 3, 5s) == 5s);
        round.wake_in = 20ms;
        CHECK(pause_after(round, 0, 0, 5s) == 20ms);
    }

    TEST_CASE("while steps are under way it looks less often, also after wake-ups") {
        RoundResult round;
        CHECK(shortest_pause_after(round) == 40ms);
        round.acts = true;
        CHECK(shortest_pause_after(round) == 100ms);
    }

    TEST_CASE("looks that fail back off, up to 15 s") {
        const std::vector<Duration> expected = {500ms, 1s, 2s, 4s, 8s, 15s, 15s};
        for (std::size_t i = 0; i < expected.size(); ++i) {
            CHECK(pause_after({}, static_cast<int>(i) + 1, 0, 5s) == expected[i]);
        }
        CHECK(pause_after({}, 1'000'000, 0, 5s) == 15s);
    }

    TEST_CASE("rounds whose looks fail are further and further apart") {
        LoopBench bench(pool_of(0));
        bench.docker.set_available(false);
        Driver driver(bench.reconciler, bench.board, bench.wakeup);
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
        Driver driver(bench.reconciler, bench.board, bench.wakeup);
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
        std::jthread listening([&](const std::stop_token& stop) {
            listen_for_events(
                bench.docker, bench.board, bench.steps, bench.journal, [&] { changed.notify(); },
                stop);
        });
        const std::stop_token never;
        CHECK(changed.wait(10s, never));
        REQUIRE(bench.docker.wait_until_followed(1));
        bench.docker.run_gateway("gluetun");
        CHECK(changed.wait(10s, never));
        bench.docker.set_available(false);
        bench.docker.set_available(true);
        CHECK(changed.wait(10s, never));
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
        CHECK(troubles.at(0).detail.starts_with("was created and found unchanged: runs with"));
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
