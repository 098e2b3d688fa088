// Steps while the world is looked at: they go on until it is planned, and none is counted on.
#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <stdexcept>

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
    bool begin(Job job) override {
        if (no_threads) return false;
        jobs_.push_back(std::move(job));
        return true;
    }
    void do_all(const std::vector<Job>& jobs) override {
        for (const auto& job : jobs)
            job();
    }
    void do_all_within(std::vector<Job> jobs, Duration) override { do_all(jobs); }
    void work() {
        for (; !jobs_.empty(); jobs_.pop_front())
            jobs_.front()();
    }

    bool no_threads = false;

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
        const std::string gateway = world.docker.run_gateway("gluetun");
        Observation seen = matching_world(*pool);
        seen.engines.clear();
        seen.gateways[0].incarnation.id = gateway;
        planned = plan(*pool, seen, world.clock.now()).steps;
        steps.hand_out(planned, pool);
        REQUIRE_FALSE(steps.idle());
    }
    ~Runner() { workers.work(); }

    std::string id_in(int slot) { return world.docker.find(engine_name(pool->name, slot))->id; }

    Step removal_of(int slot) {
        Step step;
        step.action = Action::remove;
        step.slot = slot;
        step.engine_id = id_in(slot);
        return step;
    }

    // What a look shows that ends at once.
    Observation look() {
        StepRunner::Look look(steps, *pool);
        Observation seen;
        seen.engines = look_at_engines(world.docker, world.workers, pool->name).value();
        look.pause_steps(seen);
        return seen;
    }

    void count_in_flight() {
        for (const auto& step : planned)
            in_flight_when_told += steps.in_flight(step.slot) ? 1 : 0;
    }
};

}  // namespace

