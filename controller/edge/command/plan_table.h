// A plan as a text table.
#pragma once

#include <string>

#include "core/plan.h"
#include "core/spec.h"
#include "core/time.h"

namespace roundhouse {

// A row for each engine, existing or missing, with the step of the next round and its reason, or
// with what the engine waits for at `now`. Below, a summary.
std::string plan_as_table(const EnginePool& pool, const Plan& plan, Time now, bool with_colours);

}  // namespace roundhouse
