// What the planner thinks of each engine: exactly one fate, by an ordered table; first match wins.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/observation.h"
#include "core/reason.h"
#include "core/spec.h"

namespace roundhouse {

enum class Fate {
    keep,       // as it should be, though perhaps not ready yet
    busy,       // a step or a removal is under way: looked at again when that has ended
    unstarted,  // created and never started
    stranded,   // its gateway incarnation is over: no network, whatever Docker's "running" says
    displaced,  // its gateway has not been ready for longer than failover.after
    failed,     // exited, could not be started, or does not answer
    outdated,   // made from another template, or for a gateway that the spec no longer names
    surplus,    // more engines than wanted, or a slot beyond the last
    duplicate,  // a second container for a slot
    outside,    // not in a gateway's namespace although gateways are declared
    foreign,    // carries our label, but nothing else of ours can be read: never touched
    missing,    // not an engine: a place where one is wanted
};

// "keep", "stranded" ...
std::string_view to_string(Fate fate);

// Whether an engine serves as far as its own probe tells; its gateway is not asked.
enum class Serving {
    yes,
    no,
    unknown,  // never probed, or the probe does not get there: says nothing about the engine
};

Serving serving(const EngineView& engine, const ProbeSpec& probe);

// How long ago an engine was created. Docker's clock may differ from ours: where this controller
// created the engine, its own measure is the upper bound.
Duration age_of(const EngineView& engine, const Observation& seen, Time now);

struct Verdict {
    Fate fate = Fate::keep;
    Reason reason = Reason::up_to_date;
    std::string message;  // for people; empty where the reason says it all
    // It serves and its gateway is ready, whatever is to become of it.
    bool ready = false;
    // Ready, or out of the probe's reach for longer than a start may take: waiting will not show it
    // ready, so rollouts go on by time alone where nothing can be known.
    bool available = false;
    // For `failed`: how long ago it failed.
    Duration failed_for{0};
    // When this verdict can change by the passing of time alone.
    std::optional<Time> due;
};

// One verdict for each engine of the observation, in its order. Surplus by number is not decided
// here (only slots out of range are): that takes all engines together.
std::vector<Verdict> classify(const EnginePool& pool, const Observation& seen, Time now);

}  // namespace roundhouse
