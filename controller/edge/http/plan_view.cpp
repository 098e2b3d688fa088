#include "edge/http/plan_view.h"

#include <nlohmann/json.hpp>

#include "edge/text/json.h"

namespace roundhouse {

Json wait_view(const Wait& wait) {
    Json view = Json::object();
    if (wait.until) view["due"] = format_time(*wait.until);
    if (wait.fact) view["awaits"] = to_string(*wait.fact);
    if (wait.then) view["then"] = to_string(*wait.then);
    if (!wait.remedy.empty()) view["remedy"] = wait.remedy;
    return view;
}

// nlohmann finds these by their name and uses them for single values and for lists.

static void to_json(Json& json, const PortOutlook& outlook) {
    json = {{"gateway", outlook.gateway},
            {"reason", to_string(outlook.use)},
            {"message", outlook.message}};
}

static void to_json(Json& json, const Step& step) {
    json = {{"action", to_string(step.action)}, {"reason", to_string(step.reason)}};
    if (step.slot >= 0) json.update({{"engine", step.engine}, {"slot", step.slot}});
    if (step.placement) {
        json.update({{"gateway", step.placement->gateway},
                     {"port", step.placement->ports.http},
                     {"p2pPort", step.placement->ports.p2p}});
    }
    json["message"] = step.message;
}

static void to_json(Json& json, const Decision& decision) {
    json = {{"name", decision.engine}};
    if (decision.slot >= 0) json["slot"] = decision.slot;
    json.update({{"gateway", decision.gateway},
                 {"host", decision.host},
                 {"port", decision.port},
                 {"p2pPort", decision.p2p_port},
                 {"forwarded", decision.has_forwarded_port},
                 {"fate", to_string(decision.fate)},
                 {"reason", to_string(decision.reason)},
                 {"message", decision.message},
                 {"ready", decision.ready},
                 {"updated", decision.updated}});
    if (decision.action) json["action"] = to_string(*decision.action);
    json.update(wait_view(decision.wait));
}

std::string plan_as_json(const EnginePool& pool, const Plan& plan) {
    return indented({{"pool", pool.name},
                     {"preset", pool.engine_template.preset},
                     {"replicas", pool.replicas},
                     {"wanted", plan.wanted},
                     {"ready", plan.ready()},
                     {"updated", plan.updated()},
                     {"capped", plan.capped},
                     {"matches", plan.matches()},
                     {"steps", plan.steps},
                     {"engines", plan.decisions},
                     {"forwardedPorts", plan.forwarded_ports}});
}

}  // namespace roundhouse
