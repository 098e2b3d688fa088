// Pools far larger than any that runs, each in a state that asks for the most of one part of the
// planner.
#pragma once

#include <array>
#include <string_view>

#include "core/observation.h"
#include "core/spec.h"

namespace roundhouse::bench {

struct World {
    EnginePool pool;
    Observation seen;
    int steps = 0;  // of a plan for it
};

struct WorldKind {
    std::string_view name;
    World (*make)(int engines, int gateways);
};

World matching(int engines, int gateways);
World missing(int engines, int gateways);
World stranded(int engines, int gateways);
World outdated(int engines, int gateways);
// All engines behind the first gateway: the first of many moves.
World lopsided(int engines, int gateways);
// All stranded, and to come back on their gateway's one forwarded port.
World sharing(int engines, int gateways);
// Strangers hold the names of the lower half of the slots.
World among_strangers(int engines, int gateways);

inline constexpr std::array world_kinds{
    WorldKind{"matching", matching},
    WorldKind{"missing", missing},
    WorldKind{"stranded", stranded},
    WorldKind{"outdated", outdated},
    WorldKind{"lopsided", lopsided},
    WorldKind{"sharing", sharing},
    WorldKind{"among strangers", among_strangers},
};

}  // namespace roundhouse::bench
