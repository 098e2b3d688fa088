// Which of too many engines go.
#pragma once

#include <optional>
#include <string>

#include "core/plan.h"

namespace roundhouse::test {

// The first rule on surplus engines that the plan made for `seen` breaks, in words.
std::optional<std::string> broken_surplus_rule(const EnginePool& pool, const Observation& seen,
                                               const Plan& plan);

}  // namespace roundhouse::test
