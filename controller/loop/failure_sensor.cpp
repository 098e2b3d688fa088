#include "loop/failure_sensor.h"

#include <algorithm>
#include <utility>

#include "core/stability.h"

namespace roundhouse {

void FailureSensor::recall(Observation& seen, Monotonic now) {
    for (auto& engine : seen.engines) {
        // As early as can be: it may be removed in this round.
        if (engine.end && engine.end->finished_at) lines_.read(engine.id);
        engine.last_lines = lines_.of(engine.id);
    }
    for (auto& failure : latest_) {
        if (failure.last_lines.empty()) add_lines(failure, lines_.of(failure.engine_id));
    }
    recall_failures(seen, now);
}

void FailureSensor::recall_failures(Observation& seen, Monotonic now) {
    if (count_ > 0 && now - last_ >= stable_after) {
        latest_.clear();
        count_ = 0;
    }
    seen.failures = {};
    if (count_ == 0) return;
    seen.failures = {count_, now - first_, now - last_, {latest_.begin(), latest_.end()}};
}

void FailureSensor::note(const Plan& plan, Observation& seen, Monotonic now) {
    for (const auto& decision : plan.decisions) {
        auto failure = failure_of(decision, seen);
        // A step that did not work is planned again for the same engine.
        const bool is_known = failure && std::ranges::count(latest_, failure->engine_id,
                                                            &EngineFailure::engine_id) > 0;
        if (!failure || is_known) continue;
        lines_.read(failure->engine_id);
        if (count_ == 0) first_ = now;
        last_ = now;
        ++count_;
        latest_.push_back(std::move(*failure));
        if (latest_.size() > most_failures) latest_.pop_front();
    }
    recall_failures(seen, now);
}

}  // namespace roundhouse
