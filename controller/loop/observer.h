// Looks at the world through the runtime. A look is whole, or it is a fault.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/observation.h"
#include "core/spec.h"
#include "loop/result.h"
#include "loop/runtime.h"

namespace roundhouse {

using IsInFlight = std::function<bool(int slot)>;

// One list call, one inspect for each gateway, and one for each engine that stands still, unless a
// step for its slot is in flight: Docker tells nothing of a container while it is started (20.10).
// Fills in the gateways and the engines; what sensors know is theirs to add. Any fault of any call
// is the fault of the look.
Result<Observation> look(
    Runtime& runtime, const EnginePool& pool,
    const IsInFlight& in_flight = [](int) { return false; });

// The engines alone: every container with the label of this pool.
Result<std::vector<EngineView>> look_at_engines(
    Runtime& runtime, const std::string& pool,
    const IsInFlight& in_flight = [](int) { return false; });

// What only matters when an engine is to be created: whether the image is there, and which names
// strangers hold. Two calls.
Result<void> look_before_creating(Runtime& runtime, const EnginePool& pool, Observation& seen);

}  // namespace roundhouse