TEST_SUITE("step_runner") {
    TEST_CASE("steps go on during a look, and whatever they do is in between for it") {
        Runner runner;
        {
            StepRunner::Look look(runner.steps, *runner.pool);
            runner.workers.work();
            CHECK(runner.world.running().size() == 3);
            Observation seen;
            look.pause_steps(seen);
            CHECK(seen.steps_in_flight.size() == 3);
            CHECK(seen.steps_in_flight.at(1).gateway == "gluetun");
        }
        runner.world.advance(StepRunner::listing_lag);
        const Observation next = runner.look();
        CHECK(next.steps_in_flight.empty());
        CHECK(next.created_ago.at(2) == StepRunner::listing_lag);
    }

    TEST_CASE("from the end of a look to the end of the round no step is begun") {
        Runner runner;
        StepRunner::Look look(runner.steps, *runner.pool);
        Observation seen;
        look.pause_steps(seen);
        runner.workers.work();
        CHECK(runner.world.running().empty());
        CHECK(seen.steps_in_flight.empty());

        look.resume_steps();  // it is looked closer
        runner.workers.work();
        CHECK(runner.world.running().size() == 3);
        look.pause_steps(seen);
        CHECK(seen.steps_in_flight.size() == 3);
    }

    TEST_CASE("a look that fails or throws holds nothing up") {
        Runner runner;
        const auto look_that_throws = [&] {
            StepRunner::Look look(runner.steps, *runner.pool);
            Observation seen;
            look.pause_steps(seen);
            throw std::runtime_error("out of memory");
        };
        CHECK_THROWS(look_that_throws());
        runner.workers.work();
        CHECK(runner.steps.idle());  // what waited was planned for a world that was not seen again
        CHECK(runner.world.running().empty());
        runner.steps.hand_out(runner.planned, runner.pool);
        runner.workers.work();
        CHECK(runner.world.running().size() == 3);
    }

    TEST_CASE("the end of a step is reported when it is in flight no longer") {
        Runner runner;
        runner.workers.work();
        CHECK(runner.steps.idle());
        CHECK(runner.in_flight_when_told == 0);
    }

    TEST_CASE("an engine that is removed leaves; one that is created does not") {
        Runner runner;
        {
            StepRunner::Look look(runner.steps, *runner.pool);
            runner.workers.work();
            Observation created;
            look.pause_steps(created);
            CHECK_FALSE(created.steps_in_flight.at(1).leaving);
            CHECK(created.steps_in_flight.at(1).gateway_id ==
                  runner.world.docker.find("gluetun")->id);
        }
        runner.steps.hand_out({runner.removal_of(1)}, runner.pool);
        runner.world.advance(StepRunner::listing_lag);
        StepRunner::Look look(runner.steps, *runner.pool);
        runner.workers.work();
        Observation removed;
        look.pause_steps(removed);
        CHECK(removed.steps_in_flight.at(1).leaving);
        CHECK_FALSE(removed.steps_in_flight.at(1).engine_id.empty());
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
        StepRunner::Look look(runner.steps, *runner.pool);
        Observation seen;
        look.pause_steps(seen);  // the list shows none of them yet
        CHECK(seen.steps_in_flight.size() == 3);
    }

    TEST_CASE("a list that shows the predecessor in a slot does not show the new engine") {
        Runner runner;
        runner.workers.work();
        StepRunner::Look look(runner.steps, *runner.pool);
        Observation seen;
        seen.engines =
            look_at_engines(runner.world.docker, runner.world.workers, "acestream").value();
        seen.engines[1].id = "predecessor";
        look.pause_steps(seen);
        CHECK(seen.steps_in_flight.size() == 1);
        CHECK(seen.steps_in_flight.contains(1));
    }

    TEST_CASE("nor does it where no reply told the new engine's id") {
        Runner runner;
        runner.workers.work();
        Observation seen;
        seen.engines =
            look_at_engines(runner.world.docker, runner.world.workers, "acestream").value();
        Step step = runner.planned[1];
        step.action = Action::replace;
        step.engine_id = runner.id_in(step.slot);
        step.placement->ports.p2p = 40002;
        runner.world.docker.fail_next(Operation::create, {Mishap::When::after, {}});
        runner.steps.hand_out({step}, runner.pool);
        runner.workers.work();
        StepRunner::Look look(runner.steps, *runner.pool);
        look.pause_steps(seen);
        REQUIRE(seen.steps_in_flight.contains(step.slot));
        CHECK(seen.steps_in_flight.at(step.slot).ports.p2p == 40002);
    }

    TEST_CASE("a list that still shows an engine which was just removed does not count") {
        Runner runner;
        runner.workers.work();
        Observation seen;
        seen.engines =
            look_at_engines(runner.world.docker, runner.world.workers, "acestream").value();
        runner.steps.hand_out({runner.removal_of(1)}, runner.pool);
        runner.workers.work();
        const auto slots_in_flight = [&] {
            StepRunner::Look look(runner.steps, *runner.pool);
            look.pause_steps(seen);
            return seen.steps_in_flight;
        };
        REQUIRE(slots_in_flight().size() == 1);
        CHECK(slots_in_flight().at(1).leaving);
        runner.world.advance(StepRunner::listing_lag);
        CHECK(slots_in_flight().empty());
    }

    TEST_CASE("a list that still shows an engine as not started, which just was, does not count") {
        Runner runner;
        runner.workers.work();
        Observation seen;
        seen.engines =
            look_at_engines(runner.world.docker, runner.world.workers, "acestream").value();
        const auto slots_in_flight = [&] {
            StepRunner::Look look(runner.steps, *runner.pool);
            look.pause_steps(seen);
            return seen.steps_in_flight;
        };
        CHECK(slots_in_flight().empty());
        seen.engines[1].state = EngineState::created;
        REQUIRE(slots_in_flight().size() == 1);
        CHECK(slots_in_flight().contains(*seen.engines[1].slot));
        runner.world.advance(StepRunner::listing_lag);
        CHECK(slots_in_flight().empty());

        Step start;
        start.action = Action::start;
        start.slot = *seen.engines[1].slot;
        start.engine_id = seen.engines[1].id;
        runner.steps.hand_out({start}, runner.pool);
        runner.workers.work();
        CHECK(slots_in_flight().contains(start.slot));
        runner.world.advance(StepRunner::listing_lag);
        CHECK(slots_in_flight().empty());
    }

    TEST_CASE("what waits for an earlier spec is dropped when a look for another begins") {
        Runner runner;
        const EnginePool smaller = pool_of(1);
        const StepRunner::Look look(runner.steps, smaller);
        runner.workers.work();
        CHECK(runner.world.running().empty());
        CHECK(runner.steps.idle());
    }

    TEST_CASE(
        "a start that Docker does not answer in time is under way until a look shows its end") {
        const Fault late{FaultKind::unavailable, "docker: no whole reply within 30s", true};
        Runner runner;
        runner.world.docker.fail_next(Operation::start, {Mishap::When::before, late});
        runner.workers.work();
        runner.world.advance(StepRunner::listing_lag);
        CHECK_FALSE(runner.steps.in_flight(0));
        CHECK(runner.look().steps_in_flight.size() == 1);
        CHECK(runner.look().steps_in_flight.contains(0));
        CHECK(runner.look().troubles.empty());
        CHECK(StepRunner::Look(runner.steps, *runner.pool).is_changing(0));

        Step second;
        second.action = Action::start;
        second.slot = 0;
        second.engine_id = runner.id_in(0);
        runner.world.docker.clear_calls();
        runner.steps.hand_out({second}, runner.pool);
        runner.workers.work();
        CHECK(runner.world.docker.changing_calls().empty());

        SUBCASE("it runs") {
            runner.world.docker.start_container("acestream-0");
        }
        SUBCASE("it is removed") {
            runner.world.docker.remove_container("acestream-0");
        }
        SUBCASE("five minutes are over") {
            runner.world.advance(StepRunner::longest_start - StepRunner::listing_lag - 1ms);
            CHECK(runner.look().steps_in_flight.contains(0));
            runner.world.advance(1ms);
        }
        CHECK(runner.look().steps_in_flight.empty());
        CHECK_FALSE(StepRunner::Look(runner.steps, *runner.pool).is_changing(0));
    }

    TEST_CASE("a container that cannot be stopped or removed is named") {
        for (const bool graceful : {false, true}) {
            Runner runner;
            runner.workers.work();
            Step removal = runner.removal_of(1);
            removal.graceful = graceful;
            const Fault busy{FaultKind::rejected, "docker: dataset is busy"};
            runner.world.docker.fail_next(graceful ? Operation::stop : Operation::remove,
                                          {Mishap::When::before, busy});
            runner.steps.hand_out({removal}, runner.pool);
            runner.workers.work();
            const Observation seen = runner.look();
            CHECK(seen.troubles.empty());
            CHECK(seen.failed_removals ==
                  std::map<std::string, Trouble>{{removal.engine_id, {1, {}, busy.message}}});
            runner.world.docker.remove_container("acestream-1");
            CHECK(runner.look().failed_removals.empty());
        }
    }

    TEST_CASE("a list may lag behind a removal whose reply was lost") {
        Runner runner;
        runner.workers.work();
        Mishap mishap;
        SUBCASE("it may be gone") {}
        SUBCASE("Docker says that it is not") {
            mishap.fault.kind = FaultKind::rejected;
        }
        runner.world.docker.fail_next(Operation::remove, mishap);
        runner.steps.hand_out({runner.removal_of(1)}, runner.pool);
        runner.workers.work();
        CHECK(runner.look().steps_in_flight.empty() == (mishap.fault.kind == FaultKind::rejected));
        runner.world.advance(StepRunner::listing_lag);
        CHECK_FALSE(runner.look().steps_in_flight.contains(1));
    }

    TEST_CASE("a step that undoes what was just done, for a lasting reason, counts as a failure") {
        Runner runner;
        runner.workers.work();
        Step repeated = runner.planned[1];
        REQUIRE(repeated.slot == 1);
        repeated.action = Action::replace;
        repeated.engine_id = runner.id_in(1);
        repeated.reason = Reason::outside_gateway;
        repeated.message = "runs outside";
        Observation seen = runner.look();
        StepRunner::Look look(runner.steps, *runner.pool);
        CHECK(seen.troubles.empty());

        Step other = repeated;
        SUBCASE("counted") {
            CHECK(look.count_vain({repeated}, seen));
            CHECK(seen.troubles.at(1).failures == 1);
            CHECK(seen.troubles.at(1).detail.starts_with(
                "was created and found unchanged: runs outside: "));
            CHECK_FALSE(look.count_vain({repeated}, seen));  // once for each engine
            return;
        }
        SUBCASE("the new one may do better") {
            other.reason = Reason::exited;
        }
        SUBCASE("another engine") {
            other.engine_id = runner.id_in(2);
        }
        SUBCASE("another incarnation") {
            other.placement->incarnation.started_at = "later";
        }
        CHECK_FALSE(look.count_vain({other}, seen));
        CHECK(seen.troubles.empty());
    }

    TEST_CASE("of two troubles in a slot the one that holds back for longer counts") {
        Runner runner;
        runner.workers.work();
        Step repeated = runner.planned[1];
        repeated.engine_id = runner.id_in(1);
        repeated.reason = Reason::outside_gateway;
        Observation seen = runner.look();
        {
            StepRunner::Look look(runner.steps, *runner.pool);
            REQUIRE(look.count_vain({repeated}, seen));
        }
        runner.world.advance(1min);
        const Fault busy{FaultKind::rejected, "docker: name is in use"};
        runner.world.docker.remove_container("acestream-1");
        runner.world.docker.fail_next(Operation::create, {Mishap::When::before, busy});
        runner.steps.hand_out({runner.planned[1]}, runner.pool);
        runner.workers.work();
        seen = runner.look();
        CHECK(seen.troubles.at(1).since_last_failure == Duration{0});
        CHECK(seen.troubles.at(1).detail == busy.message);
    }

    TEST_CASE("another spec is another try") {
        Runner runner;
        runner.workers.work();
        Step repeated = runner.planned[1];
        repeated.engine_id = runner.id_in(1);
        repeated.reason = Reason::template_changed;
        Observation seen;
        const EnginePool same_but_new = *runner.pool;
        StepRunner::Look look(runner.steps, same_but_new);
        CHECK_FALSE(look.count_vain({repeated}, seen));
    }

    TEST_CASE("a step that gets no thread waits for the next round, and holds up no drain") {
        Runner runner;
        runner.workers.work();
        runner.workers.no_threads = true;
        const Step removal = runner.removal_of(2);
        runner.steps.hand_out({removal}, runner.pool);
        runner.steps.hand_out({removal}, runner.pool);
        CHECK(runner.steps.idle());
        CHECK(runner.world.journal.count("no thread can be started") == 1);
        CHECK(runner.world.running().size() == 3);
        SUBCASE("the next round") {
            runner.workers.no_threads = false;
            runner.steps.hand_out({removal}, runner.pool);
            runner.workers.work();
            CHECK(runner.world.running().size() == 2);
        }
        SUBCASE("the end") {
            runner.steps.drain();
            CHECK(runner.steps.idle());
        }
    }
}
