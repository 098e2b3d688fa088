#include <utility>

#include "core/launch.h"
#include "loop/step_runner.h"

namespace roundhouse {

namespace {

StepResult ended(const Result<void>& result) {
    return result ? StepResult{} : StepResult{result.fault(), false, false, ""};
}

StepResult start(Runtime& runtime, const std::string& id) {
    const Result<void> started = runtime.start(id);
    if (started) return {};
    // If Docker tried the start, it keeps the error on the container, where the next look finds it.
    // A start that Docker did not try (a socket proxy forbids it) leaves no trace.
    const auto end = runtime.inspect_end(id);
    const bool on_record =
        end && end.value() && (!end.value()->start_error.empty() || end.value()->exit_code != 0);
    return {started.fault(), on_record, false, ""};
}

StepResult create_and_start(Runtime& runtime, const EnginePool& pool, const Step& step) {
    const auto id = runtime.create(make_engine_request(pool, *step.placement));
    if (!id) return {id.fault(), false, id.fault().kind == FaultKind::unavailable, ""};
    StepResult result = start(runtime, id.value());
    result.created = true;
    result.created_id = id.value();
    return result;
}

StepResult stop_and_remove(Runtime& runtime, const EnginePool& pool, const Step& step) {
    if (step.graceful) {
        const auto stopped = runtime.stop(step.engine_id, pool.engine_template.stop_timeout);
        if (!stopped) return ended(stopped);
    }
    return ended(runtime.remove(step.engine_id));
}

}  // namespace

StepResult perform(Runtime& runtime, const EnginePool& pool, const Step& step) {
    switch (step.action) {
        case Action::create: return create_and_start(runtime, pool, step);
        case Action::start: return start(runtime, step.engine_id);
        case Action::remove: return stop_and_remove(runtime, pool, step);
        case Action::replace: {
            // Only a confirmed removal makes room for the new engine.
            StepResult removed = stop_and_remove(runtime, pool, step);
            return removed.fault ? removed : create_and_start(runtime, pool, step);
        }
        case Action::pull: break;
    }
    return {Fault{FaultKind::rejected, "a pull is not a step for one engine"}, false, false, ""};
}

}  // namespace roundhouse
