// Whether the gateways publish the HTTP ports that clients connect to.
#pragma once

#include "core/observation.h"
#include "core/spec.h"
#include "core/status.h"

namespace roundhouse {

// The condition PortsPublished. Where a gateway publishes other ports than its engines listen on,
// the message names them, and the `ports` to write in the spec.
Condition judge_publication(const EnginePool& pool, const Observation& seen);

}  // namespace roundhouse
