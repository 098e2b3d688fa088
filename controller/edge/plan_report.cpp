#include "edge/plan_report.h"

#include "edge/json_writer.h"
#include "edge/table.h"

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
    return decision.host + ":" + std::to_string(decision.port);
}

std::string p2p_of(const Decision& decision) {
    if (decision.p2p_port == 0) return "-";
    return std::to_string(decision.p2p_port) + (decision.forwarded ? " forwarded" : "");
}

// Where all forwarded ports are in use there is nothing to say.
std::string port_troubles(const Plan& plan) {
    std::string text;
    for (const auto& outlook : plan.forwarded_ports) {
        if (outlook.use == PortUse::held) continue;
        text += std::string(to_string(outlook.use)) + ": " + outlook.message + "\n";
    }
    return text.empty() ? "" : "\n" + text;
}

void write_port_outlook(JsonWriter& json, const PortOutlook& outlook) {
    json.begin_object();
    json.key("gateway").string(outlook.gateway);
    json.key("reason").string(to_string(outlook.use));
    json.key("message").string(outlook.message);
    json.end_object();
}

std::string summary(const EnginePool& pool, const Plan& plan) {
    std::string text = "\npool " + pool.name + ": " + std::to_string(plan.wanted) + " wanted, " +
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

void write_step(JsonWriter& json, const Step& step) {
    json.begin_object();
    json.key("action").string(to_string(step.action));
    json.key("reason").string(to_string(step.reason));
    if (step.slot >= 0) {
        json.key("engine").string(step.engine);
        json.key("slot").integer(step.slot);
    }
    if (step.placement) {
        json.key("gateway").string(step.placement->gateway);
        json.key("port").integer(step.placement->ports.http);
        json.key("p2pPort").integer(step.placement->ports.p2p);
    }
    json.key("message").string(step.message);
    json.end_object();
}

void write_decision(JsonWriter& json, const Decision& decision) {
    json.begin_object();
    json.key("name").string(decision.engine);
    if (decision.slot >= 0) json.key("slot").integer(decision.slot);
    json.key("gateway").string(decision.gateway);
    json.key("host").string(decision.host);
    json.key("port").integer(decision.port);
    json.key("p2pPort").integer(decision.p2p_port);
    json.key("forwarded").boolean(decision.forwarded);
    json.key("fate").string(to_string(decision.fate));
    json.key("reason").string(to_string(decision.reason));
    json.key("message").string(decision.message);
    json.key("ready").boolean(decision.ready);
    json.key("updated").boolean(decision.updated);
    if (decision.action) json.key("action").string(to_string(*decision.action));
    if (decision.due) json.key("due").string(format_time(*decision.due));
    json.end_object();
}

}  // namespace

std::string plan_as_table(const EnginePool& pool, const Plan& plan, bool with_colours) {
    Table table({"ENGINE", "ADDRESS", "P2P PORT", "GATEWAY", "FATE", "STEP", "REASON", "MESSAGE"});
    for (const auto& step : plan.steps) {
        if (step.action != Action::pull) continue;
        table.add_row({"-", "-", "-", "-", "-", Cell("pull", Colour::cyan),
                       std::string(to_string(step.reason)), step.message});
    }
    for (const auto& decision : plan.decisions) {
        const Colour colour = colour_of(decision);
        const std::string step = decision.action ? std::string(to_string(*decision.action)) : "-";
        table.add_row({or_dash(decision.engine), address_of(decision), p2p_of(decision),
                       or_dash(decision.gateway), std::string(to_string(decision.fate)),
                       Cell(step, colour), Cell(std::string(to_string(decision.reason)), colour),
                       decision.message});
    }
    return table.text(with_colours) + port_troubles(plan) + summary(pool, plan);
}

std::string plan_as_json(const EnginePool& pool, const Plan& plan) {
    JsonWriter json;
    json.begin_object();
    json.key("pool").string(pool.name);
    json.key("replicas").integer(pool.replicas);
    json.key("wanted").integer(plan.wanted);
    json.key("ready").integer(plan.ready());
    json.key("updated").integer(plan.updated());
    json.key("capped").boolean(plan.capped);
    json.key("matches").boolean(plan.matches());
    json.key("steps").begin_array();
    for (const auto& step : plan.steps)
        write_step(json, step);
    json.end_array();
    json.key("engines").begin_array();
    for (const auto& decision : plan.decisions)
        write_decision(json, decision);
    json.end_array();
    json.key("forwardedPorts").begin_array();
    for (const auto& outlook : plan.forwarded_ports)
        write_port_outlook(json, outlook);
    json.end_array();
    json.end_object();
    return json.text() + "\n";
}

}  // namespace roundhouse
