// A plan as JSON, for the HTTP API and for `plan -o json`.
#pragma once

#include <string>

#include "core/plan.h"
#include "core/spec.h"

namespace roundhouse {

// {"pool", "wanted", "ready", "updated", "matches", "steps": [...], "engines": [...]}
std::string plan_as_json(const EnginePool& pool, const Plan& plan);

}  // namespace roundhouse
