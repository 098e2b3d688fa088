// A plan as JSON, for the HTTP API and for `plan -o json`.
#pragma once

#include <string>

#include "core/plan.h"
#include "core/spec.h"
#include "core/wait.h"
#include "edge/text/json.h"

namespace roundhouse {

// What ends a wait, of {"due", "awaits", "then", "remedy"} those that there are: a time, a fact in
// words
// ("acestream-2 is ready"), and what a person can do.
Json wait_view(const Wait& wait);

// manifests/openapi-schemas.yaml describes it as "Plan".
std::string plan_as_json(const EnginePool& pool, const Plan& plan);

}  // namespace roundhouse
