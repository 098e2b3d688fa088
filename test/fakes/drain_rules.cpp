#include "fakes/drain_rules.h"

#include <algorithm>
#include <array>

#include "core/engine_facts.h"
#include "core/gateway_index.h"

namespace roundhouse::test {

namespace {

constexpr std::array by_choice = {Reason::template_changed,
                                  Reason::gateway_undeclared,
                                  Reason::forwarded_port_changed,
                                  Reason::gateway_reconnected,
                                  Reason::rebalanced,
                                  Reason::slot_out_of_range,
                                  Reason::drain_requested,
                                  Reason::surplus};

// In a test's own words, not the planner's.
bool is_watched(const EngineView& engine, const DrainSpec& drain) {
    if (!engine.usage) return false;
    const UsageView& usage = *engine.usage;
    if (usage.sessions > 0) return true;
    return !usage.never_used && usage.idle_for < drain.idle_for;
}

const EngineView* engine_of(const Observation& seen, const std::string& id) {
    const auto found = std::ranges::find(seen.engines, id, &EngineView::id);
    return id.empty() || found == seen.engines.end() ? nullptr : &*found;
}

// Nobody is served by an engine of an undeclared gateway that is not ready.
bool serves_nobody(const EnginePool& pool, const Observation& seen, const EngineView& engine) {
    if (serving(engine, pool.engine_template.probe) == Serving::no) return true;
    const GatewayView* gateway = GatewayIndex(seen.gateways).of(engine);
    return gateway != nullptr && !gateway->declared && gateway->state != GatewayState::ready;
}

}  // namespace

std::optional<std::string> broken_drain_rule(const EnginePool& pool, const Observation& seen,
                                             const Plan& plan) {
    const auto engines = std::ranges::count_if(
        seen.engines, [](const EngineView& engine) { return engine.slot.has_value(); });
    for (const auto& step : plan.steps) {
        const EngineView* engine = engine_of(seen, step.engine_id);
        if (engine == nullptr || step.action == Action::start) continue;
        if (std::ranges::find(by_choice, step.reason) == by_choice.end()) continue;
        const bool above_cap = step.reason == Reason::surplus && engines > pool.max_active_replicas;
        const bool may_wait = is_watched(*engine, pool.drain) && !above_cap &&
                              engine->wished_for < pool.drain.timeout &&
                              !serves_nobody(pool, seen, *engine);
        const auto fate = std::ranges::find(plan.decisions, step.engine_id, &Decision::engine_id);
        const bool has_failed = fate != plan.decisions.end() && fate->fate != Fate::outdated &&
                                (fate->fate != Fate::surplus || !fate->ready);
        if (may_wait && !has_failed) return "a step by choice cuts a session: " + step.engine;
    }
    int draining = 0;
    for (const auto& decision : plan.decisions) {
        const EngineView* engine = engine_of(seen, decision.engine_id);
        const bool waits = decision.reason == Reason::in_use;
        if (decision.draining && !waits) return "drains and does not wait: " + decision.engine;
        if (waits && (engine == nullptr || !is_watched(*engine, pool.drain))) {
            return "waits for sessions that are not known: " + decision.engine;
        }
        if (waits && decision.action) return "waits and has a step: " + decision.engine;
        const bool asked_for = engine != nullptr && engine->drain_request != DrainRequest::none;
        draining += decision.draining && decision.fate == Fate::outdated && !asked_for ? 1 : 0;
        // Of too many, the idle go first.
        const bool watched_victim =
            decision.fate == Fate::surplus && decision.ready && waits && !asked_for;
        for (const auto& spared : plan.decisions) {
            const EngineView* other = engine_of(seen, spared.engine_id);
            const bool kept = spared.fate == Fate::keep || spared.fate == Fate::outdated;
            if (!watched_victim || !kept || other == nullptr) continue;
            if (!is_watched(*other, pool.drain) && !cannot_be_removed(*other, seen)) {
                return "an idle engine stays, and one in use is to go: " + decision.engine;
            }
        }
    }
    if (draining > pool.max_unavailable) return "more engines drain than may be replaced";
    return std::nullopt;
}

}  // namespace roundhouse::test
