// One engine on its way through the planner, and who gives way to whom.
#pragma once

#include <tuple>

#include "core/classify.h"
#include "core/observation.h"

namespace roundhouse {

struct Subject {
    const EngineView* engine = nullptr;
    const GatewayView* gateway = nullptr;  // null where the observation has none of its name
    Verdict verdict;
    bool holds_port = false;  // it has a forwarded port, as far as is known
    bool settled = false;     // its decision is made
    bool makes_room = false;  // it is removed so that one is created in another slot
};

// Surplus engines go, and rollouts proceed, in this order: first those that are least missed. Only
// for engines whose slot is known.
inline bool gives_way_before(const Subject& a, const Subject& b) {
    const auto worth = [](const Subject& subject) {
        const Fate fate = subject.verdict.fate;
        const bool usable = fate == Fate::keep || fate == Fate::outdated;
        return std::make_tuple(usable, subject.verdict.ready, subject.holds_port,
                               fate == Fate::keep, -*subject.engine->slot);
    };
    return worth(a) < worth(b);
}

}  // namespace roundhouse
