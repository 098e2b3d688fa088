// What holds of every plan, whatever the world looks like: the rules P4, A2, A3, A4 and A5 of the
// design as far as a plan alone can break them.
#pragma once

#include <optional>
#include <string>

#include "core/plan.h"

namespace roundhouse::test {

// The first rule that the plan made for `seen` at `now` breaks, in words; nullopt where it keeps
// them all.
std::optional<std::string> broken_rule(const EnginePool& pool, const Observation& seen,
                                       const Plan& plan, Time now);

// Its last rule: where the runtime pins gateways, no engine stays behind one that stands still.
std::optional<std::string> broken_rule_of_pins(const Observation& seen, const Plan& plan);

}  // namespace roundhouse::test
