// A pool as the agent of one Pod sees it.
#pragma once

#include <string>

#include "core/spec.h"
#include "loop/result.h"

namespace roundhouse {

// The pool's share behind one gateway: this gateway alone, at its address in the Pod, and no more
// slots than the Pod has. `rejected`: a Pod cannot run the pool, or it does not name the gateway.
Result<EnginePool> pool_of_pod(EnginePool pool, const std::string& gateway, int slots);

}  // namespace roundhouse
