// Steps while the world is looked at: they go on until it is planned, and none is counted on.
#include <doctest/doctest.h>

#include <deque>
#include <memory>

#include "core/plan.h"
#include "loop/observer.h"
#include "loop/step_runner.h"
#include "unit/bench_of_fakes.h"
#include "unit/worlds.h"

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
    StepRunner steps{world.docker, workers, world.clock, world.journal, world.meters, [] {}, 1};

    Runner() {
        world.docker.run_gateway("gluetun");
        Observation seen = look(world.docker, *pool).value();
        seen.image.present = true;
        steps.hand_out(plan(*pool, seen, world.clock.now()).steps, pool);
        REQUIRE_FALSE(steps.idle());
    }
    ~Runner() { workers.work(); }
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
