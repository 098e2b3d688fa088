// Whether engines fail again and again, while each new one makes the pool ready for a moment.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/failures.h"
#include "core/observation.h"
#include "core/plan.h"
#include "core/spec.h"
#include "core/status.h"

namespace roundhouse {

// What is to be remembered of an engine that a plan replaces or removes as failed; nullopt: it does
// not, or the engine is not listed.
std::optional<EngineFailure> failure_of(const Decision& decision, const Observation& seen);

// Adds what has been read of the engine's log since: it may show the cause.
void add_lines(EngineFailure& failure, std::vector<std::string> lines);

// The condition Stable: False while two or more engines of Observation::failures have failed. The
// message has their number, the commonest cause, the field of the spec that ends it, and the last
// line that an engine wrote.
Condition judge_stability(const EnginePool& pool, const Observation& seen);

}  // namespace roundhouse
