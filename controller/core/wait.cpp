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

std::string describe(const Wait& wait) {
    std::string text;
    if (wait.fact) text = "until " + to_string(*wait.fact);
    if (wait.until) {
        text += text.empty() ? "until " : ", at the latest at ";
        text += format_time(*wait.until);
    }
    if (!wait.remedy.empty()) {
        text += (text.empty() ? "until somebody acts: " : "; or somebody acts: ") + wait.remedy;
    }
    return text;
}

}  // namespace roundhouse
