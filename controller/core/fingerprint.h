// The template hash: 16 hex digits over everything of a spec that is baked into an engine when it
// is created. An engine whose recorded hash differs is outdated.
#pragma once

#include <string>

#include "core/spec.h"

namespace roundhouse {

// Covers the template and the port bases. Not covered, as a running engine need not be replaced
// for them: pullPolicy, stopTimeout, probe.
std::string template_hash(const EnginePool& pool);

// The same for what the containers of a gateway's Pod are made from, apart from their number: the
// Pod has to be another one exactly if this changes.
std::string pod_hash(const EnginePool& pool, const std::string& gateway);

}  // namespace roundhouse
