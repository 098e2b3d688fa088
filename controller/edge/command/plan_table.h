// A plan as people read it.
#pragma once

#include <string>

#include "core/plan.h"
#include "core/spec.h"

namespace roundhouse {

// A row for each engine and each missing one, with what a round would do and why, and a summary.
std::string plan_as_table(const EnginePool& pool, const Plan& plan, bool with_colours);

}  // namespace roundhouse
