#include <utility>

#include "core/launch.h"
#include "loop/step_runner.h"

namespace roundhouse {

namespace {

StepResult ended(const Result<void>& result) {
    StepResult step;
    if (!result) step.fault = result.fault();
    return step;
}

StepResult start(Runtime& runtime, const std::string& id) {
    StepResult step = ended(runtime.start(id));
    if (!step.fault) return step;
    if (step.fault->timed_out) {
        step.starting_id = id;
        return step;
    }
    // If Docker tried the start, it keeps the error on the container, where the next look finds it.
    // A start that Docker did not try (a socket proxy forbids it) leaves no trace.
    const auto end = runtime.inspect_end(id);
    step.on_record =
        end && end.value() && (!end.value()->start_error.empty() || end.value()->exit_code != 0);
    return step;
}

StepResult create_and_start(Runtime& runtime, const EnginePool& pool, const Step& step) {
    auto created = runtime.create(make_engine_request(pool, *step.placement));
    StepResult result;
    if (created) {
        result = start(runtime, created.value().id);
        result.created_id = created.value().id;
        result.warnings = std::move(created.value().warnings);
    } else {
        result.fault = created.fault();
    }
    result.image_missing = !created && created.fault().kind == FaultKind::gone;
    result.template_refused = result.fault && result.fault->bad_request;
    result.created = created || created.fault().kind == FaultKind::unavailable;
    return result;
}

StepResult stop_and_remove(Runtime& runtime, const EnginePool& pool, const Step& step) {
    StepResult result;
    if (step.graceful) {
        result = ended(runtime.stop(step.engine_id, pool.engine_template.stop_timeout));
    }
    if (!result.fault) result = ended(runtime.remove(step.engine_id));
    if (result.fault) result.stuck_id = step.engine_id;
    return result;
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
    return ended(Fault{FaultKind::rejected, "a pull is not a step for one engine"});
}

}  // namespace roundhouse
