// A plan as a text table.
#pragma once

#include <string>

#include "core/plan.h"
#include "core/spec.h"

namespace roundhouse {

// A row for each engine, existing or missing, with the step of the next round and its reason.
// Below, a summary.
std::string plan_as_table(const EnginePool& pool, const Plan& plan, bool with_colours);

}  // namespace roundhouse
