// The specs of simulated worlds: the first one, and what users make of it.
#pragma once

#include <string>
#include <vector>

#include "core/spec.h"
#include "fakes/dice.h"

namespace roundhouse::test {

inline Duration seconds_between(Dice& dice, int first, int last) {
    return std::chrono::seconds{dice.between(first, last)};
}

EnginePool first_spec(Dice& dice, const std::vector<std::string>& gateways);

// Changes one field or a few that belong together; any field that a running pool can change.
// `gateways`: those that there are.
void edit_something(EnginePool& pool, Dice& dice, const std::vector<std::string>& gateways);

// Templates by which no engine can be made: simulated Docker refuses to create a container with
// that limit of processes, or to start one with FakeRuntime::absent_user, and no registry has that
// image.
inline constexpr std::int64_t refused_pids = 13;
inline constexpr const char* mistyped_image = "engine:typo";
bool is_refused(const EnginePool& pool);
// Makes such a template one that is accepted.
void mend(EngineTemplate& shape);

// The variable that edits of the template change: "EDIT=2"; empty: not set.
std::string edit_of(const EnginePool& pool);

}  // namespace roundhouse::test
