#include "core/plan.h"

#include <algorithm>

namespace roundhouse {

std::string_view to_string(Action action) {
    switch (action) {
        case Action::create: return "create";
        case Action::start: return "start";
        case Action::replace: return "replace";
        case Action::remove: return "remove";
        case Action::pull: return "pull";
    }
    return "unknown";
}

int Plan::ready() const {
    return static_cast<int>(std::ranges::count_if(decisions, &Decision::ready));
}

int Plan::updated() const {
    if (!template_refusal.empty()) return 0;
    return static_cast<int>(std::ranges::count_if(decisions, &Decision::updated));
}

bool Plan::matches() const {
    int kept = 0;
    for (const auto& decision : decisions) {
        if (decision.fate == Fate::foreign) continue;
        if (decision.fate != Fate::keep || !decision.ready) return false;
        ++kept;
    }
    return steps.empty() && kept == wanted && template_refusal.empty();
}

bool Plan::steps_pending() const {
    return !steps.empty() || std::ranges::any_of(decisions, [](const Decision& decision) {
        return decision.fate != Fate::keep && decision.fate != Fate::foreign;
    });
}

}  // namespace roundhouse
