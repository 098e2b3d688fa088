#include <cstdio>
#include <memory>
#include <utility>
#include <vector>

#include "edge/command/commands.h"
#include "edge/command/connections.h"
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

// Lets go of every engine; what is left after a few rounds cannot be removed, and the log has told
// why. Returns how many are left, or the fault of a look.
Result<int> remove_all(Runtime& runtime, const std::shared_ptr<const EnginePool>& pool,
                       StepRunner& steps, Wakeup& done, const std::stop_token& stop) {
    constexpr int rounds = 5;
    for (int round = 0;; ++round) {
        const auto engines = look_at_engines(runtime, pool->name);
        if (!engines) return engines.fault();
        int left = 0;
        std::vector<Step> removals;
        for (const auto& engine : engines.value()) {
            if (!engine.slot) {
                std::fprintf(stderr, "left alone: %s: its labels cannot be read\n",
                             engine.name.c_str());
                continue;
            }
            ++left;
            // One that somebody else is removing is only waited for.
            if (engine.state != EngineState::removing) removals.push_back(removal_of(engine));
        }
        if (left == 0 || round == rounds || stop.stop_requested()) return left;
        // A second container of a slot has its turn in the next round.
        steps.hand_out(removals, pool);
        while (!steps.idle() && !stop.stop_requested())
            done.wait(Duration{1000}, stop);
        // What Docker still works on gets some time.
        if (round > 0) pause_for(Duration{250 << round}, stop);
    }
}

}  // namespace

int command_down(const CommandLine& line, const Environment& environment,
                 const std::stop_token& stop) {
    Workbench bench(environment);
    if (!bench.ready()) return bench.exit_code();
    auto declared = read_pool(line.file, environment.spec_defaults);
    if (!declared) return exit_code::bad_spec;
    const auto pool = std::make_shared<const EnginePool>(std::move(*declared));
    const auto lock = StateLock::acquire(environment.state_dir, pool->name);
    if (!lock) {
        std::fprintf(stderr, "roundhouse: %s\n", lock.fault().message.c_str());
        return exit_code::failure;
    }
    const StopDeadline deadline(
        stop, [] { return exit_code::failure; }, bench.journal());
    Wakeup done;
    NoMeters meters;
    ThreadWorkers workers;
    StepRunner steps(bench.runtime(), workers, bench.clock(), bench.journal(), meters,
                     [&] { done.ring(); });
    const auto left = remove_all(bench.runtime(), pool, steps, done, stop);
    if (!left) {
        std::fprintf(stderr, "roundhouse: %s\n", left.fault().message.c_str());
        return exit_code::unreachable;
    }
    if (left.value() > 0) {
        std::fprintf(stderr, "%s: %d engines are still there\n", pool->name.c_str(), left.value());
        return exit_code::failure;
    }
    std::printf("%s: no engines are left\n", pool->name.c_str());
    return exit_code::success;
}

}  // namespace roundhouse
