// A8, as far as a plan alone can break it: nobody's stream is cut by choice.
#pragma once

#include <optional>
#include <string>

#include "core/plan.h"

namespace roundhouse::test {

// The first rule on engines in use that the plan made for `seen` breaks, in words.
std::optional<std::string> broken_drain_rule(const EnginePool& pool, const Observation& seen,
                                             const Plan& plan);

}  // namespace roundhouse::test
