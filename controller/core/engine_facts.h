// What one engine's row of the observation says about it, before anything is decided.
#pragma once

#include <string>

#include "core/observation.h"
#include "core/spec.h"

namespace roundhouse {

// Whether an engine serves by its own probe, whatever its gateway does.
enum class Serving {
    yes,
    no,
    unknown,  // never probed, or nothing in its namespace replies
};

Serving serving(const EngineView& engine, const ProbeSpec& probe);

// A container that could not be stopped or removed this often in a row is stuck.
inline constexpr int many_removals = 3;
// An engine whose forwarded port is closed is replaced this often in a row, and then kept: the
// image does not take its port from where the template says.
inline constexpr int many_closed_ports = 3;

// Whether Docker has failed to stop or remove the container many times in a row.
bool cannot_be_removed(const EngineView& engine, const Observation& seen);

// Whether it stands still besides: it keeps its name, and listens on nothing any more.
bool is_leftover(const EngineView& engine, const Observation& seen);

// Whether an engine answers over HTTP, and nothing has listened on its P2P port for long enough.
// The socket table of its network namespace tells; where it cannot be read, refused connections do.
bool p2p_refused(const EnginePool& pool, const EngineView& engine);
// For how long.
Duration p2p_refused_for(const EngineView& engine);
// That, as a sentence's end with what to do.
std::string describe_refusal(const EnginePool& pool, const EngineView& engine);

// Whether the engine that a step in flight in `slot` creates, starts or takes away is listed.
// Others of that slot, such as a duplicate, do not count.
bool is_listed(const StepInFlight& step, int slot, const EnginePool& pool, const Observation& seen);

// How long ago an engine was created. Docker's clock may differ from ours: where this controller
// created the engine, its own measure is the upper bound.
Duration age_of(const EngineView& engine, const Observation& seen, Time now);

}  // namespace roundhouse
