#include "core/wait.h"

namespace roundhouse {

std::string to_string(const Awaited& awaited) {
    const std::string& subject = awaited.subject;
    switch (awaited.fact) {
        case Fact::gateway_ready: return "gateway " + subject + " is ready";
        case Fact::engine_ready: return subject + " is ready";
        case Fact::engine_idle: return subject + " is idle";
        case Fact::engine_gone: return subject + " is gone";
        case Fact::step_ended: return "the step for " + subject + " ends";
        case Fact::probe_ended: return "the next probe of " + subject;
        case Fact::image_present: return "the pull of " + subject + " ends";
        case Fact::engine_known: return "Docker gives a usable answer about " + subject;
        case Fact::port_forwarded: return "gateway " + subject + " forwards a port";
    }
    return subject;
}

std::string_view to_string(AfterWait outcome) {
    switch (outcome) {
        case AfterWait::judged_again: return "looked at again";
        case AfterWait::used_again: return "used again";
        case AfterWait::created: return "created";
        case AfterWait::started: return "started";
        case AfterWait::replaced: return "replaced";
        case AfterWait::removed: return "removed";
        case AfterWait::replaced_unless_ready: return "replaced unless it is ready";
        case AfterWait::moved_unless_ready:
            return "moved to another gateway unless its own is ready";
        case AfterWait::pulled_again: return "the image is pulled again";
        case AfterWait::tried_again: return "tried again";
    }
    return "looked at again";
}

std::string describe_end(const Wait& wait) {
    if (wait.needs_person()) return "nothing happens by itself";
    std::string text;
    if (wait.fact) text = "until " + to_string(*wait.fact);
    if (wait.until) {
        text += text.empty() ? "until " : ", at the latest at ";
        text += format_time(*wait.until);
    }
    if (!text.empty() && wait.then) text += ", then " + std::string(to_string(*wait.then));
    return text;
}

std::string describe(const Wait& wait) {
    std::string text = describe_end(wait);
    if (wait.remedy.empty()) return text;
    return text + (wait.needs_person() ? ": " : "; or do this: ") + wait.remedy;
}

}  // namespace roundhouse
