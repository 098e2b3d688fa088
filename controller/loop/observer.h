// Looks at the world through the runtime. Only a list of engines that failed is a failed look. Any
// other answer that cannot be used makes its own subject unknown, with the reason.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/observation.h"
#include "core/spec.h"
#include "loop/gateway_sighting.h"
#include "loop/result.h"
#include "loop/runtime.h"
#include "loop/workers.h"

namespace roundhouse {

using IsInFlight = std::function<bool(int slot)>;

// What Docker showed in one look.
struct Sightings {
    RuntimeView runtime;
    // The spec's gateways in its order, then those that only engines still name.
    std::vector<GatewaySighting> gateways;
    std::vector<EngineView> engines;
    std::vector<NeighbourView> neighbours;
};

// One list call; then, at the same time, one inspect for each gateway, and one for each engine that
// does not run, unless a step for its slot is in flight: Docker does not answer for a container
// while it starts (20.10). Control servers are not asked. An engine is shown with the present name
// of the gateway that it joined.
Result<Sightings> look(
    Runtime& runtime, Workers& workers, const EnginePool& pool,
    const IsInFlight& in_flight = [](int) { return false; });

// The engines alone: every container with the label of this pool, each once.
Result<std::vector<EngineView>> look_at_engines(
    Runtime& runtime, Workers& workers, const std::string& pool,
    const IsInFlight& in_flight = [](int) { return false; });

// What only matters when an engine is to be created: whether the image is there, and which names
// strangers hold. Two calls at the same time.
void look_before_creating(Runtime& runtime, Workers& workers, const EnginePool& pool,
                          Observation& seen);

}  // namespace roundhouse
