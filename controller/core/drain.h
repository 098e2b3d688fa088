// Whether an engine is in use, and for how long that may hold up a step that is taken by choice.
// What is not known of an engine's sessions holds up nothing.
#pragma once

#include <optional>
#include <string>

#include "core/observation.h"
#include "core/spec.h"

namespace roundhouse {

// Somebody has a session, or had one less than drain.idleFor ago.
bool in_use(const EngineView& engine, const DrainSpec& drain);

// When the engine is judged again, if nothing else is seen of it: when drain.timeout is over, or it
// has been without a session for drain.idleFor. nullopt: it holds up nothing.
std::optional<Duration> drain_left(const EngineView& engine, const DrainSpec& drain);

// "has 2 sessions", "had a session less than 15s ago".
std::string describe_use(const EngineView& engine, const DrainSpec& drain);

// What a step costs viewers: "2 sessions end, as drain.timeout (30m) is over"; empty without them.
std::string describe_cut(const EngineView& engine, const DrainSpec& drain);

}  // namespace roundhouse
