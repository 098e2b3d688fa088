// Small worlds for tables: a pool, gateways and engines with one call each. Everything matches
// unless a test says otherwise.
#pragma once

#include <string>
#include <utility>

#include "core/fingerprint.h"
#include "core/launch.h"
#include "core/names.h"
#include "core/observation.h"
#include "core/plan.h"
#include "core/spec.h"

namespace roundhouse::test {

inline const Time noon = *parse_time("2026-01-01T12:00:00Z");

inline std::string gateway_id(const std::string& name) {
    return "id-of-" + name;
}

inline EnginePool pool_of(int replicas, std::vector<std::string> gateways = {"gluetun"}) {
    EnginePool pool;
    pool.name = "acestream";
    pool.replicas = replicas;
    for (auto& name : gateways)
        pool.gateways.push_back({name, name, {}});
    return pool;
}

inline EnginePool pool_without_gateways(int replicas) {
    EnginePool pool = pool_of(replicas, {});
    pool.network = "bridge";
    return pool;
}

inline GatewayView gateway(const std::string& name) {
    GatewayView view;
    view.name = name;
    view.state = GatewayState::ready;
    view.incarnation = {gateway_id(name), "started-1"};
    view.address = "172.18.0.2";
    return view;
}

inline GatewayView gateway(const std::string& name, GatewayState state,
                           Duration not_ready_for = Duration{0}) {
    GatewayView view = gateway(name);
    view.state = state;
    view.not_ready_for = not_ready_for;
    if (state == GatewayState::missing) view.missing_for = not_ready_for;
    view.detail = state == GatewayState::ready ? "" : "is not ready";
    return view;
}

// Where the plan would put an engine of `slot`: behind the first gateway, on its own P2P port.
inline Placement placement_in(const EnginePool& pool, int slot) {
    Placement placement;
    placement.slot = slot;
    if (!pool.gateways.empty()) {
        placement.gateway = pool.gateways.front().container;
        placement.incarnation = {gateway_id(placement.gateway), "started-1"};
    }
    placement.ports = ports_of_slot(bases_behind(pool, placement.gateway), slot);
    return placement;
}

// A ready engine of `pool` in `slot`, an hour old.
inline EngineView engine(const EnginePool& pool, int slot, const std::string& behind = "gluetun") {
    EngineView view;
    view.id = "engine-" + std::to_string(slot);
    view.name = engine_name(pool.name, slot);
    view.slot = slot;
    view.state = EngineState::running;
    view.template_hash = template_hash(pool);
    view.ports = ports_of_slot(bases_behind(pool, behind), slot);
    view.created_at = noon - std::chrono::hours{1};
    view.probe.answered_ever = true;
    view.probe.answered_last = true;
    if (pool.gateways.empty()) {
        view.network = {{}, pool.network};
        return view;
    }
    view.gateway = behind;
    view.incarnation = {gateway_id(behind), "started-1"};
    view.network = {view.incarnation.id, {}};
    return view;
}

// From now on the gateway reports these ports, each for so long already.
inline void forward(GatewayView& view, const std::map<int, Duration>& ports) {
    view.ports_answer = {};
    view.ports_answer.kind = ports.empty() ? PortsAnswerKind::none : PortsAnswerKind::ports;
    view.reported_for = ports;
    for (const auto& [port, reported_for] : ports)
        view.ports_answer.ports.push_back(port);
}

// The engine, as if it had been given a forwarded port when it was made.
inline EngineView holding(EngineView view, int port) {
    view.made_with_forwarded_port = true;
    view.ports.p2p = port;
    return view;
}

inline EngineView exited(EngineView view, int exit_code = 1, Duration ago = Duration{0},
                         int failures = 0) {
    view.state = EngineState::exited;
    view.failures = failures;
    view.created_at = noon - ago - std::chrono::seconds{5};
    view.end = EngineEnd{exit_code, false, "", noon - ago};
    view.probe = {};
    return view;
}

// All engines of `pool`, on its gateways in turn.
inline Observation matching_world(const EnginePool& pool) {
    Observation seen;
    for (const auto& spec : pool.gateways)
        seen.gateways.push_back(gateway(spec.container));
    for (int slot = 0; slot < pool.replicas; ++slot) {
        const auto home =
            static_cast<std::size_t>(slot) % std::max<std::size_t>(pool.gateways.size(), 1);
        seen.engines.push_back(
            engine(pool, slot, pool.gateways.empty() ? "" : pool.gateways[home].container));
    }
    return seen;
}

// The plan in words, to compare with: "create acestream-1 Missing @gluetun, remove ...".
inline std::string steps_of(const Plan& plan) {
    std::string text;
    for (const auto& step : plan.steps) {
        text += text.empty() ? "" : ", ";
        text += std::string(to_string(step.action)) + " ";
        if (!step.engine.empty()) text += step.engine + " ";
        text += to_string(step.reason);
        if (step.placement && !step.placement->gateway.empty()) {
            text += " @" + step.placement->gateway;
        }
        if (step.placement && step.placement->takes_forwarded_port) {
            text += " :" + std::to_string(step.placement->ports.p2p);
        }
    }
    return text;
}

// The decision on an engine or, with an empty name, on the first missing one, in words:
// "stranded GatewayNotReady".
inline std::string decision_on(const Plan& plan, const std::string& name) {
    for (const auto& decision : plan.decisions) {
        const bool meant = name.empty() ? decision.fate == Fate::missing : decision.engine == name;
        if (!meant) continue;
        return std::string(to_string(decision.fate)) + " " +
               std::string(to_string(decision.reason));
    }
    return "none";
}

}  // namespace roundhouse::test
