#include "edge/http/views.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "core/launch.h"
#include "edge/text/json_writer.h"

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

void write_condition(JsonWriter& json, const Condition& condition) {
    json.begin_object();
    json.key("type").string(condition.type);
    json.key("status").string(to_string(condition.status));
    json.key("reason").string(condition.reason);
    json.key("message").string(condition.message);
    json.key("lastTransitionTime").string(format_time(condition.last_transition));
    json.key("observedGeneration").integer(condition.observed_generation);
    json.end_object();
}

// A container that carries the pool's label and cannot be read otherwise is no engine.
bool is_engine(const EngineView& engine) {
    return engine.slot.has_value();
}

// `engine` is null where there is no container: one is missing, or being made.
void write_engine(JsonWriter& json, const Decision& decision, const EngineView* engine) {
    json.begin_object();
    json.key("name").string(decision.engine);
    if (decision.slot >= 0) json.key("slot").integer(decision.slot);
    if (engine != nullptr) json.key("id").string(engine->id);
    json.key("gateway").string(decision.gateway);
    json.key("host").string(decision.host);
    json.key("port").integer(decision.port);
    json.key("p2pPort").integer(decision.p2p_port);
    json.key("forwarded").boolean(decision.forwarded);
    json.key("ready").boolean(decision.ready);
    json.key("state").string(engine == nullptr ? "missing" : to_string(engine->state));
    json.key("reason").string(to_string(decision.reason));
    json.key("message").string(decision.message);
    if (engine != nullptr) {
        json.key("image").string(engine->image);
        json.key("createdAt").string(format_time(engine->created_at));
        json.key("failures").integer(engine->failures);
    }
    if (decision.due) json.key("due").string(format_time(*decision.due));
    json.end_object();
}

void write_port_outlook(JsonWriter& json, const RoundView& round, const GatewayView& gateway) {
    const auto& outlooks = round.plan.forwarded_ports;
    const auto outlook = std::ranges::find(outlooks, gateway.name, &PortOutlook::gateway);
    const bool told = outlook != outlooks.end();
    const std::string_view untold =
        gateway.declared ? "Ignored" : to_string(Reason::gateway_undeclared);
    json.key("forwardedPortReason").string(told ? to_string(outlook->use) : untold);
    json.key("forwardedPortMessage").string(told ? outlook->message : "");
}

void write_gateway(JsonWriter& json, const RoundView& round, const GatewayView& gateway) {
    const bool ready = gateway.state == GatewayState::ready;
    const Duration age = ready ? gateway.ready_for : gateway.not_ready_for;
    const auto behind = std::ranges::count_if(round.seen.engines, [&](const EngineView& engine) {
        return is_engine(engine) && engine.gateway == gateway.name;
    });
    json.begin_object();
    json.key("name").string(gateway.name);
    json.key("host").string(host_of(*round.pool, gateway.name, ""));
    json.key("declared").boolean(gateway.declared);
    json.key("ready").boolean(ready);
    json.key("state").string(to_string(gateway.state));
    json.key("message").string(gateway.detail);
    json.key("since").string(format_time(round.at - age));
    json.key(ready ? "readyFor" : "notReadyFor").number(to_seconds(age));
    json.key("vpnStatus").string(to_string(gateway.vpn_status));
    json.key("vpnMessage").string(gateway.vpn_detail);
    json.key("publicIp").string(gateway.public_ip.value_or(""));
    json.key("forwardedPorts").begin_array();
    for (const int port : gateway.forwarded.ports)
        json.integer(port);
    json.end_array();
    write_port_outlook(json, round, gateway);
    json.key("engines").integer(behind);
    json.end_object();
}

void write_event(JsonWriter& json, const Event& event) {
    json.begin_object();
    json.key("id").integer(static_cast<std::int64_t>(event.id));
    json.key("firstTime").string(format_time(event.first));
    json.key("lastTime").string(format_time(event.last));
    json.key("count").integer(event.count);
    json.key("severity").string(word_of(event.severity));
    json.key("what").string(event.what);
    json.key("reason").string(event.reason);
    json.key("engine").string(event.engine);
    json.key("gateway").string(event.gateway);
    json.key("message").string(event.message);
    json.end_object();
}

