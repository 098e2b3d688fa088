// A plan as JSON, for the HTTP API and for `plan -o json`.
#pragma once

#include <string>

#include "core/plan.h"
#include "core/spec.h"

namespace roundhouse {

// manifests/openapi-schemas.yaml describes it as "Plan".
std::string plan_as_json(const EnginePool& pool, const Plan& plan);

}  // namespace roundhouse
