#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/drain.h"
#include "edge/command/commands.h"
#include "edge/command/connections.h"
#include "edge/command/print.h"
#include "edge/command/spec_report.h"
#include "edge/system/exit_code.h"
#include "edge/system/state_lock.h"
#include "edge/system/stop_deadline.h"
#include "loop/observer.h"
#include "loop/session_sensor.h"
#include "loop/step_runner.h"
#include "loop/thread_workers.h"
#include "loop/wakeup.h"

namespace roundhouse {

namespace {

Step removal_of(const EngineView& engine) {
    Step step;
    step.action = Action::remove;
    step.reason = Reason::surplus;
    step.slot = *engine.slot;
    step.engine = engine.name;
    step.engine_id = engine.id;
    step.graceful = engine.state == EngineState::running;
    return step;
}

// Waits until nobody uses an engine; each goes as soon as that is so. Ends when none is left, or
// when the pool's drain.timeout is over.
class GentleEnd {
  public:
    GentleEnd(Connections& connections, Workers& workers, StepRunner& steps)
        : around_(connections.surroundings()),
          workers_(workers),
          steps_(steps),
          sensor_(around_.runtime, workers, around_.sockets, around_.own, around_.clock) {}

    // The fault of a look ends it.
    Result<void> run(const std::shared_ptr<const EnginePool>& pool, const std::stop_token& stop) {
        const Monotonic began = around_.clock.monotonic();
        std::string told;
        while (!stop.stop_requested()) {
            auto seen = look(around_.runtime, workers_, *pool);
            if (!seen) return seen.fault();
            const Monotonic now = around_.clock.monotonic();
            std::vector<EngineView>& engines = seen.value().engines;
            sensor_.measure(seen.value().gateways, engines);
            std::vector<Step> removals;
            std::string waiting;
            for (auto& engine : engines) {
                // Nobody is served by what Docker removes already, and remove_all() waits for it.
                const bool goes = engine.state == EngineState::removing;
                if (!engine.slot || !engine.unknown.empty() || goes) continue;
                engine.wished_for = now - began;
                if (!drain_left(engine, pool->drain)) {
                    removals.push_back(removal_of(engine));
                } else {
                    waiting += (waiting.empty() ? "" : ", ") + engine.name + " " +
                               describe_use(engine, pool->drain);
                }
            }
            steps_.hand_out(removals, pool);
            if (waiting.empty()) break;
            if (waiting != told) print_line("waits: " + waiting);
            told = waiting;
            pause_for(std::min<Duration>(pool->check_interval, std::chrono::seconds(1)), stop);
        }
        return {};
    }

  private:
    Surroundings around_;
    Workers& workers_;
    StepRunner& steps_;
    SessionSensor sensor_;
};

// Removes every engine. Returns how many are left after a few rounds, each with its reason in the
// log, or the fault of a look.
Result<int> remove_all(Runtime& runtime, Workers& workers,
                       const std::shared_ptr<const EnginePool>& pool, StepRunner& steps,
                       Wakeup& done, const std::stop_token& stop) {
    constexpr int rounds = 5;
    for (int round = 0;; ++round) {
        const auto engines = look_at_engines(runtime, workers, pool->name);
        if (!engines) return engines.fault();
        int left = 0;
        std::vector<Step> removals;
        for (const auto& engine : engines.value()) {
            if (!engine.unknown.empty()) {
                ++left;
                print_line("left alone: " + engine.name + ": " + engine.unknown);
                continue;
            }
            if (!engine.slot) {
                print_line("left alone: " + engine.name + ": its labels cannot be read");
                continue;
            }
            ++left;
            // Docker is removing it already: wait for that.
            if (engine.state != EngineState::removing) removals.push_back(removal_of(engine));
        }
        if (left == 0 || round == rounds || stop.stop_requested()) return left;
        // One step for a slot: a second container of a slot is removed in the next round.
        steps.hand_out(removals, pool);
        while (!steps.idle() && !stop.stop_requested())
            done.wait(Duration{1000}, stop);
        // Docker may need more time for what it has begun.
        if (round > 0) pause_for(Duration{250 << round}, stop);
    }
}

}  // namespace

int command_down(const CommandLine& line, const Environment& environment,
                 const std::stop_token& stop) {
    Connections connections(environment);
    if (!connections.ready()) return connections.exit_code();
    const StopDeadline deadline(
        stop, [] { return exit_code::failure; }, connections.journal());
    auto declared = read_pool(line.file, environment.spec_defaults);
    if (!declared) return exit_code::bad_spec;
    const auto pool = std::make_shared<const EnginePool>(std::move(*declared));
    const auto lock = StateLock::acquire(environment.state_dir, pool->name);
    if (!lock) {
        print_problem(lock.fault().message);
        return exit_code::failure;
    }
    Wakeup done;
    NoMeters meters;
    ThreadWorkers workers;
    StepRunner steps(connections.runtime(), workers, connections.clock(), connections.journal(),
                     meters, [&] { done.notify(); });
    if (line.drain) {
        const auto ended = GentleEnd(connections, workers, steps).run(pool, stop);
        if (!ended) {
            print_problem(ended.fault().message);
            return exit_code::unreachable;
        }
    }
    const auto left = remove_all(connections.runtime(), workers, pool, steps, done, stop);
    if (!left) {
        print_problem(left.fault().message);
        return exit_code::unreachable;
    }
    if (left.value() > 0) {
        print_line(pool->name + ": " + std::to_string(left.value()) + " engines are still there");
        return exit_code::failure;
    }
    return print_result(pool->name + ": no engines are left\n", exit_code::success);
}

}  // namespace roundhouse
