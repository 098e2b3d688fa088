#include <algorithm>

#include "core/backoff.h"
#include "core/gateway_index.h"
#include "fakes/plan_rules.h"

namespace roundhouse::test {

std::optional<std::string> broken_rule_of_pins(const Observation& seen, const Plan& plan) {
    if (!seen.runtime.pins_gateways) return std::nullopt;
    const GatewayIndex gateways(seen.gateways);
    for (const auto& engine : seen.engines) {
        const GatewayView* gateway = gateways.of(engine);
        if (gateway == nullptr || gateway->state != GatewayState::stopped) continue;
        const bool pins =
            engine.network.joins == gateway->incarnation.id && gateway->not_ready_for >= pin_grace;
        const bool held_back =
            !engine.slot || !engine.unknown.empty() ||
            seen.steps_in_flight.contains(*engine.slot) || seen.troubles.contains(*engine.slot) ||
            seen.failed_removals.contains(engine.id) || engine.state == EngineState::removing;
        const bool goes = std::ranges::count(plan.steps, engine.id, &Step::engine_id) > 0;
        if (pins && !held_back && !goes) {
            return engine.name + " keeps its stopped gateway from being made again";
        }
    }
    return std::nullopt;
}

}  // namespace roundhouse::test
