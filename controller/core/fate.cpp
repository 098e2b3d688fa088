#include "core/classify.h"

namespace roundhouse {

std::string_view to_string(Fate fate) {
    switch (fate) {
        case Fate::keep: return "keep";
        case Fate::busy: return "busy";
        case Fate::unstarted: return "unstarted";
        case Fate::stranded: return "stranded";
        case Fate::pinning: return "pinning";
        case Fate::displaced: return "displaced";
        case Fate::failed: return "failed";
        case Fate::outdated: return "outdated";
        case Fate::surplus: return "surplus";
        case Fate::duplicate: return "duplicate";
        case Fate::outside: return "outside";
        case Fate::stuck: return "stuck";
        case Fate::unknown: return "unknown";
        case Fate::foreign: return "foreign";
        case Fate::missing: return "missing";
    }
    return "unknown";
}

bool is_replaced_at_once(Fate fate) {
    return fate == Fate::unstarted || fate == Fate::failed || fate == Fate::stranded ||
           fate == Fate::displaced;
}

bool serves_although_failed(const Verdict& verdict) {
    return verdict.fate == Fate::failed && verdict.reason == Reason::p2p_port_closed;
}

}  // namespace roundhouse
