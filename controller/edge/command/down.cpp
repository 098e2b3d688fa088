#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "edge/command/commands.h"
#include "edge/command/connections.h"
#include "edge/command/print.h"
#include "edge/command/spec_report.h"
#include "edge/system/exit_code.h"
#include "edge/system/state_lock.h"
#include "edge/system/stop_deadline.h"
#include "loop/observer.h"
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
