// What the planner thinks of each engine: exactly one fate, by an ordered table; first match wins.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine_facts.h"
#include "core/gateway_index.h"
#include "core/observation.h"
#include "core/reason.h"
#include "core/spec.h"
#include "core/wait.h"

namespace roundhouse {

enum class Fate {
    keep,       // as it should be, though perhaps not ready yet
    busy,       // a step or a removal is under way: looked at again when that has ended
    unstarted,  // created and never started
    stranded,   // its gateway incarnation is over: no network, whatever Docker's "running" says
    pinning,    // as stranded, and keeps its gateway, which does not run, from being made again
    displaced,  // its gateway has not been ready for longer than failover.after
    failed,     // exited, could not be started, does not answer, or its port belongs to another
    outdated,   // it serves, and the spec or its gateway's VPN has changed since it was made
    surplus,    // more engines than wanted
    duplicate,  // a second container for a slot
    outside,    // not in a gateway's namespace although gateways are declared
    stuck,      // stands still, and Docker does not remove it: another slot takes its place
    unknown,    // Docker's answer about it cannot be used: counted, and left as it is
    foreign,    // carries our label, but nothing else of ours can be read: never touched
    missing,    // not an engine: a place where one is wanted
};

// "keep", "stranded" ...
std::string_view to_string(Fate fate);

// Whether such an engine serves nobody, and is replaced without a budget.
bool is_replaced_at_once(Fate fate);

struct Verdict {
    Fate fate = Fate::keep;
    Reason reason = Reason::up_to_date;
    std::string message;  // for people; empty where the reason says it all
    // It serves and its gateway is ready, whatever is to become of it.
    bool ready = false;
    // Ready; or out of reach for good, so that waiting will not show it ready: its port is not
    // known, or no engine behind its gateway has ever answered, for longer than a start may take.
    bool available = false;
    // For `failed`: how long ago it failed.
    Duration failed_for{0};
    // What ends it, where it is neither ready nor in need of a step.
    Wait wait;
};

// Its P2P port is closed, and it answers over HTTP: viewers may use it.
bool serves_although_failed(const Verdict& verdict);

// One verdict for each engine of the observation, in its order. Surplus by number is not decided
// here: that takes all engines together.
std::vector<Verdict> classify(const EnginePool& pool, const Observation& seen,
                              const GatewayIndex& gateways, Time now);

}  // namespace roundhouse
