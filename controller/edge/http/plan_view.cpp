#include "edge/http/plan_view.h"

#include "edge/text/json_writer.h"

namespace roundhouse {

namespace {

void write_port_outlook(JsonWriter& json, const PortOutlook& outlook) {
    json.begin_object();
    json.key("gateway").string(outlook.gateway);
    json.key("reason").string(to_string(outlook.use));
    json.key("message").string(outlook.message);
    json.end_object();
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