// {"observedAt": ..., "lookFault": "", "items": [...]}: what the last look that worked saw.
template <class Write>
std::string seen_as_json(const RoundView* round, const std::string& look_fault,
                         const Write& write_items) {
    JsonWriter json;
    json.begin_object();
    if (round != nullptr) json.key("observedAt").string(format_time(round->at));
    json.key("lookFault").string(look_fault);
    json.key("items").begin_array();
    if (round != nullptr) write_items(json);
    json.end_array();
    json.end_object();
    return json.text() + "\n";
}

}  // namespace

std::string pool_as_json(const SpecInForce& spec, const RoundView* round,
                         const std::vector<Condition>& conditions) {
    const EnginePool none;
    const EnginePool& pool = spec.pool == nullptr ? none : *spec.pool;
    // No pool yet: it asks for nothing and allows nothing.
    const int most = spec.pool == nullptr ? 0 : pool.max_active_replicas;
    JsonWriter json;
    json.begin_object();
    json.key("name").string(pool.name);
    json.key("replicas").integer(pool.replicas);
    json.key("maxActiveReplicas").integer(most);
    json.key("generation").integer(spec.generation);
    if (round != nullptr) json.key("observedAt").string(format_time(round->at));
    json.key("status").begin_object();
    const auto there = round == nullptr ? 0 : std::ranges::count_if(round->seen.engines, is_engine);
    json.key("replicas").integer(there);
    json.key("wanted").integer(std::min(pool.replicas, most));
    json.key("ready").integer(round == nullptr ? 0 : round->plan.ready());
    json.key("updated").integer(round == nullptr ? 0 : round->plan.updated());
    json.key("conditions").begin_array();
    for (const auto& condition : conditions)
        write_condition(json, condition);
    json.end_array();
    json.end_object();
    json.end_object();
    return json.text() + "\n";
}

std::string engines_as_json(const RoundView* round, const std::string& look_fault) {
    return seen_as_json(round, look_fault, [&](JsonWriter& json) {
        // By name and slot: a stranger may hold the name of an engine that is missing.
        using NameAndSlot = std::pair<std::string_view, int>;
        std::map<NameAndSlot, const EngineView*> engines;
        for (const auto& engine : round->seen.engines)
            engines.emplace(NameAndSlot(engine.name, engine.slot.value_or(-1)), &engine);
        for (const auto& decision : round->plan.decisions) {
            const auto found = engines.find(NameAndSlot(decision.engine, decision.slot));
            write_engine(json, decision, found == engines.end() ? nullptr : found->second);
        }
    });
}

std::string gateways_as_json(const RoundView* round, const std::string& look_fault) {
    return seen_as_json(round, look_fault, [&](JsonWriter& json) {
        for (const auto& gateway : round->seen.gateways)
            write_gateway(json, *round, gateway);
    });
}

std::string events_as_json(const std::vector<Event>& events) {
    JsonWriter json;
    json.begin_object();
    json.key("items").begin_array();
    for (const auto& event : events)
        write_event(json, event);
    json.end_array();
    json.end_object();
    return json.text() + "\n";
}

std::string event_as_json(const Event& event) {
    JsonWriter json(JsonWriter::Layout::compact);
    write_event(json, event);
    return json.text();
}

std::string history_as_json(const std::vector<Sample>& samples) {
    JsonWriter json;
    json.begin_object();
    json.key("intervalSeconds").number(to_seconds(History::interval));
    json.key("samples").begin_array();
    for (const auto& sample : samples) {
        json.begin_object();
        json.key("time").string(format_time(sample.at));
        json.key("wanted").integer(sample.wanted);
        json.key("ready").integer(sample.ready);
        json.key("longestRoundSeconds").number(to_seconds(sample.longest_round));
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return json.text() + "\n";
}

std::string accepted_as_json() {
    JsonWriter json;
    json.begin_object();
    json.key("accepted").boolean(true);
    json.end_object();
    return json.text() + "\n";
}

std::string error_as_json(int code, const std::string& message) {
    JsonWriter json;
    json.begin_object();
    json.key("error").begin_object();
    json.key("code").integer(code);
    json.key("message").string(message);
    json.end_object();
    json.end_object();
    return json.text() + "\n";
}

}  // namespace roundhouse
