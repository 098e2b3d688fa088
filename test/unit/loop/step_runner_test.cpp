// Steps while the world is looked at: they go on until it is planned, and none is counted on.
#include <doctest/doctest.h>

#include <deque>
#include <memory>

#include "core/plan.h"
#include "loop/observer.h"
#include "loop/step_runner.h"
#include "unit/core/worlds.h"
#include "unit/loop/bench_of_fakes.h"

using namespace roundhouse;
using namespace roundhouse::test;

namespace {

// Jobs wait until the test lets them be done.
class PatientWorkers : public Workers {
  public:
    void begin(Job job) override { jobs_.push_back(std::move(job)); }
    void do_all(const std::vector<Job>& jobs) override {
        for (const auto& job : jobs)
            job();
    }
    void work() {
        for (; !jobs_.empty(); jobs_.pop_front())
            jobs_.front()();
    }

  private:
    std::deque<Job> jobs_;
};

// A pool of three, with the steps that create its engines handed out and none begun.
struct Runner {
    PatientWorkers workers;
    LoopBench world{pool_of(3)};
    std::shared_ptr<const EnginePool> pool = world.board.spec().pool;
    std::vector<Step> planned;
    int in_flight_when_told = 0;
    StepRunner steps{world.docker,
                     workers,
                     world.clock,
                     world.journal,
                     world.meters,
                     [this] { count_in_flight(); },
                     1};

    Runner() {
        world.docker.run_gateway("gluetun");
        Observation seen = look(world.docker, *pool).value();
        seen.image.present = true;
        planned = plan(*pool, seen, world.clock.now()).steps;
        steps.hand_out(planned, pool);
        REQUIRE_FALSE(steps.idle());
    }
    ~Runner() { workers.work(); }

    void count_in_flight() {
        for (const auto& step : planned)
            in_flight_when_told += steps.in_flight(step.slot) ? 1 : 0;
    }
};

}  // namespace

TEST_SUITE("step_runner") {
    TEST_CASE("steps go on during a look, and whatever they do is in between for it") {
        Runner runner;
        Observation seen;
        runner.steps.begin_look(*runner.pool, seen);
        runner.workers.work();
        CHECK(runner.world.running().size() == 3);
        runner.steps.hold(seen);
        CHECK(seen.steps_in_flight.size() == 3);
        CHECK(seen.steps_in_flight.at(1).gateway == "gluetun");
        runner.steps.hand_out({}, runner.pool);

        Observation next;
        runner.world.advance(StepRunner::listing_lag);
        runner.steps.begin_look(*runner.pool, next);
        runner.steps.hold(next);
        CHECK(next.steps_in_flight.empty());
        runner.steps.hand_out({}, runner.pool);
    }

    TEST_CASE("from the end of a look to the end of the round no step is begun") {
        Runner runner;
        Observation seen;
        runner.steps.begin_look(*runner.pool, seen);
        runner.steps.hold(seen);
        runner.workers.work();
        CHECK(runner.world.running().empty());
        CHECK(seen.steps_in_flight.empty());

        runner.steps.release();  // it is looked closer
        runner.workers.work();
        CHECK(runner.world.running().size() == 3);
        runner.steps.hold(seen);
        CHECK(seen.steps_in_flight.size() == 3);
        runner.steps.hand_out({}, runner.pool);
    }

    TEST_CASE("that a step has ended is told when it is in flight no longer") {
        Runner runner;
        runner.workers.work();
        CHECK(runner.steps.idle());
        CHECK(runner.in_flight_when_told == 0);
    }

    TEST_CASE("who is removed leaves; who is created does not") {
        Runner runner;
        Observation created;
        runner.steps.begin_look(*runner.pool, created);
        runner.workers.work();
        runner.steps.hold(created);
        CHECK_FALSE(created.steps_in_flight.at(1).leaving);

        Step removal;
        removal.action = Action::remove;
        removal.slot = 1;
        removal.engine_id = runner.world.docker.find("acestream-1")->id;
        runner.steps.hand_out({removal}, runner.pool);
        runner.world.advance(StepRunner::listing_lag);
        Observation removed;
        runner.steps.begin_look(*runner.pool, removed);
        runner.workers.work();
        runner.steps.hold(removed);
        CHECK(removed.steps_in_flight.at(1).leaving);
        runner.steps.hand_out({}, runner.pool);
    }

    TEST_CASE("a slot in which a step is under way gets no second one") {
        Runner runner;
        runner.world.docker.set_mishap_source([&](const FakeCall& call) -> std::optional<Mishap> {
            const bool first = call.operation == Operation::start && call.subject == "acestream-0";
            if (first) runner.steps.hand_out(runner.planned, runner.pool);
            return std::nullopt;
        });
        runner.workers.work();
        CHECK(runner.world.running().size() == 3);
        CHECK(runner.world.docker.changing_calls().size() == 6);
        CHECK(runner.world.meters.failed_steps() == 0);
    }

    TEST_CASE("a slot counts as taken when its engine may have been created: no reply came") {
        Runner runner;
        runner.world.docker.fail_next(Operation::create, {Mishap::When::after, {}});
        runner.workers.work();
        Observation seen;
        runner.steps.begin_look(*runner.pool, seen);
        runner.steps.hold(seen);  // the list shows none of them yet
        CHECK(seen.steps_in_flight.size() == 3);
        runner.steps.hand_out({}, runner.pool);
    }

    TEST_CASE("a list that still shows who was in the slot before does not show the new one") {
        Runner runner;
        runner.workers.work();
        Observation seen;
        runner.steps.begin_look(*runner.pool, seen);
        seen.engines =
            look_at_engines(runner.world.docker, "acestream", [](int) { return false; }).value();
        seen.engines[1].id = "predecessor";
        runner.steps.hold(seen);
        CHECK(seen.steps_in_flight.size() == 1);
        CHECK(seen.steps_in_flight.contains(1));
        runner.steps.hand_out({}, runner.pool);
    }

    TEST_CASE("what waits for an earlier spec is dropped when a look for another begins") {
        Runner runner;
        Observation seen;
        const EnginePool smaller = pool_of(1);
        runner.steps.begin_look(smaller, seen);
        runner.workers.work();
        CHECK(runner.world.running().empty());
        CHECK(runner.steps.idle());
        runner.steps.hold(seen);
        runner.steps.hand_out({}, runner.pool);
    }
}
