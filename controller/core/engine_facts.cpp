#include "core/engine_facts.h"

#include <algorithm>

#include "core/backoff.h"
#include "core/engine_image.h"
#include "core/names.h"

namespace roundhouse {

Serving serving(const EngineView& engine, const ProbeSpec& probe) {
    if (engine.state == EngineState::created || engine.state == EngineState::exited ||
        engine.state == EngineState::dead || engine.state == EngineState::removing ||
        engine.state == EngineState::restarting || engine.state == EngineState::paused) {
        return Serving::no;
    }
    const ProbeView& seen = engine.probe;
    if (!seen.probed() || seen.unreachable) return Serving::unknown;
    if (seen.answered_last) return Serving::yes;
    return seen.answered_ever && seen.failures < probe.failure_threshold ? Serving::yes
                                                                         : Serving::no;
}

bool cannot_be_removed(const EngineView& engine, const Observation& seen) {
    const auto failed = seen.failed_removals.find(engine.id);
    return failed != seen.failed_removals.end() && failed->second.failures >= many_removals;
}

bool is_leftover(const EngineView& engine, const Observation& seen) {
    const bool stands_still = engine.state == EngineState::created ||
                              engine.state == EngineState::exited ||
                              engine.state == EngineState::dead;
    return stands_still && cannot_be_removed(engine, seen);
}

bool p2p_refused(const EnginePool& pool, const EngineView& engine) {
    const ProbeSpec& probe = pool.engine_template.probe;
    if (!engine.probe.answered_last) return false;
    if (!engine.p2p_listens) return engine.probe.p2p_refusals >= probe.failure_threshold;
    // A port that engines share says nothing about any of them.
    const bool shared = pool.forwarded_port.assign == PortAssignment::shared;
    if (shared && engine.made_with_forwarded_port) return false;
    return !*engine.p2p_listens && engine.p2p_unheard_for >= probe.failure_threshold * probe.period;
}

Duration p2p_refused_for(const EngineView& engine) {
    return engine.p2p_listens ? engine.p2p_unheard_for : engine.probe.p2p_refused_for;
}

std::string describe_refusal(const EnginePool& pool, const EngineView& engine) {
    return "answers over HTTP, but nothing listens on its P2P port " +
           std::to_string(engine.ports.p2p) + ": " + p2p_remedy(pool.engine_template);
}

bool is_listed(const StepInFlight& step, int slot, const EnginePool& pool,
               const Observation& seen) {
    const std::string name = engine_name(pool.name, slot);
    return std::ranges::any_of(seen.engines, [&](const EngineView& engine) {
        const bool is_taken = !engine.id.empty() && engine.id == step.engine_id;
        return engine.slot == slot && (is_taken || engine.name == name);
    });
}

Duration age_of(const EngineView& engine, const Observation& seen, Time now) {
    const Duration age = elapsed_since(engine.created_at, now);
    const auto made_here = seen.created_ago.find(engine.slot.value_or(-1));
    return made_here == seen.created_ago.end() ? age : std::min(age, made_here->second);
}

}  // namespace roundhouse
