// How the engines of a pool are spread where each gateway has a controller of its own, and no
// engine can move to another one: on Kubernetes.
#pragma once

#include <string>

#include "core/spec.h"

namespace roundhouse {

// The number of engines behind one of the pool's gateways: equal shares, and what remains goes to
// the first ones. One more replica is one more for one gateway. 0 for a gateway that the pool does
// not name.
int share_of(const EnginePool& pool, const std::string& gateway);

}  // namespace roundhouse
