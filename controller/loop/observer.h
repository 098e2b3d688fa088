// Looks at the world through the runtime. A look is whole, or it is a fault.
#pragma once

#include <string>
#include <vector>

#include "core/observation.h"
#include "core/spec.h"
#include "loop/result.h"
#include "loop/runtime.h"

namespace roundhouse {

// One list call, one inspect for each gateway, and one for each engine that stands still. Fills in
// the gateways and the engines; what sensors know is theirs to add. Any fault of any call is the
// fault of the look.
Result<Observation> look(Runtime& runtime, const EnginePool& pool);

// The engines alone: every container with the label of this pool.
Result<std::vector<EngineView>> look_at_engines(Runtime& runtime, const std::string& pool);

// What only matters when an engine is to be created: whether the image is there, and which names
// strangers hold. Two calls.
Result<void> look_before_creating(Runtime& runtime, const EnginePool& pool, Observation& seen);

}  // namespace roundhouse
