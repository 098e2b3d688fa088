#include "edge/http/views.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "core/balance.h"
#include "core/host_port.h"
#include "core/launch.h"
#include "edge/http/plan_view.h"
#include "edge/system/machine_name.h"
#include "edge/system/version.h"
#include "edge/text/json.h"

namespace roundhouse {

namespace {

std::string_view word_of(Severity severity) {
    switch (severity) {
        case Severity::debug: return "debug";
        case Severity::info: return "info";
        case Severity::warning: return "warning";
        case Severity::error: return "error";
    }
    return "unknown";
}

// A container with the pool's label but without a readable slot is not an engine.
bool is_engine(const EngineView& engine) {
    return engine.slot.has_value();
}

// In whole seconds: "0s", "1m30s".
std::string rounded(Duration duration) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(duration);
    return whole.count() == 0 ? "0s" : format_duration(whole);
}

// Its address is left out where it is every one of the machine.
Json published_view(const std::optional<HostPort>& published) {
    Json view = Json::object();
    if (!published) return view;
    view["publishedPort"] = published->port;
    if (!published->host.empty()) view["publishedAddress"] = published->host;
    return view;
}

// `engine` is null when there is no container: the engine is missing or being created.
Json engine_view(const RoundView& round, const Decision& decision, const EngineView* engine) {
    Json view{{"name", decision.engine}};
    if (decision.slot >= 0) view["slot"] = decision.slot;
    if (engine != nullptr) view["id"] = engine->id;
    view.update({{"gateway", decision.gateway}, {"host", decision.host}, {"port", decision.port}});
    if (decision.port != 0) {
        view.update(published_view(
            published_port(*round.pool, round.seen, decision.gateway, decision.port)));
    }
    view.update({{"p2pPort", decision.p2p_port},
                 {"forwarded", decision.has_forwarded_port},
                 {"ready", decision.ready},
                 {"draining", decision.draining}});
    if (engine != nullptr && engine->usage) {
        view.update(
            {{"sessions", engine->usage->sessions}, {"idleFor", rounded(engine->usage->idle_for)}});
    }
    view.update({{"state", engine == nullptr ? "missing" : to_string(engine->state)},
                 {"reason", to_string(decision.reason)},
                 {"message", decision.message}});
    if (engine != nullptr) {
        view.update({{"image", engine->image},
                     {"createdAt", format_time(engine->created_at)},
                     {"failures", engine->failures}});
        if (!engine->last_lines.empty()) view["lastLines"] = engine->last_lines;
    }
    view.update(wait_view(decision.wait));
    return view;
}

std::vector<const Decision*> with_place(const RoundView* round, bool only_ready) {
    std::vector<const Decision*> found;
    if (round == nullptr) return found;
    for (const auto& decision : round->plan.decisions) {
        if (!decision.host.empty() && (decision.ready || !only_ready)) found.push_back(&decision);
    }
    return found;
}

// An integer when it is whole, so that JSON shows 5 and not 5.0.
Json in_seconds(Duration duration) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(duration);
    return whole == duration ? Json(whole.count()) : Json(to_seconds(duration));
}

Json gateway_view(const RoundView& round, const GatewayView& gateway) {
    const bool ready = gateway.state == GatewayState::ready;
    const Duration age = ready ? gateway.ready_for : gateway.not_ready_for;
    const auto behind = std::ranges::count_if(round.seen.engines, [&](const EngineView& engine) {
        return is_engine(engine) && engine.gateway == gateway.name;
    });
    const auto& outlooks = round.plan.forwarded_ports;
    const auto outlook = std::ranges::find(outlooks, gateway.name, &PortOutlook::gateway);
    const bool has_outlook = outlook != outlooks.end();
    const std::string_view otherwise =
        gateway.declared ? "Ignored" : to_string(Reason::gateway_undeclared);
    return {{"name", gateway.name},
            {"host", host_of(*round.pool, gateway.name, "")},
            {"declared", gateway.declared},
            {"ready", ready},
            {"state", to_string(gateway.state)},
            {"message", gateway.detail},
            {"since", format_time(round.at - age)},
            {ready ? "readyFor" : "notReadyFor", in_seconds(age)},
            {"vpnStatus", to_string(gateway.vpn_status)},
            {"vpnMessage", gateway.vpn_detail},
            {"publicIp", gateway.public_ip.value_or("")},
            {"forwardedPorts", gateway.ports_answer.ports},
            {"forwardedPortReason", has_outlook ? to_string(outlook->use) : otherwise},
            {"forwardedPortMessage", has_outlook ? outlook->message : ""},
            {"engines", behind}};
}

// `items` are from the last look that succeeded; `round` is null before there was one.
std::string seen_as_json(const RoundView* round, const std::string& look_fault, Json items) {
    Json view = Json::object();
    if (round != nullptr) view["observedAt"] = format_time(round->at);
    view["lookFault"] = look_fault;
    view["items"] = std::move(items);
    return indented(view);
}

}  // namespace

// nlohmann finds these by their name and uses them for single values and for lists.

static void to_json(Json& json, const Condition& condition) {
    json = {{"type", condition.type},
            {"status", to_string(condition.status)},
            {"reason", condition.reason},
            {"message", condition.message},
            {"lastTransitionTime", format_time(condition.last_transition)},
            {"observedGeneration", condition.observed_generation}};
}

