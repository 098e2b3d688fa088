#include "edge/command/plan_table.h"

#include "core/host_port.h"
#include "edge/command/table.h"
#include "edge/command/time_text.h"

namespace roundhouse {

namespace {

Colour colour_of(const Decision& decision) {
    if (!decision.action) {
        if (decision.fate == Fate::keep && decision.ready) return Colour::none;
        return decision.fate == Fate::foreign ? Colour::dim : Colour::yellow;
    }
    switch (*decision.action) {
        case Action::create:
        case Action::start: return Colour::green;
        case Action::remove: return Colour::red;
        default: return Colour::cyan;
    }
}

std::string address_of(const Decision& decision) {
    if (decision.host.empty()) return "-";
    return host_port(decision.host, decision.port);
}

std::string p2p_of(const Decision& decision) {
    if (decision.p2p_port == 0) return "-";
    return std::to_string(decision.p2p_port) + (decision.has_forwarded_port ? " forwarded" : "");
}

std::string wait_of(const Decision& decision, Time now) {
    const Wait& wait = decision.wait;
    return wait_text({.due = wait.until,
                      .awaits = wait.fact ? to_string(*wait.fact) : "",
                      .then = wait.then ? std::string(to_string(*wait.then)) : "",
                      .remedy = wait.remedy},
                     now);
}

// A line for each gateway whose forwarded ports are not all in use.
std::string unused_ports(const Plan& plan) {
    std::string text;
    for (const auto& outlook : plan.forwarded_ports) {
        if (outlook.use == PortUse::held) continue;
        text += std::string(to_string(outlook.use)) + ": " + outlook.message + "\n";
    }
    return text.empty() ? "" : "\n" + text;
}

std::string summary(const EnginePool& pool, const Plan& plan) {
    const EngineTemplate& shape = pool.engine_template;
    std::string text;
    if (!shape.preset.empty()) {
        text = "\nengines of " + shape.image + " are told their ports by the preset " +
               shape.preset + "\n";
    }
    text += "\npool " + pool.name + ": " + std::to_string(plan.wanted) + " wanted, " +
            std::to_string(plan.ready()) + " ready, " + std::to_string(plan.updated()) +
            " up to date; ";
    if (plan.capped) {
        text += std::to_string(pool.replicas) + " asked for, capped at " +
                std::to_string(pool.max_active_replicas) + "; ";
    }
    if (plan.steps.empty())
        return text + (plan.steps_pending() ? "steps wait\n" : "nothing to do\n");
    return text + std::to_string(plan.steps.size()) +
           (plan.steps.size() == 1 ? " step to take\n" : " steps to take\n");
}

}  // namespace

std::string plan_as_table(const EnginePool& pool, const Plan& plan, Time now, bool with_colours) {
    Table table({"ENGINE", "ADDRESS", "P2P PORT", "GATEWAY", "FATE", "STEP", "REASON", "WAITS FOR",
                 "MESSAGE"});
    for (const auto& step : plan.steps) {
        if (step.action != Action::pull) continue;
        table.add_row({"-", "-", "-", "-", "-", Cell("pull", Colour::cyan),
                       std::string(to_string(step.reason)), "-", step.message});
    }
    for (const auto& decision : plan.decisions) {
        const Colour colour = colour_of(decision);
        const std::string step = decision.action ? std::string(to_string(*decision.action)) : "-";
        table.add_row({or_dash(decision.engine), address_of(decision), p2p_of(decision),
                       or_dash(decision.gateway), std::string(to_string(decision.fate)),
                       Cell(step, colour), Cell(std::string(to_string(decision.reason)), colour),
                       wait_of(decision, now), decision.message});
    }
    return table.text(with_colours) + unused_ports(plan) + summary(pool, plan);
}

}  // namespace roundhouse
