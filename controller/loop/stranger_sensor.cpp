#include "loop/stranger_sensor.h"

#include <algorithm>
#include <cstddef>

namespace roundhouse {

namespace {

// Whether an engine that a list shows may listen there itself. What its label says about the start
// of its gateway does not matter: an engine that was created before its gateway was restarted may
// have been started after that. One whose port is unknown may listen on that of its slot, and on
// any where `slot` is not known.
bool may_be_listed(const std::string& gateway_id, int port, std::optional<int> slot,
                   const Observation& seen) {
    const auto is_engine = [&](const EngineView& engine) {
        const bool runs =
            engine.state == EngineState::running || engine.state == EngineState::paused;
        const bool may_use_port = engine.ports.contain(port) ||
                                  (engine.ports.http == 0 && (!slot || engine.slot == slot));
        return engine.slot && runs && may_use_port && engine.incarnation.id == gateway_id;
    };
    const auto is_neighbour = [&](const NeighbourView& neighbour) {
        return neighbour.gateway_id == gateway_id && neighbour.ports.contain(port);
    };
    return std::ranges::any_of(seen.engines, is_engine) ||
           std::ranges::any_of(seen.neighbours, is_neighbour);
}

}  // namespace

void StrangerSensor::recall(Observation& seen) {
    asked_.clear();
    Questions questions;
    for (const auto& [id, port] : std::exchange(known_, {})) {
        const auto gateway = std::ranges::find(
            seen.gateways, id, [](const GatewayView& each) { return each.incarnation.id; });
        add(questions, gateway, port, std::nullopt, seen);
    }
    const std::vector<PortAnswer> answers = ask(questions);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (answers[i] != PortAnswer::refused) note(questions[i]);
    }
}

bool StrangerSensor::look_for(const Plan& plan, Observation& seen) {
    Questions questions;
    const auto add_port = [&](const std::string& name, int port, int slot) {
        const auto gateway = std::ranges::find(seen.gateways, name, &GatewayView::name);
        add(questions, gateway, port, slot, seen);
    };
    const auto add_step = [&](const Step& step) {
        const auto& place = step.placement ? step.placement : step.next_place;
        if (place) add_port(place->gateway, place->ports.http, step.slot);
        if (step.action != Action::start) return;
        const auto engine = std::ranges::find(seen.engines, step.engine_id, &EngineView::id);
        if (engine != seen.engines.end()) add_port(engine->gateway, engine->ports.http, step.slot);
    };
    std::ranges::for_each(plan.steps, add_step);
    std::ranges::for_each(plan.waiting_for_image, add_step);
    const std::vector<PortAnswer> answers = ask(questions);
    bool found = false;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (answers[i] != PortAnswer::listens) continue;
        note(questions[i]);
        found = true;
    }
    return found;
}

void StrangerSensor::add(Questions& questions, Gateways::iterator gateway, int port,
                         std::optional<int> slot, Observation& seen) {
    // Inside Docker: behind a published port Docker itself may take every connection.
    if (gateway == seen.gateways.end() || gateway->address.empty()) return;
    if (may_be_listed(gateway->incarnation.id, port, slot, seen)) return;
    if (asked_.insert({gateway->address, port}).second) questions.push_back({&*gateway, port});
}

std::vector<PortAnswer> StrangerSensor::ask(const Questions& questions) {
    if (questions.empty()) return {};
    std::vector<PortAddress> addresses;
    for (const auto& [gateway, port] : questions)
        addresses.push_back({gateway->address, port});
    return ports_.ask(addresses);
}

void StrangerSensor::note(const Question& question) {
    question.gateway->strangers_ports.insert(question.port);
    known_.emplace(question.gateway->incarnation.id, question.port);
}

}  // namespace roundhouse