static void to_json(Json& json, const Event& event) {
    json = {{"id", event.id},
            {"firstTime", format_time(event.first)},
            {"lastTime", format_time(event.last)},
            {"count", event.count},
            {"severity", word_of(event.severity)},
            {"what", event.what},
            {"reason", event.reason},
            {"engine", event.engine},
            {"gateway", event.gateway},
            {"message", event.message}};
}

static void to_json(Json& json, const Sample& sample) {
    json = {
        {"time", format_time(sample.at)}, {"wanted", sample.wanted},
        {"ready", sample.ready},          {"longestRoundSeconds", in_seconds(sample.longest_round)},
        {"replaced", sample.replaced},    {"portChanges", sample.port_changes}};
    if (sample.sessions) json["sessions"] = *sample.sessions;
}

std::string pool_as_json(const SpecInForce& spec, const RoundView* round,
                         const std::vector<Condition>& conditions) {
    const EnginePool none;
    const EnginePool& pool = spec.pool == nullptr ? none : *spec.pool;
    // Without a pool nothing is wanted and nothing is allowed.
    const int most = spec.pool == nullptr ? 0 : pool.max_active_replicas;
    Json view{{"controller", machine_name()},
              {"version", version()},
              {"name", pool.name},
              {"image", spec.pool == nullptr ? "" : pool.engine_template.image},
              {"preset", pool.engine_template.preset},
              {"replicas", pool.replicas},
              {"maxActiveReplicas", most},
              {"generation", spec.generation}};
    if (round != nullptr) view["observedAt"] = format_time(round->at);
    if (round != nullptr && !round->seen.runtime.name.empty()) {
        const RuntimeView& runtime = round->seen.runtime;
        view["runtime"] = {{"name", runtime.name},
                           {"version", runtime.version},
                           {"apiVersion", runtime.api_version}};
    }
    const auto there = round == nullptr ? 0 : std::ranges::count_if(round->seen.engines, is_engine);
    const int stood_down = round == nullptr ? 0 : round->plan.stood_down;
    view["status"] = {{"replicas", there},
                      {"wanted", std::max(std::min(pool.replicas, most) - stood_down, 0)},
                      {"ready", round == nullptr ? 0 : round->plan.ready()},
                      {"updated", round == nullptr ? 0 : round->plan.updated()},
                      {"conditions", conditions}};
    return indented(view);
}

std::string engines_as_json(const RoundView* round, const std::string& look_fault,
                            bool only_ready) {
    Json items = Json::array();
    if (round != nullptr) {
        // By id: lists show broken leftovers under the name of the engine that took their place.
        std::map<std::string_view, const EngineView*> engines;
        for (const auto& engine : round->seen.engines)
            engines.emplace(engine.id, &engine);
        for (const auto& decision : round->plan.decisions) {
            if (only_ready && !decision.ready) continue;
            const auto found = engines.find(decision.engine_id);
            items.push_back(
                engine_view(*round, decision, found == engines.end() ? nullptr : found->second));
        }
    }
    return seen_as_json(round, look_fault, std::move(items));
}

std::string engines_as_lines(const RoundView* round, bool only_ready) {
    std::string lines;
    for (const Decision* decision : with_place(round, only_ready))
        lines += host_port(decision->host, decision->port) + "\n";
    return lines;
}

std::string engines_as_targets(const RoundView* round, bool only_ready) {
    Json groups = Json::array();
    for (const Decision* decision : with_place(round, only_ready)) {
        groups.push_back({{"targets", {host_port(decision->host, decision->port)}},
                          {"labels",
                           {{"pool", round->pool->name},
                            {"engine", decision->engine},
                            {"gateway", decision->gateway}}}});
    }
    return indented(groups);
}

std::string best_as_json(const BalancerChoice& choice) {
    const EngineOffer& engine = *choice.engine;
    Json view{{"name", engine.name},
              {"slot", engine.slot},
              {"id", engine.id},
              {"gateway", engine.gateway},
              {"host", choice.address.host},
              {"port", choice.address.port},
              {"url", "http://" + host_port(choice.address.host, choice.address.port)},
              {"forwarded", engine.has_forwarded_port}};
    if (engine.sessions) view["sessions"] = *engine.sessions;
    return indented(view);
}

std::string gateways_as_json(const RoundView* round, const std::string& look_fault) {
    Json items = Json::array();
    if (round != nullptr) {
        for (const auto& gateway : round->seen.gateways)
            items.push_back(gateway_view(*round, gateway));
    }
    return seen_as_json(round, look_fault, std::move(items));
}

std::string events_as_json(const std::vector<Event>& events) {
    return indented({{"items", events}});
}

std::string event_as_json(const Event& event) {
    return one_line(event);
}

std::string history_as_json(const std::vector<Sample>& samples) {
    return indented({{"intervalSeconds", in_seconds(History::interval)}, {"samples", samples}});
}

std::string accepted_as_json() {
    return indented({{"accepted", true}});
}

std::string error_as_json(int code, const std::string& message) {
    return indented({{"error", {{"code", code}, {"message", message}}}});
}

}  // namespace roundhouse
